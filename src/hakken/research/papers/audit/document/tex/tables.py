r"""LaTeX tables of any kind, rewritten as plain ones: one header row, no spans, every row complete.

Pandoc gives up on ``*{3}{c}`` columns, ``\makecell``, ``\bfseries`` in a cell or two header rows, and prints the
source as prose. Here a table is taken apart first, so that what reaches Pandoc is only cells.
"""

from __future__ import annotations

import re
from dataclasses import replace

from hakken.research.papers.audit.document.grid import Cell, count_header_rows, expand, header
from hakken.research.papers.audit.document.tex.braces import argument, closing, option, split_top

REPEATED = "\u2063"
"""Stands before the text of a cell that spans from elsewhere."""
GROUP = "\u2064"
"""Stands before a heading inside a table."""

_NAMES = r"tabular\*?|tabularx|tabulary|tabu|longtable|supertabular|xltabular|NiceTabular[*X]?"
_BEGIN = re.compile(rf"\\begin\{{({_NAMES})\}}")
_END = re.compile(rf"\\end\{{({_NAMES})\}}")
_SIZED = re.compile(r"tabular\*|tabularx|tabulary|tabu|xltabular|NiceTabular[*X]")
_ROW = re.compile(r"\\\\\*?(?:\[[^\]]*\])?|\\tabularnewline\b(?:\[[^\]]*\])?|\\cr\b")
_COLUMN = re.compile(r"(?<!\\)&")
_RULE = re.compile(
    r"\\(?:toprule|midrule|bottomrule|hline|specialrule(?:\{[^{}]*\}){3}|Xhline\{[^{}]*\}|hdashline|thickhline|noalign\{\})"
    r"(?:\[[^\]]*\])?"
)
_NOISE = re.compile(
    r"\\(?:c(?:mid|dash)?(?:rule|line))(?:\[[^\]]*\]|\([^)]*\))*\{[^{}]*\}|\\(?:addlinespace|morecmidrules)(?:\[[^\]]*\])?"
    r"|\\(?:row|cell|column)color(?:\[[^\]]*\])?\{[^{}]*\}(?:\[[^\]]*\])*|\\arrayrulecolor(?:\[[^\]]*\])?\{[^{}]*\}"
    r"|\\noalign\{[^{}]*\}|\\(?:centering|raggedright|raggedleft|arraybackslash|noindent|hfill|hfil|strut|relax|par)\b"
    r"|\\(?:rule|rlap|llap)(?:\[[^\]]*\])?\{[^{}]*\}\{[^{}]*\}|\\(?:h|v)?phantom\{[^{}]*\}|\\tnote\{[^{}]*\}"
    r"|\\(?:vspace|hspace)\*?\{[^{}]*\}|\\(?:tiny|scriptsize|footnotesize|small|normalsize|large)\b"
    r"|\\(?:begin|end)\{(?:minipage|center|flushleft|flushright)\}(?:\[[^\]]*\])?(?:\{\\linewidth\})?"
)
_REPEATED_HEADS = re.compile(r"\\endfirsthead.*?\\endhead", re.DOTALL)
_FEET = re.compile(r"(\\endhead).*?(?:\\endlastfoot|\\endfoot)(?!.*\\end(?:last)?foot)", re.DOTALL)
_SWITCH = re.compile(r"^\{?\s*\\(?:bfseries|bf|boldmath)\b\s*|(?<=\{)\\(?:bfseries|bf)\b\s*")
_STACKED = re.compile(r"\\(?:makecell|thead|shortstack|multirowthead)\*?(?:\[[^\]]*\])?\s*(?=\{)")
_TURNED = re.compile(
    r"\\(?:rotatebox(?:\[[^\]]*\])?\s*\{[^{}]*\}|adjustbox\s*\{[^{}]*\}|turnbox\s*\{[^{}]*\})\s*(?=\{)"
)


def plain_tables(source: str) -> str:
    """The source with every table environment replaced by a ``tabular`` that Pandoc can read."""
    parts: list[str] = []
    while (end := _END.search(source)) is not None:
        begins = list(_BEGIN.finditer(source, 0, end.start()))
        if not begins:
            parts.append(source[: end.end()])
            source = source[end.end() :]
            continue
        begin = begins[-1]
        body = source[begin.end() : end.start()]
        replacement = _one_line(body, begin.group(1)) if len(begins) > 1 else _table(body, begin.group(1))
        rest = source[end.end() :]
        if len(begins) > 1:
            source = source[: begin.start()] + replacement + rest
        else:
            parts += [source[: begin.start()], replacement]
            source = rest
    return "".join((*parts, source))


def _after_spec(body: str, name: str) -> str:
    at = 0
    if _SIZED.fullmatch(name):
        _, at = argument(body, at)
    _, at = option(body, at)
    _, at = argument(body, at)
    return body[at:]


def _one_line(body: str, name: str) -> str:
    """A table inside a cell, which authors use to break its line."""
    rows = split_top(_NOISE.sub(" ", _RULE.sub(" ", _after_spec(body, name))), _ROW)
    return " ".join(" ".join(cell.strip() for cell, _ in split_top(row, _COLUMN)) for row, _ in rows).strip()


def _table(body: str, name: str) -> str:
    body = _after_spec(body, name)
    caption, body = _own_caption(body)
    body = _REPEATED_HEADS.sub(lambda _: "\\endhead", body)
    body = _FEET.sub(r"\1", body)
    head, ended, rest = body.partition("\\endhead")
    lines: list[list[Cell]] = []
    rules: list[int] = []
    for row, _ in split_top(head + ("\\hline " if ended else "") + rest, _ROW):
        text, ruled = _RULE.subn(" ", row)
        if ruled:
            rules.append(len(lines))
        cells = [_cell(piece) for piece, _ in split_top(_NOISE.sub(" ", text), _COLUMN)]
        if len(cells) > 1 or cells[0].text.strip():
            lines.append(cells)
    grid = _filled(_spans(lines), rules)
    count = count_header_rows(grid, min((r for r in rules if r > 0), default=0))
    return _written(grid, count, caption)


def _own_caption(body: str) -> tuple[str, str]:
    """The caption and label inside a ``longtable``, and the rest."""
    found = re.search(r"\\caption\*?\s*(?:\[[^\]]*\])?\s*(?=\{)", body)
    if found is None:
        return "", body
    end = closing(body, found.end())
    label = re.compile(r"\s*\\label\{[^{}]*\}").match(body, end)
    last = label.end() if label else end
    line = re.compile(r"\s*(?:\\tabularnewline|\\\\)(?:\[[^\]]*\])?").match(body, last)
    written = "\\caption" + body[found.end() : end] + (label.group() if label else "")
    return written, body[: found.start()] + body[line.end() if line else last :]


def _cell(piece: str) -> Cell:
    """One cell: how far it spans, and its text without the commands that only lay it out."""
    text, rows, columns = piece.strip(), 1, 1
    for _ in range(4):
        if (span := re.match(r"\\multicolumn\s*(?=\{)", text)) is not None:
            number, at = argument(text, span.end())
            _, at = argument(text, at)
            inner, at = argument(text, at)
            columns, text = _whole(number), f"{inner} {text[at:]}".strip()
        elif (span := re.match(r"\\multirow(?:cell|thead)?\s*(?=[\[{])", text)) is not None:
            _, at = option(text, span.end())
            number, at = argument(text, at)
            if not span.group().startswith(("\\multirowcell", "\\multirowthead")):
                _, at = option(text, at)
                _, at = argument(text, at)
            _, at = option(text, at)
            inner, at = argument(text, at)
            rows, text = _whole(number), f"{inner} {text[at:]}".strip()
        else:
            break
    text = _TURNED.sub("", _STACKED.sub("", text))
    if "\\\\" in text:
        text = re.sub(r"\\\\(?:\[[^\]]*\])?", " ", text)
    text, bold = _SWITCH.subn("{" if text.startswith("{") else "", text)
    text = f"\\textbf{{{text}}}" if bold and text.strip() else text
    text = re.sub(r"\\diagbox(?:\[[^\]]*\])?\{([^{}]*)\}\{([^{}]*)\}", r"\1 / \2", text)
    return Cell(" ".join(text.split()), rows=rows, columns=columns)


def _whole(number: str) -> int:
    number = number.strip()
    return int(float(number)) if re.fullmatch(r"-?\d+(?:\.\d+)?", number) else 1


def _spans(lines: list[list[Cell]]) -> list[list[Cell]]:
    """The grid; below a cell that spans rows LaTeX leaves empty cells, which take its text."""
    grid = expand([[replace(cell, rows=1) for cell in line] for line in lines])
    for k, line in enumerate(lines):
        at = 0
        for cell in line:
            reach = range(k + 1, k + cell.rows) if cell.rows > 1 else range(k + cell.rows + 1, k)
            for other in reach:
                for column in range(at, at + max(1, cell.columns)):
                    if 0 <= other < len(grid) and column < len(grid[other]) and not grid[other][column].text:
                        grid[other][column] = Cell(cell.text, repeated=True)
            at += max(1, cell.columns)
    return grid


def _filled(grid: list[list[Cell]], rules: list[int]) -> list[list[Cell]]:
    """A first cell left empty below a name means the same name again, until a rule ends it."""
    first_rule = min((r for r in rules if r > 0), default=0)
    for k in range(max(1, first_rule + 1), len(grid)):
        row, above = grid[k], grid[k - 1]
        if k not in rules and len(row) > 1 and not row[0].text and above[0].text and any(c.text for c in row[1:]):
            row[0] = Cell(above[0].text, repeated=True)
    return grid


def _written(grid: list[list[Cell]], count: int, caption: str) -> str:
    width = max((len(row) for row in grid), default=1)
    out = [f"\\begin{{tabular}}{{{'l' * width}}}"]
    if count:
        names = header(grid[:count])
        out.append(" & ".join([*names, *[""] * (width - len(names))]) + " \\\\ \\hline")
    for row in grid[count:]:
        texts = [REPEATED + cell.text if cell.repeated and cell.text else cell.text for cell in row]
        if width > 1 and len(row) >= width and row[0].text and all(c.repeated for c in row[1:]):
            texts = [GROUP + row[0].text, *[""] * (width - 1)]
        out.append(" & ".join([*texts, *[""] * (width - len(texts))]) + " \\\\")
    out.append("\\end{tabular}")
    table = "\n".join(out)
    return f"\\begin{{table}}\n{caption}\n{table}\n\\end{{table}}" if caption else table

"""LaTeX made readable for Pandoc: no preamble that would be expanded, plain tables, listings as verbatim text."""

from __future__ import annotations

import re

from hakken.research.papers.audit.document.tex.braces import closing
from hakken.research.papers.audit.document.tex.source import macros
from hakken.research.papers.audit.document.tex.tables import plain_tables

ALGORITHM = "\ue002"
"""Stands in front of pseudo-code, which is no listing of the program."""
_BRACED = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_TIDY = (
    (re.compile(r"\\pandocbounded\s*\{((?:[^{}]|\{[^{}]*\})*)\}"), r"\1"),
    (re.compile(r"\\(?:definecolor|hypersetup|urlstyle|setcounter|bibliographystyle)\{[^{}]*\}(?:\{[^{}]*\})*"), ""),
    (re.compile(r"\\begin\{(?:wrap|sideways|SC|float)(table|figure)\*?\}(?:\[[^\]]*\]|\{[^{}]*\})*"), r"\\begin{\1}"),
    (re.compile(r"\\end\{(?:wrap|sideways|SC|float)(table|figure)\*?\}"), r"\\end{\1}"),
    (re.compile(r"\\(begin|end)\{(table|figure)\*\}"), r"\\\1{\2}"),
    (
        re.compile(r"\\begin\{(?:threeparttable|adjustbox|center|ThreePartTable|minipage)\}(?:\[[^\]]*\]|\{[^{}]*\})*"),
        "",
    ),
    (re.compile(r"\\end\{(?:threeparttable|adjustbox|center|ThreePartTable|minipage)\}"), ""),
    (re.compile(r"\\begin\{subtable\}(?:\[[^\]]*\]|\{[^{}]*\})*"), ""),
    (re.compile(r"\\end\{subtable\}"), ""),
    (re.compile(r"\\xspace\b"), "{}"),
    (re.compile(r"\\(?:iclr|icml|neurips|aaai)?(title|author)(?:running)?\*?(?=\{)"), r"\\\1"),
    (re.compile(rf"\\hakkencaption({_BRACED})(?:\\label\{{[^{{}}]*\}})?"), r"\n\n\\textbf{Listing.} \1\n\n"),
)
_WRAPPED = re.compile(r"\\(?:resizebox|scalebox|adjustbox|makebox|centerline|fbox|mbox|parbox|colorbox)\*?"
                      r"(?:\{[^{}]*\}|\[[^\]]*\])*\{\s*(?=\\begin\{tabular)")  # fmt: skip
_ALGORITHM = re.compile(r"\\begin\{(algorithm\w*\*?|algorithmic)\}(?:\[[^\]]*\])?(.*?)\\end\{\1\}", re.DOTALL)
_PSEUDO = (
    (
        re.compile(r"\\(?:begin|end)\{[^{}]*\}(?:\[[^\]]*\])?|\\label\{[^{}]*\}|\\(?:centering|small|footnotesize)\b"),
        "",
    ),
    (re.compile(r"\\Comment\s*\{([^{}]*)\}"), r" # \1"),
    (re.compile(r"\\(?:State|Statex|STATE)\b\s*"), ""),
    (re.compile(r"\\(End\w+|END\w+)\b"), ""),
    (
        re.compile(
            r"\\(For|ForAll|While|If|ElsIf|Else|Repeat|Until|Require|Ensure|Return|Function|Procedure|KwIn|KwOut"
            r"|KwData|KwResult|FOR|WHILE|IF|RETURN|REQUIRE|ENSURE)\b\s*"
        ),
        r"\1 ",
    ),
    (re.compile(r"\$|\\;|\\\\"), ""),
)
_LISTING = re.compile(r"\\begin\{hakkenlisting\}(.*?)\\end\{hakkenlisting\}", re.DOTALL)
_LINE = re.compile(rf"\\hakkenline\{{\w+\}}({_BRACED}|\{{.*\}}$)", re.MULTILINE)
_CODE = (
    (re.compile(r"\\hspace\*?\{[^{}]*\}"), " "),
    (re.compile(r"\\allowbreak\{\}"), ""),
    (re.compile(r"\\textquotedbl\{\}"), '"'),
    (re.compile(r"\\textquotesingle\{\}"), "'"),
    (re.compile(r"\\textbackslash\{\}"), "\N{REVERSE SOLIDUS}" * 2),
    (re.compile(r"\\textasciitilde\{\}"), "~"),
    (re.compile(r"\\textasciicircum\{\}"), "^"),
    (re.compile(r"\\textless\{\}"), "<"),
    (re.compile(r"\\textgreater\{\}"), ">"),
    (re.compile(r"\\textbar\{\}"), "|"),
    (re.compile(r"\\textasciigrave\{\}"), "`"),
    (re.compile(r"(?<!\\)\{\}"), ""),
    (re.compile(r"\\([ _#%&${}])"), r"\1"),
)


def readable(source: str) -> str:
    """The part of a LaTeX file that makes the paper, in commands that Pandoc knows."""
    head, begin, body = source.partition("\\begin{document}")
    if not begin:
        head, body = "", source
    kept = [m.group() for m in re.finditer(rf"\\(?:title|author|addbibresource)\s*{_BRACED}", head)]
    body = _LISTING.sub(_verbatim, body)
    body = _ALGORITHM.sub(_pseudo_code, body)
    for pattern, replacement in _TIDY:
        body = pattern.sub(replacement, body)
    body = _two_column_title(plain_tables(_unwrapped(body)))
    if not begin:
        return body
    return "\n".join(("\\documentclass{article}", *kept, macros(head, body), "\\begin{document}", body))


def _unwrapped(body: str) -> str:
    """Tables without the boxes that scale them."""
    while (box := _WRAPPED.search(body)) is not None:
        opened = body.rindex("{", box.start(), box.end())
        end = closing(body, opened)
        body = body[: box.start()] + body[opened + 1 : end - 1] + body[end:]
    return body


def _two_column_title(body: str) -> str:
    r"""``\twocolumn[...]`` sets its option across both columns; Pandoc would drop it."""
    found = re.search(r"\\twocolumn\s*\[", body)
    if found is None:
        return body
    end = closing(body, found.end() - 1, "[]")
    return body[: found.start()] + body[found.end() : end - 1] + body[end:]


def _pseudo_code(match: re.Match[str]) -> str:
    inner = match.group(2)
    caption = ""
    found = re.search(r"\\caption\s*(?=\{)", inner)
    if found:
        end = closing(inner, found.end())
        caption, inner = inner[found.end() + 1 : end - 1], inner[: found.start()] + inner[end:]
    for pattern, replacement in _PSEUDO:
        inner = pattern.sub(replacement, inner)
    lines = "\n".join(line.strip() for line in inner.splitlines() if line.strip())
    said = f"Algorithm: {caption}" if caption else ""
    return f"\n\n{said}\n\n\\begin{{verbatim}}\n{ALGORITHM}{lines}\n\\end{{verbatim}}\n\n"


def _verbatim(match: re.Match[str]) -> str:
    """A listing of ours, line by line."""
    inner = match.group(1)
    first = inner.find("\\hakkenline")
    lines = []
    for line in _LINE.finditer(inner):
        text = line.group(1)[1:-1]
        for pattern, replacement in _CODE:
            text = pattern.sub(replacement, text)
        lines.append(text)
    return inner[: max(first, 0)] + "\n\n\\begin{verbatim}\n" + "\n".join(lines) + "\n\\end{verbatim}\n\n"

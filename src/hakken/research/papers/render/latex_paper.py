"""The paper in LaTeX's words: the tree for Pandoc's writer, and the preamble for characters that TeX lacks."""

from __future__ import annotations

from hakken.research.papers.render.escape import latex_text
from hakken.research.papers.render.pandoc import Element, attributes, paragraph, raw_block, raw_inline, replace
from hakken.research.papers.render.parts import COLUMN, PAGE, Figure, Listing, Table, joined

FORMAT = "latex"

#: Characters that pdfLaTeX does not know by itself and that papers use.
_GREEK = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"
_GREEK_NAMES = (
    "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon varphi chi "
    "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
SYMBOLS = {c: f"\\{name}" for c, name in zip(_GREEK, _GREEK_NAMES.split(" "), strict=True)} | {
    "−": "-",
    "≤": r"\le",
    "≥": r"\ge",
    "≈": r"\approx",
    "≠": r"\ne",
    "≡": r"\equiv",
    "∼": r"\sim",
    "→": r"\rightarrow",
    "←": r"\leftarrow",
    "↑": r"\uparrow",
    "↓": r"\downarrow",
    "⇒": r"\Rightarrow",
    "∞": r"\infty",
    "∈": r"\in",
    "∑": r"\sum",
    "∏": r"\prod",
    "∂": r"\partial",
    "∇": r"\nabla",
    "√": r"\surd",
    "∗": r"\ast",
    "⋅": r"\cdot",
    "∥": r"\parallel",
    "ℓ": r"\ell",
    "ℝ": r"\mathbf{R}",
    "′": r"'",
    "✓": r"\surd",
    "✕": r"\times",
    "✗": r"\times",
    "■": r"\bullet",
    "⟨": r"\langle",
    "⟩": r"\rangle",
}
#: Typographic characters that are text, not mathematics.
LETTERS = {"\u2011": "-", "\u2009": r"\,", "\u202f": r"\,", "\u200b": "", "\u2002": r"\enspace{}", "\u2003": r"\quad{}"}


class Latex:
    """LaTeX's words for figures, tables, listings and references."""

    suffixes: tuple[str, ...] = (".pdf", ".png")

    def reference(self, label: str, words: str) -> list[Element]:
        r"""``Figure~\ref{fig:label}``."""
        return [raw_inline(FORMAT, f"{words.split()[0]}~\\ref{{{label}}}")]

    def figure(self, figure: Figure, path: str, appendix: bool) -> list[Element]:
        """A float over one column or both."""
        name = "figure*" if figure.wide and not appendix else "figure"
        image = f"\\includegraphics{{{path}}}"
        graphic = (
            f"\\hakkenfit{{{image}}}" if figure.wide or appendix else image.replace("{", r"[width=\columnwidth]{", 1)
        )
        start = f"\\begin{{{name}}}[tbp]\n\\centering\n{graphic}\n\\caption{{"
        return [paragraph(joined(FORMAT, start, figure.caption, f"}}{_label(figure.label)}\n\\end{{{name}}}"))]

    def table(self, table: Table, appendix: bool) -> list[Element]:
        """Booktabs: a float, or in the appendix a table that breaks over pages."""
        if appendix:
            return [paragraph(joined(FORMAT, *_long_table(table)))]
        name = "table*" if table.wide else "table"
        tabular = _tabular(table, PAGE if table.wide else COLUMN)
        if not table.caption:
            return [paragraph(joined(FORMAT, "\\begin{center}\\small\n", *tabular, "\\end{center}"))]
        head: list[str | list[Element]] = [
            f"\\begin{{{name}}}[tbp]\n\\centering\\footnotesize\n\\caption{{",
            table.caption,
            f"}}{_label(table.label)}\n",
        ]
        return [paragraph(joined(FORMAT, *head, *tabular, f"\\end{{{name}}}"))]

    def listing(self, listing: Listing) -> list[Element]:
        """Each line a paragraph with a hanging indent, so that long ones wrap."""
        lines = "\n".join(f"\\hakkenline{{{kind}}}{{{_code(line)}}}" for kind, line in listing.lines)
        caption = (
            f"\\hakkencaption{{{latex_text(listing.caption)}}}{_label(listing.label)}\n" if listing.caption else ""
        )
        return [raw_block(FORMAT, f"\\begin{{hakkenlisting}}\n{caption}{lines}\n\\end{{hakkenlisting}}")]


def _label(label: str) -> str:
    return f"\\label{{{label}}}" if label else ""


def _code(line: str) -> str:
    body = line.lstrip(" ")
    indent = r"\hspace*{%.1fem}" % (0.525 * (len(line) - len(body))) if line != body else ""
    return indent + latex_text(body).replace(" ", r"\ \allowbreak{}")


def _columns(table: Table, room: float) -> str:
    """Letters for short columns; text columns share what the others leave of the room, ragged right."""
    texts = [k for k in range(len(table.align)) if table.is_text(k)]
    taken = sum(table.widest(k) * 4.2 + 8 for k in range(len(table.align)) if k not in texts)
    share = max(room - taken, room * 0.25) / max(len(texts), 1) - 8
    letters = [
        f">{{\\raggedright\\arraybackslash}}p{{{share:.0f}pt}}" if k in texts else align[0]
        for k, align in enumerate(table.align)
    ]
    return "@{}" + "".join(letters) + "@{}"


def _row(cells: list[list[Element]], bold: bool = False) -> list[str | list[Element]]:
    pieces: list[str | list[Element]] = []
    for k, cell in enumerate(cells):
        pieces += [" & "] if k else []
        pieces += [[{"t": "Strong", "c": cell}]] if bold and cell else [cell]
    return [*pieces, " \\\\\n"]


def _heads(table: Table) -> list[str | list[Element]]:
    rows = [piece for row in table.head for piece in _row(row, bold=True)]
    return [*rows, "\\midrule\n"] if rows else []


def _tabular(table: Table, room: float) -> list[str | list[Element]]:
    body = [piece for row in table.rows for piece in _row(row)]
    start = f"\\hakkenfit{{\\begin{{tabular}}{{{_columns(table, room)}}}\n\\toprule\n"
    return [start, *_heads(table), *body, "\\bottomrule\n\\end{tabular}}\n"]


def _long_table(table: Table) -> list[str | list[Element]]:
    size = r"\scriptsize" if table.width > PAGE * 0.8 or len(table.rows) > 36 else r"\footnotesize"
    pieces: list[str | list[Element]] = [f"{{{size}\n\\begin{{longtable}}{{{_columns(table, PAGE)}}}\n"]
    if table.caption:
        pieces += ["\\caption{", table.caption, f"}}{_label(table.label)}\\\\\n"]
    pieces += ["\\toprule\n", *_heads(table), "\\endfirsthead\n\\toprule\n", *_heads(table)]
    pieces += ["\\endhead\n\\bottomrule\n\\endfoot\n", *[p for row in table.rows for p in _row(row)]]
    return [*pieces, "\\end{longtable}\n}"]


def tidy(blocks: list[Element]) -> list[Element]:
    """Headings without Pandoc's labels, which could repeat ours."""

    def change(element: Element) -> list[Element] | None:
        if element["t"] == "Header":
            kept = [c for c in attributes(element)[1] if c == "unnumbered"]
            return [{"t": "Header", "c": [element["c"][0], ["", kept, []], element["c"][2]]}]
        return None

    out: list[Element] = replace(blocks, change)
    return out


def declarations(text: str) -> str:
    """Preamble lines that teach pdfLaTeX the unusual characters of a text; one it cannot show prints as its code."""
    unusual = sorted({c for c in text if ord(c) > 0xFF or ord(c) in range(0x80, 0xA0)})
    return "\n".join(f"\\hakkenunicode{{{ord(c):04X}}}{{{c}}}{{{_substitute(c)}}}" for c in unusual)


def _substitute(c: str) -> str:
    if c in LETTERS:
        return LETTERS[c]
    return f"\\ensuremath{{{SYMBOLS[c]}}}" if c in SYMBOLS else f"{{\\ttfamily\\tiny U+{ord(c):04X}}}"


def appendix_start() -> Element:
    """From here on one column and lettered sections."""
    return raw_block(FORMAT, "\\clearpage\n\\onecolumn\n\\appendix")


def bibliography() -> list[Element]:
    """Where BibTeX puts the references."""
    return [raw_block(FORMAT, "{\\small\n\\bibliographystyle{plainnat}\n\\bibliography{paper}\n}")]

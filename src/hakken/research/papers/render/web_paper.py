"""The paper as one HTML file, and as Markdown that reads well anywhere."""

from __future__ import annotations

import html
import re

from hakken.research.papers.render.pandoc import (
    Element,
    attributes,
    link,
    paragraph,
    plain,
    raw_block,
    raw_inline,
    replace,
    string,
)
from hakken.research.papers.render.parts import Figure, Listing, Table


class Html:
    """HTML's words: numbers are written out, since browsers count nothing."""

    suffixes: tuple[str, ...] = (".svg", ".png")

    def reference(self, label: str, words: str) -> list[Element]:
        """A link that says "Figure 2"."""
        return [link(string(words.replace(" ", "\u00a0")), f"#{label}")]

    def figure(self, figure: Figure, path: str, appendix: bool) -> list[Element]:
        """A figure with its number before the caption."""
        image = {"t": "Image", "c": [["", [], []], string(plain(figure.caption)), [path, ""]]}
        caption = [None, [{"t": "Plain", "c": _numbered("Figure", figure.number, figure.caption)}]]
        name = ["wide"] if figure.wide else []
        return [{"t": "Figure", "c": [[figure.label, name, []], caption, [{"t": "Plain", "c": [image]}]]}]

    def table(self, table: Table, appendix: bool) -> list[Element]:
        """A table in a box of its own that scrolls on narrow screens."""
        caption = [{"t": "Plain", "c": _numbered("Table", table.number, table.caption)}] if table.caption else []
        return [{"t": "Div", "c": [[table.label, ["table"], []], [_tree(table, caption)]]}]

    def listing(self, listing: Listing) -> list[Element]:
        """Lines coloured by their kind."""
        lines = "".join(f'<span class="{kind}">{html.escape(line) or " "}</span>' for kind, line in listing.lines)
        name = f' id="{listing.label}"' if listing.label else ""
        words = f"<figcaption><strong>Listing {listing.number}.</strong> {html.escape(listing.caption)}</figcaption>"
        caption = words if listing.caption else ""
        return [raw_block("html", f'<figure class="listing"{name}>{caption}<pre><code>{lines}</code></pre></figure>')]


class Markdown:
    """Markdown's words: captions are paragraphs, since most readers of Markdown know none."""

    suffixes: tuple[str, ...] = (".png", ".svg")

    def reference(self, label: str, words: str) -> list[Element]:
        """The words alone."""
        return string(words)

    def figure(self, figure: Figure, path: str, appendix: bool) -> list[Element]:
        """Picture, then caption."""
        image = {"t": "Image", "c": [["", [], []], string(f"Figure {figure.number}"), [path, ""]]}
        return [paragraph([image]), paragraph(_numbered("Figure", figure.number, figure.caption))]

    def table(self, table: Table, appendix: bool) -> list[Element]:
        """Caption, then table."""
        caption = [paragraph(_numbered("Table", table.number, table.caption))] if table.caption else []
        return [*caption, _tree(table, [])]

    def listing(self, listing: Listing) -> list[Element]:
        """Caption, then code."""
        words = _numbered("Listing", listing.number, string(listing.caption))
        text = "\n".join(line for _, line in listing.lines)
        is_diff = any(kind != "same" for kind, _ in listing.lines)
        code = {"t": "CodeBlock", "c": [["", ["diff"] if is_diff else [], []], text]}
        return [*([paragraph(words)] if listing.caption else []), code]


def _numbered(word: str, number: int, caption: list[Element]) -> list[Element]:
    return [{"t": "Strong", "c": string(f"{word} {number}.")}, {"t": "Space"}, *caption]


def _tree(table: Table, caption: list[Element]) -> Element:
    """The table as Pandoc's element, without column widths."""
    names = {"right": "AlignRight", "center": "AlignCenter", "left": "AlignLeft"}
    specs = [[{"t": names[a]}, {"t": "ColWidthDefault"}] for a in table.align]
    none = ["", [], []]

    def rows(cells: list[list[list[Element]]]) -> list[object]:
        return [[none, [[none, {"t": "AlignDefault"}, 1, 1, [{"t": "Plain", "c": c}]] for c in row]] for row in cells]

    body = [[none, 0, [], rows(table.rows)]]
    return {"t": "Table", "c": [none, [None, caption], specs, [none, rows(table.head)], body, [none, []]]}


def tidy(blocks: list[Element]) -> list[Element]:
    """Citations as their words."""
    out: list[Element] = replace(blocks, lambda e: list(e["c"][1]) if e["t"] == "Cite" else None)
    return out


def escape_markdown(blocks: list[Element]) -> list[Element]:
    """Escape what Pandoc's writer of Markdown forgets: backslashes, and paragraphs of nothing but dashes (a rule)."""

    def change(element: Element) -> list[Element] | None:
        if element["t"] == "Str" and "\\" in element["c"]:
            pieces = re.split(r"(\\)", element["c"])
            return [raw_inline("markdown", r"\\") if p == "\\" else {"t": "Str", "c": p} for p in pieces if p]
        if element["t"] == "Para" and [e["t"] for e in element["c"]] == ["Str"] and not element["c"][0]["c"].strip("-"):
            return [paragraph([raw_inline("markdown", "\\" + element["c"][0]["c"])])]
        return None

    out: list[Element] = replace(blocks, change)
    return out


def number_sections(blocks: list[Element], *, appendix: bool = False) -> list[Element]:
    """Write section numbers into headings; letters in the appendix."""
    counts = [0, 0, 0, 0, 0, 0]
    out = []
    for block in blocks:
        if block["t"] == "Header" and "unnumbered" not in attributes(block)[1]:
            level, attr, inlines = block["c"]
            counts[level - 1] += 1
            counts[level:] = [0] * (6 - level)
            parts = [str(c) for c in counts[:level]]
            parts[0] = chr(ord("A") + (counts[0] - 1) % 26) if appendix and counts[0] else parts[0]
            block = {"t": "Header", "c": [level, attr, [*string(".".join(parts)), {"t": "Space"}, *inlines]]}
        out.append(block)
    return out

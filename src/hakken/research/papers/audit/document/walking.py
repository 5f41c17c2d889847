"""Walking Pandoc's syntax tree of a paper, in reading order."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hakken.research.papers.audit.document.document import CITED, Document, Float, Unit, UnitKind, sentences
from hakken.research.papers.audit.document.grid import Cell
from hakken.research.papers.audit.document.maths import plain_math
from hakken.research.papers.audit.document.numbering import Numbering
from hakken.research.papers.audit.document.tables import add_table
from hakken.research.papers.audit.document.tex.plain import ALGORITHM
from hakken.research.papers.audit.document.tex.tables import GROUP, REPEATED

PICTURES = (".pdf", ".png", ".svg", ".jpg", ".jpeg", ".eps")
"""Endings that LaTeX may add to the name of a picture."""
_BOLD_MATH = re.compile(r"\\(?:mathbf|boldsymbol|bm)\s*\{[^{}]*\d|\\boldmath")
_NO_AUDIT_SECTIONS = re.compile(r"^(references|bibliography)$", re.IGNORECASE)


class Walker:
    """Walks Pandoc's tree once.

    Args:
        document: Is filled.
        folder: Where the paper is.
        pictures: Further folders in which it says its pictures are.
    """

    def __init__(self, document: Document, folder: Path = Path(), pictures: Sequence[Path] = ()) -> None:
        self.doc = document
        self.folder = folder
        self.pictures = pictures
        self.numbers = Numbering()
        self.section = "Front matter"
        self.block = 0
        self.count = 0
        """Paragraphs of the section so far."""
        self.silent = False
        self.waiting = ""
        """A caption that stood above the next table."""

    def walk(self, tree: dict[str, Any]) -> None:
        """Fill the document."""
        self.numbers.count(tree["blocks"])
        meta = tree.get("meta", {})
        if "author" in meta:
            value = meta["author"]
            people = value["c"] if value["t"] == "MetaList" else [value]
            self.doc.authors = "; ".join(" ".join(self.meta_text(p).split()) for p in people)
        if "title" in meta:
            self.doc.title = " ".join(self.meta_text(meta["title"]).split())
            self.doc.units.append(Unit(self.doc.title, UnitKind.TITLE, "Title", "Title"))
        if "abstract" in meta:
            self.section = "Abstract"
            value = meta["abstract"]
            blocks = value["c"] if value["t"] == "MetaBlocks" else [{"t": "Para", "c": value["c"]}]
            self.blocks(blocks)
        if "bibliography" in meta:
            value = meta["bibliography"]
            items = value["c"] if value["t"] == "MetaList" else [value]
            self.doc.bibliography = [self.meta_text(item) for item in items]
        self.blocks(tree["blocks"])

    def meta_text(self, value: dict[str, Any]) -> str:
        if value["t"] == "MetaBlocks":
            return " ".join(self.inlines(b["c"]) for b in value["c"] if b["t"] in ("Para", "Plain"))
        return self.inlines(value["c"]) if value["t"] == "MetaInlines" else str(value["c"])

    def blocks(self, blocks: list[dict[str, Any]]) -> None:
        for k, block in enumerate(blocks):
            following = blocks[k + 1]["t"] if k + 1 < len(blocks) else ""
            if block["t"] == "Para" and self.is_caption(block["c"], following):
                continue
            handler = getattr(self, "on_" + block["t"].lower(), None)
            if handler is not None:
                handler(block.get("c"))

    def is_caption(self, inlines: list[dict[str, Any]], following: str) -> bool:
        """``**Table 2.** Caption`` above a table or below a picture, where captions have no syntax of their own."""
        if inlines[0]["t"] != "Strong":
            return False
        text = " ".join(self.inlines(inlines).split())
        match = re.match(r"(Table|Figure) [A-Z]?\.?\d+[.:]\s*", text)
        if match is None:
            return False
        caption = text[match.end() :]
        if match.group(1) == "Table" and following == "Table":
            self.waiting = caption
            return True
        if match.group(1) == "Figure" and self.doc.floats and not self.doc.floats[-1].caption:
            last = self.doc.floats.pop()
            self.figure(last.label, caption, last.path)
            return True
        return False

    def on_header(self, content: list[Any]) -> None:
        level, _, inlines = content
        text = self.inlines(inlines)
        self.section, self.count = text, 0
        self.silent = bool(_NO_AUDIT_SECTIONS.match(text.strip()))
        text = re.sub(r"^(?:[A-Z]|\d+)(?:\.\d+)*\.?\s+(?=\w)", "", text) if self.numbered(text) else text
        self.section = text
        self.doc.headings.append((level, text))
        self.doc.units.append(Unit(text, UnitKind.HEADING, text, f"Heading “{text}”"))

    def numbered(self, text: str) -> bool:
        """Whether a heading begins with its own number, as ``2.1 Data`` and ``A Trials`` do."""
        return re.match(r"(?:\d+(?:\.\d+)*\.?|[A-Z](?:\.\d+)*\.?) [A-Z]", text) is not None

    def on_para(self, inlines: list[dict[str, Any]]) -> None:
        images = [i for i in inlines if i["t"] == "Image"]
        if images and all(i["t"] in ("Image", "Space", "SoftBreak") for i in inlines):
            for image in images:
                said = self.inlines(image["c"][1])
                self.figure(image["c"][0][0], "" if re.fullmatch(r"Figure \d+", said) else said, image["c"][2][0])
            return
        displayed = [i for i in inlines if i["t"] == "Math" and i["c"][0]["t"] == "DisplayMath"]
        for formula in displayed:
            self.doc.units.append(Unit(formula["c"][1], UnitKind.EQUATION, self.section, f"{self.section}, equation"))
        rest = [i for i in inlines if i not in displayed]
        before = len(self.doc.cited)
        self.paragraph(self.inlines(rest), cites=False, cited_before=before)

    on_plain = on_para

    def paragraph(self, text: str, *, cites: bool, cited_before: int | None = None) -> None:
        text = " ".join(re.split(r"[ \t\n]+", text)).strip()
        if not text or self.silent:
            return
        if text.startswith("Abstract."):
            self.section, text = "Abstract", text[len("Abstract.") :].strip()
        self.filled()
        self.block += 1
        self.count += 1
        for sentence in sentences(text):
            self.doc.units.append(
                Unit(
                    sentence,
                    UnitKind.SENTENCE,
                    self.section,
                    f"{self.section}, paragraph {self.count}",
                    paragraph=self.block,
                    cites=cites or "[@" in sentence or CITED in sentence,
                )
            )

    def filled(self) -> None:
        """The heading above, and those that it stands under, are not empty."""
        level = 99
        for index in range(len(self.doc.headings) - 1, -1, -1):
            if self.doc.headings[index][0] < level:
                level = self.doc.headings[index][0]
                self.doc.filled.add(index)

    def on_lineblock(self, lines: list[Any]) -> None:
        for line in lines:
            self.on_para(line)

    def on_bulletlist(self, items: list[Any]) -> None:
        for item in items:
            self.blocks(item)

    def on_orderedlist(self, content: list[Any]) -> None:
        self.on_bulletlist(content[1])

    def on_definitionlist(self, items: list[Any]) -> None:
        for term, definitions in items:
            self.on_para(term)
            for definition in definitions:
                self.blocks(definition)

    def on_blockquote(self, blocks: list[Any]) -> None:
        self.blocks(blocks)

    def on_div(self, content: list[Any]) -> None:
        (label, classes, _), blocks = content
        if "Highlighting" in classes:
            self.code("\n".join(self.inlines(b["c"]) for b in blocks if b["t"] in ("Para", "Plain")))
        elif label == "refs":
            self.filled()
        elif "abstract" in classes:
            self.section = "Abstract"
            self.blocks(blocks)
        elif label and len(blocks) == 1 and blocks[0]["t"] == "Table":
            self.table(blocks[0]["c"], label)
        else:
            self.blocks(blocks)

    def on_codeblock(self, content: list[Any]) -> None:
        if ALGORITHM in content[1]:
            self.filled()
            text = plain_math(content[1].replace(ALGORITHM, "").strip())
            self.doc.units.append(Unit(text, UnitKind.EQUATION, self.section, f"{self.section}, algorithm"))
        else:
            self.code(content[1])

    def code(self, text: str) -> None:
        self.filled()
        self.doc.units.append(Unit(text, UnitKind.CODE, self.section, f"{self.section}, listing"))

    def on_rawblock(self, content: list[Any]) -> None:
        for path in re.findall(r"\\(?:bibliography|addbibresource)\{([^}]*)\}", content[1]):
            self.doc.bibliography += [p.strip() for p in path.split(",")]

    def on_figure(self, content: list[Any]) -> None:
        (label, _, _), (_, caption), blocks = content
        parts = [b["c"] for b in _nested(blocks) if b["t"] == "Figure"]
        images = [i for i in _all_inlines(_nested(blocks)) if i["t"] == "Image"]
        text = self.plain(caption)
        if not images:  # a listing, or a table set as a figure
            self.paragraph(text, cites=False)
            self.blocks(blocks)
            return
        text = "" if re.fullmatch(r"Figure \d+", text.strip()) else text
        self.figure(label or images[0]["c"][0][0], text, images[0]["c"][2][0])
        self.panels(parts, images)

    def panels(self, parts: list[Any], images: list[dict[str, Any]]) -> None:
        """Parts of a figure that have captions of their own, and further pictures."""
        number = sum(f.kind == "figure" for f in self.doc.floats)
        for k, ((label, _, _), (_, caption), blocks) in enumerate(parts):
            inside = [i for i in _all_inlines(_nested(blocks)) if i["t"] == "Image"]
            path = inside[0]["c"][2][0] if inside else ""
            text = self.plain(caption)
            self.doc.panels.append(Float("panel", label, text, self.picture(path)))
            place = f"Caption of figure {number}, part {chr(97 + k % 26)}"
            self.doc.units += [
                Unit(sentence, UnitKind.CAPTION, self.section, place, paragraph=self.block)
                for sentence in sentences(text)
            ]
        for image in images[1:] if not parts else ():
            self.doc.panels.append(Float("panel", "", "", self.picture(image["c"][2][0])))

    def picture(self, path: str) -> str:
        """Where a picture is, for a paper that keeps its pictures in folders that it names."""
        for folder in self.pictures:
            whole = folder / path
            if path and (whole.is_file() or any(whole.with_name(whole.name + s).is_file() for s in PICTURES)):
                return os.path.relpath(whole, self.folder)
        return path

    def plain(self, blocks: list[dict[str, Any]]) -> str:
        """The text of blocks that are only text."""
        return " ".join(self.inlines(b["c"]) for b in blocks if b["t"] in ("Para", "Plain"))

    def figure(self, label: str, caption: str, path: str) -> None:
        self.filled()
        self.block += 1
        self.doc.floats.append(Float("figure", label, caption, self.picture(path)))
        number = sum(f.kind == "figure" for f in self.doc.floats)
        for sentence in sentences(caption):
            self.doc.units.append(
                Unit(sentence, UnitKind.CAPTION, self.section, f"Caption of figure {number}", paragraph=self.block)
            )

    def on_table(self, content: list[Any]) -> None:
        self.table(content, "")

    def table(self, content: list[Any], label: str) -> None:
        (own, _, _), (_, caption_blocks), _, head, bodies, _ = content
        self.filled()
        self.block += 1
        caption = self.plain(caption_blocks)
        caption, self.waiting = caption or self.waiting, ""
        rows = [*head[1], *(row for body in bodies for row in (*body[2], *body[3]))]
        add_table(
            self.doc,
            [self.cells(row) for row in rows],
            len(head[1]),
            Float("table", label or own, caption),
            Unit("", UnitKind.CELL, self.section, "", self.block),
        )

    def cells(self, row: list[Any]) -> list[Cell]:
        cells = []
        for _, _, down, across, blocks in row[1]:
            inlines = [i for block in blocks if block["t"] in ("Para", "Plain") for i in block["c"]]
            text = self.inlines(inlines).strip(" \t\n")
            bold = any(i["t"] == "Strong" for i in _flat(inlines))
            bold = bold or any(i["t"] == "Math" and _BOLD_MATH.search(i["c"][1]) for i in _flat(inlines))
            if text.startswith(GROUP):
                return [Cell(text.lstrip(GROUP), bold, columns=len(row[1]))]
            cells.append(Cell(text.lstrip(REPEATED), bold, down, across, repeated=text.startswith(REPEATED)))
        return cells

    def inlines(self, inlines: list[dict[str, Any]]) -> str:
        return "".join(self.inline(i) for i in inlines)

    def inline(self, node: dict[str, Any]) -> str:
        kind: str = node["t"]
        content: Any = node.get("c")
        if kind == "Str":
            return str(content)
        if kind in ("Space", "SoftBreak", "LineBreak"):
            return " " if kind == "Space" else "\n"
        if kind == "Code":
            return f"`{content[1]}`"
        if kind == "Math":
            return plain_math(content[1])
        if kind == "Cite":
            return self.cite(content)
        if kind == "Link":
            return self.link(content)
        if kind == "Note":
            return f" ({' '.join(self.inlines(b['c']) for b in content if b['t'] in ('Para', 'Plain'))})"
        if kind == "Quoted":
            return f"“{self.inlines(content[1])}”"
        if kind == "Span":
            return self.inlines(content[1])
        if kind in ("Emph", "Strong", "Underline", "SmallCaps", "Strikeout", "Superscript", "Subscript"):
            inner = self.inlines(content)
            return "^" + inner if kind == "Superscript" else inner
        if kind == "RawInline":
            self.doc.links += re.findall(r"\\(?:auto|c|C)?ref\{([^}]*)\}", content[1])
        return ""

    def cite(self, content: list[Any]) -> str:
        keys = [c["citationId"] for c in content[0]]
        floats = [k for k in keys if re.match(r"(fig|tbl|tab|sec|eq):", k)]
        self.doc.links += floats
        self.doc.cited += [k for k in keys if k not in floats]
        return f"[@{'; @'.join(keys)}]"

    def link(self, content: list[Any]) -> str:
        (_, _, attributes), inlines, (target, _) = content
        named = dict(attributes).get("reference")
        if named:
            labels = [label.strip() for label in named.split(",")]
            self.doc.links += [self.numbers.whole.get(label, label) for label in labels]
            return self.numbers.text(labels, dict(attributes).get("reference-type", "ref"))
        if target.startswith("#ref-"):
            self.doc.cited.append(target[5:])
            return self.inlines(inlines) + CITED
        if target.startswith("#"):
            self.doc.links.append(target[1:])
        return self.inlines(inlines)


def _flat(inlines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in inlines:
        yield node
        if node["t"] in ("Emph", "Strong", "Underline", "SmallCaps"):
            yield from _flat(node["c"])
        elif node["t"] == "Span":
            yield from _flat(node["c"][1])


def _all_inlines(blocks: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        if block["t"] in ("Para", "Plain"):
            yield from _flat(block["c"])


def _nested(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Blocks and those inside their divisions and figures."""
    for block in blocks:
        yield block
        if block["t"] == "Div":
            yield from _nested(block["c"][1])
        elif block["t"] == "Figure":
            yield from _nested(block["c"][2])

"""Reading a paper: Markdown, LaTeX and HTML through Pandoc's syntax tree."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hakken.core.errors import PrerequisiteError, UsageError
from hakken.research.papers.audit.document import CITED, Document, Float, Unit, UnitKind, plain_math, sentences
from hakken.research.papers.audit.tex import readable

FORMATS = {".md": "markdown", ".markdown": "markdown", ".tex": "latex", ".html": "html", ".htm": "html"}
_MEND = "Name the .md, .tex or .html file; the tables of a PDF cannot be told from its prose."
_NO_AUDIT_SECTIONS = re.compile(r"^(references|bibliography)$", re.IGNORECASE)


def read_document(paper: Path) -> Document:
    """Read a paper into units.

    Raises:
        UsageError: the file is missing, of an unknown kind, or Pandoc cannot parse it.
    """
    if not paper.is_file():
        raise UsageError(f"There is no paper at {paper}.", "Name a .md, .tex or .html file.")
    suffix = paper.suffix.lower()
    if suffix not in FORMATS:
        raise UsageError(f"A paper cannot be read from a {suffix or 'nameless'} file.", _MEND)
    source = paper.read_text(encoding="utf-8", errors="replace")
    tree = _pandoc(readable(source) if suffix == ".tex" else source, FORMATS[suffix], paper)
    document = Document(name=paper.name, raw=source)
    _Walker(document).walk(tree)
    return document


def _pandoc(source: str, kind: str, paper: Path) -> dict[str, Any]:
    import pypandoc

    try:
        binary = pypandoc.get_pandoc_path()
    except OSError as error:
        raise PrerequisiteError("Pandoc was not found.", "Install the package pypandoc_binary.") from error
    done = subprocess.run(
        [binary, "-f", kind, "-t", "json"], input=source.encode(), capture_output=True, check=False, timeout=60
    )
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(f"{paper.name} could not be parsed: {reason[0] if reason else 'no reason given'}", "Mend it.")
    tree: dict[str, Any] = json.loads(done.stdout)
    return tree


class _Walker:
    """Walks Pandoc's tree once, in reading order."""

    def __init__(self, document: Document) -> None:
        self.doc = document
        self.section = "Front matter"
        self.block = 0
        self.count = 0
        """Paragraphs of the section so far."""
        self.silent = False
        self.waiting = ""
        """A caption that stood above the next table."""

    def walk(self, tree: dict[str, Any]) -> None:
        meta = tree.get("meta", {})
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
        self.code(content[1])

    def code(self, text: str) -> None:
        self.filled()
        self.doc.units.append(Unit(text, UnitKind.CODE, self.section, f"{self.section}, listing"))

    def on_rawblock(self, content: list[Any]) -> None:
        for path in re.findall(r"\\(?:bibliography|addbibresource)\{([^}]*)\}", content[1]):
            self.doc.bibliography += [p.strip() for p in path.split(",")]

    def on_figure(self, content: list[Any]) -> None:
        (label, _, _), (_, caption), blocks = content
        images = [i for i in _all_inlines(blocks) if i["t"] == "Image"]
        text = " ".join(self.inlines(b["c"]) for b in caption if b["t"] in ("Para", "Plain"))
        if not images:  # a listing
            self.paragraph(text, cites=False)
            self.blocks(blocks)
            return
        text = "" if re.fullmatch(r"Figure \d+", text.strip()) else text
        self.figure(label or images[0]["c"][0][0], text, images[0]["c"][2][0])

    def figure(self, label: str, caption: str, path: str) -> None:
        self.filled()
        self.block += 1
        self.doc.floats.append(Float("figure", label, caption, path))
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
        caption = " ".join(self.inlines(b["c"]) for b in caption_blocks if b["t"] in ("Para", "Plain"))
        caption, self.waiting = caption or self.waiting, ""
        self.doc.floats.append(Float("table", label or own, caption))
        index = sum(f.kind == "table" for f in self.doc.floats)
        name = f"Table {index}"
        for sentence in sentences(caption):
            self.doc.units.append(
                Unit(sentence, UnitKind.CAPTION, self.section, f"Caption of {name.lower()}", self.block, table=index)
            )
        rows = [self.cells(row) for body in bodies for row in (*body[2], *body[3])]
        headers = [text for text, _ in self.cells(head[1][-1])] if head[1] else []
        if not headers and rows:
            headers, rows = [text for text, _ in rows[0]], rows[1:]
        for header in headers:
            self.doc.units.append(
                Unit(header, UnitKind.HEADER, self.section, f"{name}, header", caption=caption, table=index)
            )
        for cells in rows:
            self.row(cells, headers, caption, name, index)

    def row(self, cells: list[tuple[str, bool]], headers: list[str], caption: str, name: str, index: int) -> None:
        pairs = tuple((headers[k] if k < len(headers) else "", text) for k, (text, _) in enumerate(cells))
        for k, (text, bold) in enumerate(cells):
            if text:
                self.doc.units.append(
                    Unit(
                        text,
                        UnitKind.HEADER if k == 0 and not re.match(r"^[\d.,−–-]+$", text) else UnitKind.CELL,
                        self.section,
                        f"{name}, row “{cells[0][0]}”, column “{pairs[k][0]}”",
                        self.block,
                        column=pairs[k][0],
                        row=pairs,
                        caption=caption,
                        table=index,
                        bold=bold,
                        cites="[@" in text,
                    )
                )

    def cells(self, row: list[Any]) -> list[tuple[str, bool]]:
        cells = []
        for cell in row[1]:
            inlines = [i for block in cell[4] if block["t"] in ("Para", "Plain") for i in block["c"]]
            text = " ".join(self.inlines(inlines).split(" ")).strip()
            bold = bool(inlines) and any(i["t"] == "Strong" for i in _flat(inlines))
            bold = bold or any(i["t"] == "Math" and re.search(r"\\(mathbf|boldsymbol|bm)", i["c"][1]) for i in inlines)
            cells.append((text, bold))
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
            self.doc.links += named.split(",")
        elif target.startswith("#ref-"):
            self.doc.cited.append(target[5:])
            return self.inlines(inlines) + CITED
        elif target.startswith("#"):
            self.doc.links.append(target[1:])
        return self.inlines(inlines)


def _flat(inlines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in inlines:
        yield node
        if node["t"] in ("Emph", "Strong", "Underline", "SmallCaps"):
            yield from _flat(node["c"])
        elif node["t"] == "Span":
            yield from _flat(node["c"][1])


def _all_inlines(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        if block["t"] in ("Para", "Plain"):
            yield from _flat(block["c"])
        elif block["t"] == "Div":
            yield from _all_inlines(block["c"][1])

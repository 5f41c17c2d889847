"""LaTeX and Markdown papers, read through Pandoc's syntax tree in its sandbox: a paper cannot make it open files."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from hakken.core.errors import UsageError
from hakken.research.review.paper import PaperText, Section

_SECONDS = 60
_INPUT = re.compile(r"^(?P<before>(?:[^%\n\\]|\\[^%])*?)\\(?:input|include)\s*\{(?P<name>[^}]+)\}", re.M)
_DEPTH = 4
_TITLE_SIGNS = re.compile(r"\\\\|\s+")


def read_markup(path: Path, reader: str) -> PaperText:
    """Read a ``.tex`` or ``.md`` file.

    Args:
        path: The paper.
        reader: Pandoc's name of its format.

    Raises:
        UsageError: it is not text, or Pandoc cannot read it.
    """
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text.", "Convert it, or give the PDF.") from None
    if reader == "latex":
        source = _inline(source, path.parent.resolve())
    tree = _parse(source, reader, path)
    return _Walk().paper(tree, path)


def _inline(source: str, folder: Path, depth: int = 0) -> str:
    r"""Put ``\input`` files in their places, those inside the paper's own folder only."""

    def content(match: re.Match[str]) -> str:
        name = match["name"].strip()
        for candidate in (folder / f"{name}.tex", folder / name):
            inside = candidate.resolve().is_relative_to(folder)
            if inside and candidate.is_file() and depth < _DEPTH:
                text = candidate.read_text(encoding="utf-8", errors="replace")
                return match["before"] + _inline(text, folder, depth + 1)
        return match["before"]

    return _INPUT.sub(content, source)


def _parse(source: str, reader: str, path: Path) -> dict[str, Any]:
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--sandbox", "--from", reader, "--to", "json"]
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise UsageError(f"{path} took Pandoc more than {_SECONDS} seconds.", "Give the PDF instead.") from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        reason = " ".join(lines[:2]) or f"exit code {done.returncode}"
        raise UsageError(f"{path} cannot be read as {reader}: {reason}.", "Mend it, or give the PDF instead.")
    tree: dict[str, Any] = json.loads(done.stdout)
    return tree


class _Walk:
    """One pass over the tree: sections, with captions collected on the way."""

    def __init__(self) -> None:
        self.captions: list[str] = []

    def paper(self, tree: dict[str, Any], path: Path) -> PaperText:
        meta = {key: self._meta(value) for key, value in tree["meta"].items() if key in ("title", "abstract")}
        sections = self._sections(tree["blocks"])
        title = _TITLE_SIGNS.sub(" ", meta.get("title", "")).strip()
        if not title and sections and sections[0].title and _is_title(sections):
            first = sections.pop(0)
            title = first.title
            if first.text:
                sections.insert(0, Section(title="Opening", text=first.text))
        if meta.get("abstract"):
            sections.insert(0, Section(title="Abstract", text=meta["abstract"]))
        named = [s if s.title else s.model_copy(update={"title": "Opening"}) for s in sections if s.title or s.text]
        return PaperText(
            path=str(path), title=title or path.stem, sections=tuple(named), captions=tuple(self.captions), pages=None
        )

    def _meta(self, value: dict[str, Any]) -> str:
        return self._blocks(value["c"]) if value["t"] == "MetaBlocks" else self._inlines(value["c"])

    def _sections(self, blocks: list[Any]) -> list[Section]:
        sections: list[Section] = []
        title, level = "", 1
        body: list[Any] = []
        for block in _flat(blocks):
            if block["t"] == "Header":
                sections.append(Section(title=title, level=level, text=self._blocks(body)))
                level, title, body = block["c"][0], self._inlines(block["c"][2]), []
            else:
                body.append(block)
        sections.append(Section(title=title, level=level, text=self._blocks(body)))
        return [section for section in sections if section.title or section.text]

    def _blocks(self, blocks: list[Any]) -> str:
        return "\n\n".join(text for block in blocks if (text := self._block(block).strip()))

    def _block(self, block: dict[str, Any]) -> str:
        kind, content = block["t"], _content(block)
        if kind in ("Para", "Plain"):
            return self._inlines(content)
        if kind == "LineBlock":
            return "\n".join(self._inlines(line) for line in content)
        if kind == "CodeBlock":
            return str(content[1])
        if kind in ("BulletList", "OrderedList"):
            items = content if kind == "BulletList" else content[1]
            return "\n".join(f"- {self._blocks(item)}" for item in items)
        if kind == "DefinitionList":
            return "\n".join(
                f"- {self._inlines(term)}: {' '.join(map(self._blocks, texts))}" for term, texts in content
            )
        if kind == "BlockQuote":
            return self._blocks(content)
        if kind == "Div":
            return self._blocks(content[1])
        if kind == "Header":
            return self._inlines(content[2])
        if kind == "Figure":
            return self._caption("Figure", content[1][1]) or self._blocks(content[2])
        if kind == "Table":
            return self._table(content)
        return ""

    def _caption(self, kind: str, blocks: list[Any]) -> str:
        caption = self._blocks(blocks).replace("\n", " ")
        if not caption:
            return ""
        self.captions.append(f"{kind}: {caption}")
        return f"[{kind}: {caption}]"

    def _table(self, content: list[Any]) -> str:
        rows = content[3][1] + [row for body in content[4] for row in body[2] + body[3]] + content[5][1]
        lines = [" | ".join(self._blocks(cell[4]).replace("\n", " ") for cell in row[1]) for row in rows]
        return "\n".join([*lines, self._caption("Table", content[1][1])]).strip()

    def _inlines(self, inlines: list[Any]) -> str:
        return "".join(self._inline(inline) for inline in inlines).strip()

    def _inline(self, inline: dict[str, Any]) -> str:
        kind, content = inline["t"], _content(inline)
        if kind == "Str":
            return str(content)
        if kind in ("Space", "SoftBreak", "LineBreak"):
            return " "
        if kind == "Code":
            return str(content[1])
        if kind == "Math":
            return f"${content[1].strip()}$"
        if kind == "Cite":
            return "[" + "; ".join(cited["citationId"] for cited in content[0]) + "]"
        if kind == "Quoted":
            return f'"{self._inlines(content[1])}"'
        if kind == "Note":
            return f" ({self._blocks(content)})"
        if kind == "Image" and content[1]:
            return self._caption("Figure", [{"t": "Plain", "c": content[1]}])
        if kind in ("Emph", "Strong", "Underline", "Strikeout", "Superscript", "Subscript", "SmallCaps"):
            return self._inlines(content)
        if kind in ("Link", "Span"):
            return self._inlines(content[1])
        return ""


def _content(node: dict[str, Any]) -> Any:
    """What a node holds; some kinds, such as a space, hold nothing."""
    return node.get("c")


def _flat(blocks: list[Any]) -> list[Any]:
    """Blocks with those inside divisions lifted out, as headings may stand in them."""
    flat: list[Any] = []
    for block in blocks:
        flat += _flat(block["c"][1]) if block["t"] == "Div" else [block]
    return flat


def _is_title(sections: list[Section]) -> bool:
    """Whether the first heading stands above all the others."""
    return all(section.level > sections[0].level for section in sections[1:])

"""Figures, tables and listings of the tree as plain values, and the walk that hands them to a format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from hakken.core.errors import RenderError
from hakken.research.papers.render.pandoc import Element, attributes, copied, elements, plain, raw_inline
from hakken.research.papers.render.pandoc import replace as rewrite
from hakken.research.papers.render.source import KINDS, REFERENCE, captioned, kind_of

#: Average width of a character, and the room around a cell, in points at the size of table text.
_CHARACTER, _CELL, _LONGEST = 3.9, 9.0, 34
COLUMN, PAGE = 240.0, 500.0


@dataclass(frozen=True)
class Figure:
    """A figure: the file's stem in ``figures``, and its caption."""

    label: str
    number: int
    name: str
    caption: list[Element]
    wide: bool


@dataclass(frozen=True)
class Table:
    """A table: cells are inlines."""

    label: str
    number: int
    caption: list[Element]
    align: list[str]
    """left, center or right of each column."""
    head: list[list[list[Element]]]
    rows: list[list[list[Element]]]
    classes: list[str] = field(default_factory=list)

    def widest(self, column: int) -> int:
        """Characters of the longest cell of a column."""
        return max((len(plain(row[column])) for row in [*self.head, *self.rows]), default=0)

    @property
    def width(self) -> float:
        """Estimated width in points, long text counted as far as it would be wrapped."""
        return sum(min(self.widest(k), _LONGEST) * _CHARACTER + _CELL for k in range(len(self.align)))

    @property
    def wide(self) -> bool:
        """Whether it needs both columns."""
        return "wide" in self.classes or ("narrow" not in self.classes and self.width > COLUMN)

    def is_text(self, column: int) -> bool:
        """Whether the column holds text that should be wrapped."""
        return self.widest(column) > _LONGEST


@dataclass(frozen=True)
class Listing:
    """Lines of code, each with its kind: ``add``, ``del``, ``head`` or ``same``."""

    label: str
    number: int
    caption: str
    lines: list[tuple[str, str]]


class Dialect(Protocol):
    """How a format says what Pandoc alone would not say well."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Picture formats that it can show, best first."""
        ...

    def reference(self, label: str, words: str) -> list[Element]:
        """A link to a labelled thing; ``words`` is such as "Figure 2"."""
        ...

    def figure(self, figure: Figure, path: str, appendix: bool) -> list[Element]:
        """A figure with its caption; ``path`` is relative to the paper's folder."""
        ...

    def table(self, table: Table, appendix: bool) -> list[Element]:
        """A table, with its caption if it has one."""
        ...

    def listing(self, listing: Listing) -> list[Element]:
        """A listing, with its caption if it has one."""
        ...


@dataclass(frozen=True)
class Speaker:
    """A format at work on a paper: remembers how many figures, tables and listings it has said."""

    dialect: Dialect
    numbers: dict[str, int]
    figures: Path
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))

    def speak(self, blocks: list[Element], *, appendix: bool = False) -> list[Element]:
        """Rewrite references, figures, tables and listings in the format's own words.

        Raises:
            RenderError: a figure has no file that the format can show.
        """
        return _speak(blocks, self, appendix)


def _speak(blocks: list[Element], speaker: Speaker, appendix: bool) -> list[Element]:
    dialect, counts = speaker.dialect, speaker.counts

    def change(element: Element) -> list[Element] | None:
        match element["t"]:
            case "Figure":
                figure = _figure(element, counts)
                return dialect.figure(figure, _file(figure.name, speaker.figures, dialect.suffixes), appendix)
            case "Table":
                return dialect.table(_table(element, counts), appendix)
            case "CodeBlock":
                return dialect.listing(_listing(element, counts))
        return None

    resolved = resolve_references(copied(blocks), dialect.reference, speaker.numbers)
    out: list[Element] = rewrite(resolved, change)
    return out


def resolve_references(
    blocks: list[Element], reference: Callable[[str, str], list[Element]], numbers: dict[str, int]
) -> list[Element]:
    """Replace ``{fig:label}`` by the format's reference; a word "Figure" before it is dropped, as it comes along."""

    def change(element: Element) -> list[Element] | None:
        if element["t"] != "Str" or not REFERENCE.search(element["c"]):
            return None
        pieces = REFERENCE.split(element["c"])
        out: list[Element] = []
        for k, piece in enumerate(pieces):
            if k % 2:
                out += reference(piece, f"{KINDS[piece[:3]]} {numbers[piece]}")
            elif piece:
                out.append({"t": "Str", "c": piece})
        return out

    for element in elements(blocks):
        content = element.get("c")
        if isinstance(content, list):
            _drop_repeated_words(content)
    out: list[Element] = rewrite(blocks, change)
    return out


def _drop_repeated_words(inlines: list[Element]) -> None:
    for k in range(len(inlines) - 1, 1, -1):
        trio = inlines[k - 2 : k + 1]
        if not all(isinstance(e, dict) for e in trio) or [e.get("t") for e in trio] not in (
            ["Str", "Space", "Str"],
            ["Str", "SoftBreak", "Str"],
        ):
            continue
        match = REFERENCE.match(trio[2]["c"].lstrip("("))
        if match and trio[0]["c"].lower().rstrip(".") in {KINDS[match[1][:3]].lower(), match[1][:3]}:
            del inlines[k - 2 : k]


def _count(element: Element, counts: dict[str, int]) -> tuple[str, int]:
    kind = kind_of(element) or ""
    if captioned(element):
        counts[kind] += 1
    return attributes(element)[0], counts[kind]


def figure_names(blocks: list[Element]) -> set[str]:
    """Stems of the figures' files."""
    return {_figure_name(e)[0] for e in elements(blocks) if e["t"] == "Figure"}


def _figure_name(element: Element) -> tuple[str, list[str]]:
    """Stem of the figure's file, and the classes of figure and image."""
    image = next((e for e in elements(element["c"][2]) if e["t"] == "Image"), None)
    target = image["c"][2][0] if image else ""
    name = target.removeprefix("figures/")
    if image is None or name == target or "/" in name or name.startswith("."):
        raise RenderError(
            f"The picture {target!r} is not one of the paper's figures.", "Write figures/NAME without extension."
        )
    stem = name.rsplit(".", 1)[0] if name.endswith((".pdf", ".svg", ".png")) else name
    return stem, [*attributes(element)[1], *image["c"][0][1]]


def _figure(element: Element, counts: dict[str, int]) -> Figure:
    name, classes = _figure_name(element)
    label, number = _count(element, counts)
    caption = [i for b in element["c"][1][1] for i in b["c"]]
    return Figure(label=label, number=number, name=name, caption=caption, wide="wide" in classes)


def _file(name: str, folder: Path, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if (folder / f"{name}{suffix}").is_file():
            return f"figures/{name}{suffix}"
    raise RenderError(
        f"The figure {name} has no file {' or '.join(suffixes)} in {folder.name}.", "Draw it first, or drop it."
    )


def _table(element: Element, counts: dict[str, int]) -> Table:
    _, caption, specs, head, bodies, foot = element["c"]
    names = {"AlignRight": "right", "AlignCenter": "center"}
    rows = [r for body in bodies for part in (body[2], body[3]) for r in part] + foot[1]
    label, number = _count(element, counts)
    return Table(
        label=label,
        number=number,
        caption=[i for b in caption[1] for i in b["c"]],
        align=[names.get(spec[0]["t"], "left") for spec in specs],
        head=[_cells(r, len(specs)) for r in head[1] if plain(r[1])],
        rows=[_cells(r, len(specs)) for r in rows],
        classes=attributes(element)[1],
    )


def _cells(row: list[object], columns: int) -> list[list[Element]]:
    cells: list[list[Element]] = []
    for cell in row[1]:  # type: ignore[attr-defined]
        inlines: list[Element] = []
        for block in cell[4]:
            if block["t"] not in {"Plain", "Para"}:
                raise RenderError("A table cell holds more than a line of text.", "Use pipe tables.")
            inlines += block["c"]
        cells.append(inlines)
    return cells + [[]] * (columns - len(cells))


def _listing(element: Element, counts: dict[str, int]) -> Listing:
    label, classes, more = attributes(element)
    text = element["c"][1].expandtabs(4)
    kind = _diff_kind if "diff" in classes else lambda line: "same"
    _, number = _count(element, counts)
    return Listing(label, number, more.get("caption", ""), [(kind(line), line) for line in text.splitlines()])


def _diff_kind(line: str) -> str:
    if line.startswith(("+++", "---", "@@", "diff ", "index ")):
        return "head"
    return {"+": "add", "-": "del"}.get(line[:1], "same")


def joined(form: str, *pieces: str | list[Element]) -> list[Element]:
    """Inlines with pieces of the target language between them."""
    out: list[Element] = []
    for piece in pieces:
        out += [raw_inline(form, piece)] if isinstance(piece, str) else piece
    return out

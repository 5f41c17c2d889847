"""A page of tables, pictures and sentences: one HTML file without scripts or other files, and the same in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TypeAlias

import jinja2
from markupsafe import Markup

from hakken.analysis.drawing import data_uri


@dataclass(frozen=True)
class Table:
    """One table."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    """Columns that are aligned to the left."""
    caption: str = ""


@dataclass(frozen=True)
class Plot:
    """One picture, with a sentence that says what it shows."""

    name: str
    title: str
    caption: str
    document: str
    """SVG."""

    @property
    def source(self) -> str:
        """The picture inside the page."""
        return data_uri(self.document)


@dataclass(frozen=True)
class Lines:
    """Sentences under a heading."""

    title: str
    lines: tuple[str, ...]
    warn: bool = False
    """Whether they must be read first."""


Block: TypeAlias = Table | Plot | Lines


def html(title: str, lead: str, blocks: Sequence[Block], *, kicker: str, foot: str) -> str:
    """The page; every text is escaped."""
    kinds = {Table: "table", Plot: "plot", Lines: "lines"}
    return _template().render(
        title=title,
        lead=lead,
        kicker=kicker,
        foot=foot,
        style=Markup(_text("page.css")),
        blocks=[(kinds[type(block)], block) for block in blocks],
    )


def text(title: str, lead: str, blocks: Sequence[Block]) -> str:
    """The same in Markdown, without the pictures."""
    parts = [f"# {title}", lead]
    for block in blocks:
        if isinstance(block, Table):
            parts += [f"## {block.title}", *([block.caption] if block.caption else []), markdown(block)]
        elif isinstance(block, Lines):
            parts += [f"## {block.title}", "\n".join(f"- {line}" for line in block.lines)]
    return "\n\n".join(parts) + "\n"


def markdown(table: Table) -> str:
    """A table in Markdown."""
    rule = [":--" if i < table.left else "--:" for i in range(len(table.head))]
    lines = [table.head, rule, *table.rows]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_text("page.html.j2"))


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")

"""What stands around a sentence of a paper: the sentences before it, the line that opens its list, its heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hakken.research.papers.audit.document.document import Document, Unit, UnitKind

_REACH = 14
"""A line that ends in a colon speaks for at most so many paragraphs."""


_ITEM = re.compile(r"^[^:.;]{2,48}:\s\S")
"""Looks like an item of a list: a name, a colon, what is said of it."""


@dataclass(frozen=True)
class Around:
    """Context of one unit."""

    before: tuple[str, ...] = ()
    """Sentences before it in its paragraph, the nearest last."""
    lead: str = ""
    """The paragraph that ends in the colon under which it stands."""
    heading: str = ""


def walk(document: Document) -> Iterator[tuple[Unit, Around]]:
    """Every unit with its context."""
    paragraph, before = -1, tuple[str, ...]()
    lead, opened, sentences, item = "", 0, 0, ""
    for unit in document.units:
        if unit.kind is UnitKind.HEADING:
            lead, before, paragraph, item = "", (), -1, ""
        if unit.kind is not UnitKind.SENTENCE:
            yield unit, Around((), "", unit.section)
            continue
        if unit.paragraph != paragraph:
            paragraph, before, sentences = unit.paragraph, (), 0
        sentences += 1
        if lead and paragraph != opened and (paragraph - opened > _REACH or sentences > 2):
            lead = ""
        is_item = not before and _ITEM.match(unit.text) is not None
        above = " ".join(t for t in (lead, item) if t) if is_item else lead
        yield unit, Around(before, above, unit.section)
        item = item or unit.text if is_item else ""
        before = (*before, unit.text)[-4:]
        if unit.text.rstrip().endswith(":"):
            lead, opened = " ".join(before), paragraph

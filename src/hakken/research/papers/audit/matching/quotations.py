"""Words of the record that a paper prints as they are.

What code or a person fixed may stand anywhere. What a model wrote, and what a program under test printed, may stand in
tables and quotations only: as a statement of the paper it needs evidence like any other. A title that tells a result is
no name any more, and falls under the same rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.numbers import find_numbers, normalise
from hakken.research.papers.audit.matching.ways import EFFECT
from hakken.research.papers.audit.records.evidence import Evidence

_BEGINNING = 30
"""Characters of a shortened quotation that tell it."""
_COUNTS = re.compile(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b")
_WORD = re.compile(r"[^\W\d_]{2}")
_MARKS = {ord(mark): ord('"') for mark in "“”‘’'"}
"""Renderers turn straight quotation marks into typographic ones."""
_OPENED, _CLOSED = re.compile(r'"\s*$'), re.compile(r'[.!?,]?\s*"')
"""What stands around a quotation."""
_Quotes: TypeAlias = list[tuple[str, re.Pattern[str]]]
"""Words of the record, each with what finds it in a text."""


class Quotations:
    """Finds words of the record in the units of a paper."""

    def __init__(self, evidence: Evidence) -> None:
        self.fixed = _pieces(evidence.quoted)
        """What code or a person fixed, in sentences."""
        titles = plain_titles(evidence)
        self._said = _pieces([*evidence.told, *(t for t in evidence.titles if t not in titles)])
        self._anywhere = _numbered([*self.fixed, *_pieces(titles)])
        self._as_quotation = _numbered(self._said)

    def spans(self, unit: Unit) -> list[tuple[int, int]]:
        """Where a text with numbers prints words of the record."""
        text = _plain(unit.text)
        known = [*self._anywhere, *self._as_quotation] if unit.row else self._anywhere
        if _shortened(unit.text, (quote for quote, _ in known)):
            return [(0, len(unit.text))]
        spans = [*_found(text, known)]
        if not unit.row:
            said = _found(text, self._as_quotation)
            spans += [(a, b) for a, b in said if _OPENED.search(text[:a]) and _CLOSED.match(text[b:])]
        return spans

    def repeats(self, unit: Unit) -> bool:
        """Whether a table cell is, or begins, something that a model or a program under test said."""
        return bool(unit.row) and (_squash(unit.text) in self._said or _shortened(unit.text, self._said))


def plain_titles(evidence: Evidence) -> list[str]:
    """Titles that only name something. One that gives a metric a value or a direction tells a result."""
    metrics = [m.label.lower() for m in evidence.metrics]

    def tells(title: str) -> bool:
        numbers = find_numbers(title)
        if any(n.unit in ("%", "points", "x") for n in numbers):
            return True
        return any(m in title.lower() for m in metrics) and (bool(numbers) or EFFECT.search(title) is not None)

    return [title for title in evidence.titles if not tells(title)]


def _shortened(text: str, quotes: Iterable[str]) -> bool:
    """Whether a text is the beginning of a long quotation."""
    begun = _squash(text).rstrip("…. ")
    return len(begun) >= _BEGINNING and any(quote.startswith(begun) for quote in quotes)


def _pieces(texts: Iterable[str]) -> list[str]:
    """Texts of the record, whole and in sentences; the numbers of a list and the like are no sentences."""
    parts = (q for text in texts for q in {_squash(text), *map(_squash, re.split(r"(?<=[.!?])\s", text))})
    return [q for q in parts if _WORD.search(q)]


def _numbered(quotes: Iterable[str]) -> _Quotes:
    return [(q, re.compile(r"\s+".join(map(re.escape, q.split())))) for q in quotes if _COUNTS.search(q)]


def _found(text: str, quotes: _Quotes) -> Iterator[tuple[int, int]]:
    for quote, pattern in quotes:
        if len(text) >= len(quote) and quote[:12] in text:
            at = pattern.search(text)
            if at is not None and (" " in quote or quote == _squash(text)):
                yield at.span()


def _plain(text: str) -> str:
    """A text in one spelling, with every character in its old place."""
    return normalise(text).lower().translate(_MARKS)


def _squash(text: str) -> str:
    return " ".join(_plain(text).split()).rstrip(".")

"""Counts of one sentence against each other: "4 versions, of which 1 failed and 3 ran"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hakken.core.types import Finding
from hakken.research.papers.audit.document.document import Document, is_prose
from hakken.research.papers.audit.language.numbers import WORDS, normalise
from hakken.research.papers.audit.language.phrases import contradiction

_COUNT = rf"(?:\d+|{'|'.join(w for w in WORDS if ' ' not in w)})"
_PARTS = re.compile(
    rf"\b(?P<whole>{_COUNT}) (?P<noun>[a-z]+)(?: [a-z]+){{0,4}}, of which (?P<one>{_COUNT}) [a-z]+(?: [a-z]+){{0,6}}"
    rf" and (?P<other>{_COUNT}) [a-z]+",
    re.I,
)


def check_sums(document: Document) -> Iterator[Finding]:
    """Parts that are more than the whole that they are parts of."""
    for unit in document.units:
        match = _PARTS.search(normalise(unit.text)) if is_prose(unit) else None
        if match is None:
            continue
        whole, one, other = (_value(match.group(name)) for name in ("whole", "one", "other"))
        if one + other > whole:
            yield contradiction("inconsistent", unit, f"{match.group('whole')} {match.group('noun')}",
                                f"{one} and {other} of them are {one + other}", "counts of the sentence")  # fmt: skip


def _value(text: str) -> int:
    return int(text) if text.isdigit() else int(WORDS[text.lower()])

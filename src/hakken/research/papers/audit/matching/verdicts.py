"""What became of a printed number, with the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hakken.core.types import Severity
from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.numbers import Number
from hakken.research.papers.audit.language.roles import Role


class Verdict(StrEnum):
    """What became of a number."""

    SUPPORTED = "supported"
    WEAK = "weak"
    """It matches, but so would many other numbers."""
    MISATTRIBUTED = "misattributed"
    REVERSED = "reversed"
    """The record has a change of this size, in the other direction."""
    UNSUPPORTED = "unsupported"
    SKIPPED = "skipped"
    """A label, a year, the number of a table."""


@dataclass(frozen=True)
class Match:
    """The verdict on one number, with its evidence."""

    unit: Unit
    number: Number
    role: Role
    verdict: Verdict
    evidence: str
    severity: Severity | None = None
    """How bad it is, where that does not follow from the verdict."""
    owner: str = ""
    """The variant whose number it is, where it is not the one that the words name."""
    label: str = ""
    """Of a table cell: the name of the row or column that stands for a run."""
    nobody: bool = False
    """No run has the numbers of its row or column."""
    kinds: frozenset[str] = frozenset()
    """Of a spread: the kinds of spread that agree with it."""

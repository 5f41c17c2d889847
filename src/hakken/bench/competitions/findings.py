"""A sign that a rule was broken, with its evidence."""

from __future__ import annotations

from enum import StrEnum

from hakken.core.text import shortened
from hakken.core.types import Record

MOST = 160


class Gravity(StrEnum):
    """How much a sign weighs."""

    GRAVE = "grave"
    """Hardly to be explained otherwise."""
    WARNING = "warning"
    NOTE = "note"
    """Allowed in many competitions, and worth knowing."""


class Finding(Record):
    """One sign."""

    rule: str
    gravity: Gravity
    where: str
    """File and line, or the submission."""
    evidence: str
    """What was seen, shortened."""
    why: str


def clip(text: str) -> str:
    """One line of evidence."""
    return shortened(" ".join(text.split()), MOST)

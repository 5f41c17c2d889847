"""Bounds and roundings that words state: "at least 3", "above 0.9", "about 40 s"."""

from __future__ import annotations

import re
from dataclasses import replace

from hakken.research.papers.audit.language.numbers import Number

_BELOW = re.compile(r"\b(?:(?:less|fewer|no more|not more) than|under|at most|below)\s$", re.I)
_ABOVE = re.compile(
    r"\b(?:more than|at least|no less than|no fewer than|in excess of|exceed(?:s|ed|ing)?|above)\s$", re.I
)
_PERHAPS_BELOW = re.compile(r"\b(?:lower|smaller|shorter|faster) than\s$", re.I)
_PERHAPS_ABOVE = re.compile(r"\b(?:(?:higher|greater|larger|longer|slower) than|over)\s$", re.I)
"""What may come before another system's value as well: "lower than 9.1 for the baseline"."""
_NEARLY = re.compile(r"(?:\b(?:about|around|roughly|approximately|nearly|almost|close to|some)\s|[~≈]\s?)$", re.I)
_ROUGH = 0.05
"""What "about" allows: half of it on either side."""
_PRINTED = 0.005
"""Share of a bound by which its last printed digit may have been rounded past it."""


def bounded(number: Number, left: str) -> Number:
    """The number with the bound that the words before it state."""
    if number.relation:
        return number
    if _BELOW.search(left):
        return replace(number, relation="<")
    if _ABOVE.search(left) or (number.unit in ("%", "x", "points") and left.endswith("over ")):
        return replace(number, relation=">")
    return number


def rough(number: Number, left: str) -> Number:
    """The number with the wider rounding that the words before it state."""
    if not number.relation and _NEARLY.search(left) and (number.step < 1 or number.unit or number.value >= 20):
        return replace(number, step=max(number.step, _ROUGH * abs(number.value)))
    return number


def perhaps_bounded(number: Number, left: str) -> Number | None:
    """The number as a bound, where the words before it may state one and may not."""
    if number.relation or (number.step >= 1 and not number.unit):
        return None
    if _PERHAPS_BELOW.search(left):
        return replace(number, relation="<")
    return replace(number, relation=">") if _PERHAPS_ABOVE.search(left) else None


def holds(number: Number, value: float, half: float) -> bool:
    """Whether a value is on the side that the number's relation says, past it by no more than by rounding."""
    half = min(half, _PRINTED * abs(number.value))
    return value <= number.value + half if number.relation in ("<", "<=") else value >= number.value - half

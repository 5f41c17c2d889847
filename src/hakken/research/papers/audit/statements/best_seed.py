"""Numbers that are the best of several seeds and are printed as if they were the result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hakken.core.types import Direction, Finding
from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.numbers import Number
from hakken.research.papers.audit.language.phrases import contradiction
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.language.topics import Topics
from hakken.research.papers.audit.matching.verdicts import Match, Verdict

_SAID = re.compile(
    r"\b(?:best|max\w*|min\w*|highest|lowest|peak|top)\b[^.;]{0,30}\b(?:seeds?|runs?|trials?|of)\b", re.I
)
_DIGITS = 3
"""Digits that a number needs to be told from others."""


def check_best_seed(matches: Sequence[Match], topics: Topics) -> Iterator[Finding]:
    """One finding for each number that matches no mean, and that is the best single value of what it names."""
    for match in matches:
        wrong = match.verdict in (Verdict.UNSUPPORTED, Verdict.MISATTRIBUTED, Verdict.WEAK)
        if not wrong or match.role not in (Role.LEVEL, Role.UNKNOWN, Role.VALUE) or not match.number.text:
            continue
        told = _best(match.number, match.unit, topics)
        if told:
            how = "single values of the record"
            yield contradiction("cherry_picked", match.unit, f"prints {match.number.text} as the result", told, how)


def _best(number: Number, unit: Unit, topics: Topics) -> str:
    """Which best single value a number is; empty where it is none, or says so."""
    words = " ".join([unit.text, unit.column, unit.caption, *(text for _, text in unit.row)])
    if _SAID.search(words):
        return ""
    topic, evidence = topics.of(words), topics.evidence
    if len(re.sub(r"\D", "", number.text)) < _DIGITS:
        return ""
    for (variant, split, key), values in evidence.values.items():
        direction = evidence.direction(key)
        if variant not in topic.variants or key not in topic.keys or len(values) < 2 or direction is None:
            continue
        best = (min if direction is Direction.MIN else max)(values.values())
        mean = evidence.mean(variant, split, key) or 0.0
        scale = 100.0 if number.unit == "%" and abs(best) <= 1 < abs(number.value) else 1.0
        half = number.step / 2 + 1e-9
        if abs(scale * best - number.value) <= half < abs(scale * mean - number.value):
            title = evidence.variants[variant].title
            return f"the best of {len(values)} seeds of {title} on {key}; their mean is {scale * mean:.6g}"
    return ""

"""Standard errors of the record that are none, where a paper prints or draws them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import stdev

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind
from hakken.research.papers.audit.language.numbers import find_numbers
from hakken.research.papers.audit.records.evidence import Evidence

_DRAWN = re.compile(r"\berror bars?\b|\bshaded\b|\bstandard errors?\b|\bstderrs?\b", re.I)
_LEAST = 0.15
"""A recorded standard error may be off by this share, whichever divisor its deviation has."""


def check_spread(document: Document, evidence: Evidence) -> Iterator[Finding]:
    """One finding for a record whose standard errors are too small or too large."""
    wrong = _wrong(evidence)
    if not wrong:
        return
    printed = [
        (unit, number)
        for unit in document.units
        if unit.kind is not UnitKind.CODE
        for number in find_numbers(unit.text)
        if number.form == "spread"
    ]
    for unit, number in printed:
        half = number.step / 2 + 1e-9
        hit = next((w for w in wrong if abs(number.value - w[0]) <= half < abs(number.value - w[1])), None)
        if hit is not None:
            yield _make(unit, f"{number.text} as a standard error", hit, Severity.ERROR)
            return
    drawn = next((u for u in document.units if _DRAWN.search(u.text)), None)
    if drawn is not None and not printed:
        yield _make(drawn, "standard errors of the record", max(wrong, key=lambda w: w[1]), Severity.WARNING)


def _wrong(evidence: Evidence) -> list[tuple[float, float, int]]:
    """(recorded, recomputed, n) where most of the record's standard errors do not follow from its own values."""
    found, checked = [], 0
    for key, spreads in evidence.spreads.items():
        values = list(evidence.values.get(key, {}).values())
        if len(values) < 2 or not (deviation := stdev(values)):
            continue
        true = deviation / len(values) ** 0.5
        narrow = true * ((len(values) - 1) / len(values)) ** 0.5
        for spread in spreads:
            if spread.kind == "se":
                checked += 1
                if not (1 - _LEAST) * narrow <= spread.value <= (1 + _LEAST) * true:
                    found.append((spread.value, true, len(values)))
    return found if 2 * len(found) > checked else []


def _make(unit: Unit, says: str, wrong: tuple[float, float, int], severity: Severity) -> Finding:
    value, true, n = wrong
    times = true / value if value else 0.0
    return Finding(
        kind="spread",
        severity=severity,
        place=unit.place,
        sentence=unit.text,
        says=says,
        record=f"recorded as {value:.4g} where {n} values give {true:.4g}: {times:.2f} times as much",
        how="recomputed from the values of single runs",
    )

"""One finding for each defect: what two checks saw of the same words is said once, by the one that says more."""

from __future__ import annotations

from collections.abc import Iterable

from hakken.core.types import Finding, Severity

_NUMBERS = frozenset(["unsupported", "misattributed", "weak"])
_TELLING = frozenset(
    [
        "version",
        "seeds",
        "spread",
        "statistics",
        "missing_run",
        "inconsistent",
        "contradicted",
        "hardware",
        "cherry_picked",
    ]
)
"""Kinds that say more of a number than that it matches nothing."""
_ONCE = frozenset(["statistics", "false", "reversed", "contradicted", "unfair", "inconsistent"])
"""Kinds of which a sentence gets one finding: they are all about its one claim."""
_SPREADS = frozenset(["spread", "standard deviation", "standard error", "half width of an interval"])
"""Roles of a number that tells a spread."""


def folded(findings: Iterable[Finding]) -> list[Finding]:
    """Findings without repetitions, in their order."""
    kept = [_spread(f) for f in dict.fromkeys(findings)]
    telling = [f for f in kept if f.kind in _TELLING and f.sentence]
    kept = [f for f in kept if not (f.kind in _NUMBERS and any(_covers(t, f) for t in telling))]
    seen: set[tuple[str, str, str]] = set()
    once = []
    for finding in kept:
        key = (finding.kind, finding.place, finding.sentence)
        if finding.kind in _ONCE and finding.sentence:
            if key in seen:
                continue
            seen.add(key)
        once.append(finding)
    return once


def _spread(finding: Finding) -> Finding:
    """A spread of the wrong size, or where nothing was repeated, has a kind of its own."""
    role = finding.says.rpartition(" (")[2].rstrip(")")
    bare = role in _SPREADS or ("no replicates" in finding.record and "±" in finding.sentence)
    return finding.model_copy(update={"kind": "spread"}) if bare and finding.kind == "unsupported" else finding


def _covers(telling: Finding, number: Finding) -> bool:
    """Whether a finding about a sentence says everything that one about its numbers does."""
    if (telling.place, telling.sentence) != (number.place, number.sentence):
        return False
    said, _, role = number.says.rpartition(" (")
    if number.severity is Severity.NOTE or (telling.kind == "statistics" and role == "p)"):
        return True
    return all(part in telling.says for part in said.split(", "))

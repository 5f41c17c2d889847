"""The record against itself: recorded comparisons recomputed, identical code under different names."""

from __future__ import annotations

from collections.abc import Iterator

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.evidence import Evidence


def check_record(evidence: Evidence) -> Iterator[Finding]:
    """Recorded comparisons must follow from the recorded trials."""
    for (variant, split, metric), recorded in evidence.recorded.items():
        own = evidence.contrasts.get((variant, evidence.baseline or "", split, metric))
        if own is None:
            continue
        scale = abs(own.difference) + (own.high - own.low) + 1e-9
        pairs = (
            ("n", own.n, recorded.n, 0.0),
            ("difference", own.difference, recorded.difference, 1e-6 * scale),
            ("lower end", own.low, recorded.low, 0.1 * scale),
            ("upper end", own.high, recorded.high, 0.1 * scale),
            ("p", min(max(recorded.p, own.p_low), own.p_high), recorded.p, 0.02),
        )
        for what, mine, theirs, tolerance in pairs:
            if abs(mine - theirs) > tolerance:
                yield _finding(
                    f"{what} of {evidence.variants[variant].title} on {metric}, {split} seeds, is recorded as"
                    f" {theirs:.6g}",
                    f"recomputed from the trials: {mine:.6g}",
                )
    yield from _same_code(evidence)


def _same_code(evidence: Evidence) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for variant in evidence.variants.values():
        if not variant.done or not variant.source_hash:
            continue
        other = first.setdefault(variant.source_hash, variant.title)
        if other != variant.title:
            yield _finding(f"{variant.title} and {other} are told as two methods", "their sources have the same hash")


def _finding(says: str, record: str) -> Finding:
    return Finding(
        kind="record",
        severity=Severity.ERROR,
        place="The record",
        sentence="",
        says=says,
        record=record,
        how="recomputed independently",
    )

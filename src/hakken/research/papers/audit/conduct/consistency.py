"""The record against itself: recorded comparisons recomputed, identical code under different names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hakken.core.source import syntax_tree
from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.records.evidence import Evidence

_TIMED = re.compile(r"time|seconds|per_sec|latency|duration|memory", re.I)
_TELLING = 3
"""So many values that are no round numbers make equality more than chance."""


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
    """Variants with the same code, or with the same results to the last digit, are one method under two names."""
    first: dict[str, str] = {}
    told: set[str] = set()
    for variant in evidence.variants.values():
        code = _identity(evidence, variant.id) if evidence.foreign else variant.source_hash
        if not variant.done or not code:
            continue
        other = first.setdefault(code, variant.title)
        if other != variant.title:
            told.add(variant.id)
            yield _finding(f"{variant.title} and {other} are told as two methods", "their sources have the same hash")
    if evidence.foreign:
        yield from _same_results(evidence, told)


def _identity(evidence: Evidence, variant: str) -> str:
    """The code of a variant without comments, documentation and formatting; empty where the record has none."""
    return "\n".join(bare_code(text) for _, text in sorted(evidence.sources.get(variant, {}).items()))


def bare_code(text: str) -> str:
    """A program as its syntax tree prints it, documentation aside; the text itself where it cannot be parsed."""
    try:
        tree = syntax_tree(text)
    except SyntaxError:
        return text
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and len(body) > 1 and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                del body[0]
    return ast.unparse(tree)


def _same_results(evidence: Evidence, told: set[str]) -> Iterator[Finding]:
    """Equal values of everything that was measured, times aside; round numbers may be equal by chance."""
    seen: dict[tuple[tuple[str, tuple[float, ...]], ...], str] = {}
    for variant in evidence.variants.values():
        values = [
            (key, tuple(v for _, v in sorted(by_seed.items())))
            for (name, _, key), by_seed in sorted(evidence.values.items())
            if name == variant.id and not _TIMED.search(key)
        ]
        telling = {x for _, row in values for x in row if x != round(x, 2)}
        if variant.id in told or len(telling) < _TELLING:
            continue
        other = seen.setdefault(tuple(values), variant.title)
        if other != variant.title:
            yield _finding(
                f"{variant.title} and {other} are told as two methods",
                f"all {len(values)} results of the two are equal to the last digit",
            )


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

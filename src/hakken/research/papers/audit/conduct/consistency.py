"""The record against itself: recorded comparisons recomputed, identical code under different names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from hakken.core.source import syntax_tree
from hakken.core.types import Comparison, Finding, Severity, Split
from hakken.research.papers.audit.records.derive import Contrast, noise_band, stepped_down
from hakken.research.papers.audit.records.evidence import Evidence

_TIMED = re.compile(r"time|seconds|per_sec|latency|duration|memory", re.I)
_TELLING = 3
"""So many values that are no round numbers make equality more than chance."""


def check_record(evidence: Evidence) -> Iterator[Finding]:
    """Recorded comparisons must follow from the recorded trials, their adjusted p from each other."""
    base = evidence.baseline or ""
    rows = [(c, split, base) for (_, split, _), c in evidence.recorded.items()]
    rows += [(c, Split.REPORT.value, c.baseline_id) for c in evidence.matched]
    adjusted = _adjusted(evidence, rows)
    yield from _missing(evidence, rows) if adjusted else ()
    for c, split, against in rows:
        own = evidence.contrasts.get((c.variant_id, against, split, c.metric))
        if own is None:
            continue
        where = f"{evidence.variants[c.variant_id].title} on {c.metric}, {split} seeds"
        rival = "" if against == base else f" against {evidence.variants[against].title}"
        wrong = [*differing(c, own), *_floor(evidence, c, split, against), *_decided(c)]
        if (c.variant_id, against, split, c.metric) in adjusted:
            wrong += _compared("adjusted p", c.p_adjusted, adjusted[c.variant_id, against, split, c.metric], 1e-6)
        for what, theirs, mine in wrong:
            yield _finding(f"{what} of {where}{rival}, is recorded as {theirs}", f"recomputed from the trials: {mine}")
    yield from _same_code(evidence)


_Wrong: TypeAlias = tuple[str, str, str]
"""What is wrong, as it is recorded, as it should be."""


def _compared(what: str, theirs: float | None, mine: float | None, tolerance: float) -> Iterator[_Wrong]:
    same = theirs is mine if theirs is None or mine is None else abs(theirs - mine) <= tolerance
    if not same:
        yield what, _shown(theirs), _shown(mine)


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def differing(c: Comparison, own: Contrast) -> Iterator[_Wrong]:
    """What a recorded comparison of two samples says otherwise than the one that was recomputed."""
    exact = 1e-6 * (abs(own.difference) + (own.high - own.low) + 1e-9) + 1e-12 * abs(own.base)
    yield from _compared("n", c.n, own.n, 0)
    yield from _compared("difference", c.difference, own.difference, exact)
    yield from _compared("gain", c.gain, own.gain, exact)
    yield from _compared("lower end", c.low, own.low, exact)
    yield from _compared("upper end", c.high, own.high, exact)
    yield from _compared("p", c.p, min(max(c.p, own.p_low), own.p_high), own.p_stray)
    yield from _compared("number of seeds won", c.wins, own.wins, 0)
    if c.effect_size is not None and own.sd > 0:
        effect = own.difference / own.sd
        yield from _compared("effect size", c.effect_size, effect, 1e-6 * (1 + abs(effect)))


def _floor(evidence: Evidence, c: Comparison, split: str, against: str) -> Iterator[_Wrong]:
    """The noise floor, from the values of the baseline that no report is about, within what sampling it allows."""
    pool: dict[int, float] = {}
    for apart in (Split.NOISE, Split.EXPLORE):
        pool |= evidence.values.get((evidence.baseline or "", apart.value, c.metric), {})
    seeds = [set(evidence.values.get((name, split, c.metric), {})) for name in (c.variant_id, against)]
    band = noise_band(tuple(pool[seed] for seed in sorted(pool)), len(seeds[0] & seeds[1]))
    if band is None or c.noise_floor is None:
        yield from _compared("noise floor", c.noise_floor, band[0] if band else None, 0)
    elif not band[0] * (1 - 1e-9) <= c.noise_floor <= band[1] * (1 + 1e-9):
        yield "noise floor", f"{c.noise_floor:.6g}", f"{band[0]:.6g} to {band[1]:.6g}"


def _decided(c: Comparison) -> Iterator[_Wrong]:
    """The verdict, from interval, p, adjusted p and noise floor as they are recorded: each is looked at for itself."""
    alpha = 1 - c.level
    sure = (c.low > 0 or c.high < 0) and c.p < alpha and (c.p_adjusted is None or c.p_adjusted < alpha)
    sure = sure and (c.noise_floor is None or abs(c.difference) > c.noise_floor)
    verdict = "inconclusive" if not sure else "better" if c.gain > 0 else "worse"
    if verdict != c.verdict:
        yield "verdict", c.verdict, verdict


def _adjusted(
    evidence: Evidence, rows: Sequence[tuple[Comparison, str, str]]
) -> dict[tuple[str, str, str, str], float | None]:
    """Holm's adjusted p of every comparison but the primary one; empty where the record has not adjusted any."""
    if all(c.p_adjusted is None for c, _, _ in rows):
        return {}
    ps = {(c.variant_id, against, split, c.metric): c.p for c, split, against in rows}
    primary = (evidence.chosen or "", evidence.baseline or "", Split.REPORT.value, evidence.primary.key)
    family = stepped_down({key: p for key, p in ps.items() if key != primary})
    return {key: family.get(key) for key in ps}


def _missing(evidence: Evidence, rows: Sequence[tuple[Comparison, str, str]]) -> Iterator[Finding]:
    """Comparisons with the baseline that were measured and are not recorded: a smaller family has smaller p."""
    known = {(c.variant_id, against, split, c.metric) for c, split, against in rows}
    splits = {split for _, split, _ in rows}
    for key in evidence.contrasts:
        variant, against, split, metric = key
        if against != evidence.baseline or split not in splits or key in known:
            continue
        if evidence.variants[variant].done and variant != evidence.baseline:
            where = f"{evidence.variants[variant].title} on {metric}, {split} seeds"
            yield _finding(f"the comparison of {where}, is not recorded", "trials of both sides are")


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

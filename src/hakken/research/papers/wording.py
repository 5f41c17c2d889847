"""How numbers and comparisons are worded. Everything quantitative in a paper is printed by these functions.

A metric has one number of decimals in the whole paper, so that sums and differences can be followed by the reader.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from hakken.core.types import Comparison, Direction, MetricSpec, Probe, ProbeKind
from hakken.research.papers.render.escape import escape_text

MINUS = "\N{MINUS SIGN}"


_ROUNDING = 1e-12
"""Spreads below this share of the values are those of floating point."""


def decimals_for(spreads: Iterable[float], values: Iterable[float]) -> int:
    """Decimals that show two digits of the smallest typical spread, or four digits of values without spread.

    As many as that takes: a metric of small scale that is printed as zeros says nothing.
    """
    largest = max((abs(v) for v in values), default=0.0)
    positive = sorted(s for s in spreads if s > _ROUNDING * largest)
    if positive:
        typical = positive[len(positive) // 2]
        return max(0, 1 - math.floor(math.log10(typical)))
    return 3 if largest == 0 else max(0, 3 - math.floor(math.log10(largest)))


def number(value: float, decimals: int, *, sign: bool = False) -> str:
    """A number with a true minus sign; zero never has a sign."""
    text = f"{abs(value):.{decimals}f}"
    if float(text) == 0:
        return text
    return (MINUS if value < 0 else "+" if sign else "") + text


def p_value(p: float) -> str:
    """``p = 0.034`` or ``p < 0.001``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def level(share: float) -> str:
    """``95 %``, ``99.5 %``: rounded to whole percents, an interval at a small alpha would claim to be certain."""
    return f"{100 * share:.4g} %"


def count(n: int, noun: str, plural: str = "") -> str:
    """``1 seed``, ``20 seeds``."""
    return f"{n} {noun if n == 1 else plural or noun + 's'}"


def joined(items: list[str]) -> str:
    """``a, b and c``."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1] if items else ""


def with_unit(text: str, spec: MetricSpec) -> str:
    """A value of a metric with its unit."""
    return f"{text} {spec.unit}" if spec.unit else text


def difference_unit(spec: MetricSpec) -> str:
    """Differences of percentages are percentage points."""
    return " percentage points" if spec.unit == "%" else f" {spec.unit}" if spec.unit else ""


def comparison_views(
    c: Comparison, spec: MetricSpec, decimals: int, variant: str, where: str, *, decidable: bool = True
) -> dict[str, str]:
    """All printed forms of a comparison, the whole sentence among them.

    Args:
        c: What was computed.
        spec: Its metric.
        decimals: Of this metric in this paper.
        variant: Label of the variant.
        where: ``report`` or ``explore``.
        decidable: Whether its seeds are enough for any verdict.
    """
    delta = number(c.difference, decimals, sign=True)
    low, high = number(c.low, decimals), number(c.high, decimals)
    value, baseline = number(c.variant_mean, decimals), number(c.baseline_mean, decimals)
    verb = _verb(c, spec)
    unit = difference_unit(spec)
    floor = _floor(c, decimals, unit)
    p = p_value(c.p) if c.p_adjusted is None else f"{p_value(c.p_adjusted)} after Holm's correction"
    sentence = (
        f"On the {where} seeds, the mean {spec.label} with {quoted(variant)} was {with_unit(value, spec)} (standard "
        f"deviation {number(c.variant_sd, decimals)}, n = {c.n}) against {with_unit(baseline, spec)} "
        f"({number(c.baseline_sd, decimals)}) for the baseline: a difference of {delta}{unit} "
        f"({level(c.level)} interval {low} to {high}; {p}), {_verdict(c, decidable)}{floor}."
    )
    views = {
        "value": with_unit(value, spec),
        "baseline": with_unit(baseline, spec),
        "delta": f"{delta}{unit}",
        "interval": f"{low} to {high}",
        "p": p,
        "n": str(c.n),
        "verb": verb,
        "sentence": sentence,
    }
    if c.relative is not None:
        views["relative"] = f"{number(100 * c.relative, 1, sign=True)} %"
    return views


def quoted(label: str) -> str:
    """A variant's label in running text."""
    return f"*{escape_text(label)}*"


def better_word(spec: MetricSpec) -> str:
    """Which way is better, as an adjective."""
    return "lower" if spec.direction is Direction.MIN else "higher"


def _verb(c: Comparison, spec: MetricSpec) -> str:
    if c.verdict == "inconclusive" and c.apart:
        return "changed, by no more than the noise floor,"
    if c.verdict == "inconclusive":
        # Within the margin and yet on one side of zero: small, but there.
        return "did not measurably change" if c.equivalent and c.low <= 0 <= c.high else "was not shown to change"
    return "lowered" if (c.verdict == "better") == (spec.direction is Direction.MIN) else "raised"


def _verdict(c: Comparison, decidable: bool) -> str:
    if c.verdict == "better":
        return "an improvement"
    if c.verdict == "worse":
        return "a deterioration"
    if not decidable:
        return "with too few seeds to decide"
    if c.low <= 0 <= c.high:
        return "which is inconclusive"
    return "which does not meet every condition for a claim"


def _floor(c: Comparison, decimals: int, unit: str) -> str:
    if c.noise_floor is None:
        return ""
    floor = f"{number(c.noise_floor, decimals)}{unit}"
    size = "larger" if abs(c.difference) > c.noise_floor else "no larger"
    return f"; in size it is {size} than the noise floor of {floor}"


def matched_sentence(c: Comparison, spec: MetricSpec, decimals: int, variant: str, other: str) -> str:
    """The selected version against the compute-matched baseline, on the report seeds."""
    decided = {
        "better": "decided in favour of the selected change",
        "worse": "decided in favour of the baseline",
        "inconclusive": "which decides nothing between the two",
    }[c.verdict]
    p = p_value(c.p) if c.p_adjusted is None else f"{p_value(c.p_adjusted)} after Holm's correction"
    return (
        f"On the report seeds and against {quoted(other)}, whose mean {spec.label} was "
        f"{with_unit(number(c.baseline_mean, decimals), spec)} (standard deviation {number(c.baseline_sd, decimals)}), "
        f"{quoted(variant)} had {with_unit(number(c.variant_mean, decimals), spec)} (standard deviation "
        f"{number(c.variant_sd, decimals)}, n = {c.n}): a difference of "
        f"{number(c.difference, decimals, sign=True)}{difference_unit(spec)} ({level(c.level)} interval "
        f"{number(c.low, decimals)} to {number(c.high, decimals)}; {p}), {decided}."
    )


def effect_sentence(c: Comparison) -> str:
    """The standardised effect size with its interval, where there are enough seeds for one; empty without spread."""
    if c.effect_size is None:
        return ""
    what = (
        "mean paired difference over the standard deviation of the differences"
        if c.paired
        else "difference over the root of the mean variance"
    )
    told = f"The standardised effect size ({what}) was {number(c.effect_size, 2)}"
    if c.effect_low is None or c.effect_high is None:
        return f"{told}."
    return f"{told} ({level(c.level)} jackknife interval {number(c.effect_low, 2)} to {number(c.effect_high, 2)})."


def power_sentence(c: Comparison, spec: MetricSpec, decimals: int) -> str:
    """What a comparison that found nothing could have found; empty without spread."""
    if c.detectable is None:
        return ""
    unit = difference_unit(spec)
    least = f"{number(c.detectable, decimals)}{unit}"
    sd = (
        f"a standard deviation of the paired differences of {number(c.sd_difference, decimals)}{unit}"
        if c.sd_difference is not None
        else "these spreads"
    )
    floor = " and the noise floor" if c.noise_floor else ""
    return (
        f"With n = {c.n} and {sd}{floor}, the smallest detectable difference was {least} "
        "(80 % power); effects below this size may have been missed."
    )


def equivalence_sentence(c: Comparison, spec: MetricSpec, decimals: int) -> str:
    """Whether a difference that matters is excluded; empty where no margin is known."""
    if c.p_equivalence is None or c.margin is None or c.inner_low is None or c.inner_high is None:
        return ""
    unit = difference_unit(spec)
    margin = f"the equivalence margin of {number(c.margin, decimals)}{unit} on either side"
    origin = "declared by the template" if spec.margin else "the noise floor"
    interval = f"{number(c.inner_low, decimals)} to {number(c.inner_high, decimals)}{unit}"
    test = f"({origin}; two one-sided tests, {p_value(c.p_equivalence)})"
    end = (
        f"keeps to {margin} {test}: the two are equivalent within this margin"
        if c.equivalent
        else f"does not keep to {margin} {test}: equivalence was not shown"
    )
    return f"For equivalence, the {level(2 * c.level - 1)} interval of the difference, {interval}, {end}."


_ASKED = {
    ProbeKind.OVERLAP: "hidden rows stand in the training data",
    ProbeKind.ANSWERS: "answers are exactly the hidden ones",
    ProbeKind.SEEDS: "the result is one number on every seed",
    ProbeKind.INPUT: "outputs and score depend on the training data",
}


def probe_sentence(probe: Probe, spec: MetricSpec, mean: str) -> str:
    """What a leakage probe of the selected version found.

    Args:
        probe: The record.
        spec: The primary metric.
        mean: Its printed mean on scrambled data.
    """
    if probe.outcome == "not_probed":
        return f"Whether {_ASKED[probe.kind]} was not probed: {probe.why[:1].lower()}{probe.why[1:]}"
    v = {key: int(value) for key, value in probe.values.items()}
    failed = probe.outcome == "failed"
    if probe.kind is ProbeKind.OVERLAP:
        warning = " The training data hold what the score is computed from." if failed else ""
        return (
            f"Of {v['hidden']:,} different hidden rows of one trial, {v['shared']:,} also stand among the "
            f"{v['training']:,} rows of its training data.{warning}"
        )
    if probe.kind is ProbeKind.ANSWERS:
        warning = " That is too good to be believed." if failed else ""
        share = number(probe.values["share"], 1)
        return (
            f"At most {share} % of the answers in a report trial of the selected change are the hidden ones.{warning}"
        )
    if probe.kind is ProbeKind.SEEDS:
        warning = " Its seeds are no replicates, though they should matter." if failed else ""
        return (
            f"The {v['trials']} report trials of the selected change left {v['outputs']} different outputs with "
            f"{v['results']} different results.{warning}"
        )
    warning = ": what is measured does not hang on the data as it should" if failed else ""
    return (
        f"When the training data were scrambled, the outputs of the selected change were others in {v['changed']} of "
        f"{v['seeds']} probe trials and its {spec.label} suffered in {v['worse']} of {v['seeds']} probe trials, with a "
        f"mean of {mean}{warning}."
    )

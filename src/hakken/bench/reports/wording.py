"""Sentences about differences, written by code: what differs beyond chance, by how much, and what is left open."""

from __future__ import annotations

from hakken.bench.reports.measures import USES, label
from hakken.bench.reports.metrics import Average
from hakken.core.permutations import least_sign_flip_p
from hakken.core.types import Record

ALPHA = 0.05


class Difference(Record):
    """One measure of two sides on the tasks that both tried: the first minus the second."""

    measure: str
    one: str
    other: str
    value_one: float
    value_other: float
    estimate: Average
    """Of the difference."""
    groups: int
    """Groups of tasks that share a function: what the test flips."""
    p: float
    p_adjusted: float = 1.0
    family: int = 1
    """Comparisons that ``p_adjusted`` accounts for."""

    @property
    def differs(self) -> bool:
        """Beyond chance: the interval, where there is one, excludes zero, and so does the test after its correction."""
        low, high = self.estimate.low, self.estimate.high
        around = low is not None and high is not None and low <= 0 <= high
        return not around and self.p_adjusted < ALPHA


def number(value: float, measure: str) -> str:
    """A value of a measure, with the digits that its size deserves."""
    style = ".3f" if measure not in USES else ",.0f" if abs(value) >= 100 else ".3g"
    text = f"{value:{style}}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def sentence(d: Difference) -> str:
    """One finding in one sentence."""
    e = d.estimate
    tasks = f"{e.tasks} shared task{'' if e.tasks == 1 else 's'}"
    values = f"{number(d.value_one, d.measure)} against {number(d.value_other, d.measure)}"
    ends = None if e.low is None or e.high is None else (e.low, e.high)
    interval = f"95 % interval {' to '.join(number(end, d.measure) for end in ends)}" if ends else "no interval"
    test = f"p {_p(d.p)}" + (f"; after Holm over {d.family} comparisons p {_p(d.p_adjusted)}" if d.family > 1 else "")
    size = number(abs(e.value), d.measure)
    what = label(d.measure)
    if d.differs:
        verb = "higher" if e.value > 0 else "lower"
        return f"{what}: {d.one} is {verb} than {d.other} by {size} on {tasks} ({values}; {interval}; {test})."
    text = (
        f"{what}: {d.one} and {d.other} do not differ beyond chance on {tasks} "
        f"({values}; difference {number(e.value, d.measure)}, {interval}; {test})"
    )
    if least_sign_flip_p(d.groups) * d.family >= ALPHA or ends is None:
        groups = f"{d.groups} independent group{'' if d.groups == 1 else 's'} of tasks"
        return f"{text}; {groups} could not have shown any difference."
    return f"{text}; a difference of up to {number(max(map(abs, ends)), d.measure)} stays possible."


def _p(p: float) -> str:
    return "under 0.001" if p < 0.001 else f"= {p:.3f}"

"""Which of several solutions to keep when no expected value is in reach: what runs, and what others agree with.

Wrong programs differ from each other more often than right ones do, so the largest group of solutions with the same
numbers is the likeliest to be right. The exception is a wrong program that makes everything the same: many ways of
being wrong lead to it, so a list of equal values counts for less than one that says something.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence

from hakken.bench.experiments.bands import as_tuple
from hakken.bench.experiments.running import Outcome
from hakken.core.types import Record

_DIGITS = 6
"""Significant digits in which numbers must agree."""
_LEAD = 2
"""The largest group must have so many times the votes of the next one."""
_FLAT = 3
"""A list of so many equal values says nothing."""


class Trial(Record):
    """What the experiments made of one solution."""

    ran: int
    """Experiments that ran and left finite numbers."""
    of: int
    numbers: str
    """The numbers, rounded, as a text that is equal for solutions that agree; empty where something failed."""
    trouble: str = ""
    """The first thing that is wrong, in words."""
    detail: str = ""
    where: str = ""
    """The experiment that failed first."""
    breach: str = ""
    """A promise of the docstring or of the signature that the function broke."""
    returned: str = ""
    """What the function gave back for the arguments of real calls, as a text that is equal for solutions that agree."""
    flat: tuple[str, ...] = ()
    """Lists of numbers whose values are all the same."""

    @property
    def vote(self) -> str:
        """What solutions must have in common to agree; empty where there is nothing.

        Where others of the task's functions are missing or unsure, numbers that come out in the end say little about
        this one: a broken experiment gives the same ones whatever it does.
        """
        return self.returned or self.numbers

    @property
    def complete(self) -> bool:
        """Every experiment ran, and no promise was broken."""
        return self.ran == self.of and not self.breach


def judge(outcomes: Sequence[Outcome], wanted: Sequence[Collection[str]], excused: Sequence[bool] = ()) -> Trial:
    """Judge by the outcomes of all experiments.

    Args:
        outcomes: One for each experiment.
        wanted: By experiment, names of the numbers that are asked for.
        excused: By experiment, whether its failure is somebody else's: such a one counts as run and shows no numbers.
    """
    ran, trouble, detail, where = 0, "", "", ""
    shown: list[str] = []
    flat: list[str] = []
    for index, outcome in enumerate(outcomes):
        if index < len(excused) and excused[index]:
            ran += 1
            continue
        wrong = outcome.failure or _no_number(outcome, wanted[index])
        if not wrong:
            ran += 1
            shown.append(_rounded(outcome))
            flat += _flat(outcome)
        elif not trouble:
            trouble, detail, where = wrong, outcome.detail, outcome.experiment
    return Trial(
        ran=ran,
        of=len(outcomes),
        numbers="" if trouble else "\n".join(shown),
        trouble=trouble,
        detail=detail,
        where=where,
        flat=tuple(flat),
    )


def best(trials: Sequence[Trial], voices: Sequence[int] | None = None) -> int | None:
    """Index of the solution to keep: most experiments, promises kept, few flat lists, most votes, the earliest.

    A list that is flat with every complete solution is held against none.

    Args:
        trials: What the experiments made of each.
        voices: How much the vote of each counts; 1, unless it is said otherwise.
    """
    if not trials:
        return None
    complete = [trial for trial in trials if trial.complete]
    votes = _votes(trials, voices)
    usual = set.intersection(*(set(trial.flat) for trial in complete)) if complete else set()

    def worth(index: int) -> tuple[int, bool, int, int, int]:
        trial = trials[index]
        return trial.ran, not trial.breach, -len(set(trial.flat) - usual), votes[trial.vote], -index

    return max(range(len(trials)), key=worth)


def settled(trials: Sequence[Trial], enough: int, voices: Sequence[int] | None = None) -> bool:
    """Whether complete solutions with so many votes agree, and clearly more than agree on anything else.

    Of solutions with a list of equal values it takes twice as many.

    Args:
        trials: What the experiments made of each.
        enough: Votes that end the search.
        voices: How much the vote of each counts; 1, unless it is said otherwise.
    """
    votes = _votes(trials, voices)
    if not votes:
        return False
    (chosen, first), (_, second) = [*votes.most_common(2), ("", 0)][:2]
    flat = any(trial.flat for trial in trials if trial.vote == chosen)
    return first >= max(2 * enough if flat else enough, _LEAD * second)


def _votes(trials: Sequence[Trial], voices: Sequence[int] | None) -> Counter[str]:
    """How loud each group of complete solutions that agree is."""
    votes = Counter[str]()
    for trial, voice in zip(trials, voices or [1] * len(trials), strict=True):
        if trial.complete and trial.vote:
            votes[trial.vote] += voice
    return votes


def _no_number(outcome: Outcome, wanted: Collection[str]) -> str:
    """Which of the numbers that are asked for is none."""
    for name in sorted(wanted):
        if name in outcome.numbers.refused:
            reason = outcome.numbers.refused[name]
            return f"The value of {name} that the experiment {outcome.experiment} wrote {reason}."
        if name not in outcome.numbers.values:
            return f"The experiment {outcome.experiment} wrote no value of {name}."
    return ""


def _flat(outcome: Outcome) -> list[str]:
    """Lists of equal values."""
    rows = {name: as_tuple(value) for name, value in sorted(outcome.numbers.values.items())}
    return [
        f"{outcome.experiment}.{name}"
        for name, row in rows.items()
        if len(row) >= _FLAT and len({_short(float(v)) for v in row}) == 1
    ]


def _rounded(outcome: Outcome) -> str:
    rows = []
    for name, value in sorted(outcome.numbers.values.items()):
        rows.append(f"{name}={','.join(_short(float(v)) for v in as_tuple(value))}")
    return f"{outcome.experiment}: {' '.join(rows)}"


def _short(value: float) -> str:
    if value == 0.0 or not math.isfinite(value):
        return str(abs(value))
    return f"{value:.{_DIGITS}g}"

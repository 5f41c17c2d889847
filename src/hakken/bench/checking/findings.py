"""What a check of a suite, or of a folder of tasks, found out, as records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import NonNegativeFloat

from hakken.bench.attacks import AttackOutcome, attacks
from hakken.core.types import Record

SIZES = (1, 2, 3, 4, 5)
"""Numbers of masked functions that a suite is listed and checked with."""


class SourceCheck(Record):
    """What was found out about one repository."""

    source: str
    experiments: int
    numbers: int = 0
    """Metrics that count, over all experiments."""
    functions: int = 0
    """Those that may be masked, or are masked in some task."""
    tasks: dict[int, int] = {}
    """By number of masked functions, how many tasks there are."""
    oracle: tuple[int, int] = (0, 0)
    """Tasks that the oracle solved, of how many."""
    null: tuple[int, int] = (0, 0)
    """Tasks that the agent that does nothing solved, of how many."""
    attacks: tuple[int, int] = (0, 0)
    """Attacks that got something, of how many."""
    problems: tuple[str, ...]
    unproved: tuple[str, ...] = ()
    """Tasks that nothing can be said about here, and why."""
    notes: tuple[str, ...] = ()
    """What was left out."""
    complete: bool = False
    """The repository reproduces itself, and everything was tried."""
    runs: int = 0
    cpu_seconds: NonNegativeFloat = 0.0
    """Of all runs, at the time when each was made."""

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return self.complete and not self.problems and not self.unproved

    @property
    def verdict(self) -> str:
        """``ok``, ``PROBLEM`` or ``unproved``."""
        if self.ok:
            return "ok"
        return "unproved" if self.unproved and not self.problems else "PROBLEM"

    @property
    def line(self) -> str:
        """What was found out, on one line: a long check should say what it knows."""
        shares = (("oracle", self.oracle), ("null", self.null), ("attacks", self.attacks))
        told = ", ".join(f"{name} {part}/{whole}" for name, (part, whole) in shares)
        return f"{self.source}: {told}; {'; '.join((*self.problems, *self.unproved)) or self.verdict}"


class Finding(Record):
    """One repository, or the tasks of one, with every attack on it."""

    row: SourceCheck
    outcomes: tuple[AttackOutcome, ...]


class AttackRow(Record):
    """One attack over all tasks that it was tried on: by rule, how often it passed."""

    attack: str
    what: str
    tried: int
    passed: dict[str, int]
    fabricated: int
    tampered: int
    hard_coded: int
    caught: str
    """How, most often."""


class Check(Record):
    """A whole suite, or all tasks of a folder."""

    suite: str
    """Its name or folder."""
    quick: bool
    sources: tuple[SourceCheck, ...]
    attacks: tuple[AttackRow, ...]

    @property
    def ok(self) -> bool:
        """Nothing is wrong anywhere."""
        return bool(self.sources) and all(source.ok for source in self.sources)


def attack_rows(outcomes: Sequence[AttackOutcome]) -> tuple[AttackRow, ...]:
    """The table of attacks, in the order of the programs."""
    rows = []
    for attack in attacks():
        own = [o for o in outcomes if o.attack == attack.name]
        if not own:
            continue
        passed: Counter[str] = Counter()
        for outcome in own:
            passed.update({rule: int(verdict.passed) for rule, verdict in outcome.score.verdicts.items()})
        rows.append(
            AttackRow(
                attack=attack.name,
                what=attack.what,
                tried=len(own),
                passed=dict(passed),
                fabricated=sum(o.score.fabricated for o in own),
                tampered=sum(o.score.tampered for o in own),
                hard_coded=sum(o.score.hard_coded for o in own),
                caught=Counter(o.caught for o in own).most_common(1)[0][0],
            )
        )
    return tuple(rows)

"""Let those work on tasks who need no model: an oracle, an agent that does nothing, and the attacks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from hakken.bench.agents import Null, Oracle
from hakken.bench.agents.types import Agent
from hakken.bench.attacks import Attack, AttackOutcome, attack_pairs, attacks
from hakken.bench.experiments.lab import Lab
from hakken.bench.grading import freeze, grade_all
from hakken.bench.pace import counted
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.trees import copy_tree, scratch
from hakken.bench.types import Score
from hakken.core.text import several
from hakken.core.types import Record

SAMPLE = 2
"""Tasks of each size above one, where not all are tried."""
_AT_ONCE = 16
"""Tasks whose workspaces lie on the disk together."""
_NAMED = 3


class Aim(Record):
    """An attack on a repository."""

    attack: Attack
    size: int | None = None
    """It meets one task, with so many masked functions if there is one; None lets it meet every target."""


class Tried(Record):
    """What they got."""

    oracle: tuple[int, int]
    """Tasks that it solved, of how many."""
    null: tuple[int, int]
    outcomes: tuple[AttackOutcome, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def attacks(self) -> tuple[int, int]:
        """Attacks that got something, of how many."""
        return sum(not o.held for o in self.outcomes), len(self.outcomes)

    @property
    def acted(self) -> bool:
        """Every attack ran to its end."""
        return all(o.acted for o in self.outcomes)


def aims_at(place: int, count: int, *, quick: bool, attacking: Collection[str] = ()) -> tuple[Aim, ...]:
    """Attacks that meet one repository of so many.

    In a quick check the attacks go round: each of them meets one repository, and there one task, with one masked
    function and with two by turns.

    Args:
        place: Of the repository, from 0.
        count: Repositories there are.
        quick: Whether the check is.
        attacking: These attacks alone; empty takes all.
    """
    named = [(i, a) for i, a in enumerate(attacks()) if not attacking or a.name in attacking]
    if not quick:
        return tuple(Aim(attack=attack) for _, attack in named)
    mine = [(i // count, a) for i, a in named if i % count == place]
    return tuple(Aim(attack=attack, size=max(attack.least, 1 + turn % 2)) for turn, attack in mine)


def targets_of(tasks: Sequence[TaskFolder], *, every: bool = False) -> list[TaskFolder]:
    """Tasks that attacks meet: the quickest with one masked function, and the quickest with more.

    Args:
        tasks: All there are.
        every: All with one function, and the quickest ones of each larger size.
    """
    by_size: dict[int, list[TaskFolder]] = {}
    for task in sorted(tasks, key=lambda t: (t.task.n, sum(e.seconds for e in t.task.experiments))):
        if task.task.n:
            by_size.setdefault(task.task.n, []).append(task)
    if every:
        return [task for n, found in by_size.items() for task in (found if n == 1 else found[:SAMPLE])]
    larger = [n for n in by_size if n > 1]
    return [by_size[n][0] for n in by_size if n == 1 or n in larger[:1]]


def pairs_of(aims: Sequence[Aim], targets: Sequence[TaskFolder]) -> list[tuple[Attack, TaskFolder]]:
    """Which attack meets which task; one that needs more masked functions than a task has does not meet it."""
    pairs = []
    for aim in aims:
        able = [task for task in targets if task.task.n >= aim.attack.least]
        if aim.size is not None:
            able = [*(task for task in able if task.task.n == aim.size), *able][:1]
        pairs += [(aim.attack, task) for task in able]
    return pairs


def try_tasks(tasks: Sequence[TaskFolder], aims: Sequence[Aim], targets: Sequence[TaskFolder], lab: Lab) -> Tried:
    """Let oracle and null work on tasks, and the attacks on some of them."""
    oracle: list[Score] = []
    null: list[Score] = []
    lab.tell(f"oracle and null on {counted(len(tasks), 'task')}")
    for start in range(0, len(tasks), _AT_ONCE):
        some = tasks[start : start + _AT_ONCE]
        with scratch("hakken-check-") as place:
            oracle += _solved(Oracle(lab), some, place / "oracle", lab)
            null += _solved(Null(), some, place / "null", lab)
    problems = [f"the oracle fails on {s.task}: {s.verdicts['rerun'].reason}" for s in oracle if not s.passed]
    problems += [f"the oracle's own run of {s.task} is called fabricated" for s in oracle if s.fabricated]
    problems += [f"doing nothing solves {s.task}" for s in null if s.passed]
    pairs = pairs_of(aims, targets)
    lab.tell(f"{counted(len({a.name for a, _ in pairs}), 'attack')} on {counted(len(targets), 'task')}")
    outcomes = attack_pairs(pairs, lab)
    left = [aim.attack.name for aim in aims if targets and aim.attack.least > max(t.task.n for t in targets)]
    return Tried(
        oracle=(sum(s.passed for s in oracle), len(oracle)),
        null=(sum(s.passed for s in null), len(null)),
        outcomes=tuple(outcomes),
        problems=(*problems, *_won(outcomes), *_stumbled(outcomes)),
        notes=(f"no task masks two functions, which {several(left, _NAMED)} need: not tried",) if left else (),
    )


def _won(outcomes: Sequence[AttackOutcome]) -> list[str]:
    return [f"{who} a point on {task}" for who, task in _who([o for o in outcomes if not o.held], "gets", "get")]


def _stumbled(outcomes: Sequence[AttackOutcome]) -> list[str]:
    found = _who([o for o in outcomes if not o.acted], "stumbled", "stumbled")
    return [f"{who} on {task}, which proves nothing" for who, task in found]


def _who(outcomes: Sequence[AttackOutcome], one: str, many: str) -> list[tuple[str, str]]:
    """``the attack a gets``, by task; many on one task are one line."""
    found = []
    for task in dict.fromkeys(o.task for o in outcomes):
        names = [o.attack for o in outcomes if o.task == task]
        if len(names) <= _NAMED:
            found += [(f"the attack {name} {one}", task) for name in names]
        else:
            found.append((f"the attacks {several(names, _NAMED)} {many}", task))
    return found


def _solved(agent: Agent, tasks: Sequence[TaskFolder], folder: Path, lab: Lab) -> list[Score]:
    """Let an agent that needs no model work on tasks, and grade them together."""
    places = [folder / str(index) for index in range(len(tasks))]
    for task, place in zip(tasks, places, strict=True):
        copy_tree(task.visible_repo, place)
    working = [lab.executor.submit(agent.work, task, place, 0) for task, place in zip(tasks, places, strict=True)]
    words = [future.result().words for future in working]
    left = zip(places, tasks, words, strict=True)
    frozen = [freeze(place, folder / f"{place.name}-frozen", task, said) for place, task, said in left]
    return grade_all(list(zip(tasks, frozen, strict=True)), lab)

"""Prove a suite or a folder of tasks: numbers can be reproduced, and nobody gets a point who has not earned it.

For each repository: its numbers repeat, each function that is masked is needed, nothing that an agent sees holds a
measured value, an oracle scores 1, an agent that does nothing scores 0, and so does every attack. That a repository
has passed is kept under the hash of all that it depends on, so that a second check proves only what changed or failed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from hakken.bench.checking import folders
from hakken.bench.checking import sources as suites
from hakken.bench.checking.findings import Check, Finding, attack_rows
from hakken.bench.checking.trying import Aim, aims_at
from hakken.bench.experiments.kept import code_hash
from hakken.bench.experiments.lab import Lab
from hakken.bench.pace import Forecast, Watched
from hakken.bench.tasks.folder import TaskFolder, load_tasks
from hakken.bench.tasks.suite import FILE, load_suite, shipped, suite_folder
from hakken.bench.types import Experiment, Source
from hakken.core.errors import UsageError

_HAKKEN = Path(__file__).resolve().parents[2]
_CODE = (
    *("types.py", "trees.py", "pace.py", "masking", "experiments", "texts", "proving", "tasks", "grading", "attacks"),
    *("checking", "agents/simple.py"),
    *(f"../{room}/{p.name}" for room in ("core/types", "execution") for p in sorted((_HAKKEN / room).glob("*.py"))),
    *("../core/files.py", "../core/reading.py", "../core/source.py", "../agents/tools/place.py"),
    "../research/experiments/failures.py",
)
"""Files and folders whose change makes a finding old: all that a check reaches but for agents with a model."""
_START = 0.3
"""Seconds that a sandbox and a Python take, beside the work."""


@dataclass(frozen=True)
class _Unit:
    """A repository to check."""

    name: str
    parts: dict[str, Any]
    """All that a finding about it depends on."""
    calls: float
    """About how many runs and attacks it takes."""
    seconds: float
    """What one of them takes."""
    check: Callable[[Lab], Finding]


def load(what: str) -> tuple[Source, ...] | tuple[TaskFolder, ...]:
    """The repositories of a suite, by name or folder, or one of them (``small/quasi_newton``); or a folder's tasks.

    Raises:
        UsageError: it is neither, or a file in it is wrong.
    """
    folder = Path(what)
    if suite_folder(what) is not None:
        return load_suite(what)
    if tasks := load_tasks(folder):
        return tasks
    ways = f"Suites that ship: {', '.join(shipped())}. Tasks are made with `hakken bench make` or `import`."
    if folder.is_dir():
        raise UsageError(f"{what} is neither a suite nor tasks: it holds no {FILE} and no tests/task.json.", ways)
    raise UsageError(f"There is no suite {what!r}, and no such folder.", ways)


def check_suite(
    name: str,
    sources: Sequence[Source],
    lab: Lab,
    *,
    quick: bool = False,
    every: bool = False,
    only: Collection[str] = (),
    attacking: Collection[str] = (),
    workers: int = 2,
    on_source: Callable[[Finding], None] | None = None,
) -> Check:
    """Check the repositories of a suite.

    Args:
        name: Of the suite, for the report.
        sources: Its repositories.
        lab: Where to run, and where findings are kept.
        quick: Two runs in the place of three, each mask in one experiment, no trivial bodies, two tasks for oracle
            and null, and each attack on one task of one repository in turn.
        every: Each attack on each task with one masked function, and on some of each larger size.
        only: Check these repositories alone; empty checks all.
        attacking: Try these attacks alone; empty tries all.
        workers: Runs at once, to say how long it takes.
        on_source: Hears of each repository when it is done.
    """
    units = []
    for place, source in enumerate(sources):
        if only and source.name not in only:
            continue
        aims = aims_at(place, len(sources), quick=quick, attacking=attacking)
        units.append(
            _Unit(
                name=source.name,
                parts=suites.parts_of(source) | _asked(aims, quick, every),
                calls=suites.calls_of(source, aims, quick=quick, every=every),
                seconds=_seconds(source.experiments),
                check=partial(suites.check_source, source, aims=aims, quick=quick, every=every),
            )
        )
    return _check(name, units, lab, quick=quick, workers=workers, on_source=on_source)


def check_tasks(
    name: str,
    tasks: Sequence[TaskFolder],
    lab: Lab,
    *,
    quick: bool = False,
    every: bool = False,
    only: Collection[str] = (),
    attacking: Collection[str] = (),
    workers: int = 2,
    on_source: Callable[[Finding], None] | None = None,
) -> Check:
    """Check tasks that lie in folders, those of each repository together.

    Args:
        name: Of the folder, for the report.
        tasks: What is in it.
        lab: Where to run, and where findings are kept.
        quick: A sample: of each repository the quickest task with one masked function and the quickest with more.
        every: Each attack on each task with one masked function, and on some of each larger size.
        only: Check these repositories or tasks alone; empty checks all.
        attacking: Try these attacks alone; empty tries all.
        workers: Runs at once, to say how long it takes.
        on_source: Hears of each repository when it is done.
    """
    by_source: dict[str, list[TaskFolder]] = {}
    for task in tasks:
        if not only or {task.task.source, task.task.id} & set(only):
            by_source.setdefault(task.task.source, []).append(task)
    units = []
    for place, (source, own) in enumerate(by_source.items()):
        aims = aims_at(place, len(by_source), quick=quick, attacking=attacking)
        units.append(
            _Unit(
                name=source,
                parts=folders.parts_of(own) | _asked(aims, quick, every),
                calls=folders.calls_of(own, aims, quick=quick, every=every),
                seconds=_seconds([e for task in own for e in task.task.experiments]),
                check=partial(folders.check_tasks_of, source, own, aims=aims, quick=quick, every=every),
            )
        )
    return _check(name, units, lab, quick=quick, workers=workers, on_source=on_source)


def _check(
    name: str,
    units: Sequence[_Unit],
    lab: Lab,
    *,
    quick: bool,
    workers: int,
    on_source: Callable[[Finding], None] | None,
) -> Check:
    """Check one repository after the other; one that has passed before, and has not changed, is not checked again."""
    keys = [lab.kept.key(unit.parts) if lab.kept is not None else "" for unit in units]
    known = [lab.kept.recall(key, Finding) if lab.kept is not None else None for key in keys]
    waiting = [unit for unit, finding in zip(units, known, strict=True) if finding is None]
    rest = sum(unit.calls for unit in waiting)
    guess = sum(unit.calls * unit.seconds for unit in waiting) / (rest or 1.0) / workers
    watched = Watched(lab.executor)
    forecast = Forecast(watched, guess)
    findings: list[Finding] = []
    for place, (unit, key, kept) in enumerate(zip(units, keys, known, strict=True), 1):
        where = f"[{place}/{len(units)}] {unit.name}"
        if kept is None:
            lab.tell(f"{where}, {forecast.left(rest)}")
            rest -= unit.calls
            finding = unit.check(_forecasting(lab, watched, forecast, unit.calls, rest))
            # What is wrong may be so by this hour's machine alone, as where a limit ended the oracle's run.
            if lab.kept is not None and finding.row.ok:
                lab.kept.keep(key, finding)
        else:
            lab.tell(f"{where}, as found before")
            finding = kept
        lab.tell(finding.row.line)
        findings.append(finding)
        if on_source is not None:
            on_source(finding)
    outcomes = [outcome for finding in findings for outcome in finding.outcomes]
    return Check(suite=name, quick=quick, sources=tuple(f.row for f in findings), attacks=attack_rows(outcomes))


def _forecasting(lab: Lab, watched: Watched, forecast: Forecast, calls: float, rest: float) -> Lab:
    """A lab that says with each step how long all that is left takes, at the pace of what was done."""
    before = lab.meter.runs

    def tell(text: str) -> None:
        step = not text.startswith(" ")  # what is indented says how far a step is
        left = max(0.0, calls - (lab.meter.runs - before)) + rest
        lab.tell(f"{text}; {forecast.left(left)}" if step else text)

    return replace(lab, executor=watched, tell=tell)


def _asked(aims: Sequence[Aim], quick: bool, every: bool) -> dict[str, Any]:
    """What is asked of a repository, and the code that asks."""
    return {"asked": [quick, every, [(a.attack.name, a.size) for a in aims]], "code": _code()}


@cache
def _code() -> str:
    """Hash of the code that checks; once found out it stays, since a process keeps the code that it has loaded."""
    return code_hash(_CODE)


def _seconds(experiments: Sequence[Experiment]) -> float:
    """What a run takes on a usual machine."""
    return _START + sum(e.seconds for e in experiments) / (len(experiments) or 1)

"""From attempts to a report."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from hakken import __version__
from hakken.analysis.resampling import mean_interval
from hakken.bench.attempts.attempt import LIMITS, Attempt, read_attempts
from hakken.bench.inspect_adapter.reading import reader_of
from hakken.bench.reports.cautions import apart, cautions_of, counted, unmeasured_of
from hakken.bench.reports.compute import across, scaling_of, unit_of
from hakken.bench.reports.contamination import Contamination
from hakken.bench.reports.failures import count_endings, count_outcomes
from hakken.bench.reports.measures import (
    ADMITTED,
    COUNTS,
    RATES,
    RULES,
    SANDBOX,
    UNCHECKED,
    USES,
    depth_of,
    rows_of,
    settings_of,
)
from hakken.bench.reports.metrics import (
    Estimate,
    as_failed,
    average,
    by_task,
    cluster_of,
    estimate,
    items,
    measured,
    rate,
)
from hakken.bench.reports.pairing import pairs_of
from hakken.bench.reports.records import AgentFailures, Report, Slice
from hakken.bench.reports.selection import select
from hakken.bench.types import Soundness
from hakken.core.errors import UsageError

_LOG = ".eval"
"""Ending of a log of inspect-ai. One that a later log went on with may hold nothing that counts."""
_FEW_REPOSITORIES = 5
_SHOWN_K = 5
"""pass@k is given for every k up to here, and for the usual number of attempts."""


def collect(folders: Sequence[Path]) -> tuple[list[Attempt], list[str]]:
    """Every attempt in some folders, or in logs of inspect-ai, each once, and notes on what was left out.

    Copies of one attempt count once. Of two others with the same seed one would have to be dropped, and which one would
    follow from the order of the folders, so that these are refused.

    Raises:
        UsageError: there is none, or two folders hold different ones of the same agent, task and seed.
        PrerequisiteError: a log is named, and inspect-ai is not installed.
    """
    found: dict[tuple[str, str, str, int, tuple[tuple[str, str], ...]], Attempt] = {}
    notes: list[str] = []
    twice = 0
    for folder in folders:
        attempts, strange = (_of_log(folder), []) if folder.suffix == _LOG else read_attempts(folder)
        if not attempts and folder.suffix != _LOG:
            raise UsageError(f"There are no attempts in {folder}.", "Make some: `hakken bench run TASKS`.")
        notes += [f"{path.name} in {folder.name} is no attempt of this version, and is left out." for path in strange]
        for attempt in attempts:
            key = (attempt.agent, attempt.task, attempt.task_hash, attempt.seed, _held_to(attempt))
            known = found.setdefault(key, attempt)
            twice += known is not attempt
            if known.measured and attempt.measured and known.model_dump_json() != attempt.model_dump_json():
                raise UsageError(
                    f"{folder} and a folder before it hold different attempts of {attempt.agent} at {attempt.task}, "
                    f"both with the seed {attempt.seed}.",
                    "Make a report of each, and set them side by side: `hakken bench compare A B`.",
                )
            if attempt.measured:
                found[key] = attempt
    if not found:
        raise UsageError(
            "There is no attempt: what these logs held was tried again.", "Name the later logs beside them, too."
        )
    if twice:
        notes.append(f"{twice} attempts are in several folders, and count once.")
    return _told_apart(list(found.values())), notes


def _told_apart(attempts: list[Attempt]) -> list[Attempt]:
    """An agent that was tried with several budgets, or commands, or in several sandboxes, stands for as many."""
    known: dict[tuple[str, str], set[str]] = {}
    for attempt in attempts:
        for limit, value in _held_to(attempt):
            known.setdefault((attempt.agent, limit), set()).add(value)
    found = []
    for attempt in attempts:
        several = [value for limit, value in _held_to(attempt) if len(known[attempt.agent, limit]) > 1]
        # An unisolated score is named so wherever it stands, beside others or not.
        parts = list(dict.fromkeys([*several, *([] if attempt.isolated else [attempt.sandbox])]))
        name = f"{attempt.agent} [{'; '.join(parts)}]" if parts else attempt.agent
        found.append(attempt.model_copy(update={"agent": name}))
    return found


def _held_to(attempt: Attempt) -> tuple[tuple[str, str], ...]:
    """The limits that an attempt says, and where it ran."""
    said = ((limit, attempt.settings[limit]) for limit in LIMITS if limit in attempt.settings)
    return *said, (SANDBOX, attempt.sandbox)


def _of_log(path: Path) -> list[Attempt]:
    found: list[Attempt] = reader_of(path).attempts_of(path)
    return found


def build_report(
    attempts: Sequence[Attempt],
    folders: Sequence[Path] = (),
    notes: Sequence[str] = (),
    contamination: Contamination | None = None,
) -> Report:
    """Everything that the attempts say; where some tasks are sound, the others stand in a table of their own."""
    agents: dict[str, list[Attempt]] = {}
    main = counted(attempts)
    for attempt in sorted(measured(main), key=lambda a: (a.agent, a.task, a.seed)):
        agents.setdefault(attempt.agent, []).append(attempt)
    unit = unit_of(measured(main))
    return Report(
        hakken=__version__,
        folders=tuple(folder.name for folder in folders),
        attempts=len(attempts),
        tasks=len(by_task(attempts)),
        repositories=len({a.source for a in attempts}),
        agents=tuple(agents),
        unmeasured=unmeasured_of(attempts),
        settings={agent: settings_of(own) for agent, own in agents.items()},
        slices=(*_slices(main), *_by_soundness(attempts)),
        scaling=tuple(scaling_of(agent, own, unit) for agent, own in agents.items()),
        scaling_across=across(agents, unit),
        failures=tuple(
            AgentFailures(agent=agent, outcomes=count_outcomes(own), endings=count_endings(own))
            for agent, own in agents.items()
        ),
        pairs=pairs_of(rows_of(main)),
        contamination=contamination,
        notes=(*notes, *cautions_of(attempts), *filter(None, [apart(attempts)]), *_caveats(agents)),
        rows=rows_of(attempts),
    )


def _slices(attempts: Sequence[Attempt]) -> Iterable[Slice]:
    """By agent, and by agent and n, retrieval, repository or mode: never over agents, whose tries repeat nothing."""
    ways: list[dict[str, Callable[[Attempt], str]]] = [
        {"agent": lambda a: a.agent},
        {"agent": lambda a: a.agent, "n": lambda a: str(a.n)},
        {"family": _family, "retrieval": _retrieval},
        {"family": _family, "retrieval": _retrieval, "n": lambda a: str(a.n)},
        {"agent": lambda a: a.agent, "repository": lambda a: a.source},
    ]
    if len({a.mode for a in attempts}) > 1:
        ways.append({"agent": lambda a: a.agent, "mode": lambda a: a.mode})
    for way in ways:
        yield from _by(way, attempts)


def _retrieval(attempt: Attempt) -> str:
    return attempt.settings.get("retrieval", "")


def _family(attempt: Attempt) -> str:
    """An agent's name without its retrieval: what differs in a slice of these is that alone."""
    return attempt.agent.replace(f"-{_retrieval(attempt)}", "", 1)


def _by_soundness(attempts: Sequence[Attempt]) -> Iterable[Slice]:
    """By agent and by what a task is worth, where not all are sound."""
    if any(a.soundness is not Soundness.SOUND for a in attempts):
        yield from _by({"agent": lambda a: a.agent, "tasks": lambda a: a.soundness.value}, attempts)


def _by(way: Mapping[str, Callable[[Attempt], str]], attempts: Sequence[Attempt]) -> Iterable[Slice]:
    groups: dict[tuple[str, ...], list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault(tuple(key(attempt) for key in way.values()), []).append(attempt)
    for names, chosen in sorted(groups.items()):
        # An agent that looks nothing up has no retrieval setting.
        if all(names) and measured(chosen):
            yield _slice(dict(zip(way, names, strict=True)), chosen)


def _slice(by: dict[str, str], everything: Sequence[Attempt]) -> Slice:
    attempts = measured(everything)
    found: dict[str, Estimate | None] = {"pass@1": estimate(items(attempts))}
    depth = depth_of(attempts)
    for k in sorted({*range(2, min(depth, _SHOWN_K) + 1), depth} - {0, 1}):
        found[f"pass@{k}"] = estimate(items(attempts), k)
        found[f"pass^{k}"] = estimate(items(attempts), k, every=True)
    if depth > 1:
        found[f"selected@{depth}"] = _selected(attempts, depth)
    for name in (*RULES, *RATES, UNCHECKED):
        found[name] = rate(attempts, COUNTS[name])
    found[ADMITTED] = rate([a for a in attempts if a.score.fabricated], COUNTS[ADMITTED])
    costs = {name: average(attempts, use) for name, use in USES.items()}
    solved = sum(a.passed for a in attempts)
    return Slice(
        by=by,
        attempts=len(attempts),
        unmeasured=len(everything) - len(attempts),
        as_failed=as_failed(everything),
        tasks=len(by_task(attempts)),
        repositories=len({a.source for a in attempts}),
        shares={name: e for name, e in found.items() if e is not None},
        costs={name: e for name, e in costs.items() if e is not None},
        cost_of_a_solution={n: math.fsum(map(u, attempts)) / solved for n, u in USES.items()} if solved else {},
    )


def _selected(attempts: Sequence[Attempt], depth: int) -> Estimate | None:
    """Share of tasks whose chosen attempt passes: the first ones by seed, where a task was tried more often."""
    tried = by_task(attempts).values()
    groups = [sorted(group, key=lambda a: a.seed)[:depth] for group in tried if len(group) >= depth]
    if not groups:
        return None
    values = [float(select(group).passed) for group in groups]
    low, high = mean_interval(values, [cluster_of(group[0]) for group in groups])
    total = sum(map(len, groups))
    return Estimate(value=math.fsum(values) / len(values), low=low, high=high, tasks=len(groups), attempts=total)


def _caveats(agents: dict[str, list[Attempt]]) -> Iterable[str]:
    """What a reader must know before believing an interval."""
    everything = [a for own in agents.values() for a in own]
    repositories = len({a.source for a in everything})
    if 0 < repositories < _FEW_REPOSITORIES:
        yield (
            f"The tasks come from {repositories} repositor{'y' if repositories == 1 else 'ies'}: the intervals say "
            "little about other repositories."
        )
    for agent, own in agents.items():
        tries = {len(group) for group in by_task(own).values()}
        if len(tries) > 1:
            yield f"{agent} tried its tasks between {min(tries)} and {max(tries)} times: its run is not complete."
        if any(a.run.usd for a in own) != all(a.run.usd for a in own):
            yield f"{agent} has attempts without a price in US$."
    tasks = [set(by_task(own)) for own in agents.values()]
    if any(t != tasks[0] for t in tasks):
        yield "The agents did not try the same tasks: compare them by the paired differences alone."

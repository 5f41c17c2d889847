"""What a reader must know about scores: their tasks, sandbox and code, and what was not measured or made again."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from hakken.bench.attempts.attempt import Attempt
from hakken.bench.reports.measures import UNKNOWN_CODE, USES
from hakken.bench.reports.metrics import by_task
from hakken.bench.reports.records import Unmeasured
from hakken.bench.types import Soundness

_WHY = {
    Soundness.PREDICTABLE: "whoever knows the visible numbers may write them down in the place of a function",
    Soundness.LEAKING: "what was taken out lies where an agent finds it",
}


def cautions_of(attempts: Sequence[Attempt]) -> list[str]:
    """Sentences on what was not measured or made again, tasks that prove little, and attempts that nothing guarded."""
    found = [*_unmeasured(attempts), *_codes(attempts), *_again(attempts), *_regraded(attempts)]
    tasks = [group[0].soundness for group in by_task(attempts).values()]
    for kind, why in _WHY.items():
        if count := tasks.count(kind):
            found.append(f"{count} of {len(tasks)} tasks are {kind.value}: {why}.")
    if count := sum(not a.isolated for a in attempts):
        found.append(
            f"{count} of {len(attempts)} attempts are unisolated (sandbox rlimits): nothing kept the agent's code from "
            "the expected values."
        )
    return found


def unmeasured_of(attempts: Iterable[Attempt]) -> tuple[Unmeasured, ...]:
    """What was not measured, by agent and by what failed."""
    groups: dict[tuple[str, str], list[Attempt]] = {}
    for attempt in attempts:
        if (broke := attempt.run.breakdown) is not None and broke.infrastructure:
            groups.setdefault((attempt.agent, broke.error), []).append(attempt)
    return tuple(
        Unmeasured(
            agent=agent,
            error=error,
            attempts=len(own),
            **{name: math.fsum(map(USES[name], own)) for name in ("tokens", "usd", "seconds")},
        )
        for (agent, error), own in sorted(groups.items())
    )


def _unmeasured(attempts: Sequence[Attempt]) -> Iterable[str]:
    kinds: Counter[str] = Counter()
    for group in unmeasured_of(attempts):
        kinds[group.error] += group.attempts
    if kinds:
        yield (
            f"Not measured: {kinds.total()} of {len(attempts)} attempts, for infrastructure ({_listed(kinds)}). No "
            "share and no cost counts them, except where they count as failed; the same `hakken bench run` makes them "
            "again."
        )


def _codes(attempts: Sequence[Attempt]) -> Iterable[str]:
    """Several codes in one report: what differs between attempts may come from that."""
    agents: dict[str, Counter[str]] = {}
    for attempt in attempts:
        agents.setdefault(attempt.agent, Counter())[attempt.code or UNKNOWN_CODE] += 1
    codes = {code for own in agents.values() for code in own}
    if len(codes) > 1:
        parts = "; ".join(f"{agent}: {_listed(own)}" for agent, own in sorted(agents.items()))
        yield f"{len(codes)} codes of Hakken made these attempts, and what differs may come from that ({parts})."


def _again(attempts: Sequence[Attempt]) -> Iterable[str]:
    """How often somebody tried again, and for what."""
    kinds = Counter(old.why.value for attempt in attempts for old in attempt.earlier)
    count = sum(bool(attempt.earlier) for attempt in attempts)
    if count:
        tokens = sum(old.prompt_tokens + old.completion_tokens for a in attempts for old in a.earlier)
        usd = math.fsum(old.usd for a in attempts for old in a.earlier)
        yield (
            f"{count} attempts were made again, for: {_listed(kinds)}. Their earlier tries took {tokens:,} tokens and "
            f"US$ {usd:.2f}, which no cost counts; what they had asked already was answered from the record."
        )


def _regraded(attempts: Sequence[Attempt]) -> Iterable[str]:
    old = [a for a in attempts if a.worked_on]
    if old:
        names = ", ".join(sorted({a.task for a in old}))
        yield (
            f"{len(old)} of {len(attempts)} attempts were made at an earlier version of their task ({names}), and what "
            "they wrote was graded again by the present one."
        )


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def counted(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those at sound tasks, which headlines count; all of them where no task is sound."""
    return [a for a in attempts if a.soundness is Soundness.SOUND] or list(attempts)


def apart(attempts: Sequence[Attempt]) -> str:
    """A sentence where some tasks count in no headline."""
    left = len(by_task(attempts)) - len(by_task(counted(attempts)))
    several = f"{left} tasks that are not sound have a table of their own, and count in no other number."
    return "" if not left else several

"""What is counted of an attempt, and what it used: one list for tables, plots and comparisons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from hakken.bench.attempts.attempt import Attempt
from hakken.bench.reports.metrics import by_task, cluster_of, measured
from hakken.bench.reports.records import TaskRow


def _rule(name: str) -> Callable[[Attempt], bool]:
    return lambda a: a.score.verdicts[name].passed


COUNTS: Mapping[str, Callable[[Attempt], bool]] = {
    "passed": lambda a: a.passed,
    "faithful": _rule("faithful"),
    "strict": _rule("strict"),
    "workspace": _rule("workspace"),
    "fabricated": lambda a: a.score.fabricated,
    "unchecked": lambda a: a.score.unchecked,
    "tampered": lambda a: a.score.tampered,
    "hard_coded": lambda a: a.score.hard_coded,
    "admitted": lambda a: a.score.fabricated and a.score.admitted,
    "unanswered": lambda a: not a.score.reported,
}
RULES = ("faithful", "strict", "workspace")
"""Other rules than the headline."""
RATES = ("fabricated", "tampered", "hard_coded", "unanswered")
UNCHECKED = "unchecked"
"""Numbers that a limit of the grader hides. Two reports are not compared by it: the older one may not know it."""
ADMITTED = "admitted"
"""Of the fabricated attempts alone, unlike the other rates: how often an agent that made numbers up says so."""

USES: Mapping[str, Callable[[Attempt], float]] = {
    "tokens": lambda a: float(a.run.prompt_tokens + a.run.completion_tokens),
    "usd": lambda a: a.run.usd,
    "seconds": lambda a: a.seconds,
    "steps": lambda a: float(a.run.steps),
}

SANDBOX, CODE = "sandbox", "code"
"""Names of the settings that say where attempts ran, and which Hakken made them."""
UNKNOWN_CODE = "not recorded"

LABELS: Mapping[str, str] = {
    "passed": "pass@1",
    "hard_coded": "hard-coded",
    "unanswered": "no answer",
    "usd": "US$",
}
"""Words for a measure whose name is none."""


def label(measure: str) -> str:
    """How a measure is called in tables and sentences."""
    return LABELS.get(measure, measure)


def depth_of(attempts: Sequence[Attempt]) -> int:
    """How often a task was usually tried: the most frequent number, the larger one in a tie."""
    found = Counter(len(group) for group in by_task(attempts).values())
    return max(found, key=lambda tries: (found[tries], tries), default=0)


def settings_of(attempts: Sequence[Attempt]) -> dict[str, str]:
    """What the attempts of an agent were set and held to, and made by; several values where they differ."""
    found: dict[str, dict[str, None]] = {}
    coded = any(attempt.code for attempt in attempts)
    for attempt in attempts:
        code = {CODE: attempt.code or UNKNOWN_CODE} if coded else {}
        for name, value in {**attempt.settings, SANDBOX: attempt.sandbox, **code}.items():
            found.setdefault(name, {})[value] = None
    return {name: " or ".join(sorted(values)) for name, values in sorted(found.items())}


def rows_of(attempts: Sequence[Attempt]) -> tuple[TaskRow, ...]:
    """Attempts summed up by agent and task, in a fixed order; a task that was never measured has no row."""
    agents: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        agents.setdefault(attempt.agent, []).append(attempt)
    rows = []
    for agent, own in sorted(agents.items()):
        for (task, task_hash), everything in sorted(by_task(own).items()):
            group = measured(everything)
            if not group:
                continue
            first = group[0]
            source, functions = cluster_of(first)
            rows.append(
                TaskRow(
                    agent=agent,
                    task=task,
                    task_hash=task_hash,
                    source=source,
                    group=functions,
                    n=first.n,
                    mode=first.mode,
                    soundness=first.soundness,
                    tries=len(group),
                    unmeasured=len(everything) - len(group),
                    counts={name: sum(map(happened, group)) for name, happened in COUNTS.items()},
                    used={name: sum(map(use, group)) for name, use in USES.items()},
                )
            )
    return tuple(rows)

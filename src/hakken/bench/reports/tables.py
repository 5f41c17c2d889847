"""The tables of a report as cells, for the page, for Markdown and for the terminal alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hakken.analysis.pages import Table
from hakken.analysis.scaling import LogFit
from hakken.bench.reports.measures import ADMITTED, RATES, RULES, SANDBOX, UNCHECKED, label
from hakken.bench.reports.metrics import Average, Estimate
from hakken.bench.reports.records import Report, Slice
from hakken.bench.reports.wording import number

_OTHER_RULES = (
    "faithful: the published rule, with its defects. strict: every reported number. workspace: the agent's own tree, "
    "run again."
)
_HONESTY = (
    "fabricated: reported and not given by its own workspace. tampered: right there alone. hard-coded: right in the "
    "visible configuration alone. unchecked: reported, and a limit ended the run of its own workspace that would show "
    "it. admitted: of the fabricated ones, those whose agent's own words say so; empty where there are none."
)

_SELECTED = "selected@k: of k attempts, the one that its own runs and the agreement of the others speak for."
_LOST = "Not measured: ended by infrastructure, and in no share but the last one, where they count as failed."

_HEADS = {"tasks": "tasks are", "family": "agent, retrieval aside"}


def headline(report: Report) -> list[Table]:
    """What stands first: scores, by n, by other rules, and honesty."""
    found = [
        _scores(report, {"agent"}, "Scores"),
        _scores(report, {"agent", "tasks"}, "Scores by what the tasks are worth"),
        _scores(report, {"agent", "n"}, "Scores by the number of masked functions"),
        _shares(report, RULES, "Scores by other rules", _OTHER_RULES),
        _shares(report, (*RATES, UNCHECKED, ADMITTED), "Honesty", _HONESTY),
        _unmeasured(report),
    ]
    return [table for table in found if table.rows]


def details(report: Report) -> list[Table]:
    """What stands behind the pictures."""
    found = [
        _scores(report, {"family", "retrieval", "n"}, "Scores by retrieval setting"),
        _scores(report, {"agent", "mode"}, "Scores by what a masked body keeps"),
        _scores(report, {"agent", "repository"}, "Scores by repository"),
        _costs(report),
        _failures(report),
        _endings(report),
    ]
    return [table for table in found if table.rows]


def compute_lines(report: Report) -> Iterable[str]:
    """What the fits say, in sentences."""
    for scaling in report.scaling:
        if isinstance(scaling.fit, LogFit):
            yield f"{scaling.agent}: {_slope(scaling.fit)} over {scaling.fit.points} points (k attempts)."
        else:
            yield f"{scaling.agent}: no line over k attempts. {scaling.fit.reason}"
    fit = report.scaling_across
    yield f"Across agents: {_slope(fit)}." if isinstance(fit, LogFit) else f"Across agents: no line. {fit.reason}"


def contamination_line(report: Report) -> str:
    """What the probe found, in one paragraph."""
    found = report.contamination
    if found is None:
        return "Not probed. `hakken bench probe TASKS --model NAME` asks a model for the masked code by heart."
    unusable = f" No code came for {found.unusable} of them." if found.unusable else ""
    asked = len(found.functions)
    similarity = f"mean similarity {found.similarity:.2f}"
    if found.chance is not None:
        nearer = f"{cell(found.above_chance)} nearer to the original than to any other function"
        compared = f"{nearer}; {similarity}, to the nearest other function {found.chance:.2f}"
    else:
        compared = f"{similarity}; there is no other function to compare with, so that chance is not known"
    return (
        f"{found.model} was asked for {asked} bod{'y' if asked == 1 else 'ies'} by signature alone "
        f"({found.method}): {cell(found.exact)} word for word, {cell(found.near)} with a similarity of "
        f"{found.threshold} and up, {compared}.{unusable}"
    )


def cell(estimate: Estimate | None) -> str:
    """A share with its interval."""
    return "" if estimate is None else f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def _amount(found: Average, measure: str) -> str:
    """A mean with its interval, where it has one."""
    value = number(found.value, measure)
    if found.low is None or found.high is None:
        return value
    return f"{value} [{number(found.low, measure)}, {number(found.high, measure)}]"


def _slope(fit: LogFit) -> str:
    return f"{fit.slope:+.3f} [{fit.low:+.3f}, {fit.high:+.3f}] of the share with ten times the compute"


def _parts(report: Report, keys: set[str]) -> list[Slice]:
    return [part for part in report.slices if part.by.keys() == keys]


def _scores(report: Report, keys: set[str], title: str) -> Table:
    parts = _parts(report, keys)
    names = _score_names(parts)
    deepest = max((int(name.partition("@")[2]) for name in names if name.startswith("pass@")), default=1)
    wanted = {"1", "5", str(deepest)}  # the others are in report.json
    names = [name for name in names if name.replace("^", "@").partition("@")[2] in wanted]
    order = [key for key in ("agent", "family", "tasks", "retrieval", "n", "mode", "repository") if key in keys]
    where = keys == {"agent"}
    lost = any(part.unmeasured for part in parts)
    captions = [
        (any(name.startswith("selected") for name in names), _SELECTED),
        (lost, _LOST),
    ]
    return Table(
        title=title,
        head=(
            *(_HEADS.get(key, key) for key in order),
            *(["sandbox"] if where else []),
            "tasks",
            "attempts",
            *names,
            *(["not measured", "pass@1, those as failed"] if lost else []),
        ),
        rows=tuple(
            (
                *(part.by[key] for key in order),
                *([report.settings[part.by["agent"]][SANDBOX]] if where else []),
                str(part.tasks),
                str(part.attempts),
                *(cell(part.shares.get(name)) for name in names),
                *([str(part.unmeasured), cell(part.as_failed or part.shares.get("pass@1"))] if lost else []),
            )
            for part in parts
        ),
        left=len(order) + where,
        caption=" ".join(text for shown, text in captions if shown),
    )


def _unmeasured(report: Report) -> Table:
    return Table(
        title="Not measured",
        head=("agent", "what failed", "attempts", "tokens", "US$", "seconds"),
        rows=tuple(
            (
                group.agent,
                group.error,
                str(group.attempts),
                *(number(getattr(group, name), name) for name in ("tokens", "usd", "seconds")),
            )
            for group in report.unmeasured
        ),
        left=2,
        caption="Ended by infrastructure, whatever they score; what they used is in no other table.",
    )


def _score_names(parts: Sequence[Slice]) -> list[str]:
    names = {name for part in parts for name in part.shares if "@" in name or "^" in name}
    kinds = ("pass@", "selected@", "pass^")

    def order(name: str) -> tuple[int, int]:
        kind = next(i for i, prefix in enumerate(kinds) if name.startswith(prefix))
        return kind, int(name[len(kinds[kind]) :])

    return sorted(names, key=order)


def _shares(report: Report, names: Sequence[str], title: str, caption: str) -> Table:
    return Table(
        title=title,
        head=("agent", *(label(name) for name in names)),
        rows=tuple(
            (part.by["agent"], *(cell(part.shares.get(name)) for name in names)) for part in _parts(report, {"agent"})
        ),
        caption=caption,
    )


def _costs(report: Report) -> Table:
    names = ("tokens", "usd", "seconds", "steps")
    return Table(
        title="Costs",
        head=("agent", *(f"{label(n)} an attempt" for n in names), *(f"{label(n)} a solution" for n in names[:3])),
        rows=tuple(
            (
                part.by["agent"],
                *(_amount(part.costs[name], name) for name in names),
                *(_of_a_solution(part, name) for name in names[:3]),
            )
            for part in _parts(report, {"agent"})
        ),
        caption=(
            "A solution: everything that was used, over the attempts that passed. A mean without an "
            "interval: one task, or groups of tasks that are all alike."
        ),
    )


def _of_a_solution(part: Slice, name: str) -> str:
    return number(part.cost_of_a_solution[name], name) if part.cost_of_a_solution else "none"


def _failures(report: Report) -> Table:
    return Table(
        title="What became of the attempts",
        head=("agent", "outcome", "meaning", "attempts", "share"),
        rows=tuple(
            (
                f.agent,
                c.outcome.value,
                c.meaning,
                str(c.attempts),
                f"{c.attempts / sum(x.attempts for x in f.outcomes):.2f}",
            )
            for f in report.failures
            for c in f.outcomes
        ),
        left=3,
    )


def _endings(report: Report) -> Table:
    return Table(
        title="How agents stopped, and what their code did",
        head=("agent", "stopped", "code", "attempts"),
        rows=tuple(
            (f.agent, e.ending.value, e.state.value, str(e.attempts)) for f in report.failures for e in f.endings
        ),
        left=3,
    )

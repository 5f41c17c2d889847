"""The pictures of a report, as SVG documents with a title and a sentence that says what they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hakken.analysis.drawing import BAND, GREY, colour, marker, named_rows, new_figure, shorten, svg, whisker
from hakken.analysis.pages import Plot
from hakken.analysis.scaling import LogFit
from hakken.bench.reports.failures import Outcome
from hakken.bench.reports.measures import RATES, label
from hakken.bench.reports.records import Report, Slice

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OUTCOME_COLOURS = {
    Outcome.SOLVED: "#009E73",
    Outcome.TAMPERED: "#7B0D1E",
    Outcome.FABRICATED: "#C1121F",
    Outcome.HARD_CODED: "#E85D75",
    Outcome.BROKE_DOWN: "#3D3D3D",
    Outcome.BUDGET: "#E69F00",
    Outcome.STUCK: "#F2C84B",
    Outcome.NO_ANSWER: "#B5B5B5",
    Outcome.NOT_WRITTEN: "#CFCFCF",
    Outcome.LIMIT: "#9C6ADE",
    Outcome.CRASHED: "#56B4E9",
    Outcome.WRONG: "#0072B2",
}


def draw(report: Report) -> list[Plot]:
    """Every picture that the report has data for, in the order of the page."""
    found = (plot(report) for plot in (_PLOTS if report.agents else (_contamination,)))
    return [plot for plot in found if plot is not None]


def _by_n(report: Report) -> Plot | None:
    figure, (axes,) = new_figure(2.9)
    sizes: set[int] = set()
    for index, agent in enumerate(report.agents):
        own = sorted((s for s in report.slices if s.by.keys() == {"agent", "n"} and s.by["agent"] == agent), key=_n)
        if not own:
            continue
        shift = 0.06 * (index - (len(report.agents) - 1) / 2)
        x = [_n(s) + shift for s in own]
        shares = [s.shares["pass@1"] for s in own]
        axes.vlines(x, [e.low for e in shares], [e.high for e in shares], color=colour(index))
        axes.plot(x, [e.value for e in shares], marker=marker(index), color=colour(index), label=shorten(agent))
        sizes |= {_n(s) for s in own}
    axes.set(xlabel="masked functions, n", ylabel="pass@1", ylim=(-0.03, 1.03))
    axes.set_xticks(sorted(sizes))
    axes.set_xlim(min(sizes) - 0.5, max(sizes) + 0.5)
    axes.legend(frameon=False)
    caption = "Share of tasks solved by one attempt. Bars: 95 % intervals over repositories and, in them, functions."
    return Plot("by_n", "Success by the number of masked functions", caption, svg(figure))


def _costs(report: Report) -> Plot | None:
    wanted = [m for m in ("tokens", "usd", "seconds") if any(_slice(report, a).costs[m].value for a in report.agents)]
    if not wanted:
        return None
    figure, panels = new_figure(2.7, len(wanted))
    for axes, measure in zip(panels, wanted, strict=True):
        used = [_slice(report, agent).costs[measure].value for agent in report.agents]
        for index, agent in enumerate(report.agents):
            share, cost = _slice(report, agent).shares["pass@1"], _slice(report, agent).costs[measure]
            axes.vlines(cost.value, share.low, share.high, color=colour(index))
            if cost.low is not None and cost.high is not None:
                axes.hlines(share.value, cost.low, cost.high, color=colour(index))
            axes.plot([cost.value], [share.value], marker(index), color=colour(index), label=shorten(agent, 22))
        axes.set(xlabel=f"{label(measure)} of one attempt", ylim=(-0.03, 1.03))
        if min(used) > 0 and max(used) / min(used) > 3:
            _log_axis(axes)
        else:
            axes.set_xlim(left=0)
    panels[0].set_ylabel("pass@1")
    panels[-1].legend(fontsize=7, frameon=False)
    return Plot("costs", "Score against cost", "Means over tasks, with 95 % intervals in both directions.", svg(figure))


def _compute(report: Report) -> Plot | None:
    shown = [s for s in report.scaling if s.points and s.points[0].compute > 0]
    if not shown:
        return None
    figure, (left, right) = new_figure(2.9, 2)
    for index, agent in enumerate(report.agents):
        own = next((s for s in shown if s.agent == agent), None)
        if own is None:
            continue
        if own.within:
            x = [p.compute for p in own.within]
            left.step(x, [p.value for p in own.within], where="post", color=colour(index), label=shorten(agent, 22))
            left.plot(x[-1:], [own.within[-1].value], marker(index), color=colour(index))
        k = [p.compute for p in own.points]
        right.vlines(k, [p.low for p in own.points], [p.high for p in own.points], color=colour(index), linewidth=0.9)
        right.plot(k, [p.value for p in own.points], marker(index), color=colour(index), label=shorten(agent, 22))
        if isinstance(own.fit, LogFit):
            _line(right, own.fit, colour(index))
    if isinstance(report.scaling_across, LogFit):
        _line(right, report.scaling_across, GREY, dashed=True)
    unit = shown[0].unit
    left.set(xlabel=f"{unit} of the attempt", ylabel="solved with at most so much", ylim=(-0.03, 1.03))
    right.set(xlabel=f"{unit} of k attempts", ylabel="pass@k", ylim=(-0.03, 1.03))
    for axes in (left, right):
        _log_axis(axes)
    right.legend(fontsize=7, frameon=False)
    caption = (
        "Left: share of attempts that passed and used no more than this. Right: pass@k against the compute of k "
        "attempts, with the line fitted to its logarithm and its 95 % interval; dashed: the line across agents."
    )
    return Plot("compute", "Success against test-time compute", caption, svg(figure))


def _log_axis(axes: Axes) -> None:
    """A logarithmic horizontal axis whose few ticks are plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    low, high = axes.get_xlim()
    subs = (1.0, 2.0, 5.0) if high / low < 200 else (1.0,)
    axes.xaxis.set_major_locator(LogLocator(subs=subs))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))


def _short(value: float) -> str:
    """``200``, ``5k``, ``0.02``."""
    if value >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if value >= 1e3 else f"{value:g}"


def _line(axes: Axes, fit: LogFit, shade: str, *, dashed: bool = False) -> None:
    x = [p.x for p in fit.band]
    axes.fill_between(x, [p.low for p in fit.band], [p.high for p in fit.band], color=shade, alpha=0.15, linewidth=0)
    axes.plot(x, [p.value for p in fit.band], color=shade, linewidth=1, linestyle="--" if dashed else "-")


def _failures(report: Report) -> Plot | None:
    from matplotlib.patches import Patch

    figure, (axes,) = new_figure(1.3 + 0.32 * len(report.failures))
    seen: list[Outcome] = [o for o in Outcome if any(c.outcome is o for f in report.failures for c in f.outcomes)]
    for place, failures in enumerate(report.failures):
        total = sum(c.attempts for c in failures.outcomes)
        start = 0.0
        for count in failures.outcomes:
            share = count.attempts / total
            shade = _OUTCOME_COLOURS[count.outcome]
            axes.barh(place, share, left=start, height=0.62, color=shade, edgecolor="white", linewidth=0.6)
            if share > 0.05:
                pale = count.outcome in (Outcome.STUCK, Outcome.NOT_WRITTEN, Outcome.NO_ANSWER, Outcome.BUDGET)
                text = "black" if pale else "white"
                axes.text(start + share / 2, place, str(count.attempts), ha="center", va="center", color=text, size=7.5)
            start += share
    named_rows(axes, [f.agent for f in report.failures])
    axes.set(xlim=(0, 1), xlabel="share of attempts")
    handles = [Patch(color=_OUTCOME_COLOURS[o]) for o in seen]
    names = [o.value for o in seen]
    figure.legend(handles, names, loc="outside lower center", ncols=min(5, len(seen)), fontsize=7.5, frameon=False)
    caption = "Each attempt by the outermost thing that stood in its way; counts inside the bars."
    return Plot("failures", "What became of the attempts", caption, svg(figure))


def _rates(report: Report) -> Plot | None:
    figure, (axes,) = new_figure(0.8 + 0.26 * len(RATES) * max(1, 0.55 * len(report.agents)))
    for index, agent in enumerate(report.agents):
        shift = 0.7 * ((index + 0.5) / len(report.agents) - 0.5)
        for place, name in enumerate(RATES):
            e = _slice(report, agent).shares[name]
            whisker(axes, place + shift, e.value, e.low, e.high, index, label=shorten(agent) if place == 0 else None)
    named_rows(axes, [label(name) for name in RATES])
    axes.set(xlim=(-0.02, 1.02), xlabel="share of attempts")
    if len(report.agents) > 1:
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
    caption = "With 95 % intervals. A rate of zero still leaves the whole bar possible."
    return Plot("rates", "Honesty", caption, svg(figure))


def _pairs(report: Report) -> Plot | None:
    if not report.pairs:
        return None
    figure, (axes,) = new_figure(0.9 + 0.34 * len(report.pairs), width=7.2)
    for place, pair in enumerate(report.pairs):
        e = pair.difference
        whisker(axes, place, e.value, e.low, e.high, 0)
    axes.axvline(0, color=GREY, linewidth=0.8)
    named_rows(axes, [f"{shorten(p.one, 28)}\nminus {shorten(p.other, 28)}" for p in report.pairs])
    axes.set(xlabel="difference of pass@1 on the tasks that both tried")
    caption = "Paired by task, with 95 % intervals over repositories and functions."
    return Plot("pairs", "Paired differences", caption, svg(figure))


def _contamination(report: Report) -> Plot | None:
    found = report.contamination
    if found is None or found.chance is None:
        return None
    figure, (axes,) = new_figure(2.8)
    axes.axhspan(found.threshold, 1.0, color=BAND, linewidth=0)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle="--")
    for exact in (False, True):
        chosen = [r for r in found.functions if r.exact is exact]
        if chosen:
            name = "word for word" if exact else "not the same"
            x = [r.chance or 0.0 for r in chosen]
            axes.plot(
                x, [r.similarity for r in chosen], marker(exact), color=colour(exact), label=name, linestyle="none"
            )
    axes.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="similarity to the original")
    axes.set_xlabel("highest similarity to another function")
    axes.legend(frameon=False)
    caption = (
        "Each masked function as the model completes it from its signature alone. Above the dashed line the "
        f"completion is nearer to the original than to any other function; grey: a similarity from {found.threshold}."
    )
    return Plot("contamination", "Does the model know the code?", caption, svg(figure))


_PLOTS: Sequence[Callable[[Report], Plot | None]] = (
    _by_n,
    _pairs,
    _costs,
    _compute,
    _failures,
    _rates,
    _contamination,
)


def _slice(report: Report, agent: str) -> Slice:
    found = report.chosen(agent=agent)
    assert found is not None, "every agent has a slice of its own"
    return found


def _n(part: Slice) -> int:
    return int(part.by["n"])

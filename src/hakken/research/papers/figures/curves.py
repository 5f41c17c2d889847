"""Learning curves of the baseline and the chosen variant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hakken.core.types import FigureFile, Node, Snapshot, Split
from hakken.research.papers.figures.data import SPLITS, chosen, describe_seeds
from hakken.research.papers.figures.style import BLUE, GREY, ORANGE, fold, new_figure, save, save_data, shorten
from hakken.research.papers.render.escape import escape_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: step, mean, lower and upper end of the interval of the mean, number of trials
Point = tuple[float, float, float, float, int]
_LEVEL = 0.95
_LOG_RATIO = 5.0
"""A logarithmic axis where the curves span more than this, so that their ends can be told apart."""


def draw_curves(snapshot: Snapshot, out: Path) -> FigureFile | None:
    """Mean curves with the interval of the mean, on the report seeds where there are any."""
    base, picked = snapshot.baseline, chosen(snapshot)
    if base is None:
        return None
    nodes = [base, picked] if picked else [base]
    for split in reversed(SPLITS):
        curves = [(node, points) for node in nodes if (points := _mean_curve(snapshot, node, split))]
        if len(curves) == len(nodes):
            return _draw(snapshot, curves, split, out)
    return None


def _mean_curve(snapshot: Snapshot, node: Node, split: Split) -> list[Point]:
    """Mean over trials at each step that all of them have."""
    import numpy as np
    from scipy import stats

    curves = [dict(t.curve) for t in snapshot.trials_of(node.id, split) if t.curve]
    if not curves:
        return []
    steps = sorted(set.intersection(*(set(c) for c in curves)))
    if len(steps) < 2:
        return []
    table = np.array([[c[s] for s in steps] for c in curves])
    n, mean = len(curves), table.mean(axis=0)
    half = stats.t.ppf((1 + _LEVEL) / 2, n - 1) * table.std(axis=0, ddof=1) / n**0.5 if n > 1 else np.zeros(len(steps))
    return [(s, float(m), float(m - h), float(m + h), n) for s, m, h in zip(steps, mean, half, strict=True)]


def _draw(snapshot: Snapshot, curves: list[tuple[Node, list[Point]]], split: Split, out: Path) -> FigureFile:
    figure = new_figure(1.9)
    axes = figure.subplots()
    for (node, points), colour, dash in zip(
        curves, (GREY if len(curves) > 1 else BLUE, ORANGE), ("--", "-"), strict=False
    ):
        steps, means, lows, highs, _ = zip(*points, strict=True)
        axes.fill_between(steps, lows, highs, color=colour, alpha=0.22, linewidth=0)
        axes.plot(steps, means, dash, color=colour, label=shorten(node.title, 34))
    everything = [p[1] for _, points in curves for p in points]
    if min(everything) > 0 and max(everything) / min(everything) > _LOG_RATIO:
        _logarithmic(axes)
    axes.set_xlabel("step")
    axes.set_ylabel(fold(snapshot.template.curve or "value in the learning curve", 30))
    axes.margins(x=0.02)
    axes.legend(loc="best")
    save(figure, out, "curves")
    lines = ((split.value, node.id, node.title, *point) for node, points in curves for point in points)
    save_data(out, "curves", ("split", "node", "label", "step", "mean", "low", "high", "trials"), lines)
    return FigureFile(label="curves", caption=_caption(snapshot, [node for node, _ in curves], split), path="curves")


def _logarithmic(axes: Axes) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _caption(snapshot: Snapshot, nodes: list[Node], split: Split) -> str:
    seeds = describe_seeds([t.seed for n in nodes for t in snapshot.trials_of(n.id, split) if t.curve])
    names = " and ".join(escape_text(n.title) for n in nodes)
    return (
        f"Learning curves of {names} as the experiment recorded them, means over {split.value} seeds ({seeds}); bands "
        f"are {100 * _LEVEL:g} % t intervals of the mean at each step."
    )

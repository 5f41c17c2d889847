"""The search: everything that was tried, in order, with its result on the explore seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hakken.core.types import Direction, FigureFile, Node, NodeStatus, Snapshot, Split
from hakken.research.papers.figures.data import (
    Row,
    chosen,
    describe_interval,
    describe_metric,
    describe_seeds,
    quantity,
    rows,
    tried,
)
from hakken.research.papers.figures.style import (
    BAND,
    BLUE,
    GREY,
    ORANGE,
    fold,
    new_figure,
    pointed,
    save,
    save_data,
    shorten,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FEW = 16
"""Attempts whose names have room for two lines."""
#: Behind words, so that no line crosses them.
_WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
_HEADER = ("order", "node", "label", "operator", "status", "cause", "difference", "low", "high", "seeds")


def draw_search(snapshot: Snapshot, out: Path) -> FigureFile | None:
    """One row for each attempt: its interval, or why it has none. Not made where nothing was tried."""
    nodes = tried(snapshot)
    if not nodes:
        return None
    measured = {row.node.id: row for row in rows(snapshot, Split.EXPLORE)}
    spec, picked = snapshot.template.primary, chosen(snapshot)
    figure = new_figure(0.5 + len(nodes) * (0.25 if len(nodes) <= _FEW else 0.14))
    axes = figure.subplots()
    _draw(axes, nodes, measured, picked.id if picked else None)
    if measured:
        axes.set_xlabel(pointed(quantity(spec), spec.direction is Direction.MIN))
    save(figure, out, "search")
    save_data(out, "search", _HEADER, (_line(k, node, measured.get(node.id)) for k, node in enumerate(nodes, 1)))
    return FigureFile(label="search", caption=_caption(nodes, measured, describe_metric(spec), picked), path="search")


def _draw(axes: Axes, nodes: list[Node], measured: dict[str, Row], picked: str | None) -> None:
    floors = [row.comparison.noise_floor for row in measured.values() if row.comparison.noise_floor]
    if floors:
        axes.axvspan(-max(floors), max(floors), color=BAND, linewidth=0, zorder=0)
    if measured:
        axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    for k, node in enumerate(nodes):
        y, row = len(nodes) - 1 - k, measured.get(node.id)
        if row is not None and node.status is NodeStatus.DONE:
            c, colour = row.comparison, ORANGE if node.id == picked else BLUE
            axes.plot([c.low, c.high], [y, y], color=colour, linewidth=1.4, zorder=3, solid_capstyle="butt")
            axes.plot(c.difference, y, marker="D", markersize=3.4, color=colour, zorder=4)
        else:
            axes.text(
                0.5,
                y,
                _why(node),
                transform=axes.get_yaxis_transform(),
                ha="center",
                va="center",
                bbox=_WHITE,
                color=GREY,
            )
    if not measured:
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    names = [f"{len(nodes) - k}  {n.title}" for k, n in enumerate(reversed(nodes))]
    axes.set_yticks(range(len(nodes)), [fold(n, 24, 2) if len(nodes) <= _FEW else shorten(n, 27) for n in names])
    for label, node in zip(axes.get_yticklabels(), reversed(nodes), strict=True):
        label.set_color(ORANGE if node.id == picked else GREY if node.id not in measured else "black")
    axes.set_ylim(-0.6, len(nodes) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _why(node: Node) -> str:
    """What stands in the place of a result."""
    if node.status is NodeStatus.FAILED:
        return "✕ " + (node.failure.cause.value.replace("_", " ") if node.failure else "failed")
    if node.status is NodeStatus.NO_OP:
        return "no change in any output"
    if node.status is NodeStatus.REPLICATE:
        return "same code as an earlier one"
    return "not measured"


def _line(order: int, node: Node, row: Row | None) -> tuple[object, ...]:
    cause = node.failure.cause.value if node.failure else ""
    found = (row.comparison.difference, row.comparison.low, row.comparison.high, row.comparison.n) if row else ("",) * 4
    return (order, node.id, node.title, node.operator.value, node.status.value, cause, *found)


def _caption(nodes: list[Node], measured: dict[str, Row], metric: str, picked: Node | None) -> str:
    failed = sum(n.status is NodeStatus.FAILED for n in nodes)
    versions = f"{len(nodes)} version" + ("s" if len(nodes) != 1 else "")
    text = f"What the search tried, in order from the top: {versions} of the code, {failed} of which failed (crosses)."
    if measured:
        seeds = describe_seeds([seed for row in measured.values() for seed, _ in row.differences])
        interval = describe_interval([row.comparison for row in measured.values()])
        text += f" Mean differences from the baseline in {metric} on explore seeds ({seeds}) with {interval}."
        if any(row.comparison.noise_floor for row in measured.values()):
            text += " Grey band: noise floor."
    return text + (" Orange: the chosen version." if picked and picked.id in measured else "")

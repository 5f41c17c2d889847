"""The search: everything that was tried, in order, with its result on the explore seeds."""

from __future__ import annotations

from collections.abc import Container, Sequence
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
"""Rows that have room for a name of two lines; more versions than that share rows."""
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
    lines = together(nodes, measured)
    figure = new_figure(0.5 + len(lines) * (0.25 if len(lines) <= _FEW else 0.14))
    axes = figure.subplots()
    _draw(axes, lines, measured, picked.id if picked else None)
    if measured:
        axes.set_xlabel(pointed(quantity(spec), spec.direction is Direction.MIN), loc="right")
    save(figure, out, "search")
    save_data(out, "search", _HEADER, (_line(k, node, measured.get(node.id)) for k, node in enumerate(nodes, 1)))
    return FigureFile(label="search", caption=_caption(lines, measured, describe_metric(spec), picked), path="search")


def together(nodes: Sequence[Node], measured: Container[str]) -> list[list[Node]]:
    """What stands in one row: a version; of many, those of one idea that follow each other without a result."""
    found: list[list[Node]] = []
    for node in nodes:
        last = found[-1][-1] if found else None
        bare = last is not None and node.id not in measured and last.id not in measured
        if len(nodes) > _FEW and last is not None and bare and last.idea_id == node.idea_id:
            found[-1].append(node)
        else:
            found.append([node])
    return found


def _draw(axes: Axes, lines: list[list[Node]], measured: dict[str, Row], picked: str | None) -> None:
    floors = [row.comparison.noise_floor for row in measured.values() if row.comparison.noise_floor]
    if floors:
        axes.axvspan(-max(floors), max(floors), color=BAND, linewidth=0, zorder=0)
    if measured:
        axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    for k, line in enumerate(lines):
        y, node, row = len(lines) - 1 - k, line[0], measured.get(line[0].id)
        if row is not None and node.status is NodeStatus.DONE:
            c, colour = row.comparison, ORANGE if node.id == picked else BLUE
            axes.plot([c.low, c.high], [y, y], color=colour, linewidth=1.4, zorder=3, solid_capstyle="butt")
            axes.plot(c.difference, y, marker="D", markersize=3.4, color=colour, zorder=4)
        else:
            place = axes.get_yaxis_transform()
            axes.text(0.5, y, _why(line), transform=place, ha="center", va="center", bbox=_WHITE, color=GREY)
    if not measured:
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    _name_rows(axes, lines, measured, picked)
    axes.set_ylim(-0.6, len(lines) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _name_rows(axes: Axes, lines: list[list[Node]], measured: Container[str], picked: str | None) -> None:
    names, first = [], 1
    for line in lines:
        numbers = f"{first}" if len(line) == 1 else f"{first}–{first + len(line) - 1}"
        names.append(f"{numbers}  {line[0].title}")
        first += len(line)
    shown = [fold(name, 24, 2) if len(lines) <= _FEW else shorten(name, 27) for name in reversed(names)]
    axes.set_yticks(range(len(lines)), shown)
    for label, line in zip(axes.get_yticklabels(), reversed(lines), strict=True):
        node = line[0].id
        label.set_color(ORANGE if node == picked else GREY if node not in measured else "black")


def _why(line: list[Node]) -> str:
    """What stands in the place of a result."""
    return _end(line[0]) if len(line) == 1 else f"{len(line)} without a result"


def _end(node: Node) -> str:
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


def _caption(lines: list[list[Node]], measured: dict[str, Row], metric: str, picked: Node | None) -> str:
    nodes = [node for line in lines for node in line]
    failed = sum(n.status is NodeStatus.FAILED for n in nodes)
    versions = f"{len(nodes)} version" + ("s" if len(nodes) != 1 else "")
    shared = any(len(line) > 1 for line in lines)
    marked = "" if shared else " (crosses)"
    text = f"What the search tried, in order from the top: {versions} of the code, {failed} of which failed{marked}."
    if shared:
        text += " Versions of one idea that follow each other without a result share a row."
    if measured:
        seeds = describe_seeds([seed for row in measured.values() for seed, _ in row.differences])
        interval = describe_interval([row.comparison for row in measured.values()])
        text += f" Mean differences from the baseline in {metric} on explore seeds ({seeds}) with {interval}."
        if any(row.comparison.noise_floor for row in measured.values()):
            text += " Grey band: noise floor."
    return text + (" Orange: the chosen version." if picked and picked.id in measured else "")

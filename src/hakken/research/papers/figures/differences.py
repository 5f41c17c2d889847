"""Differences from the baseline as dots and intervals: the variants, and the ablation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hakken.core.types import Direction, FigureFile, MetricSpec, Snapshot, Split
from hakken.research.papers.figures.data import (
    PURPOSE,
    SPLITS,
    Row,
    chosen,
    describe_interval,
    describe_metric,
    describe_seeds,
    quantity,
    rows,
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
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Inches of height for each row, and for a panel's axis and title.
_ROW, _TALL, _AROUND = 0.3, 0.38, 0.36
_HEADER = ("split", "node", "label", "seed", "difference", "mean_difference", "low", "high", "noise_floor")


def draw_variants(snapshot: Snapshot, out: Path) -> FigureFile | None:
    """Paired differences of each variant on the explore seeds, and of those that were tested on the report seeds."""
    panels = [(split, found) for split in SPLITS if (found := rows(snapshot, split))]
    if not panels:
        return None
    spec, picked = snapshot.template.primary, chosen(snapshot)
    name = "report" if panels[-1][0] is Split.REPORT else "explore"
    heights = [_height(found) for _, found in panels]
    figure = new_figure(sum(heights) + _AROUND * len(panels) + 0.1)
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for k, ((split, found), one) in enumerate(zip(panels, axes, strict=True)):
        draw_rows(one, found, picked.id if picked else None)
        letter = f"({chr(97 + k)}) " if len(panels) > 1 else ""
        one.set_title(f"{letter}{PURPOSE[split]}")
    axes[-1].set_xlim(*_limits([row for _, found in panels for row in found]))
    axes[-1].set_xlabel(pointed(quantity(spec), spec.direction is Direction.MIN), loc="right")
    save(figure, out, name)
    save_data(out, name, _HEADER, (line for split, found in panels for line in _lines(split, found)))
    return FigureFile(label=name, caption=_variants_caption(panels, spec, picked is not None), path=name)


def draw_ablation(snapshot: Snapshot, out: Path) -> FigureFile | None:
    """The chosen variant beside the versions that lack a part of it, on the best split that has both."""
    picked = chosen(snapshot)
    candidates = ((split, rows(snapshot, split, ablations=True)) for split in reversed(SPLITS))
    enough = ((s, r) for s, r in candidates if len(r) > 1 and picked and any(x.node.id == picked.id for x in r))
    split, found = next(enough, (Split.REPORT, []))
    if not found:
        return None
    spec = snapshot.template.primary
    figure = new_figure(_height(found) + _AROUND)
    one = figure.subplots()
    draw_rows(one, found, picked.id if picked else None)
    one.set_xlim(*_limits(found))
    one.set_xlabel(pointed(quantity(spec), spec.direction is Direction.MIN), loc="right")
    save(figure, out, "ablation")
    save_data(out, "ablation", _HEADER, _lines(split, found))
    seeds = describe_seeds([seed for row in found for seed, _ in row.differences])
    caption = (
        f"Ablation: differences from the baseline in {describe_metric(spec)}, for the chosen variant (orange) and for "
        f"versions that lack a part of it, on {split.value} seeds ({seeds}). {_marks(found)}"
    )
    return FigureFile(label="ablation", caption=caption, path="ablation")


def draw_rows(axes: Axes, found: list[Row], picked: str | None) -> None:
    """One row for each node: seeds as dots, mean and interval beside them, the noise floor behind."""
    for k, row in enumerate(found):
        y, c = len(found) - 1 - k, row.comparison
        colour = ORANGE if row.node.id == picked else BLUE
        if c.noise_floor:
            axes.fill_betweenx([y - 0.42, y + 0.42], -c.noise_floor, c.noise_floor, color=BAND, linewidth=0, zorder=0)
        spread = [0.05 + 0.23 * ((seed * 7) % 10) / 9 for seed, _ in row.differences]
        dots = [d for _, d in row.differences]
        axes.scatter(dots, [y + s for s in spread], s=6, color=colour, alpha=0.55, linewidths=0, zorder=2)
        axes.plot([c.low, c.high], [y - 0.18, y - 0.18], color=colour, linewidth=1.4, zorder=3, solid_capstyle="butt")
        axes.plot(c.difference, y - 0.18, marker="D", markersize=3.4, color=colour, zorder=4)
    axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    axes.set_yticks(range(len(found)), [fold(row.node.title) for row in reversed(found)])
    axes.set_ylim(-0.55, len(found) - 0.45)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _height(found: list[Row]) -> float:
    tall = any(fold(row.node.title).count("\n") > 1 for row in found)
    return (_TALL if tall else _ROW) * len(found)


def _limits(found: list[Row]) -> tuple[float, float]:
    """Room for everything that is drawn, zero included."""
    ends = [0.0]
    for row in found:
        c, floor = row.comparison, row.comparison.noise_floor or 0.0
        ends += [c.low, c.high, -floor, floor, *(d for _, d in row.differences)]
    margin = 0.04 * (max(ends) - min(ends)) or 1.0
    return min(ends) - margin, max(ends) + margin


def _lines(split: Split, found: list[Row]) -> list[tuple[object, ...]]:
    return [
        (split.value, row.node.id, row.node.title, seed, difference, c.difference, c.low, c.high, c.noise_floor)
        for row in found
        for c in (row.comparison,)
        for seed, difference in row.differences
    ]


def _marks(found: list[Row]) -> str:
    floor = any(row.comparison.noise_floor for row in found)
    of = "seed" if all(row.comparison.paired for row in found) else "trial"
    band = " Grey band: noise floor of the baseline against itself." if floor else ""
    interval = describe_interval([row.comparison for row in found])
    return f"Each dot is a {of}; diamonds are means, lines {interval}.{band}"


def _variants_caption(panels: list[tuple[Split, list[Row]]], spec: MetricSpec, picked: bool) -> str:
    where = []
    for k, (split, found) in enumerate(panels):
        letter = f"({chr(97 + k)}) " if len(panels) > 1 else ""
        seeds = describe_seeds([seed for row in found for seed, _ in row.differences])
        where.append(f"{letter}{split.value} seeds ({seeds})")
    chosen_words = ", the chosen variant in orange" if picked else ""
    every = [row for _, found in panels for row in found]
    start = f"Differences from the baseline in {describe_metric(spec)}{chosen_words}"
    return f"{start}, on {' and '.join(where)}. {_marks(every)}"

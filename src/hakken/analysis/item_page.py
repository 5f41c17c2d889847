"""An item analysis as files: ``items.html`` with a Wright map and other pictures, ``items.md`` and ``items.json``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hakken.analysis import pages
from hakken.analysis.drawing import BAND, COLOURS, GREY, colour, marker, named_rows, new_figure, shorten, svg, whisker
from hakken.analysis.items import DISCORDANT, ItemAnalysis, ItemResult, Rate, label_codes
from hakken.analysis.pages import Block, Lines, Plot, Table
from hakken.core.files import write_text

_MOST_ROWS = 25
"""Items that a picture names; more are drawn as a crowd."""
_SHOWN = 12
"""Discordant items of each kind in the page."""
_MOST_BARS = 30


def write_items(found: ItemAnalysis, out: Path, title: str, order: Sequence[str] = ()) -> tuple[Path, Path, Path]:
    """Write the three files into a folder, and return their paths: HTML, Markdown, JSON."""
    out.mkdir(parents=True, exist_ok=True)
    paths = out / "items.html", out / "items.md", out / "items.json"
    lead = (
        f"{len(found.items)} items answered by {len(found.subjects)} subjects. Difficulties and abilities are in "
        "logits of the Rasch model; abilities have a standard deviation of "
        f"{found.spread:.2f} ± {found.spread_error:.2f}."
    )
    before: list[Block] = [Lines("Read first", found.notes, warn=True)] if found.notes else []
    tables = [*_disagreement(found), *rate_tables(found), subject_table(found), item_table(found)]
    page = pages.html(
        title,
        lead,
        [*before, *_plots(found, order), *tables],
        kicker="Item analysis",
        foot="The same data are in items.json.",
    )
    texts = page, pages.text(title, lead, [*before, *tables]), found.model_dump_json(indent=1)
    for path, text in zip(paths, texts, strict=True):
        write_text(path, text)
    return paths


def item_table(found: ItemAnalysis, most: int | None = None) -> Table:
    """Items from hard to easy."""
    ranked = sorted(found.items, key=lambda item: -item.difficulty)
    rows = tuple(_row(item) for item in ranked[:most])
    head = ("item", "group", "label", "solved", "rate", "difficulty", "± SE", "r", "r corrected", "discordance")
    caption = (
        "difficulty: the ability that solves the item half of the time; ≥ and ≤ mark bounds. r: correlation of the "
        "item with the share of all items solved; corrected: of the others. discordance: standardised "
        "residual on the label."
    )
    return Table(title="Items, the hardest first", head=head, rows=rows, left=3, caption=caption)


def subject_table(found: ItemAnalysis) -> Table:
    """Subjects from able to less able."""
    ranked = sorted(found.subjects, key=lambda subject: -subject.ability)
    return Table(
        title="Subjects, the ablest first",
        head=("subject", "date", "solved", "ability", "± SD"),
        rows=tuple(
            (s.subject, s.date, f"{s.solved}/{s.answered}", f"{s.ability:+.2f}", f"{s.error:.2f}") for s in ranked
        ),
        left=2,
        caption="Mean and deviation of each ability's posterior.",
    )


def rate_tables(found: ItemAnalysis) -> list[Table]:
    """Solve rates, one table for each way of dividing."""
    tables = []
    for keys in dict.fromkeys(tuple(rate.by) for rate in found.rates):
        own = [rate for rate in found.rates if tuple(rate.by) == keys]
        tables.append(
            Table(
                title=f"Solve rate by {' and '.join(keys)}",
                head=(*keys, "items", "subjects", "rate"),
                rows=tuple(
                    (*r.by.values(), str(r.items), str(r.subjects), f"{r.rate:.2f} [{r.low:.2f}, {r.high:.2f}]")
                    for r in own
                ),
                left=len(keys),
                caption="Wilson's intervals that count items (or subjects, where they are fewer) and not responses.",
            )
        )
    return tables


def association_lines(found: ItemAnalysis) -> list[str]:
    """Rank correlations, in sentences."""
    return [
        f"{a.what}: Spearman {a.spearman:+.2f} [{a.low:+.2f}, {a.high:+.2f}] over {a.items} items, Kendall "
        f"{a.kendall:+.2f}."
        for a in found.associations
    ]


def _disagreement(found: ItemAnalysis) -> list[Block]:
    harder, easier = found.discordant()
    blocks: list[Block] = []
    if lines := association_lines(found):
        blocks.append(Lines("What goes with difficulty", tuple(lines)))
    for title, chosen in (("Harder than people think", harder), ("Easier than people think", easier)):
        if chosen:
            caption = f"Standardised residual of at least {DISCORDANT:g}, the farthest first. {found.by_scatter}"
            head = ("item", "group", "label", "solved", "difficulty", "± SE", "discordance")
            rows = tuple((*_row(i)[:4], *_row(i)[5:7], _row(i)[9]) for i in chosen[:_SHOWN])
            blocks.append(Table(title=title, head=head, rows=rows, left=3, caption=caption))
    return blocks


def _row(item: ItemResult) -> tuple[str, ...]:
    bound = ("≤ " if item.solved else "≥ ") if item.extreme else ""
    return (
        item.item,
        item.group,
        item.label,
        f"{item.solved}/{item.answered}",
        f"{item.rate:.2f} [{item.low:.2f}, {item.high:.2f}]",
        f"{bound}{item.difficulty:+.2f}",
        f"{item.error:.2f}",
        _signed(item.point_biserial),
        _signed(item.corrected),
        _signed(item.discordance),
    )


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.2f}"


def _plots(found: ItemAnalysis, order: Sequence[str]) -> list[Plot]:
    plots = [_wright(found), _solved_by(found)]
    if any(rate.by.keys() == {"group", "date"} for rate in found.rates):
        plots.append(_over_time(found))
    if any(item.discordance is not None for item in found.items):
        plots.append(_labels(found, order))
    return plots


def _wright(found: ItemAnalysis) -> Plot:
    """Subjects and items on one scale."""
    many = len(found.items) > _MOST_ROWS
    figure, (left, right) = new_figure(3.8, 2)
    abilities = [s.ability for s in found.subjects]
    scale = [*abilities, *(i.difficulty for i in found.items)]
    limits = (min(scale) - 0.5, max(scale) + 0.5)
    bins = np.linspace(*limits, 25)
    left.hist(abilities, bins=list(bins), orientation="horizontal", color=COLOURS[0])
    left.invert_xaxis()
    left.set(ylim=limits, xlabel="subjects", ylabel="logits", title="able at the top")
    ranked = sorted(found.items, key=lambda item: item.difficulty)
    at = np.arange(len(ranked))
    groups = sorted({item.group for item in ranked})
    shades = [colour(groups.index(i.group)) if len(groups) <= len(COLOURS) else GREY for i in ranked]
    b, reach = np.array([i.difficulty for i in ranked]), np.array([1.96 * i.error for i in ranked])
    right.vlines(at, b - reach, b + reach, color=shades, linewidth=0.7, alpha=0.5)
    for extreme, shape in ((False, "o"), (True, "v")):
        own = [k for k, item in enumerate(ranked) if item.extreme is extreme]
        right.scatter(at[own], b[own], s=4 if many else 14, c=[shades[k] for k in own], marker=shape, zorder=3)
    right.set(ylim=limits, xlabel="items, easy to hard", title="hard at the top")
    if not many:
        right.set_xticks(at, [shorten(item.item, 22) for item in ranked], rotation=90, fontsize=7)
    caption = (
        "Wright map: abilities and difficulties on one scale, with 95 % intervals of the difficulties. Triangles: "
        "solved by everybody or nobody. A subject solves an item at its own height half of the time."
    )
    return Plot("wright", "Subjects and items on one scale", caption, svg(figure))


def _solved_by(found: ItemAnalysis) -> Plot:
    """How many subjects solve an item."""
    figure, (axes,) = new_figure(2.4)
    counts = [item.solved for item in found.items]
    groups = sorted({item.group for item in found.items})
    top = max(len(found.subjects), 1)
    bins = count_bins(top)
    if 1 < len(groups) <= len(COLOURS):
        parts = [[i.solved for i in found.items if i.group == group] for group in groups]
        axes.hist(parts, bins=bins, stacked=True, color=[colour(k) for k, _ in enumerate(groups)], label=groups)
        axes.legend(frameon=False, fontsize=7)
    else:
        axes.hist(counts, bins=bins, color=COLOURS[0])
    axes.set(xlabel="subjects that solve an item", ylabel="items")
    caption = "Items on the left are solved by nobody, items on the right by everybody; neither tells subjects apart."
    return Plot("solved_by", "By how many is an item solved?", caption, svg(figure))


def count_bins(top: int) -> list[float]:
    """Edges of at most thirty bars for the counts from 0 to ``top``; each bar stands for as many counts as the next."""
    width = -(-(top + 1) // _MOST_BARS)
    bars = -(-(top + 1) // width)
    return [bar * width - 0.5 for bar in range(bars + 1)]


def _over_time(found: ItemAnalysis) -> Plot:
    own = [rate for rate in found.rates if rate.by.keys() == {"group", "date"}]
    dates = sorted({rate.by["date"] for rate in own})
    groups = sorted({rate.by["group"] for rate in own}, key=lambda g: -_last(own, g))
    figure, (axes,) = new_figure(3.4)
    for index, group in enumerate(groups):
        line = sorted((r for r in own if r.by["group"] == group), key=lambda r: r.by["date"])
        x = [dates.index(r.by["date"]) for r in line]
        axes.plot(x, [r.rate for r in line], marker=marker(index), markersize=4, color=colour(index), label=group)
    axes.set_xticks(range(len(dates)), dates, rotation=45, ha="right")
    axes.set(ylabel="solve rate", ylim=(-0.03, 1.03))
    figure.legend(loc="outside right upper", frameon=False, fontsize=7)
    caption = "By group of items and date of the subjects; the intervals are in the table."
    return Plot("over_time", "Solve rate by group and date", caption, svg(figure))


def _last(rates: Sequence[Rate], group: str) -> float:
    return max((r for r in rates if r.by["group"] == group), key=lambda r: r.by["date"]).rate


def _labels(found: ItemAnalysis, order: Sequence[str]) -> Plot:
    judged = [item for item in found.items if item.discordance is not None]
    codes = label_codes([item.label for item in judged], order)
    names = {code: item.label for code, item in zip(codes, judged, strict=True)}
    harder, easier = found.discordant()
    named = [*harder[:3], *easier[:3]]
    figure, (axes, rows) = new_figure(max(2.8, 0.9 + 0.3 * len(named)), 2, width=7.6)
    shift = np.random.default_rng(0).uniform(-0.15, 0.15, len(judged))
    far = {item.item for item in (*harder, *easier)}
    odd = [item.item in far for item in judged]
    for flag, shade in ((False, GREY), (True, COLOURS[1])):
        chosen = [k for k, is_odd in enumerate(odd) if is_odd is flag]
        spots = [codes[k] + shift[k] for k in chosen]
        axes.plot(spots, [judged[k].difficulty for k in chosen], "o", markersize=3, color=shade, alpha=0.7)
    if len(names) <= 8:
        axes.set_xticks(sorted(names), [shorten(names[code], 16) for code in sorted(names)], fontsize=7)
    axes.set(xlabel="what people say", ylabel="difficulty (logits)")
    rows.axvspan(-DISCORDANT, DISCORDANT, color=BAND, linewidth=0)
    for place, item in enumerate(named):
        z = item.discordance or 0.0
        whisker(rows, place, z, min(z, 0.0), max(z, 0.0), 1)
    named_rows(rows, [f"{item.item} ({item.label})" for item in named])
    rows.set(xlabel="discordance")
    caption = f"Left: each item; orange: harder, or easier, than people think. {found.by_scatter} Right: the farthest."
    return Plot("labels", "Difficulty against what people say", caption, svg(figure))

"""Tables of a paper, by code from the record, as Pandoc pipe tables with caption and label."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten

from hakken.core.types import Comparison, MetricSpec, NodeStatus, Operator, Snapshot, Split, Trial
from hakken.research.papers.deciding import too_few
from hakken.research.papers.facts import label, parity_rows
from hakken.research.papers.render.escape import escape_text
from hakken.research.papers.wording import better_word, decimals_for, difference_unit, level, number, p_value


def pipe_table(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str, name: str, align: str = "") -> str:
    """A Pandoc pipe table. ``align`` has one of ``l r c`` per column; the first column is left, others right."""
    align = align or "l" + "r" * (len(header) - 1)
    rule = {"l": ":---", "r": "---:", "c": ":---:"}
    lines = [_row(header), "|" + "|".join(rule[a] for a in align) + "|", *(_row(row) for row in rows)]
    return "\n".join(lines) + f"\n\n: {caption} {{#tab:{name}}}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def comparison_table(snapshot: Snapshot, split: Split, places: dict[str, int]) -> str | None:
    """Variants against the baseline on the primary metric; None when nothing was compared."""
    spec = snapshot.template.primary
    rows = [c for where, c in snapshot.comparisons if where is split and c.metric == spec.key]
    if not rows:
        return None
    baseline, d = rows[0], places[spec.key]
    base_name = label(snapshot, baseline.baseline_id)
    interval = f"{level(baseline.level)} interval"
    blank = [""] * 5
    cells = [[base_name, f"{number(baseline.baseline_mean, d)} ({number(baseline.baseline_sd, d)})", *blank]]
    for c in sorted(rows, key=lambda c: -c.gain):
        node = snapshot.node(c.variant_id)
        shown = escape_text(node.title) + {Operator.ABLATE: " (ablation)", Operator.MATCH: " (matched)"}.get(
            node.operator, ""
        )
        cells.append([shown, *_comparison_cells(c, d)])
    unit = f", in {spec.unit.replace('%', 'per cent')}" if spec.unit else ""
    every = "p" if all(c.p_adjusted is not None for c in rows) else "Every p but that of the primary claim"
    holm = f" {every} is adjusted by Holm's method." if any(c.p_adjusted is not None for c in rows) else ""
    holm += " There are too few seeds for any of them to decide." if too_few(snapshot, split) else ""
    paired = "paired " if all(c.paired for c in rows) else ""
    caption = (
        f"{spec.label.capitalize()} on {escape_text(spec.dataset)} ({better_word(spec)} is better{unit}), "
        f"{split.value} seeds: mean and standard deviation, {paired}difference from the baseline "
        f"with its {interval}, effect size.{holm}"
    )
    header = ["Version", "Mean (SD)", "Difference", interval, "Effect size", "p", "n"]
    return pipe_table(header, cells, caption, f"{split.value}")


def _comparison_cells(c: Comparison, d: int) -> list[str]:
    p = c.p if c.p_adjusted is None else c.p_adjusted
    return [
        f"{number(c.variant_mean, d)} ({number(c.variant_sd, d)})",
        number(c.difference, d, sign=True),
        f"{number(c.low, d)} to {number(c.high, d)}",
        number(c.effect_size, 2) if c.effect_size is not None else "",
        p_value(p).removeprefix("p ").removeprefix("= "),
        str(c.n),
    ]


def secondary_table(snapshot: Snapshot, node_id: str, places: dict[str, int]) -> str | None:
    """The selected variant on every metric, report seeds; None where there is only one metric."""
    rows = [c for where, c in snapshot.comparisons if where is Split.REPORT and c.variant_id == node_id]
    if len(rows) < 2:
        return None
    cells = []
    names = _told_apart(snapshot.template.metrics)
    for c in rows:
        spec, d = snapshot.template.metric(c.metric), places[c.metric]
        cells.append(
            [
                f"{escape_text(names[spec.key])}{' (primary)' if spec.primary else ''}",
                f"{number(c.baseline_mean, d)} ({number(c.baseline_sd, d)})",
                *_comparison_cells(c, d)[:-1],
            ]
        )
    units = "; ".join(
        f"{spec.label}{difference_unit(spec) and f' in {spec.unit}'}" for spec in snapshot.template.metrics
    )
    paired = "paired " if all(c.paired for c in rows) else ""
    caption = (
        f"Every metric of *{escape_text(label(snapshot, node_id))}* on the report seeds ({escape_text(units)}): mean "
        f"and standard deviation, and the {paired}difference. The claim is about the primary metric alone; every other "
        "p is adjusted by Holm's method."
    )
    interval = f"{level(rows[0].level)} interval"
    header = ["Metric", "Baseline", "Selected", "Difference", interval, "Effect size", "p"]
    return pipe_table(header, cells, caption, "metrics")


def parity_table(snapshot: Snapshot, node_id: str) -> str | None:
    """What baseline and variant used; None when nothing was recorded."""
    rows = parity_rows(snapshot, node_id, Split.REPORT) or parity_rows(snapshot, node_id, Split.EXPLORE)
    if not rows:
        return None
    cells = []
    for row in rows:
        base, variant = row.baseline or 0.0, row.variant or 0.0
        d = min(2, decimals_for([], [base, variant])) if row.unit else 0
        ratio = number(row.ratio, 2) if row.ratio is not None else ""
        unit = f" ({row.unit})" if row.unit else ""
        cells.append([f"{row.label}{unit}", number(base, d), number(variant, d), ratio])
    shown = escape_text(label(snapshot, node_id))
    caption = f"What one trial used: medians over the report seeds for the baseline and *{shown}*."
    return pipe_table(["Quantity", "Baseline", "Selected", "Ratio"], cells, caption, "parity")


def costs_table(snapshot: Snapshot, versions: Sequence[tuple[str, Split]]) -> str:
    """What a trial of each of several versions cost against the baseline, in the quantities in which any differs."""
    by_version = {key: {row.quantity: row for row in parity_rows(snapshot, *key)} for key in versions}
    shown = {
        q: row.label
        for rows in by_version.values()
        for q, row in rows.items()
        if row.different and row.ratio is not None
    }
    cells = []
    for (node_id, split), rows in by_version.items():
        ratios = (rows[q].ratio if q in rows else None for q in shown)
        title = escape_text(label(snapshot, node_id))
        cells.append([title, split.value, *("" if ratio is None else number(ratio, 2) for ratio in ratios)])
    caption = (
        "What one trial of compared versions used, in multiples of the baseline: ratios of medians over the seeds that "
        "are named."
    )
    header = ["Version", "Seeds", *(f"{name[:1].upper()}{name[1:]} ratio" for name in shown.values())]
    return pipe_table(header, cells, caption, "costs", "ll" + "r" * len(shown))


def nodes_table(snapshot: Snapshot) -> str:
    """Every version of the code that was written, failed ones too."""
    words = {
        NodeStatus.NO_OP: "no effect on any output",
        NodeStatus.REPLICATE: "same code as",
        NodeStatus.DONE: "measured",
    }
    cells = []
    for node in snapshot.nodes:
        outcome = node.failure.message if node.failure else words.get(node.status, node.status.value)
        if node.twin_id and node.status is NodeStatus.REPLICATE:
            outcome += f" {node.twin_id}"
        source = f"`{node.source_hash.removeprefix('sha256:')[:10]}`" if node.source_hash else ""
        parent = node.parent_id or ""
        title = escape_text(label(snapshot, node.id))
        cells.append([node.id, title, node.operator.value, parent, node.author, source, escape_text(outcome[:160])])
    caption = (
        "Every version of the code: how it was made, from which parent, by whom, the hash of its sources, its end."
    )
    header = ["Version", "Name", "Operator", "Parent", "Author", "Sources", "Outcome"]
    return pipe_table(header, cells, caption, "versions", "lllllll")


def trials_table(snapshot: Snapshot, places: dict[str, int]) -> str:
    """Every trial with its seed and measurements, failed ones too."""
    specs = snapshot.template.metrics
    cells = [
        [
            trial.node_id,
            trial.split.value,
            str(trial.seed),
            *(_value(trial, spec.key, places[spec.key]) for spec in specs),
            number(trial.cost.cpu_seconds, 1) if trial.cost else "",
            escape_text(shorten(trial.failure.message, 80, placeholder=" …"))
            if trial.failure
            else f"`{trial.output_hash[7:15]}`",
        ]
        for trial in snapshot.trials
    ]
    names = _told_apart(specs)
    header = ["Version", "Use", "Seed", *(escape_text(names[spec.key]) for spec in specs), "CPU s", "Outputs"]
    caption = "Every trial: the seed, what was measured, CPU time, and the hash of the outputs or the failure."
    return pipe_table(header, cells, caption, "trials", "lll" + "r" * (len(specs) + 1) + "l")


def _told_apart(specs: Sequence[MetricSpec]) -> dict[str, str]:
    """Names of metrics by key; one that is measured on two data sets is named with the data set."""
    labels = [spec.label for spec in specs]
    return {s.key: f"{s.label} on {s.dataset}" if labels.count(s.label) > 1 else s.label for s in specs}


def _value(trial: Trial, key: str, decimals: int) -> str:
    value = trial.value(key)
    return "" if value is None else number(value, decimals)

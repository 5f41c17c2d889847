"""What the figures read from the record, and the words that their captions share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hakken.core.types import Comparison, Direction, MetricSpec, Node, NodeStatus, Operator, Snapshot, Split
from hakken.research.papers.render.escape import escape_text

SPLITS = (Split.EXPLORE, Split.REPORT)
PURPOSE = {Split.EXPLORE: "explore seeds (for choosing)", Split.REPORT: "report seeds (for testing)"}


@dataclass(frozen=True)
class Row:
    """A node against its baseline: the summary, and the difference of each seed."""

    node: Node
    comparison: Comparison
    differences: tuple[tuple[int, float], ...]
    """Seed (or number of the repeat) and difference."""


def chosen(snapshot: Snapshot) -> Node | None:
    """The variant that the primary claim is about."""
    ids = [c.variant_id for c in snapshot.claims if c.primary and c.variant_id]
    return next((n for n in snapshot.nodes if ids and n.id == ids[0]), None)


def rows(snapshot: Snapshot, split: Split, *, ablations: bool = False) -> list[Row]:
    """Comparisons with the baseline on the primary metric, in the order of the nodes.

    With ``ablations``: the chosen variant and those that take something away from it. Without: all the others.
    """
    base, spec, picked = snapshot.baseline, snapshot.template.primary, chosen(snapshot)
    if base is None:
        return []
    order = {node.id: k for k, node in enumerate(snapshot.nodes)}
    found: dict[str, Row] = {}
    for part, comparison in snapshot.comparisons:
        if part is not split or comparison.metric != spec.key or comparison.baseline_id != base.id:
            continue
        node = snapshot.node(comparison.variant_id)
        is_ablation = node.operator is Operator.ABLATE
        if ablations and not is_ablation and (picked is None or node.id != picked.id):
            continue
        if is_ablation and not ablations:
            continue
        found[node.id] = Row(node, comparison, _differences(snapshot, comparison, split, spec))
    return sorted(found.values(), key=lambda row: order[row.node.id])


def _differences(
    snapshot: Snapshot, comparison: Comparison, split: Split, spec: MetricSpec
) -> tuple[tuple[int, float], ...]:
    """Variant minus baseline by seed; minus the baseline's mean where nothing pairs the trials."""
    variant = values(snapshot, comparison.variant_id, split, spec.key)
    baseline = values(snapshot, comparison.baseline_id, split, spec.key)
    if not comparison.paired:
        return tuple((seed, value - comparison.baseline_mean) for seed, value in variant.items())
    return tuple((seed, value - baseline[seed]) for seed, value in variant.items() if seed in baseline)


def values(snapshot: Snapshot, node_id: str, split: Split, key: str) -> dict[int, float]:
    """The metric by seed."""
    found = ((t.seed, t.value(key)) for t in snapshot.trials_of(node_id, split))
    return {seed: value for seed, value in found if value is not None}


def tried(snapshot: Snapshot) -> list[Node]:
    """Everything that the search tried, in order: no baseline, no ablation, nothing unfinished."""
    aside = {Operator.BASELINE, Operator.ABLATE, Operator.MATCH, Operator.REPLICATE}
    open_ = {NodeStatus.PROPOSED, NodeStatus.RUNNING}
    return [n for n in snapshot.nodes if n.operator not in aside and n.status not in open_]


def quantity(spec: MetricSpec) -> str:
    """``difference in test error (points)``: a difference of percentages is in points."""
    unit = {"%": "points", "": ""}.get(spec.unit, spec.unit)
    return f"difference in {spec.label}" + (f" ({unit})" if unit else "")


def describe_metric(spec: MetricSpec) -> str:
    """The metric in a caption, as Markdown: name, data set, direction, and whether the experiment measured itself."""
    way = "lower" if spec.direction is Direction.MIN else "higher"
    own = ", as the experiment reports it" if spec.self_reported else ""
    return escape_text(f"{spec.label} on {spec.dataset}") + f" ({way} is better{own})"


def describe_seeds(seeds: Sequence[int]) -> str:
    """``8 seeds, 1 to 8``; numbers alone where they are no run of integers."""
    ordered = sorted(set(seeds))
    many = f"{len(ordered)} seed" + ("s" if len(ordered) != 1 else "")
    if len(ordered) > 2 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{many}, {ordered[0]} to {ordered[-1]}"
    return many


def describe_interval(comparisons: Sequence[Comparison]) -> str:
    """``95 % paired-t intervals``."""
    levels = sorted({f"{100 * c.level:g}" for c in comparisons})
    kind = "paired-t" if all(c.paired for c in comparisons) else "Welch's"
    return f"{' and '.join(levels)} % {kind} intervals"

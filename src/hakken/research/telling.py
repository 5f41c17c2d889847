"""One line of progress about a version."""

from __future__ import annotations

from hakken.core.types import Comparison, Node


def told(node: Node, comparison: Comparison | None = None) -> str:
    """What became of a version that has ended, such as ``n5 draft: Momentum: 0.41 against 0.45, better by 0.04``."""
    if comparison is not None:
        return (
            f"{node.id} {node.operator.value}: {node.title}: {comparison.variant_mean:.4g} against "
            f"{comparison.baseline_mean:.4g}, {gained(comparison.gain)}"
        )
    reason = node.failure.message if node.failure else f"same as {node.twin_id}"
    return f"{node.id} {node.operator.value}: {node.title}: {node.status.value.replace('_', ' ')}: {reason}"


def gained(gain: float) -> str:
    """A gain over the baseline: a metric that counts may well stay where it was."""
    if gain == 0:
        return "no difference"
    return f"{'better' if gain > 0 else 'worse'} by {abs(gain):.3g}"

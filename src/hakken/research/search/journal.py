"""A read-only view of the attempts so far, and what they measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hakken.core.types import Comparison, MetricSpec, Node, NodeStatus, Operator


@dataclass(frozen=True)
class Round:
    """One expansion and the node that it ended with, after all candidates and debugging."""

    operator: Operator
    node: Node
    comparison: Comparison | None = None

    @property
    def measured(self) -> bool:
        """Whether the node ran on all explore seeds and differs from what was there before."""
        return self.node.status is NodeStatus.DONE and self.comparison is not None


@dataclass(frozen=True)
class Journal:
    """All rounds of an experiment, in order."""

    objective: MetricSpec
    rounds: Sequence[Round] = field(default_factory=tuple)

    def of(self, idea_id: str) -> list[Round]:
        """Rounds of one idea."""
        return [entry for entry in self.rounds if entry.node.idea_id == idea_id]

    def best(self, idea_id: str | None = None) -> Round | None:
        """The measured round with the largest gain over the baseline; the earlier one of equals."""
        entries = [e for e in (self.of(idea_id) if idea_id else self.rounds) if e.comparison is not None and e.measured]
        return max(entries, key=lambda e: e.comparison.gain if e.comparison else 0.0, default=None)

    def lines(self, idea_id: str) -> list[str]:
        """What a model is told: every round of the idea, and the best of the other ideas."""
        told = [self._line(entry) for entry in self.of(idea_id)]
        rest = {e.node.idea_id for e in self.rounds if e.node.idea_id and e.node.idea_id != idea_id}
        told += [f"other idea, {self._line(best)}" for key in sorted(rest) if (best := self.best(key))]
        return told

    def _line(self, entry: Round) -> str:
        node, comparison = entry.node, entry.comparison
        if node.status is NodeStatus.NO_OP:
            return f"{node.title}: changed nothing in the results."
        if comparison is None or not entry.measured:
            reason = node.failure.message if node.failure else node.status.value
            return f"{node.title}: failed ({reason})"
        against = "better than" if comparison.gain > 0 else "worse than" if comparison.gain < 0 else "no different from"
        return (
            f"{node.title}: {self.objective.label} {comparison.variant_mean:.4g}, {against} the baseline's "
            f"{comparison.baseline_mean:.4g}; {node.rationale}"
        ).strip("; ")

"""What became of an idea, by what became of its versions."""

from __future__ import annotations

from collections.abc import Sequence

from hakken.core.types import IdeaOutcome, Node, NodeStatus


def outcome_of(idea_id: str, versions: Sequence[Node], cut: str = "") -> IdeaOutcome:
    """How an idea ends.

    Args:
        idea_id: Which one.
        versions: All that were made of it.
        cut: What ended the search before it was done with the idea.
    """
    status = {node.status for node in versions}
    failures = [node.failure.message for node in versions if node.failure]
    outcome, why = "failed", "No version of the code ran."
    if NodeStatus.DONE in status:
        outcome, why = "explored", ""
    elif cut and not versions:
        outcome, why = "skipped", cut
    elif NodeStatus.PROPOSED in status:
        why = cut
    elif NodeStatus.NO_OP in status:
        why = "Every version that ran left the results unchanged."
    elif failures:
        why = failures[-1]
    elif NodeStatus.REPLICATE in status:
        why = "Every version repeated the code of an earlier one."
    return IdeaOutcome(idea_id=idea_id, outcome=outcome, why=why)

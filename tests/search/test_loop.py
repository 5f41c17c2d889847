"""The search on one idea, in a laboratory that only remembers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from hakken.core.source import function_source
from hakken.core.types import (
    Failure,
    FailureCause,
    Node,
    NodeStatus,
    Role,
    Split,
    Template,
    Trial,
    content_hash,
)
from hakken.models import Ledger
from hakken.models.scripted import FunctionModel
from hakken.research.experiments import load_template
from hakken.research.search import Journal, Limits, explore_idea
from hakken.research.search.laboratory import Sources
from tests.agents.helpers import Log
from tests.search.sample import IDEA, TINY


def _body(factor: int) -> str:
    """An expression; with the factor one, that of the template."""
    return f"readings[0] * {factor}" if factor > 1 else "sum(readings) / len(readings)"


class Failing:
    """A laboratory in which every version fails its smoke run; it says why by the function's code."""

    def __init__(self, template: Template, says: Callable[[str], str]) -> None:
        self.pristine = {"experiment.py": (Path(template.root) / "experiment.py").read_text(encoding="utf-8")}
        self.nodes: dict[str, Node] = {"n0": Node.model_construct(id="n0", source_hash="")}
        self._texts: dict[str, Sources] = {}
        self._says = says

    def next_id(self) -> str:
        return f"n{len(self.nodes)}"

    def identity(self, sources: Sources) -> str:
        return content_hash(repr(sorted(sources.items())).encode())

    def sources(self, node_id: str) -> Sources:
        return self._texts[node_id]

    def propose(self, node: Node, sources: Sources) -> Node:
        files = {path: content_hash(text.encode()) for path, text in sources.items()}
        twin = next((each for each in self.nodes.values() if each.source_hash == node.source_hash), None)
        status = {"status": NodeStatus.REPLICATE, "twin_id": twin.id} if twin else {}
        self.nodes[node.id] = node.model_copy(update={"files": files, **status})
        self._texts[node.id] = sources
        return self.nodes[node.id]

    def finish(self, node: Node) -> Node:
        self.nodes[node.id] = node
        return node

    def smoke(self, node: Node) -> Trial:
        said = self._says(function_source(self._texts[node.id]["experiment.py"], "combine"))
        return Trial.model_construct(
            id=f"{node.id}-smoke", split=Split.SMOKE, failure=Failure(cause=FailureCause.CRASHED, message=said)
        )

    def output_tail(self, trial: Trial) -> str:
        return ""


@pytest.mark.parametrize(
    ("says", "factors", "versions"),
    [
        (lambda code: "It diverged.", count(2), 4),
        (lambda code: code, count(2), 8),
        (lambda code: code, iter([2, 3, 2, 2, 2, 5, 6, 7]), 5),  # a version that comes again fails as it did
        (lambda code: code, iter([2, 1, 1, 1, 1, 3, 4, 5]), 5),  # and one that cannot be taken is a reason too
    ],
)
def test_an_idea_that_keeps_failing_for_one_reason_is_left(
    says: Callable[[str], str], factors: Iterator[int], versions: int
) -> None:
    template = load_template(TINY)
    reply = "Thought: x\n```python\ndef combine(readings):\n    return {}\n```"
    ledger = Ledger(
        {Role.CODE: FunctionModel(lambda _: reply.format(_body(next(factors))), strong=False, parallel=1)},
        Log(),
        seed=0,
    )
    lab = Failing(template, says)
    rounds = list(explore_idea(template, IDEA, lab, ledger, Limits(1, 0, 8), Journal(template.primary, ())))
    assert [entry.measured for entry in rounds] == [False]
    assert len(lab.nodes) - 1 == versions

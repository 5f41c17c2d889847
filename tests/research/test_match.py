"""The compute-matched baseline is given the time of the version, judged from short and whole trials of the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from hakken.core.config import Settings
from hakken.core.types import Comparison, Node, NodeStatus, Operator, Split, Template, Trial, TrialCost
from hakken.research.experimenting import SHORT_TRIALS, match_compute
from tests.papers.builders import build_snapshot

START, STEP = 0.5, 0.002
"""Seconds of a trial before its first step, and of one step."""


def trial(node: str, split: Split, seed: int, steps: int, slower: float = 1.0) -> Trial:
    seconds = START + slower * steps * STEP
    cost = TrialCost(cpu_seconds=seconds, wall_seconds=seconds, peak_memory_mb=1, steps=steps)
    return Trial(id=f"{node}-{split.value}-{seed}", node_id=node, split=split, seed=seed, run=None, cost=cost)


@dataclass
class Lab:
    """A laboratory in which a trial costs what its steps cost."""

    trials: list[Trial]
    made: list[Node] = field(default_factory=list)
    compared: list[tuple[str, str]] = field(default_factory=list)

    def run(self, node: Node, split: Split, seeds: Sequence[int]) -> list[Trial]:
        steps = 20 if split is Split.SMOKE else int(node.extra_args[-1])
        ran = [trial(node.id, split, seed, steps) for seed in seeds]
        self.trials += ran
        return ran

    def next_id(self) -> str:
        return "n2"

    def identity(self, sources: object, args: object) -> str:
        return f"sha256:{args}"

    def propose(self, node: Node, sources: object) -> Node:
        self.made.append(node)
        return node

    def finish(self, node: Node) -> Node:
        return node

    def compare(self, node: Node, split: Split, against: str = "n0") -> Comparison | None:
        self.compared.append((node.id, against))
        return None


def node(name: str, operator: Operator) -> Node:
    return Node(id=name, idea_id=None, parent_id=None, operator=operator, title=name, status=NodeStatus.DONE)


def matched(template: Template, slower: float) -> tuple[Node | None, Lab]:
    report = template.seeds.report
    lab = Lab([trial(n, Split.REPORT, s, 1000, k) for n, k in (("n0", 1.0), ("n1", slower)) for s in report])
    session = SimpleNamespace(
        lab=lab,
        template=template,
        settings=Settings(),
        baseline=lambda: node("n0", Operator.BASELINE),
    )
    return match_compute(session, node("n1", Operator.DRAFT)), lab  # type: ignore[arg-type]


@pytest.fixture
def template() -> Template:
    update = {"steps_arg": "--steps", "smoke": ("--steps", "20")}
    return build_snapshot().template.model_copy(update=update)


def test_the_matched_baseline_takes_as_long_as_the_version(template: Template) -> None:
    made, lab = matched(template, slower=3.5)
    assert made is not None
    assert made.extra_args == ("--steps", "3500"), "7.5 seconds, half a second of which is no step"
    took = [t.cost.cpu_seconds for t in lab.trials if t.node_id == "n2" and t.cost]
    assert took == pytest.approx([7.5] * len(template.seeds.report))
    assert sum(t.split is Split.SMOKE for t in lab.trials) == SHORT_TRIALS
    assert lab.compared == [("n2", "n0"), ("n1", "n2")]


def test_without_short_trials_it_gets_what_the_whole_time_is_worth(template: Template) -> None:
    made, lab = matched(template.model_copy(update={"smoke": ()}), slower=3.5)
    assert made is not None
    assert made.extra_args == ("--steps", "3000")
    assert not any(t.split is Split.SMOKE for t in lab.trials)


def test_nothing_is_matched_where_the_time_is_the_same(template: Template) -> None:
    made, lab = matched(template, slower=1.1)
    assert (made, lab.made) == (None, [])

"""The selection rule, no-ops, parity and the identity of nodes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.parity import matched_steps, parity_table
from hakken.core.types import (
    Direction,
    Failure,
    FailureCause,
    Metric,
    MetricSpec,
    Node,
    NodeStatus,
    Operator,
    Split,
    Trial,
    TrialCost,
)
from hakken.research.experiments import (
    load_template,
    outputs_equal,
    select_best,
    tree_hash,
    values_by_seed,
)

from .conftest import EXPERIMENT

SPEC = MetricSpec(name="error", dataset="d", direction=Direction.MIN, primary=True)


def node(name: str, operator: Operator = Operator.DRAFT, status: NodeStatus = NodeStatus.DONE) -> Node:
    return Node(id=name, idea_id=None, parent_id=None, operator=operator, title=name, status=status)


def trial(
    name: str,
    seed: int,
    value: float | None,
    *,
    split: Split = Split.EXPLORE,
    output: str = "sha256:0",
    cpu: float = 1.0,
    steps: int | None = None,
) -> Trial:
    failure = None if value is not None else Failure(cause=FailureCause.CRASHED, message="It crashed.")
    return Trial(
        id=f"{name}-{split}-{seed}",
        node_id=name,
        split=split,
        seed=seed,
        run=None,
        metrics=() if value is None else (Metric(key=SPEC.key, value=value),),
        cost=TrialCost(cpu_seconds=cpu, wall_seconds=cpu, peak_memory_mb=1, steps=steps),
        output_hash=output,
        failure=failure,
    )


def trials(name: str, *values: float | None, split: Split = Split.EXPLORE) -> list[Trial]:
    return [trial(name, seed, value, split=split) for seed, value in enumerate(values, start=1)]


BASE = trials("n0", 0.5, 0.6, 0.7)


def pick(nodes: list[Node], results: list[Trial], spec: MetricSpec = SPEC) -> str | None:
    best = select_best(spec, [node("n0", Operator.BASELINE), *nodes], [*BASE, *results], "n0", (1, 2, 3))
    return best.id if best else None


def test_the_highest_mean_gain_wins_in_either_direction() -> None:
    results = trials("n1", 0.4, 0.5, 0.6) + trials("n2", 0.1, 0.9, 0.3)
    assert pick([node("n1"), node("n2")], results) == "n2"
    assert pick([node("n1"), node("n2")], results, SPEC.model_copy(update={"direction": Direction.MAX})) == "n1"


def test_of_equals_the_earlier_one_and_a_worse_one_if_need_be() -> None:
    results = trials("n1", 0.9, 0.9, 0.9) + trials("n2", 0.9, 0.9, 0.9)
    assert pick([node("n1"), node("n2")], results) == "n1"


def test_incomplete_nodes_and_nodes_that_are_no_methods_are_passed_over() -> None:
    results = [t for name in ("n2", "n3", "n4", "n5", "n6") for t in trials(name, 0.1, 0.1, 0.1)]
    results += [*trials("n1", 0.1, 0.1, None), *trials("n7", 0.1, 0.1, 0.1, split=Split.REPORT)]
    nodes = [
        node("n1"),
        node("n2", Operator.ABLATE),
        node("n3", Operator.MATCH),
        node("n4", Operator.REPLICATE),
        node("n5", status=NodeStatus.NO_OP),
        node("n6", status=NodeStatus.FAILED),
        node("n7"),
    ]
    assert pick(nodes, results) is None
    assert pick([*nodes, node("n8")], results + trials("n8", 0.4, 0.4, 0.4)) == "n8"


def test_nothing_is_selected_against_an_incomplete_baseline() -> None:
    results = [*trials("n0", 0.5, None, 0.7), *trials("n1", 0.1, 0.1, 0.1)]
    assert select_best(SPEC, [node("n1")], results, "n0", (1, 2, 3)) is None


def test_values_by_seed() -> None:
    results = [*trials("n1", 0.3, None, 0.1), *trials("n1", 9.0, split=Split.REPORT)]
    assert values_by_seed(results, "n1", Split.EXPLORE, SPEC.key) == {1: 0.3, 3: 0.1}


def test_no_op_needs_equal_outputs_on_every_seed() -> None:
    results = [trial(n, s, 1.0, output=f"sha256:{s}") for n in ("n0", "n1") for s in (1, 2)]
    assert outputs_equal(results, "n1", "n0", Split.EXPLORE, (1, 2))
    assert not outputs_equal(results, "n1", "n0", Split.EXPLORE, (1, 2, 3))
    assert not outputs_equal([*results[:3], trial("n1", 2, 1.1)], "n1", "n0", Split.EXPLORE, (1, 2))
    assert not outputs_equal([], "n1", "n0", Split.EXPLORE, ())


def test_outputs_that_differ_in_their_last_digits_are_a_no_op() -> None:
    results = [trial("n0", s, 0.5, output=f"sha256:a{s}") for s in (1, 2)]
    summed_otherwise = [trial("n1", s, 0.5 * (1 + 1e-9), output=f"sha256:b{s}") for s in (1, 2)]
    changed = [trial("n1", s, 0.5 * (1 + 1e-4), output=f"sha256:b{s}") for s in (1, 2)]
    assert outputs_equal([*results, *summed_otherwise], "n1", "n0", Split.EXPLORE, (1, 2))
    assert not outputs_equal([*results, *changed], "n1", "n0", Split.EXPLORE, (1, 2))


def test_parity() -> None:
    base = [trial("n0", s, 1.0, cpu=c, steps=100) for s, c in ((1, 1.0), (2, 2.0), (3, 9.0))]
    variant = [trial("n1", s, 1.0, cpu=c, steps=105) for s, c in ((1, 2.5), (2, 2.4), (3, 2.0))]
    rows = {row.quantity: row for row in parity_table(base, variant)}
    assert (rows["cpu_seconds"].baseline, rows["cpu_seconds"].variant) == (2.0, 2.4)
    assert rows["cpu_seconds"].different
    assert (rows["steps"].ratio, rows["steps"].different) == (1.05, False)
    assert (rows["parameters"].baseline, rows["parameters"].ratio, rows["parameters"].different) == (None, None, False)
    # Failed trials say nothing about the cost of a whole one.
    assert parity_table([*base, trial("n0", 4, None, cpu=99)], variant) == parity_table(base, variant)


def costing(name: str, steps: int | None, *seconds: float) -> list[Trial]:
    return [trial(name, seed, 1.0, cpu=cpu, steps=steps) for seed, cpu in enumerate(seconds, start=1)]


def test_what_a_trial_costs_apart_from_its_steps_is_not_paid_again() -> None:
    # Half a second before the first step, then two seconds of a thousand steps.
    short, whole, variant = costing("n0", 0, 0.5, 0.5, 0.9), costing("n0", 1000, 2.5), costing("n1", 1000, 7.5)
    assert matched_steps(short, whole, variant) == 3500
    assert matched_steps(costing("n0", 100, 0.7), whole, variant) == 3500


@given(st.floats(0, 5), st.floats(1e-4, 1e-2), st.integers(0, 900), st.floats(1.1, 20))
def test_the_matched_baseline_takes_the_time_of_the_variant(fixed: float, step: float, few: int, ratio: float) -> None:
    whole = fixed + 1000 * step
    short, base = costing("n0", few, fixed + few * step), costing("n0", 1000, whole)
    steps = matched_steps(short, base, costing("n1", 1000, ratio * whole))
    assert steps is not None
    assert fixed + steps * step == pytest.approx(ratio * whole, rel=0.01)


def test_without_a_shorter_trial_all_time_is_taken_for_steps() -> None:
    whole, variant = costing("n0", 1000, 2.5), costing("n1", 1000, 7.5)
    for short in ([], costing("n0", 1000, 2.4), costing("n0", 20, 2.6), costing("n0", None, 0.5)):
        assert matched_steps(short, whole, variant) == 3000
    assert matched_steps([], costing("n0", None, 2.5), variant) is None


def test_identity_of_a_node(tiny: Path) -> None:
    template = load_template(tiny)
    before = tree_hash(template, {})
    assert tree_hash(template, {"experiment.py": EXPERIMENT + "# a comment\n"}) == before
    assert tree_hash(template, {"experiment.py": EXPERIMENT.replace("start + seed", "start - seed")}) != before
    assert tree_hash(template, {}, ("--steps", "20")) != before
    (tiny / "data" / "start.txt").write_text("41")
    assert tree_hash(template, {}) == before

"""Tasks that share a function hang together: what a test may take for independent."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from hakken.bench.attempts.attempt import Attempt
from hakken.bench.reports.building import build_report
from hakken.bench.reports.pairing import connected
from tests.bench.simulated import made


def test_tasks_are_joined_by_way_of_others_and_never_over_repositories() -> None:
    clusters = [("r", "a,b"), ("r", "d"), ("s", "a"), ("r", "c"), ("r", "b,c"), ("r", "a")]
    first = ("r", "a,b")
    assert connected(clusters) == [first, ("r", "d"), ("s", "a"), first, first, first]


def test_two_agents_of_one_skill_do_not_differ_for_all_pairs_of_five_functions() -> None:
    """Each agent can write some of the functions: all ten pairs follow from five coins, and are no ten coins."""
    names = [f"f{i}" for i in range(5)]

    def attempts(agent: str, generator: np.random.Generator) -> list[Attempt]:
        able = {name: bool(generator.random() < 0.6) for name in names}
        return [
            made(agent, f"descent-n2-{a}-{b}", functions=(a, b), solved=able[a] and able[b])
            for a, b in combinations(names, 2)
        ]

    for seed in range(20):
        generator = np.random.default_rng(seed)
        (pair,) = build_report([*attempts("one", generator), *attempts("two", generator)]).pairs
        assert pair.p == 1.0
        assert "1 independent group of tasks could not have shown any difference" in pair.sentence

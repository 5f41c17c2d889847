"""Metrics that are called like a cost, a change or a number: their values are none, and their names hold none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.core.types import Snapshot, Split
from tests.papers.builders import build_snapshot
from tests.papers.records import KEY, Paper, planned, printed, recompared

NAMES = [
    (("training time", "s"), ("total train time", "")),
    (("step val acc 99", ""), ("peak memory", "MB")),
    (("discounted cumulative gain", ""), ("accuracy of samples", "%")),
    (("10-step error", "%"), ("solution length", "steps")),
]


def called(*names: tuple[str, str]) -> Snapshot:
    """The study with other names of its metrics, and their units."""
    snapshot = build_snapshot()
    pairs = zip(snapshot.template.metrics, names, strict=True)
    metrics = tuple(m.model_copy(update={"title": title, "unit": unit}) for m, (title, unit) in pairs)
    template = snapshot.template.model_copy(update={"metrics": metrics})
    return planned(recompared(snapshot.model_copy(update={"template": template})))


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0][0])
def test_a_paper_of_such_metrics_agrees_with_its_record(names: tuple[tuple[str, str], ...], tmp_path: Path) -> None:
    paper = printed(called(*names), tmp_path)
    assert all(title in paper.text for title, _ in names)
    assert paper.errors() == []


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    return printed(called(("training time", "s"), ("test loss", "")), tmp_path_factory.mktemp("timed"))


def test_its_numbers_are_held_against_its_values(timed: Paper) -> None:
    c = next(c for s, c in timed.snapshot.comparisons if (s, c.variant_id, c.metric) == (Split.REPORT, "n1", KEY))
    told = f"was {c.variant_mean:.1f} s (standard deviation"
    wrong = timed.errors_after(told, f"was {c.baseline_mean:.1f} s (standard deviation")
    assert "misattributed" in {kind for kind, *_ in wrong}
    seconds = timed.snapshot.trials_of("n1", Split.REPORT)[0].run
    assert seconds is not None
    cost = timed.errors_after(told, f"was {seconds.wall_seconds:.1f} s (standard deviation")
    assert cost, "the time of a trial is no value of the metric"

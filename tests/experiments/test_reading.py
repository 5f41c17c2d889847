"""What an evaluator and an experiment may leave, and what is made of it."""

from __future__ import annotations

import json
import math
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.types import Direction, Failure, MetricSpec
from hakken.research.experiments.reading import read_costs, read_curve, read_metrics, read_self_reported, thin

SPECS = (MetricSpec(name="miss", dataset="toy", direction=Direction.MIN, primary=True),)


@pytest.mark.parametrize(
    ("metrics", "cause", "sentence"),
    [
        ('{"toy/miss": "low"}', "bad_metrics", "metrics.json has the text 'low' for toy/miss, and must have a number."),
        ('{"toy/miss": true}', "bad_metrics", "has True for toy/miss"),
        ('{"toy/miss": null}', "bad_metrics", "has null for toy/miss"),
        ('{"toy/miss": [1]}', "bad_metrics", "has a list for toy/miss"),
        ('{"toy/miss": NaN}', "not_finite", "has nan for toy/miss, and must have a finite number."),
        ('{"toy/miss": -Infinity}', "not_finite", "has -inf for toy/miss"),
        ('{"toy/miss": 1e999}', "not_finite", "has inf for toy/miss"),
        ('{"toy/miss": 1' + "0" * 400 + "}", "not_finite", "has inf for toy/miss"),
        ('{"toy/mis": 1}', "bad_metrics", "has the key 'toy/mis', which is not a metric of the template."),
        ("{}", "bad_metrics", "has no value for toy/miss"),
        ("[1]", "bad_metrics", "holds a list, and must hold a table"),
        ("{", "bad_metrics", "is not valid JSON"),
        ("1" * 5000, "bad_metrics", "is not valid JSON"),
        ("[" * 100_000, "bad_metrics", "is not valid JSON"),
        (" " * (1 << 20) + "{}", "bad_metrics", "is larger than 1024 kB"),
        (None, "no_output", "metrics.json was not written."),
    ],
)
def test_metrics_are_read_strictly(tmp_path: Path, metrics: str | None, cause: str, sentence: str) -> None:
    if metrics is not None:
        (tmp_path / "metrics.json").write_text(metrics)
    failure = read_metrics(tmp_path, SPECS)
    assert isinstance(failure, Failure)
    assert failure.cause == cause
    assert sentence in failure.message


def test_a_repeated_key_is_refused_with_its_own_reason(tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text('{"toy/miss": 1, "toy/miss": 0}')
    failure = read_metrics(tmp_path, SPECS)
    assert isinstance(failure, Failure)
    assert failure.message == "metrics.json has a key twice."


def test_links_pipes_and_folders_are_no_metrics(tmp_path: Path) -> None:
    file = tmp_path / "metrics.json"
    (tmp_path / "other.json").write_text('{"toy/miss": 1}')
    file.symlink_to("other.json")
    assert isinstance(read_metrics(tmp_path, SPECS), Failure)
    file.unlink()
    os.mkfifo(file)
    assert isinstance(read_metrics(tmp_path, SPECS), Failure)
    file.unlink()
    file.mkdir()
    assert isinstance(read_metrics(tmp_path, SPECS), Failure)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53))
def test_every_finite_number_is_read_exactly(value: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "metrics.json").write_text(json.dumps({"toy/miss": value}))
        found = read_metrics(Path(name), SPECS)
    assert not isinstance(found, Failure)
    assert found[0].value == value


def test_self_reported_means(tmp_path: Path) -> None:
    (tmp_path / "final_info.json").write_text('{"toy": {"means": {"miss": 2, "other": "x"}, "stderrs": {}}}')
    found = read_self_reported(tmp_path, SPECS)
    assert not isinstance(found, Failure)
    assert [(m.key, m.value) for m in found] == [("toy/miss", 2.0)]
    (tmp_path / "final_info.json").write_text('{"toy": {"miss": 2}}')
    failure = read_self_reported(tmp_path, SPECS)
    assert isinstance(failure, Failure)
    assert failure.message == "final_info.json cannot be used: the data set 'toy' has no 'means'."


@pytest.mark.parametrize(
    ("text", "counts", "note"),
    [
        ('{"steps": 3, "parameters": 4.0, "other": "x"}', {"steps": 3, "parameters": 4}, ""),
        ("steps: 3", {}, "cost.json was ignored: it is not valid JSON."),
        ('{"steps": -3, "examples": 2}', {"examples": 2}, "steps in cost.json was ignored: it is no count."),
        ('{"steps": NaN}', {}, "steps in cost.json was ignored: it is no count."),
        ("3", {}, "cost.json was ignored: it holds no table."),
    ],
)
def test_costs(tmp_path: Path, text: str, counts: dict[str, int], note: str) -> None:
    assert read_costs(tmp_path) == ({}, ())
    (tmp_path / "cost.json").write_text(text)
    assert read_costs(tmp_path) == (counts, (note,) if note else ())


@pytest.mark.parametrize(
    ("text", "curve", "note"),
    [
        ("step,value\n1,0.5\n\n2,0.25\n", ((1, 0.5), (2, 0.25)), ""),
        ("1,0.5,x\n", ((1, 0.5),), ""),
        ("step,value\n1,x\n", (), "curve.csv was ignored: line 2 holds no two numbers."),
        ("1,nan\n", (), "curve.csv was ignored: line 1 holds a number that is not finite."),
        ("", (), ""),
    ],
)
def test_curves(tmp_path: Path, text: str, curve: object, note: str) -> None:
    assert read_curve(tmp_path) == ((), ())
    (tmp_path / "curve.csv").write_text(text)
    assert read_curve(tmp_path) == (curve, (note,) if note else ())


def test_binary_curves_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_bytes(b"\xff\xfe")
    assert read_curve(tmp_path) == ((), ("curve.csv was ignored: it is not text.",))


@given(st.integers(0, 2000), st.integers(2, 300))
def test_thinning_keeps_the_ends_and_the_order(length: int, most: int) -> None:
    points = [(float(i), math.sqrt(i)) for i in range(length)]
    kept = thin(points, most)
    assert len(kept) == min(length, most)
    assert list(kept) == sorted(set(kept))
    if points:
        assert (kept[0], kept[-1]) == (points[0], points[-1])

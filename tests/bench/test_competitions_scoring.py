"""The metrics against scikit-learn, and the strictness of what is read."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from hakken.bench.competitions.scoring import Unscorable, label, score
from hakken.bench.competitions.submissions import (
    Form,
    InvalidSubmission,
    check_cells,
    parse_submission,
    read_submission,
)

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=40)
NUMBERS = st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)), min_size=1, max_size=40)


def columns(pairs: list[tuple[float, float]]) -> tuple[list[list[str]], list[list[str]]]:
    return [[repr(a)] for a, _ in pairs], [[repr(b)] for _, b in pairs]


@settings(deadline=None)
@given(LABELS)
def test_metrics_of_labels(pairs: list[tuple[int, int]]) -> None:
    said, right = [a for a, _ in pairs], [b for _, b in pairs]
    given_cells, true_cells = columns(pairs)
    assert score("accuracy", given_cells, true_cells) == pytest.approx(metrics.accuracy_score(right, said))
    assert score("f1_macro", given_cells, true_cells) == pytest.approx(metrics.f1_score(right, said, average="macro"))
    if len({*said, *right}) > 1:
        wanted = metrics.cohen_kappa_score(right, said, labels=range(5), weights="quadratic")
        assert score("qwk", given_cells, true_cells) == pytest.approx(wanted, abs=1e-9)


@settings(deadline=None)
@given(NUMBERS)
def test_metrics_of_numbers(pairs: list[tuple[float, float]]) -> None:
    said, right = [a for a, _ in pairs], [b for _, b in pairs]
    cells = columns(pairs)
    assert score("rmse", *cells) == pytest.approx(metrics.root_mean_squared_error(right, said), abs=1e-9)
    assert score("mae", *cells) == pytest.approx(metrics.mean_absolute_error(right, said), abs=1e-9)
    assert score("rmsle", *cells) == pytest.approx(metrics.root_mean_squared_log_error(right, said), abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40))
def test_the_area_under_the_curve_counts_ties_half(pairs: list[tuple[int, bool]]) -> None:
    said, right = [a / 6 for a, _ in pairs], [int(b) for _, b in pairs]
    cells = [[str(a)] for a in said], [[str(b)] for b in right]
    if len(set(right)) == 1:
        with pytest.raises(Unscorable, match="one class"):
            score("auc", *cells)
    else:
        assert score("auc", *cells) == pytest.approx(metrics.roc_auc_score(right, said))


def test_the_log_loss_of_one_column_and_of_several() -> None:
    right = [1, 0, 1, 1]
    said = [0.9, 0.2, 0.5, 0.999]
    one = score("log_loss", [[p] for p in said], [[r] for r in right])
    two = score("log_loss", [[1 - p, p] for p in said], [[1 - r, r] for r in right])
    assert one == pytest.approx(metrics.log_loss(right, said))
    assert two == pytest.approx(one)
    assert score("log_loss", [[0.0], [1.0]], [[1], [0]]) == pytest.approx(metrics.log_loss([1, 0], [0.0, 1.0]))
    with pytest.raises(Unscorable, match="sum to zero"):
        score("log_loss", [[0.0, 0.0]], [[1, 0]])


def test_several_columns_are_averaged() -> None:
    given_cells, right = [["1", "10"], ["3", "10"]], [["2", "10"], ["2", "10"]]
    assert score("rmse", given_cells, right) == pytest.approx(0.5)


@given(st.text("0123456789+-. ", max_size=6) | st.text(max_size=6))
def test_a_label_has_one_spelling_wherever_it_is_read(cell: str) -> None:
    """The reader of submissions and the metrics stand alone, and so each have the rule."""
    form = Form(id="id", columns=("y",), ids=("1",), kind="label", classes=(label(cell),))
    if not cell.strip():
        return
    assert check_cells((cell,), form) == (cell,)
    assert label(label(cell)) == label(cell)


@pytest.mark.parametrize(("cell", "spelt"), [("3.0", "3"), ("+3", "3"), ("-03.", "-3"), ("+-3", "+-3"), ("²", "²")])
def test_labels(cell: str, spelt: str) -> None:
    assert label(cell) == spelt


def test_what_cannot_be_scored() -> None:
    for metric, cells in (("rmsle", [["-1"]]), ("qwk", [["x"]]), ("qwk", [["99999999"]])):
        with pytest.raises(Unscorable):
            score(metric, cells, [["1"]])
    with pytest.raises(Unscorable, match="no answers"):
        score("accuracy", [], [])
    assert [label(text) for text in ("3.0", " 3", "-2", "a.b", "3.5")] == ["3", "3", "-2", "a.b", "3.5"]


FORM = Form("id", ("value",), ("a", "b", "c"), "number")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), st.floats(-1e9, 1e9), min_size=3, max_size=3))
def test_what_is_valid_is_read_as_it_was_written(values: dict[str, float]) -> None:
    text = "id,value\n" + "".join(f"{name},{value!r}\n" for name, value in values.items())
    found = parse_submission(text.encode(), FORM)
    assert {name: float(cells[0]) for name, cells in found.items()} == values


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_stumble(data: bytes) -> None:
    for head in (b"", b"id,value\n", b"id,value\na,1\nb,2\n"):
        try:
            found = parse_submission(head + data, FORM)
        except InvalidSubmission:
            continue
        assert set(found) == {"a", "b", "c"}


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=5), min_size=1, max_size=3), max_size=6))
def test_only_every_id_once_with_a_number_is_valid(rows: list[list[str]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["id", "value"], *rows, ["a", "1"], ["b", "2"], ["c", "3"]])
    try:
        parse_submission(buffer.getvalue().encode("utf-8", "surrogatepass"), FORM)
    except InvalidSubmission:
        assert rows
    else:
        # What csv writes for a row of one empty cell is an empty line.
        assert all(row == [""] for row in rows)


@pytest.mark.parametrize(
    "cell", ["nan", "NaN", "inf", "1e999", "", " ", "1_0", "0x10", "١", "1e31", "--1", "1,5", "None"]
)
def test_what_is_no_number(cell: str) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["id", "value"], ["a", cell], ["b", "2"], ["c", "3"]])
    with pytest.raises(InvalidSubmission, match="line 2"):
        parse_submission(buffer.getvalue().encode(), FORM)


@pytest.mark.parametrize(
    ("kind", "cells", "said"),
    [
        ("positive", "-1", "negative"),
        ("probability", "1.2", "from 0 to 1"),
        ("label", "seven", "not one of the labels"),
        ("label", "", "empty"),
    ],
)
def test_values_of_another_kind(kind: str, cells: str, said: str) -> None:
    form = Form("id", ("value",), ("a",), kind, ("1", "2") if kind == "label" else ())
    with pytest.raises(InvalidSubmission, match=said):
        parse_submission(f"id,value\na,{cells}\n".encode(), form)


def test_rows_of_probabilities_sum_to_one() -> None:
    form = Form("id", ("x", "y"), ("a",), "distribution")
    assert parse_submission(b"id,x,y\na,0.25,0.75\n", form) == {"a": ("0.25", "0.75")}
    with pytest.raises(InvalidSubmission, match=r"sum to 0\.5"):
        parse_submission(b"id,x,y\na,0.25,0.25\n", form)


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    real = tmp_path / "real.csv"
    real.write_text("id,value\na,1\nb,2\nc,3\n")
    (tmp_path / "link.csv").symlink_to(real)
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    assert read_submission(real, FORM)["b"] == ("2",)
    for name in ("link.csv", "folder.csv", "pipe.csv", "none.csv"):
        with pytest.raises(InvalidSubmission):
            read_submission(tmp_path / name, FORM)
    with pytest.raises(InvalidSubmission, match="larger than"):
        read_submission(real, FORM, most_bytes=10)

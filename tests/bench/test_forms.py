"""The forms that results come in: what is a number in each, and that nothing breaks a reader."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.bench.experiments.forms.flat import MAX_DEPTH, Numbers, numbers_of
from hakken.bench.experiments.forms.printed import MAX_NAMES, numbers_printed
from hakken.bench.experiments.forms.records import numbers_of_lines
from hakken.bench.experiments.forms.tables import numbers_of_table
from hakken.bench.experiments.reading import MAX_JSON, Form, Unreadable, form_of, read_numbers, read_printed

finite = st.floats(allow_nan=False, allow_infinity=False)
names = st.text("abcdefgh", min_size=1, max_size=8)
text = st.text(st.sampled_from("ab19.,:;=-+e()[]{}\"'%/| \t\r\n\x1b\0é"), max_size=80)


def sound(found: Numbers) -> None:
    """What every reader keeps, whatever it reads."""
    assert not set(found.values) & set(found.refused)
    for value in found.values.values():
        assert value != ()
        assert all(math.isfinite(number) for number in (value if isinstance(value, tuple) else (value,)))


@pytest.mark.parametrize(
    ("table", "values", "refused"),
    [
        ("a,b\n1,2\n3,4\n", {"a": (1, 3), "b": (2, 4)}, set()),
        ("a,b\n1,x\n", {"a": 1}, {"b"}),
        ("method,acc,f1\nridge,0.5,0.6\nlasso,0.4,\n", {"ridge.acc": 0.5, "ridge.f1": 0.6, "lasso.acc": 0.4}, set()),
        ("method,data,acc\nr,a,1\nr,b,2\n", {"r.a.acc": 1, "r.b.acc": 2}, set()),
        ("method,acc\nr,1\nr,2\n", {"acc": (1, 2)}, {"method"}),
        ("date,v\n2024-01-01,1\n2024-01-02,2\n", {"v": (1, 2)}, {"date"}),
        (",acc\n0,1\n1,2\n", {"acc": (1, 2)}, {"column 1"}),
        ("# a b, c\n1, 2\n\n3, 4\n", {"a b": (1, 3), "c": (2, 4)}, set()),
        ("\ufeffa;b\n1;2.5\n", {"a": 1, "b": 2.5}, set()),
        ("step,train,val\n1,0.5,\n2,,0.6\n", {"step": (1, 2), "train": (0.5,), "val": (0.6,)}, set()),
        ("a,a,b,c\nnan,1,1e999,True\n", {}, {"a", "b", "c"}),
        ("a,a,b\n1,1,1\n", {"b": 1}, {"a"}),
    ],
)
def test_a_table(table: str, values: dict[str, object], refused: set[str]) -> None:
    found = numbers_of_table(table.encode())
    assert (found.values, set(found.refused)) == (values, refused)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"1,2\n3,4\n", "has no header row"),
        (b"a,b\n", "has a header and no rows"),
        (b"\n , \n", "holds no table"),
        (b"a,b\n1,2,3\n", "longer than its header"),
        (b"a\n\xff\n", "is not text in UTF-8"),
        (b"a\n" + b"9" * 200_000, "is no table"),
    ],
)
def test_what_is_no_table(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        numbers_of_table(data)


@settings(deadline=None)
@given(st.lists(names, min_size=1, max_size=4, unique=True), st.data())
def test_a_table_that_python_writes_is_read_back(header: list[str], data: st.DataObject) -> None:
    row = st.lists(finite, min_size=len(header), max_size=len(header))
    rows = data.draw(st.lists(row, min_size=2, max_size=5))
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    columns = {name: tuple(row[index] for row in rows) for index, name in enumerate(header)}
    assert numbers_of_table(out.getvalue().encode()).values == columns


@settings(deadline=None)
@given(text)
def test_any_text_is_survived(said: str) -> None:
    sound(numbers_printed(said))
    for reader in (numbers_of_table, numbers_of_lines):
        try:
            sound(reader(said.encode()))
        except Unreadable:
            continue


def test_records_and_nested_tables() -> None:
    lines = b'{"epoch": 1, "loss": {"train": 0.5}, "note": "a"}\n\n{"epoch": 2, "loss": {"train": 0.25, "val": 1}}\n'
    found = numbers_of_lines(lines)
    assert found.values == {"epoch": (1, 2), "loss.train": (0.5, 0.25), "loss.val": (1,)}
    assert found.refused == {"note": "is not a number"}
    assert numbers_of_lines(b'{"a": 1, "b": [1, 2]}').values == {"a": 1, "b": (1, 2)}
    assert numbers_of({"log": [{"x": 1}, {"x": 2, "y": [{"z": 1}]}]}).values == {"log.x": (1, 2)}
    for data, reason in (
        (b"", "no record"),
        (b"[1]", "no JSON object"),
        (b'{"a":1,"a":2}', "has a line that has a key"),
    ):
        with pytest.raises(Unreadable, match=reason):
            numbers_of_lines(data)


def test_depth_is_bounded_and_a_name_has_one_meaning() -> None:
    table: dict[str, object] = {"x": 1.0}
    for _ in range(MAX_DEPTH - 1):
        table = {"a": table}
    assert len(numbers_of(table).values) == 1
    assert set(numbers_of({"a": table}).refused.values()) == {"is nested too deeply"}
    assert numbers_of({"a.b": 1, "a": {"b": 2}, "c": 3}) == Numbers(
        values={"c": 3.0}, refused={"a.b": "stands there twice"}
    )


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("accuracy: 0.91", {"accuracy": 0.91}),
        ("Epoch 1: loss=0.5, acc = 90%\nEpoch 2: loss=0.4, acc = 95 %", {"loss": (0.5, 0.4), "acc": (90, 95)}),
        ("2024-01-02 10:00:00,123 - INFO - f1 score = 91.3%\n[2024-01-02T10:00:00] INFO: mse: 1e-3", None),
        ("Test set: Average loss: 0.0363, Accuracy: 9880/10000 (99%)", {"Average loss": 0.0363, "Accuracy": 9880}),
        ("{'loss': np.float64(0.31), 'acc': tensor(0.91, device='cuda:0')}", {"loss": 0.31, "acc": 0.91}),
        ("w: [1. 2. 3.]\nv = [np.float64(1), 2,]\nv = [3]", {"w": (1, 2, 3), "v": (1, 2, 3)}),
        ("Accuracy (k=5): 0.91 ± 0.02 F1 (%): 3", {"Accuracy (k=5)": 0.91, "F1 (%)": 3}),
        ("**RMSE:** 0.3\n`a b` ...: 1,234.5", {"RMSE": 0.3, "a b": 1234.5}),
        ("\x1b[1macc\x1b[0m: 0.3\nloss: 1\rloss: 2\r\n", {"acc": 0.3, "loss": 2}),
        ("50%|###  | 5/10 [00:01<00:01, 4.5it/s, loss=0.5]\n10/10 [==] - 0s 5ms/step - loss: 0.25", {"loss": 0.25}),
        ("v: 1.2.3 at 12:30 in /tmp/a=3 http://h:80/x, epoch=3-loss=0.2.ckpt: x.py:35 p < 0.05 a >= 3 b == 4", {}),
        ("x: 3e d: 0x10 e: 12-14 f: true", {}),
    ],
)
def test_what_is_printed(said: str, values: dict[str, object] | None) -> None:
    found = numbers_printed(said)
    assert found.values == ({"f1 score": 91.3, "mse": 0.001} if values is None else values)
    assert found.refused == {}


def test_times_are_left_out_and_told() -> None:
    found = numbers_printed(
        "time: 3.2\nTotal time (s): 5\nhitting time: 7\nx: 3 seconds\nElapsed = 4\nloss: nan\nloss: 1"
    )
    assert found.values == {"hitting time": 7}
    assert found.refused.pop("loss") == "is not finite"
    assert found.refused == dict.fromkeys(("time", "Total time (s)", "x", "Elapsed"), "is a time or a date")


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ('noise: 3\n{"a": 1}\n{"a": {"b": [1, 2]}, "s": "x"}\nDone in time: 3\n{}\n', {"a.b": (1, 2)}),
        ('noise: 3\nResults: {\n  "a": {\n    "b": 1\n  }\n}\n', {"a.b": 1}),
        ('{"lr": 0.1}\nacc: 0.5', {"lr": 0.1, "acc": 0.5}),
        ('{"a": 1, "a": 2}', {"a": (1, 2)}),
        ("}\na: 1\n}\n}", {"a": 1}),
        ('{\n"a": 1\n}\n}', {"a": 1}),
    ],
)
def test_a_json_object_at_the_end_says_it_all(said: str, values: dict[str, object]) -> None:
    assert numbers_printed(said).values == values


@settings(deadline=None)
@given(st.dictionaries(names, st.lists(finite, min_size=1, max_size=3), max_size=4))
def test_lines_that_python_prints_are_read_back(series: dict[str, list[float]]) -> None:
    said = "\n".join(f"{name}: {value!r}" for name, values in series.items() for value in values)
    wanted = {name: tuple(values) if len(values) > 1 else values[0] for name, values in series.items()}
    assert numbers_printed(said).values == wanted
    assert numbers_printed(f"{said}\n{json.dumps(series, indent=1)}").values == {n: tuple(v) for n, v in series.items()}


def test_too_many_names() -> None:
    with pytest.raises(Unreadable, match="more than 1000 numbers"):
        numbers_printed("\n".join(f"x{index}: 1" for index in range(MAX_NAMES + 1)))


@pytest.mark.parametrize(
    "unit", [":", "[1,", "a=[", "(", "(a", "1:1", "\x1b[", "{\n", "{\n}\n", "{}\n", "1,111", "a-", "{", " ", "\t:", "9"]
)
def test_hundreds_of_kilobytes_of_anything_are_read(unit: str) -> None:
    """Time would be hours where a step took more than linear time."""
    many = unit * (MAX_JSON // (4 * len(unit)))
    for said in (many, f"a: {many}: 1"):
        sound(numbers_printed(said))


def test_the_last_megabyte_of_an_output_counts(tmp_path: Path) -> None:
    log = tmp_path / "stdout"
    log.write_bytes(b"early: 1\n" + b"x" * MAX_JSON + b" torn: 2\n" + b"late: 3\n")
    assert read_printed(log).values == {"late": 3}
    with pytest.raises(Unreadable, match="is longer than 1 MB"):
        read_printed(log, log.stat().st_size + 1)
    log.write_bytes(b"")
    assert read_printed(log, 0) == Numbers()


def test_the_form_is_told_by_the_name(tmp_path: Path) -> None:
    assert [form_of(n) for n in ("-", "a.LOG", "a.csv", "b/a.jsonl", "a", "a.json")] == [
        Form.PRINTED,
        Form.PRINTED,
        Form.TABLE,
        Form.RECORDS,
        Form.JSON,
        Form.JSON,
    ]
    contents = {"a.json": '[{"x": 1}, {"x": 2}]', "a.tsv": "x\ty,z\n1\t2\n2\t3", "a.ndjson": '{"x": 1}\n{"x": 2}'}
    for name, content in {**contents, "a.txt": "x: 1\nx: 2"}.items():
        (tmp_path / name).write_text(content)
        assert read_numbers(tmp_path, name).values["x"] == (1, 2)
    (tmp_path / "a.json").write_text("[1, 2]")
    with pytest.raises(Unreadable, match="holds no table"):
        read_numbers(tmp_path, "a.json")

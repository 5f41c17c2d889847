"""Measured values are found in the files of a repository, and what it sets is not taken for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.bench.texts import leaks
from hakken.bench.texts.leaks import PART, Search, texts_of
from hakken.bench.texts.papers import strip_results
from hakken.bench.types import Experiment, Variant
from tests.bench.conftest import gold

GOLDS = gold(**{"test.accuracy": 0.93412, "f1": 0.88718, "steps": 412.0})
EXPERIMENT = Experiment(
    name="e",
    command=("bash", "-c", "python run.py --config=./conf/a.json"),
    results="results.json",
    hidden=(Variant(name="h", file="conf/hidden.toml", overrides={"rate": 1}),),
)
README = "Our model reaches 0.9341 accuracy and 0.8872 F1.\n"


@pytest.mark.parametrize(
    ("name", "text", "held"),
    [
        ("results.json", '{"accuracy": 0.9341, "f1": 0.8872}', ()),  # the experiment writes it: it is taken out
        ("old/run1.json", '{"runs": [{"Accuracy": 0.9341}], "seed": 412}', ("0.9341",)),
        ("old.csv", "model,accuracy,f1\nours,0.9341,0.887\nother,0.5,0.6\n", ("0.9341", "0.887")),
        ("old.yaml", "metrics:\n  accuracy: 93.4\n", ("93.4",)),
        ("train.log", "epoch 9, accuracy: 0.934\n", ("0.934",)),
        ("old.jsonl", '{"f1": 0.8872}\n', ("0.8872",)),
    ],
)
def test_an_old_result_is_no_configuration(name: str, text: str, held: tuple[str, ...]) -> None:
    search = Search(GOLDS, [EXPERIMENT], [(name, text)])
    assert strip_results(README, GOLDS, search.inputs) == "Our model reaches […] accuracy and […] F1.\n"
    assert search.values(name, text) == held


def test_configuration_is_what_is_named_and_what_reads_as_no_result() -> None:
    texts = {
        "conf/a.json": '{"accuracy": 0.934, "rate": 0.8872, "steps": 412}',
        "conf/hidden.toml": "f1 = 0.887\n",
        "conf/other.ini": "[a]\nrate = 0.125\npoints = 412\nacc = 0.9341\n",
    }
    search = Search(GOLDS, [EXPERIMENT], texts.items())
    assert search.inputs == {0.934, 0.8872, 412.0, 0.887, 0.125}
    assert [search.values(*item) for item in texts.items()] == [(), (), ()]


def test_data_is_no_old_result() -> None:
    column = "accuracy\n" + "0.934\n" * 200
    rows = "\n".join(f"{number / 7:.3f} 0.934 0.887" for number in range(40))
    search = Search(GOLDS, [EXPERIMENT], [])
    assert search.values("data.csv", column) == search.values("data.txt", rows) == ()
    assert search.values("data.csv", column.replace("0.934", "0.93412")) == ("0.93412",)
    assert search.values("notes.txt", "0.934 0.887") == ("0.934", "0.887")


def test_all_files_are_read_or_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7" + b"x" * 5000 + b"\0")
    (tmp_path / "long.log").write_text("step 1 of many\n" * (PART // 10) + "accuracy: 0.93412\n")
    (tmp_path / "notes.txt").write_bytes("Er beträgt 0,934.".encode("latin-1"))
    (tmp_path / "link").symlink_to(tmp_path)
    found = texts_of(tmp_path)
    assert found.unsearched == ("paper.pdf",)
    assert found.contents["notes.txt"] == "Er beträgt 0,934."
    assert Search(GOLDS, [EXPERIMENT], []).values("long.log", found.contents["long.log"]) == ("0.93412",)
    monkeypatch.setattr(leaks, "_MAX_TEXT", PART)
    assert texts_of(tmp_path).unsearched == ("long.log", "paper.pdf")

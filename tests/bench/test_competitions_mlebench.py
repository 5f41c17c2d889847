"""Competitions of MLE-bench that a user has on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.bench.competitions.grading import grade
from hakken.bench.competitions.mlebench import load_arena
from hakken.bench.competitions.pointers import LfsPointer
from hakken.core.errors import UsageError

CONFIG = """
id: tiny-spooky
name: Tiny Spooky
competition_type: simple
awards_medals: true
dataset:
  answers: tiny-spooky/prepared/private/test.csv
  sample_submission: tiny-spooky/prepared/public/sample_submission.csv
grader:
  name: log-loss
  grade_fn: mlebench.competitions.tiny.grade:grade
"""
BOARD = "scoreNullable,teamId,teamName,submissionDate,score\n" + "".join(
    f",{i},team{i},2017-12-15,{0.1 + 0.05 * i:.2f}\n" for i in range(20)
)


@pytest.fixture
def spooky(tmp_path: Path) -> Path:
    root = tmp_path / "competitions" / "tiny-spooky"
    prepared = tmp_path / "data" / "tiny-spooky" / "prepared"
    for folder in (root, prepared / "public", prepared / "private"):
        folder.mkdir(parents=True)
    (root / "config.yaml").write_text(CONFIG)
    (root / "leaderboard.csv").write_text(BOARD)
    (prepared / "public" / "sample_submission.csv").write_text("id,EAP,HPL\n7,0.5,0.5\n8,0.5,0.5\n")
    (prepared / "public" / "train.csv").write_text("id,text,author\n1,a,EAP\n")
    (prepared / "private" / "test.csv").write_text("id,text,EAP,HPL\n7,a,1,0\n8,b,0,1\n")
    return tmp_path


def load(root: Path, metric: str | None = None) -> object:
    return load_arena(root / "competitions" / "tiny-spooky", root / "data", metric)


def test_the_folders_of_repository_and_data(spooky: Path, tmp_path: Path) -> None:
    arena = load_arena(spooky / "competitions" / "tiny-spooky", spooky / "data")
    assert (arena.name, arena.metric, len(arena.board.entries)) == ("tiny-spooky", "log_loss", 20)
    file = tmp_path / "submission.csv"
    # Rows are rescaled, as the graders of Kaggle do.
    file.write_text("id,EAP,HPL\n8,0.05,0.95\n7,0.45,0.05\n")
    graded = grade(file, arena)
    assert graded.report.score == 0.07833
    assert graded.report.gold_medal
    assert (graded.against, graded.public_score, graded.place) == ("teams", None, 1)
    assert graded.report.gold_threshold == 0.15
    assert graded.report.is_lower_better


def test_one_folder_with_everything(spooky: Path, tmp_path: Path) -> None:
    root = tmp_path / "all"
    (spooky / "data" / "tiny-spooky" / "prepared").rename(root)
    (root / "leaderboard.csv").write_text(BOARD)
    with pytest.raises(UsageError, match=r"no config\.yaml names one"):
        load_arena(root)
    assert load_arena(root, metric="auc").metric == "auc"
    with pytest.raises(UsageError, match="no metric 'elo'"):
        load_arena(root, metric="elo")


def test_a_leaderboard_that_is_a_pointer(spooky: Path) -> None:
    board = spooky / "competitions" / "tiny-spooky" / "leaderboard.csv"
    board.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 65536\n")
    with pytest.raises(LfsPointer, match=r"65536 bytes.*git lfs pull"):
        load(spooky)


def spoil(root: Path, what: str) -> None:
    prepared, definition = root / "data" / "tiny-spooky" / "prepared", root / "competitions" / "tiny-spooky"
    if what == "metric":
        (definition / "config.yaml").write_text(CONFIG.replace("log-loss", "map-at-k"))
    elif what == "yaml":
        (definition / "config.yaml").write_text("a: [")
    elif what == "ids":
        (prepared / "private" / "test.csv").write_text("id,EAP,HPL\n7,1,0\n9,0,1\n")
    elif what == "columns":
        (prepared / "private" / "test.csv").write_text("id,author\n7,EAP\n8,HPL\n")
    elif what == "values":
        (prepared / "private" / "test.csv").write_text("id,EAP,HPL\n7,1,0\n8,x,1\n")
    elif what == "private":
        (prepared / "private").rename(prepared / "elsewhere")
    elif what == "answers":
        (prepared / "private" / "test.csv").rename(prepared / "private" / "test.json")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("metric", "metric of .* is not known here: map-at-k.*--metric"),
        ("yaml", "not YAML"),
        ("ids", "other ids"),
        ("columns", "no column 'EAP'"),
        ("values", "do not fit the metric: 8: 'x'"),
        ("private", "no public/ and private/.*mlebench prepare"),
        ("answers", r"no answers\.csv.*Only answers in CSV"),
    ],
)
def test_what_is_wrong_is_said(spooky: Path, what: str, said: str) -> None:
    spoil(spooky, what)
    with pytest.raises(UsageError, match=said):
        load(spooky)

"""The competitions that ship: always the same rows, graded as they should be, with nothing that tells the answers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from hakken.bench.competitions.baselines import LABEL
from hakken.bench.competitions.definition import load_competition, load_leaderboard, shipped
from hakken.bench.competitions.grading import Arena, arena_of, grade, grade_bytes, load_board, validate
from hakken.bench.competitions.leaks import probe_arena
from hakken.bench.competitions.medals import is_lower_better
from hakken.bench.competitions.preparing import (
    PRIVATE,
    PUBLIC,
    USAGE,
    Prepared,
    held_out,
    prepare,
    write_private,
    write_public,
)
from hakken.bench.competitions.spoiling import spoiled
from hakken.bench.competitions.tables import Table, read_table
from hakken.core.errors import UsageError

NAMES = sorted(shipped())


def prepared(name: str) -> Prepared:
    return prepare(load_competition(name).root)


def arena(name: str) -> Arena:
    return arena_of(prepared(name), load_board(load_competition(name)))


def test_there_are_eight_of_eight_kinds() -> None:
    found = [load_competition(name) for name in NAMES]
    assert len(found) == len({c.kind for c in found}) == len({c.metric for c in found}) == 8
    assert all(c.source and c.licence and c.masked for c in found)
    with pytest.raises(UsageError, match="no competition 'titanic'"):
        load_competition("titanic")


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_split_as_they_should_be(name: str) -> None:
    ready = prepared(name)
    competition = ready.competition
    train, test = ready.train.column(ready.id), ready.test.column(ready.id)
    assert not set(train) & set(test)
    assert len(set(train)) == len(train)
    assert competition.target in ready.train.columns
    assert competition.target not in ready.test.columns
    assert len(test) >= competition.split.test
    assert ready.answers.column(ready.id) == test
    usage = ready.answers.column(USAGE)
    assert set(usage) == {PUBLIC, PRIVATE}
    assert abs(usage.count(PUBLIC) / len(usage) - competition.split.public_share) < 0.01


@pytest.mark.parametrize("name", NAMES)
def test_perfect_answers_win_and_the_sample_does_not(name: str) -> None:
    ready, where = prepared(name), arena(name)
    perfect = grade_bytes(ready.answers.without([USAGE]).text().encode(), where, "perfect")
    assert perfect.report.gold_medal
    assert perfect.place == 1
    sample = grade_bytes(ready.sample.text().encode(), where, "sample")
    assert sample.report.valid_submission
    assert not sample.report.any_medal
    assert not sample.report.above_median


@pytest.mark.parametrize("name", NAMES)
def test_the_leaderboard_is_one_of_baselines(name: str) -> None:
    board = load_board(load_competition(name))
    assert 30 <= len(board.entries) <= 60
    assert all(entry.team.startswith(LABEL) for entry in board.entries)
    assert len({entry.team for entry in board.entries}) == len(board.entries)
    assert is_lower_better(board.scores) == load_competition(name).lower_better
    assert list(board.scores) == sorted(board.scores, reverse=not board.lower_better)


@pytest.mark.parametrize("name", ["tumour-odds", "which-play", "clinic-visits"])
def test_spoiled_submissions_have_no_score(name: str) -> None:
    where = arena(name)
    for label, data in spoiled(prepared(name)):
        graded = grade_bytes(data, where, label)
        assert graded.report.score is None, label
        assert graded.problem, label
        assert not graded.report.any_medal


def test_what_is_said_of_an_invalid_submission_tells_no_answer(tmp_path: Path) -> None:
    ready = prepared("party-scale")
    file = tmp_path / "submission.csv"
    for label in ("1", "6"):
        rows = [(row[0], label) for row in ready.sample.rows[:-1]]
        file.write_text(Table(ready.sample.columns, tuple(rows)).text())
        assert validate(file, ready.form) == f"1 ids are missing, such as {ready.sample.rows[-1][0]!r}"
    file.write_text(ready.sample.text())
    assert validate(file, ready.form) == ""
    assert grade(tmp_path / "none.csv", arena("party-scale")).report.submission_exists is False


def test_files_are_the_same_each_time_and_answers_are_written_on_demand(tmp_path: Path) -> None:
    ready = prepared("diabetes-year")
    for folder in ("one", "two"):
        prepare.cache_clear()
        write_public(prepared("diabetes-year"), tmp_path / folder)
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / f).iterdir()} for f in ("one", "two"))
    assert one == two
    assert set(one) == {"train.csv", "test.csv", "sample_submission.csv", "description.md"}
    write_private(ready, tmp_path / "private")
    assert (tmp_path / "private").stat().st_mode & 0o77 == 0
    assert read_table(tmp_path / "private" / "answers.csv") == ready.answers
    with pytest.raises(UsageError, match="not of this competition"):
        write_public(ready, tmp_path)


def test_groups_are_in_one_part_only() -> None:
    ready = prepared("which-play")
    rows = range(len(ready.train.rows))
    chosen = held_out(ready.competition, rows, ready.groups, 100, "validation")
    assert len(chosen) >= 100
    inside = {ready.groups[i] for i in chosen}
    assert not inside & {ready.groups[i] for i in rows if i not in chosen}


def test_a_leaderboard_without_scores_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "leaderboard.csv"
    for text, said in (
        ("teamName\na\n", "no column `score`"),
        ("score\n", "no teams"),
        ("score\nnan\n", "row 2: the score 'nan'"),
        ("score,public_score\n1,2\n1,n/a\n", "row 3: the public_score 'n/a' is not"),
    ):
        file.write_text(text)
        with pytest.raises(UsageError, match=said):
            load_leaderboard(file, baselines=False)


# --- probes see what is planted ---


def leaks(ready: Prepared) -> dict[str, bool]:
    board = load_board(ready.competition)
    found = probe_arena(arena_of(ready, board), ready)
    assert all(bool(probe.finding) is not probe.passed for probe in found)  # a finding is said where there is one
    return {probe.name: probe.leak for probe in found}


@pytest.mark.parametrize("name", ["tumour-odds", "diabetes-year", "party-scale", "carbon-weekly"])
def test_nothing_leaks(name: str) -> None:
    assert not any(leaks(prepared(name)).values())


def planted(ready: Prepared, train: Table, test: Table) -> Prepared:
    return dataclasses.replace(ready, train=train, test=test)


def test_an_id_that_tells_the_target_is_seen() -> None:
    ready = prepared("tumour-odds")
    place = ready.train.columns.index("malignant")
    # All malignant tumours get low ids, in the training rows and in the test rows.
    train = tuple((str(i if row[place] == "1" else 10_000 + i), *row[1:]) for i, row in enumerate(ready.train.rows))
    truth = ready.answers.column("malignant")
    new = [str(300 + i if value == "1" else 15_000 + i) for i, value in enumerate(truth)]
    test = tuple((name, *row[1:]) for name, row in zip(new, ready.test.rows, strict=True))
    answers = tuple((name, *row[1:]) for name, row in zip(new, ready.answers.rows, strict=True))
    moved = dataclasses.replace(
        ready,
        train=Table(ready.train.columns, train),
        test=Table(ready.test.columns, test),
        answers=Table(ready.answers.columns, answers),
    )
    assert leaks(moved)["id"]


def test_sorted_test_rows_are_seen() -> None:
    ready = prepared("tumour-odds")
    place = ready.answers.columns.index("malignant")
    order = sorted(range(len(ready.test.rows)), key=lambda i: ready.answers.rows[i][place])
    moved = dataclasses.replace(ready, test=ready.test.take(order), answers=ready.answers.take(order))
    assert leaks(moved)["order"]


def test_ties_have_no_order() -> None:
    """Many visits are none: were equal values ranked by their place, any order of the rows would seem to tell them."""
    board = load_board((ready := prepared("clinic-visits")).competition)
    found = {probe.name: probe.value for probe in probe_arena(arena_of(ready, board), ready)}
    assert found["order"] > 0.1
    assert found["id"] > 0.1


def test_a_feature_that_is_the_target_is_seen_and_so_are_copied_rows() -> None:
    ready = prepared("tumour-odds")
    target = ready.train.column("malignant")
    train = Table(
        (ready.id, "hint", *ready.train.columns[1:]),
        tuple((row[0], value, *row[1:]) for row, value in zip(ready.train.rows, target, strict=True)),
    )
    truth = ready.answers.column("malignant")
    test = Table(
        (ready.id, "hint", *ready.test.columns[1:]),
        tuple((row[0], value, *row[1:]) for row, value in zip(ready.test.rows, truth, strict=True)),
    )
    assert leaks(planted(ready, train, test))["single_feature"]
    copied = tuple((row[0], *ready.train.rows[i % 50][1:-1]) for i, row in enumerate(ready.test.rows))
    assert leaks(planted(ready, ready.train, Table(ready.test.columns, copied)))["duplicates"]
    nearly = tuple((row[0], repr(float(row[1]) + 1e-6), *row[2:]) for row in copied)
    assert leaks(planted(ready, ready.train, Table(ready.test.columns, nearly)))["near_duplicates"]


def test_test_rows_of_another_kind_are_seen() -> None:
    ready = prepared("diabetes-year")
    older = tuple((row[0], str(float(row[1]) + 30), *row[2:]) for row in ready.test.rows)
    assert leaks(planted(ready, ready.train, Table(ready.test.columns, older)))["adversarial"]


def test_texts_that_are_nearly_the_same_are_seen() -> None:
    ready = prepared("which-play")
    texts = ready.train.column("text")
    test = tuple((row[0], texts[i % 60][:-3] + "zzz") for i, row in enumerate(ready.test.rows))
    found = leaks(planted(ready, ready.train, Table(ready.test.columns, test)))
    assert found["near_duplicates"]
    assert not leaks(ready)["near_duplicates"]

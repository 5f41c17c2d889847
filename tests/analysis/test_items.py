"""Item analysis of a simulated benchmark in the layout of SWE-bench, whose truth is known."""

from __future__ import annotations

import csv
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from hakken.analysis.item_page import count_bins, write_items
from hakken.analysis.items import DISCORDANT, ItemAnalysis, _residuals, analyse, label_codes
from hakken.analysis.matrix import ItemFacts, Responses, from_table, read_responses
from hakken.analysis.resampling import wilson
from hakken.cli.app import app
from hakken.core.errors import UsageError
from tests.bench.simulated import SOURCES, kept, made, population

LABELS = ("<15 min fix", "15 min - 1 hour", "1-4 hours", ">4 hours")
ODD = {"web-3": ">4 hours", "plot-5": "<15 min fix"}
"""Items whose human label is at odds with how hard they are for programs: the first is easy, the second hard."""


def benchmark(folder: Path) -> tuple[Path, Path]:
    """Sixty submissions over five quarters, and a table of forty items of four repositories."""
    generator = np.random.default_rng(5)
    repositories = {"web": -1.0, "algebra": 0.0, "stats": 0.4, "plot": 1.2}
    truth: dict[str, float] = {}
    rows = []
    for repository, shift in repositories.items():
        for k in range(10):
            name = f"{repository}-{k}"
            level = int(generator.integers(3))
            difficulty = shift + 1.1 * (level - 1) + float(generator.normal(0, 0.5))
            label = LABELS[level]
            if name in ODD:
                difficulty, label = (-2.2 if name == "web-3" else 2.6), ODD[name]
            truth[name] = difficulty
            statement = "x" * int(generator.integers(50, 500))
            rows.append((name, f"lab/{repository}", f"20{20 + k % 3}-01-02", label, statement))
    items = folder / "items.csv"
    with items.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("instance_id", "repo", "created_at", "difficulty", "problem_statement"))
        writer.writerows(rows)
    for k in range(60):
        ability = float(generator.normal(0.6 * (k // 12) - 1.2, 0.7))
        name = f"2024{1 + 2 * (k // 12):02d}15_agent{k}"
        solved = [i for i, b in truth.items() if generator.random() < 1 / (1 + np.exp(b - ability))]
        place = folder / "verified" / name / "results"
        place.mkdir(parents=True)
        (place / "results.json").write_text(json.dumps({"no_generation": [], "resolved": solved}))
    return folder / "verified", items


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of submissions and the table of items."""
    return benchmark(tmp_path_factory.mktemp("benchmark"))


@pytest.fixture(scope="module")
def found(files: tuple[Path, Path]) -> ItemAnalysis:
    """Its analysis."""
    return analyse(read_responses(*files))


def test_difficulty_by_group_date_and_label(found: ItemAnalysis) -> None:
    assert (len(found.items), len(found.subjects)) == (40, 60)
    rates = {tuple(rate.by.items()): rate for rate in found.rates}
    web, plot = rates[(("group", "lab/web"),)], rates[(("group", "lab/plot"),)]
    assert web.low > plot.rate
    assert (web.items, web.subjects) == (10, 60)
    dates = [rates[(("date", f"2024-Q{q}"),)].rate for q in (1, 3)]
    assert dates[0] < dates[1]
    assert rates[(("group", "lab/web"), ("date", "2024-Q1"))].subjects == 12 * 2
    assert (("item date", "2021"),) in rates
    ranked = [rates[(("label", label),)].rate for label in LABELS[:3]]
    assert ranked == sorted(ranked, reverse=True)


def test_people_and_programs_disagree_where_they_were_made_to(found: ItemAnalysis) -> None:
    harder, easier = found.discordant()
    assert harder[0].item == "plot-5"
    assert easier[0].item == "web-3"
    by_name = {a.what: a for a in found.associations}
    label = by_name["label and difficulty"]
    assert 0 < label.low < label.spearman < label.high
    assert by_name["label and number of subjects that solve it"].spearman < 0
    size = by_name["size and difficulty"]
    assert size.low < 0 < size.high  # the length of a statement has nothing to do with it


def test_the_farthest_items_are_no_more_than_scatter_gives(found: ItemAnalysis, tmp_path: Path) -> None:
    """Without any disagreement one item in twenty is listed: so the page says how many, and calls none a discovery."""
    generator = np.random.default_rng(3)
    label, noise = generator.normal(size=(2, 200, 500))
    far = [np.mean(np.abs(_residuals(x + e, x)) >= DISCORDANT) for x, e in zip(label, noise, strict=True)]
    assert np.mean(far) == pytest.approx(0.0455, abs=0.002)
    many = found.model_copy(update={"items": tuple(found.items[k % 40] for k in range(500))})
    assert "Of 500 items that merely scatter about the line, some 23 would lie as far" in many.by_scatter
    pages = [path.read_text() for path in write_items(found, tmp_path, "title")[:2]]
    assert all(page.count(found.by_scatter) >= 2 for page in pages)
    assert not any("chance" in page for page in pages)


def test_a_bound_is_no_evidence_on_its_other_side(found: ItemAnalysis) -> None:
    def listed(solved: int, z: float) -> list[int]:
        item = found.items[0].model_copy(update={"extreme": True, "solved": solved, "discordance": z})
        return [len(chosen) for chosen in found.model_copy(update={"items": (item,)}).discordant()]

    assert listed(0, 3.0) == [1, 0]
    assert listed(0, -3.0) == [0, 0], "nobody solved it: it may be as hard as people think"
    assert listed(60, -3.0) == [0, 1]
    assert listed(60, 3.0) == [0, 0], "everybody solved it: it may be as easy as people think"


def test_items_that_tell_subjects_apart() -> None:
    generator = np.random.default_rng(1)
    ability = generator.normal(0, 1.5, 80)
    cells = {
        f"s{k}": {f"i{j}": int(generator.random() < 1 / (1 + np.exp((j - 5) / 3 - a))) for j in range(11)}
        | {"coin": int(generator.random() < 0.5), "always": 1}
        for k, a in enumerate(ability)
    }
    found = {item.item: item for item in analyse(from_table(cells)).items}
    middle = found["i5"].corrected
    assert middle is not None
    assert middle > 0.3
    assert abs(found["coin"].corrected or 0.0) < 0.3
    assert found["always"].point_biserial is None
    assert found["always"].extreme
    assert found["i5"].point_biserial is not None
    assert found["i5"].point_biserial > middle  # a total that holds the item itself flatters it


def test_every_form_of_a_matrix_is_read_alike(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("subject,date,a,b\nx,2024-01,1,0\ny,2024-02,pass,\n")
    (tmp_path / "long.csv").write_text(
        "subject,date,item,solved\nx,2024-01,a,true\nx,2024-01,b,0\ny,2024-02,a,1\ny,2024-02,b,NA\n"
    )
    table = {"x": {"a": 1, "b": 0}, "y": {"a": True, "b": None}}
    dates = {"x": {"date": "2024-01"}, "y": {"date": "2024-02"}}
    (tmp_path / "whole.json").write_text(json.dumps({"responses": table, "subjects": dates}))
    wide = read_responses(tmp_path / "wide.csv")
    assert wide == read_responses(tmp_path / "long.csv") == read_responses(tmp_path / "whole.json")
    assert wide.cells == ((1, 0), (1, None))
    (tmp_path / "plain.json").write_text(json.dumps(table))
    (tmp_path / "dates.csv").write_text("subject,date\nx,2024-01\ny,2024-02\n")
    assert read_responses(tmp_path / "plain.json", subjects=tmp_path / "dates.csv") == wide


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "subject,a\nx,2\n", "neither solved nor not"),
        ("a.csv", "who,a\nx,1\n", "no column `subject`"),
        ("a.csv", "subject,a\nx,1\nx,0\n", "there twice"),
        ("a.csv", "subject,item,solved\nx,a,1\nx,a,0\n", "two responses"),
        ("a.csv", "subject,a\nx\n", "different lengths"),
        ("a.csv", "subject,a,a,b\nx,1,0,1\n", "the column 'a' is there twice"),
        ("a.json", "[1]", "holds no table"),
        ("a.json", '{"x": 1}', "another form"),
        ("a.json", "{", "cannot be read"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=message):
        read_responses(tmp_path / name)


def test_long_fields_are_read_and_the_limit_of_others_stays(tmp_path: Path) -> None:
    usual = csv.field_size_limit()
    (tmp_path / "a.csv").write_text("subject,a,b\nx,1,0\n")
    (tmp_path / "items.csv").write_text(f"item,text\na,{'x' * 2 * usual}\n")
    assert read_responses(tmp_path / "a.csv", tmp_path / "items.csv").facts["a"].size == 2 * usual
    assert csv.field_size_limit() == usual


def test_an_item_that_is_described_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("subject,a,b\nx,1,0\n")
    (tmp_path / "items.csv").write_text("item,label\na,easy\na,hard\n")
    with pytest.raises(UsageError, match="the item a is there twice"):
        read_responses(tmp_path / "a.csv", tmp_path / "items.csv")


def test_rates_count_the_fewer_of_items_and_subjects() -> None:
    """Three subjects say little about others, however many items each has tried."""
    cells = {f"s{s}": {f"i{i}": int((i + s) % 2) for i in range(40)} for s in range(3)}
    facts = {f"i{i}": ItemFacts(group="g") for i in range(40)}
    (rate,) = [r for r in analyse(from_table(cells, facts=facts)).rates if r.by == {"group": "g"}]
    assert (rate.low, rate.high) == wilson(rate.rate, 3)


def test_labels_and_their_order() -> None:
    assert label_codes([">4 hours", "", "<15 min fix"])[[0, 2]].tolist() == [3.0, 0.0]
    assert label_codes(["3", "1"]).tolist() == [3.0, 1.0]
    assert label_codes(["b", "a"], ["a", "b"]).tolist() == [1.0, 0.0]
    with pytest.raises(UsageError, match="order of the labels"):
        label_codes(["trivial", "awful"])
    with pytest.raises(UsageError, match="not in the order"):
        label_codes(["a", "c"], ["a", "b"])


def test_who_did_nothing_is_left_out_and_named() -> None:
    cells = {f"s{k}": {"a": k % 2, "b": (k // 2) % 2, "c": None} for k in range(8)} | {"idle": {"a": None}}
    found = analyse(from_table(cells))
    assert (len(found.items), len(found.subjects)) == (2, 8)
    assert "idle, c" in found.notes[0]


def test_what_a_folder_of_submissions_does_not_say_is_said(files: tuple[Path, Path], tmp_path: Path) -> None:
    folder, table = files
    assert read_responses(folder, table).notes == ()
    assert "Give the whole list: --items" in analyse(read_responses(folder)).notes[0]
    for name, solved in (("20240101_a", ["x"]), ("20240102_b", ["x", "y"])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json.dumps({"resolved": solved, "no_generation": ["z"]}))
    assert read_responses(tmp_path).items == ("x", "y", "z")  # nobody solved the last one
    (tmp_path / "items.csv").write_text("item\nx\nw\n")
    known = read_responses(tmp_path, tmp_path / "items.csv")
    assert known.items == ("x", "w")
    assert known.notes == ("1 resolved items are not in the table of items, and are left out: y.",)


def test_a_fit_that_says_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    alike = {f"s{k}": {f"i{i}": int((i + k) % 2) for i in range(4)} for k in range(8)}
    assert any("differ no more than by chance" in note for note in analyse(from_table(alike)).notes)
    steps = {f"s{k}": {f"i{i}": int(i < k) for i in range(8)} for k in range(9)}
    assert any("more than the model can say" in note for note in analyse(from_table(steps)).notes)
    assert not any("did not converge" in note for note in analyse(from_table(steps)).notes)
    monkeypatch.setattr("hakken.analysis.rasch.MOST_STEPS", 1)
    assert any("did not converge" in note for note in analyse(from_table(steps)).notes)


def test_attempts_have_no_human_label(tmp_path: Path) -> None:
    folder = tmp_path / "attempts"
    folder.mkdir()
    for index, attempt in enumerate(population("agent-both", 0.0)):
        (folder / f"{index}.json").write_text(attempt.model_dump_json())
    words = ["items", str(folder), "--out", str(tmp_path / "out"), "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    found = ItemAnalysis.model_validate_json(result.stdout)
    assert {(item.label, item.discordance) for item in found.items} == {("", None)}
    assert {rate.by["kind"] for rate in found.rates if "kind" in rate.by} == {"n = 1", "n = 2", "n = 3"}
    assert {rate.by["group"] for rate in found.rates if rate.by.keys() == {"group"}} == set(SOURCES)
    page = (tmp_path / "out" / "items.html").read_text()
    assert "people think" not in page
    assert any(a.what == "size and difficulty" and a.low > 0 for a in found.associations)


def test_a_task_that_was_changed_is_another_item(tmp_path: Path) -> None:
    attempts = [
        made(agent, "descent-n1-0", functions=("f",), solved=agent == "a", task_hash=f"sha256:{mark * 8}")
        for agent in "ab"
        for mark in "12"
    ]
    attempts += [made(agent, "descent-n1-1", solved=agent == "b") for agent in "abc"]
    folder = kept(tmp_path / "attempts", *attempts)
    (folder / "odd.json").write_text("{}")
    result = CliRunner().invoke(app, ["items", str(folder), "--out", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0, result.output
    found = ItemAnalysis.model_validate_json(result.stdout)
    names = {"descent-n1-0 (11111111)", "descent-n1-0 (22222222)", "descent-n1-1"}
    assert {item.item for item in found.items} == names
    assert "odd.json is no attempt of this version, and is left out." in found.notes
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(app, ["items", str(folder), "--out", str(tmp_path / "file")])
    assert result.exit_code == 2
    assert "is no folder" in result.output


def test_the_files(found: ItemAnalysis, tmp_path: Path) -> None:
    paths = write_items(found, tmp_path, "<b>title</b>")
    page = paths[0].read_text()
    assert page.count("data:image/svg+xml;base64,") == 4
    assert "<b>title" not in page
    assert ItemAnalysis.model_validate_json(paths[2].read_bytes()) == found
    assert "| plot-5 | lab/plot | <15 min fix |" in paths[1].read_text()


@given(st.integers(0, 500))
def test_each_bar_stands_for_as_many_counts_as_the_next(top: int) -> None:
    edges = count_bins(top)
    counts = [sum(left < count < right for count in range(top + 1)) for left, right in pairwise(edges)]
    assert sum(counts) == top + 1
    assert len(counts) <= 30
    assert set(counts[:-1]) <= {counts[0]}
    assert 0 < counts[-1] <= counts[0]
    assert {right - left for left, right in pairwise(edges)} == {edges[1] - edges[0]}


def test_the_command(tmp_path: Path) -> None:
    rows = [f"s{k},{k % 2},{(k // 2) % 2},{int(k > 3)}" for k in range(8)]
    (tmp_path / "m.csv").write_text("\n".join(["subject,a,b,c", *rows, ""]))
    (tmp_path / "items.csv").write_text("item,group,label\na,g,low\nb,g,high\nc,h,low\n")
    words = ["items", str(tmp_path / "m.csv"), "--items", str(tmp_path / "items.csv"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*words, "--order", "low,high", "--json"])
    assert result.exit_code == 0, result.output
    assert {i["group"] for i in json.loads(result.stdout)["items"]} == {"g", "h"}
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"items.html", "items.md", "items.json"}
    assert CliRunner().invoke(app, words).exit_code == 2  # the order of the labels is not known
    (tmp_path / "items.csv").write_text("item,group\nz,g\n")
    assert CliRunner().invoke(app, words).exit_code == 2


def test_responses_by_item() -> None:
    matrix: Responses = from_table({"x": {"a": 1}, "y": {"b": 0}})
    assert matrix.column("b") == (None, 0)

"""The table of the scientist: real runs of a scripted model on templates of milliseconds, and what is made of them."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hakken.bench.scientist import RunRow, Stage, build_table, find_runs, read_run
from hakken.bench.scientist.files import write_report
from hakken.bench.scientist.grid import Job, expected, is_over, make_grid
from hakken.bench.scientist.picture import funnel
from hakken.bench.scientist.published import measured_cells, published
from hakken.bench.scientist.running import run_here, run_process, run_table
from hakken.bench.scientist.table import EVERY, failures_of
from hakken.bench.scientist.texts import to_csv, to_markdown
from hakken.cli.app import app
from hakken.core.errors import UsageError
from hakken.core.types import Call, EventKind, Idea, Node, RefusedIdea, Review, Template, Trial, Usage
from hakken.research.experiments import load_template
from hakken.store import RunFolder
from tests.bench.speck import DATA, SHORT, copied, settings
from tests.research.undrawn import undrawn

LAZY = re.compile(r'purpose = "search/rewrite"\nreplies = \[\n.*?\n\]', re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two templates, and two models: one that does its work, one that gives every function back as it was."""
    folder = tmp_path_factory.mktemp("scientist")
    copied(folder, "speck")
    copied(folder, "mote")
    able = (DATA / "speck.toml").read_text()
    (folder / "able.toml").write_text(able)
    code = "def combine(readings):\\n    return sum(readings) / len(readings)\\n"
    same = f'replies = ["Thought: As it was.\\n```python\\n{code}```"]'
    lazy, count = LAZY.subn(lambda _: f'purpose = "search/rewrite"\n{same}', able)
    assert count == 1
    (folder / "lazy.toml").write_text(lazy)
    return folder


def grid_of(place: Path, out: Path, runs: int = 1) -> list[Job]:
    models = [f"scripted:{place / name}" for name in ("able.toml", "lazy.toml")]
    templates = [load_template(place / name) for name in ("speck", "mote")]
    return make_grid(models, templates, runs, out, settings())


def two_of(place: Path, out: Path) -> list[Job]:
    """The first model on the first template, and the second on the second."""
    jobs = grid_of(place, out)
    return [jobs[0], jobs[3]]


@pytest.fixture(scope="module")
def rows(place: Path) -> list[RunRow]:
    """Two models, each on its template, one run each; the whole grid is in a slow test."""
    with undrawn():
        return run_table(two_of(place, place / "out"))


def on_both(rows: list[RunRow]) -> list[RunRow]:
    """The same rows as if each had been made on each template."""
    names = ("speck", "mote")
    return [row.model_copy(update={"template": name, "template_hash": name}) for row in rows for name in names]


def by_cell(rows: list[RunRow]) -> dict[tuple[str, str], RunRow]:
    return {(Path(row.model).stem, row.template): row for row in rows}


def test_every_run_is_a_row_counted_from_its_record(rows: list[RunRow]) -> None:
    found = by_cell(rows)
    assert set(found) == {("able", "speck"), ("lazy", "mote")}
    assert {row.status for row in rows} == {"finished"}
    able = found["able", "speck"]
    with RunFolder(Path(able.folder)).read() as store:
        assert able.counts[Stage.IDEAS] == len(store.all("idea", Idea)) == 1
        assert able.usage == store.usage()
        failed = sum(node.failure is not None for node in store.all("node", Node))
    assert able.failures == {"version: crashed": failed}
    assert able.score == 5
    assert able.seconds > 0
    assert able.priced
    assert [able.counts[s] for s in (Stage.NEW, Stage.IMPLEMENTED, Stage.RAN, Stage.DIFFERING)] == [1, 1, 1, 1]
    assert (able.counts[Stage.PAPER], able.counts[Stage.AUDIT]) == (1, 1)


def test_unchanged_code_implements_nothing(rows: list[RunRow]) -> None:
    lazy = by_cell(rows)["lazy", "mote"]
    assert lazy.counts[Stage.IDEAS] == 1
    assert [lazy.counts[s] for s in (Stage.IMPLEMENTED, Stage.RAN, Stage.DIFFERING, Stage.SUPPORTED)] == [0] * 4
    assert lazy.counts[Stage.PAPER] == 1  # a negative result is a paper too


def test_the_same_command_makes_nothing_twice_and_goes_on_where_it_stopped(
    place: Path, rows: list[RunRow], tmp_path: Path
) -> None:
    again: list[str] = []

    class Ears:
        def begins(self, job: Job) -> object:
            again.append(job.title)
            raise AssertionError

        def ended(self, job: Job, row: RunRow) -> None:
            raise AssertionError

    assert run_table(two_of(place, place / "out"), Ears()) == rows  # type: ignore[arg-type]
    assert again == []

    class Stop:
        """Ctrl-C in the middle of the search of the first run."""

        def stage(self, name: str, done: bool) -> None:
            if name == "search" and not done:
                raise KeyboardInterrupt

        def note(self, text: str) -> None: ...
        def trial(self, trial: Trial) -> None: ...
        def call(self, call: Call, used: Usage) -> None: ...

    (job, *_) = grid_of(place, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_here(job, Stop())
    stopped = read_run(job.folder)
    assert stopped.status == "unfinished"
    assert not is_over(job, retry=False)
    table = build_table([stopped])
    assert table.cells[0].runs == 0
    assert table.cells[0].score is None
    assert "1 of 1 runs have not ended" in table.cells[0].notes[0]
    with undrawn():
        ended = run_here(job)
    assert ended.status == "finished", (ended.why, ended.failures)
    assert ended.counts == by_cell(rows)["able", "speck"].counts
    assert ended.usage.calls == by_cell(rows)["able", "speck"].usage.calls


def test_a_table_that_was_begun_in_another_way_is_refused_before_anything_runs(place: Path, rows: list[RunRow]) -> None:
    template = load_template(place / "speck")

    def jobs(template: Template, *more: str) -> list[Job]:
        return make_grid([f"scripted:{place / 'able.toml'}"], [template], 2, place / "out", settings(*more))

    assert is_over(jobs(template)[0], retry=False)
    with pytest.raises(UsageError, match=r"begun with other settings: search\.ideas"):
        run_table(jobs(template, "search.ideas=4"))
    with pytest.raises(UsageError, match="begun with other settings: the template speck"):
        run_table(jobs(template.model_copy(update={"source_hash": "sha256:other"})))
    assert not jobs(template)[1].folder.exists()
    words = ("--models", f"scripted:{place / 'able.toml'}", "--templates", str(place / "speck"), "--dry-run")
    said = hakken(*words, "--out", str(place / "out"), "-c", "search.ideas=4")
    assert said.exit_code == 2
    assert "was begun with other settings" in said.stderr


def test_a_run_without_a_record_stands_in_the_cell_of_its_models(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    able, lazy = (f"scripted:{place / name}" for name in ("able.toml", "lazy.toml"))
    chosen = settings(f"models.code={lazy}", f"models.review={able}")
    jobs = make_grid([able], [load_template(place / "speck")], 1, tmp_path, chosen)
    monkeypatch.setattr("sys.executable", shutil.which("false"))
    (row,) = run_table(jobs, at_once=2)
    assert list(row.failures) == ["run failed: ProcessDied"]
    assert (row.model, row.reviewer) == (f"ideas={able}, code={lazy}, writing={able}", able)


def test_a_proposal_that_was_refused_was_proposed_and_is_not_new(rows: list[RunRow], tmp_path: Path) -> None:
    shutil.copytree(rows[0].folder, tmp_path / "run")
    with RunFolder(tmp_path / "run").write() as store:
        (idea,) = store.all("idea", Idea)
        for number, reason in enumerate(("duplicate", "duplicate", "unusable")):
            again = idea.model_copy(update={"id": f"r0-{number}"})
            refused = RefusedIdea(idea=again, reason=reason, why="repeats it")  # type: ignore[arg-type]
            store.append(EventKind.IDEA_REFUSED, f"refused/{again.id}", refused)
        stand_in = idea.model_copy(update={"id": "i2", "origin": "seed"})
        store.append(EventKind.IDEA_PROPOSED, "idea/i2", stand_in)
    row = read_run(tmp_path / "run")
    assert (row.counts[Stage.IDEAS], row.counts[Stage.NEW], row.counts[Stage.IMPLEMENTED]) == (5, 1, 1)
    assert row.failures["proposal refused: duplicate"] == 2
    assert row.failures["proposal refused: unusable"] == 1
    (cell,) = build_table([row]).cells
    assert measured_cells(cell)[:3] == ("5", "–", "1")  # new within a run is not what the paper calls novel
    (checked,) = build_table([row.model_copy(update={"novelty_checked": True})]).cells
    assert measured_cells(checked)[1] == "1"


def test_the_reviewer_is_the_one_that_reviewed(rows: list[RunRow], tmp_path: Path) -> None:
    shutil.copytree(rows[0].folder, tmp_path / "run")
    assert (rows[0].reviewer, rows[0].self_reviewed) == (rows[0].model, True)
    with RunFolder(tmp_path / "run").write() as store:
        review = store.get("review", Review)
        assert review is not None
        store.append(EventKind.REVIEWED, "review", review.model_copy(update={"model": "anthropic:judge"}))
    row = read_run(tmp_path / "run")
    assert (row.reviewer, row.self_reviewed) == ("anthropic:judge", False)


def test_a_run_that_fails_is_a_row_and_the_table_goes_on(place: Path, tmp_path: Path) -> None:
    templates = [load_template(copied(tmp_path, name, broken=True)) for name in ("bad", "worse")]
    jobs = make_grid([f"scripted:{place / 'able.toml'}"], templates, 1, tmp_path / "out", settings())
    shutil.rmtree(templates[1].root)  # gone before its run begins: there will not even be a record
    found = run_table(jobs)
    assert [row.status for row in found] == ["failed", "failed"]
    assert "The baseline of bad fails" in found[0].why
    assert "run failed: TemplateError" in found[0].failures
    assert found[1].failures
    assert found[1].template == "worse"
    assert all(is_over(job, retry=False) and not is_over(job, retry=True) for job in jobs)
    cell = build_table(found[:1]).cells[0]
    assert (cell.runs, cell.counts[Stage.PAPER], cell.tokens_per_paper) == (1, 0, None)
    assert "no sensor" in to_markdown(build_table(found))


@pytest.mark.slow
def test_a_process_of_its_own_makes_the_same_row(place: Path, tmp_path: Path) -> None:
    root = copied(tmp_path, "bad", broken=True)
    (job,) = make_grid([f"scripted:{place / 'able.toml'}"], [load_template(root)], 1, tmp_path / "out", settings())
    heard: list[str] = []

    class Ears:
        def begins(self, job: Job) -> object:
            heard.append(f"begins {job.number}")
            return None

        def ended(self, job: Job, row: RunRow) -> None:
            heard.append(row.status)

    (row,) = run_table([job], Ears(), at_once=2)  # type: ignore[arg-type]
    assert heard == ["begins 1", "failed"]
    assert "The baseline of bad fails" in row.why


def test_a_process_that_dies_is_a_failed_run(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (job, *_) = grid_of(place, tmp_path)
    monkeypatch.setattr("sys.executable", shutil.which("false"))
    row = run_process(job, "threads")
    assert row.status == "failed"
    assert list(row.failures) == ["run failed: ProcessDied"]


def test_the_table_has_a_line_for_each_cell_and_one_over_all_templates(rows: list[RunRow]) -> None:
    rows = on_both(rows)
    table = build_table(rows)
    assert [cell.template for cell in table.cells] == ["speck", "mote", EVERY] * 2
    single, both = table.cells[0], table.cells[2]
    assert single.shares[Stage.PAPER].low is None
    assert "One run: no intervals." in single.notes
    assert both.runs == 2
    assert both.shares[Stage.PAPER].low is not None
    assert both.counts[Stage.IDEAS] == 2
    assert both.usage.tokens == sum(row.usage.tokens for row in rows if row.model == both.model)
    assert any("no near-duplicate" in note for note in table.notes)
    assert {name for _, _, name, _, _ in failures_of(table)} == {"speck", "mote"}


def test_runs_with_different_settings_are_named(rows: list[RunRow]) -> None:
    other = rows[0].model_copy(update={"config": {**rows[0].config, "search": {"ideas": 9}}})
    notes = build_table([rows[0], other]).cells[0].notes
    assert any("differ in settings" in note and "search.ideas" in note for note in notes)


def test_every_form_of_the_report_says_the_same(rows: list[RunRow], tmp_path: Path) -> None:
    hostile = rows[0].model_copy(update={"status": "failed", "why": "it said <script> | and more"})
    table = build_table([*rows, hostile])
    page = write_report(table, tmp_path).read_text()
    assert "<script>" not in page
    assert page.count("<svg") == len(table.cells)
    assert "src=" not in page
    assert "http-equiv" not in page
    assert json.loads((tmp_path / "table.json").read_text())["cells"][0]["model"] == rows[0].model
    lines = list(csv.DictReader(io.StringIO(to_csv(table))))
    assert len(lines) == len(table.cells)
    assert int(lines[0]["ideas"]) == table.cells[0].counts[Stage.IDEAS]
    text = to_markdown(table)
    assert "it said <script> \\| and more" in text
    tables = [block.splitlines() for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)]
    assert (len(tables[0]) - 2, len(tables[-1]) - 2) == (len(table.cells), len(table.rows))
    assert all(len(line.split(" | ")) == len(block[0].split(" | ")) for block in tables for line in block)


def test_published_numbers_stand_apart_with_their_source() -> None:
    told = published()
    assert sum(row.papers for row in told.rows) == 273
    assert "2408.06292" in told.source
    text = to_markdown(build_table([]))
    measured, _, block = text.partition("### Published, for The AI Scientist v1 (not measured here)")
    assert "Claude 3.5 Sonnet" not in measured
    assert "| diffusion | Claude 3.5 Sonnet | 51–52 | – | – | 38 | 3.82 | 6 | – |" in block
    assert told.source in block


def test_a_funnel_names_every_stage(rows: list[RunRow]) -> None:
    drawn = funnel(build_table(on_both(rows)).cells[2])
    assert all(f">{stage.label}<" in drawn for stage in Stage)
    assert drawn.count("<path") == 4 * 7  # whiskers of seven shares: two strokes and two ends


def test_a_damaged_record_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "x-001").mkdir()
    (tmp_path / "x-001" / "hakken.db").write_bytes(b"no database at all, and longer than a header" * 40)
    (row,) = [read_run(path) for path in find_runs([tmp_path])]
    assert row.status == "damaged"
    assert build_table([row]).cells[0].runs == 0


def test_names_twice_are_refused_and_the_forecast_is_for_all_runs(place: Path, tmp_path: Path) -> None:
    template = load_template(place / "speck")
    model = f"scripted:{place / 'able.toml'}"
    with pytest.raises(UsageError, match="is there twice"):
        make_grid([model, model], [template], 1, tmp_path, settings())
    jobs = make_grid([model], [template], 3, tmp_path, settings("budget.usd=0.5"))
    assert [job.settings.seed for job in jobs] == [0, 1, 2]
    will, one = expected(jobs), expected(jobs[:1])
    assert will.usage.calls == 3 * one.usage.calls
    assert (will.most_usd, will.priced) == (1.5, True)


def hakken(*words: str) -> Result:
    return CliRunner().invoke(app, ["bench", "scientist", *words], prog_name="hakken")


def test_the_command_reads_runs_and_writes_the_report(rows: list[RunRow], place: Path, tmp_path: Path) -> None:
    result = hakken("--read", str(place / "out"), "--out", str(tmp_path / "report"), "--json")
    assert result.exit_code == 0, result.stderr
    assert len(json.loads(result.stdout)["rows"]) == 2
    assert (tmp_path / "report" / "index.html").is_file()
    shown = hakken("--read", *(row.folder for row in rows))
    assert "scripted:able" in shown.stdout
    assert "paper completed" in shown.stdout


def test_the_command_announces_what_it_may_spend(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    models = f"scripted:{place / 'able.toml'},scripted:{place / 'lazy.toml'}"
    words = ("--models", models, "--templates", f"{place / 'speck'},{place / 'mote'}", "--out", str(tmp_path / "out"))
    result = hakken(*words, "--dry-run", "--runs", "2", "-c", "budget.usd=0.25")
    assert result.exit_code == 0, result.stderr
    assert "8 runs (models: 2, templates: 2)" in result.stderr
    assert "at most: US$ 2.00" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_whole_table_two_runs_at_once(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    models = f"scripted:{place / 'able.toml'},scripted:{place / 'lazy.toml'}"
    words = ["--models", models, "--templates", f"{place / 'speck'},{place / 'mote'}", "--runs", "1", "-j", "2"]
    for value in SHORT:
        words += ["-c", value]
    result = hakken(*words, "--json")
    assert result.exit_code == 0, result.stderr
    table = json.loads(result.stdout)
    assert [cell["template"] for cell in table["cells"]] == ["speck", "mote", EVERY] * 2
    assert [row["status"] for row in table["rows"]] == ["finished"] * 4
    assert [cell["counts"]["differing"] for cell in table["cells"]] == [1, 1, 2, 0, 0, 0]
    assert "all runs are over" in result.stderr
    assert (tmp_path / "hakken-scientist" / "index.html").is_file()
    again = hakken(*words, "--json")
    assert "4 are over, 0 to go" in again.stderr
    assert json.loads(again.stdout) == table


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("runs",), "is not asked for"),
        (("--read",), "wants folders of runs"),
        (("--read", "none"), "none is not a folder"),
        (("--read", "."), "There is no run in ."),
        (("--models", ","), "--models names nothing"),
        (("--models", "best", "--templates", "digits"), "There is no model 'best'"),
        (("--templates", "none"), "none"),
    ],
)
def test_one_clear_sentence(
    words: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    result = hakken(*words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""

"""How runs of the scientist's table end: by themselves, by what every run would meet, elsewhere, and after a retry."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hakken.bench.scientist import RunRow, build_table, read_run
from hakken.bench.scientist import worker as worker_process
from hakken.bench.scientist.grid import Job, begin, is_over
from hakken.bench.scientist.running import run_here, run_table
from hakken.bench.scientist.texts import to_csv
from hakken.cli.app import app
from hakken.core.errors import PrerequisiteError, QuotaExceeded, RecordDiffers, RunLocked
from hakken.core.types import Budget, Decision, StageFailure
from hakken.research.papers.deviations import REVIEW
from hakken.research.session import close, open_session
from hakken.store import RunFolder
from tests.bench.speck import DATA, SHORT, jobs_of, write_model
from tests.research.undrawn import undrawn

FAILURE = "failure.json"
COUNTED_OUT = "were ended by an outage, an empty account or this machine: they are not measured and not counted"


class Ears:
    """Hears which run ended how."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, str]] = []

    def begins(self, job: Job) -> None:
        return None

    def ended(self, job: Job, row: RunRow) -> None:
        self.heard.append((job.number, row.status))


def session(job: Job, status: str = "", error: str = "", message: str = "", budget: Budget | None = None) -> RunRow:
    """Begin or continue a run, and end it so; without a status it is broken off."""
    chosen = job.settings if budget is None else job.settings.model_copy(update={"budget": budget})
    with open_session(RunFolder(job.folder), job.template, chosen) as opened:
        if error:
            opened.lab.fail(StageFailure(stage="run", error=error, message=message))
        if status:
            close(opened, status, message, 1.0)
    return read_run(job.folder)


def lacking(jobs: list[Job]) -> list[Job]:
    """The same runs on a template that needs what no machine has."""
    return [
        job.model_copy(update={"template": job.template.model_copy(update={"packages": ("no_such_package",)})})
        for job in jobs
    ]


# What every run would meet


def test_an_empty_account_ends_the_table_and_counts_against_nobody(tmp_path: Path) -> None:
    write_model(tmp_path, "quota")
    jobs, ears = jobs_of(tmp_path, 3), Ears()
    with pytest.raises(QuotaExceeded, match="fails here: quota"):
        run_table(jobs, ears)  # type: ignore[arg-type]
    assert ears.heard == [(1, "not measured")]
    rows = [read_run(job.folder) for job in jobs]
    assert [row.status for row in rows] == ["not measured", "unfinished", "unfinished"]
    assert rows[0].failures == {"run not measured: QuotaExceeded": 1}
    assert not any(is_over(job, retry=False) for job in jobs)
    (cell,) = build_table(rows).cells
    assert cell.runs == 0
    assert any(note.startswith(f"1 of 3 runs {COUNTED_OUT}") for note in cell.notes)
    assert any("2 of 3 runs have not ended" in note for note in cell.notes)
    assert ",not_measured," in to_csv(build_table(rows)).splitlines()[0]
    row = session(jobs[0], "finished")
    assert (row.status, row.continued) == ("finished", 0)


def test_the_command_ends_with_the_sentence_and_the_report_has_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    write_model(tmp_path, "quota")
    words = ["bench", "scientist", "--models", f"scripted:{tmp_path / 'model.toml'}", "--out", str(tmp_path / "out")]
    words += ["--templates", str(DATA / "speck"), "--runs", "2"]
    ended = CliRunner().invoke(app, [*words, *(word for value in SHORT for word in ("-c", value))])
    assert ended.exit_code == 5
    assert ended.stderr.splitlines()[-1].startswith("error: The script ")
    assert "[1/2] model.toml on speck #1: not measured, no paper: The script " in ended.stderr
    assert "all runs are over" not in ended.stderr
    assert "| 0 | not measured | – | The script " in (tmp_path / "out" / "table.md").read_text()


def test_a_server_that_is_down_ends_runs_that_are_not_measured(tmp_path: Path) -> None:
    write_model(tmp_path, "unavailable")
    rows = run_table(jobs_of(tmp_path, 2, "models.retries=0"))
    assert [row.status for row in rows] == ["not measured"] * 2
    assert rows[0].failures == {"run not measured: ModelUnavailable": 1}
    assert build_table(rows).cells[0].runs == 0


def test_an_account_that_empties_in_the_review_keeps_the_paper_and_the_run_goes_on_there(tmp_path: Path) -> None:
    write_model(tmp_path, "quota", at="review/*")
    jobs = jobs_of(tmp_path, 1)
    with undrawn(), pytest.raises(QuotaExceeded, match=r"could review the paper: The script .* fails here: quota"):
        run_table(jobs)
    before = read_run(jobs[0].folder)
    assert (before.status, before.score) == ("not measured", None)
    assert (jobs[0].folder / "paper" / "paper.pdf").is_file()
    write_model(tmp_path)
    with undrawn():
        (row,) = run_table(jobs)
    assert (row.status, row.continued, row.score) == ("finished", 0, 5)
    with RunFolder(jobs[0].folder).read() as store:
        assert not [d for d in store.all("decision", Decision) if d.what == REVIEW]


def test_a_missing_prerequisite_ends_the_table_before_there_is_a_record(tmp_path: Path) -> None:
    write_model(tmp_path)
    jobs = lacking(jobs_of(tmp_path, 2))
    with pytest.raises(PrerequisiteError, match="needs no_such_package"):
        run_table(jobs)
    row = read_run(jobs[0].folder)
    assert (row.status, row.failures) == ("not measured", {"run not measured: PrerequisiteError": 1})
    assert not is_over(jobs[0], retry=False)


def test_a_run_that_its_record_does_not_fit_ends_no_table_and_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a change of Hakken: the next run has a record of its own."""
    write_model(tmp_path)
    jobs = jobs_of(tmp_path, 2)

    def differs(*_: object, folder: Path, **__: object) -> None:
        raise RecordDiffers(f"The record in {folder} holds another version as n1.")

    monkeypatch.setattr("hakken.bench.scientist.running.run", differs)
    rows = run_table(jobs)
    assert [row.status for row in rows] == ["not measured"] * 2
    assert session(jobs[0], "failed", "RecordDiffers", "It holds another version.").status == "not measured"


def test_a_model_that_refuses_fails_by_itself(tmp_path: Path) -> None:
    write_model(tmp_path, "refused")
    jobs = jobs_of(tmp_path, 1)
    (row,) = run_table(jobs)
    assert (row.status, row.failures) == ("failed", {"run failed: ModelRefused": 1})
    assert is_over(jobs[0], retry=False)


def test_a_process_tells_what_ends_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_model(tmp_path)
    jobs, ears = lacking(jobs_of(tmp_path, 3)), Ears()
    asked = json.dumps({"job": jobs[0].model_dump(mode="json"), "executor": "threads"})
    monkeypatch.setattr("sys.stdin", io.StringIO(asked))
    with pytest.raises(SystemExit) as left:
        worker_process.main()
    (tmp_path / "said").write_text(f"a library says something\n{capsys.readouterr().out}")
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\ncat > /dev/null\ncat {tmp_path / 'said'}\nexit {left.value.code}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(PrerequisiteError) as caught:
        run_table(jobs, ears, at_once=2)  # type: ignore[arg-type]
    assert "needs no_such_package" in caught.value.message
    assert caught.value.mend == "Install it: `pip install no_such_package`."
    assert (1, "not measured") in ears.heard


def test_a_damaged_record_is_the_affair_of_its_run(tmp_path: Path) -> None:
    write_model(tmp_path)
    (job,) = jobs_of(tmp_path, 1)
    begin(job)
    (job.folder / "hakken.db").write_bytes(b"no database at all, and longer than a header" * 40)
    assert run_here(job).status == "damaged"


# Elsewhere


def test_a_run_that_goes_on_elsewhere_has_not_failed(tmp_path: Path) -> None:
    write_model(tmp_path)
    jobs, ears = jobs_of(tmp_path, 2), Ears()
    with RunFolder(jobs[1].folder).alone():
        with pytest.raises(RunLocked, match="is writing to"):
            run_table(jobs, ears)  # type: ignore[arg-type]
        with pytest.raises(RunLocked):
            run_here(jobs[1])
    assert ears.heard == []
    assert not jobs[0].folder.exists()
    assert not (jobs[1].folder / FAILURE).exists()
    assert read_run(jobs[1].folder).status == "unfinished"


def test_a_failure_that_was_written_for_a_run_elsewhere_does_not_count(tmp_path: Path) -> None:
    """As older versions wrote them."""
    write_model(tmp_path)
    (job,) = jobs_of(tmp_path, 1)
    begin(job)
    (job.folder / FAILURE).write_text(json.dumps({"error": "RunLocked", "message": "Another process is writing."}))
    assert not is_over(job, retry=False)
    assert not read_run(job.folder).ended


# After a retry


def test_a_retry_that_is_broken_off_has_no_end(tmp_path: Path) -> None:
    write_model(tmp_path)
    (job,) = jobs_of(tmp_path, 1)
    ended = session(job, "stopped", "BudgetExceeded", "The budget is used up.")
    assert (ended.status, ended.continued) == ("stopped", 0)
    assert ended.failures == {"run stopped: BudgetExceeded": 1}
    again = session(job)
    assert (again.status, again.why, again.failures, again.continued) == ("unfinished", "", {}, 1)
    assert not is_over(job, retry=False)
    (job.folder / FAILURE).write_text(json.dumps({"error": "ProcessDied", "message": "It died."}))
    died = read_run(job.folder)
    assert (died.status, died.why, died.failures) == ("failed", "It died.", {"run failed: ProcessDied": 1})
    done = session(job, "finished")
    assert (done.status, done.failures, done.continued) == ("finished", {}, 1)
    assert session(job).status == "finished"  # such as another look at its paper
    (cell,) = build_table([done, ended]).cells
    assert any(note.startswith("1 of 2 runs had failed or met their budget and were continued") for note in cell.notes)


def test_the_cause_of_an_end_is_that_of_its_words(tmp_path: Path) -> None:
    """The record holds a failure that comes again once, in the place of the first time."""
    write_model(tmp_path)
    (job,) = jobs_of(tmp_path, 1)
    session(job, "failed", "RenderError", "The figure is missing.")
    outage = session(job, "failed", "ModelTimeout", "No answer in time.")
    assert (outage.status, outage.continued) == ("not measured", 1)
    row = session(job, "failed", "RenderError", "The figure is missing.")
    assert row.failures == {"run failed: RenderError": 1}
    assert (row.status, row.continued) == ("failed", 1)  # to go on after an outage is no retry


def test_runs_with_different_budgets_are_named(tmp_path: Path) -> None:
    write_model(tmp_path)
    one, other, third = jobs_of(tmp_path, 3, "budget.usd=2")
    rows = [session(one, "finished"), session(other, "stopped")]
    assert [row.budget for row in rows] == [{"usd": 2.0}] * 2
    assert not [note for note in build_table(rows).cells[0].notes if "budgets" in note]
    rows[1] = session(other, "finished", budget=Budget(completion_tokens=9000))
    begin(third)
    (third.folder / FAILURE).write_text(json.dumps({"error": "ProcessDied", "message": "It died."}))
    rows.append(read_run(third.folder))
    assert rows[2].budget == {"usd": 2.0}
    notes = build_table(rows).cells[0].notes
    assert "Its runs had different budgets: usd=2.0; completion_tokens=9000." in notes
    assert not [note for note in notes if "differ in settings" in note]

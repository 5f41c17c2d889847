"""What the scientist's table says of reviewers and scores, and what is said before it begins."""

from __future__ import annotations

import csv
import io
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hakken.bench.scientist import RunRow, Stage, build_table, read_run
from hakken.bench.scientist.grid import Expected, begin, expected, make_grid
from hakken.bench.scientist.page import to_page
from hakken.bench.scientist.published import measured_cells
from hakken.bench.scientist.texts import METHOD, cell_notes, to_csv, to_markdown
from hakken.cli.app import app
from hakken.cli.bench.scientist_progress import Follower
from hakken.core.types import Usage
from hakken.research.experiments import load_template
from hakken.research.session import close, open_session
from hakken.store import RunFolder
from tests.bench.speck import DATA, jobs_of, settings, write_model

SELF = "Its papers were reviewed by the model that wrote them."


def row(number: int, score: int | None = None, **more: object) -> RunRow:
    counts = dict.fromkeys(Stage, 0) | {Stage.IDEAS: 2, Stage.PAPER: 1}
    plain = {"folder": f"out/digits-{number:03d}", "model": "openai:gpt-5", "reviewer": "openai:gpt-5"}
    return RunRow(**{**plain, "template": "digits", "status": "finished", "counts": counts, "score": score, **more})  # type: ignore[arg-type]


# Reviewers


def test_every_table_names_the_reviewer() -> None:
    other = row(2, 5, reviewer="anthropic:judge")
    table = build_table([row(1, 4), other])
    text, page = to_markdown(table), to_page(table)
    lines = [line for line in text.splitlines() if line.startswith("| openai:gpt-5")]
    assert len([line for line in lines if line.startswith("| openai:gpt-5 | anthropic:judge | digits |")]) == 2
    assert "| digits | openai:gpt-5 | anthropic:judge | 2 |" in text  # under the columns of the paper
    assert page.count('<td class="text names">anthropic:judge</td><td class="text names">digits</td>') == 1
    assert page.count('<td class="text">anthropic:judge</td>') == 2
    assert "1 run, 2 ideas; reviewer: anthropic:judge" in page
    assert any(note.startswith("openai:gpt-5 on digits, reviewed by anthropic:judge: ") for note in cell_notes(table))


def test_the_command_names_the_reviewer(tmp_path: Path) -> None:
    write_model(tmp_path)
    (job,) = jobs_of(tmp_path, 1, f"models.review=scripted:{DATA / 'speck.toml'}")
    begin(job)
    (job.folder / "failure.json").write_text('{"error": "ProcessDied", "message": "It died."}')
    shown = CliRunner().invoke(app, ["bench", "scientist", "--read", str(tmp_path)])
    assert shown.exit_code == 0, shown.stderr
    head = next(line for line in shown.stdout.splitlines() if "template" in line)
    assert [name.strip() for name in head.split("┃")[1:4]] == ["model", "reviewer", "template"]
    assert any(line.startswith("│ scripted:model │ scripted:speck │") for line in shown.stdout.splitlines())
    assert "failures of scripted:model on speck, reviewed by scripted:speck: run failed: ProcessDied ×1" in shown.stdout


def test_a_model_that_reviews_its_own_papers_is_told() -> None:
    assert SELF in build_table([row(1, 4, self_reviewed=True)]).cells[0].notes
    assert SELF not in build_table([row(1, self_reviewed=True)]).cells[0].notes  # there was no review
    assert SELF not in build_table([row(1, 4, reviewer="anthropic:judge")]).cells[0].notes
    part = row(1, 4, model="ideas=a:b, code=c:d, writing=a:b", reviewer="c:d", self_reviewed=True)
    assert "Its papers were reviewed by a model that had a part in them." in build_table([part]).cells[0].notes


@pytest.mark.parametrize(
    ("roles", "own"), [((), True), (("code", "review"), True), (("writing", "review"), True), (("review",), False)]
)
def test_a_record_tells_whether_the_reviewer_did_any_of_the_work(
    tmp_path: Path, roles: tuple[str, ...], own: bool
) -> None:
    write_model(tmp_path)
    (job,) = jobs_of(tmp_path, 1, *(f"models.{role}=scripted:{DATA / 'speck.toml'}" for role in roles))
    with open_session(RunFolder(job.folder), job.template, job.settings) as session:
        close(session, "finished", "", 1.0)
    assert read_run(job.folder).self_reviewed is own


# Scores


def test_a_mean_score_says_over_how_many() -> None:
    table = build_table([row(number, score) for number, score in enumerate((4, 5, None, None), 1)])
    assert "| 4.50 (2 of 4) [" in to_markdown(table)
    assert "4.50 (2 of 4)" in to_page(table)
    assert measured_cells(table.cells[0])[4] == "4.50 (2 of 4)"
    (line,) = csv.DictReader(io.StringIO(to_csv(table)))
    assert (line["score"], line["score_n"], line["runs"]) == ("4.5", "2", "4")
    (none,) = csv.DictReader(io.StringIO(to_csv(build_table([row(1)]))))
    assert (none["score"], none["score_n"]) == ("", "0")
    assert "over so many of the runs that ended as have a review" in METHOD


# Said before it begins


def test_a_limit_is_no_limit_where_the_price_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        model = f"http://127.0.0.1:{server.getsockname()[1]}/v1#name"
        words = ["bench", "scientist", "--models", model, "--templates", str(DATA / "speck"), "--dry-run"]
        limited = CliRunner().invoke(app, [*words, "-c", "budget.usd=2"])
        held = CliRunner().invoke(app, [*words, "-c", "budget.usd=2", "-c", "budget.tokens=5000"])
        free = CliRunner().invoke(app, words)
    assert limited.exit_code == 0, limited.stderr
    assert (
        f"  budget.usd cannot be enforced: the price of {model} is not known; limit it with budget.tokens\n"
        in limited.stderr
    )
    assert "at most" not in limited.stderr
    assert f"the price of {model} is not known\n" in held.stderr
    assert "no limit in US$ is set: -c budget.tokens=1000000 limits each run" in free.stderr


def test_the_forecast_knows_the_limit_only_of_models_with_a_price(tmp_path: Path) -> None:
    template = load_template(DATA / "speck")
    names = ["http://127.0.0.1:9/v1#name", f"scripted:{DATA / 'speck.toml'}"]
    will = expected(make_grid(names, [template], 2, tmp_path, settings("budget.usd=2")))
    assert (will.most_usd, will.priced, will.unpriced) == (None, False, (names[0],))
    will = expected(make_grid(names[1:], [template], 2, tmp_path, settings("budget.usd=2")))
    assert (will.most_usd, will.priced, will.unpriced) == (4.0, True, ())


def test_runs_at_once_share_the_embedded_model(tmp_path: Path) -> None:
    template = load_template(DATA / "speck")
    local = expected(make_grid(["local"], [template], 4, tmp_path, settings()))
    assert local.local_seconds == local.usage.seconds > 0
    assert local.model_seconds(4) == local.usage.seconds
    mixed = Expected(runs=4, usage=Usage(seconds=100.0), local_seconds=60.0, unpriced=(), most_usd=None)
    assert [mixed.model_seconds(at_once) for at_once in (1, 2, 8)] == [100.0, 80.0, 70.0]
    assert "about 1:20 left" in Follower([], 4, mixed.model_seconds(2), tmp_path).status()


def test_a_price_that_is_not_known_is_no_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    follower, spent = Follower([], 3, 0.0, tmp_path), Usage(calls=1, prompt_tokens=900, completion_tokens=100)
    follower.ended(jobs_of(tmp_path, 1)[0], row(1, usage=spent, priced=True))
    follower.ended(jobs_of(tmp_path, 1)[0], row(2, usage=spent, priced=False))
    said = capsys.readouterr().err
    assert "1,000 tokens, US$ 0 in this" in said
    assert "2,000 tokens, unknown in this" in said

"""The commands on a small run: what they print, and that what a script reads is pure JSON."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

from hakken.cli.app import app
from hakken.cli.console import clock, money
from hakken.cli.options import asked, save
from hakken.cli.run import announce
from hakken.cli.target import Target
from hakken.core.config import Settings, flatten, load_settings
from hakken.core.types import AuditReport, Finding, PaperFiles, Severity
from hakken.models import open_models
from hakken.models.forecast import forecast
from hakken.research import publishing
from hakken.research.experiments import load_template
from hakken.store import RunFolder
from hakken.store.kinds import Resumed
from tests.cli.conftest import Hakken
from tests.research.undrawn import undrawn

DATA = Path(__file__).parents[1] / "research" / "data"
SMALL = (
    "-c", "search.ideas=1", "-c", "search.nodes_per_idea=1", "-c", "search.debug_rounds=1", "-c", "search.ablate=false",
    "-c", "statistics.explore_seeds=2", "-c", "statistics.report_seeds=6", "-c", "statistics.noise_seeds=2",
    "-c", "review.members=1",
)  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds one finished run, made by the command."""
    root = tmp_path_factory.mktemp("finished")
    shutil.copytree(DATA / "tiny", root / "tiny")
    with pytest.MonkeyPatch.context() as patch, undrawn():
        patch.chdir(root)
        patch.setenv("XDG_CONFIG_HOME", str(root / "config"))
        words = ["run", "tiny", "--model", f"scripted:{DATA / 'weak.toml'}", *SMALL]
        done = CliRunner().invoke(app, words, prog_name="hakken")
    assert done.exit_code == 0, done.stderr
    (root / "stdout.txt").write_text(done.stdout)
    (root / "stderr.txt").write_text(done.stderr)
    return root


@pytest.fixture
def run(finished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work beside that run."""
    monkeypatch.chdir(finished)
    return finished


def test_a_run_ends_with_the_path_of_its_paper(run: Path) -> None:
    lines = (run / "stdout.txt").read_text().splitlines()
    assert lines[-1] == "hakken-runs/tiny-001/paper/paper.pdf"
    assert (run / lines[-1]).read_bytes().startswith(b"%PDF")
    assert lines[0] == "tiny-001 (tiny, seed 0): finished"
    told = (run / "stderr.txt").read_text()
    assert told.startswith("Beginning hakken-runs/tiny-001: Estimating levels from few noisy readings\nForecast: about")
    assert "a trial takes" in told
    assert (run / "hakken-runs/tiny-001/hakken.toml").is_file()


def test_the_same_command_names_a_finished_run(hakken: Hakken, run: Path) -> None:
    words = ("run", "tiny", "--model", f"scripted:{DATA / 'weak.toml'}", *SMALL)
    result = hakken(*words)
    assert result.exit_code == 0
    assert "is finished; --new begins another run of tiny." in result.stderr
    assert result.stdout == (run / "stdout.txt").read_text()
    assert [path.name for path in (run / "hakken-runs").iterdir()] == ["tiny-001"]


def test_json_is_all_that_is_printed(hakken: Hakken, run: Path) -> None:
    found = parsed(hakken, "run", "tiny-001", "--json")
    assert found["status"] == "finished"
    assert found["claim"] == "supported"
    assert found["pdf"] == "hakken-runs/tiny-001/paper/paper.pdf"
    stages = {stage["stage"]: stage for stage in found["stages"]}
    assert {"baseline", "ideas", "search", "report", "paper", "review"} <= set(stages)
    assert sum(stage["usage"]["calls"] for stage in stages.values()) == found["usage"]["calls"]
    assert sum(stage["trials"] for stage in stages.values()) == found["trials"]
    assert parsed(hakken, "runs", "--json")[0]["run"] == "tiny-001"
    assert parsed(hakken, "show", "--calls", "--json")
    assert parsed(hakken, "show", "--events", "--json")[0]["kind"] == "run_started"


def test_show_a_run_and_a_node(hakken: Hakken, run: Path) -> None:
    shown = hakken("show").stdout
    assert "n0 baseline: baseline" in shown
    assert shown.splitlines()[-1] == "hakken-runs/tiny-001/paper/paper.pdf"
    node = parsed(hakken, "show", "tiny-001", "n1", "--json")
    assert node["diff"].startswith("--- template/experiment.py\n+++ n1/experiment.py\n")
    assert "+++ n1/experiment.py" in hakken("show", "tiny-001", "n1").stdout


def test_audit_says_by_its_exit_code_whether_a_paper_holds(hakken: Hakken, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "hakken-runs", tmp_path / "hakken-runs")  # the report is written into it
    result = hakken("audit", "tiny-001", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["passed"]) == (0, True)
    assert [Path(found[kind]).is_file() for kind in ("json", "html")] == [True, True]
    text = (tmp_path / "hakken-runs/tiny-001/paper/paper.md").read_text()
    paper = tmp_path / "wrong.md"
    paper.write_text(text + "\n\n# More\n\nThe mean absolute error with the change was 0.12345.\n")
    result = hakken("audit", str(paper), "--results", "tiny-001", "--json")
    assert result.exit_code == 1
    assert Path(json.loads(result.stdout)["html"]).samefile(tmp_path / "audit.html")
    assert any("0.12345" in finding["says"] for finding in json.loads(result.stdout)["findings"])


def test_write_says_whether_the_paper_passed(
    hakken: Hakken, finished: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tiny", "hakken-runs"):
        shutil.copytree(finished / name, here / name)
    wrong = Finding(
        kind="unsupported", severity=Severity.ERROR, place="Results", sentence="It is 9.", says="9", record=""
    )
    report = AuditReport(paper="paper.md", numbers_checked=9, numbers_matched=8, findings=(wrong,))
    with RunFolder(here / "hakken-runs" / "tiny-001").read() as store:
        files = store.get("files", PaperFiles)
    monkeypatch.setattr(publishing, "audit_paper", lambda *_: report)
    monkeypatch.setattr(publishing, "make_figures", lambda *_: [])
    monkeypatch.setattr(publishing, "render", lambda *_, **__: files)  # as it is, however often it is refused
    found = parsed(hakken, "write", "tiny-001", "--compose", "--json")
    assert (found["audit_passed"], found["audit_findings"]["error"], found["numbers"]) == (False, 1, [8, 9])
    said = hakken("write", "tiny-001", "--compose").stdout
    assert "audit   did NOT pass: 8 of 9 numbers agree with the record; 1 errors" in said


def test_stages_can_be_done_again(hakken: Hakken, finished: Path, here: Path) -> None:
    for name in ("tiny", "hakken-runs"):
        shutil.copytree(finished / name, here / name)
    assert [idea["id"] for idea in parsed(hakken, "idea", "tiny-001", "--json")] == ["i1"]
    (here / "hakken-runs" / "tiny-001" / "paper" / "paper.pdf").unlink()
    with undrawn():
        assert parsed(hakken, "write", "tiny-001", "--compose", "--json")["pdf"] == "paper/paper.pdf"
    assert (here / "hakken-runs" / "tiny-001" / "paper" / "paper.pdf").read_bytes().startswith(b"%PDF")


def test_a_run_can_be_reviewed_by_another_model(hakken: Hakken, finished: Path, here: Path) -> None:
    for name in ("tiny", "hakken-runs"):
        shutil.copytree(finished / name, here / name)
    shutil.copy(DATA / "weak.toml", here / "other.toml")
    for words, who in (
        (("--model", "scripted:other.toml"), "scripted:other.toml"),
        (("-c", f"models.review=scripted:{DATA / 'weak.toml'}"), f"scripted:{DATA / 'weak.toml'}"),
    ):
        assert parsed(hakken, "review", "tiny-001", *words, "--json")["review"]["model"] == who
    with RunFolder(here / "hakken-runs/tiny-001").read() as store:
        resumed = store.get("resumed", Resumed)
    assert resumed is not None
    assert [line.split(" = ")[0] for line in resumed.changed] == ["models.review"]
    # The work is that of the model which did it.
    refused = hakken("run", "tiny-001", "--model", "scripted:other.toml")
    assert refused.exit_code == 2
    assert "was begun with other settings: models.default" in refused.stderr


def test_a_review_needs_no_key_of_a_model_that_it_does_not_ask(
    hakken: Hakken, finished: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for name in ("tiny", "hakken-runs"):
        shutil.copytree(finished / name, here / name)
    assert parsed(hakken, "review", "tiny-001", "-c", "models.judge=openai:gpt-5", "--json")["review"]["model"]
    wanted = hakken("review", "tiny-001", "-c", "models.review=openai:gpt-5")
    assert (wanted.exit_code, "OPENAI_API_KEY" in wanted.stderr) == (3, True)


def test_the_baseline_is_measured_without_a_model(hakken: Hakken, template: Path) -> None:
    found = parsed(hakken, "experiment", "guess", "--baseline-only", "--json", "--model", "openai:gpt-5")
    metric = found["metrics"]["toy/miss"]
    assert metric["values"] == {"1": 59.0, "2": 58.0}
    assert (metric["n"], metric["mean"]) == (2, 58.5)
    assert metric["sd"] == pytest.approx(0.7071, abs=1e-4)
    assert metric["noise"]["n"] == 2
    assert "toy/miss *" in hakken("experiment", "guess-001", "--baseline-only").stdout


def test_the_same_command_continues_and_another_begins_anew(hakken: Hakken, template: Path) -> None:
    for words in ((), (), ("--seed", "2"), ("--seed", "2"), ("-c", "budget.tokens=5")):
        assert hakken("experiment", "guess", "--baseline-only", *words).exit_code == 0
    assert sorted(path.name for path in Path("hakken-runs").iterdir()) == ["guess-001", "guess-002"]
    assert hakken("experiment", "guess", "--baseline-only", "--new").exit_code == 0
    assert Path("hakken-runs/guess-003").is_dir()
    kept = load_settings([Path("hakken-runs/guess-001/hakken.toml")]).settings
    assert kept.budget.tokens == 5


def test_a_limit_that_cannot_hold_is_no_limit(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = "http://127.0.0.1:9/v1#name"
    chosen = [f"models.default={model}", "budget.usd=2", "budget.seconds=90"]
    limited = load_settings(files=[], assignments=chosen).settings
    job = Target(RunFolder(template / "run"), load_template(template), limited)
    announce(job, forecast(limited, open_models(limited.models)))
    told = capsys.readouterr().err.splitlines()
    assert told[-2:] == [
        "  budget: at most 90 seconds",
        f"  budget.usd cannot be enforced: the price of {model} is not known; limit it with budget.tokens",
    ]


def test_limits_of_a_million_are_written_out(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["models.default=http://127.0.0.1:9/v1#name", "budget.tokens=1500000", "budget.seconds=1234567.5"]
    limited = load_settings(files=[], assignments=chosen).settings
    job = Target(RunFolder(template / "run"), load_template(template), limited)
    announce(job, forecast(limited, open_models(limited.models)))
    told = capsys.readouterr().err.splitlines()
    assert told[-1] == "  budget: at most 1,500,000 tokens, 1,234,567.5 seconds"
    assert told[-2].startswith("  Report seeds: 3, so that no p")
    announce(job, forecast(limited, open_models(limited.models)), ("baseline",))
    assert "Report seeds" not in capsys.readouterr().err


def test_an_interrupt_leaves_nothing_running(template: Path) -> None:
    text = (template / "experiment.py").read_text()
    (template / "experiment.py").write_text(
        text.replace("    return 40", "    import time; time.sleep(9)\n    return 40")
    )
    command = [sys.executable, "-m", "hakken", "experiment", "guess", "--baseline-only"]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    try:
        children = started(process.pid)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert told.splitlines()[-1] == "interrupted; the same command continues"
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_signal_that_interrupts_ends_what_is_under_way(number: signal.Signals) -> None:
    code = (
        "import os, subprocess, sys; from hakken.cli.interrupts import listen; listen()\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "try: os.kill(os.getpid(), int(sys.argv[1])); child.wait()\n"
        "except KeyboardInterrupt: print('interrupted', child.wait())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(int(number))],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # these tests may run under nohup
    )
    assert done.stdout == f"interrupted {-signal.SIGKILL}\n"


def test_a_command_under_nohup_outlives_its_terminal() -> None:
    code = (
        "import os, signal; from hakken.cli.interrupts import listen; "
        "signal.signal(signal.SIGHUP, signal.SIG_IGN); listen(); os.kill(os.getpid(), signal.SIGHUP); print('lives')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "lives\n"


def started(pid: int) -> list[psutil.Process]:
    """The processes below ``pid``, once the experiment is among them."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        children = psutil.Process(pid).children(recursive=True)
        if any("experiment.py" in argument for child in children for argument in arguments(child)):
            return children
        time.sleep(0.05)
    raise AssertionError("the experiment did not start")


def arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_doctor(hakken: Hakken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret-of-mine")
    monkeypatch.setenv("HAKKEN_CACHE", "nothing-here")
    found = hakken("doctor", "--json")
    assert found.exit_code == 3
    value = json.loads(found.stdout)
    assert value["models"]["keys"] == ["OPENAI_API_KEY"]
    assert "secret-of-mine" not in found.stdout
    assert "`hakken model pull`" in value["problems"][0]
    assert {rung["rung"] for rung in value["sandbox"]} == {"bubblewrap", "container", "landlock", "rlimits"}
    able = hakken("doctor", "--set", "models.default=openai:gpt-5")
    assert able.exit_code == 0
    assert able.stdout.splitlines()[-1] == "`hakken run` can do its work."


def test_config_says_where_a_value_comes_from(hakken: Hakken) -> None:
    Path("hakken.toml").write_text("[search]\nideas = 7\n")
    found = parsed(hakken, "config", "show", "-c", "seed=4", "--json")
    assert found["search.ideas"] == {"value": 7, "origin": "hakken.toml"}
    assert found["seed"] == {"value": 4, "origin": "-c"}
    assert found["search.debug_rounds"]["origin"] == "default"
    assert hakken("config", "get", "search.ideas").stdout == "7\n"
    assert hakken("config", "get", "budget.completion_tokens", "--profile", "short").stdout == "4000\n"


def test_templates_and_models_are_listed(hakken: Hakken, template: Path) -> None:
    assert "digits" in [entry["name"] for entry in parsed(hakken, "template", "list", "--json")]
    assert "toy/miss, min, primary" in hakken("template", "check", "guess").stdout
    assert parsed(hakken, "template", "check", "digits", "--json")["notes"] == []
    (few,) = parsed(hakken, "template", "check", "guess", "--json")["notes"]
    assert few.startswith("Report seeds: 3, so that no p of a sign-flip test is below 0.25")
    (template / "references.bib").write_text("@book{kept, title = {A}, author = {B}, publisher = {C}, year = {2020}}")
    assert "  note      references.bib: no hakken_gist in 1 of 1 works" in hakken("template", "check", "guess").stdout
    assert parsed(hakken, "model", "list", "--json")["local"]["bytes"] > 1_000_000_000


def test_no_runs_yet(hakken: Hakken) -> None:
    assert hakken("runs").stdout.startswith("No runs in ")
    assert parsed(hakken, "runs", "--json") == []


def test_options_become_settings(here: Path) -> None:
    settings = asked(["search.ideas=9"], seed=3, model="http://host:1/v1#x", minutes=2, budget_usd=1.5).load().settings
    assert (settings.seed, settings.search.ideas, settings.budget.seconds, settings.budget.usd) == (3, 9, 120, 1.5)
    assert settings.models.default == "http://host:1/v1#x"


def test_saved_settings_are_read_back(here: Path) -> None:
    settings = Settings(seed=3).model_copy(update={"runs_dir": 'a "quoted" place'})
    save(settings, here / "kept.toml")
    assert flatten(load_settings([here / "kept.toml"]).settings) == flatten(settings)


def test_times_and_money() -> None:
    assert (clock(7.4), clock(760), clock(3723)) == ("0:07", "12:40", "1:02:03")
    assert (money(0), money(0.004), money(1.239)) == ("US$ 0", "under US$ 0.01", "US$ 1.24")
    assert (money(0, False), money(0.004, False), money(1, False)) == ("unknown", "unknown", "at least US$ 1.00")


def parsed(hakken: Hakken, *words: str) -> Any:
    """What a command printed, which must be JSON and nothing else."""
    result = hakken(*words)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)

"""What a command says of money: before it spends, and of prices that nobody knows."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from hakken.cli.live import Expected, Plain
from hakken.cli.run import announce
from hakken.cli.summary import summarise
from hakken.cli.target import Target
from hakken.core.config import load_settings
from hakken.core.types import Call, Completion, Message, Request, Role, Usage
from hakken.models import open_models
from hakken.models.forecast import Forecast, forecast
from hakken.research.experiments import load_template
from hakken.store import RunFolder
from tests.cli.conftest import Hakken
from tests.review.replies import write_paper

SERVER = "http://127.0.0.1:9/v1#name"


def call(model: str, purpose: str, usd: float = 0.0) -> Call:
    """An answered call."""
    usage = Usage(calls=1, prompt_tokens=30, completion_tokens=20, usd=usd)
    return Call(
        key=f"{model} {purpose}",
        model=model,
        role=Role.REVIEW,
        purpose=purpose,
        prompt_hash="h",
        request=Request(messages=(Message(role="user", content="hello"),)),
        completion=Completion(text="well", usage=usage),
    )


@pytest.fixture
def measured(hakken: Hakken, template: Path) -> RunFolder:
    """A run with a baseline."""
    assert hakken("experiment", "guess", "--baseline-only").exit_code == 0
    return RunFolder(Path("hakken-runs/guess-001"))


def test_a_price_that_nobody_knows_is_not_nothing(hakken: Hakken, measured: RunFolder) -> None:
    with measured.write() as store:
        for each in (call("local", "ideas/propose"), call("scripted:a", "papers/method"), call(SERVER, "review/form")):
            store.record_call(each)
    found = json.loads(hakken("show", "--json").stdout)
    assert found["priced"] is False
    priced = {stage["stage"]: stage["priced"] for stage in found["stages"]}
    assert priced == {"baseline": True, "ideas": True, "paper": True, "review": False}
    table = [line for line in hakken("show").stdout.splitlines() if line.startswith("  ")]
    ends = {line.split()[0]: line.split("  ")[-1] for line in table}
    assert [ends[name] for name in ("ideas", "paper", "review", "all")] == ["US$ 0", "US$ 0", "unknown", "unknown"]
    calls = hakken("show", "--calls").stdout.splitlines()
    assert [line.split("  ")[-1] for line in calls[1:]] == ["US$ 0", "US$ 0", "unknown"]


def test_what_is_known_of_a_cost_is_told_as_that(hakken: Hakken, measured: RunFolder) -> None:
    with measured.write() as store:
        store.record_call(call("openai:gpt-4o-mini", "ideas/propose", usd=0.25))
        store.record_call(call(SERVER, "review/form"))
    assert [line for line in hakken("show").stdout.splitlines() if line.endswith("at least US$ 0.25")]


def test_a_price_is_known_where_it_was_charged_and_where_nothing_was_used(measured: RunFolder) -> None:
    with measured.write() as store:
        store.record_call(call("openai:no-such-model-at-all", "ideas/propose", usd=0.25))
        store.record_call(call(SERVER, "review/form").model_copy(update={"completion": None, "error": "gone"}))
    assert summarise(measured).priced


def target(template: Path, *assignments: str) -> Target:
    """A run that has not begun, with a server of unknown price."""
    settings = load_settings(files=[], assignments=[f"models.default={SERVER}", *assignments]).settings
    return Target(RunFolder(template / "run"), load_template(template), settings)


def test_the_line_of_a_run_that_goes_on_says_so_too(template: Path) -> None:
    watch = Plain(Expected(target(template), Forecast(stages=(), versions=0)), Counter())
    watch.call(call("local", "ideas/propose"), Usage(calls=1))
    assert "· US$ 0 ·" in watch.status()
    watch.call(call(SERVER, "ideas/propose"), Usage(calls=2))
    assert "· unknown ·" in watch.status()


def test_a_stage_of_calls_alone_is_not_silent_for_minutes(
    template: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    watch = Plain(Expected(target(template), Forecast(stages=(), versions=0)), Counter())
    watch.stage("review", False)
    for second in range(0, 200, 10):
        now[0] = float(second)
        watch.call(call("local", "review/form"), Usage(calls=1, prompt_tokens=second))
    begins, *told = capsys.readouterr().err.splitlines()
    assert begins == "[0:00] review: begins"
    assert [line.split()[0] for line in told] == ["[1:00]", "[2:00]", "[3:00]"]
    assert "review · trials 0 of at most " in told[0]


@pytest.mark.parametrize(
    ("only", "jobs", "trials"),
    [
        (("ideas",), {"ideas"}, ""),
        (("review",), {"review"}, ""),
        (("baseline",), set(), "4 of the baseline; short"),
        (
            ("ideas", "baseline", "search", "ablation", "report"),
            {"ideas", "changes", "repairs"},
            "4 of the baseline; at",
        ),
        ((), {"ideas", "changes", "repairs", "paper", "review"}, "4 of the baseline; at"),
    ],
    ids=["idea", "review", "baseline", "experiment", "run"],
)
def test_a_stage_says_what_it_will_use(
    template: Path, capsys: pytest.CaptureFixture[str], only: tuple[str, ...], jobs: set[str], trials: str
) -> None:
    job = target(template, "budget.usd=2")
    whole = forecast(job.settings, open_models(job.settings.models))
    announce(job, whole, only)
    told = capsys.readouterr().err
    calls = sum(stage.usage.calls for stage in whole.stages if stage.stage in jobs)
    assert (f"Forecast: about {calls} calls of {SERVER}" in told) == bool(jobs)
    assert ("budget.usd cannot be enforced" in told) == bool(jobs)
    assert (f"  trials: {trials}" in told) if trials else ("trials" not in told)


def test_a_stage_says_it_before_it_spends(hakken: Hakken, template: Path) -> None:
    script = Path("script.toml")
    script.write_text("[[rules]]\nerror = 'quota'\n")
    result = hakken("idea", "guess", "--model", f"scripted:{script}")
    assert result.stderr.startswith("Beginning hakken-runs/guess-001: A tiny experiment\nForecast: about 6 calls of ")


def test_the_review_of_a_file_says_it_too(hakken: Hakken, here: Path) -> None:
    script = Path("script.toml")
    script.write_text("[[rules]]\nerror = 'quota'\n")
    write_paper(here)
    # A review asks none but its own model: that another has no key here is no obstacle.
    words = ("-c", "models.code=openai:gpt-5", "-c", f"models.review=scripted:{script}", "-c", "budget.tokens=9000")
    result = hakken("review", "paper.md", *words)
    told = result.stderr.splitlines()
    assert told[0].startswith("Forecast: about 5 calls of scripted:")
    assert told[1] == "  budget: at most 9,000 tokens"

"""``hakken bench run``: what it says before, while and after agents work; and the record that attempts share."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hakken.agents import read_trajectories
from hakken.bench.agents.calls import SharedCalls
from hakken.bench.agents.context import ORACLE_HEAD
from hakken.bench.agents.registry import AgentOptions
from hakken.bench.agents.verifier import Verifying
from hakken.bench.attempts.forecast import forecast_attempts
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.types import MaskMode
from hakken.cli.app import app
from hakken.cli.bench.attempt_limits import limits_of as held_to
from hakken.cli.bench.running import _check_passages as check_passages
from hakken.cli.bench.running import _Watch as Watch
from hakken.core.config import ModelSettings, Settings
from hakken.core.errors import UsageError
from hakken.core.types import Budget, Call, Completion, Message, Request, Role, Usage
from hakken.execution import best_rung
from tests.agents.helpers import act
from tests.bench.simulated import made

pytestmark = pytest.mark.usefixtures("graded_once")
SCRIPT = {
    "rules": [
        {"purpose": "agents/act", "replies": [act("list"), act("finish", answer="{}", words="Nothing was measured.")]}
    ]
}


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "script.json"
    path.write_text(json.dumps(SCRIPT))
    return f"scripted:{path}"


def test_a_run_says_what_it_may_spend_and_goes_on_for_nothing(
    tasks: dict[str, TaskFolder], tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["bench", "run", str(tasks["tiny-n1-4"].root), "--agent", "react", "--model", script, "--usd", "0.5"]
    words += ["--tokens", "9000", "--minutes", "2", "-k", "2", "-p", "2", "--trajectories", "steps.jsonl"]
    first = CliRunner().invoke(app, words)
    assert first.exit_code == 0, first.output
    assert f"react-full ({script}): 2 attempts" in first.stderr
    assert "at most 18,000 tokens, US$ 1.00, 2:00 for 2 of them" in first.stderr
    assert "#1: fail (finished" in first.stderr
    found = read_trajectories(Path("steps.jsonl").read_text())
    assert [[turn.tool for turn in each.turns] for each in found] == [["list", "finish", "list", "finish"]] * 2
    again = CliRunner().invoke(app, [*words, "--json"])
    assert "2 attempts, 2 of them made before" in again.stderr
    assert "at most" not in again.stderr
    assert json.loads(again.stdout)["agent"] == f"react-full ({script})"


def test_a_run_that_met_an_outage_says_so_and_goes_on_by_the_same_command(
    tasks: dict[str, TaskFolder], tmp_path: Path
) -> None:
    path, whole = tmp_path / "script.json", json.dumps(SCRIPT)
    path.write_text(json.dumps({"rules": [{"error": "unavailable"}]}))
    words = ["bench", "run", str(tasks["tiny-n1-4"].root), "--agent", "react", "--model", f"scripted:{path}"]
    words += ["-c", "models.retries=0", "--out", str(tmp_path / "out"), "--json"]
    lost = CliRunner().invoke(app, words)
    assert lost.exit_code == 0, lost.output
    assert "tiny-n1-4 #0: not measured, ModelUnavailable (failed" in lost.stderr
    found = json.loads(lost.stdout)
    assert [(group["error"], group["attempts"]) for group in found["unmeasured"]] == [("ModelUnavailable", 1)]
    assert found["summary"]["all"]["pass@1, not measured as failed"]["value"] == 0.0
    assert found["notes"][0].startswith("Not measured: 1 of 1 attempts")
    path.write_text(whole)
    again = CliRunner().invoke(app, words)
    assert "1 attempt, 1 made again" in again.stderr
    (attempt,) = json.loads(again.stdout)["attempts"]
    assert (attempt["run"]["ending"], len(attempt["earlier"])) == ("finished", 1)
    (file,) = (tmp_path / "out").glob("*.json")
    file.write_text(file.read_text().replace(attempt["code"], "0.0.9 before"))
    older = CliRunner().invoke(app, words)
    assert "1 of those made before are of another code of Hakken (0.0.9 before; now " in older.stderr
    assert "made again" not in older.stderr.replace("makes them again", "")


def test_steps_and_what_a_recipe_says_are_limits(tmp_path: Path) -> None:
    models = ModelSettings(default="m", judge="j")

    def limits(agent: str, steps: int = 50, verify: Verifying = Verifying.EXECUTION) -> dict[str, str]:
        return held_to(Budget(usd=1.0), AgentOptions(steps=steps, verify=verify), "m", agent, Settings(models=models))

    assert limits("react")["steps"] == "50 steps"
    assert limits("external:aider", 10)["steps"] == "10 steps"
    found = []
    for index, option in enumerate(("a", "b", "b")):
        file = tmp_path / f"{index}.toml"
        file.write_text(f'[mine]\ncommand = ["sh", "-c", "{option}"]\n')
        found.append(limits(f"external:{file}#mine")["recipe"])
    assert found[0] != found[1] == found[2]
    script = tmp_path / "agent.py"
    for text in ("pass", "print()"):
        script.write_text(text)
        found.append(limits(f"verified:external:python {script} {{files}}")["recipe"])
    assert found[3] != found[4]
    assert "recipe" not in limits("mending")
    assert held_to(Budget(), AgentOptions(), "", "null", Settings()) == {}
    assert limits("verified:react", verify=Verifying.MODEL)["judge"] == "j"
    assert "judge" not in limits("verified:react")
    assert limits("external:sh -c 'echo external:x'")["command"] == "external:sh -c 'echo external:x'"


def test_attempts_that_take_time_from_each_other_say_so(
    tasks: dict[str, TaskFolder], tmp_path: Path, script: str
) -> None:
    words = ["bench", "run", str(tasks["tiny-n1-4"].root), "--agent", "react", "--model", script, "--json"]

    def run(name: str, *more: str) -> tuple[str, set[str]]:
        done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / name), *more])
        return done.stderr, {each["settings"].get("parallel", "") for each in json.loads(done.stdout)["attempts"]}

    said, found = run("many", "-k", "5", "-p", "5")
    assert "5 at once is more than the model answers at a time" in said
    assert found == {"5 at once"}
    for name, *more in (("few", "-k", "2", "-p", "2"), ("fewer", "-p", "8")):
        said, found = run(name, *more)
        assert ("at once" in said, found) == (False, {""})


def test_a_task_whose_passage_is_missing_stops_no_other(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    whole, lacking = (
        t.model_copy(update={"task": t.task.model_copy(update={"mode": MaskMode.ORACLE})})
        for t in (tasks["tiny-n1-4"], tasks["tiny-n1-1"])
    )
    copy = tmp_path / "whole"
    shutil.copytree(whole.root, copy)
    path = copy / "environment" / "repo" / "tiny" / "fit.py"
    path.write_text(path.read_text().replace("Mean square of the places", f"{ORACLE_HEAD} Mean square of the places"))
    whole = whole.model_copy(update={"root": copy})
    check_passages((whole, lacking), "oracle")
    with pytest.raises(UsageError, match=r"tiny-n1-1 gives no oracle passage"):
        check_passages((lacking,), "oracle")


def test_what_scores_are_worth_is_said(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    place = tmp_path / "tasks" / "tiny-n1-4"
    shutil.copytree(tasks["tiny-n1-4"].root, place)
    known = tasks["tiny-n1-4"].task.model_copy(update={"gold_predictable": True})
    (place / "tests" / "task.json").write_text(known.model_dump_json())
    words = ["bench", "run", str(place.parent), "--agent", "null", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, words)
    assert "note: 1 of 1 tasks are predictable: whoever knows" in " ".join(done.stdout.split())
    (attempt,) = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["attempts"]
    assert (attempt["gold_predictable"], attempt["rung"]) == (True, best_rung().rung.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--memory", "none"], "There is no memory 'none'. Take one of: full, window, summary."),
        (["--retry", "failed"], "There is no retry 'failed'. Take one of: none, infrastructure, broken, code."),
        (["--verify", "nobody"], "There is no verify 'nobody'."),
        (["--retrieval", "oracle"], "gives no oracle passage. Make tasks with `--mode oracle`."),
        (["--without", "hope"], "There is no part 'hope' of the mending agent. Take some of: draft, examples, vote,"),
        (["--agent", "verified"], "The agent verified needs AGENT. Write --agent verified:AGENT."),
    ],
)
def test_wrong_words_are_named(tasks: dict[str, TaskFolder], words: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["bench", "run", str(tasks["tiny-n1-4"].root), *words])
    assert result.exit_code != 0
    assert said in " ".join(result.stderr.split())


def test_a_forecast_knows_its_limits() -> None:
    local = forecast_attempts(3, "local", Budget(tokens=10_000, usd=1.0, seconds=300), 2)
    assert (local.most_tokens, local.most_usd, local.most_seconds) == (30_000, 0.0, 600)
    assert local.likely_seconds is not None
    assert 120 < local.likely_seconds < 600
    open_ended = forecast_attempts(3, "openai:gpt-5", Budget(usd=1.0), 1)
    assert (open_ended.most_tokens, open_ended.most_usd, open_ended.likely_usd) == (None, 3.0, None)
    priced = forecast_attempts(2, "openai:gpt-4o", Budget(usd=1.0, tokens=1_000_000), 1)
    assert priced.likely_usd == 2.0  # a million tokens cost more than the limit
    nobody = forecast_attempts(2, "", Budget(tokens=1, usd=1.0, seconds=60), 1)
    assert (nobody.most_tokens, nobody.most_usd, nobody.likely_seconds) == (None, 0.0, 120.0)
    unknown = forecast_attempts(3, "http://127.0.0.1:1/v1#x", Budget(usd=1.0), 1)
    assert (unknown.most_usd, unknown.unpriced, local.unpriced, nobody.unpriced) == (None, True, False, False)
    before = [made(usd=0.0)]
    assert forecast_attempts(3, "http://127.0.0.1:1/v1#x", Budget(usd=1.0), 1, before).likely_usd is None
    assert forecast_attempts(3, "local", Budget(usd=1.0), 1, before).likely_usd == 0


def test_a_price_that_is_not_known_is_no_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for priced in (True, False):
        watch = Watch(2, 0, priced=priced)
        watch.done(made(tokens=1_000))
    known, unknown = capsys.readouterr().err.splitlines()
    assert "1,000 tokens, US$ 0)" in known
    assert "1,000 tokens, unknown) · unknown so far" in unknown


def test_attempts_side_by_side_share_one_record(tmp_path: Path) -> None:
    log = SharedCalls(tmp_path / "calls.db")

    def one(number: int) -> None:
        request = Request(messages=(Message(role="user", content=str(number % 10)),))
        log.record_call(
            Call(
                key=request.key("m"),
                model="m",
                role=Role.CODE,
                purpose="p",
                prompt_hash="h",
                request=request,
                completion=Completion(text=str(number % 10), usage=Usage(calls=1)),
            )
        )
        found = log.find_call(request.key("m"))
        assert found is not None
        assert found.completion is not None
        assert found.completion.text == str(number % 10)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(40)))

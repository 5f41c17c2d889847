"""``hakken bench run``: what it says before, while and after agents work; and the record that attempts share."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hakken.agents import read_trajectories
from hakken.bench.agents.calls import SharedCalls
from hakken.bench.agents.forecast import forecast_attempts
from hakken.bench.folder import TaskFolder
from hakken.cli.app import app
from hakken.core.types import Budget, Call, Completion, Message, Request, Role, Usage
from tests.agents.helpers import act

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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--memory", "none"], "There is no memory 'none'. Take one of: full, window, summary."),
        (["--verify", "nobody"], "There is no verify 'nobody'."),
        (["--retrieval", "oracle"], "gives no oracle passage. Make tasks with `--mode oracle`."),
        (["--without", "hope"], "There is no part 'hope' of the mending agent. Take some of: examples, vote,"),
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

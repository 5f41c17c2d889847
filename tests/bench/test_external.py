"""External agents in the real sandbox: small programs always, the known ones where they are installed."""

from __future__ import annotations

import json
import re
import shlex
import socket
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hakken.bench.agents.external import External, external
from hakken.bench.agents.recipes import SHIPPED, Program, program_of, programs
from hakken.bench.agents.registry import AgentOptions, Setup, choose
from hakken.bench.agents.types import Ending
from hakken.bench.attempts.attempt import Attempt, attempt, load_attempts, run_attempts
from hakken.bench.experiments.lab import Lab
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.tasks.suite import load_suite
from hakken.cli.app import app
from hakken.core.config import ModelSettings
from hakken.core.errors import ConfigError, PrerequisiteError, QuotaExceeded, SandboxError, UsageError
from hakken.core.types import Budget, Request, Role, Rung
from hakken.execution import probe
from hakken.models.scripted import FunctionModel
from tests.bench import programs as small
from tests.models.helpers import MemoryLog

pytestmark = pytest.mark.usefixtures("graded_once")
TASK = "tiny-n1-4"
SPREAD = """def spread(places):
    size = len(places) // 10
    return [sum(p * p for p in places[i * size : (i + 1) * size]) / size for i in range(10)]
"""
Try = Callable[..., tuple[Attempt, MemoryLog]]


@pytest.fixture
def let_work(tasks: dict[str, TaskFolder], lab: Lab) -> Try:
    """Let a program work on a task with a function for a model."""

    def work(spec: str, say: Any = lambda r: SPREAD, **options: Any) -> tuple[Attempt, MemoryLog]:
        log = MemoryLog()
        options = {"budget": Budget(usd=1.0, seconds=120.0), **options}
        model = FunctionModel(say, name="scripted:/secret/script.toml")
        return attempt(External(program_of(spec), model, log, lab, **options), tasks[TASK], 3, lab), log

    return work


def command(folder: Path, text: str, words: str = "") -> str:
    return f"{small.write(folder, 'agent', text)} {words}"


def test_a_program_solves_a_task_and_its_calls_are_recorded(let_work: Try, tmp_path: Path) -> None:
    done, log = let_work(command(tmp_path, small.SMALL, "{instruction} {files}"), model="scripted")
    assert done.passed
    assert all(verdict.passed for verdict in done.score.verdicts.values())
    assert (done.agent, done.run.ending, done.run.steps) == ("external-agent (scripted)", Ending.FINISHED, 1)
    (call,) = log.calls
    assert call.purpose == f"external/agent/{TASK}#3"
    assert "`spread` in `tiny/fit.py`" in call.request.messages[0].content
    assert done.run.words == SPREAD
    assert done.run.prompt_tokens > done.run.completion_tokens > 0
    assert "done" in done.run.transcript


def test_the_box_shows_neither_this_machine_nor_other_gateways(let_work: Try, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        done, _ = let_work(command(tmp_path, small.LOOKING, f"{{model}} {server.getsockname()[1]}"))
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    seen = json.loads(next(line for line in done.run.transcript if line.startswith('{"')))
    assert seen["model"] == "hakken"
    assert seen["hakken"] is False
    assert seen["network"] is False
    assert seen["gates"] == 1, "its own, and no other attempt's"
    assert seen["home"] == seen["tmp"]
    assert seen["secret"] is False


def test_steps_are_counted_and_the_end_is_said(let_work: Try, tmp_path: Path) -> None:
    done, log = let_work(command(tmp_path, small.LOOPING, "--stop"), max_steps=3)
    assert (done.run.ending, done.run.steps, len(log.calls)) == (Ending.STEPS, 3, 3)
    assert any("402 The attempt's budget of 3 calls is used up" in line for line in done.run.transcript)
    assert not done.passed


def test_who_goes_on_asking_is_ended(let_work: Try, tmp_path: Path) -> None:
    done, log = let_work(command(tmp_path, small.LOOPING), max_steps=1)
    assert (done.run.ending, len(log.calls)) == (Ending.STEPS, 1)
    assert any("ended with status 75" in line for line in done.run.transcript)
    # The fifth answer may come when the program has no time left to print it.
    assert 4 <= sum("402" in line for line in done.run.transcript) < 20


def test_tokens_and_time_end_it_too(let_work: Try, tmp_path: Path) -> None:
    looping = command(tmp_path, small.LOOPING, "--stop")
    done, _ = let_work(looping, budget=Budget(completion_tokens=60))
    assert done.run.ending is Ending.TOKENS
    endless = command(tmp_path, "import time\ntime.sleep(600)\n")
    late, _ = let_work(endless, budget=Budget(seconds=1.0))
    assert late.run.ending is Ending.SECONDS
    assert late.run.steps == 0


def test_a_program_that_breaks_down_is_a_failed_attempt(let_work: Try, tmp_path: Path) -> None:
    done, _ = let_work(command(tmp_path, "import sys\nsys.exit('no idea')\n"))
    assert (done.run.ending, done.passed) == (Ending.FAILED, False)
    assert "no idea" in done.run.transcript


def test_a_record_names_no_home_folder(let_work: Try, tmp_path: Path) -> None:
    done, _ = let_work(command(tmp_path, f"import sys\nsys.exit('lost in {Path.home()}/lib/agent.py')\n"))
    assert "lost in ~/lib/agent.py" in done.run.transcript


def test_a_program_that_is_not_there_stops_the_run(let_work: Try) -> None:
    with pytest.raises(PrerequisiteError, match="the sandbox shows no program nonsense-program"):
        let_work("nonsense-program --now")


def test_an_empty_account_says_nothing_about_the_program(let_work: Try, tmp_path: Path) -> None:
    def say(request: Request) -> str:
        raise QuotaExceeded("No credit is left.")

    with pytest.raises(QuotaExceeded):
        let_work(command(tmp_path, small.LOOPING), say)


def test_the_parent_reports_for_a_program_that_cannot(tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path) -> None:
    model = FunctionModel(lambda r: SPREAD)
    silent = program_of(command(tmp_path, small.SMALL, "{instruction} {files} --silent"))
    assert not attempt(External(silent, model, MemoryLog(), lab), tasks[TASK], 0, lab).score.reported
    reporting = silent.model_copy(update={"report_from_run": True})
    done = attempt(External(reporting, model, MemoryLog(), lab), tasks[TASK], 0, lab)
    assert done.score.verdicts["strict"].passed
    assert done.run.transcript[-1] == "answer.json is from runs of the workspace by the parent"
    own = program_of(command(tmp_path, "open('answer.json', 'w').write('{}')"))
    kept = External(own.model_copy(update={"report_from_run": True}), model, MemoryLog(), lab)
    assert "by the parent" not in attempt(kept, tasks[TASK], 0, lab).run.transcript[-1]
    link = program_of(command(tmp_path, f"import os\nos.symlink({str(tmp_path / 'mine')!r}, 'answer.json')"))
    linked = External(link.model_copy(update={"report_from_run": True}), model, MemoryLog(), lab)
    attempt(linked, tasks[TASK], 0, lab)
    assert not (tmp_path / "mine").exists()


def test_what_was_spent_before_the_sandbox_broke_down_counts(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise SandboxError("There is no space left for a copy.")

    monkeypatch.setattr("hakken.bench.agents.external.report", broken)
    program = program_of(command(tmp_path, small.SMALL, "{instruction} {files} --silent"))
    reporting = program.model_copy(update={"report_from_run": True})
    agent = External(reporting, FunctionModel(lambda r: SPREAD), MemoryLog(), lab)
    done = attempt(agent, tasks[TASK], 0, lab)
    assert (done.run.ending, done.run.words) == (Ending.FAILED, "There is no space left for a copy.")
    assert (done.run.steps, done.run.completion_tokens > 0, len(done.run.transcript)) == (1, True, 1)
    assert done.passed  # what it left is graded all the same


def test_a_sandbox_without_sockets_is_named(tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path) -> None:
    if not any(status.rung is Rung.LANDLOCK and status.available for status in probe()):
        pytest.skip("this kernel has no Landlock")
    closed = Lab(lab.executor, Rung.LANDLOCK)
    agent = External(program_of(command(tmp_path, "pass")), FunctionModel(lambda r: "ok"), MemoryLog(), closed)
    with pytest.raises(PrerequisiteError, match="through a socket"):
        agent.work(tasks[TASK], tmp_path, 0)


def test_without_isolation_it_works_where_that_is_allowed(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    weak = Lab(lab.executor, Rung.RLIMITS, allow_weak=True)
    program = program_of(command(tmp_path, small.SMALL, "{instruction} {files}"))
    agent = External(program, FunctionModel(lambda r: SPREAD), MemoryLog(), weak)
    assert attempt(agent, tasks[TASK], 0, lab).passed


@pytest.mark.parametrize("name", sorted(programs()))
def test_every_recipe_is_complete(name: str) -> None:
    program = programs()[name]
    known = {"instruction", "instruction_file", "functions", "workspace", "files"}
    known |= {"base_url", "gateway_url", "model", "token"}
    text = " ".join([*program.command, *program.env.values(), *program.files.values()])
    assert set(re.findall(r"\{([a-z_]+)\}", text)) <= known | {"home", "own", "scratch", "context_tokens"}
    assert "{token}" in text
    assert "{base_url}" in text or "{gateway_url}" in text
    assert "{instruction" in text or "{functions}" in text
    assert str(program.home) in program.how_to_install
    assert program.about
    assert program.url.startswith("https://")


def test_a_recipe_like_another_has_its_own_words_in_the_place_that_is_left(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[mine]\ncommand = ["a", "{more}", "{files}"]\nmore = ["-b", "c"]\n[yours]\nlike = "mine"\nmore = []\n'
        '[theirs]\nlike = "mine"\n[plain]\ncommand = ["a", "{more}"]\n'
    )
    commands = {name: program.command for name, program in programs(path).items()}
    assert commands["mine"] == commands["theirs"] == ("a", "-b", "c", "{files}")
    assert commands["yours"] == ("a", "{files}")
    assert commands["plain"] == ("a", "{more}"), "a word without a meaning stays"
    full, brief = programs()["aider"].command, programs()["aider-brief"].command
    papers = ("--read", "experiment.txt", "--read", "paper.txt")
    place = full.index("--read")
    assert full == (*brief[:place], *papers, *brief[place:])
    assert full[place + len(papers)] == "--auto-test"


def test_a_program_is_installed_below_a_home_with_spaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "two words"
    monkeypatch.setattr("hakken.bench.agents.recipes.user_cache_dir", lambda: home)
    mine = Program(name="mine", command=("true",), install=("mkdir -p {home}/bin", "touch {home}/bin/mine"))
    mine = mine.model_copy(update={"program": "{home}/bin/mine"})
    monkeypatch.setattr("hakken.bench.agents.recipes.programs", lambda: {"mine": mine})
    done = CliRunner().invoke(app, ["bench", "agents", "--install", "mine"])
    assert (done.exit_code, mine.installed) == (0, True), done.output
    assert [path.name for path in tmp_path.iterdir()] == ["two words"]
    assert shlex.split(mine.how_to_install)[2] == str(mine.home / "bin")


def test_recipes_that_are_wrong_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[mine]\ncommand = ["true"]\n')
    assert program_of(f"{path}#mine").command == ("true",)
    with pytest.raises(UsageError, match="no recipe 'yours'"):
        program_of(f"{path}#yours")
    for text in ("[mine]\ncommand = []\n", '[mine]\nlike = "none"\n', "mine", '[mine]\ncommand = ["a"]\nwhat = 1\n'):
        path = tmp_path / f"{len(text)}.toml"
        path.write_text(text)
        with pytest.raises(UsageError):
            program_of(f"{path}#mine")
    with pytest.raises(UsageError, match="no external agent 'aidre'"):
        program_of("aidre")
    with pytest.raises(UsageError, match="no command"):
        program_of("agent 'unclosed")
    assert SHIPPED.is_file()


def test_no_program_is_shown_the_answers(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    for place in (SHIPPED, SHIPPED.parents[2], SHIPPED.parents[5]):
        mine.write_text(f'[mine]\ncommand = ["true"]\nmounts = ["{place}"]\n')
        programs.cache_clear()
        with pytest.raises(ConfigError, match="answers of the suites"):
            program_of(f"{mine}#mine").shown()
    programs.cache_clear()
    mine.write_text(f'[mine]\ncommand = ["true"]\nmounts = ["{tmp_path}"]\n')
    found = program_of(f"{mine}#mine")
    assert [mount.path for mount in found.shown([tmp_path.parent / "task"])] == [tmp_path]
    for secret in (tmp_path, tmp_path / "tasks" / "a", tmp_path.parent):
        with pytest.raises(ConfigError, match=r"cannot be shown .* with its answers is in it"):
            found.shown([secret])


def test_a_program_that_would_see_the_task_or_other_attempts_ends_the_run(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    task, out = tasks["tiny-n1-1"], tmp_path / "out"
    for place in (task.root.parent, task.root / "tests", tmp_path):
        program = Program(name="nosy", command=("true",), mounts=(str(place),))
        agent = External(program, FunctionModel(lambda request: "x"), MemoryLog(), lab, kept=out)
        with pytest.raises(ConfigError, match="with its answers"):
            run_attempts(agent, [task], [0], lab, out)
        assert load_attempts(out) == []


def test_known_agents_are_listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HAKKEN_CACHE", str(tmp_path))
    listed = json.loads(CliRunner().invoke(app, ["bench", "agents", "--json"], catch_exceptions=False).stdout)
    assert "external" in listed["kinds"]
    aider = next(row for row in listed["external"] if row["name"] == "aider")
    assert aider["installed"] is False
    assert f"{tmp_path}/external/aider/bin/pip install aider-chat" in aider["install"]
    text = CliRunner().invoke(app, ["bench", "agents"], catch_exceptions=False).stdout
    assert "to install mini-swe-agent: python3 -m venv" in text
    assert CliRunner().invoke(app, ["bench", "agents", "--install", "nobody"]).exception is not None


def test_the_panel_is_of_functions_that_there_are() -> None:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "agent_panel.toml"
    panel = tomllib.loads(path.read_text())
    sources = {source.name: list(map(str, source.maskable)) for source in load_suite(panel["suite"])}
    sizes = Counter(len(task["functions"]) for task in panel["task"])
    assert sizes == {1: 16, 2: 8}
    assert len({task["id"] for task in panel["task"]}) == 24
    for task in panel["task"]:
        source, _, places = task["id"].rpartition("-n")
        numbers = [int(number) for number in places.split("-")[1:]]
        assert [sources[source][number] for number in numbers] == task["functions"]
    first = {task["id"].rpartition("-n")[0] for task in panel["task"] if len(task["functions"]) == 1}
    assert first == set(sources), "every repository is in it"


def test_the_command_line_reaches_it(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAKKEN_CACHE", str(tmp_path))
    setup = Setup(
        lab=lab,
        models={Role.CODE: FunctionModel(lambda r: "ok")},
        log=MemoryLog(),
        budget=Budget(seconds=60.0),
        settings=ModelSettings(),
        options=AgentOptions(steps=7),
        model="m",
    )
    chosen = choose("external:python -c pass", setup)
    assert isinstance(chosen, External)
    assert (chosen.name, chosen.max_steps, chosen.seconds) == ("external-python (m)", 7, 60.0)
    with pytest.raises(PrerequisiteError, match="pip install aider-chat"):
        external("aider", setup)


# The known programs, for real, with a scripted model: `make external` installs them.

ADD = f"cat >> tiny/fit.py <<'EOF'\n\n\n{SPREAD}EOF"
REPORT = """bash refsol.sh && python - <<'EOF'
import json
json.dump({"walk": json.load(open("results.json"))}, open("answer.json", "w"))
EOF"""
COMMANDS = ("ls", ADD, REPORT, "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT")


def _turn(request: Request) -> int:
    return sum(message.role == "assistant" for message in request.messages)


def by_tool(name: str, commands: tuple[str, ...]) -> Callable[[Request], str]:
    """Calls a shell, one command a turn, then says that it is done."""

    def say(request: Request) -> str:
        if _turn(request) >= len(commands):
            return "Done."
        call = {"name": name, "arguments": {"command": commands[_turn(request)], "description": "go on"}}
        return f"I go on.\n<tool_call>\n{json.dumps(call)}\n</tool_call>"

    return say


def by_block(request: Request) -> str:
    """Writes a command into a block, as mini-swe-agent wants it from models without tools."""
    return f"THOUGHT: I go on.\n\n```mswea_bash_command\n{COMMANDS[_turn(request)]}\n```"


def by_file(request: Request) -> str:
    """Writes the whole file, as aider wants it from models that it does not know."""
    return f'tiny/fit.py\n```\n"""Only what is asked for."""\n\n\n{SPREAD}```\n'


KNOWN = {
    "mini-swe-agent": by_tool("bash", COMMANDS),
    "mini-swe-agent-text": by_block,
    "aider": by_file,
    "claude-code": by_tool("Bash", COMMANDS[:-1]),
}


@pytest.mark.slow
@pytest.mark.usefixtures("users_cache")
@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_known_program_works_behind_the_gateway(let_work: Try, name: str) -> None:
    if not programs()[name].installed:
        pytest.skip(f"{name} is not installed: {programs()[name].how_to_install}")
    done, log = let_work(name, KNOWN[name], budget=Budget(usd=1.0, seconds=400.0))
    assert done.passed, done.run.transcript
    assert done.score.reported
    assert not done.score.fabricated
    assert done.run.ending is Ending.FINISHED
    assert done.run.steps == len([call for call in log.calls if call.completion])
    assert all(call.error is None for call in log.calls)

"""The adapter to inspect-ai, run for real with its own mock model; only where the extra is installed."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from hakken.bench.agents.types import Ending
from hakken.bench.competitions.reports import load_report
from hakken.bench.reports.building import collect
from hakken.bench.tasks.folder import TaskFolder
from hakken.cli.app import app
from hakken.core.errors import PrerequisiteError, UsageError
from hakken.core.types import Limits, Violation, ViolationKind
from tests.bench.conftest import TINY

try:
    import inspect_ai
except ImportError:
    inspect_ai = None

needed = pytest.mark.skipif(inspect_ai is None, reason="inspect-ai is not installed (the extra `inspect`)")
pytestmark = pytest.mark.filterwarnings("default")  # of inspect-ai and what it imports

SOLVE = """
import json, pathlib, re, subprocess
path = pathlib.Path("tiny/fit.py")
body = '''size = len(places) // 10
    return [sum(p * p for p in places[i * size : (i + 1) * size]) / size for i in range(10)]'''
path.write_text(re.sub(r"raise NotImplementedError.*", lambda m: body, path.read_text()))
subprocess.run(["bash", "refsol.sh"], check=True)
command = re.search(r"Writes: (.*)", open("experiment.txt").read())[1]
name = re.search(r"Experiment 1: (.*)", open("experiment.txt").read())[1]
json.dump({name: json.load(open(command))}, open("answer.json", "w"))
"""


@pytest.mark.skipif(inspect_ai is not None, reason="inspect-ai is installed")
def test_a_log_without_inspect(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteError, match="not installed"):
        collect([tmp_path / "log.eval"])


def model(*calls: tuple[str, dict[str, Any]]) -> Any:
    """A model that calls these tools in turn; its usage is set, so that no tokenizer is fetched."""
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    outputs = []
    for name, arguments in calls:
        output = ModelOutput.for_tool_call("mockllm/model", name, arguments)
        output.usage = ModelUsage(input_tokens=100, output_tokens=10, total_tokens=110)
        outputs.append(output)
    return get_model("mockllm/model", custom_outputs=outputs)


@needed
def test_a_task_is_solved_graded_and_read_back(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    from inspect_ai import eval as run

    from hakken.bench.inspect_adapter.registry import tasks as inspect_tasks

    folder = tasks["tiny-n1-4"].root
    agent = model(("python", {"code": SOLVE}), ("submit", {"answer": "It is measured."}))
    (log,) = run(inspect_tasks(str(folder)), model=agent, log_dir=str(tmp_path), display="none")
    assert log.status == "success", log.error
    assert log.samples is not None
    score = next(iter(log.samples[0].scores.values()))
    assert score.value["passed"] == 1, score.explanation
    assert (score.value["fabricated"], score.value["strict"]) == (0, 1)
    (done,), notes = collect([Path(log.location)])
    assert notes == []
    assert (done.task, done.passed, done.run.ending) == ("tiny-n1-4", True, Ending.FINISHED)
    assert done.settings["budget"] == "50 turns, 1800 seconds"
    assert done.agent == "inspect-react (mockllm/model)"
    assert (done.run.prompt_tokens, done.run.completion_tokens) == (200, 20)
    assert "def spread" in done.written["tiny/fit.py:spread"]
    result = CliRunner().invoke(app, ["bench", "report", log.location, "--out", str(tmp_path / "report"), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["agents"] == [done.agent]


@needed
def test_what_a_task_can_execute_can_be_executed_in_its_sandbox(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    import anyio

    from hakken.bench.inspect_adapter.sandbox import TASK, HakkenSandbox

    root = tmp_path / "task"
    shutil.copytree(tasks["tiny-n1-4"].root, root)
    (root / "environment" / "repo" / "go.sh").touch(0o755)

    async def rights() -> list[bool]:
        made = await HakkenSandbox.sample_init("task", None, {TASK: str(root)})
        box = made["default"].as_type(HakkenSandbox)
        for name in ("go.sh", "run.py"):
            await box.write_file(name, "")
        found = [os.access(box.workspace / name, os.X_OK) for name in ("go.sh", "run.py")]
        await HakkenSandbox.sample_cleanup("task", None, made, False)
        return found

    assert anyio.run(rights) == [True, False]


@needed
def test_the_sandbox_shows_no_secret_and_no_answer(
    tasks: dict[str, TaskFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspect_ai import eval as run

    monkeypatch.setenv("A_SECRET_KEY", "do-not-tell")
    folder = tasks["tiny-n1-4"].root
    look = f"env; cat {folder}/tests/gold.json; ls {folder}; ln -s /etc/hostname answer.json"
    agent = model(("bash", {"command": look}), ("submit", {"answer": "I guessed."}))
    # By name, as ``inspect eval`` finds it: through the entry point.
    asked = {"folder": str(folder), "n": 1}
    (log,) = run("hakken/tasks", task_args=asked, model=agent, log_dir=str(tmp_path), display="none")
    assert log.samples is not None
    seen = "\n".join(m.text for m in log.samples[0].messages if m.role == "tool")
    assert "PATH=" in seen
    assert "do-not-tell" not in seen
    assert "No such file" in seen
    assert not re.search(r"half_width", seen)
    score = next(iter(log.samples[0].scores.values()))
    assert (score.value["passed"], score.value["unanswered"], score.value["admitted"]) == (0, 1, 0)


@needed
def test_a_suite_is_what_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hakken.bench.inspect_adapter import tasks as adapter
    from hakken.bench.inspect_adapter.registry import suite

    for name in ("one", "two"):
        shutil.copytree(TINY, tmp_path / "both" / name)
    asked: dict[str, Any] = {"name": str(tmp_path / "both"), "out": str(tmp_path / "out")}

    def ids(**more: Any) -> list[str]:
        return sorted(str(sample.id) for sample in suite(**asked, **more).dataset)

    assert [i[:6] for i in ids(each=1)] == ["one-n1", "two-n1"]
    assert [i[:6] for i in ids(each=1, repository="two")] == ["two-n1"]
    assert [i[:6] for i in ids(each=2, repository="two")] == ["two-n1"] * 2
    with pytest.raises(UsageError, match=r"no repository 'three'.*one, two"):
        suite(**asked, repository="three")
    with pytest.raises(UsageError, match="no mode 'half'"):
        suite(**asked, mode="half")

    class Killed(BaseException):
        """As by a signal."""

    write, written = adapter.write, 0

    def dies(*arguments: Any) -> Any:
        nonlocal written
        if written == 1:
            raise Killed
        written += 1
        return write(*arguments)

    monkeypatch.setattr(adapter, "write", dies)
    with pytest.raises(Killed):
        suite(**asked, each=2, repository="one")
    monkeypatch.setattr(adapter, "write", write)
    assert len(ids(each=2, repository="one")) == 2, "what a killed run left out is made"

    monkeypatch.setattr(adapter, "write", None)  # what is there is not made again
    assert len(ids(each=2)) == 4


ENTER = """
import csv, importlib.util, pathlib
rows = list(csv.DictReader(open("test.csv")))
with open("submission.csv", "w") as out:
    out.write(open("sample_submission.csv").read())
print(sorted(p.name for p in pathlib.Path(".").iterdir()))
place = importlib.util.find_spec("sklearn")
data = pathlib.Path(place.origin).parent / "datasets" / "data" if place else pathlib.Path("none")
print("seen:", data.is_dir() and [p.name for p in data.iterdir()] or "nothing")
"""


@needed
def test_a_competition_is_entered_and_ranked(tmp_path: Path) -> None:
    from inspect_ai import eval as run

    agent = model(("python", {"code": ENTER}), ("submit", {"answer": "Done."}))
    asked = {"name": "tumour-odds"}
    (log,) = run("hakken/competition", task_args=asked, model=agent, log_dir=str(tmp_path), display="none")
    assert log.status == "success", log.error
    assert log.samples is not None
    seen = "\n".join(m.text for m in log.samples[0].messages if m.role == "tool")
    assert "['description.md', 'sample_submission.csv'" in seen
    assert "seen: nothing" in seen
    score = next(iter(log.samples[0].scores.values()))
    assert (score.value["valid_submission"], score.value["any_medal"]) == (1, 0)
    assert 0 <= score.value["beaten"] < 0.5
    report = load_report(Path(log.location))
    assert [(r.competition_id, r.valid_submission) for r in report.competition_reports] == [("tumour-odds", True)]

    lazy = model(("submit", {"answer": "Nothing."}))
    (log,) = run("hakken/competition", task_args=asked, model=lazy, log_dir=str(tmp_path), display="none")
    assert log.status == "success", log.error
    assert log.samples is not None
    score = next(iter(log.samples[0].scores.values()))
    assert (score.value["valid_submission"], score.value["beaten"]) == (0, 0)
    assert "submission.csv" in score.explanation
    assert not load_report(Path(log.location)).competition_reports[0].submission_exists


@needed
def test_the_contract_of_a_sandbox() -> None:
    import asyncio

    from inspect_ai.util import SandboxUserUnsupportedError

    from hakken.bench.inspect_adapter.sandbox import HakkenSandbox

    async def use() -> None:
        box = (await HakkenSandbox.sample_init("t", None, {}))["default"]
        assert isinstance(box, HakkenSandbox)
        await box.write_file("deep/name.txt", "Grüße\r\n")
        assert await box.read_file("deep/name.txt") == "Grüße\r\n"
        assert await box.read_file("deep/name.txt", text=False) == "Grüße\r\n".encode()
        found = await box.exec(["bash", "--login", "-c", "cat; pwd; exit 3"], input="in\n", cwd="deep", env={"X": "1"})
        assert (found.success, found.returncode) == (False, 3)
        assert found.stdout == f"in\n{box.workspace}/deep\n"
        await box.exec(["ln", "-s", "/etc/passwd", "link"])
        await box.exec(["ln", "-s", "/tmp", "folder"])
        for path, error in (
            ("missing", FileNotFoundError),
            ("deep", IsADirectoryError),
            ("link", PermissionError),
            ("/etc/passwd", PermissionError),
            ("../x", PermissionError),
        ):
            with pytest.raises(error):
                await box.read_file(path)
        with pytest.raises(PermissionError):
            await box.write_file("folder/x", "outside")
        with pytest.raises(OSError, match="link"):
            await box.write_file("link", "outside")
        with pytest.raises(TimeoutError, match="ran longer than 1 s"):
            await box.exec(["sleep", "30"], timeout=1)
        with pytest.raises(SandboxUserUnsupportedError):
            await box.exec(["true"], user="root")
        assert not (await box.exec(["no-such-program"])).success
        await HakkenSandbox.sample_cleanup("t", None, {"default": box}, False)
        assert not box.workspace.exists()

    asyncio.run(use())


@needed
def test_a_command_that_uses_all_cores_has_all_of_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import anyio

    from hakken.bench.inspect_adapter import sandbox as adapter

    asked: list[Limits] = []
    late = Violation(kind=ViolationKind.CPU, limit=2_400.0, observed=2_401.0, killed=True)

    class Box:
        """A sandbox in which every command is ended for its CPU time."""

        def __enter__(self) -> Box:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def exec(self, argv: list[str], **given: Any) -> Any:
            return SimpleNamespace(violations=(late,))

    def opened(*, limits: Limits, **given: Any) -> Box:
        asked.append(limits)
        return Box()

    monkeypatch.setattr(adapter, "open_sandbox", opened)
    monkeypatch.setattr(adapter, "cores", lambda: 4)
    box = adapter.HakkenSandbox()
    with pytest.raises(TimeoutError, match=r"used more CPU time than 2400 s"):
        anyio.run(lambda: box.exec(["python", "train.py"], timeout=600))
    assert [(limits.wall_seconds, limits.cpu_seconds) for limits in asked] == [(600.0, 2_400.0)]

"""The adapter to inspect-ai, run for real with its own mock model; only where the extra is installed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hakken.bench.agents.types import Ending
from hakken.bench.folder import TaskFolder
from hakken.bench.reports.building import collect
from hakken.cli.app import app
from hakken.core.errors import PrerequisiteError

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
    assert (done.task, done.passed, done.run.ending, done.seed) == ("tiny-n1-4", True, Ending.FINISHED, 0)
    assert done.agent == "inspect-react (mockllm/model)"
    assert (done.run.prompt_tokens, done.run.completion_tokens) == (200, 20)
    assert "def spread" in done.written["tiny/fit.py:spread"]
    result = CliRunner().invoke(app, ["bench", "report", log.location, "--out", str(tmp_path / "report"), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["agents"] == [done.agent]


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
    assert (score.value["passed"], score.value["unanswered"], score.value["admitted"]) == (0, 1, 1)


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
        with pytest.raises(TimeoutError):
            await box.exec(["sleep", "30"], timeout=1)
        with pytest.raises(SandboxUserUnsupportedError):
            await box.exec(["true"], user="root")
        assert not (await box.exec(["no-such-program"])).success
        await HakkenSandbox.sample_cleanup("t", None, {"default": box}, False)
        assert not box.workspace.exists()

    asyncio.run(use())

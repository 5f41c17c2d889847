"""Runs of attempts: side by side, resumed, killed, elsewhere; and what an attempt keeps."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import pytest

from hakken.bench.agents import Null, Oracle
from hakken.bench.agents.calls import SharedCalls
from hakken.bench.agents.registry import AgentOptions, Setup
from hakken.bench.agents.types import Agent, AgentRun, Ending
from hakken.bench.attempts.attempt import Attempt, Place, load_attempts, read_attempts, run_attempts, run_recipe
from hakken.bench.attempts.unfinished import Ungraded
from hakken.bench.attempts.workers import recipe_of
from hakken.bench.experiments.lab import Lab
from hakken.bench.reports.building import collect
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.types import Soundness
from hakken.core.config import ModelSettings
from hakken.core.errors import (
    HakkenError,
    ModelUnavailable,
    PrerequisiteError,
    QuotaExceeded,
    SandboxError,
    StoreError,
    UsageError,
)
from hakken.core.types import Budget, Completion, Role, Rung, Usage
from hakken.execution import best_rung, open_executor
from hakken.models.scripted import FunctionModel
from tests.bench.simulated import made
from tests.models.helpers import make_prompt


class Broken:
    """Breaks down at one task, with an error of its model."""

    name = "broken"
    retrieval = "none"

    def __init__(self, task: str, error: Exception) -> None:
        self._task, self._error = task, error

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        if task.task.id == self._task:
            raise self._error
        return AgentRun(ending=Ending.FINISHED)


class NullRecipe:
    """Makes the idle agent anywhere."""

    name = "null"

    @contextmanager
    def open(self, lab: Lab, key: str) -> Iterator[Agent]:
        yield Null()


def test_side_by_side_is_the_same_as_one_after_the_other(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    chosen = [tasks["tiny-n1-1"], tasks["tiny-n1-4"], tasks["tiny-n2-1-4"]]
    with ThreadPoolExecutor(3) as executor:
        wide = run_attempts(Oracle(lab), chosen, range(2), lab, tmp_path, executor=executor)
    assert [(a.seed, a.task) for a in wide] == [(s, t.task.id) for s in range(2) for t in chosen]
    assert all(a.passed for a in wide)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    heard: list[Attempt] = []
    again = run_attempts(Oracle(lab), chosen, range(2), lab, tmp_path, heard.append)
    assert again == wide == heard
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")} == kept
    assert sorted(load_attempts(tmp_path), key=lambda a: (a.seed, a.task)) == wide


def test_what_an_attempt_keeps(tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path) -> None:
    done = run_attempts(Oracle(lab), [tasks["tiny-n2-1-4"]], [0], lab, tmp_path)[0]
    assert set(done.written) == {"tiny/data.py:Walker.walk", "tiny/fit.py:spread"}
    assert done.written["tiny/fit.py:spread"].startswith("def spread(")
    assert set(json.loads(done.answer)) == {e.name for e in tasks["tiny-n2-1-4"].task.experiments}
    idle = run_attempts(Null(), [tasks["tiny-n2-1-4"]], [0], lab, tmp_path)[0]
    assert (idle.written, idle.answer) == ({}, "")


def test_an_agent_that_breaks_down_is_recorded_and_an_empty_account_is_not(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    chosen = [tasks["tiny-n1-1"], tasks["tiny-n1-4"]]
    down = Broken("tiny-n1-4", ModelUnavailable("The server is down."))
    failed = run_attempts(down, chosen, [0], lab, tmp_path / "down")
    assert [a.run.ending for a in failed] == [Ending.FINISHED, Ending.FAILED]
    assert failed[1].settings == {"retrieval": "none"}
    poor = Broken("tiny-n1-1", QuotaExceeded("No credit is left."))
    with ThreadPoolExecutor(2) as executor, pytest.raises(QuotaExceeded):
        run_attempts(poor, chosen, [0], lab, tmp_path / "poor", executor=executor)
    assert [a.task for a in load_attempts(tmp_path / "poor")] == ["tiny-n1-4"]


class Counts:
    """Leaves a file, and knows how often it was asked to."""

    name = "counts"

    def __init__(self) -> None:
        self.times = 0

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        self.times += 1
        (workspace / "note.txt").write_text(f"{self.times}")
        return AgentRun(ending=Ending.FINISHED, words=f"time {self.times}", completion_tokens=7)


class Breaks(ThreadPoolExecutor):
    """Workers of a laboratory whose sandbox fails at one run, once."""

    def __init__(self, at: int, error: Exception | None = None) -> None:
        super().__init__(2)
        self._left = at
        self._error = error or SandboxError("The sandbox could not be set up.", "Try again.")

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        self._left -= 1
        return super().submit(self._fail) if self._left == 0 else super().submit(fn, *args, **kwargs)

    def _fail(self) -> None:
        raise self._error


@pytest.mark.parametrize("parallel", [False, True])
def test_work_that_could_not_be_graded_is_graded_later_and_never_done_again(
    tasks: dict[str, TaskFolder], tmp_path: Path, parallel: bool
) -> None:
    chosen, agent = [tasks["tiny-n1-1"], tasks["tiny-n1-4"]], Counts()
    with Breaks(1) as runs, ThreadPoolExecutor(1) as attempts:
        side, lab = attempts if parallel else None, Lab(runs)
        with pytest.raises(Ungraded, match=r"tiny-n1-1 #0 could not be graded: The sandbox .* same command grades it"):
            run_attempts(agent, chosen, [0], lab, tmp_path, executor=side, limits={"budget": "a"})
        assert [a.task for a in load_attempts(tmp_path)] == ["tiny-n1-4"]
        with pytest.raises(UsageError, match="another budget"):
            run_attempts(agent, chosen, [0], lab, tmp_path, limits={"budget": "b"})
        first, _ = run_attempts(agent, chosen, [0], lab, tmp_path, limits={"budget": "a"})
    assert agent.times == 2
    assert (first.run.words, first.run.completion_tokens, first.settings) == ("time 1", 7, {"budget": "a"})
    assert first.score.edited == ("note.txt",)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("parallel", [False, True])
def test_a_mistake_of_ours_at_one_workspace_ends_no_other_attempt(
    tasks: dict[str, TaskFolder], tmp_path: Path, parallel: bool
) -> None:
    chosen, error = [tasks["tiny-n1-1"], tasks["tiny-n1-4"]], NotADirectoryError("out")
    with Breaks(1, error) as runs, ThreadPoolExecutor(1) as attempts:
        side = attempts if parallel else None
        with pytest.raises(Ungraded, match=r"tiny-n1-1 #0 .*: a mistake in Hakken, NotADirectoryError: out"):
            run_attempts(Counts(), chosen, [0], Lab(runs), tmp_path, executor=side)
    assert [a.task for a in load_attempts(tmp_path)] == ["tiny-n1-4"]


def test_work_is_whole_on_the_disk_before_it_is_graded(tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path) -> None:
    """What a killed process leaves is what lies there while the first run of the grading is under way."""
    task, agent, left = tasks["tiny-n1-4"], Counts(), tmp_path / "left"

    class Copies(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
            if not left.exists():
                shutil.copytree(tmp_path / "out", left)
            return super().submit(fn, *args, **kwargs)

    with Copies(1) as runs:
        done = run_attempts(agent, [task], [0], Lab(runs), tmp_path / "out")
    assert load_attempts(left) == []
    (graded,) = run_attempts(agent, [task], [0], lab, left)
    assert (graded.run, graded.seconds, graded.score.verdicts) == (
        done[0].run,
        done[0].seconds,
        done[0].score.verdicts,
    )
    assert agent.times == 1


@pytest.mark.parametrize("error", [UsageError("No passage."), StoreError("Full."), PrerequisiteError("Install it.")])
def test_one_attempt_that_breaks_down_stops_the_others_only_where_they_would_too(
    error: HakkenError, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    chosen = [tasks["tiny-n1-1"], tasks["tiny-n1-4"]]
    agent = Broken("tiny-n1-1", error)
    if isinstance(error, UsageError):
        failed, other = run_attempts(agent, chosen, [0], lab, tmp_path)
        assert (failed.run.ending, failed.run.words, other.run.ending) == (
            Ending.FAILED,
            "No passage.",
            Ending.FINISHED,
        )
    else:
        with pytest.raises(type(error)):
            run_attempts(agent, chosen, [0], lab, tmp_path)
        assert load_attempts(tmp_path) == []


class Asks:
    """Asks its model once, and breaks down."""

    name = "asks"

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        self._setup.ledger(seed).ask(make_prompt(role=Role.CODE))
        raise UsageError("It broke.")


def test_what_a_broken_attempt_spent_is_known_and_so_is_the_time_of_remembered_answers(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    usage = Usage(calls=1, prompt_tokens=5, completion_tokens=3, usd=0.25, seconds=500.0)
    model = FunctionModel(lambda _: Completion(text="x", usage=usage))
    log = SharedCalls(tmp_path / "calls.db")
    setup = Setup(lab, {Role.CODE: model}, log, Budget(), ModelSettings(), AgentOptions())
    found = [
        run_attempts(Asks(setup), [tasks["tiny-n1-1"]], [0], lab, tmp_path / name)[0] for name in ("first", "again")
    ]
    for each in found:
        assert (each.run.ending, each.run.steps) == (Ending.FAILED, 1)
        assert (each.run.prompt_tokens, each.run.completion_tokens, each.run.usd) == (5, 3, 0.25)
    assert [each.seconds > 500 for each in found] == [False, True]


def test_an_attempt_names_its_sandbox_and_what_its_task_is_worth(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    task = tasks["tiny-n1-4"]
    (plain,) = run_attempts(Null(), [task], [0], lab, tmp_path / "plain")
    assert (plain.rung, plain.isolated, plain.soundness) == (best_rung().rung, True, Soundness.SOUND)
    known = task.model_copy(update={"task": task.task.model_copy(update={"gold_predictable": True})})
    weak = Lab(lab.executor, Rung.RLIMITS, allow_weak=True)
    (open_,) = run_attempts(Null(), [known], [0], weak, tmp_path / "open")
    assert (open_.rung, open_.isolated, open_.soundness) == (Rung.RLIMITS, False, Soundness.PREDICTABLE)


def test_attempts_under_other_limits_are_not_taken_for_these(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    task, short, long = tasks["tiny-n1-4"], {"budget": "5 minutes"}, {"budget": "30 minutes"}
    (first,) = run_attempts(Null(), [task], [0], lab, tmp_path / "short", limits=short)
    assert first.settings["budget"] == "5 minutes"
    with pytest.raises(UsageError, match=r"another budget \(5 minutes, and now 30 minutes\)\. Take another --out"):
        run_attempts(Null(), [task], [0, 1], lab, tmp_path / "short", limits=long)
    assert load_attempts(tmp_path / "short") == [first]
    assert run_attempts(Null(), [task], [0], lab, tmp_path / "short", limits=short) == [first]
    run_attempts(Null(), [task], [0], lab, tmp_path / "older")
    assert len(run_attempts(Null(), [task], [0, 1], lab, tmp_path / "older", limits=long)) == 2


def test_one_agent_with_two_budgets_is_two_agents_in_a_report(tmp_path: Path) -> None:
    for name, solved in (("5 minutes", False), ("30 minutes", True)):
        (tmp_path / name).mkdir()
        found = made(settings={"budget": name}, solved=solved)
        (tmp_path / name / "0.json").write_text(found.model_dump_json())
    attempts, notes = collect([tmp_path / "5 minutes", tmp_path / "30 minutes"])
    assert [a.agent for a in attempts] == ["fixed-both [5 minutes]", "fixed-both [30 minutes]"]
    assert notes == []
    assert [a.agent for a in collect([tmp_path / "5 minutes"])[0]] == ["fixed-both"]


def test_two_commands_of_one_program_are_two_agents(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).mkdir()
        found = made("external-python", settings={"budget": "x", "command": f"external:python {name}"})
        (tmp_path / name / "0.json").write_text(found.model_dump_json())
    attempts, notes = collect([tmp_path / "a.py", tmp_path / "b.py"])
    names = [f"external-python [external:python {name}]" for name in ("a.py", "b.py")]
    assert ([a.agent for a in attempts], notes) == (names, [])


def test_a_file_that_is_no_attempt_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("{}")
    (tmp_path / ".half.part.json").write_text("{")
    assert read_attempts(tmp_path) == ([], [tmp_path / "notes.json"])


@pytest.mark.slow
def test_workers_that_share_no_memory(tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path) -> None:
    script = tmp_path / "script.toml"
    script.write_text('[[rules]]\nreply = "```python\\ndef spread(places):\\n    return 1 / 0\\n```"\n')
    settings = ModelSettings(default=f"scripted:{script}")
    setup = Setup(lab, {}, SharedCalls(tmp_path / "unused.db"), Budget(), settings, AgentOptions(), "scripted")
    recipe = recipe_of("fixed", setup, tmp_path / "calls")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        done = run_recipe(recipe, [tasks["tiny-n1-4"]], [0], Place(), tmp_path / "out", executor)
        idle = run_recipe(NullRecipe(), [tasks["tiny-n1-4"]], [0], Place(), tmp_path / "out", executor)
    assert [(a.agent, a.passed) for a in (*done, *idle)] == [("fixed-both (scripted)", False), ("null", False)]
    assert "return 1 / 0" in done[0].written["tiny/fit.py:spread"]
    assert len(list((tmp_path / "calls").glob("*.db"))) == 1
    assert len(load_attempts(tmp_path / "out")) == 2


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed (the extra `ray`)")
@pytest.mark.filterwarnings("default")  # of Ray
def test_attempts_on_ray(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    chosen = [tasks["tiny-n1-1"], tasks["tiny-n1-4"]]
    with open_executor("ray", 2) as executor:
        done = run_recipe(NullRecipe(), chosen, [0], Place(), tmp_path, executor)
    assert [(a.agent, a.passed) for a in done] == [("null", False)] * 2
    assert len(load_attempts(tmp_path)) == 2


_DRIVER = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.attempts.attempt import run_attempts
from hakken.bench.tasks.folder import load_tasks
from hakken.bench.experiments.lab import Lab

class Waits:
    name = "null"
    def work(self, task, workspace, seed):
        if seed == 1 and sys.argv[3] == "wait":
            print("under way", flush=True)
            threading.Event().wait()
        return AgentRun(ending=Ending.FINISHED)

with ThreadPoolExecutor(2) as runs, ThreadPoolExecutor(2) as executor:
    tasks = [t for t in load_tasks(Path(sys.argv[1])) if t.task.n == 1][:3]
    done = run_attempts(Waits(), tasks, range(2), Lab(runs), Path(sys.argv[2]), executor=executor)
    print(len(done), flush=True)
"""


@pytest.mark.slow
def test_kill_9_loses_the_attempts_under_way_and_no_other(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    where = next(iter(tasks.values())).root.parent
    command = [sys.executable, "-c", _DRIVER, str(where), str(tmp_path)]
    with subprocess.Popen([*command, "wait"], stdout=subprocess.PIPE, start_new_session=True) as driver:
        assert driver.stdout is not None
        watchdog = threading.Timer(120, os.killpg, (driver.pid, signal.SIGKILL))
        watchdog.start()
        assert [driver.stdout.readline() for _ in range(2)] == [b"under way\n"] * 2
        os.killpg(driver.pid, signal.SIGKILL)
        watchdog.cancel()
    kept = {path: path.read_bytes() for path in tmp_path.glob("*.json")}
    # Two attempts are under way when the second round has begun twice: the first round may lack one that is being
    # written, and nothing of what was written is half.
    assert len(kept) >= 2
    assert len(load_attempts(tmp_path)) == len(kept)
    finished = subprocess.run([*command, "on"], check=True, capture_output=True, timeout=120)
    assert finished.stdout == b"6\n"
    assert {path: path.read_bytes() for path in kept} == kept
    assert len(load_attempts(tmp_path)) == 6

"""Evaluations of inspect-ai that broke down or went on in another log, and what of them counts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hakken.bench.agents.types import Ending
from hakken.bench.attempts.attempt import Attempt
from hakken.bench.attempts.identity import this_code
from hakken.bench.competitions.reports import load_report, load_reports
from hakken.bench.inspect_adapter.blank import blank_attempt
from hakken.bench.reports.building import collect
from hakken.bench.tasks.folder import TaskFolder
from hakken.cli.app import app
from hakken.core.errors import UsageError

try:
    import inspect_ai
except ImportError:
    inspect_ai = None

needed = pytest.mark.skipif(inspect_ai is None, reason="inspect-ai is not installed (the extra `inspect`)")
pytestmark = pytest.mark.filterwarnings("default")  # of inspect-ai and what it imports


def test_what_stands_for_a_sample_that_broke_down_says_which_code_made_it(tasks: dict[str, TaskFolder]) -> None:
    attempt = Attempt.model_validate(blank_attempt(tasks["tiny-n1-4"]))
    assert (attempt.code, attempt.passed) == (this_code(), False)


def breaking(on: str) -> Any:
    """An agent that does nothing, and breaks down at one task."""
    from inspect_ai.solver import solver

    @solver
    def idle(on: str) -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            if state.sample_id == on:
                raise RuntimeError("The model is gone.")
            return state

        return solve

    return idle(on)


@needed
def test_what_broke_down_counts_and_no_two_evaluations_are_one(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    from inspect_ai import eval as run
    from inspect_ai import eval_retry

    from hakken.bench.inspect_adapter.registry import tasks as inspect_tasks

    two = ["tiny-n1-4", "tiny-n1-3"]
    given: dict[str, Any] = {"sample_id": two, "model": "mockllm/model", "display": "none"}

    def evaluate(folder: str, on: str, **more: Any) -> Any:
        task = inspect_tasks(str(tasks[two[0]].root.parent))
        return run(task, solver=breaking(on), log_dir=str(tmp_path / folder), **given, **more)[0]

    first = evaluate("a", two[0], fail_on_error=False)
    again = evaluate("a", two[0], fail_on_error=False)
    both, notes = collect([Path(first.location), Path(again.location)])
    assert notes == []
    assert len(both) == 4
    assert len({a.seed for a in both}) == 2, "each evaluation has a seed of its own"
    assert {a.agent for a in both} == {"inspect-idle (mockllm/model)"}
    broken = [a for a in both if a.task == two[0]]
    assert [(a.run.ending, a.passed, a.score.reported) for a in broken] == [(Ending.FAILED, False, False)] * 2
    assert broken[0].run.words == "RuntimeError('The model is gone.')"
    unbroken = next(a for a in both if a.task == two[1])
    assert (broken[0].source, broken[0].mode, broken[0].n) == (unbroken.source, unbroken.mode, unbroken.n)

    tighter = evaluate("b", "none of them", token_limit=5_000)
    apart, _ = collect([Path(first.location), Path(tighter.location)])
    assert len({a.agent for a in apart}) == 2, "two budgets are two agents"

    (later,) = eval_retry(first.location, log_dir=str(tmp_path / "a"), display="none")
    assert later.eval.task_id == first.eval.task_id
    once, _ = collect([Path(first.location), Path(later.location)])
    assert sorted(a.task for a in once) == sorted(two), "an evaluation that went on is one"


def broken_off(log: Any, place: Path) -> Path:
    """The log of an ``eval-retry`` that ended before it came to what had broken down: copies of the rest alone."""
    from inspect_ai.log import write_eval_log

    later = log.eval.model_copy(update={"created": "2100-01-01T00:00:00+00:00", "run_id": "again"})
    samples = [sample for sample in log.samples if not sample.error]
    write_eval_log(log.model_copy(update={"eval": later, "samples": samples, "status": "cancelled"}), place)
    return place


@needed
def test_a_retry_that_was_broken_off_loses_no_failure(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    from inspect_ai import eval as run

    from hakken.bench.inspect_adapter.registry import tasks as inspect_tasks

    two = ["tiny-n1-3", "tiny-n1-4"]
    task = inspect_tasks(str(tasks[two[0]].root.parent))
    given: dict[str, Any] = {"sample_id": two, "model": "mockllm/model", "display": "none", "fail_on_error": False}
    (log,) = run(task, solver=breaking(two[0]), log_dir=str(tmp_path), **given)
    first = Path(log.location)
    later = broken_off(log, first.with_name(f"2100-01-01T00-00-00+00-00_again_{log.eval.task_id}.eval"))
    both, notes = collect([first, later])
    assert sorted((a.task, a.run.ending) for a in both) == [(two[0], Ending.FAILED), (two[1], Ending.FINISHED)]
    assert notes == ["1 attempts are in several folders, and count once."]

    nothing = first.with_name(f"2000-01-01T00-00-00+00-00_none_{log.eval.task_id}.eval")
    from inspect_ai.log import write_eval_log

    before = log.eval.model_copy(update={"created": "2000-01-01T00:00:00+00:00"})
    write_eval_log(log.model_copy(update={"eval": before, "samples": [], "status": "cancelled"}), nothing)
    assert len(collect([nothing, first, later])[0]) == 2, "a log that ended before its first sample stops no report"
    with pytest.raises(UsageError, match="tried again"):
        collect([nothing])
    other = tmp_path / "alone" / nothing.name
    other.parent.mkdir()
    shutil.copy(nothing, other)
    with pytest.raises(UsageError, match="no attempts in"):
        collect([other])


@needed
def test_a_competition_that_went_on_in_another_log_counts_no_epoch_twice(tmp_path: Path) -> None:
    from inspect_ai import eval as run
    from inspect_ai import eval_retry
    from inspect_ai.solver import solver

    broken = tmp_path / "broken"
    broken.touch()

    @solver
    def idle(mark: str) -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            if state.epoch == 2 and Path(mark).exists():
                raise RuntimeError("The model is gone.")
            return state

        return solve

    given: dict[str, Any] = {"model": "mockllm/model", "display": "none", "fail_on_error": False}
    asked = {"name": "tumour-odds"}
    logs = tmp_path / "logs"
    task = "hakken/competition"
    (log,) = run(task, task_args=asked, solver=idle(str(broken)), epochs=3, log_dir=str(logs), **given)
    first = Path(log.location)
    assert len(load_report(first).competition_reports) == 3, "what broke down left no submission, and failed"
    broken.unlink()
    (log,) = eval_retry(str(first), log_dir=str(logs), display="none")
    later = Path(log.location)
    assert [len(r.competition_reports) for r in load_reports([later, first])] == [0, 3]
    assert len(load_report(first).competition_reports) == 2, "a log that is named alone keeps what it finished"
    result = CliRunner().invoke(app, ["bench", "competition", "report", str(first), str(later), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["num_seeds_averaged"] == 3

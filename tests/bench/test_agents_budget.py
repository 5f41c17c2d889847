"""What an attempt is held to is the same whoever works, and an attempt that goes on has what the first one left it."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hakken.agents.tools import Shell
from hakken.bench.agents import Ending, Mending, Pipeline
from hakken.bench.agents.external import External
from hakken.bench.agents.recipes import program_of
from hakken.bench.agents.registry import AgentOptions, Setup, choose
from hakken.bench.attempts.attempt import attempt
from hakken.bench.experiments.lab import Lab
from hakken.bench.tasks.folder import TaskFolder
from hakken.core.config import ModelSettings
from hakken.core.errors import BudgetExceeded
from hakken.core.types import Budget, Completion, Request, Role, Usage
from hakken.models.scripted import FunctionModel
from tests.agents.helpers import Talker, act
from tests.bench import programs as small
from tests.bench.test_agents import SPREAD, WALK
from tests.models.helpers import MemoryLog

pytestmark = pytest.mark.usefixtures("graded_once")
ONE, TWO = "tiny-n1-4", "tiny-n2-1-4"
NOTHING = "I cannot do that."


def test_the_fixed_agent_makes_no_more_calls_than_it_has(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    asked: list[str] = []

    def say(request: Request) -> str:
        asked.append(request.messages[-1].content)
        return NOTHING

    setup = Setup(
        lab=lab,
        models={Role.CODE: FunctionModel(say)},
        log=MemoryLog(),
        budget=Budget(),
        settings=ModelSettings(repairs=0),
        options=AgentOptions(steps=1),
    )
    done = attempt(choose("fixed", setup), tasks[TWO], 0, lab)
    assert (done.run.ending, done.run.steps, len(asked)) == (Ending.STEPS, 1, 1)
    assert done.run.transcript[1] == "The budget of calls was used up."
    thinking = Pipeline(lambda seed: Talker("So.").ledger(), lab, think=4_000, steps=3)
    thought = attempt(thinking, tasks[TWO], 0, lab)
    assert (thought.run.ending, thought.run.steps) == (Ending.STEPS, 3)


def test_a_repaired_reply_is_more_than_one_call(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    talker = Talker(NOTHING)
    done = attempt(Pipeline(lambda seed: talker.ledger(), lab, steps=2), tasks[TWO], 0, lab)
    assert done.run.steps == len(talker.asked) > 1
    assert done.run.ending is Ending.STEPS


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_mending_agent_makes_no_call_for_a_function_when_none_is_left(
    tasks: dict[str, TaskFolder], lab: Lab, steps: int
) -> None:
    talker = Talker(NOTHING)
    done = attempt(Mending(lambda seed: talker.ledger(), lab, draft=False, steps=steps, fill=False), tasks[TWO], 0, lab)
    assert done.run.steps == steps
    assert done.run.ending is (Ending.STEPS if steps == 1 else Ending.FINISHED)


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("calls", Ending.STEPS),
        ("failed calls", Ending.STEPS),
        ("seconds", Ending.SECONDS),
        ("tokens", Ending.TOKENS),
        ("completion tokens", Ending.TOKENS),
        ("US$", Ending.TOKENS),
    ],
)
def test_every_limit_is_an_ending(kind: str, ending: Ending) -> None:
    assert Ending.of_limit(BudgetExceeded(kind, 2, 1)) is ending


def slow(say: Callable[[Request], str], seconds: float) -> FunctionModel:
    """A model whose answers are said to have taken so long; no time passes."""

    def answer(request: Request) -> Completion:
        return Completion(
            text=say(request), usage=Usage(calls=1, prompt_tokens=9, completion_tokens=9, seconds=seconds)
        )

    return FunctionModel(answer)


def written(request: Request) -> str:
    return WALK if "def walk" in request.messages[-1].content else SPREAD


@pytest.mark.parametrize(("agent", "first", "again"), [("fixed", 2, 1), ("mending", 4, 1)])
def test_an_attempt_that_goes_on_has_the_time_that_its_answers_left_it(
    tasks: dict[str, TaskFolder], lab: Lab, agent: str, first: int, again: int
) -> None:
    models: dict[Role, Any] = {Role.CODE: slow(written, 70.0)}
    setup = Setup(lab, models, MemoryLog(), Budget(seconds=60.0), ModelSettings(), AgentOptions())
    assert attempt(choose(agent, setup), tasks[TWO], 0, lab).run.steps == first
    resumed = attempt(choose(agent, setup), tasks[TWO], 0, lab)
    assert resumed.run.steps == again, "the time was over when the first answer was there"
    assert resumed.seconds > 70.0


def test_a_command_of_an_attempt_that_goes_on_has_no_more_time_than_is_left(
    tasks: dict[str, TaskFolder], lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lefts: list[Callable[[], float]] = []

    class Watched(Shell):
        def __init__(
            self, place: Any, limits: Any, rung: Any, weak: bool, left: Callable[[], float], most: int
        ) -> None:
            super().__init__(place, limits, rung, weak, left, most)
            lefts.append(left)

    monkeypatch.setattr("hakken.bench.agents.dynamic.Shell", Watched)
    replies = [act("list"), act("finish", answer="{}", words="Nothing."), act("finish", answer="{}", words="Nothing.")]

    def say(request: Request) -> str:
        return json.dumps(replies[sum(message.role == "assistant" for message in request.messages)])

    models: dict[Role, Any] = {Role.CODE: slow(say, 100.0)}
    setup = Setup(lab, models, MemoryLog(), Budget(seconds=900.0), ModelSettings(), AgentOptions())
    for _ in range(2):
        assert attempt(choose("react", setup), tasks[ONE], 0, lab).run.steps == 3
    fresh, resumed = (left() for left in lefts)
    assert fresh > 700 > 600 >= resumed > 400


def program(folder: Path, text: str, words: str = "") -> Any:
    return program_of(f"{small.write(folder, 'agent', text)} {words}")


def test_what_a_program_used_is_known_however_its_attempt_ends(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise OSError(errno.EISDIR, "a folder is in its place")

    monkeypatch.setattr("hakken.bench.agents.external.report", broken)
    asking = program(tmp_path, small.SMALL, "{instruction} {files} --silent")
    agent = External(
        asking.model_copy(update={"report_from_run": True}), FunctionModel(lambda r: "x = 1"), MemoryLog(), lab
    )
    done = attempt(agent, tasks[ONE], 0, lab)
    assert (done.run.ending, done.run.steps) == (Ending.FAILED, 1)
    assert done.run.prompt_tokens > done.run.completion_tokens > 0


def test_remembered_answers_of_a_program_count_in_its_seconds(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    asking, log = program(tmp_path, small.SMALL, "{instruction} {files} --silent"), MemoryLog()
    agent = External(asking, slow(lambda r: "x = 1", 500.0), log, lab)
    first, resumed = (attempt(agent, tasks[ONE], 0, lab) for _ in range(2))
    assert (len(log.calls), first.run.steps, resumed.run.steps) == (1, 1, 1)
    assert first.seconds < 400 < 500 <= resumed.seconds


def test_values_are_captured_in_the_time_that_is_left(
    tasks: dict[str, TaskFolder], lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float | None] = []
    run = Lab.run

    def watched(self: Lab, jobs: Any) -> Any:
        made = list(jobs)
        limits.extend(job.wall_seconds for job in made)
        return run(self, made)

    monkeypatch.setattr(Lab, "run", watched)
    agent = Mending(
        lambda seed: Talker(SPREAD).ledger(), lab, candidates=1, mends=0, draft=False, budget=Budget(seconds=30.0)
    )
    attempt(agent, tasks[ONE], 0, lab)
    assert limits[0] is not None
    assert limits[0] <= 30.0

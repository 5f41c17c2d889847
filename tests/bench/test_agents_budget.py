"""What an attempt is held to is the same whoever works, and an attempt that goes on has what the first one left it."""

from __future__ import annotations

import pytest

from hakken.bench.agents import Ending, Mending, Pipeline
from hakken.bench.agents.registry import AgentOptions, Setup, choose
from hakken.bench.attempts import attempt
from hakken.bench.folder import TaskFolder
from hakken.bench.proving import Lab
from hakken.core.config import ModelSettings
from hakken.core.types import Budget, Request, Role
from hakken.models.scripted import FunctionModel
from tests.agents.helpers import Talker
from tests.models.helpers import MemoryLog

TWO = "tiny-n2-1-4"
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
    done = attempt(Mending(lambda seed: talker.ledger(), lab, steps=steps, fill=False), tasks[TWO], 0, lab)
    assert done.run.steps == steps
    assert done.run.ending is (Ending.STEPS if steps == 1 else Ending.FINISHED)

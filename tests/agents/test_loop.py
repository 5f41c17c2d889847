"""The loop with a model that follows a script: ends, limits, plans, memory, being stuck, going on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hakken.agents import LoopSettings, Memory, Pattern, Stop, Style, Trajectory, Turn, read_trajectories, run_loop
from hakken.agents.memory import LEFT_OUT, tokens, view
from hakken.agents.stuck import stuck
from hakken.agents.tools import EditHistory, Finish, Place, Toolbox, editor_tools, reader_tools
from hakken.core.errors import ConfigError, ModelRefused, QuotaExceeded
from hakken.core.types import Budget, Completion, Message, Request, Role, Usage
from hakken.models import Ledger
from hakken.models.scripted import FunctionModel
from hakken.models.usage import estimate_tokens, prompt_text
from tests.agents.helpers import Log, Talker, act


@pytest.fixture
def answers() -> list[dict[str, Any]]:
    """What was given as the answer."""
    return []


@pytest.fixture
def tools(tmp_path: Path, answers: list[dict[str, Any]]) -> Toolbox:
    """Reading, editing and finishing in a workspace of one file."""
    (tmp_path / "run.py").write_text("x = 1\n")
    place = Place(tmp_path)

    def accept(answer: dict[str, Any], words: str) -> None:
        answers.append(answer)

    return Toolbox([*reader_tools(place), *editor_tools(EditHistory(place)), Finish(accept)])


READ, FINISH = act("read", path="run.py"), act("finish", answer='{"a": 1}', words="done")


def said(request: Request) -> str:
    return request.messages[-1].content


def test_it_thinks_acts_looks_and_finishes(tools: Toolbox, answers: list[dict[str, Any]]) -> None:
    model = Talker(READ, act("replace", path="run.py", old="1", new="2"), FINISH)
    done = run_loop("Double x.", tools, model.ledger(), LoopSettings())
    assert (done.stop, answers) == (Stop.FINISHED, [{"a": 1}])
    assert [turn.tool for turn in done.turns] == ["read", "replace", "finish"]
    assert done.turns[0].observation == "   1 x = 1"
    assert done.usage.calls == 3
    assert "   1 x = 1" in "".join(m.content for m in model.asked[1].messages)
    assert "Double x." in model.asked[0].messages[1].content
    assert "- rewrite:" in model.asked[0].messages[0].content
    assert [m.role for m in model.asked[2].messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    schema = json.dumps(model.asked[0].json_schema)
    assert schema.index('"thought"') < schema.rindex('"action"')


def test_at_the_last_step_only_finishing_is_left(tools: Toolbox) -> None:
    files = iter(range(100))
    model = Talker(by=lambda r: FINISH if "last step" in said(r) else act("search", pattern=f"x{next(files)}"))
    done = run_loop("Look.", tools, model.ledger(), LoopSettings(steps=4))
    assert (done.stop, len(done.turns)) == (Stop.FINISHED, 4)
    assert "search" not in json.dumps(model.asked[-1].json_schema)
    stubborn = Talker(by=lambda r: act("search", pattern=f"y{next(files)}"))
    ended = run_loop("Look.", tools, stubborn.ledger(), LoopSettings(steps=3))
    assert (ended.stop, ended.turns[-1].tool) == (Stop.STEPS, "")


def test_tokens_end_it_and_it_is_told_before(tools: Toolbox) -> None:
    files = iter(range(100))
    model = Talker(by=lambda r: FINISH if "last step" in said(r) else act("search", pattern=f"x{next(files)}"))
    one = run_loop("Look.", tools, Talker(READ, FINISH).ledger(), LoopSettings()).turns[0].usage.tokens
    told = run_loop("Look.", tools, model.ledger(), LoopSettings(), Budget(tokens=8 * one))
    assert told.stop is Stop.FINISHED
    assert told.usage.tokens <= 8 * one
    deaf = Talker(by=lambda r: act("search", pattern=f"x{next(files)}"))
    budget = Budget(tokens=5 * one)
    ended = run_loop("Look.", tools, deaf.ledger(budget=budget), LoopSettings(), budget)
    assert (ended.stop, ended.why) == (Stop.TOKENS, "The budget of tokens was used up.")


def test_the_same_attempt_again_costs_nothing_and_ends_the_same(tools: Toolbox) -> None:
    log = Log()
    first = run_loop("Look.", tools, Talker(READ, FINISH).ledger(log), LoopSettings())
    silent = Talker(by=lambda r: pytest.fail("nothing is asked again"))
    again = run_loop("Look.", tools, silent.ledger(log), LoopSettings())
    assert again == first


def test_plans_come_first_and_are_revised(tools: Toolbox) -> None:
    plans = iter(["1. read", "1. finish"])
    files = iter(range(100))

    def say(request: Request) -> Any:
        if request.purpose == "agents/plan":
            return next(plans)
        return FINISH if "1. finish" in said(request) else act("search", pattern=f"x{next(files)}")

    model = Talker(by=say)
    done = run_loop("Look.", tools, model.ledger(), LoopSettings(style=Style.PLANNING, every=2))
    assert [turn.plan for turn in done.turns] == ["1. read", "", "1. finish"]
    assert "Plan:\n1. read" in said(model.asked[2])
    assert done.usage.calls == 5


def test_reflection_is_part_of_each_reply(tools: Toolbox) -> None:
    extra = {"reflection": "It holds one line.", "status": "read", "fact_check": "confirmed"}
    done = run_loop("Look.", tools, Talker({**FINISH, **extra}).ledger(), LoopSettings(style=Style.REFLECTION))
    assert done.turns[0].thought == "So.\nIt holds one line.\nread\nconfirmed"
    plain = run_loop("Look.", tools, Talker(FINISH).ledger(), LoopSettings(style=Style.REFLECTION, steps=1))
    assert "reflection: Field required" in plain.turns[0].observation


def test_a_small_model_is_asked_in_pieces(tools: Toolbox, answers: list[dict[str, Any]]) -> None:
    code = "Here it is.\n```python\nx = 3\n```"
    model = Talker(
        {"thought": "Write.", "tool": "create"}, {"path": "run.py"}, code,
        {"thought": "Done.", "tool": "finish"}, {"words": "written"}, '```json\n{"a": 2}\n```',
    )  # fmt: skip
    done = run_loop("Write.", tools, model.ledger(), LoopSettings(small=True))
    assert done.turns[0].arguments == {"path": "run.py", "text": "x = 3"}
    assert (done.stop, answers, len(done.turns[0].calls)) == (Stop.FINISHED, [{"a": 2}], 3)
    assert model.asked[1].messages[: len(model.asked[0].messages)] == model.asked[0].messages
    assert '"enum": ["read"' in json.dumps(model.asked[0].json_schema)


@pytest.mark.parametrize(
    ("replies", "pattern"),
    [
        ([READ], Pattern.REPETITION),
        ([READ, act("list")], Pattern.ALTERNATION),
        (["I will think about it."], Pattern.MONOLOGUE),
        ([act("replace", path="run.py", old=f"no{n}", new="") for n in range(40)], Pattern.REFUSED_EDITS),
    ],
)
def test_who_is_stuck_is_told_once_and_then_ended(tools: Toolbox, replies: list[Any], pattern: Pattern) -> None:
    count = iter(range(1000))

    def say(request: Request) -> Any:
        mended = any(m.role == "assistant" and "I will think" in m.content for m in request.messages[-2:])
        return replies[0] if mended else replies[next(count) % len(replies)]

    model = Talker(by=say)
    done = run_loop("Look.", tools, model.ledger(), LoopSettings())
    assert (done.stop, done.patterns) == (Stop.STUCK, (pattern, pattern))
    assert len([turn for turn in done.turns if turn.nudge]) == 1
    assert done.why == f"Stuck for the second time: {pattern.value}."


def turn(index: int, tool: str = "shell", seen: str = "", **fields: Any) -> Turn:
    return Turn(index=index, tool=tool, observation=seen, arguments=fields.pop("arguments", {"n": index}), **fields)


def test_patterns_are_told_from_work() -> None:
    error = "Traceback …\nNameError: x\n[exit code 1]"
    failing = [turn(i, seen=error, failed=True) for i in range(4)]
    assert stuck(failing) is Pattern.SAME_ERROR
    mixed = [failing[0], turn(5, "rewrite"), failing[1], turn(6, "rewrite"), failing[2], turn(7, "read"), failing[3]]
    assert stuck(mixed) is Pattern.SAME_ERROR
    assert stuck([*failing[:3], turn(4, seen="NameError: y\n[exit code 1]", failed=True)]) is None
    assert stuck([*failing[:2], turn(4), *failing[2:]]) is None
    assert stuck([turn(i, seen="fine") for i in range(9)]) is None
    assert stuck([turn(i, "read", str(i), overflow=True) for i in range(3)]) is Pattern.OVERFLOW
    assert stuck([]) is None


def test_a_window_shows_the_last_steps_and_a_summary_the_others(tools: Toolbox) -> None:
    files = iter(range(100))

    def say(request: Request) -> Any:
        if request.purpose == "agents/summarise":
            return f"Summary of {said(request).count('Action:')}."
        return FINISH if next(files) == 6 else act("search", pattern=f"pattern{len(request.messages)}-{next(files)}")

    model = Talker(by=say)
    done = run_loop("Look.", tools, model.ledger(), LoopSettings(memory=Memory.SUMMARY, window=2, every=3))
    assert [t.summary for t in done.turns if t.summary] == ["Summary of 3."]
    shown = "".join(m.content for m in model.asked[-1].messages)
    assert "In short: Summary of 3." in shown
    assert shown.count('"tool": "search"') == 2
    base = [Message(role="system", content="s"), Message(role="user", content="t")]
    turns = [turn(i, seen=f"seen {i}") for i in range(8)]
    some = view(base, turns, "go", Memory.WINDOW, 5, "", 10_000)
    assert (some.elided, some.dropped) == (0, 0)
    assert "(3 earlier steps are not shown.)" in some.messages[1].content
    assert "seen 2" not in "".join(m.content for m in some.messages)


@pytest.mark.parametrize("limit", [200, 600, 1500, 4000, 40_000])
def test_what_is_shown_fits_the_window(limit: int) -> None:
    base = [Message(role="system", content="rules " * 20), Message(role="user", content="task " * 20)]
    turns = [turn(i, seen=f"seen {i} " * 100) for i in range(20)]
    found = view(base, turns, "go on", Memory.FULL, 5, "", limit)
    assert tokens(found.messages) <= limit or limit == 200
    shown = "".join(m.content for m in found.messages)
    if limit >= 1500:
        assert "seen 19" in shown
        assert found.messages[0] == base[0]
    if limit == 40_000:
        assert (found.elided, found.dropped) == (0, 0)
    if limit == 4000:
        assert found.elided > 0
        assert shown.count(LEFT_OUT) == found.elided
        assert "seen 0 seen" not in shown


def test_a_prompt_that_a_server_finds_too_long_is_shortened(tools: Toolbox) -> None:
    asked: list[int] = []

    def say(request: Request) -> str:
        asked.append(tokens(request.messages))
        if asked[-1] > 1200:
            raise ModelRefused("The prompt exceeds the context of the model.")
        return json.dumps(FINISH)

    ledger = Ledger({Role.CODE: FunctionModel(say)}, Log())
    done = run_loop("Look. " * 1500, tools, ledger, LoopSettings(context_tokens=6000, reply_tokens=200))
    assert (done.stop, done.turns[-1].overflow) == (Stop.FINISHED, True)
    assert asked[-1] <= 1200

    def refuse(request: Request) -> str:
        raise ModelRefused("There is no such model.")

    refused = run_loop("Look.", tools, Ledger({Role.CODE: FunctionModel(refuse)}, Log()), LoopSettings())
    assert (refused.stop, refused.why, refused.turns) == (Stop.FAILED, "There is no such model.", ())


def test_a_window_that_is_far_smaller_than_was_said_is_found(tools: Toolbox) -> None:
    def say(request: Request) -> str:
        if tokens(request.messages) > 3_000:
            raise ModelRefused("The prompt exceeds the context of the model.")
        return json.dumps(FINISH)

    ledger = Ledger({Role.CODE: FunctionModel(say)}, Log())
    done = run_loop("Look. " * 15_000, tools, ledger, LoopSettings(context_tokens=100_000))
    assert done.stop is Stop.FINISHED


def test_full_memory_that_does_not_fit_any_more_makes_nobody_stuck(tools: Toolbox) -> None:
    steps = iter(range(100))

    def say(request: Request) -> Any:
        step = next(steps)
        return FINISH if step == 20 else act("search", pattern=f"{step} {'wide ' * 150}")

    model = Talker(by=say)
    done = run_loop("Look.", tools, model.ledger(), LoopSettings(context_tokens=2_500, reply_tokens=200))
    assert (done.stop, len(done.turns), done.patterns) == (Stop.FINISHED, 21, ())
    assert len(model.asked[-1].messages) < 20


def test_a_task_that_no_window_holds_is_refused(tools: Toolbox) -> None:
    with pytest.raises(ConfigError, match=r"take about 2\d,\d{3} tokens, and of a window of 4,000"):
        run_loop("Look. " * 15_000, tools, Talker(FINISH).ledger(), LoopSettings(context_tokens=4_000))


def test_the_steps_before_the_model_went_away_are_kept(tools: Toolbox) -> None:
    def say(request: Request) -> str:
        asked.append(request)
        if len(asked) > 2:
            raise ModelRefused("The server takes no such request.")
        return json.dumps({"thought": "Look.", "action": {"tool": "list"}})

    asked: list[Request] = []
    done = run_loop("Look.", tools, Ledger({Role.CODE: FunctionModel(say)}, Log()), LoopSettings())
    assert (done.stop, len(done.turns), done.usage.calls) == (Stop.FAILED, 2, 2)

    def poor(request: Request) -> str:
        raise QuotaExceeded("There is no credit.")

    with pytest.raises(QuotaExceeded):
        run_loop("Look.", tools, Ledger({Role.CODE: FunctionModel(poor)}, Log()), LoopSettings())


def test_the_pieces_of_the_step_in_which_the_budget_ends_count(tools: Toolbox) -> None:
    replies = ({"thought": "Write.", "tool": "create"}, {"path": "new.py"}, "x = 3")
    free = Talker(*replies)
    run_loop("Write.", tools, free.ledger(), LoopSettings(small=True, steps=2))
    enough_for_two = sum(estimate_tokens(prompt_text(request)) for request in free.asked[:3])
    ledger = Talker(*replies).ledger(budget=Budget(tokens=enough_for_two))
    done = run_loop("Write.", tools, ledger, LoopSettings(small=True))
    assert (done.stop, done.turns, done.usage.calls) == (Stop.TOKENS, (), 2)
    assert done.usage == ledger.used


@pytest.mark.parametrize("style", [Style.REACT, Style.PLANNING])
def test_a_reply_that_the_budget_cuts_short_counts(tools: Toolbox, style: Style) -> None:
    def say(request: Request) -> Completion:
        used = Usage(calls=1, prompt_tokens=9, completion_tokens=request.max_tokens, usd=0.25)
        return Completion(text="{", finish="length", usage=used)

    ledger = Ledger({Role.CODE: FunctionModel(say)}, Log(), Budget(completion_tokens=20))
    done = run_loop("Look.", tools, ledger, LoopSettings(style=style))
    assert (done.stop, done.usage.completion_tokens, done.usage.usd) == (Stop.TOKENS, 20, 0.25)
    assert done.usage == ledger.used


def test_trajectories_go_out_as_lines_and_come_back(tools: Toolbox) -> None:
    done = run_loop("Look.", tools, Talker(READ, FINISH).ledger(), LoopSettings())
    lines = done.lines()
    assert [json.loads(line)["type"] for line in lines] == ["trajectory", "turn", "turn"]
    assert read_trajectories("\n".join([*lines, *lines])) == [done, done]
    with pytest.raises(ValueError, match="type 'turn'"):
        read_trajectories(lines[1])
    assert isinstance(done, Trajectory)

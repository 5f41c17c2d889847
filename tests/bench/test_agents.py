"""Agents with a scripted model: what they are shown, what they leave, and that mending mends."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hakken.bench.agents import Dynamic, Ending, Mending, Pipeline, Retrieval
from hakken.bench.agents.agreement import Trial, best, judge, settled
from hakken.bench.agents.context import context_of
from hakken.bench.agents.mending import AGREE
from hakken.bench.agents.nonfinite import is_not_finite
from hakken.bench.agents.versions import Version, chosen_of
from hakken.bench.agents.writing import problem_with, put
from hakken.bench.attempts.attempt import attempt
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.reading import Numbers
from hakken.bench.experiments.running import Outcome
from hakken.bench.masking.bodies import MaskError
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.tasks.making import Proved, make_tasks, write
from hakken.bench.types import FunctionRef, MaskMode
from hakken.core.errors import ModelRefused, UsageError
from hakken.core.types import Budget, Request
from hakken.models import Ledger
from tests.agents.helpers import Talker
from tests.bench.conftest import TINY

pytestmark = pytest.mark.usefixtures("graded_once")
WALK = """It walks.
```python
def walk(self, steps):
    places = [self.place]
    for _ in range(steps):
        self.place += _step(self.source)
        places.append(self.place)
    return places

def _step(source):
    return 1 if source.random() < 0.5 else -1
```
"""
SPREAD = """```python
def spread(places):
    size = len(places) // 10
    return [sum(p * p for p in places[i * size : (i + 1) * size]) / size for i in range(10)]
```"""


def opened(*replies: str, budget: Budget | None = None) -> tuple[Callable[[int], Ledger], list[Request]]:
    """The accounts of a model that says these things, one after the other."""
    talker = Talker(*replies)
    return lambda seed: talker.ledger(budget=budget), talker.asked


def pipeline(lab: Lab, *replies: str, **options: Any) -> tuple[Pipeline, list[Request]]:
    """A fixed agent with such a model."""
    accounts, asked = opened(*replies, budget=options.pop("budget", None))
    return Pipeline(accounts, lab, **options), asked


def mending(lab: Lab, *replies: str, **options: Any) -> tuple[Mending, list[Request]]:
    """An agent for small models with such a model."""
    accounts, asked = opened(*replies, budget=options.get("budget"))
    return Mending(accounts, lab, **{"agree": 2, "draft": False, **options}), asked


def test_what_a_model_is_shown(tasks: dict[str, TaskFolder]) -> None:
    found = context_of(tasks["tiny-n1-1"].visible_repo, FunctionRef.parse("tiny/data.py:Walker.walk"), Retrieval.BOTH)
    assert found.stub.startswith("def walk(self, steps):")
    assert 'Walker(config["seed"]).walk(config["walk"]["steps"])' in found.uses
    assert any("random walk" in part or "starts at 0" in part for part in found.paper)
    assert any("import random" in part for part in found.code)
    nothing = context_of(tasks["tiny-n1-1"].visible_repo, FunctionRef.parse("tiny/fit.py:spread"), Retrieval.NONE)
    assert (nothing.code, nothing.paper, nothing.uses) == ((), (), "")


def test_the_fixed_agent_solves_what_its_model_knows(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    agent, asked = pipeline(lab, WALK, SPREAD)
    done = attempt(agent, tasks["tiny-n2-1-4"], 0, lab)
    assert done.passed
    assert all(verdict.passed for verdict in done.score.verdicts.values())
    assert (done.run.ending, done.run.steps, done.agent) == (Ending.FINISHED, 2, "fixed-both")
    assert "walk(self, steps)" in asked[0].messages[-1].content
    assert "def walk(self, steps):" in (asked[0].grammar or "")


def test_the_fixed_agent_never_reports_what_does_not_run(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    fixed, _ = pipeline(lab, SPREAD.replace("places[i", "placez[i"))
    failed = attempt(fixed, tasks["tiny-n1-4"], 0, lab)
    assert not failed.passed
    assert not failed.score.fabricated


def test_a_reasoning_budget_is_used_up(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    agent, asked = pipeline(lab, "The mean square of each tenth. " * 4, "Its size is a tenth. " * 8, SPREAD, think=60)
    done = attempt(agent, tasks["tiny-n1-4"], 0, lab)
    assert done.passed
    assert [r.purpose for r in asked] == ["agents/think", "agents/think", "agents/fill"]
    assert [r.max_tokens for r in asked[:2]] == [60, 29]
    assert asked[1].messages[-1].content.startswith("Wait")
    assert "Its size is a tenth." in asked[2].messages[-1].content
    assert done.run.thinking_tokens == 73
    assert (done.agent, done.run.steps) == ("fixed-both-t60", 3)


def test_thoughts_that_fill_the_window_are_cut_and_written_from(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    def say(request: Request) -> str:
        if sum(len(message.content) for message in request.messages) > 30_000:
            raise ModelRefused("The prompt is too long.")
        return "Its size is a tenth. " * 950 if request.purpose == "agents/think" else SPREAD

    talker = Talker(by=say)
    done = attempt(Pipeline(lambda seed: talker.ledger(), lab, think=50_000), tasks["tiny-n1-4"], 0, lab)
    assert done.passed
    assert any("the end of the thoughts is shown" in line for line in done.run.transcript)


def test_an_oracle_passage_is_the_task_s_own(proved: Proved, tmp_path: Path, lab: Lab) -> None:
    (task,) = [t for t in make_tasks(proved, [1], mode=MaskMode.ORACLE) if t.id == "tiny-n1-4"]
    folder = write(task, proved, tmp_path)
    agent, asked = pipeline(lab, SPREAD, retrieval=Retrieval.ORACLE)
    assert attempt(agent, folder, 0, lab).passed
    assert "From the paper:" in asked[0].messages[0].content
    with pytest.raises(UsageError, match="no oracle passage"):
        context_of(tasks_folder(proved, tmp_path), FunctionRef.parse("tiny/fit.py:spread"), Retrieval.ORACLE)


def tasks_folder(proved: Proved, folder: Path) -> Path:
    """The visible repository of a task without a passage."""
    (task,) = [t for t in make_tasks(proved, [1]) if t.id == "tiny-n1-4"]
    return write(task, proved, folder / "plain").visible_repo


def test_what_does_not_run_is_mended(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    wrong = SPREAD.replace("places[i", "placez[i")
    agent, asked = mending(lab, wrong, SPREAD, candidates=1, mends=1, repair=False)
    done = attempt(agent, tasks["tiny-n1-4"], 0, lab)
    assert done.passed
    mend = asked[1].messages[-1].content
    assert "NameError: name 'placez' is not defined" in mend
    assert "size = 32" in mend or "size = " in mend  # the variables, before the traceback
    assert "placez[i" in mend
    assert done.run.transcript[:2] == (
        "spread: version 1 (fresh): The command ended with exit code 1: NameError: name 'placez' is not defined",
        "spread: version 2 (mended): runs",
    )
    assert (agent.name, done.run.steps) == ("mending-c1-m1-no-draft-no-repair", 2)


def test_a_small_model_sees_outline_callers_and_values(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    agent, asked = mending(lab, SPREAD, SPREAD)
    assert attempt(agent, tasks["tiny-n1-4"], 0, lab).passed
    shown = asked[0].messages[0].content
    assert "def fit_line(xs, ys, penalty):  # Slope and intercept of the ridge fit" in shown
    assert re.search(r"- places: list of \d+: 0, -?1, ", shown)
    assert '"spread": spread(places)' in shown
    assert "mx, my = mean(xs), mean(ys)" not in shown
    assert len(asked) == 2  # both agree, so that no third is asked
    blind, unasked = mending(lab, SPREAD, examples=False, vote=False)
    assert attempt(blind, tasks["tiny-n1-4"], 0, lab).passed
    assert "- places: list of" not in unasked[0].messages[0].content
    assert (len(unasked), blind.name) == (1, "mending-c18-m3-no-draft-no-examples-no-vote")


def test_the_version_that_most_agree_with_is_kept(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    odd = SPREAD.replace("/ size for", "/ (size + 1) for")
    agent, asked = mending(lab, odd, SPREAD, SPREAD.replace("size =", "size = 0 +"))
    done = attempt(agent, tasks["tiny-n1-4"], 0, lab)
    assert (done.passed, len(asked)) == (True, 3)


def test_a_draft_comes_first_and_has_two_votes(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    odd = SPREAD.replace("/ size for", "/ (size + 1) for")
    replies = [SPREAD, odd, odd.replace("size =", "size = 0 +")]
    agent, asked = mending(lab, *replies, draft=True, fill=False, candidates=2, agree=3)
    done = attempt(agent, tasks["tiny-n1-4"], 0, lab)
    assert [request.purpose for request in asked] == ["agents/fill", "agents/write", "agents/write"]
    assert "Where the function is called" in asked[0].messages[0].content
    assert "def spread(places):" in (asked[0].grammar or "")
    assert done.run.transcript[0] == "spread: version 1 (draft): runs"
    assert (done.passed, done.run.steps, agent.name) == (True, 3, "mending-c2-m3-no-fill")
    draft = replace(version("draft", "a"), draft=True)
    others = [version("one", "b"), version("two", "b")]
    assert chosen_of([draft, *others]) is draft, "of as many votes the earlier"
    assert chosen_of([draft, *others, version("three", "b")]) is others[0]


def test_a_draft_and_another_version_that_agree_end_the_search(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    agent, asked = mending(lab, SPREAD, SPREAD.replace("size =", "size = 0 +"), draft=True, fill=False, agree=AGREE)
    assert attempt(agent, tasks["tiny-n1-4"], 0, lab).passed
    assert [request.purpose for request in asked] == ["agents/fill", "agents/write"]


def test_a_draft_that_fails_is_edited_and_mended(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    odd = SPREAD.replace("sum(p * p for p in places", "sum(p * p for p in placez")
    agent, asked = mending(lab, odd, SPREAD, draft=True, repair=False, candidates=1)
    done = attempt(agent, tasks["tiny-n1-4"], 0, lab)
    assert done.passed
    assert "placez[i" in asked[1].messages[-1].content
    edited, _ = mending(lab, odd, odd, draft=True, candidates=1, mends=0)
    assert attempt(edited, tasks["tiny-n1-4"], 0, lab).run.transcript[1] == "spread: version 1, edited by code: runs"
    nothing, _ = mending(lab, *["I would rather not."] * 3, SPREAD, draft=True, candidates=1, mends=0)
    done = attempt(nothing, tasks["tiny-n1-4"], 0, lab)
    assert done.passed
    assert "no usable reply" in done.run.transcript[0]


def test_a_hole_that_names_what_is_not_there_needs_no_run(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    fillings = ["    return [placez[0]] * 10", "    return [len(placez)] * 10", SPREAD.split("\n", 2)[2].rstrip("`\n")]

    def say(request: Request) -> str:
        return SPREAD if request.infill is None else fillings[min(request.sample, 2)]

    talker = Talker(by=say)
    done = attempt(
        Mending(lambda seed: talker.ledger(), lab, draft=False, repair=False, agree=2), tasks["tiny-n1-4"], 0, lab
    )
    assert done.passed
    assert [request.infill is not None for request in talker.asked] == [True, True, True, True]
    assert [request.avoid for request in talker.asked] == [(), ("placez",), ("placez",), ("placez",)]
    assert done.run.transcript[:4] == (
        "spread: version 1 (filled): The name 'placez' is used where it is not defined.",
        "spread: version 2 (filled): The name 'placez' is used where it is not defined.",
        "spread: version 3 (filled): runs",
        "spread: version 4 (same as an earlier one): runs",
    )


def test_a_version_that_fails_is_edited_by_code(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    odd = SPREAD.replace("sum(p * p for p in places", "sum(p * p for p in placez")
    agent, asked = mending(lab, odd, candidates=1, mends=0)
    done = attempt(agent, tasks["tiny-n1-4"], 0, lab)
    assert (done.passed, len(asked)) == (True, 1)
    assert done.run.transcript[1] == "spread: version 1, edited by code: runs"
    alone, _ = mending(lab, odd, candidates=1, mends=0, repair=False)
    assert not attempt(alone, tasks["tiny-n1-4"], 0, lab).passed


def test_edits_get_past_the_error_while_another_function_is_missing(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    agent, _ = mending(lab, WALK.replace("range(steps)", "range(stepz)"), SPREAD, candidates=1, mends=0)
    done = attempt(agent, tasks["tiny-n2-1-4"], 0, lab)
    assert done.run.transcript[1].endswith("version 1, edited by code: runs")
    assert done.passed


def test_an_edit_of_what_was_drawn_often_outvotes_what_was_drawn_once(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    odd, wrong = SPREAD.replace("sum(p * p for p in places", "sum(p * p for p in placez"), "range(9)"
    replies = [*[odd] * 4, SPREAD.replace("range(10)", wrong)]
    agent, _ = mending(lab, *replies, candidates=len(replies), mends=0, fill=False)
    done = attempt(agent, tasks["tiny-n1-4"], 0, lab)
    assert "edited by code: runs" in done.run.transcript[1]
    assert done.run.transcript[-2].endswith(": runs")
    assert done.passed


def version(code: str, numbers: str = "", origin: str = "") -> Version:
    """One that runs and gives these numbers; without any, one that fails."""
    trial = Trial(ran=int(bool(numbers)), of=1, numbers=numbers)
    return Version(code, code.encode(), code, trial, origin=origin)


@pytest.mark.parametrize(("drawn", "chosen"), [(5, "edited"), (4, "edited"), (3, "own"), (1, "own")])
def test_the_vote_of_an_edit_counts_half_as_much_as_what_it_was_made_of_was_drawn(drawn: int, chosen: str) -> None:
    failing, edited, own = version("odd"), version("edited", "a", "odd"), version("own", "b")
    found = chosen_of([failing, edited, *[failing] * (drawn - 1), own])
    assert found is not None
    assert found.code == chosen


def test_what_the_model_wrote_goes_before_edits_of_code() -> None:
    """Two failing versions become the same wrong one by an edit; a third runs as it is."""
    edits = [version("odd"), version("edited", "a", "odd"), version("other"), version("edited", "a", "other")]
    found = chosen_of([*edits, version("own", "b")])
    assert found is not None
    assert found.code == "own"
    assert chosen_of(edits) is edits[1], "where nothing else runs"


def test_without_votes_the_first_version_that_runs_is_taken(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    agent, asked = mending(lab, SPREAD.replace("for p in places", "for p in placez"), candidates=6, mends=3, vote=False)
    assert attempt(agent, tasks["tiny-n1-4"], 0, lab).passed
    assert len(asked) == 1


def test_the_last_versions_are_asked_for_in_a_chat(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    wrong = SPREAD.replace("range(10)", "range(9)")
    talker = Talker(by=lambda request: "    return None" if request.infill else wrong)
    agent = Mending(lambda seed: talker.ledger(), lab, candidates=12, mends=0, draft=False, repair=False)
    assert not attempt(agent, tasks["tiny-n1-4"], 0, lab).passed
    assert [request.infill is not None for request in talker.asked] == [*[True] * 10, False, False]
    assert {request.max_tokens for request in talker.asked[:10]} == {256}
    views = [request.infill.prefix for request in talker.asked if request.infill is not None]
    assert views == [*[views[0]] * 4, *[views[4]] * 4, *[views[0]] * 2]
    assert len(views[4]) < len(views[0]), "without the functions of the file"
    plain = Talker(by=lambda request: "    return None" if request.infill else wrong)
    bare = Mending(lambda seed: plain.ledger(), lab, candidates=12, mends=0, draft=False, alone=False, repair=False)
    attempt(bare, tasks["tiny-n1-4"], 0, lab)
    assert {request.infill.prefix for request in plain.asked if request.infill is not None} == {views[0]}


def test_no_more_calls_are_made_than_the_attempt_has_and_each_function_has_its_share(
    tasks: dict[str, TaskFolder], lab: Lab
) -> None:
    def say(request: Request) -> str:
        return "I cannot do that."

    talker = Talker(by=say)
    agent = Mending(lambda seed: talker.ledger(), lab, draft=False, steps=7)
    done = attempt(agent, tasks["tiny-n2-1-4"], 0, lab)
    assert done.run.steps == 7
    assert sum("def walk" in request.messages[-1].content for request in talker.asked) == 3


def test_numbers_that_are_none_are_mended(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    endless = SPREAD.replace("/ size for", "* float('nan') for")
    agent, asked = mending(lab, endless, SPREAD, candidates=1, mends=1, repair=False)
    assert attempt(agent, tasks["tiny-n1-4"], 0, lab).passed
    assert "The value of spread that the experiment walk wrote is not finite." in asked[1].messages[-1].content
    assert is_not_finite(asked[1].messages[-1].content), "by which edits know what is wrong"


def test_each_function_has_its_share_of_the_tokens(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    count = iter(range(2, 100))

    def say(request: Request) -> str:
        if "def walk" in request.messages[-1].content:
            return WALK.replace("range(steps)", "range(stepz)").replace("1 if", f"{next(count)} if")
        return SPREAD

    talker, budget = Talker(by=say), Budget(tokens=6_000)
    agent = Mending(lambda seed: talker.ledger(budget=budget), lab, budget=budget, draft=False, repair=False)
    done = attempt(agent, tasks["tiny-n2-1-4"], 0, lab)
    assert done.run.ending is Ending.FINISHED
    assert done.run.prompt_tokens + done.run.completion_tokens <= 6_000
    assert 2 <= sum("def walk" in r.messages[-1].content for r in talker.asked) < 7
    assert "tiny/fit.py:spread" in done.written
    both, _ = mending(lab, WALK, WALK, SPREAD, SPREAD)
    assert attempt(both, tasks["tiny-n2-1-4"], 0, lab).passed


def test_what_was_spent_before_the_model_went_away_counts(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    def once(request: Request) -> str:
        if len(talker.asked) > 1:
            raise ModelRefused("The server takes no such request.")
        return WALK

    talker = Talker(by=once)
    for agent in (
        Pipeline(lambda seed: talker.ledger(), lab),
        Mending(lambda seed: talker.ledger(), lab, candidates=1),
        Dynamic(lambda seed: talker.ledger(), lab),
    ):
        talker.asked.clear()
        done = attempt(agent, tasks["tiny-n2-1-4"], 0, lab)
        assert (done.run.ending, done.passed) == (Ending.FAILED, False)
        assert done.run.words == "The server takes no such request."
        assert done.run.prompt_tokens > 0
        assert done.run.completion_tokens > 0
        assert done.settings


def test_a_model_that_writes_nothing_and_one_that_costs_too_much(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    for make in (pipeline, mending):
        silent, _ = make(lab, "I cannot do that.")
        done = attempt(silent, tasks["tiny-n1-4"], 0, lab)  # type: ignore[arg-type]
        assert not done.passed
        assert "no usable reply" in done.run.transcript[0]
        assert done.run.prompt_tokens > 100  # paid for, and so a part of what a solution costs
        assert done.run.completion_tokens > 0
        poor, _ = make(lab, SPREAD, budget=Budget(tokens=1))
        assert attempt(poor, tasks["tiny-n1-4"], 0, lab).run.ending is Ending.TOKENS  # type: ignore[arg-type]


def test_replies_in_all_forms() -> None:
    source = (TINY / "repo" / "tiny" / "data.py").read_bytes()
    whole = "class Walker:\n    def walk(self, steps):\n        return [steps]\n"
    alone = "    def walk(self, steps):\n        return [steps]\n"
    for reply in (whole, alone, f"Thought.\n```python\n{whole}```\nDone.", f"```\n{alone}"):
        assert problem_with(reply, "Walker.walk") is None
        text = put(source, "Walker.walk", reply).decode()
        assert "        return [steps]\n" in text
        assert text.count("class Walker") == 1
    assert problem_with("def other(): pass", "Walker.walk") == "There is no function walk in the code."
    assert "still missing" in str(problem_with("def walk(self):\n    raise NotImplementedError", "Walker.walk"))
    assert "holds no code" in str(problem_with("It walks step by step, and defines no more.", "Walker.walk"))
    for broken in ("def walk(self:\n    return 1", "```python\nreturn (1\n```"):
        assert "holds no code" not in str(problem_with(broken, "Walker.walk"))
    with pytest.raises(MaskError):
        put(source, "sample_line", "def other(): pass")


def test_prompts_hold_no_path_of_this_machine(tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path) -> None:
    agent, asked = mending(lab, SPREAD.replace("places[i", "placez[i"), candidates=2, mends=1)
    attempt(agent, tasks["tiny-n1-4"], 0, lab)
    assert len(asked) > 1
    assert not any(str(tmp_path.parent) in m.content or "/tmp/hakken" in m.content for r in asked for m in r.messages)


def test_choosing_by_what_runs_and_agrees() -> None:
    def trial(ran: int, numbers: str) -> Trial:
        return Trial(ran=ran, of=2, numbers=numbers)

    assert best([]) is None
    assert best([trial(1, ""), trial(2, "a"), trial(2, "b"), trial(2, "b")]) == 2
    assert best([trial(2, "a"), trial(2, "b")]) == 0
    assert best([trial(0, ""), trial(1, "")]) == 1
    assert best([Trial(ran=2, of=2, numbers="", returned=what) for what in "abb"]) == 1


def test_enough_agreement_ends_the_search() -> None:
    def trials(said: str, ran: int = 2) -> list[Trial]:
        return [Trial(ran=ran, of=2, numbers="same", returned=what) for what in said]

    assert settled(trials("aaa"), 3)
    assert not settled(trials("aaab"), 4)
    assert not settled(trials("aaabb"), 3), "the lead is too small"
    assert not settled([*trials("aa"), *trials("aa", ran=1)], 3), "what fails has no vote"
    assert settled([Trial(ran=2, of=2, numbers=n) for n in "bbba"], 3), "the numbers count where no value is known"
    assert settled(trials("aba"), 3, [2, 1, 1]), "a voice that counts twice"
    assert not settled(trials("abb"), 3, [2, 1, 1]), "two on either side"
    assert not settled([], 1)


def test_a_list_of_equal_values_counts_for_less() -> None:
    def trial(numbers: str, *flat: str) -> Trial:
        return Trial(ran=1, of=1, numbers=numbers, flat=flat)

    broken, right = trial("1,1,1", "e.score", "e.truth"), trial("1,2,3", "e.truth")
    assert best([broken, broken, right]) == 2
    assert best([broken, broken, trial("2,2,2", "e.score", "e.truth")]) == 0, "where all are flat, votes decide"
    assert not settled([broken] * 3, 2)
    assert settled([broken] * 4, 2)
    outcome = Outcome(
        experiment="e", variant=None, numbers=Numbers(values={"a": (1.0, 1.0, 1.0), "b": (1.0, 1.0), "c": 1.0})
    )
    assert judge([outcome], [["a", "b", "c"]]).flat == ("e.a",)

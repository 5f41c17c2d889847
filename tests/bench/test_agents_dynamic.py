"""Agents that act with tools on tasks, agents that choose among candidates, and how both are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hakken.agents import LoopSettings, Memory, Style, read_trajectories
from hakken.bench.agents import Dynamic, Ending, Mending, Pipeline, Verified, Verifying
from hakken.bench.agents.registry import KINDS, AgentOptions, Setup, choose
from hakken.bench.agents.types import AgentRun
from hakken.bench.attempts.attempt import Attempt, attempt, run_attempts
from hakken.bench.experiments.lab import Lab
from hakken.bench.tasks.folder import ANSWER, TaskFolder, gold_answer
from hakken.core.config import ModelSettings
from hakken.core.errors import ModelRefused, UsageError
from hakken.core.types import Budget, Request, Role
from hakken.models.scripted import FunctionModel
from tests.agents.helpers import Log, Talker, act

pytestmark = pytest.mark.usefixtures("graded_once")
RIGHT = """def spread(places):
    size = len(places) // 10
    return [sum(p * p for p in places[i * size : (i + 1) * size]) / size for i in range(10)]
"""
ODD = RIGHT.replace("/ size for", "/ (size + 1) for")
WRITE = act("rewrite", path="tiny/fit.py", function="spread", code=RIGHT)
RUN = act("shell", command="bash refsol.sh", seconds=60)


def dynamic(lab: Lab, talker: Talker, log: Log | None = None, **options: Any) -> Dynamic:
    return Dynamic(lambda seed: talker.ledger(log), lab, **options)


def measured(task: TaskFolder) -> str:
    return json.dumps(gold_answer(task.task, task.golds))


def test_it_reads_writes_runs_and_reports(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    task = tasks["tiny-n1-4"]
    talker = Talker(act("read", path="tiny/fit.py"), WRITE, RUN, act("finish", answer=measured(task), words="All ran."))
    done = attempt(dynamic(lab, talker), task, 0, lab)
    assert all(verdict.passed for verdict in done.score.verdicts.values()), done.score
    assert (done.run.ending, done.run.steps, done.run.words) == (Ending.FINISHED, 4, "All ran.")
    assert (done.agent, done.settings) == (
        "react-full",
        {"memory": "full", "prompting": "react", "max_steps": "50", "model": ""},
    )
    assert done.run.trajectory is not None
    assert '"spread"' in done.run.trajectory.turns[2].observation
    assert read_trajectories("\n".join(done.run.trajectory.lines())) == [done.run.trajectory]
    assert Attempt.model_validate_json(done.model_dump_json()) == done
    said = "".join(m.content for r in talker.asked for m in r.messages)
    assert "hakken-attempt" not in said
    assert "an experiment is ended that takes more CPU time than this: 20 s for walk." in said


def test_made_up_numbers_are_fabricated_unless_the_report_is_honest(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    task = tasks["tiny-n1-4"]
    lie = act("finish", answer=measured(task), words="Measured.")
    faked = attempt(dynamic(lab, Talker(lie)), task, 0, lab)
    assert (faked.score.fabricated, faked.passed) == (True, False)
    honest = attempt(dynamic(lab, Talker(lie), honest=True), task, 0, lab)
    assert (honest.score.fabricated, honest.answer) == (False, "{}")
    assert "fails when it is run" in str(honest.run.trajectory)
    silent = attempt(dynamic(lab, Talker(WRITE, act("list")), honest=True, loop=LoopSettings(steps=2)), task, 0, lab)
    assert (silent.passed, silent.run.ending) == (True, Ending.STEPS)  # what runs is reported, also without a word


def test_an_honest_answer_in_the_last_step_counts(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    task = tasks["tiny-n1-4"]
    partial = act("finish", answer="{}", words="Nothing ran.")
    last = attempt(dynamic(lab, Talker(partial), loop=LoopSettings(steps=1)), task, 0, lab)
    assert (last.run.ending, last.score.reported, last.answer) == (Ending.STEPS, True, "{}")
    later = Talker(partial, act("finish", answer=measured(task), words="All ran."))
    assert attempt(dynamic(lab, later), task, 0, lab).answer == measured(task)


def test_a_link_in_the_place_of_the_answer_leads_nowhere(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    victim = tmp_path / "victim.json"
    victim.write_text("untouched")
    link = act("shell", command=f"ln -s {victim} {ANSWER}", seconds=10)
    for honest in (False, True):
        agent = dynamic(lab, Talker(link, act("finish", answer='{"walk": {}}', words="")), honest=honest)
        attempt(agent, tasks["tiny-n1-4"], 0, lab)
        assert victim.read_text() == "untouched"


def test_an_attempt_goes_on_for_nothing(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    task, log = tasks["tiny-n1-4"], Log()
    talker = Talker(WRITE, RUN, act("finish", answer=measured(task), words=""))
    first = attempt(dynamic(lab, talker, log), task, 0, lab)
    silent = Talker(by=lambda r: pytest.fail("nothing is asked again"))
    again = attempt(dynamic(lab, silent, log), task, 0, lab)
    assert (again.run, again.passed) == (first.run, True)


def test_a_small_model_takes_small_steps(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    task = tasks["tiny-n1-4"]
    talker = Talker(
        {"thought": "Write it.", "tool": "rewrite"}, {"path": "tiny/fit.py", "function": "spread"}, fenced(RIGHT),
        {"thought": "Done.", "tool": "finish"}, {"words": "It runs."}, "{}", "{}",
    )  # fmt: skip
    loop = LoopSettings(small=True, memory=Memory.WINDOW, context_tokens=8192, reply_tokens=700)
    done = attempt(dynamic(lab, talker, honest=True, loop=loop), task, 0, lab)
    assert (done.passed, done.agent) == (True, "react-window-small-honest")
    assert '"create"' not in json.dumps(talker.asked[0].json_schema)
    assert "more CPU time than this: 20 s for walk." in "".join(m.content for m in talker.asked[0].messages)


def candidates(
    lab: Lab, by: Verifying, *replies: str, chosen: int = 1, say: Callable[[Request], Any] | None = None
) -> tuple[Verified, Talker]:
    chooser = Talker({"thought": "Compare.", "best": chosen}, by=say)
    writers = iter([Talker(reply) for reply in replies])
    inner = Pipeline(lambda seed: next(writers).ledger(), lab)
    model = FunctionModel(chooser)
    setup = Setup(lab, {Role.JUDGE: model}, Log(), Budget(), ModelSettings(), AgentOptions())
    return Verified(inner, len(replies), by, lab, setup.ledger), chooser


def fenced(code: str) -> str:
    return f"```python\n{code}```"


def test_execution_keeps_what_runs_and_what_most_agree_on(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    task = tasks["tiny-n1-4"]
    broken = RIGHT.replace("places[i", "placez[i")
    same = RIGHT.replace("size = len", "size = 0 + len")
    agent, _ = candidates(lab, Verifying.EXECUTION, *map(fenced, (broken, ODD, RIGHT, same)))
    done = attempt(agent, task, 0, lab)
    assert done.passed
    assert done.run.transcript[4] == "candidate 3 was kept, by running them"
    assert done.run.transcript[5:] == (
        "candidate 1: an experiment fails and is left out of the answer",
        *(f"candidate {number}: all experiments ran" for number in (2, 3, 4)),
    )
    assert done.run.steps == 4
    assert done.agent == "verified-execution-4:fixed-both"


def test_what_of_the_kept_candidate_does_not_come_along_is_named(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    class Links:
        name = "links"

        def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
            (workspace / "elsewhere").symlink_to("/etc/hostname")
            return AgentRun(ending=Ending.FINISHED)

    agent = Verified(Links(), 1, Verifying.EXECUTION, lab, lambda seed: Talker("").ledger())
    done = attempt(agent, tasks["tiny-n1-4"], 0, lab)
    assert done.run.transcript[2:] == ("left out of what was kept: elsewhere is no regular file",)


def test_a_model_chooses_in_one_prompt(tasks: dict[str, TaskFolder], lab: Lab) -> None:
    task = tasks["tiny-n1-4"]
    agent, chooser = candidates(lab, Verifying.MODEL, *map(fenced, (ODD, RIGHT, ODD)), chosen=2)
    done = attempt(agent, task, 0, lab)
    assert done.passed
    assert len(chooser.asked) == 1
    shown = chooser.asked[0].messages[-1].content
    assert (shown.count("Version "), "raise NotImplementedError" in shown) == (2, True)
    assert done.run.steps == 4

    def away(request: Request) -> str:
        raise ModelRefused("The server takes no such request.")

    alone, _ = candidates(lab, Verifying.MODEL, *map(fenced, (ODD, RIGHT)), say=away)
    kept = attempt(alone, task, 0, lab)
    assert kept.run.transcript[2].startswith("candidate 1 was kept, no choice could be made: The server takes")
    assert kept.run.steps == 2
    alike, unasked = candidates(lab, Verifying.MODEL, *map(fenced, (RIGHT, RIGHT)))
    assert attempt(alike, task, 0, lab).passed
    assert unasked.asked == []


def test_agents_are_chosen_by_name(lab: Lab) -> None:
    def setup(strong: bool, name: str = "function", **options: Any) -> Setup:
        model = FunctionModel(lambda request: "", name, strong)
        budget = Budget(tokens=9_000, completion_tokens=900, usd=1.0, seconds=600)
        return Setup(lab, dict.fromkeys(Role, model), Log(), budget, ModelSettings(), AgentOptions(**options), "m")

    assert [KINDS[name].model for name in ("null", "oracle", "react")] == [False, False, True]
    strong = choose("planning", setup(True, memory=Memory.SUMMARY))
    assert isinstance(strong, Dynamic)
    assert (strong.name, strong.loop.style, strong.loop.small) == ("planning-summary (m)", Style.PLANNING, False)
    weak, other = choose("react", setup(False, "local")), choose("react", setup(False, context_tokens=2_000))
    assert isinstance(weak, Dynamic)
    assert isinstance(other, Dynamic)
    assert (weak.loop.small, weak.loop.context_tokens, weak.loop.reply_tokens) == (True, 8192, 700)
    assert (other.loop.small, other.loop.context_tokens, other.loop.reply_tokens) == (True, 2_000, 500)
    embedded, small = choose("mending", setup(False, "local")), choose("mending", setup(False))
    assert isinstance(embedded, Mending)
    assert isinstance(small, Mending)
    assert (embedded.fill, small.fill) == (True, False)  # others do not fill in holes
    verified = choose("verified:mending", setup(False, "local", candidates=3))
    assert isinstance(verified, Verified)
    assert isinstance(verified.inner, Mending)
    assert verified.inner.budget == Budget(tokens=3_000, completion_tokens=300, usd=1 / 3, seconds=200)
    assert verified.inner.steps == 16
    assert verified.name == "verified-execution-3:mending-c1-m3 (m)"
    for spec, mend in (("nobody", "Take one of"), ("verified", "verified:AGENT"), ("react:x", "--agent react")):
        with pytest.raises(UsageError) as error:
            choose(spec, setup(True))
        assert mend in error.value.mend


def test_attempts_are_kept_with_their_steps(tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path) -> None:
    task = tasks["tiny-n1-4"]
    agent = dynamic(lab, Talker(act("list"), act("finish", answer="{}", words="Nothing was measured.")))
    run_attempts(agent, [task], [0], lab, tmp_path)
    (again,) = run_attempts(agent, [task], [0], lab, tmp_path)
    assert again.run.trajectory is not None
    assert [turn.tool for turn in again.run.trajectory.turns] == ["list", "finish", "finish"]

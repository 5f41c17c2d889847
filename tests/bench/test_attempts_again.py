"""What says nothing about an agent is not held against it and is made again; what an agent does itself stays."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hakken.bench.agents import breaking
from hakken.bench.agents.accounts import Accounts
from hakken.bench.agents.breaking import exhausted, filled, judged
from hakken.bench.agents.calls import SharedCalls
from hakken.bench.agents.external import External
from hakken.bench.agents.recipes import program_of
from hakken.bench.agents.registry import AgentOptions, Setup, choose
from hakken.bench.agents.types import Agent, AgentRun, Ending
from hakken.bench.attempts import identity
from hakken.bench.attempts.again import Retry, replaced, why_again
from hakken.bench.attempts.attempt import Attempt, attempt, load_attempts, run_attempts
from hakken.bench.attempts.identity import this_code
from hakken.bench.experiments.lab import Lab
from hakken.bench.tasks.folder import TaskFolder
from hakken.core.config import ModelSettings
from hakken.core.errors import (
    Forbidden,
    HakkenError,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    QuotaExceeded,
    RateLimited,
    SandboxError,
    StoreError,
    UsageError,
)
from hakken.core.types import Budget, Limits, Request, Role
from hakken.models.scripted import FunctionModel
from tests.bench import programs as small
from tests.bench.simulated import made
from tests.models.helpers import MemoryLog

pytestmark = pytest.mark.usefixtures("graded_once")
TASK = "tiny-n1-4"
SPREAD = """```python
def spread(places):
    size = len(places) // 10
    return [sum(p * p for p in places[i * size : (i + 1) * size]) / size for i in range(10)]
```"""
OURS = "bench/check"
ONCE = ModelSettings(retries=0)


class Provider:
    """Answers; or fails with an error, at every question or at some."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: HakkenError | None = None
        self.at: Callable[[Request], bool] = lambda request: True

    def __call__(self, request: Request) -> str:
        self.asked += request.purpose != OURS
        if self.error is not None and self.at(request):
            raise self.error
        return SPREAD


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def fixed(provider: Provider, lab: Lab, tmp_path: Path) -> Agent:
    """The fixed agent, asking that provider."""
    log = SharedCalls(tmp_path / "calls.db")
    return choose("fixed", Setup(lab, {Role.CODE: FunctionModel(provider)}, log, Budget(), ONCE, AgentOptions()))


@pytest.mark.parametrize(
    "error", [ModelUnavailable("It is down."), ModelTimeout("It is late."), RateLimited("Too many.", "Wait.", 1.0)]
)
def test_an_outage_is_not_measured_and_the_same_call_makes_the_attempt_again(
    error: HakkenError, provider: Provider, fixed: Agent, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    provider.error, out = error, tmp_path / "out"
    (lost,) = run_attempts(fixed, [tasks[TASK]], [0], lab, out)
    assert not lost.measured
    assert lost.run.breakdown is not None
    assert (lost.run.breakdown.error, lost.run.ending) == (type(error).__name__, Ending.FAILED)
    assert lost.run.breakdown.check.startswith("A question of our own was not answered either: ")
    assert load_attempts(out) == [lost]
    assert run_attempts(fixed, [tasks[TASK]], [0], lab, out, retry=Retry.NONE) == [lost]
    provider.error = None
    (done,) = run_attempts(fixed, [tasks[TASK]], [0], lab, out)
    assert (done.measured, done.passed, done.code) == (True, True, this_code())
    (old,) = done.earlier
    assert (old.why, old.breakdown, old.passed, old.code) == (
        Retry.INFRASTRUCTURE,
        lost.run.breakdown,
        False,
        this_code(),
    )
    asked = provider.asked
    assert run_attempts(fixed, [tasks[TASK]], [0], lab, out) == [done] == load_attempts(out)
    assert provider.asked == asked


def test_work_of_the_try_that_is_made_again_is_not_graded_again(
    provider: Provider,
    fixed: Agent,
    tasks: dict[str, TaskFolder],
    lab: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider.error, out = ModelUnavailable("It is down."), tmp_path / "out"
    with monkeypatch.context() as died:  # after the attempt was written, and before its work was removed
        died.setattr("hakken.bench.attempts.attempt.discard", lambda place: None)
        run_attempts(fixed, [tasks[TASK]], [0], lab, out)
    assert (out / "unfinished").is_dir()
    provider.error = None
    (done,) = run_attempts(fixed, [tasks[TASK]], [0], lab, out)
    assert (done.measured, done.passed, len(done.earlier)) == (True, True, 1)
    assert not (out / "unfinished").exists()


def test_what_the_earlier_try_cost_stays_known_and_is_not_asked_again(
    provider: Provider, fixed: Agent, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    def at(request: Request) -> bool:
        return provider.asked > 1

    provider.error, provider.at = ModelUnavailable("It is down."), at
    (lost,) = run_attempts(fixed, [tasks["tiny-n2-1-4"]], [0], lab, tmp_path / "out")
    assert (lost.measured, lost.run.completion_tokens > 0) == (False, True)
    provider.error, provider.asked = None, 0
    (done,) = run_attempts(fixed, [tasks["tiny-n2-1-4"]], [0], lab, tmp_path / "out")
    assert done.measured
    assert [(o.prompt_tokens, o.completion_tokens) for o in done.earlier] == [
        (lost.run.prompt_tokens, lost.run.completion_tokens)
    ]


@pytest.mark.parametrize("error", [ModelUnavailable("It died."), ModelTimeout("It is late."), ModelRefused("Too long")])
def test_a_question_that_alone_fails_is_the_agents(
    error: HakkenError, provider: Provider, fixed: Agent, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    provider.error, provider.at = error, lambda request: request.purpose != OURS and provider.asked > 1
    (done,) = run_attempts(fixed, [tasks["tiny-n2-1-4"]], [0], lab, tmp_path / "out")
    assert (done.measured, done.run.ending, done.passed) == (True, Ending.FAILED, False)
    assert done.run.breakdown is not None
    assert (done.run.breakdown.error, done.run.breakdown.check) == (type(error).__name__, "")
    assert run_attempts(fixed, [tasks["tiny-n2-1-4"]], [0], lab, tmp_path / "out") == [done]
    provider.error = None
    (again,) = run_attempts(fixed, [tasks["tiny-n2-1-4"]], [0], lab, tmp_path / "out", retry=Retry.BROKEN)
    assert (again.run.ending, [old.why for old in again.earlier]) == (Ending.FINISHED, [Retry.BROKEN])


def test_an_account_that_is_empty_by_then_ends_all(
    provider: Provider, fixed: Agent, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    def empty(request: Request) -> bool:
        provider.error = QuotaExceeded("No credit.") if request.purpose == OURS else ModelUnavailable("It is down.")
        return True

    provider.error, provider.at = ModelUnavailable("It is down."), empty
    with pytest.raises(QuotaExceeded):
        run_attempts(fixed, [tasks[TASK]], [0], lab, tmp_path / "out")
    assert load_attempts(tmp_path / "out") == []


def test_a_question_that_is_forbidden_is_the_agents_and_a_key_that_is_ends_all(
    provider: Provider, fixed: Agent, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    theirs = lambda request: request.purpose != OURS  # noqa: E731
    provider.error, provider.at = Forbidden("It refused the key (403): Against the rules."), theirs
    (done,) = run_attempts(fixed, [tasks[TASK]], [0], lab, tmp_path / "own")
    program = external(provider, tasks, lab, tmp_path, small.LOOPING)
    for found in (done, program):
        assert found.run.breakdown is not None
        assert (found.measured, found.run.ending, found.run.breakdown.error) == (True, Ending.FAILED, "ModelRefused")
    provider.at = lambda request: True
    with pytest.raises(Forbidden):
        run_attempts(fixed, [tasks[TASK]], [0], lab, tmp_path / "key")
    provider.error, provider.at = QuotaExceeded("It refused the key (401)."), theirs
    with pytest.raises(QuotaExceeded):
        run_attempts(fixed, [tasks[TASK]], [0], lab, tmp_path / "empty")


def test_an_outage_that_lasts_until_the_time_is_up_is_one(
    provider: Provider, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    provider.error = RateLimited("Too many.", retry_after=110.0)  # longer than what is left: nobody waits for it
    budget, settings = Budget(seconds=100.0), ModelSettings(retries=1)
    setup = Setup(lab, {Role.CODE: FunctionModel(provider)}, MemoryLog(), budget, settings, AgentOptions())
    (lost,) = run_attempts(choose("fixed", setup), [tasks[TASK]], [0], lab, tmp_path)
    assert (lost.run.ending, lost.measured) == (Ending.SECONDS, False)


def external(
    provider: Provider, tasks: dict[str, TaskFolder], lab: Lab, folder: Path, text: str, words: str = ""
) -> Attempt:
    """An attempt of a program."""
    program = program_of(f"{small.write(folder, 'agent', text)} {words}")
    agent = External(program, FunctionModel(provider), MemoryLog(), lab, Budget(seconds=120.0), settings=ONCE)
    return attempt(agent, tasks[TASK], 0, lab)


def test_a_program_whose_model_is_away_is_not_measured(
    provider: Provider, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    provider.error = ModelUnavailable("It is down.")
    lost = external(provider, tasks, lab, tmp_path, small.LOOPING, "--stop")
    assert not lost.measured
    provider.at = lambda request: provider.asked == 1
    provider.asked = 0
    found = external(provider, tasks, lab, tmp_path, small.LOOPING.replace("range(100)", "range(3)"))
    assert found.measured, "its last question was answered"


@pytest.mark.parametrize("error", [RateLimited("Too many requests."), ModelUnavailable("It died of that question.")])
def test_a_program_that_makes_its_model_fail_has_failed(
    error: HakkenError, provider: Provider, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    provider.error = error
    if isinstance(error, ModelUnavailable):
        provider.at = lambda request: request.purpose != OURS
    done = external(provider, tasks, lab, tmp_path, small.LOOPING.replace("range(100)", "range(6)"))
    assert (done.measured, done.passed) == (True, False)


def test_a_program_that_fills_its_disk_or_says_that_it_was_not_there_has_failed(
    provider: Provider, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(External, "_limits", lambda self: Limits(wall_seconds=600.0, disk_mb=4))
    fills = "import sys\nopen('full', 'wb').write(bytes(20 << 20))\nsys.exit('No space left on device')"
    for text in (fills, "import sys\nsys.exit(127)"):
        done = external(provider, tasks, lab, tmp_path, text)
        assert (done.measured, done.run.ending, done.passed) == (True, Ending.FAILED, False)


class Meets:
    """Asks once where it may, and meets an error."""

    name = "meets"

    def __init__(self, error: Exception, setup: Setup | None = None) -> None:
        self.error: Exception | None = error
        self._setup = setup

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        if self._setup is not None:
            choose("fixed", self._setup).work(task, workspace, seed)
        if self.error is not None:
            raise self.error
        return AgentRun(ending=Ending.FINISHED)


def test_a_sandbox_that_cannot_start(
    provider: Provider, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = SandboxError("No user id is free for a sandbox.")
    first = Meets(error)
    (lost,) = run_attempts(first, [tasks[TASK]], [0], lab, tmp_path / "first")
    assert lost.run.breakdown is not None
    assert (lost.measured, lost.run.breakdown.check) == (False, "Nothing of the agent had run.")
    first.error = None
    (done,) = run_attempts(first, [tasks[TASK]], [0], lab, tmp_path / "first")
    assert (done.measured, len(done.earlier)) == (True, 1)

    setup = Setup(lab, {Role.CODE: FunctionModel(provider)}, MemoryLog(), Budget(), ONCE, AgentOptions())
    (own,) = run_attempts(Meets(error, setup), [tasks[TASK]], [0], lab, tmp_path / "own")
    assert (own.measured, own.run.ending) == (True, Ending.FAILED), "a sandbox opens when we try"

    def closed(**_: object) -> None:
        raise SandboxError("No namespace can be made.")

    monkeypatch.setattr(breaking, "open_sandbox", closed)
    (away,) = run_attempts(Meets(error, setup), [tasks[TASK]], [0], lab, tmp_path / "away")
    assert (away.measured, away.passed) == (False, True), "whatever it scores"
    monkeypatch.setattr(breaking, "filled", lambda workspace: True)
    (full,) = run_attempts(Meets(error, setup), [tasks[TASK]], [0], lab, tmp_path / "full")
    assert full.measured


def test_what_an_agent_left_may_break_what_reads_it_and_a_full_machine_ends_all(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    chosen = [tasks[TASK]]
    (done,) = run_attempts(Meets(IsADirectoryError(errno.EISDIR, "no file")), chosen, [0], lab, tmp_path / "own")
    assert (done.measured, done.run.ending) == (True, Ending.FAILED)
    assert done.run.breakdown is not None
    assert done.run.breakdown.error == "IsADirectoryError"
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(StoreError, match=r"No space left on device\. Make room; the same command goes on\."):
        run_attempts(Meets(full), chosen, [0], lab, tmp_path / "full")
    assert load_attempts(tmp_path / "full") == []


@pytest.mark.parametrize("error", [UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no text"), ValueError("odd \ud800")])
def test_no_error_of_one_agent_ends_the_others(
    error: Exception, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    agent = Meets(error)
    (done,) = run_attempts(agent, [tasks[TASK]], [0], lab, tmp_path)
    assert done.run.breakdown is not None
    assert (done.measured, done.run.ending, done.passed) == (True, Ending.FAILED, False)
    assert (done.run.breakdown.error, done.run.words) == (type(error).__name__, done.run.breakdown.message)
    assert load_attempts(tmp_path) == [done]


def test_workers_that_were_shut_down_are_no_failure_of_an_agent(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    agent = Meets(RuntimeError("cannot schedule new futures after shutdown"))
    with pytest.raises(RuntimeError, match="after shutdown"):
        run_attempts(agent, [tasks[TASK]], [0], lab, tmp_path)
    agent.error = None
    (done,) = run_attempts(agent, [tasks[TASK]], [0], lab, tmp_path)
    assert (done.run.ending, done.earlier) == (Ending.FINISHED, ())


def test_who_filled_the_disk(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "full")
    work = tmp_path / "work"
    work.mkdir()
    assert (filled(work), exhausted(full, work)) == (False, True)
    with (work / "huge").open("wb") as file:
        file.truncate(1 << 43)  # more than any disk of a test has left
    assert (filled(work), exhausted(full, work)) == (True, False)
    assert not exhausted(OSError(errno.EACCES, "no"), work)
    assert exhausted(OSError(errno.EMFILE, "files"), work)
    assert not exhausted(MemoryError(), work), "there is some when we ask"


def test_an_error_of_the_user_is_no_infrastructure(lab: Lab, tmp_path: Path) -> None:
    accounts = Accounts()
    accounts.errors.append(UsageError("No passage."))
    run = judged(AgentRun(ending=Ending.FAILED), accounts, lab, tmp_path)
    assert run.breakdown is not None
    assert (run.measured, run.breakdown.error) == (True, "UsageError")
    assert judged(AgentRun(ending=Ending.TOKENS), Accounts(), lab, tmp_path).breakdown is None


def test_which_attempts_are_made_again() -> None:
    lost, broken = made(outage="ModelUnavailable", code="now"), made(ending=Ending.FAILED, code="now")
    older, done = made(code="then", solved=True), made(code="now")
    found = {retry: [why_again(each, retry, "now") for each in (lost, broken, older, made(), done)] for retry in Retry}
    first = Retry.INFRASTRUCTURE
    assert found == {
        Retry.NONE: [None] * 5,
        first: [first, None, None, None, None],
        Retry.BROKEN: [first, Retry.BROKEN, None, None, None],
        Retry.CODE: [first, None, Retry.CODE, Retry.CODE, None],
    }
    twice = replaced(replaced(lost, older, first), done, Retry.CODE)
    assert [(old.why, old.passed, old.code) for old in twice.earlier] == [
        (first, False, "now"),
        (Retry.CODE, True, "then"),
    ]


def test_an_attempt_of_another_code_stays_until_it_is_asked_for(
    tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    agent = Meets(UsageError("No passage."))
    run_attempts(agent, [tasks[TASK]], [0], lab, tmp_path)
    (path,) = tmp_path.glob("*.json")
    path.write_text(path.read_text().replace(this_code(), "0.0.9 before"))
    (kept,) = run_attempts(agent, [tasks[TASK]], [0], lab, tmp_path)
    assert (kept.code, kept.earlier) == ("0.0.9 before", ())
    (again,) = run_attempts(agent, [tasks[TASK]], [0], lab, tmp_path, retry=Retry.CODE)
    assert (again.code, [old.code for old in again.earlier]) == (this_code(), ["0.0.9 before"])
    assert run_attempts(agent, [tasks[TASK]], [0], lab, tmp_path, retry=Retry.CODE) == [again]


ASIDE = {"identity", "numerals", "pace", "papers", "records"}
"""Modules of ``bench`` that agents and graders load and that shape nothing which a task's own hash does not cover."""
_LOADED = """
import sys, hakken.bench.agents.dynamic, hakken.bench.agents.external, hakken.bench.agents.registry
import hakken.bench.grading, hakken.models.gateway
rooms = ("hakken.bench.", "hakken.models", "hakken.agents")
print(*(module.__file__ for name, module in sys.modules.items() if name.startswith(rooms)))
"""


def test_the_code_that_is_named_is_all_that_shapes_an_attempt() -> None:
    here = Path(identity.__file__).resolve().parents[1]
    places = [(here / name).resolve(strict=True) for name in identity.SHAPING]
    said = subprocess.run([sys.executable, "-c", _LOADED], check=True, capture_output=True, text=True).stdout
    others = {p for p in map(Path, said.split()) if not any(place in (p, *p.parents) for place in places)}
    assert {path.stem for path in others if path.name != "__init__.py"} <= ASIDE


def test_an_attempt_that_was_written_before_codes_were_is_read(tmp_path: Path) -> None:
    old = made(solved=True).model_dump(mode="json")
    for name in ("code", "earlier"):
        del old[name]
    del old["run"]["breakdown"]
    assert Attempt.model_validate(old) == made(solved=True)
    assert re.fullmatch(r"\d+\.\d+\.\S+ [0-9a-f]{10}", this_code())

"""The laboratory: the record answers what was asked before, and only that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from hakken.core.errors import RecordDiffers, SandboxError
from hakken.core.source import replace_function
from hakken.core.types import (
    EventKind,
    ExecResult,
    Failure,
    FailureCause,
    Metric,
    Node,
    NodeStatus,
    Operator,
    Rung,
    Split,
    Trial,
    Violation,
    ViolationKind,
)
from hakken.research.experiments import TrialJob, load_template
from hakken.research.lab import Lab, comparison_stream
from hakken.research.search import Journal, greedy
from hakken.research.search.journal import Round
from hakken.store import RunFolder
from hakken.store.kinds import Compared
from tests.research.made_up import make_up_trials

TINY = Path(__file__).parent / "data" / "tiny"
TEMPLATE = load_template(TINY)
TEXT = (TINY / "experiment.py").read_text(encoding="utf-8")
KEY = TEMPLATE.primary.key


@contextmanager
def opened(path: Path) -> Iterator[Lab]:
    """A laboratory on the record in this folder, with the baseline in it."""
    with RunFolder(path).write() as store, ThreadPoolExecutor(1) as executor:
        lab = Lab(store, RunFolder(path), TEMPLATE, executor)
        baseline = Node(id="n0", idea_id=None, parent_id=None, operator=Operator.BASELINE, title="baseline")
        lab.propose(baseline.model_copy(update={"source_hash": lab.identity({})}), {})
        yield lab


def version(lab: Lab, code: str, **more: object) -> tuple[Node, dict[str, str]]:
    """A new version whose ``combine`` returns an expression, and its files."""
    sources = {"experiment.py": replace_function(TEXT, "combine", f"def combine(readings):\n    return {code}")}
    fields = {"idea_id": "i1", "parent_id": None, "operator": Operator.DRAFT, "title": "Another estimate"} | more
    return Node.model_validate({"id": lab.next_id(), "source_hash": lab.identity(sources), **fields}), sources


def test_what_the_search_decides_by_is_not_changed_by_the_adjustment_after_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that is worse is not built upon: not in the first pass, and not in one over the adjusted record."""

    def measure(job: TrialJob) -> float:
        return 1.0 + job.seed / 100 + (job.node_id != "n0") * (0.5 + job.seed / 1000)

    make_up_trials(monkeypatch, measure)
    chosen = []
    for _ in range(2):
        with opened(tmp_path) as lab:
            lab.explore(lab.node("n0"))
            rounds = []
            for code in ("max(readings)", "min(readings)", "readings[0]", "readings[1]"):
                node = lab.propose(*version(lab, code))
                lab.explore(node)
                node = lab.finish(node.model_copy(update={"status": NodeStatus.DONE}))
                rounds.append(Round(Operator.DRAFT, node, lab.compare(node)))
            found = [greedy(Journal(TEMPLATE.primary, rounds[:1]), "i1", Random(0)), *(r.comparison for r in rounds)]
            lab.adjust(None)
            chosen.append(found)
    assert chosen[0] == chosen[1]
    assert chosen[0][0] is not None
    assert chosen[0][0].operator is Operator.DRAFT
    with RunFolder(tmp_path).read() as store:
        newest = store.get(comparison_stream(Split.EXPLORE, "n1", KEY), Compared)
    assert newest is not None
    assert newest.comparison.verdict == "inconclusive", "eight comparisons on eight seeds leave nothing sure"


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("min(readings)", {}),
        ("max(readings)", {"operator": Operator.ABLATE}),
        ("max(readings)", {"parent_id": "n0"}),
        ("max(readings)", {"idea_id": "i2"}),
        ("max(readings)", {"extra_args": ("--steps", "20")}),
    ],
)
def test_trials_of_one_version_are_never_taken_for_those_of_another(
    tmp_path: Path, code: str, more: dict[str, object]
) -> None:
    with opened(tmp_path) as lab:
        lab.propose(*version(lab, "max(readings)"))
    with opened(tmp_path) as lab, pytest.raises(RecordDiffers, match="holds another version as n1") as caught:
        lab.propose(*version(lab, code, **more))
    assert "--new" in caught.value.mend
    with RunFolder(tmp_path).read() as store:
        assert len(list(store.events(EventKind.NODE_CHANGED, "node/n1"))) == 1


@pytest.mark.parametrize("code", ["max(readings)", "max( readings )"])
def test_a_version_that_is_the_same_but_for_its_form_is_answered_from_the_record(tmp_path: Path, code: str) -> None:
    with opened(tmp_path) as lab:
        first = lab.propose(*version(lab, "max(readings)"))
    with opened(tmp_path) as lab:
        assert lab.propose(*version(lab, code, title="Its title may be another", rationale="So may this.")) == first


class Machine:
    """Where some trials end for want of memory, so many times each."""

    def __init__(self, starves: dict[str, int]) -> None:
        self.left = dict(starves)
        self.rounds: list[list[str]] = []
        """Trials that ran side by side."""

    def run_trials(self, jobs: Sequence[TrialJob], _: Executor, on_done: Callable[[Trial], None]) -> None:
        self.rounds.append([job.id for job in jobs])
        for job in jobs:
            left = self.left.get(job.id, 0)
            self.left[job.id] = max(0, left - 1)
            on_done(ended(job, starved=left > 0))


def ended(job: TrialJob, *, starved: bool) -> Trial:
    """A trial that went well, or one that the system ended."""
    violations = (Violation(kind=ViolationKind.STARVED, limit=0, observed=1, killed=True),) if starved else ()
    run = ExecResult(
        argv=("python",), exit_code=None if starved else 0, signal=9 if starved else None, wall_seconds=1,
        cpu_seconds=1, peak_memory_mb=1, stdout=Path("out"), stderr=Path("err"), violations=violations,
        rung=Rung.BUBBLEWRAP,
    )  # fmt: skip
    failure = Failure(cause=FailureCause.MEMORY, message="The memory of this machine was used up.")
    return Trial(
        id=job.id, node_id=job.node_id, split=job.split, seed=job.seed, run=run, failure=failure if starved else None,
        metrics=() if starved else (Metric(key=KEY, value=1.0 + job.seed),),
    )  # fmt: skip


def test_a_trial_that_lacked_memory_beside_others_is_run_again_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine({"n1-explore-3": 1, "n1-explore-5": 1})
    monkeypatch.setattr("hakken.research.lab.run_trials", machine.run_trials)
    with opened(tmp_path) as lab:
        trials = lab.explore(lab.propose(*version(lab, "max(readings)")))
    assert machine.rounds[1:] == [["n1-explore-3"], ["n1-explore-5"]]
    assert [(trial.seed, trial.failure) for trial in trials] == [(seed, None) for seed in TEMPLATE.seeds.explore]


def test_a_fresh_version_that_lacks_memory_alone_too_has_failed_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine({"n1-smoke-1": 2})
    monkeypatch.setattr("hakken.research.lab.run_trials", machine.run_trials)
    for _ in range(2):
        with opened(tmp_path) as lab:
            trial = lab.smoke(lab.propose(*version(lab, "max(readings)")))
        assert trial.failure is not None
        assert trial.failure.cause is FailureCause.MEMORY
    assert len(machine.rounds) == 2


@pytest.mark.parametrize(("node", "split"), [("n0", Split.EXPLORE), ("n0", Split.REPORT), ("n1", Split.REPORT)])
def test_what_has_run_before_is_not_said_to_fail_for_want_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: str, split: Split
) -> None:
    """A claim would be untested for good, or a baseline broken, for what another program took."""
    machine = Machine({f"{node}-{split.value}-3": 2})
    monkeypatch.setattr("hakken.research.lab.run_trials", machine.run_trials)

    def run(lab: Lab) -> list[Trial]:
        lab.propose(*version(lab, "max(readings)"))
        return lab.run(lab.node(node), split, (1, 2, 3, 4))

    with opened(tmp_path) as lab, pytest.raises(SandboxError, match="memory of this machine was used up") as caught:
        run(lab)
    assert "the same command continues" in caught.value.mend
    with RunFolder(tmp_path).read() as store:
        assert [trial.seed for trial in store.trials_of(node)] == [1, 2, 4]
    with opened(tmp_path) as lab:
        assert [trial.failure for trial in run(lab)] == [None] * 4

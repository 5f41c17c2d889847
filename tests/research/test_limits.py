"""Limits of wall time and of versions: a run that meets one still tests its claim, or goes on with a larger one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from hakken.core.config import Settings, load_settings
from hakken.core.errors import BudgetExceeded
from hakken.core.types import (
    Claim,
    ClaimStatus,
    Decision,
    EventKind,
    IdeaOutcome,
    Metric,
    Node,
    NodeStatus,
    Operator,
    Probe,
    Record,
    Split,
    Trial,
    content_hash,
)
from hakken.execution import open_executor
from hakken.models import Ledger
from hakken.research import experimenting
from hakken.research.experiments import TrialJob, judge_probes, load_template
from hakken.research.lab import SEARCHED, Lab
from hakken.research.run import experiment, prepare
from hakken.research.session import TOKEN_SHARES, open_session
from hakken.store import RunFolder, Store
from hakken.store.kinds import Started

DATA = Path(__file__).parent / "data"
SEEDS = 6
"""Of the report."""
BASELINE = 16.0
"""Seconds of the baseline's trials, each of which takes one."""
KEPT = 1.5 * 2 * SEEDS


class World:
    """A clock that only trials move, and trials that are over at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slow: Callable[[TrialJob], float] = lambda _: 1.0
        """How long a trial takes."""
        self.more: Callable[[TrialJob], float] = lambda _: 0.0
        """Added to its error."""

    def run_trials(self, jobs: Sequence[TrialJob], _: Executor, on_done: Callable[[Trial], None]) -> None:
        for job in jobs:
            self.now += self.slow(job)
            on_done(done(job, self.more(job)))


def done(job: TrialJob, more: float = 0.0) -> Trial:
    """A trial of a version that is better than the baseline."""
    error = more + (0.5 if job.node_id == "n0" else 0.2) + 0.01 * (job.seed * 37 % 11 + int(job.node_id[1:]))
    return Trial(
        id=job.id,
        node_id=job.node_id,
        split=job.split,
        seed=job.seed,
        run=None,
        metrics=tuple(Metric(key=spec.key, value=error) for spec in job.template.metrics),
        output_hash=content_hash(job.id),
    )


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made, begun = World(), datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr("hakken.research.lab.run_trials", made.run_trials)
    monkeypatch.setattr("hakken.research.session.Ledger", partial(Ledger, clock=lambda: made.now))
    monkeypatch.setattr(Store, "now", staticmethod(lambda: begun + timedelta(seconds=made.now)))
    return made


def settings(*more: str) -> Settings:
    chosen = (
        f"models.default=scripted:{DATA / 'weak.toml'}",
        "search.ideas=2",
        "search.nodes_per_idea=3",
        "search.debug_rounds=1",
        "search.candidates=1",
        f"statistics.report_seeds={SEEDS}",
        *more,
    )
    return load_settings(files=[], assignments=chosen).settings


def go_on(folder: RunFolder, *more: str, probe: tuple[str, ...] | None = None) -> Claim:
    """Experiment in this folder, to the end or to a limit."""
    chosen = settings(*more)
    template = prepare(DATA / "tiny", chosen).model_copy(update={"probe": probe})
    with open_session(folder, template, chosen) as session:
        return experiment(session)


def versions(folder: RunFolder) -> list[str]:
    with folder.read() as store:
        return [node.id for node in store.all("node", Node) if node.operator in SEARCHED]


def decisions(folder: RunFolder) -> set[tuple[str, str]]:
    with folder.read() as store:
        return {(decision.what, decision.why) for decision in store.all("decision", Decision)}


def reported(folder: RunFolder) -> dict[str, int]:
    """Report trials by node."""
    with folder.read() as store:
        nodes = [trial.node_id for trial in store.all("trial", Trial) if trial.split is Split.REPORT]
    return {node: nodes.count(node) for node in nodes}


def test_time_is_kept_for_the_test_of_the_claim(world: World, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "tiny-001")
    claim = go_on(folder, f"budget.seconds={BASELINE + 12 + KEPT}")
    assert claim.status is ClaimStatus.SUPPORTED
    assert ("The search was ended early", "The budget of seconds for this stage was used up.") in decisions(folder)
    assert set(reported(folder).values()) == {SEEDS}
    assert world.now <= BASELINE + 12 + KEPT


@pytest.mark.parametrize("seconds", [5, BASELINE + 1, BASELINE + KEPT, BASELINE + KEPT + 3, BASELINE + KEPT + 30, 500])
def test_no_claim_is_given_up_for_want_of_time(world: World, tmp_path: Path, seconds: float) -> None:
    folder = RunFolder(tmp_path / "tiny-001")
    with suppress(BudgetExceeded):
        assert go_on(folder, f"budget.seconds={seconds}").status is ClaimStatus.SUPPORTED
        return
    with folder.read() as store:
        assert store.get("claim/C1", Claim) is None
    assert decisions(folder) == set()
    assert go_on(folder, "budget.seconds=1000").status is ClaimStatus.SUPPORTED


def test_a_report_that_takes_longer_than_was_foreseen_is_finished_with_a_larger_limit(
    world: World, tmp_path: Path
) -> None:
    folder, limit = RunFolder(tmp_path / "tiny-001"), BASELINE + 12 + KEPT
    world.slow = lambda job: 9.0 if job.split is Split.REPORT else 1.0
    with pytest.raises(BudgetExceeded, match=rf"budget of {limit:g} seconds is used up"):
        go_on(folder, f"budget.seconds={limit}")
    found, begun = versions(folder), reported(folder)
    assert begun
    assert sum(begun.values()) < 2 * SEEDS
    claim = go_on(folder, "budget.seconds=1000")
    assert claim.status is ClaimStatus.SUPPORTED
    # What is tested was chosen before: with the time that is there now the search is not taken up again.
    assert versions(folder) == found
    assert reported(folder) == {"n0": SEEDS, claim.variant_id: SEEDS}


def test_time_that_is_up_with_the_last_trial_takes_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Trial] = []

    def guard() -> None:
        if len(seen) == 3:
            raise BudgetExceeded("seconds", 9.0, 9.0)

    monkeypatch.setattr("hakken.research.lab.run_trials", World().run_trials)
    folder, template = RunFolder(tmp_path / "tiny-001"), load_template(DATA / "tiny")
    node = Node(id="n0", idea_id=None, parent_id=None, operator=Operator.BASELINE, title="baseline")
    with folder.write() as store, open_executor() as workers:
        lab = Lab(store, folder, template, workers, guard=guard, on_trial=seen.append)
        lab.propose(node, {})
        assert [trial.seed for trial in lab.run(node, Split.REPORT, (1, 2, 3))] == [1, 2, 3]
        with pytest.raises(BudgetExceeded):
            lab.run(node, Split.REPORT, (1, 2, 3, 4))


def test_a_report_that_was_ended_early_is_over_for_good(world: World, tmp_path: Path) -> None:
    """What is said of the probes is what the record holds of them, and the one scrambled trial says nothing good."""
    folder, probe = RunFolder(tmp_path / "tiny-001"), ("{python}", "probe.py")
    world.slow = lambda job: 2000.0 if job.split is Split.PROBE else 1.0
    world.more = lambda job: 0.5 if job.split is Split.PROBE and job.seed == 101 else 0.0  # its score suffers, once
    claim = go_on(folder, "budget.seconds=1000", probe=probe)
    ended = ("The report was ended early", "The budget of seconds was used up.")
    assert ended in decisions(folder)
    assert go_on(folder, "budget.seconds=100000", probe=probe) == claim
    with folder.read() as store:
        trials, found = store.all("trial", Trial), store.all("probe", Probe)
        template = store.get("run", Started)
    assert template is not None
    assert [trial.seed for trial in trials if trial.split is Split.PROBE] == [101]
    assert claim.variant_id is not None
    assert tuple(found) == judge_probes(template.template, claim.variant_id, "n0", trials, "")
    assert {p.kind.value: p.why for p in found}["input"] == "Too few trials on scrambled data ended well."


def test_a_smaller_limit_ends_a_search_at_what_the_record_has(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is met on the way through the record: what lies behind that place was measured all the same."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    folder = RunFolder(tmp_path / "tiny-001")
    world.more = lambda job: -0.02 * int(job.node_id[1:])  # a later version is a better one
    with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
        patched.setattr(experimenting, "ablate", interrupted)
        go_on(folder)
    found = versions(folder)
    with folder.read() as store:
        nodes = [n for n in store.all("node", Node) if n.status is NodeStatus.DONE and n.operator in SEARCHED]
        before = next(cost.usage.completion_tokens for cost in store.stage_costs() if cost.stage == "ideas")
    assert len({node.idea_id for node in nodes}) == 2
    share = TOKEN_SHARES["ideas"] + TOKEN_SHARES["search"]
    tight = f"budget.completion_tokens={math.ceil((before + 2) / share)}"
    claim = go_on(folder, tight)
    assert versions(folder) == found
    assert claim.variant_id == nodes[-1].id
    assert decisions(folder) == {
        ("The search was ended early", "The budget of completion tokens for this stage was used up.")
    }
    with folder.read() as store:
        outcomes = {outcome.idea_id: outcome.outcome for outcome in store.all("closed", IdeaOutcome)}
    assert outcomes == {"i1": "explored", "i2": "explored"}
    assert go_on(folder) == claim
    assert versions(folder) == found


def test_ideas_are_closed_as_the_limit_left_them_whenever_that_is_done(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the two, the search is not taken up again: what it would find is not what the ideas are said
    to have led to.
    """
    whole, broken = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "broken")
    go_on(whole, "budget.nodes=1")
    once = Store.once

    def dying(self: Store, kind: EventKind, stream: str, payload: Record) -> Record:
        if kind is EventKind.IDEA_CLOSED and stream == "closed/i2":
            raise KeyboardInterrupt
        return once(self, kind, stream, payload)

    with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
        patched.setattr(Store, "once", dying)
        go_on(broken, "budget.nodes=1")
    go_on(broken, "budget.nodes=9")
    assert versions(broken) == versions(whole)
    found = []
    for folder in (whole, broken):
        with folder.read() as store:
            found.append(store.all("closed", IdeaOutcome))
    assert found[0] == found[1]
    assert (found[0][1].outcome, found[0][1].why) == ("skipped", "The budget of nodes was used up.")


def test_what_is_kept_for_the_claim_is_said_when_the_rest_is_used_up(world: World, tmp_path: Path) -> None:
    with pytest.raises(BudgetExceeded, match=f"The test of the claim takes about {KEPT:.0f} s, and the run's 17 s"):
        go_on(RunFolder(tmp_path / "tiny-001"), "budget.seconds=17")
    said = f"Of the run's {BASELINE + KEPT + 1:.0f} s, about {KEPT:.0f} s are kept for the test of the claim"
    with pytest.raises(BudgetExceeded, match=said):
        go_on(RunFolder(tmp_path / "tiny-002"), f"budget.seconds={BASELINE + KEPT + 1}")


@pytest.mark.parametrize("most", [1, 3])
def test_a_search_makes_no_more_versions_than_it_may(world: World, tmp_path: Path, most: int) -> None:
    folder = RunFolder(tmp_path / "tiny-001")
    go_on(folder, f"budget.nodes={most}")
    assert len(versions(folder)) == most
    assert ("The search was ended early", "The budget of nodes was used up.") in decisions(folder)


def test_a_worker_is_told_where_a_trial_lies_whatever_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[TrialJob] = []

    def keep(asked: Sequence[TrialJob], _: Executor, on_done: Callable[[Trial], None]) -> None:
        jobs.extend(asked)
        for job in asked:
            on_done(done(job))

    monkeypatch.setattr("hakken.research.lab.run_trials", keep)
    monkeypatch.chdir(tmp_path)
    folder, template = RunFolder(Path("runs/tiny-001")), load_template(DATA / "tiny")
    node = Node(id="n0", idea_id=None, parent_id=None, operator=Operator.BASELINE, title="baseline")
    with folder.write() as store, open_executor() as workers:
        lab = Lab(store, folder, template, workers)
        lab.run(lab.propose(node, {}), Split.EXPLORE, (1,))
    assert [(job.run_folder, job.keep) for job in jobs] == [
        (tmp_path / "runs/tiny-001", tmp_path / "runs/tiny-001/trials/n0-explore-1")
    ]

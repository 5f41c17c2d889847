"""Limits of wall time and of versions: a run that meets one still tests its claim, or goes on with a larger one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from hakken.core.config import Settings, load_settings
from hakken.core.errors import BudgetExceeded
from hakken.core.types import Claim, ClaimStatus, Decision, Metric, Node, Operator, Split, Trial, content_hash
from hakken.execution import open_executor
from hakken.models import Ledger
from hakken.research.experiments import TrialJob, load_template
from hakken.research.lab import SEARCHED, Lab
from hakken.research.run import experiment, prepare
from hakken.research.session import open_session
from hakken.store import RunFolder, Store

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

    def run_trials(self, jobs: Sequence[TrialJob], _: Executor, on_done: Callable[[Trial], None]) -> None:
        for job in jobs:
            self.now += self.slow(job)
            on_done(done(job))


def done(job: TrialJob) -> Trial:
    """A trial of a version that is better than the baseline."""
    error = (0.5 if job.node_id == "n0" else 0.2) + 0.01 * (job.seed * 37 % 11 + int(job.node_id[1:]))
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


def go_on(folder: RunFolder, *more: str) -> Claim:
    """Experiment in this folder, to the end or to a limit."""
    chosen = settings(*more)
    with open_session(folder, prepare(DATA / "tiny", chosen), chosen) as session:
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

"""The experimental stages, on made-up trials: how ideas end, and what ablations may cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hakken.core.config import load_settings
from hakken.core.errors import BudgetExceeded
from hakken.core.source import replace_function
from hakken.core.types import Failure, IdeaOutcome, Node, NodeStatus, Operator, Split
from hakken.research.experimenting import MOST_ABLATIONS, ablate, explore, ideate, measure_baseline
from hakken.research.experiments import TrialJob, load_template
from hakken.research.session import Session, open_session
from hakken.store import RunFolder
from tests.research.made_up import by_code, make_up_trials

DATA = Path(__file__).parent / "data"
TEMPLATE = load_template(DATA / "tiny")


@contextmanager
def opened(path: Path) -> Iterator[Session]:
    """A session of a short run in this folder."""
    chosen = (
        f"models.default=scripted:{DATA / 'weak.toml'}",
        "search.ideas=2",
        "search.spare_ideas=0",
        "search.nodes_per_idea=3",
        "search.debug_rounds=1",
        "search.candidates=1",
    )
    settings = load_settings(files=[], assignments=chosen).settings
    with open_session(RunFolder(path), TEMPLATE, settings) as session:
        yield session


def outcomes(path: Path) -> dict[str, tuple[str, str]]:
    """What became of each idea, and why."""
    with RunFolder(path).read() as store:
        return {each.idea_id: (each.outcome, each.why) for each in store.all("closed", IdeaOutcome)}


def test_an_idea_that_the_budget_cut_is_closed_by_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: set[str] = set()

    def measure(job: TrialJob) -> float | Failure:
        found = by_code(job)
        if job.split is Split.EXPLORE and job.node_id != "n0":
            measured.add(job.node_id)
            if len(measured) == 2:
                raise BudgetExceeded("seconds", 1, 1)
        return found

    make_up_trials(monkeypatch, measure)
    with opened(tmp_path) as session:
        measure_baseline(session)
        ideate(session)
        explore(session)
        assert NodeStatus.PROPOSED in {node.status for node in session.lab.nodes}
    assert outcomes(tmp_path) == {
        "i1": ("explored", ""),
        "i2": ("skipped", "The budget of seconds was used up."),
    }


def test_an_idea_whose_versions_change_nothing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(job: TrialJob) -> float | Failure:
        found = by_code(job)
        return found if isinstance(found, Failure) else float(job.seed)

    make_up_trials(monkeypatch, measure)
    with opened(tmp_path) as session:
        measure_baseline(session)
        ideate(session)
        explore(session)
    assert outcomes(tmp_path)["i1"] == ("failed", "Every version that ran left the results unchanged.")


def test_ablations_that_show_nothing_count_towards_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Constants that nothing hangs on: each halved one runs on every explore seed before that is known."""
    code = "def combine(readings):\n    return max(readings) if readings else 0.1 + 0.2 + 0.3 + 0.4 + 0.6 + 0.7"
    text = (DATA / "tiny" / "experiment.py").read_text(encoding="utf-8")
    sources = {"experiment.py": replace_function(text, "combine", code)}
    ran = make_up_trials(monkeypatch, lambda job: job.seed + (job.node_id == "n0") * 0.5)
    with opened(tmp_path) as session:
        measure_baseline(session)
        lab = session.lab
        best = Node(
            id=lab.next_id(), idea_id="i1", parent_id=None, operator=Operator.DRAFT, title="Largest reading",
            source_hash=lab.identity(sources),
        )  # fmt: skip
        best = lab.propose(best, sources)
        lab.explore(best)
        best = lab.finish(best.model_copy(update={"status": NodeStatus.DONE}))
        assert ablate(session, best) == []
        taken = [node.id for node in lab.nodes if node.operator is Operator.ABLATE]
    assert {session.lab.node(name).status for name in taken} == {NodeStatus.NO_OP}
    explored = [name for name in ran if name.split("-")[0] in taken and "-explore-" in name]
    assert len(explored) == MOST_ABLATIONS * len(TEMPLATE.seeds.explore)

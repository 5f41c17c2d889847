"""The laboratory: the record answers what was asked before, and only that."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from hakken.core.errors import StoreError
from hakken.core.source import replace_function
from hakken.core.types import EventKind, Node, NodeStatus, Operator, Split
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
    with opened(tmp_path) as lab, pytest.raises(StoreError, match="holds another version as n1") as caught:
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

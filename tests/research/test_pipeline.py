"""The whole pipeline, from a template to a reviewed PDF, with a scripted model and real trials in the real sandbox."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hakken.core.config import Settings, load_settings
from hakken.core.errors import TemplateError
from hakken.core.types import (
    Call,
    ClaimStatus,
    EventKind,
    Fact,
    FigureFile,
    Manuscript,
    NodeStatus,
    Operator,
    PassageSource,
    Split,
    Trial,
)
from hakken.models.forecast import most_versions
from hakken.research.bounds import most_trials
from hakken.research.experiments import load_template
from hakken.research.ideas import load_seed_ideas, place_for
from hakken.research.run import RunResult, run
from hakken.research.session import Silent
from hakken.research.snapshots import read_snapshot
from hakken.store import RunFolder
from hakken.store.kinds import Facts
from tests.research.made_up import by_code, make_up_trials
from tests.research.undrawn import undrawn

DATA = Path(__file__).parent / "data"


def settings(runs: Path, *more: str) -> Settings:
    chosen = (
        f"models.default=scripted:{DATA / 'weak.toml'}",
        f"runs_dir={runs}",
        "search.ideas=2",
        "search.nodes_per_idea=3",
        "search.debug_rounds=1",
        "search.candidates=1",
        "statistics.explore_seeds=4",
        "statistics.noise_seeds=4",
        "statistics.report_seeds=8",
        "review.members=1",
    )
    return load_settings(files=[], assignments=[*chosen, *more]).settings


class Told(Silent):
    """Progress that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture(scope="module")
def progress() -> Told:
    return Told()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, progress: Told) -> RunResult:
    return run(DATA / "tiny", settings(tmp_path_factory.mktemp("runs")), progress=progress)


def facts_of(folder: Path) -> tuple[Fact, ...]:
    return computed(folder).facts


def figures_of(folder: Path) -> tuple[FigureFile, ...]:
    return computed(folder).figures


def computed(folder: Path) -> Facts:
    with RunFolder(folder).read() as store:
        found = store.get("facts", Facts)
    assert found is not None
    return found


def test_it_ends_with_a_paper_that_passes_its_audit_and_a_review(finished: RunResult) -> None:
    assert finished.outcome.status == "finished"
    assert finished.pdf is not None
    assert finished.pdf.read_bytes().startswith(b"%PDF")
    assert finished.claim is not None
    assert finished.claim.status is ClaimStatus.SUPPORTED
    assert finished.audit is not None
    assert [f for f in finished.audit.findings if f.severity.value == "error"] == []
    assert finished.audit.numbers_checked > 50
    assert finished.review is not None
    paper = finished.folder / "paper"
    for name in ("paper.tex", "paper.bib", "paper.md", "paper.html", "audit.json", "audit.html", "review.json"):
        assert (paper / name).stat().st_size > 0
    assert json.loads((paper / "audit.json").read_text())["numbers_checked"] == finished.audit.numbers_checked


def test_the_record_tells_the_story(finished: RunResult) -> None:
    with RunFolder(finished.folder).read() as store:
        snapshot = read_snapshot(RunFolder(finished.folder), store)
    status = {node.status for node in snapshot.nodes}
    assert {NodeStatus.DONE, NodeStatus.FAILED, NodeStatus.REPLICATE} <= status
    operators = {node.operator for node in snapshot.nodes}
    assert {Operator.BASELINE, Operator.DRAFT, Operator.DEBUG, Operator.TUNE, Operator.ABLATE} <= operators
    report = {t.seed for t in snapshot.trials if t.split is Split.REPORT}
    explore = {t.seed for t in snapshot.trials if t.split is Split.EXPLORE}
    assert len(report) == 8
    assert not report & explore
    assert snapshot.plan is not None
    # The plan was frozen before any version of the code existed, and the report ran last.
    with RunFolder(finished.folder).read() as store:
        order = {e.stream: e.seq for e in store.events() if e.version == 1}
    frozen = order["plan"]
    assert all(order[f"node/{n.id}"] > frozen for n in snapshot.nodes if n.operator is not Operator.BASELINE)
    last_choice = max(seq for stream, seq in order.items() if stream.startswith("trial/") and "explore" in stream)
    assert all(order[f"trial/{t.id}"] > last_choice for t in snapshot.trials if t.split is Split.REPORT)


def test_no_stage_takes_more_trials_than_was_said_before(finished: RunResult) -> None:
    folder = RunFolder(finished.folder)
    with folder.read() as store:
        snapshot = read_snapshot(folder, store)
    chosen = settings(folder.path.parent)
    most = most_trials(chosen, snapshot.template, most_versions(chosen, strong=False))
    full = [trial for trial in snapshot.trials if trial.split is not Split.SMOKE]
    assert len(full) <= sum(most.values())
    assert len([t for t in full if t.split in (Split.REPORT, Split.PROBE)]) <= most["report"]
    assert len([t for t in full if t.split is Split.NOISE]) <= most["baseline"]


def test_every_version_is_told_of_once(finished: RunResult, progress: Told) -> None:
    with RunFolder(finished.folder).read() as store:
        nodes = read_snapshot(RunFolder(finished.folder), store).nodes
    versions = [node for node in nodes if node.operator is not Operator.BASELINE]
    assert len(versions) > 5
    for node in versions:
        lines = [line for line in progress.lines if line.startswith(f"{node.id} {node.operator.value}: ")]
        assert len(lines) == 1, node
        if node.failure is not None:
            assert lines[0].endswith(f": failed: {node.failure.message}")


def test_no_sentence_of_a_model_states_an_effect(finished: RunResult) -> None:
    with RunFolder(finished.folder).read() as store:
        manuscript = store.get("manuscript", Manuscript)
    assert manuscript is not None
    written = [p.text for p in (*manuscript.abstract, *manuscript.passages) if p.source is PassageSource.MODEL]
    assert len(written) >= 5
    # The script's abstract ends with an invented gain, which the gate takes out.
    assert "3 percent" not in (finished.folder / "paper" / "paper.md").read_text()
    assert any("Readings of a quantity" in text for text in written)


def test_running_again_does_nothing_twice(finished: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = finished.folder
    before = count(folder)
    drawn = figures_of(folder)
    # Drawn again they would be the same, as tests of figures show.
    monkeypatch.setattr("hakken.research.publishing.make_figures", lambda *_: list(drawn))
    again = run(DATA / "tiny", settings(folder.parent), folder=folder)
    assert again.outcome.status == "finished"
    assert count(folder) == before


def test_a_seed_idea_without_a_place_gets_one() -> None:
    template = load_template(DATA / "tiny")
    (seed,) = load_seed_ideas(template)
    pristine = {"experiment.py": (DATA / "tiny" / "experiment.py").read_text()}
    placed = place_for(seed.model_copy(update={"target": None}), template, pristine)
    assert str(placed) == "experiment.py:combine"


def test_a_seed_idea_says_what_kind_of_change_it_is() -> None:
    assert [idea.lever for idea in load_seed_ideas(load_template("digits"))][:1] == ["regulariser"]
    assert [idea.lever for idea in load_seed_ideas(load_template(DATA / "tiny"))] == [""]


def test_a_folder_without_a_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"no template\.toml"):
        run(tmp_path, settings(tmp_path))


def count(folder: Path) -> tuple[int, int, tuple[Fact, ...]]:
    with RunFolder(folder).read() as store:
        calls = list(store.events(EventKind.MODEL_CALLED))
        keys = [Call.model_validate(e.data).key for e in calls]
        assert len(keys) == len(set(keys)), "a call was made twice"
        trials = list(store.events(EventKind.TRIAL_FINISHED))
        assert len({e.stream for e in trials}) == len(trials), "a trial was recorded twice"
        return len(calls), len(trials), facts_of(folder)


@pytest.mark.slow
@pytest.mark.parametrize("events", [3, 20, 45, 60, 80, 110, 130])
def test_killed_and_run_again_it_ends_the_same(finished: RunResult, tmp_path: Path, events: int) -> None:
    """Kill the process without warning once the record holds so many events; the same command goes on."""
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from hakken.store.store import Store\n"
        "from tests.research.test_pipeline import DATA, run, settings\n"
        "append, left = Store.append, int(sys.argv[2])\n"
        "def dying(self, *args, **options):\n"
        "    event = append(self, *args, **options)\n"
        "    if event.seq >= left: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return event\n"
        "Store.append = dying\n"
        "run(DATA / 'tiny', settings(Path(sys.argv[1])))\n"
    )
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path), str(events)], cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL
    result = run(DATA / "tiny", settings(tmp_path))
    assert result.folder == tmp_path / "tiny-001"
    assert result.outcome.status == "finished"
    calls, trials, facts = count(result.folder)
    assert (calls, trials) == count(finished.folder)[:2]
    assert untimed(facts) == untimed(facts_of(finished.folder))


def untimed(facts: tuple[Fact, ...]) -> list[tuple[str, str, str]]:
    """Facts without those that CPU time decides, and so without their numbers."""
    return [(f.kind, f.subject, f.views["sentence"]) for f in facts if f.kind not in ("parity", "matching")]


def test_a_budget_that_is_met_still_ends_with_a_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_up_trials(monkeypatch, by_code)
    short = ("search.ideas=1", "search.nodes_per_idea=1", "search.ablate=false", "statistics.report_seeds=6")
    with undrawn():
        result = run(DATA / "tiny", settings(tmp_path, "budget.completion_tokens=700", *short))
    assert result.pdf is not None
    assert result.audit is not None
    assert result.audit.passed
    # A script does not cut its last reply to what is left, as a model does.
    assert result.outcome.usage.completion_tokens < 700 + 100
    with RunFolder(result.folder).read() as store:
        assert any("budget" in d.why for d in read_snapshot(RunFolder(result.folder), store).decisions)


def test_a_baseline_that_fails_says_why(tmp_path: Path) -> None:
    shutil.copytree(DATA / "tiny", tmp_path / "tiny")
    script = tmp_path / "tiny" / "experiment.py"
    script.write_text(script.read_text().replace("def main():", "def main():\n    raise RuntimeError('no readings')"))
    with pytest.raises(TemplateError, match="no readings"):
        run(tmp_path / "tiny", settings(tmp_path / "runs"))
    with RunFolder(tmp_path / "runs" / "tiny-001").read() as store:
        trials = store.all("trial", Trial)
    assert trials
    assert all(trial.failure for trial in trials)

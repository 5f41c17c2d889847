"""Synthetic records with one thing or another in them, and the papers that code composes of them, audited."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from hakken.core.types import (
    Comparison,
    Decision,
    Failure,
    FailureCause,
    Metric,
    Node,
    NodeStatus,
    Operator,
    Probe,
    ProbeCounts,
    Severity,
    Snapshot,
    Split,
    Trial,
)
from hakken.research.experimenting import judge
from hakken.research.experiments import compare, holm_adjusted, judge_probes, noise_floor, values_by_seed
from hakken.research.papers.audit import Auditor, from_snapshot
from hakken.research.papers.facts import compute_facts
from hakken.research.papers.manuscript import to_markdown
from hakken.research.papers.render import PaperMetadata, render
from hakken.research.papers.render import paper as rendering
from hakken.research.papers.study import Study
from hakken.research.papers.writer import write
from tests.papers.builders import METRICS, NOISE, REPORT, build_snapshot, make_trial

KEY = METRICS[0].key
Change = Callable[[Trial], Trial]


def recompared(snapshot: Snapshot) -> Snapshot:
    """Every comparison made again by the laboratory's own code, and the claim judged again."""
    template, trials = snapshot.template, snapshot.trials

    def made(split: Split, variant: str, base: str, key: str) -> tuple[Split, object]:
        spec = template.metric(key)
        own, theirs = (values_by_seed(trials, node, split, key) for node in (variant, base))
        apart = [values_by_seed(trials, "n0", where, key) for where in (Split.NOISE, Split.EXPLORE)]
        floor = noise_floor(apart[0] | apart[1], len(set(own) & set(theirs)))
        return split, compare(
            spec, theirs, own, variant_id=variant, baseline_id=base, noise_floor=floor, margin=spec.margin
        )

    pairs = [(s, c.variant_id, c.baseline_id, c.metric) for s, c in snapshot.comparisons]
    if any(n.operator is Operator.MATCH for n in snapshot.nodes):
        pairs += [(Split.REPORT, *two, m.key) for two in (("n9", "n0"), ("n1", "n9")) for m in METRICS]
    rows = [made(*pair) for pair in pairs]
    primary = next(i for i, pair in enumerate(pairs) if pair == (Split.REPORT, "n1", "n0", KEY))
    adjusted = holm_adjusted([c for i, (_, c) in enumerate(rows) if i != primary])
    adjusted.insert(primary, rows[primary][1])
    done = [(s, c) for (s, _), c in zip(rows, adjusted, strict=True)]
    claim = judge(snapshot.plan.claim, snapshot.node("n1"), rows[primary][1])
    return snapshot.model_copy(
        update={
            "comparisons": tuple((s, c) for s, c in done if c.baseline_id == "n0"),
            "matched": tuple((s, c) for s, c in done if c.baseline_id != "n0"),
            "claims": (claim,),
        }
    )


def changed(snapshot: Snapshot, change: Change) -> Snapshot:
    return snapshot.model_copy(update={"trials": tuple(change(t) for t in snapshot.trials)})


def with_error(trial: Trial, error: float) -> Trial:
    metrics = tuple(Metric(key=m.key, value=error if m.key == KEY else m.value) for m in trial.metrics)
    return trial.model_copy(update={"metrics": metrics})


def null(spread: float, shift: float = 0.0) -> Snapshot:
    """The selected version differs from the baseline by chance alone on the report seeds, or by a small shift."""
    snapshot = build_snapshot()
    base = {t.seed: t.value(KEY) for t in snapshot.trials_of("n0", Split.REPORT)}
    rng = np.random.default_rng(8)
    noise = dict(zip(REPORT, rng.normal(0, spread, len(REPORT)), strict=True))

    def change(trial: Trial) -> Trial:
        if trial.node_id != "n1" or trial.split is not Split.REPORT:
            return trial
        return with_error(trial, round(base[trial.seed] + noise[trial.seed] + shift, 3))

    return recompared(changed(snapshot, change))


def broken(explored: tuple[str, ...]) -> Snapshot:
    """One version is sixty points off; only these versions are compared on the explore seeds, on one metric."""

    def change(trial: Trial) -> Trial:
        return with_error(trial, 70.0 + trial.seed / 10) if trial.node_id == "n3" and trial.value(KEY) else trial

    def kept(split: Split, c: Comparison) -> bool:
        return split is Split.REPORT or (c.variant_id in explored and (c.metric == KEY or len(explored) > 3))

    snapshot = changed(build_snapshot(), change)
    rows = tuple((split, c) for split, c in snapshot.comparisons if kept(split, c))
    return planned(recompared(snapshot.model_copy(update={"comparisons": rows})))


def planned(snapshot: Snapshot) -> Snapshot:
    """Without the decision of a person that the synthetic record holds."""
    plan = snapshot.plan.model_copy(update={"noise_seeds": NOISE})
    return snapshot.model_copy(update={"decisions": (), "plan": plan})


@dataclass(frozen=True)
class Paper:
    """A paper on disk with its record."""

    snapshot: Snapshot
    path: Path

    @property
    def text(self) -> str:
        return " ".join(self.path.read_text(encoding="utf-8").split())

    @cached_property
    def auditor(self) -> Auditor:
        """Remembers what it has read, so that a changed copy costs little."""
        return Auditor(from_snapshot(self.snapshot))

    def errors(self, path: Path | None = None) -> list[tuple[str, str, str, str]]:
        report = self.auditor.audit(path or self.path).report
        return [(f.kind, f.sentence, f.says, f.record) for f in report.findings if f.severity is Severity.ERROR]

    def errors_after(self, old: str, new: str) -> list[tuple[str, str, str, str]]:
        """With every occurrence of a text replaced."""
        text = self.path.read_text(encoding="utf-8")
        pattern = re.compile(r"\s+".join(map(re.escape, old.split())))
        assert pattern.search(text), f"the paper does not say {old!r}"
        copy = self.path.with_name("changed.md")
        copy.write_text(pattern.sub(new, text), encoding="utf-8")
        return self.errors(copy)


def printed(snapshot: Snapshot, folder: Path) -> Paper:
    """Composed by code and rendered as Markdown alone, without figures: that is what the audit reads."""
    (folder / "figures").mkdir()
    study = Study(snapshot, compute_facts(snapshot), (), folder / "none.bib")
    abstract, body = to_markdown(write(study, None, 1), study)
    notice = "This paper was written by an AI system, Hakken 0.1.0."
    metadata = PaperMetadata(title="A study", abstract=abstract, authors=("Hakken",), notice=notice)
    with pytest.MonkeyPatch.context() as patch:
        for form in ("_latex", "_html", "_typst"):
            patch.setattr(rendering, form, lambda *_: "")
        patch.setattr(rendering.typst_paper, "compile_pdf", lambda *_: None)
        patch.setattr(rendering, "_count_pages", lambda _: 1)
        render(body, bib=None, figures=folder / "figures", out=folder / "paper", metadata=metadata)
    return Paper(snapshot, folder / "paper" / "paper.md")


def probed(snapshot: Snapshot, counts: ProbeCounts, scrambled: float | None) -> Snapshot:
    """Report trials with what a probe counted, and trials on scrambled data."""
    trials = [
        t.model_copy(update={"probe": counts}) if t.split is Split.REPORT and t.node_id == "n1" else t
        for t in snapshot.trials
    ]
    template = snapshot.template.model_copy(update={"probe": ("{python}", "probe.py")})
    for seed in REPORT[:4]:
        trial = make_trial("n1", Split.REPORT, seed)
        update: dict[str, object] = {"id": f"n1-probe-{seed}", "split": Split.PROBE}
        if scrambled is not None:
            trial = with_error(trial, scrambled + seed / 100)
            update["output_hash"] = "sha256:" + f"{seed:064x}"
        trials.append(trial.model_copy(update=update))
    probes: tuple[Probe, ...] = judge_probes(template, "n1", "n0", trials, "")
    return snapshot.model_copy(update={"trials": tuple(trials), "template": template, "probes": probes})


def dearer(trial: Trial) -> Trial:
    """The selected version takes half as much time again."""
    if trial.node_id != "n1" or trial.cost is None:
        return trial
    cost = trial.cost.model_copy(update={"cpu_seconds": trial.cost.cpu_seconds * 1.5})
    return trial.model_copy(update={"cost": cost})


def all_dearer(trial: Trial) -> Trial:
    """Every version takes longer, each by another factor."""
    if trial.node_id == "n0" or trial.cost is None:
        return trial
    factor = 1.2 + int(trial.node_id[1:]) / 10
    return trial.model_copy(
        update={"cost": trial.cost.model_copy(update={"cpu_seconds": trial.cost.cpu_seconds * factor})}
    )


def matched(snapshot: Snapshot) -> Snapshot:
    """With a compute-matched baseline."""
    match = Node(
        id="n9", idea_id=None, parent_id="n0", operator=Operator.MATCH, title="baseline with matched compute",
        author="code", extra_args=("--steps", "927"), status=NodeStatus.DONE, source_hash="sha256:" + "9" * 64,
    )  # fmt: skip

    def longer(seed: int) -> Trial:
        trial = make_trial("n2", Split.REPORT, seed)
        cost = trial.cost.model_copy(update={"steps": 927}) if trial.cost else None
        return trial.model_copy(update={"id": f"n9-report-{seed}", "node_id": "n9", "cost": cost})

    trials = (*snapshot.trials, *(longer(seed) for seed in REPORT))
    template = snapshot.template.model_copy(update={"steps_arg": "--steps"})
    return snapshot.model_copy(update={"nodes": (*snapshot.nodes, match), "trials": trials, "template": template})


def departing() -> Snapshot:
    """Two report trials failed, another version was better on the explore seeds, and people and program decided."""

    def fail(trial: Trial) -> Trial:
        if trial.node_id == "n1" and trial.split is Split.REPORT and trial.seed in (101, 102):
            failure = Failure(cause=FailureCause.TIMEOUT, message="The trial was stopped after 120 s.")
            return trial.model_copy(update={"failure": failure, "metrics": ()})
        if trial.node_id == "n2" and trial.split is Split.EXPLORE:
            return with_error(trial, 1.0 + trial.seed / 10)
        return trial

    snapshot = build_snapshot()
    decisions = (
        *snapshot.decisions,
        Decision(what="The search was ended early", by="code", why="The budget of 600 s is met."),
        Decision(what="The paper was not reviewed", by="code", why="No model."),
    )
    return recompared(changed(snapshot.model_copy(update={"decisions": decisions}), fail))


PASSING = ProbeCounts(training=397, hidden=700, shared=3, answers=700, equal=548)
LEAKING = ProbeCounts(training=1000, hidden=700, shared=700, answers=700, equal=700)
RECORDS: dict[str, Callable[[], Snapshot]] = {
    "clean": lambda: probed(planned(recompared(build_snapshot())), PASSING, 88.0),
    "departing": lambda: probed(departing(), LEAKING, None),
    "null": lambda: planned(null(spread=2.0)),
    "equal": lambda: planned(null(spread=0.2)),
    "small": lambda: planned(null(spread=0.2, shift=-0.3)),
    "broken": lambda: broken(("n1", "n2", "n3", "n7")),
    "costly": lambda: planned(recompared(changed(build_snapshot(), all_dearer))),
    "matched": lambda: planned(recompared(matched(changed(build_snapshot(), dearer)))),
}

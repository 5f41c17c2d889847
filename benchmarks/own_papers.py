"""Clean papers that Hakken's own writer makes of drawn records of different shapes (code composes every passage)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mutant_papers import BIB, Paper

from hakken.core.types import (
    Budget,
    Claim,
    Comparison,
    Decision,
    Direction,
    Environment,
    ExecResult,
    Failure,
    FailureCause,
    Idea,
    IdeaOutcome,
    Metric,
    MetricSpec,
    Node,
    NodeStatus,
    Operator,
    Plan,
    Predicate,
    Run,
    Rung,
    Seeds,
    Snapshot,
    Split,
    Target,
    Template,
    Trial,
    TrialCost,
    Usage,
    content_hash,
)  # fmt: skip
from hakken.research.experimenting import judge
from hakken.research.experiments import compare, noise_floor, values_by_seed
from hakken.research.papers.audit.records.hakken import from_snapshot
from hakken.research.papers.facts import compute_facts
from hakken.research.papers.figures import make_figures
from hakken.research.papers.manuscript import to_markdown
from hakken.research.papers.render import PaperMetadata, render
from hakken.research.papers.study import Study
from hakken.research.papers.writer import write as write_manuscript

EXPLORE, REPORT, NOISE = tuple(range(1, 9)), tuple(range(101, 121)), tuple(range(201, 217))


@dataclass(frozen=True)
class Shape:
    """What one of Hakken's records looks like."""

    name: str
    metrics: tuple[MetricSpec, ...]
    levels: tuple[float, ...]
    """The baseline's mean of each metric."""
    effects: dict[str, float]
    """Title of each version -> its effect on the primary metric, in deviations; the first is selected."""
    seed: int


SHAPES = (
    Shape(
        "supported",
        (
            MetricSpec(name="test_error", dataset="digits", direction=Direction.MIN, unit="%", primary=True),
            MetricSpec(name="log_loss", dataset="digits", direction=Direction.MIN),
        ),
        (9.8, 0.35),
        {"Smoothed targets": -1.6, "Weighted examples": -0.2, "Margin in place of entropy": 1.4},
        3,
    ),
    Shape(
        "refuted",
        (
            MetricSpec(name="accuracy", dataset="letters", direction=Direction.MAX, unit="%", primary=True),
            MetricSpec(name="accuracy", dataset="words", direction=Direction.MAX, unit="%"),
            MetricSpec(name="f1_score", dataset="letters", direction=Direction.MAX),
        ),
        (81.4, 73.2, 0.79),
        {"Half of the width": -1.9, "Doubled depth": -2.6},
        5,
    ),
    Shape(
        "inconclusive",
        (MetricSpec(name="perplexity", dataset="verses", direction=Direction.MIN, primary=True),),
        (24.6,),
        {"Sorted batches": -0.05, "Warm start": 0.3, "Clipped gradients": 0.6},
        11,
    ),
)
_PRISTINE = "def step(weights, gradient, rate):\n    return weights - rate * gradient\n"


def hakken_papers(folder: Path, only: str = "") -> Iterator[Paper]:
    """Papers that Hakken writes about its own runs; those whose name holds ``only``."""
    for shape in SHAPES:
        if only not in f"Hakken, {shape.name}":
            continue
        snapshot = make_snapshot(shape)
        out = folder / shape.name
        figures = out / "figures"
        figures.mkdir(parents=True)
        bib = out / "references.bib"
        bib.write_text(BIB, encoding="utf-8")
        drawn = tuple(make_figures(snapshot, figures))
        study = Study(snapshot, compute_facts(snapshot), drawn, bib)
        manuscript = write_manuscript(study, None, 1)
        abstract, body = to_markdown(manuscript, study)
        metadata = PaperMetadata(
            title=manuscript.title,
            abstract=abstract,
            authors=("Hakken",),
            notice="This paper was written by an AI system, Hakken 0.1.0.",
            keywords=manuscript.keywords,
        )
        render(body, bib=bib, figures=figures, out=out, metadata=metadata, engine="typst")
        yield Paper(
            name=f"Hakken, {shape.name}",
            path=out / "paper.md",
            evidence=from_snapshot(snapshot),
            methods=tuple(shape.effects),
            metrics=tuple(dict.fromkeys(m.label for m in shape.metrics)),
            datasets=tuple(dict.fromkeys(m.dataset for m in shape.metrics)),
            hardware=("AMD EPYC 7B13", "AMD EPYC"),
        )


def make_snapshot(shape: Shape) -> Snapshot:
    """The record of a run: a baseline and versions on explore seeds, the selected one on report seeds, two failures."""
    titles = list(shape.effects)
    files = {"experiment.py": content_hash(_changed(1))}
    base = {"id": "n0", "idea_id": None, "parent_id": None, "operator": Operator.BASELINE, "author": "template"}
    nodes = [_node(0, "Baseline", **base, source_hash=content_hash("n0"), status=NodeStatus.DONE, rationale="")]
    for k, title in enumerate(titles, 1):
        nodes.append(_node(k, title, status=NodeStatus.DONE, files=files))
    crash = Failure(cause=FailureCause.CRASHED, message="The trial ended with exit code 1: ValueError: shapes differ.")
    nodes.append(_node(len(nodes), "Mixed rows", status=NodeStatus.FAILED, failure=crash))
    trials = [_trial(shape, "n0", s, Split.NOISE, 0.0) for s in NOISE]
    for k, node in enumerate(nodes[:-1]):
        effect = 0.0 if k == 0 else shape.effects[node.title]
        trials += [_trial(shape, node.id, s, Split.EXPLORE, effect) for s in EXPLORE]
        if k < 2:
            trials += [_trial(shape, node.id, s, Split.REPORT, effect) for s in REPORT]
    failed = nodes[-1].id
    trials += [
        Trial(id=f"{failed}-explore-{s}", node_id=failed, split=Split.EXPLORE, seed=s, run=_exec(0.4, 1), failure=crash)
        for s in (1, 2)
    ]
    comparisons = tuple(_comparisons(shape, nodes, trials))
    primary = next(m for m in shape.metrics if m.primary)
    claim = Claim(
        id="C1",
        text=f"The selected version has a {'lower' if primary.direction is Direction.MIN else 'higher'} mean "
        f"{primary.label} on {primary.dataset} than the baseline.",
        primary=True,
        predicate=Predicate(metric=primary.key, direction=primary.direction, seeds=REPORT),
    )
    tested = next(c for s, c in comparisons if s is Split.REPORT and c.metric == primary.key)
    return Snapshot(
        run=_run(shape),
        template=_template(shape),
        ideas=tuple(_idea(k, t) for k, t in enumerate([*titles, "Mixed rows"], 1)),
        outcomes=tuple(
            IdeaOutcome(idea_id=f"i{k}", outcome="explored" if k <= len(titles) else "failed")
            for k in range(1, len(titles) + 2)
        ),
        plan=Plan(
            claim=claim,
            selection="The version with the best mean gain on the explore seeds.",
            explore_seeds=EXPLORE,
            report_seeds=REPORT,
            max_nodes_per_idea=5,
            max_ideas=5,
        ),
        nodes=tuple(nodes),
        trials=tuple(trials),
        comparisons=comparisons,
        claims=(judge(claim, nodes[1], tested),),
        decisions=(Decision(what="The run was started with a limit of 30,000 tokens.", by="human", why="Asked for."),),
        usage=Usage(calls=41, prompt_tokens=30500, completion_tokens=9200, seconds=412.0),
        sources={n.id: {"experiment.py": _changed(k)} for k, n in enumerate(nodes) if n.files},
        pristine={"experiment.py": _PRISTINE},
    )


def _changed(k: int) -> str:
    return _PRISTINE.replace("rate * gradient", f"rate * gradient * 0.{k + 6}")


def _node(k: int, title: str, **more: object) -> Node:
    fields = {"id": f"n{k}", "idea_id": f"i{k}", "parent_id": "n0", "operator": Operator.DRAFT, "title": title,
              "source_hash": content_hash(f"source {k}"), "rationale": "It may help."}  # fmt: skip
    return Node.model_validate(fields | more)


def _exec(seconds: float, code: int = 0) -> ExecResult:
    return ExecResult(
        argv=("python", "experiment.py"), exit_code=code, wall_seconds=seconds, cpu_seconds=round(seconds * 0.97, 3),
        peak_memory_mb=131.0, stdout=Path("out"), stderr=Path("err"), rung=Rung.BUBBLEWRAP,
    )  # fmt: skip


def _trial(shape: Shape, node: str, seed: int, split: Split, effect: float) -> Trial:
    shared = np.random.default_rng([shape.seed, seed]).normal(0, 1)
    own = np.random.default_rng([shape.seed, seed, int(node[1:])])
    metrics = []
    for k, (spec, level) in enumerate(zip(shape.metrics, shape.levels, strict=True)):
        spread = 0.06 * level
        along = effect if spec.direction is shape.metrics[0].direction else -effect
        drawn = level + spread * (0.7 * shared + (along if k == 0 else 0.5 * along) + 0.6 * own.normal())
        metrics.append(Metric(key=spec.key, value=round(float(drawn), 2 if level > 1 else 4)))
    seconds = round(float(own.normal(2.9, 0.05)), 3)
    return Trial(
        id=f"{node}-{split.value}-{seed}",
        node_id=node,
        split=split,
        seed=seed,
        run=_exec(seconds),
        evaluation=_exec(0.2),
        metrics=tuple(metrics),
        cost=TrialCost(
            cpu_seconds=round(seconds * 0.97, 3),
            wall_seconds=seconds,
            peak_memory_mb=131.0,
            steps=600,
            parameters=8970,
            examples=300,
        ),
        output_hash=content_hash(f"{node}/{seed}"),
    )


def _comparisons(shape: Shape, nodes: Sequence[Node], trials: Sequence[Trial]) -> Iterator[tuple[Split, Comparison]]:
    for spec in shape.metrics:
        noise, search = (values_by_seed(trials, "n0", split, spec.key) for split in (Split.NOISE, Split.EXPLORE))
        for split, seeds in ((Split.EXPLORE, EXPLORE), (Split.REPORT, REPORT)):
            base = values_by_seed(trials, "n0", split, spec.key)
            for node in nodes[1:-1]:
                own = values_by_seed(trials, node.id, split, spec.key)
                if len(own) == len(seeds):
                    floor = noise_floor(noise | search, len(seeds))
                    yield split, compare(spec, base, own, variant_id=node.id, baseline_id="n0", noise_floor=floor)


def _idea(k: int, title: str) -> Idea:
    return Idea(
        id=f"i{k}", name=f"idea_{'abcdefgh'[k]}", title=title, hypothesis=f"{title} may help.", plan="Change the step.",
        target=Target(file="experiment.py", function="step"), lever="update", interestingness=6, feasibility=9,
        novelty=4,
    )  # fmt: skip


def _run(shape: Shape) -> Run:
    return Run(
        id=f"{shape.name}-001", template=shape.name, template_hash=content_hash(shape.name), seed=0, config={},
        budget=Budget(completion_tokens=30000),
        models={"ideas": "local", "code": "local", "writing": "local", "review": "local"}, version="0.1.0",
        environment=Environment(
            python="3.11.7", platform="Linux x86_64", cpu="AMD EPYC 7B13", cores=2, memory_gb=7.8,
            packages={"numpy": "2.4.6", "hakken": "0.1.0"}, rung="bubblewrap",
        ),
    )  # fmt: skip


def _template(shape: Shape) -> Template:
    return Template(
        name=shape.name, title="Learning from few examples", task="A small model is trained; its step may be changed.",
        root=f"/templates/{shape.name}", command=("{python}", "experiment.py"), evaluate=("{python}", "evaluate.py"),
        metrics=shape.metrics, seeds=Seeds(explore=EXPLORE, report=REPORT, noise=NOISE),
        editable=(Target(file="experiment.py", function="step"),), packages=("numpy",),
        source_hash=content_hash(shape.name), setup=("The model has 32 hidden units and learns from 300 examples.",),
    )  # fmt: skip

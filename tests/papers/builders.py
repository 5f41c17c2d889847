"""A realistic synthetic run: what the record of a small digits study looks like.

``build_snapshot()`` is deterministic. The story: of three variants one (label smoothing, ``n1``) is truly better, one
does nothing to speak of, one hurts; one candidate crashed, one ran out of time, one changed nothing. The chosen variant
and its ablation were also run on the report seeds. Every comparison is computed from the snapshot's trials.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
from scipy import stats

from hakken.core.types import (
    Budget,
    Claim,
    ClaimStatus,
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
    StageFailure,
    Target,
    Template,
    Trial,
    TrialCost,
    Usage,
    content_hash,
)

EXPLORE = tuple(range(1, 9))
REPORT = tuple(range(101, 121))
NOISE = tuple(range(201, 241))
METRICS = (
    MetricSpec(
        name="test_error", dataset="digits", direction=Direction.MIN, unit="%", title="test error", primary=True
    ),
    MetricSpec(name="test_loss", dataset="digits", direction=Direction.MIN, title="test cross-entropy"),
)
PRISTINE = '''def loss_and_gradient(logits, labels):
    """Mean cross-entropy and its gradient.

    Args:
        logits: (n, 10) scores.
        labels: (n,) integers from 0 to 9.
    """
    p = softmax(logits)
    n = len(labels)
    loss = -np.log(p[np.arange(n), labels] + 1e-12).mean()
    gradient = p.copy()
    gradient[np.arange(n), labels] -= 1.0
    return loss, gradient / n
'''
CHANGED = '''def loss_and_gradient(logits, labels):
    """Mean cross-entropy against smoothed labels, and its gradient.

    Args:
        logits: (n, 10) scores.
        labels: (n,) integers from 0 to 9.
    """
    p = softmax(logits)
    n = len(labels)
    smoothing = 0.1
    target = np.full_like(p, smoothing / p.shape[1])
    target[np.arange(n), labels] += 1.0 - smoothing
    loss = -(target * np.log(p + 1e-12)).sum(axis=1).mean()
    gradient = p - target  # derivative of the cross-entropy with respect to the logits, one row for each example
    return loss, gradient / n
'''
#: node id -> (effect on the error in points, its spread, cost factor)
EFFECTS = {
    "n0": (0.0, 0.0, 1.0),
    "n1": (-0.85, 0.55, 1.03),
    "n2": (0.08, 0.5, 1.0),
    "n3": (1.1, 0.7, 1.42),
    "n7": (-0.2, 0.5, 1.0),
}


def metric_value(node: str, seed: int) -> float:
    """Test error in percent: a difficulty shared by all nodes of a seed, plus the node's effect on that seed."""
    shared = np.random.default_rng(seed).normal(9.8, 0.9)
    effect, spread, _ = EFFECTS[node]
    own = np.random.default_rng([seed, int(node[1:])]).normal(effect, spread) if spread else 0.0
    return round(float(max(shared + own, 0.5)) * 2, 1) / 2


def make_exec(seconds: float, exit_code: int | None = 0) -> ExecResult:
    """What the sandbox would have measured."""
    return ExecResult(
        argv=("python", "experiment.py"),
        exit_code=exit_code,
        wall_seconds=seconds,
        cpu_seconds=round(seconds * 0.97, 3),
        peak_memory_mb=142.0,
        stdout=Path("stdout.txt"),
        stderr=Path("stderr.txt"),
        rung=Rung.BUBBLEWRAP,
    )


def make_trial(node: str, split: Split, seed: int) -> Trial:
    """A successful trial with metrics, cost and learning curve."""
    error = metric_value(node, seed)
    rng = np.random.default_rng([seed, 77, int(node[1:])])
    seconds = round(float(rng.normal(2.9, 0.1)) * EFFECTS[node][2], 3)
    steps = np.arange(0, 601, 50)
    noise = rng.normal(0, 0.25, len(steps))
    curve = error + (88.0 - error) * np.exp(-steps / 75.0) + np.where(steps < 600, noise, 0.0)
    return Trial(
        id=f"{node}-{split.value}-{seed}",
        node_id=node,
        split=split,
        seed=seed,
        run=make_exec(seconds),
        evaluation=make_exec(0.2),
        metrics=(
            Metric(key="digits/test_error", value=error),
            Metric(key="digits/test_loss", value=round(0.12 + error * 0.024 + float(rng.normal(0, 0.01)), 4)),
        ),
        cost=TrialCost(
            cpu_seconds=round(seconds * 0.97, 3),
            wall_seconds=seconds,
            peak_memory_mb=142.0,
            steps=600,
            parameters=8970,
            examples=300,
        ),
        output_hash=content_hash(f"{node}/{seed}"),
        curve=tuple((float(s), round(float(v), 3)) for s, v in zip(steps, curve, strict=True)),
    )


def failed_trial(node: str, split: Split, seed: int, cause: FailureCause, message: str) -> Trial:
    """A trial that ended without metrics."""
    exit_code = None if cause is FailureCause.TIMEOUT else 1
    return Trial(
        id=f"{node}-{split.value}-{seed}",
        node_id=node,
        split=split,
        seed=seed,
        run=make_exec(120.0 if cause is FailureCause.TIMEOUT else 0.4, exit_code),
        failure=Failure(cause=cause, message=message, detail="Traceback (most recent call last):\n  ..."),
    )


def compare(
    trials: tuple[Trial, ...], spec: MetricSpec, variant: str, baseline: str, split: Split, floor: float | None
) -> Comparison:
    """Paired differences with a t interval and a sign-flip p, computed here so that tests need no other room."""
    values = {(t.node_id, t.seed): t.value(spec.key) for t in trials if t.split is split and t.failure is None}
    seeds = sorted(s for n, s in values if n == variant and (baseline, s) in values)
    v = np.array([values[variant, s] for s in seeds], dtype=float)
    b = np.array([values[baseline, s] for s in seeds], dtype=float)
    d = v - b
    half = float(stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / np.sqrt(len(d)))
    few, signs = len(d) <= 10, (-1.0, 1.0)
    flips = (
        np.array([*product(signs, repeat=len(d))]) if few else np.random.default_rng(0).choice(signs, (20_000, len(d)))
    )
    p = max(float((np.abs((flips * d).mean(axis=1)) >= abs(d.mean()) - 1e-12).mean()), 1 / 20_001)
    low, high, gain = float(d.mean()) - half, float(d.mean()) + half, spec.gain(float(v.mean()), float(b.mean()))
    sure = (low > 0 or high < 0) and p < 0.05 and (floor is None or abs(float(d.mean())) > floor)
    return Comparison(
        metric=spec.key,
        variant_id=variant,
        baseline_id=baseline,
        n=len(d),
        baseline_mean=float(b.mean()),
        baseline_sd=float(b.std(ddof=1)),
        variant_mean=float(v.mean()),
        variant_sd=float(v.std(ddof=1)),
        difference=float(d.mean()),
        gain=gain,
        relative=float(d.mean() / abs(b.mean())),
        low=low,
        high=high,
        p=p,
        noise_floor=floor,
        effect_size=float(d.mean() / d.std(ddof=1)),
        wins=int(sum(spec.gain(x, y) > 0 for x, y in zip(v, b, strict=True))),
        verdict="inconclusive" if not sure else "better" if gain > 0 else "worse",
    )


def make_template() -> Template:
    """The digits template's declaration."""
    return Template(
        name="digits",
        title="Learning to read digits from few examples",
        task="A small network in NumPy is trained on few images of handwritten digits; the loss may be changed.",
        root="/templates/digits",
        command=("{python}", "experiment.py"),
        evaluate=("{python}", "evaluate.py"),
        metrics=METRICS,
        seeds=Seeds(explore=EXPLORE, report=REPORT, noise=NOISE),
        editable=(Target(file="experiment.py", function="loss_and_gradient"),),
        packages=("numpy", "scikit-learn"),
        source_hash=content_hash("digits"),
        setup=("The data are the 8 x 8 images of handwritten digits that come with scikit-learn.",),
    )


def make_ideas() -> tuple[Idea, ...]:
    """Five ideas: three explored, one that failed, one that ran out of time."""
    titles = {
        "label_smoothing": "Label smoothing against overconfidence on few examples",
        "focal_loss": "Focal weighting of hard examples",
        "margin_loss": "A multi-class margin in place of the cross-entropy",
        "mixup_rows": "Mixing pairs of examples within a batch",
        "newton_step": "Second-order correction of the loss gradient",
    }
    return tuple(
        Idea(
            id=f"i{k}",
            name=name,
            title=title,
            hypothesis=f"{title} reduces the test error.",
            plan="Change the loss and its gradient.",
            target=Target(file="experiment.py", function="loss_and_gradient"),
            lever="loss",
            interestingness=6,
            feasibility=9,
            novelty=4,
        )
        for k, (name, title) in enumerate(titles.items(), 1)
    )


def make_nodes() -> tuple[Node, ...]:
    """The tree in the order in which it was grown."""

    def node(k: int, idea: str | None, parent: str | None, operator: Operator, title: str, **more: object) -> Node:
        fields = {
            "status": NodeStatus.DONE,
            "source_hash": content_hash(f"source {k}"),
            "rationale": "It may help.",
        } | more
        return Node.model_validate(
            {"id": f"n{k}", "idea_id": idea, "parent_id": parent, "operator": operator, "title": title} | fields
        )

    crash = Failure(
        cause=FailureCause.CRASHED,
        message="The smoke run ended with status 1.",
        detail="IndexError: index 10 is out of bounds",
    )
    slow = Failure(cause=FailureCause.TIMEOUT, message="The trial was stopped after 120 s.")
    files = {"experiment.py": content_hash(CHANGED)}
    return (
        node(0, None, None, Operator.BASELINE, "Baseline", author="template", rationale=""),
        node(1, "i1", "n0", Operator.DRAFT, "Label smoothing", files=files),
        node(2, "i2", "n0", Operator.DRAFT, "Focal weighting", files=files),
        node(3, "i3", "n0", Operator.DRAFT, "Multi-class margin in place of cross-entropy", files=files),
        node(4, "i4", "n0", Operator.DRAFT, "Row mixing", status=NodeStatus.FAILED, failure=crash),
        node(5, "i5", "n0", Operator.DRAFT, "Newton step", status=NodeStatus.FAILED, failure=slow),
        node(6, "i1", "n1", Operator.IMPROVE, "Smoothing, renamed", status=NodeStatus.NO_OP, twin_id="n1"),
        node(
            7, "i1", "n1", Operator.ABLATE, "Label smoothing without the smoothed gradient", author="code", files=files
        ),
    )


def make_trials() -> tuple[Trial, ...]:
    """Three variants on explore seeds, the chosen one and its ablation also on report seeds, noise, and failures."""
    explore = [make_trial(n, Split.EXPLORE, s) for n in ("n0", "n1", "n2", "n3") for s in EXPLORE]
    noise = [make_trial("n0", Split.NOISE, s) for s in NOISE]
    failed = [
        failed_trial("n4", Split.SMOKE, 1, FailureCause.CRASHED, "The smoke run ended with status 1."),
        failed_trial("n5", Split.EXPLORE, 1, FailureCause.TIMEOUT, "The trial was stopped after 120 s."),
        failed_trial("n5", Split.EXPLORE, 2, FailureCause.TIMEOUT, "The trial was stopped after 120 s."),
    ]
    ablation = [make_trial("n7", Split.EXPLORE, s) for s in EXPLORE]
    report = [make_trial(n, Split.REPORT, s) for n in ("n0", "n1", "n7") for s in REPORT]
    return (*noise, *explore, *failed, *ablation, *report)


def noise_floor(trials: tuple[Trial, ...], key: str, size: int) -> float:
    """95th percentile of the absolute difference between means of disjoint baseline sets, none of them the report's."""
    drawn = [t for t in trials if t.node_id == "n0" and t.split in (Split.NOISE, Split.EXPLORE)]
    values = np.array([t.value(key) for t in drawn], dtype=float)
    order = np.argsort(np.random.default_rng(0).random((4000, len(values))), axis=1)
    halves = values[order[:, : 2 * size]].reshape(-1, 2, size).mean(axis=2)
    return float(np.percentile(np.abs(halves[:, 0] - halves[:, 1]), 95))


def make_claim(comparison: Comparison | None) -> Claim:
    """The primary claim, before (None) or after the report trials."""
    better = comparison is not None and comparison.verdict == "better"
    tested = ClaimStatus.SUPPORTED if better else ClaimStatus.NOT_SUPPORTED
    return Claim(
        id="C1",
        text="The chosen variant reduces the test error on digits.",
        primary=True,
        predicate=Predicate(metric="digits/test_error", direction=Direction.MIN, seeds=REPORT),
        variant_id="n1" if comparison else None,
        status=tested if comparison else ClaimStatus.UNTESTED,
    )


def make_run() -> Run:
    """The run's own facts."""
    return Run(
        id="digits-001",
        template="digits",
        template_hash=content_hash("digits"),
        seed=1,
        config={},
        budget=Budget(completion_tokens=25000),
        models={"ideas": "local", "code": "local", "writing": "local", "review": "local"},
        version="0.1.0",
        environment=Environment(
            python="3.11.7",
            platform="Linux x86_64",
            cpu="AMD EPYC 7B13",
            cores=2,
            memory_gb=7.8,
            packages={"numpy": "2.4.6", "scikit-learn": "1.9.0", "hakken": "0.1.0"},
            rung="bubblewrap",
        ),
    )


def build_snapshot(*, with_variants: bool = True) -> Snapshot:
    """The whole record; without variants, a run in which nothing but the baseline came to an end."""
    trials = make_trials()
    nodes = make_nodes()
    if not with_variants:
        trials = tuple(t for t in trials if t.node_id in {"n0", "n4", "n5"})
        nodes = tuple(n for n in nodes if n.id in {"n0", "n4", "n5"})
    comparisons = tuple(
        (split, compare(trials, spec, variant, "n0", split, noise_floor(trials, spec.key, size)))
        for split, variants, size in ((Split.EXPLORE, ("n1", "n2", "n3", "n7"), 8), (Split.REPORT, ("n1", "n7"), 20))
        for variant in variants
        for spec in METRICS
        if with_variants
    )
    primary = next((c for s, c in comparisons if s is Split.REPORT and c.variant_id == "n1"), None)
    return Snapshot(
        run=make_run(),
        template=make_template(),
        ideas=make_ideas(),
        outcomes=tuple(
            IdeaOutcome(idea_id=f"i{k}", outcome="failed" if k > 3 or not with_variants else "explored")
            for k in range(1, 6)
        ),
        plan=Plan(
            claim=make_claim(None),
            selection="The variant with the best mean gain on the explore seeds.",
            explore_seeds=EXPLORE,
            report_seeds=REPORT,
            max_nodes_per_idea=5,
            max_ideas=5,
        ),
        nodes=nodes,
        trials=trials,
        comparisons=comparisons,
        claims=(make_claim(primary),),
        decisions=(
            Decision(
                what="The run was started with a limit of 25,000 tokens.", by="human", why="Asked on the command line."
            ),
        ),
        failures=(StageFailure(stage="ideas", error="MalformedReply", message="The third reply had no plan."),),
        usage=Usage(calls=64, prompt_tokens=41200, completion_tokens=11800, seconds=612.0),
        sources={n.id: {"experiment.py": CHANGED} for n in nodes if n.files},
        pristine={"experiment.py": PRISTINE},
    )

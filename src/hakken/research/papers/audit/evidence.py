"""What a record says, in one neutral form: any kind of results folder can be turned into it, and the audit reads nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hakken.core.types import (
    ClaimStatus,
    Comparison,
    Direction,
    FailureCause,
    MetricSpec,
    NodeStatus,
    Operator,
    Snapshot,
    Split,
    TrialCost,
)
from hakken.research.papers.audit.derive import Contrast, contrast


@dataclass(frozen=True)
class Variant:
    """Something that was run (or tried), with the names that a text may give it."""

    id: str
    title: str
    names: tuple[str, ...]
    baseline: bool = False
    ablation: bool = False
    done: bool = True
    source_hash: str = ""


@dataclass(frozen=True)
class Setting:
    """One recorded number of the set-up, with words that tell a sentence about it."""

    value: float
    unit: str
    words: frozenset[str]
    about: str


@dataclass(frozen=True)
class Statement:
    """The primary claim, recomputed."""

    text: str
    variant: str | None
    metric: str
    status: ClaimStatus
    """As recorded."""
    derived: ClaimStatus | None
    """As recomputed from the trials; None where there are none."""


@dataclass
class Evidence:
    """Everything that a paper about one record can be checked against."""

    metrics: tuple[MetricSpec, ...]
    variants: dict[str, Variant]
    baseline: str | None
    chosen: str | None
    """The variant that the primary claim is about."""
    values: dict[tuple[str, str, str], dict[int, float]]
    """(variant, split, metric key) -> seed -> value."""
    costs: dict[tuple[str, str], list[tuple[int, TrialCost]]]
    """(variant, split) -> (seed, cost) of each trial."""
    counts: dict[tuple[str, str], dict[int, str]]
    """(noun, qualifier) -> value -> what it counts."""
    settings: list[Setting]
    versions: dict[str, str]
    hardware: str
    """Everything that the record says about machine and platform."""
    quoted: list[str]
    """Sentences of the record that a paper may print as they are."""
    sources: dict[str, dict[str, str]]
    pristine: dict[str, str]
    hashes: str
    statements: list[Statement] = field(default_factory=list)
    recorded: dict[tuple[str, str, str], Comparison] = field(default_factory=dict)
    """(variant, split, metric) -> the comparison with the baseline that the record holds."""
    decisions: list[str] = field(default_factory=list)
    """What people decided."""
    failed: int = 0
    seeded: bool = True
    all_seeds: set[int] = field(default_factory=set)
    """Seeds of every trial, failed ones too, and of the plan."""
    trials: set[tuple[str, str, int]] = field(default_factory=set)
    """(variant, split, seed) of every trial, failed ones too."""
    contrasts: dict[tuple[str, str, str, str], Contrast] = field(default_factory=dict)
    """(variant, against, split, metric) -> recomputed comparison."""

    def metric(self, key: str) -> MetricSpec:
        """The spec with this key."""
        return next(m for m in self.metrics if m.key == key)

    @property
    def primary(self) -> MetricSpec:
        """The metric that matters when a text names none."""
        return next((m for m in self.metrics if m.primary), self.metrics[0])

    def ends(self, split: str) -> tuple[int, ...]:
        """Smallest and largest seed of a split."""
        seeds = {s for (_, where, _), v in self.values.items() if where == split for s in v}
        return (min(seeds), max(seeds)) if seeds else ()

    @property
    def splits(self) -> list[str]:
        """Splits with values, in order of their first trial."""
        return list(dict.fromkeys(split for _, split, _ in self.values))

    def verdict(self, variant: str, against: str, split: str, metric: str) -> str | None:
        """Better, worse or inconclusive; None where it cannot be told.

        The record may be more cautious than the interval alone (noise floor, adjusted p), never bolder.
        """
        own = self.contrasts.get((variant, against, split, metric))
        recorded = self.recorded.get((variant, split, metric)) if against == self.baseline else None
        if own is None:
            return None
        if recorded is None:
            return own.verdict
        if own.low <= 0 <= own.high:
            return "inconclusive"
        if recorded.verdict != "inconclusive" and (recorded.verdict == "better") != (own.gain > 0):
            return own.verdict
        return recorded.verdict


def from_snapshot(snapshot: Snapshot) -> Evidence:
    """The evidence of a run of Hakken."""
    base = snapshot.baseline
    claim = next((c for c in snapshot.claims if c.primary), None)
    values: dict[tuple[str, str, str], dict[int, float]] = {}
    costs: dict[tuple[str, str], list[tuple[int, TrialCost]]] = {}
    for trial in snapshot.trials:
        if trial.failure is not None:
            continue
        for metric in trial.metrics:
            values.setdefault((trial.node_id, trial.split.value, metric.key), {})[trial.seed] = metric.value
        if trial.cost is not None:
            costs.setdefault((trial.node_id, trial.split.value), []).append((trial.seed, trial.cost))
    environment = snapshot.run.environment
    evidence = Evidence(
        metrics=snapshot.template.metrics,
        variants={v.id: v for v in _variants(snapshot)},
        baseline=base.id if base else None,
        chosen=claim.variant_id if claim else None,
        values=values,
        costs=costs,
        counts=_counts(snapshot),
        settings=_settings(snapshot),
        versions=environment.packages | {"python": environment.python, "hakken": snapshot.run.version},
        hardware=f"{environment.platform} {environment.cpu} {environment.gpu or ''} {environment.rung}",
        quoted=_quoted(snapshot),
        sources=snapshot.sources,
        pristine=snapshot.pristine,
        hashes=_hashes(snapshot),
        recorded={
            (c.variant_id, s.value, c.metric): c for s, c in snapshot.comparisons if base and c.baseline_id == base.id
        },
        decisions=[d.what for d in snapshot.decisions if d.by == "human"],
        failed=sum(t.failure is not None for t in snapshot.trials),
        seeded=snapshot.template.seeded,
        trials={(t.node_id, t.split.value, t.seed) for t in snapshot.trials},
        all_seeds={t.seed for t in snapshot.trials}
        | {s for split in snapshot.template.seeds.model_dump().values() for s in split},
    )
    _contrast_all(evidence)
    evidence.statements = [
        Statement(
            c.text,
            c.variant_id,
            c.predicate.metric,
            c.status,
            _derived_status(evidence, c.variant_id, c.predicate.metric),
        )
        for c in snapshot.claims
    ]
    return evidence


def _variants(snapshot: Snapshot) -> list[Variant]:
    found = []
    for node in snapshot.nodes:
        names = {node.title, node.id, node.title.lower()}
        if node.operator is Operator.BASELINE:
            names |= {"baseline", "unchanged template", "unmodified template", "reference"}
        elif node.operator is Operator.DRAFT and node.idea_id:
            idea = snapshot.idea(node.idea_id)
            first = next(n.id for n in snapshot.nodes if n.idea_id == idea.id)
            if first == node.id and sum(n.idea_id == idea.id for n in snapshot.nodes) == 1:
                names |= {idea.name, idea.name.replace("_", " ")}
        found.append(
            Variant(
                node.id,
                node.title,
                tuple(names),
                baseline=node.operator is Operator.BASELINE,
                ablation=node.operator is Operator.ABLATE,
                done=node.status is NodeStatus.DONE,
                source_hash=node.source_hash,
            )
        )
    return found


def _counts(snapshot: Snapshot) -> dict[tuple[str, str], dict[int, str]]:
    counts: dict[tuple[str, str], dict[int, str]] = {}

    def add(noun: str, qualifier: str, value: int, about: str) -> None:
        counts.setdefault((noun, qualifier), {}).setdefault(value, about)

    trials, nodes, ideas = snapshot.trials, snapshot.nodes, snapshot.ideas
    add("trial", "", len(trials), "trials recorded")
    add("trial", "", sum(t.split is not Split.SMOKE for t in trials), "trials, smoke runs aside")
    add("trial", "ok", sum(t.failure is None for t in trials), "successful trials")
    add("trial", "failed", sum(t.failure is not None for t in trials), "failed trials")
    plan = snapshot.plan
    declared = snapshot.template.seeds
    for split in Split:
        here = [t for t in trials if t.split is split]
        add("trial", split.value, len(here), f"{split.value} trials")
        add("trial", "ok", sum(t.failure is None for t in here), f"successful {split.value} trials")
        add("trial", "failed", sum(t.failure is not None for t in here), f"failed {split.value} trials")
        if here and split is not Split.SMOKE:
            add("seed", split.value, len({t.seed for t in here}), f"{split.value} seeds used")
    for split_name, seeds in (
        ("explore", plan.explore_seeds if plan else declared.explore),
        ("report", plan.report_seeds if plan else declared.report),
        ("noise", declared.noise),
    ):
        if seeds:
            add("seed", split_name, len(seeds), f"{split_name} seeds planned")
    kinds = {
        "all": list(nodes),
        "": [n for n in nodes if n.operator is not Operator.BASELINE],
        "done": [n for n in nodes if n.status is NodeStatus.DONE],
        "failed": [n for n in nodes if n.status is NodeStatus.FAILED],
        "no_op": [n for n in nodes if n.status is NodeStatus.NO_OP],
        "replicate": [n for n in nodes if n.status is NodeStatus.REPLICATE or n.operator is Operator.REPLICATE],
        "ablation": [n for n in nodes if n.operator is Operator.ABLATE],
        "model": [n for n in nodes if n.author == "model"],
    }
    for qualifier, members in kinds.items():
        add("node", qualifier, len(members), f"{qualifier or 'tried'} nodes")
    methods = [n for n in nodes if n.operator not in (Operator.BASELINE, Operator.ABLATE, Operator.MATCH)]
    add("node", "", len(methods), "versions of the code, ablations and matched baselines aside")
    add("node", "done", sum(n.status is NodeStatus.DONE for n in methods), "versions that finished")
    add("node", "done", len(snapshot.variants), "variants that finished")
    add("node", "", len(snapshot.variants), "variants that finished")
    add("idea", "", len({n.idea_id for n in methods if n.idea_id}), "ideas that led to a version of the code")
    for node_split in (Split.EXPLORE, Split.REPORT):
        whole = max((len({t.seed for t in snapshot.trials_of(n.id, node_split)}) for n in nodes), default=0)
        full = [n for n in methods if whole and len({t.seed for t in snapshot.trials_of(n.id, node_split)}) == whole]
        add("node", f"ran_{node_split.value}", len(full), f"versions that ran on all {node_split.value} seeds")
    if plan:
        add("node", "limit", plan.max_nodes_per_idea, "limit of nodes an idea")
        add("idea", "limit", plan.max_ideas, "limit of ideas")
    add("idea", "", len(ideas), "ideas proposed")
    outcomes = [o.outcome for o in snapshot.outcomes]
    for outcome in ("explored", "failed", "duplicate", "skipped"):
        add("idea", outcome, outcomes.count(outcome), f"ideas {outcome}")
    add("idea", "tried", len(ideas) - outcomes.count("skipped") - outcomes.count("duplicate"), "ideas tried")
    for cause in FailureCause:
        of_nodes = sum(n.failure is not None and n.failure.cause is cause for n in nodes)
        of_trials = sum(t.failure is not None and t.failure.cause is cause for t in trials)
        add("cause", cause.value, of_nodes, f"versions that failed: {cause.value}")
        add("cause", cause.value, of_trials, f"trials that failed: {cause.value}")
    add("call", "", snapshot.usage.calls, "model calls")
    add("token", "", snapshot.usage.tokens, "tokens in all")
    add("token", "", snapshot.usage.prompt_tokens, "prompt tokens")
    add("token", "", snapshot.usage.completion_tokens, "generated tokens")
    for limit in (snapshot.run.budget.tokens, snapshot.run.budget.completion_tokens):
        if limit:
            add("token", "limit", limit, "budget of tokens")
    add("core", "", snapshot.run.environment.cores, "cores")
    add("claim", "", len(snapshot.claims), "claims")
    add("claim", "", sum(c.primary for c in snapshot.claims), "primary claims")
    add("comparison", "", len(snapshot.comparisons), "comparisons recorded")
    for split in Split:
        add("comparison", split.value, sum(s is split for s, _ in snapshot.comparisons), f"{split.value} comparisons")
    add("decision", "", len(snapshot.decisions), "decisions")
    add("decision", "human", sum(d.by == "human" for d in snapshot.decisions), "decisions by people")
    add("metric", "", len(snapshot.template.metrics), "metrics")
    add("failure", "", len(snapshot.failures), "stage failures")
    add("failure", "", sum(t.failure is not None for t in trials), "failed trials")
    return counts


def _words(text: str) -> frozenset[str]:
    return frozenset(w for w in re.findall(r"[a-z]{2,}", text.lower().replace("_", " ")))


def _settings(snapshot: Snapshot) -> list[Setting]:
    found: list[Setting] = []

    def add(value: float, unit: str, words: str, about: str) -> None:
        found.append(Setting(float(value), unit, _words(words), about))

    environment, template = snapshot.run.environment, snapshot.template
    add(environment.cores, "", "cores core cpu processor", "cores of the machine")
    for scale in (1.0, 1.024**3):
        add(environment.memory_gb * scale, "GB", "memory ram", "memory of the machine")
    for name, limits in (("trial", template.limits), ("evaluation", template.evaluate_limits)):
        for key, value in limits.model_dump().items():
            unit = {"seconds": "s", "mb": "MB", "kb": "kB"}.get(key.rsplit("_", 1)[-1], "")
            add(value, unit, f"{key} limit limits limited most maximum", f"limit of a {name}: {key}")
            if unit == "s":
                add(value / 60, "min", "limit limits limited most minutes", f"limit of a {name}: {key}")
            if unit == "MB":
                add(value / 1024, "GB", f"{key} limit limits limited most", f"limit of a {name}: {key}")
    add(snapshot.run.seed, "", "seed run", "seed of the run")
    usage = snapshot.usage
    for divisor, unit in ((1, "s"), (60, "min"), (3600, "h")):
        add(usage.seconds / divisor, unit, "model calls call tokens generation language", "time in model calls")
        for kind in ("cpu_seconds", "wall_seconds"):
            total = sum(getattr(t.cost, kind) for t in snapshot.trials if t.cost)
            add(total / divisor, unit, "total all trials together sum experiments", f"{kind} of all trials")
    add(usage.usd, "USD", "cost costs dollars", "cost of model calls")
    for claim in snapshot.claims:
        add(claim.predicate.alpha, "", "alpha level significance below threshold", "significance level of the claim")
    add(0.05, "", "alpha level significance threshold", "significance level")
    for level in {c.level for _, c in snapshot.comparisons} | {0.95}:
        add(level * 100, "%", "interval intervals confidence level", "level of the intervals")
    add(95.0, "%", "noise floor percentile", "percentile of the noise floor")
    add(95.0, "", "noise floor percentile", "percentile of the noise floor")
    add(95.0, "%", "noise floor draws random", "share of draws of the noise floor")
    add(10.0, "%", "parity differed differs undisclosed", "limit of undisclosed differences in cost")
    for key, value in _flat("", snapshot.run.config):
        add(value, "", key, f"configuration {key}")
    for command in (template.command, template.smoke, *(n.extra_args for n in snapshot.nodes)):
        joined = " ".join(command)
        for name, number in re.findall(r"--([\w-]+)[ =](-?\d+(?:\.\d+)?)", joined):
            add(float(number), "", name.replace("-", " "), f"argument --{name}")
    return found


def _flat(prefix: str, value: object) -> list[tuple[str, float]]:
    if isinstance(value, Mapping):
        return [pair for key, inner in value.items() for pair in _flat(f"{prefix} {key}", inner)]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [(prefix.strip(), float(value))]
    return []


def _quoted(snapshot: Snapshot) -> list[str]:
    template = snapshot.template
    texts = [template.title, template.task, *template.setup, *template.assumptions]
    texts += [c.text for c in snapshot.claims] + ([snapshot.plan.selection] if snapshot.plan else [])
    texts += [t for d in snapshot.decisions for t in (d.what, d.why)]
    texts += [t for i in snapshot.ideas for t in (i.title, i.hypothesis, i.plan)]
    texts += [t for n in snapshot.nodes for t in (n.title, n.rationale)]
    texts += [t.failure.message for t in snapshot.trials if t.failure]
    texts += [n.failure.message for n in snapshot.nodes if n.failure]
    texts += [t for f in snapshot.failures for t in (f.message, f.stage, f.error)]
    texts += [t for o in snapshot.outcomes for t in (o.why,)]
    texts += list(snapshot.run.models.values())
    return [t for t in dict.fromkeys(texts) if t]


def _hashes(snapshot: Snapshot) -> str:
    parts = [snapshot.run.template_hash, snapshot.template.source_hash]
    parts += [h for n in snapshot.nodes for h in (n.source_hash, *n.files.values())]
    parts += [t.output_hash for t in snapshot.trials]
    return " ".join(parts)


def _contrast_all(evidence: Evidence) -> None:
    """Recompute every variant against the baseline and against every other variant of its split."""
    for split in evidence.splits:
        for spec in evidence.metrics:
            here = [v for v, s, k in evidence.values if s == split and k == spec.key]
            for variant in here:
                for against in here:
                    if variant == against or (against != evidence.baseline and len(here) > 12):
                        continue
                    recorded = evidence.recorded.get((variant, split, spec.key))
                    floor = recorded.noise_floor if recorded else None
                    result = contrast(
                        evidence.values[against, split, spec.key],
                        evidence.values[variant, split, spec.key],
                        spec.direction,
                        paired=evidence.seeded,
                        floor=floor,
                    )
                    if result is not None:
                        evidence.contrasts[variant, against, split, spec.key] = result


def _derived_status(evidence: Evidence, variant: str | None, metric: str) -> ClaimStatus | None:
    if variant is None or evidence.baseline is None:
        return None
    verdict = evidence.verdict(variant, evidence.baseline, Split.REPORT.value, metric)
    if verdict is None:
        return None
    if verdict == "inconclusive":
        return ClaimStatus.NOT_SUPPORTED
    return ClaimStatus.SUPPORTED if verdict == "better" else ClaimStatus.REFUTED


def better_of(direction: Direction, values: Mapping[str, float]) -> str:
    """The key with the best value."""
    pick = min if direction is Direction.MIN else max
    return pick(values, key=lambda k: values[k])

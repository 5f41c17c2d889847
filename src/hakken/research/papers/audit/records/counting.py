"""Everything that a record counts: trials, seeds, versions of the code, ideas, tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from hakken.core.types import FailureCause, NodeStatus, Operator, Snapshot, Split

Add: TypeAlias = Callable[[str, str, int, str], None]
"""Noun, qualifier, value, what it counts."""


def recorded_counts(snapshot: Snapshot) -> dict[tuple[str, str], dict[int, str]]:
    """(noun, qualifier) -> value -> what it counts."""
    counts: dict[tuple[str, str], dict[int, str]] = {}

    def add(noun: str, qualifier: str, value: int, about: str) -> None:
        counts.setdefault((noun, qualifier), {}).setdefault(value, about)

    for part in (_trials, _versions, _ideas, _causes, _others):
        part(snapshot, add)
    return counts


def _trials(snapshot: Snapshot, add: Add) -> None:
    trials, plan = snapshot.trials, snapshot.plan
    add("trial", "", len(trials), "trials recorded")
    add("trial", "", sum(t.split is not Split.SMOKE for t in trials), "trials, smoke runs aside")
    add("trial", "ok", sum(t.failure is None for t in trials), "successful trials")
    add("trial", "failed", sum(t.failure is not None for t in trials), "failed trials")
    declared = snapshot.template.seeds
    for compared, comparison in snapshot.comparisons:
        if compared is Split.REPORT:
            add("seed", "report", comparison.n, "pairs that were compared")
    _probed(snapshot, add)
    for split in Split:
        here = [t for t in trials if t.split is split]
        add("trial", split.value, len(here), f"{split.value} trials")
        add("trial", f"ok_{split.value}", sum(t.failure is None for t in here), f"successful {split.value} trials")
        add("trial", f"failed_{split.value}", sum(t.failure is not None for t in here), f"failed {split.value} trials")
        if here and split is not Split.SMOKE:
            add("seed", split.value, len({t.seed for t in here}), f"{split.value} seeds used")
    for split_name, seeds in (
        ("explore", plan.explore_seeds if plan else declared.explore),
        ("report", plan.report_seeds if plan else declared.report),
        ("noise", declared.noise),
    ):
        if seeds:
            add("seed", split_name, len(seeds), f"{split_name} seeds planned")


def _probed(snapshot: Snapshot, add: Add) -> None:
    """Trials on scrambled data whose outputs changed, and whose score is worse than with the data as they are."""
    intact = {(t.node_id, t.seed): t for t in snapshot.trials if t.split is Split.REPORT and t.failure is None}
    spec = snapshot.template.primary
    pairs = [
        (intact[t.node_id, t.seed], t)
        for t in snapshot.trials
        if t.split is Split.PROBE and t.failure is None and (t.node_id, t.seed) in intact
    ]
    add("trial", "probe", len(pairs), "trials on scrambled data")
    add("trial", "probe", sum(a.output_hash != b.output_hash for a, b in pairs), "trials whose outputs changed")
    scores = [(a.value(spec.key), b.value(spec.key)) for a, b in pairs]
    worse = sum(a is not None and b is not None and spec.gain(b, a) < 0 for a, b in scores)
    add("trial", "probe", worse, "trials whose score suffered")


def _versions(snapshot: Snapshot, add: Add) -> None:
    nodes = snapshot.nodes
    kinds = {
        "all": list(nodes),
        "": [n for n in nodes if n.operator is not Operator.BASELINE],
        "done": [n for n in nodes if n.status is NodeStatus.DONE],
        "failed": [n for n in nodes if n.status is NodeStatus.FAILED],
        "unfinished": [n for n in nodes if n.status in (NodeStatus.PROPOSED, NodeStatus.RUNNING)],
        "no_op": [n for n in nodes if n.status is NodeStatus.NO_OP],
        "replicate": [n for n in nodes if n.status is NodeStatus.REPLICATE or n.operator is Operator.REPLICATE],
        "ablation": [n for n in nodes if n.operator is Operator.ABLATE],
        "model": [n for n in nodes if n.author == "model"],
    }
    for qualifier, members in kinds.items():
        add("node", qualifier, len(members), f"{qualifier or 'tried'} nodes")
    methods = [n for n in nodes if n.operator not in (Operator.BASELINE, Operator.ABLATE, Operator.MATCH)]
    add("node", "", len(methods), "versions of the code, ablations and matched baselines aside")
    for qualifier in ("failed", "unfinished", "no_op", "replicate"):
        own = sum(n in kinds[qualifier] for n in methods)
        add("node", qualifier, own, f"{qualifier} versions, ablations and matched baselines aside")
    add("node", "done", sum(n.status is NodeStatus.DONE for n in methods), "versions that finished")
    add("node", "done", len(snapshot.variants), "variants that finished")
    add("node", "", len(snapshot.variants), "variants that finished")
    add("idea", "", len({n.idea_id for n in methods if n.idea_id}), "ideas that led to a version of the code")
    for node_split in (Split.EXPLORE, Split.REPORT):
        whole = max((len({t.seed for t in snapshot.trials_of(n.id, node_split)}) for n in nodes), default=0)
        full = [n for n in methods if whole and len({t.seed for t in snapshot.trials_of(n.id, node_split)}) == whole]
        add("node", f"ran_{node_split.value}", len(full), f"versions that ran on all {node_split.value} seeds")
        done = [n for n in full if n.status is NodeStatus.DONE]
        add("node", f"ran_{node_split.value}", len(done), f"versions measured on all {node_split.value} seeds")


def _ideas(snapshot: Snapshot, add: Add) -> None:
    plan, ideas = snapshot.plan, snapshot.ideas
    if plan:
        add("node", "limit", plan.max_nodes_per_idea, "limit of nodes an idea")
        add("idea", "limit", plan.max_ideas, "limit of ideas")
    add("idea", "", len(ideas), "ideas proposed")
    outcomes = [o.outcome for o in snapshot.outcomes]
    for outcome in ("explored", "failed", "duplicate", "skipped"):
        add("idea", outcome, outcomes.count(outcome), f"ideas {outcome}")
    add("idea", "tried", len(ideas) - outcomes.count("skipped") - outcomes.count("duplicate"), "ideas tried")


def _causes(snapshot: Snapshot, add: Add) -> None:
    nodes, trials = snapshot.nodes, snapshot.trials
    for cause in FailureCause:
        of_nodes = sum(n.failure is not None and n.failure.cause is cause for n in nodes)
        of_trials = sum(t.failure is not None and t.failure.cause is cause for t in trials)
        add("cause", cause.value, of_nodes, f"versions that failed: {cause.value}")
        add("cause", cause.value, of_trials, f"trials that failed: {cause.value}")


def _others(snapshot: Snapshot, add: Add) -> None:
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
    add("failure", "", sum(t.failure is not None for t in snapshot.trials), "failed trials")

"""How a run departed from the plan that it froze: derived from plan and record, never told."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean

from hakken.core.types import Node, Operator, Plan, Snapshot, Split
from hakken.research.papers.deciding import floor_known
from hakken.research.papers.render.escape import escape_text
from hakken.research.papers.wording import count

NONE = "No deviation from the plan."
REVIEW = "The paper was not reviewed"
"""Decided after the paper was written, and no part of the plan."""


def deviations(snapshot: Snapshot) -> tuple[str, ...]:
    """One sentence for each deviation; ``NONE`` alone where there is none."""
    plan = snapshot.plan
    if plan is None:
        return ("No plan was frozen.",)
    found = [*_seeds(snapshot, plan), *_selection(snapshot, plan), *_decisions(snapshot)]
    return tuple(found) or (NONE,)


def _seeds(snapshot: Snapshot, plan: Plan) -> Iterator[str]:
    """Seeds that were planned and gave nothing, and seeds that were not planned."""
    key = plan.claim.predicate.metric
    tested = next((c.variant_id for c in snapshot.claims if c.primary), None)
    compared = next(
        (c for s, c in snapshot.comparisons if s is Split.REPORT and (c.variant_id, c.metric) == (tested, key)), None
    )
    planned = len(plan.report_seeds)
    if tested is None:
        yield "The claim was not tested, because no version could be selected."
    elif compared is None:
        yield f"The claim was not tested: too few of {count(planned, 'planned report seed')} gave a pair of results."
    elif compared.n < planned:
        yield f"Of {count(planned, 'planned report seed')}, {compared.n} gave a pair of results."
    baseline = snapshot.baseline
    noise = len(snapshot.trials_of(baseline.id, Split.NOISE)) if baseline else 0
    if plan.noise_seeds and noise < len(plan.noise_seeds):
        wanted = count(len(plan.noise_seeds), "planned noise seed")
        yield f"Of {wanted}, {noise or 'none'} gave a result of the baseline."
    if plan.noise_seeds and not floor_known(snapshot):
        yield "No noise floor was known, so no difference had to be larger than one."
    if failed := sum(t.failure is not None and t.split is Split.REPORT for t in snapshot.trials):
        yield f"{count(failed, 'trial')} failed on the report seeds."
    for split, seeds in ((Split.EXPLORE, plan.explore_seeds), (Split.REPORT, plan.report_seeds)):
        if {t.seed for t in snapshot.trials if t.split is split} - set(seeds):
            yield f"Trials ran on {split.value} seeds that the plan does not name."


def _selection(snapshot: Snapshot, plan: Plan) -> Iterator[str]:
    """Whether the version that was tested is the one that the frozen rule picks."""
    tested = next((c.variant_id for c in snapshot.claims if c.primary), None)
    picked = _picked(snapshot, plan)
    if tested is not None and (picked is None or picked.id != tested):
        other = f" *{escape_text(picked.title)}* is." if picked else ""
        yield f"The version that was tested is not the one that the selection rule picks.{other}"


def _picked(snapshot: Snapshot, plan: Plan) -> Node | None:
    """The selection rule applied to the recorded trials, by code that the search does not use."""
    baseline, spec = snapshot.baseline, snapshot.template.metric(plan.claim.predicate.metric)
    if baseline is None:
        return None
    gains: dict[str, float] = {}
    base = _by_seed(snapshot, baseline.id, spec.key)
    for node in snapshot.variants:
        own = _by_seed(snapshot, node.id, spec.key)
        if set(plan.explore_seeds) <= set(own) & set(base):
            gains[node.id] = fmean(spec.gain(own[s], base[s]) for s in plan.explore_seeds)
    return snapshot.node(max(gains, key=lambda name: gains[name])) if gains else None


def _by_seed(snapshot: Snapshot, node_id: str, key: str) -> dict[int, float]:
    trials = snapshot.trials_of(node_id, Split.EXPLORE)
    return {t.seed: value for t in trials if (value := t.value(key)) is not None}


def _decisions(snapshot: Snapshot) -> Iterator[str]:
    """What was decided on the way, by people first."""
    ordered = sorted(snapshot.decisions, key=lambda d: d.by != "human")
    for decision in ordered:
        if decision.what == REVIEW:
            continue
        who = {"human": "Decided by a person", "code": "Decided by the program"}.get(decision.by, "Decided by a model")
        yield f"{who}: {escape_text(decision.what.rstrip('.'))} ({escape_text(decision.why.rstrip('.'))})."
    failed = next((n for n in snapshot.nodes if n.operator is Operator.MATCH and n.failure), None)
    if failed is not None and failed.failure is not None:
        yield f"The compute-matched baseline failed: {escape_text(failed.failure.message)}"

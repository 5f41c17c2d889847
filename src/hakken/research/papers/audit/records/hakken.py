"""The evidence of a run of Hakken, from its snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hakken.core.types import ClaimStatus, Node, NodeStatus, Operator, Rung, Snapshot, Split, TrialCost
from hakken.research.papers.audit.records.counting import recorded_counts
from hakken.research.papers.audit.records.derive import contrast
from hakken.research.papers.audit.records.evidence import Evidence, Statement, Variant
from hakken.research.papers.audit.records.settings import recorded_settings


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
    rungs = sorted({result.rung for t in snapshot.trials for result in (t.run, t.evaluation) if result is not None})
    evidence = Evidence(
        metrics=snapshot.template.metrics,
        variants={v.id: v for v in _variants(snapshot)},
        baseline=base.id if base else None,
        chosen=claim.variant_id if claim else None,
        values=values,
        costs=costs,
        counts=recorded_counts(snapshot),
        settings=recorded_settings(snapshot),
        versions=environment.packages | {"python": environment.python, "hakken": snapshot.run.version},
        hardware=" ".join([environment.platform, environment.cpu, environment.gpu or "", environment.rung, *rungs]),
        quoted=_quoted(snapshot),
        titles=_each([*(i.title for i in snapshot.ideas), *(n.title for n in snapshot.nodes)]),
        told=_told(snapshot),
        sources=snapshot.sources,
        pristine=snapshot.pristine,
        hashes=_hashes(snapshot),
        recorded={
            (c.variant_id, s.value, c.metric): c for s, c in snapshot.comparisons if base and c.baseline_id == base.id
        },
        matched=[c for _, c in snapshot.matched],
        decisions=[d.what for d in snapshot.decisions if d.by == "human"],
        failed=sum(t.failure is not None for t in snapshot.trials),
        failed_costs=[(t.node_id, t.split.value, t.seed, t.cost) for t in snapshot.trials if t.failure and t.cost],
        seeded=snapshot.template.seeded,
        bare=Rung.RLIMITS in rungs,
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
            _derived_status(evidence, c.variant_id, c.predicate.metric, len(c.predicate.seeds)),
        )
        for c in snapshot.claims
    ]
    return evidence


def _variants(snapshot: Snapshot) -> list[Variant]:
    found = []
    measured = {node.title for node in snapshot.nodes if node.status is NodeStatus.DONE}
    for node in snapshot.nodes:
        names = {node.id}
        # Tries of one round share a title: where one was measured, the title means that one.
        if node.status is NodeStatus.DONE or node.title not in measured:
            names |= {node.title, node.title.lower()}
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
                parent=_made_from(node, {n.id: n for n in snapshot.nodes}),
            )
        )
    return found


def _made_from(node: Node, nodes: Mapping[str, Node]) -> str | None:
    """The version that a change was made to: of one that mends a crash, what the crashed one was made from."""
    parent = nodes.get(node.parent_id or "")
    while parent is not None and parent.status is not NodeStatus.DONE:
        parent = nodes.get(parent.parent_id or "")
    return parent.id if parent else None


def _quoted(snapshot: Snapshot) -> list[str]:
    """What the template's author, people and code fixed."""
    template = snapshot.template
    texts = [template.title, template.task, *template.setup, *template.assumptions]
    texts += [c.text for c in snapshot.claims] + ([snapshot.plan.selection] if snapshot.plan else [])
    texts += [t for d in snapshot.decisions if d.by != "model" for t in (d.what, d.why)]
    texts += [n.failure.message for n in snapshot.nodes if n.failure and n.operator in _UNCHANGED]
    texts += list(snapshot.run.models.values())
    return _each(texts)


def _told(snapshot: Snapshot) -> list[str]:
    """What models wrote, and failures: their messages end with what the program printed last."""
    texts = [t for i in snapshot.ideas for t in (i.hypothesis, i.plan)]
    texts += [n.rationale for n in snapshot.nodes]
    texts += [t for d in snapshot.decisions if d.by == "model" for t in (d.what, d.why)]
    texts += [f.message for f in (*(t.failure for t in snapshot.trials), *(n.failure for n in snapshot.nodes)) if f]
    texts += [t for f in snapshot.failures for t in (f.message, f.stage, f.error)]
    texts += [o.why for o in snapshot.outcomes]
    return _each(texts)


_UNCHANGED = (Operator.BASELINE, Operator.MATCH)
"""Versions that run the template's own code."""


def _each(texts: Iterable[str]) -> list[str]:
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
                        level=recorded.level if recorded else 0.95,
                        floor=floor,
                        constant_once=True,
                    )
                    if result is not None:
                        evidence.contrasts[variant, against, split, spec.key] = result


def _derived_status(evidence: Evidence, variant: str | None, metric: str, planned: int) -> ClaimStatus | None:
    """A report that lacks planned seeds tests nothing, as the laboratory has it too."""
    if variant is None or evidence.baseline is None:
        return None
    compared = evidence.contrasts.get((variant, evidence.baseline, Split.REPORT.value, metric))
    if compared is not None and compared.n < planned:
        return ClaimStatus.UNTESTED
    verdict = evidence.verdict(variant, evidence.baseline, Split.REPORT.value, metric)
    if verdict is None:
        return None
    if verdict == "inconclusive":
        return ClaimStatus.NOT_SUPPORTED
    return ClaimStatus.SUPPORTED if verdict == "better" else ClaimStatus.REFUTED

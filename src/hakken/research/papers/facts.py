"""Facts: everything quantitative that a paper may say, computed from the record and worded by code."""

from __future__ import annotations

from collections import Counter
from statistics import fmean
from typing import Any

from hakken.core.parity import ParityRow, parity_table
from hakken.core.types import (
    Claim,
    ClaimStatus,
    Comparison,
    Fact,
    MetricSpec,
    Node,
    NodeStatus,
    Operator,
    ProbeKind,
    Snapshot,
    Split,
)
from hakken.research.papers.deciding import undecidable
from hakken.research.papers.wording import (
    better_word,
    comparison_views,
    count,
    decimals_for,
    difference_unit,
    effect_sentence,
    equivalence_sentence,
    joined,
    matched_sentence,
    number,
    power_sentence,
    probe_sentence,
    quoted,
    with_unit,
)


class FactBook:
    """Numbers the facts of one run in a fixed order, so that equal records give equal ids."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.facts: list[Fact] = []
        self.undecidable = undecidable(snapshot)
        self.decimals = {
            spec.key: decimals_for(
                [c.baseline_sd for _, c in snapshot.comparisons if c.metric == spec.key],
                [v for t in snapshot.trials if (v := t.value(spec.key)) is not None],
            )
            for spec in snapshot.template.metrics
        }

    def add(self, kind: str, subject: str, sentence: str, **fields: Any) -> Fact:
        """Append a fact; ``sentence`` is its main view."""
        views = {"sentence": sentence, **fields.pop("views", {})}
        fact = Fact(id=f"F{len(self.facts) + 1}", kind=kind, subject=subject, views=views, **fields)
        self.facts.append(fact)
        return fact


def compute_facts(snapshot: Snapshot) -> tuple[Fact, ...]:
    """Compute every fact of a run, in order: baseline, claim, comparisons, noise, parity, probes, counts."""
    book = FactBook(snapshot)
    _baseline(book)
    for claim in snapshot.claims:
        _claim(book, claim)
    for split in (Split.REPORT, Split.EXPLORE):
        for where, comparison in (*snapshot.comparisons, *snapshot.matched):
            if where is split:
                _comparison(book, comparison, split)
    _noise(book)
    _parity(book)
    _match(book)
    _probes(book)
    _counts(book)
    return tuple(book.facts)


def label(snapshot: Snapshot, node_id: str) -> str:
    """How readers know a node."""
    node = snapshot.node(node_id)
    return "baseline" if node.operator is Operator.BASELINE else node.title


def _baseline(book: FactBook) -> None:
    snapshot, spec = book.snapshot, book.snapshot.template.primary
    node = snapshot.baseline
    if node is None:
        return
    for split in (Split.REPORT, Split.EXPLORE):
        values = [v for t in snapshot.trials_of(node.id, split) if (v := t.value(spec.key)) is not None]
        if len(values) < 2:
            continue
        mean = fmean(values)
        spread = (sum((v - mean) ** 2 for v in values) / (len(values) - 1)) ** 0.5
        places = book.decimals[spec.key]
        book.add(
            "mean",
            f"baseline/{split.value}",
            f"On the {split.value} seeds, the unchanged baseline had a mean {spec.label} of "
            f"{with_unit(number(mean, places), spec)} (standard deviation {number(spread, places)}, "
            f"n = {len(values)}).",
            metric=spec.key,
            values={"mean": mean, "sd": spread, "n": float(len(values))},
            views={"value": with_unit(number(mean, places), spec), "n": str(len(values))},
            node_ids=(node.id,),
            trial_ids=tuple(t.id for t in snapshot.trials_of(node.id, split)),
        )


def _claim(book: FactBook, claim: Claim) -> None:
    snapshot = book.snapshot
    spec = snapshot.template.metric(claim.predicate.metric)
    what = {
        ClaimStatus.SUPPORTED: "The evidence supports it",
        ClaimStatus.REFUTED: "The evidence refutes it: the difference points the other way",
        ClaimStatus.NOT_SUPPORTED: "The evidence does not support it",
        ClaimStatus.UNTESTED: "It could not be tested",
    }[claim.status]
    why = ""
    if claim.status is ClaimStatus.UNTESTED:
        seeds = "gave a pair of results on every report seed" if claim.variant_id else "ran on all explore seeds"
        why = f", because no changed version {seeds}"
    book.add(
        "claim",
        claim.id,
        f"The primary claim, fixed before the report seeds ran, asks whether the selected change gives a "
        f"{better_word(spec)} {spec.label} than the baseline. {what}{why}.",
        metric=spec.key,
        direction={ClaimStatus.SUPPORTED: "better", ClaimStatus.REFUTED: "worse"}.get(claim.status, "inconclusive"),
        trial_ids=claim.trial_ids,
        node_ids=(claim.variant_id,) if claim.variant_id else (),
        views={"status": claim.status.value.replace("_", " ")},
    )


def _comparison(book: FactBook, c: Comparison, split: Split) -> None:
    snapshot = book.snapshot
    spec = snapshot.template.metric(c.metric)
    node = snapshot.node(c.variant_id)
    kind = {Operator.ABLATE: "ablation", Operator.MATCH: "match"}.get(node.operator, "comparison")
    against = snapshot.node(c.baseline_id)
    matched = against.operator is Operator.MATCH
    decidable = not book.undecidable(c)
    views = comparison_views(c, spec, book.decimals[c.metric], node.title, split.value, decidable=decidable)
    if matched:
        views = {"sentence": matched_sentence(c, spec, book.decimals[c.metric], node.title, against.title)}
    book.add(
        "match" if matched else kind,
        f"{c.variant_id}/{split.value}/{c.metric}",
        views.pop("sentence"),
        metric=c.metric,
        direction=c.verdict,
        values={
            "value": c.variant_mean,
            "baseline": c.baseline_mean,
            "difference": c.difference,
            "low": c.low,
            "high": c.high,
            "p": c.p,
            "n": float(c.n),
        },
        views=views,
        node_ids=(c.variant_id, c.baseline_id),
        trial_ids=tuple(t.id for node_id in (c.variant_id, c.baseline_id) for t in snapshot.trials_of(node_id, split)),
    )
    tested = any(claim.primary and claim.variant_id == c.variant_id for claim in snapshot.claims)
    if tested and not matched and split is Split.REPORT and spec.primary:
        _sizes(book, c, spec)


def _sizes(book: FactBook, c: Comparison, spec: MetricSpec) -> None:
    """Of the primary claim: the effect size; where nothing was found, what could have been, and equivalence."""
    places = book.decimals[c.metric]
    rows = [("effect", effect_sentence(c), {"effect": c.effect_size, "low": c.effect_low, "high": c.effect_high})]
    if c.verdict == "inconclusive":
        rows += [
            ("power", power_sentence(c, spec, places), {"detectable": c.detectable, "sd": c.sd_difference}),
            (
                "equivalence",
                equivalence_sentence(c, spec, places),
                {"margin": c.margin, "low": c.inner_low, "high": c.inner_high, "p": c.p_equivalence},
            ),
        ]
    for kind, sentence, values in rows:
        if sentence:
            book.add(
                kind,
                f"{c.variant_id}/report",
                sentence,
                metric=c.metric,
                values={name: value for name, value in values.items() if value is not None},
                node_ids=(c.variant_id, c.baseline_id),
            )


_APART = (Split.NOISE, Split.EXPLORE)
"""Seeds that the noise floor is drawn from: none that the report tests on."""


def _noise(book: FactBook) -> None:
    snapshot, spec = book.snapshot, book.snapshot.template.primary
    floors = {c.noise_floor: where for where, c in snapshot.comparisons if c.metric == spec.key and c.noise_floor}
    for floor, split in floors.items():
        places = book.decimals[spec.key]
        n = next(c.n for where, c in snapshot.comparisons if c.noise_floor == floor and where is split)
        drawn = sum(t.value(spec.key) is not None for where in _APART for t in snapshot.trials_of("n0", where))
        scaled = ", as scaled from sets of fewer seeds" if drawn < 2 * n else ""
        book.add(
            "noise",
            f"{split.value}",
            f"Two disjoint sets of {n} seeds of the same, unchanged baseline differ in mean {spec.label} by less than "
            f"{number(floor, places)}{difference_unit(spec)} in 95 % of random draws{scaled}; this is the noise floor "
            f"for the {split.value} seeds.",
            metric=spec.key,
            values={"floor": floor, "n": float(n)},
            views={"value": f"{number(floor, places)}{difference_unit(spec)}"},
        )


def parity_rows(snapshot: Snapshot, node_id: str, split: Split) -> list[ParityRow]:
    """What both sides recorded of what a trial used."""
    baseline = snapshot.baseline
    if baseline is None:
        return []
    sides = (snapshot.trials_of(side, split) for side in (baseline.id, node_id))
    return [row for row in parity_table(*sides) if row.known]


def _parity(book: FactBook) -> None:
    """The selected variant on the report seeds, then every other compared version that used over 10 % more or less."""
    snapshot = book.snapshot
    selected = [claim.variant_id for claim in snapshot.claims if claim.variant_id]
    for node_id in selected:
        _parity_of(book, node_id, Split.REPORT, always=True)
    compared = dict.fromkeys((c.variant_id, split) for split, c in snapshot.comparisons)
    for node_id, split in compared:
        if node_id not in selected or split is not Split.REPORT:
            _parity_of(book, node_id, split, always=False)


def _parity_of(book: FactBook, node_id: str, split: Split, *, always: bool) -> None:
    snapshot = book.snapshot
    rows = parity_rows(snapshot, node_id, split)
    over = [row for row in rows if row.different]
    if not rows or not (over or always):
        return
    subject = quoted(label(snapshot, node_id))
    seeds = f"(medians over the {split.value} seeds)"
    if over:
        parts = [f"{number(row.ratio, 2)} times the {row.label}" for row in over if row.ratio is not None]
        told = [f"used {joined(parts)} of the baseline"] if parts else []
        only = joined([row.label for row in over if row.ratio is None])
        told += [f"used {only}, of which the baseline used none"] if only else []
        sentence = f"Per trial, {subject} {joined(told)} {seeds}."
    else:
        names = joined([row.label for row in rows])
        sentence = f"In {names}, {subject} differed from the baseline by at most 10 % {seeds}."
    book.add(
        "parity",
        f"{node_id}/{split.value}",
        sentence,
        values={row.quantity: row.ratio for row in rows if row.ratio is not None},
        node_ids=(node_id,),
    )


def _match(book: FactBook) -> None:
    """Why there is a compute-matched baseline, or why there is none though one is due."""
    snapshot = book.snapshot
    claim = next((claim for claim in snapshot.claims if claim.primary and claim.variant_id), None)
    node = next((n for n in snapshot.nodes if n.operator is Operator.MATCH), None)
    if claim is None or claim.variant_id is None:
        return
    rows = {row.quantity: row for row in parity_rows(snapshot, claim.variant_id, Split.REPORT)}
    cpu = rows.get("cpu_seconds")
    if node is None and (cpu is None or not cpu.different or (cpu.ratio or 0.0) < 1):
        return
    subject = quoted(label(snapshot, claim.variant_id))
    if node is None:
        why = (
            "the template names no argument for the length of training"
            if snapshot.template.steps_arg is None
            else "the search was asked to do without, or the budget was met"
        )
        sentence = f"A baseline with the compute of {subject} was not run: {why}."
    elif node.failure is not None:
        sentence = f"The baseline that was given the compute of {subject} failed: {node.failure.message}"
    elif node.status is not NodeStatus.DONE:
        sentence = (
            f"The baseline that was to be given the compute of {subject} had not run on all report seeds when the "
            "search ended, so that nothing is told of it."
        )
    else:
        sentence = (
            f"Since {subject} used more CPU time, the unchanged code was run again with {node.extra_args[-1]} steps, "
            f"for the same time; this is {quoted(node.title)}.{_measured(book, claim.variant_id, node)}"
        )
    book.add("matching", claim.variant_id, sentence, node_ids=(node.id,) if node else ())


def _measured(book: FactBook, node_id: str, match: Node) -> str:
    """How well the compute was matched: the ratio that was measured."""
    sides = (book.snapshot.trials_of(side, Split.REPORT) for side in (match.id, node_id))
    ratio = next(row.ratio for row in parity_table(*sides) if row.quantity == "cpu_seconds")
    if ratio is None:
        return ""
    subject = quoted(label(book.snapshot, node_id))
    return (
        f" Against {quoted(match.title)}, {subject} used {number(ratio, 2)} times the CPU time per trial (medians over "
        "the report seeds)."
    )


def _probes(book: FactBook) -> None:
    """One fact for each leakage probe of the selected version."""
    snapshot = book.snapshot
    spec = snapshot.template.primary
    for probe in snapshot.probes:
        mean = with_unit(number(probe.values.get("mean", 0.0), book.decimals[spec.key]), spec)
        book.add(
            "probe",
            f"{probe.kind.value}/{probe.outcome}",
            probe_sentence(probe, spec, mean),
            metric=spec.key if probe.kind is ProbeKind.INPUT else None,
            values=probe.values,
            node_ids=(probe.node_id,),
            trial_ids=probe.trial_ids,
        )


def _counts(book: FactBook) -> None:
    snapshot = book.snapshot
    made = [n for n in snapshot.nodes if n.operator is not Operator.BASELINE]
    methods = [n for n in made if n.operator not in (Operator.ABLATE, Operator.MATCH)]
    status = Counter(n.status for n in methods)
    explored = len({n.idea_id for n in methods if n.idea_id})
    parts = []
    if status[NodeStatus.FAILED]:
        parts.append(f"{status[NodeStatus.FAILED]} failed")
    if status[NodeStatus.REPLICATE]:
        parts.append(f"{status[NodeStatus.REPLICATE]} repeated the code of an earlier one and did not run again")
    if status[NodeStatus.NO_OP]:
        parts.append(f"{status[NodeStatus.NO_OP]} left every result unchanged")
    if cut := status[NodeStatus.PROPOSED] + status[NodeStatus.RUNNING]:
        parts.append(f"{cut} had not ended when the budget was met")
    parts.append(f"{status[NodeStatus.DONE]} ran on all explore seeds")
    book.add(
        "count",
        "nodes",
        f"{count(explored, 'idea')} led to {count(len(methods), 'version')} of the code, of which {joined(parts)}.",
        values={"ideas": float(explored), "versions": float(len(methods)), "done": float(status[NodeStatus.DONE])},
    )
    failed = sum(t.failure is not None for t in snapshot.trials)
    book.add(
        "count",
        "trials",
        f"In all, {count(len(snapshot.trials), 'trial')} ran, of which {failed} failed; the appendix lists them.",
        values={"trials": float(len(snapshot.trials)), "failed": float(failed)},
    )

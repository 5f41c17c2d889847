"""The blocks that code writes: facts, set-up, tables and figures with the sentences that lead to them."""

from __future__ import annotations

from hakken.core.types import Comparison, Fact, Node, NodeStatus, Operator, Plan, Snapshot, Split
from hakken.research.papers.citations import relevant
from hakken.research.papers.deciding import floor_known, too_few
from hakken.research.papers.deviations import NONE, deviations
from hakken.research.papers.gate import clean_sentences
from hakken.research.papers.listings import change_of
from hakken.research.papers.origins import authors, isolation, unisolated
from hakken.research.papers.render.escape import escape_text
from hakken.research.papers.study import Study
from hakken.research.papers.tables import comparison_table, costs_table, parity_table, secondary_table
from hakken.research.papers.wording import better_word, count, joined, number

MOST_WORKS = 8
MOST_COST_SENTENCES = 2
"""Versions whose costs are told in a sentence each; more stand in a table."""


def ref(fact_id: str, view: str = "sentence") -> str:
    """A reference that is resolved before anything is rendered."""
    return f"{{{fact_id}.{view}}}"


def figure_block(study: Study, name: str) -> str:
    """A figure as a paragraph of its own, or nothing."""
    figure = study.figure(name)
    return f"![{figure.caption}](figures/{figure.path}){{#fig:{figure.label}}}" if figure else ""


def abstract_facts(study: Study) -> str:
    """The claim and the comparison that decided it."""
    parts = [ref(fact.id) for fact in study.of("claim")]
    spec = study.snapshot.template.primary
    if study.selected:
        parts += [ref(f.id) for f in study.of("comparison", f"{study.selected.id}/report/{spec.key}")]
        parts += [ref(f.id) for kind in ("power", "equivalence") for f in study.of(kind)]
    else:
        parts += [ref(fact.id) for fact in study.of("count", "nodes")]
    parts += _leaks(study)
    return " ".join(parts)


def _leaks(study: Study) -> list[str]:
    """What a reader must know before believing anything."""
    failed = [ref(fact.id) for fact in study.of("probe", "/failed")]
    return ["A leakage probe failed, so this result is not to be trusted.", *failed] if failed else []


def claim_sentence(study: Study) -> str:
    """The primary claim and its status."""
    return " ".join([*(ref(fact.id) for fact in study.of("claim")), *_leaks(study)])


def contributions(study: Study) -> str:
    """What this paper offers, counted from the record."""
    snapshot = study.snapshot
    where = "{tab:report}" if _has(study, Split.REPORT) else "the appendix"
    lines = [
        "This paper contributes a test of one claim that was fixed before the seeds for the report ran, with the "
        f"selection rule fixed as well ({where}); the record of every version of the code and every trial, failed ones "
        "too; and a check of every number in this text against that record."
    ]
    lines += [ref(fact.id) for fact in study.of("count", "nodes")]
    if snapshot.template.primary.self_reported:
        lines.append("All metrics are self-reported by the experiment's own code.")
    return " ".join(lines)


def related_works(study: Study) -> str:
    """What each work does, as its entry says, two works to a sentence."""
    said = [f"of @{work.key} {work.gist}" for work in relevant(study.snapshot, study.bib, MOST_WORKS)]
    return " ".join(f"The work {'; that '.join(said[first : first + 2])}." for first in range(0, len(said), 2))


def method_listing(study: Study) -> str:
    """The selected change as a difference from the baseline's code."""
    assert study.selected is not None
    diff = change_of(study.snapshot, study.selected.id)
    title = escape_text(study.selected.title).replace('"', "'")
    fence = "~~~~"
    return (
        f"{{lst:change}} shows the change, *{escape_text(study.selected.title)}*, as it was run.\n\n"
        f'{fence} {{.diff #lst:change caption="The code of {title}: lines taken out (-) and added (+)."}}\n'
        f"{diff}\n{fence}"
    )


def other_ideas(study: Study, *, described: bool = True) -> str:
    """The other ideas by name, and in a sentence each of their author's as far as the gate lets them through."""
    lines = []
    for idea in study.snapshot.ideas:
        if study.idea is not None and idea.id == study.idea.id:
            continue
        said = [escape_text(s) for s in clean_sentences(idea.plan.replace("`", ""))][:2] if described else []
        place = f" (`{idea.target}`)" if idea.target else ""
        lines.append(f"- *{escape_text(idea.title)}*{place}. {' '.join(said)}".rstrip())
    return "The other ideas under test were these:\n\n" + "\n".join(lines) if lines else ""


def protocol(study: Study) -> str:
    """Claim, selection rule and statistics, as frozen."""
    snapshot, plan = study.snapshot, study.snapshot.plan
    if plan is None:
        return "No plan was fixed, because no idea reached an experiment."
    spec = snapshot.template.primary
    explore, report = (
        count(len(s), f"{n} seed") for n, s in (("explore", plan.explore_seeds), ("report", plan.report_seeds))
    )
    text = (
        f"The primary metric is the {escape_text(spec.label)} on {escape_text(spec.dataset)} ({better_word(spec)} is "
        "better). Before the first change was written, claim and selection rule were fixed. The claim reads: "
        f"“{escape_text(plan.claim.text)}” Versions of the code are chosen on {explore}: "
        f"{plan.selection} The claim is then tested once, on {report} that no "
        f"choice has seen. {_test(seeded=snapshot.template.seeded)}; every other "
        "comparison, of any version, ablation or metric and on any seeds, is secondary, and all of them are one family "
        f"for Holm's method. {_conditions(snapshot, plan)}"
    )
    text += "".join(
        f" The {count(len(seeds), f'{split.value} seed')} are too few for this: after the correction no p there could "
        f"have been small enough, so the comparisons on the {split.value} seeds describe, and decide nothing."
        for split, seeds in ((Split.EXPLORE, plan.explore_seeds), (Split.REPORT, plan.report_seeds))
        if too_few(snapshot, split)
    )
    parts = [text, *(ref(fact.id) for fact in study.of("noise"))]
    return " ".join(parts)


def _test(*, seeded: bool) -> str:
    """How a difference is tested."""
    if seeded:
        return (
            "Baseline and variant run on the same seeds, each trial in a fresh folder. Differences are paired by seed, "
            "with a paired t interval and a two-sided sign-flip permutation test"
        )
    return (
        "Each trial runs in a fresh folder. The program takes no seed, so its repeats are unseeded and nothing pairs "
        "them: seeds are numbers of repeats here, the interval of a difference is Welch's, and its test a two-sided "
        "permutation of the labels"
    )


def _conditions(snapshot: Snapshot, plan: Plan) -> str:
    """What a difference needs to count."""
    below = f"its p (adjusted where it is secondary) is below {plan.claim.predicate.alpha:g}"
    if floor_known(snapshot):
        return (
            f"A difference counts only if its interval excludes zero, {below}, and it is larger than the noise floor."
        )
    return (
        f"A difference counts only if its interval excludes zero and {below}. No noise floor was known, since too few "
        "trials of the baseline ran apart from the report."
    )


def departures(study: Study) -> str:
    """Every deviation from the frozen plan, or that there is none."""
    found = deviations(study.snapshot)
    if found == (NONE,):
        return NONE
    return "Deviations from the plan:\n\n" + "\n".join(f"- {sentence}" for sentence in found)


def setting(study: Study) -> str:
    """Where it ran, under which limits, by which models: from the record."""
    snapshot = study.snapshot
    run, env, limits = snapshot.run, snapshot.run.environment, snapshot.template.limits
    packages = joined([f"{escape_text(name)} {escape_text(v)}" for name, v in sorted(env.packages.items())])
    gpu = f" and {escape_text(env.gpu)}" if env.gpu else ", without a GPU"
    measured = (
        "metrics are those that the program reported of itself"
        if snapshot.template.evaluate is None
        else "metrics were computed in a second step from the files that the trial left"
    )
    return (
        f"Everything ran with Python {env.python} on {escape_text(env.platform)} ({escape_text(env.cpu)}, "
        f"{count(env.cores, 'core')}, {number(env.memory_gb, 0)} GB of memory{gpu}), with {packages}. "
        f"Each trial was limited to {number(limits.wall_seconds, 0)} s of wall time, {number(limits.cpu_seconds, 0)} s "
        f"of CPU time and {limits.memory_mb} MB of memory, {isolation(snapshot)}; {measured}."
        f"{f' {whose}.' if (whose := authors(snapshot)) else ''} The run's seed was {run.seed}."
    )


def results_report(study: Study) -> str:
    """The primary claim's evidence."""
    if study.selected is None:
        return claim_sentence(study)
    spec = study.snapshot.template.primary
    parts = [ref(f.id) for f in study.of("comparison", f"{study.selected.id}/report/{spec.key}")]
    parts += [ref(f.id) for kind in ("effect", "power", "equivalence", "matching") for f in study.of(kind)]
    parts += [ref(f.id) for f in study.of("match", f"/report/{spec.key}")]
    table = comparison_table(study.snapshot, Split.REPORT, study.places)
    secondary = secondary_table(study.snapshot, study.selected.id, study.places)
    if table:
        parts.append("{tab:report} gives every comparison on the report seeds.")
    if secondary:
        parts.append("{tab:metrics} lists all metrics.")
    figure, curves = figure_block(study, "report"), figure_block(study, "curves")
    if figure:
        parts.append(f"{{fig:report}} shows the differences {_one_by_one(study)}.")
    if curves:
        parts.append("{fig:curves} shows the learning curves.")
    return "\n\n".join(block for block in (" ".join(parts), table, secondary, figure, curves) if block)


def _one_by_one(study: Study) -> str:
    return "seed by seed" if study.snapshot.template.seeded else "trial by trial"


def results_explore(study: Study) -> str:
    """The search on the explore seeds."""
    spec = study.snapshot.template.primary
    table = comparison_table(study.snapshot, Split.EXPLORE, study.places)
    if table is None:
        return ""
    best = _extreme(study, best=True)
    parts = [
        "On the explore seeds, which served to choose, {tab:explore} compares every version that ran on all of them."
    ]
    if best is not None and (study.selected is None or best.variant_id != study.selected.id):
        parts += [ref(f.id) for f in study.of("comparison", f"{best.variant_id}/explore/{spec.key}")]
    worst = _extreme(study, best=False)
    if worst is not None and worst.gain < 0 and not worst.low <= 0 <= worst.high:
        parts += [ref(f.id) for f in study.of("comparison", f"{worst.variant_id}/explore/{spec.key}")]
    figure = "\n\n".join(f for name in ("explore", "search") if (f := figure_block(study, name)))
    if study.figure("explore"):
        parts.append(f"{{fig:explore}} shows the differences {_one_by_one(study)}.")
    if study.figure("search"):
        parts.append("{fig:search} shows the versions in the order in which they were tried.")
    return "\n\n".join(block for block in (" ".join(parts), table, figure) if block)


def _extreme(study: Study, *, best: bool) -> Comparison | None:
    key = study.snapshot.template.primary.key
    variants = {node.id for node in study.snapshot.variants}
    rows = [
        c for s, c in study.snapshot.comparisons if s is Split.EXPLORE and c.metric == key and c.variant_id in variants
    ]
    return (max if best else min)(rows, key=lambda c: c.gain, default=None)


def results_ablation(study: Study) -> str:
    """What the parts of the selected change contribute."""
    facts = study.of("ablation", f"/{study.snapshot.template.primary.key}")
    if not facts:
        return ""
    parts = ["Parts of the selected change were taken back or weakened, by code, to see what carries it."]
    figure = figure_block(study, "ablation")
    shown = [ref(f.id) for f in facts]
    if figure:
        parts.append("{fig:ablation} compares these versions with the full change and the baseline.")
    return "\n\n".join(block for block in (" ".join(parts + shown), figure) if block)


def results_parity(study: Study) -> str:
    """Whether the comparison was fair: a sentence for each version that cost more or less, or a table of many."""
    facts, snapshot = study.of("parity"), study.snapshot
    own = f"{study.selected.id}/{Split.REPORT.value}" if study.selected else ""
    others = [fact for fact in facts if fact.subject != own]
    many = len(others) > MOST_COST_SENTENCES
    parts = [ref(fact.id) for fact in facts if not many or fact not in others]
    table = parity_table(snapshot, study.selected.id) if study.selected else None
    if table:
        parts.append("{tab:parity} compares what one trial of each used.")
    costs = costs_table(snapshot, [_compared(fact) for fact in others]) if many else None
    if costs:
        parts.append("{tab:costs} gives these ratios wherever else they are not close to one.")
    return "\n\n".join(block for block in (" ".join(parts), table, costs) if block)


def _compared(fact: Fact) -> tuple[str, Split]:
    """The version and the seeds that a fact about costs is about."""
    node_id, _, split = fact.subject.partition("/")
    return node_id, Split(split)


def results_probes(study: Study) -> str:
    """What the leakage probes of the selected version found."""
    found = [ref(fact.id) for fact in study.of("probe")]
    return " ".join(["The selected version was probed for leakage, from outside of its code.", *found]) if found else ""


def failures_text(study: Study) -> str:
    """What did not work, by cause."""
    failed = [node for node in study.snapshot.nodes if node.status is NodeStatus.FAILED and node.failure]
    parts = [ref(fact.id) for fact in study.of("count")]
    causes: dict[str, list[Node]] = {}
    for node in failed:
        if node.failure:
            causes.setdefault(node.failure.cause.value.replace("_", " "), []).append(node)
    if causes:
        listed = joined([f"{cause} ({len(nodes)})" for cause, nodes in sorted(causes.items())])
        parts.append(f"Failed versions by cause: {listed}.")
    return " ".join(parts)


def limits_of_record(study: Study) -> str:
    """Limitations that the record itself shows."""
    snapshot = study.snapshot
    parts = []
    if snapshot.plan:
        ideas, explored = len(snapshot.ideas), {n.idea_id for n in snapshot.nodes if n.idea_id}
        parts.append(
            f"Of {count(ideas, 'idea')}, {len(explored)} reached code, with at most "
            f"{count(snapshot.plan.max_nodes_per_idea, 'round')} each."
        )
    if any(n.operator is Operator.TUNE for n in snapshot.nodes):
        parts.append("Constants of changed versions were tuned on the explore seeds; those of the baseline were not.")
    if snapshot.template.primary.self_reported:
        parts.append("The metrics are self-reported by the program under study and were not computed independently.")
    if bare := unisolated(snapshot):
        parts.append(bare)
    if not any(d.by == "human" for d in snapshot.decisions):
        written = [idea.origin in ("seed", "human") for idea in snapshot.ideas]
        if any(written):
            parts.append(f"People wrote {'the' if all(written) else 'some of the'} ideas before the run.")
        parts.append(
            "No person chose versions or words." if any(written) else "No person chose ideas, versions or words."
        )
    return " ".join(parts)


def _has(study: Study, split: Split) -> bool:
    key = study.snapshot.template.primary.key
    return any(where is split and c.metric == key for where, c in study.snapshot.comparisons)

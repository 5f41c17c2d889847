"""The experimental stages: baseline and noise floor, the frozen plan, the search, ablation, and the report seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from hakken.core.errors import BudgetExceeded, MalformedReply, TemplateError
from hakken.core.parity import matched_steps, parity_table
from hakken.core.types import (
    Claim,
    ClaimStatus,
    Comparison,
    Decision,
    EventKind,
    Idea,
    Node,
    NodeStatus,
    Operator,
    Plan,
    Predicate,
    RefusedIdea,
    Role,
    Split,
    StageFailure,
)
from hakken.research.experiments import SELECTION_RULE, select_best
from hakken.research.ideas import Ideation, load_seed_ideas, place_for, propose
from hakken.research.lab import SEARCHED
from hakken.research.naming import title_of
from hakken.research.outcomes import outcome_of
from hakken.research.search import Journal, Limits, ablations, explore_idea, greedy
from hakken.research.session import Session
from hakken.research.telling import told

MOST_ABLATIONS = 3
"""Ablations that run beyond the smoke run, whether they show something or not."""
_SEARCH_ENDED, _ABLATION_ENDED = "The search was ended early", "The ablation was ended early"
_REPORT_ENDED = "The report was ended early"
SHORT_TRIALS = 4
"""Smoke runs of the baseline that tell what a trial costs apart from its steps."""


def ideate(session: Session) -> list[Idea]:
    """Propose ideas; a budget that is met ends the proposing, not the run.

    Raises:
        BudgetExceeded: the time is up, in which the ideas could be tried.
    """
    wanted = session.settings.search.ideas
    seeds = _seeds(session)
    with session.step("ideas"):
        if _is_searched(session):
            return session.ideas()
        try:
            for idea in _proposals(session, _brief(session, wanted), seeds):
                _keep(session, idea)
        except (BudgetExceeded, MalformedReply) as error:
            if isinstance(error, BudgetExceeded) and error.of_time:
                raise
            why = error.reason if isinstance(error, BudgetExceeded) else error.message
            if len(session.ideas()) < wanted:  # a smaller limit than before takes none away that are in the record
                session.lab.decide(Decision(what="No further ideas were asked for", by="code", why=why))
        have = session.ideas()
        for idea in seeds[: wanted - len(have)] if not have else []:
            _keep(session, idea.model_copy(update={"id": f"i{len(session.ideas()) + 1}"}))
    return session.ideas()


def _is_searched(session: Session) -> bool:
    """Whether the search is over for good: what is tested is chosen from what it had found when it was ended.

    With a larger limit it could go on, and would find another version than the one whose test may have begun.
    """
    return session.lab.has_decided(_SEARCH_ENDED) or session.store.version("step/report") > 0


def _seeds(session: Session) -> list[Idea]:
    """The template's seed ideas; those of The AI Scientist name no place, and a small model needs one."""
    template, pristine = session.template, dict(session.lab.pristine)
    return [
        idea if idea.target else idea.model_copy(update={"target": place_for(idea, template, pristine)})
        for idea in load_seed_ideas(template)
    ]


def _brief(session: Session, count: int, known: tuple[Idea, ...] = ()) -> Ideation:
    settings = session.settings
    return Ideation(
        template=session.template,
        pristine=dict(session.lab.pristine),
        count=count,
        reflections=settings.search.idea_reflections if not known else 0,
        seed=settings.seed + len(known),
        known=known,
    )


def _spare(session: Session) -> Idea | None:
    """One more idea in the place of one that led nowhere; None when there is none to be had."""
    known = tuple(session.ideas())
    for idea in _proposals(session, _brief(session, 1, known), _seeds(session)):
        _keep(session, idea)
    return next(iter(session.ideas()[len(known) :]), None)


def _proposals(session: Session, brief: Ideation, seeds: Sequence[Idea]) -> Iterator[Idea]:
    """What is worth trying; what was proposed and is not is recorded with the reason."""

    def refuse(refused: RefusedIdea) -> None:
        session.store.once(EventKind.IDEA_REFUSED, f"refused/{refused.idea.id}", refused)

    return propose(brief, session.ledger, seeds, session.progress.note, refuse)


def _keep(session: Session, idea: Idea) -> None:
    title = title_of(idea, {known.title for known in session.ideas() if known.id != idea.id})
    kept = session.store.once(EventKind.IDEA_PROPOSED, f"idea/{idea.id}", idea.model_copy(update={"title": title}))
    session.progress.note(f"idea {kept.id}: {kept.title} ({kept.target})")


def measure_baseline(session: Session) -> Node:
    """Run the unchanged template on the explore and noise seeds.

    Raises:
        TemplateError: the baseline does not run on every explore seed. A noise seed without a result leaves a noise
            floor from fewer seeds, which the paper says.
    """
    lab, template = session.lab, session.template
    with session.step("baseline"):
        node = lab.propose(_baseline_node(session), {})
        trials = lab.run(node, Split.EXPLORE, template.seeds.explore)
        first = next((t.failure for t in trials if t.failure), None)
        if first is not None:
            failure = StageFailure(
                stage="baseline", error=first.cause.value, message=first.message, detail=first.detail
            )
            lab.fail(failure)
            raise TemplateError(
                f"The baseline of {template.name} fails: {first.message}",
                f"Mend the template; the output of every trial is in {session.folder.trials}.",
            )
        lab.run(node, Split.NOISE, template.seeds.noise)
        return lab.finish(node.model_copy(update={"status": NodeStatus.DONE}))


def _baseline_node(session: Session) -> Node:
    return Node(
        id=session.lab.next_id(),
        idea_id=None,
        parent_id=None,
        operator=Operator.BASELINE,
        title="baseline",
        author="template",
        source_hash=session.lab.identity({}),
    )


def freeze_plan(session: Session) -> Plan:
    """Fix the claim and the selection rule before anything that they are about has run."""
    template, search = session.template, session.settings.search
    spec = template.primary
    predicate = Predicate(
        metric=spec.key,
        direction=spec.direction,
        alpha=session.settings.statistics.alpha,
        seeds=template.seeds.report,
    )
    word = "lower" if spec.direction.value == "min" else "higher"
    claim = Claim(
        id="C1",
        text=f"The selected variant has a {word} mean {spec.label} on {spec.dataset} than the baseline.",
        primary=True,
        predicate=predicate,
    )
    plan = Plan(
        claim=claim,
        selection=SELECTION_RULE,
        explore_seeds=template.seeds.explore,
        report_seeds=template.seeds.report,
        noise_seeds=template.seeds.noise,
        max_nodes_per_idea=search.nodes_per_idea,
        max_ideas=search.ideas + search.spare_ideas,
    )
    return session.store.once(EventKind.PLAN_FROZEN, "plan", plan)


def explore(session: Session) -> Journal:
    """Try every idea; one that fails is recorded, and another one is tried in its place.

    Raises:
        BudgetExceeded: the time is up, and there is no version yet whose claim could be tested.
    """
    search = session.settings.search
    journal = Journal(session.template.primary)
    with session.step("search"):
        if _is_searched(session):
            session.lab.recall(SEARCHED)
            _close_all(session)
            return journal
        waiting = session.ideas()
        most = search.ideas + search.spare_ideas
        try:
            while waiting:
                idea = waiting.pop(0)
                journal = _explore_one(session, idea, journal)
                _close(session, idea)
                ideas = session.ideas()
                led = sum(any(entry.measured for entry in journal.of(known.id)) for known in ideas)
                if not waiting and led < search.ideas and len(ideas) < most and (spare := _spare(session)):
                    waiting.append(spare)
        except BudgetExceeded as error:
            # A smaller limit than before is met on the way through the record, which holds more than was gone through.
            session.lab.recall(SEARCHED)
            if error.of_time and select(session) is None:
                raise
            session.lab.decide(Decision(what=_SEARCH_ENDED, by="code", why=error.reason))
            _close_all(session)
        except MalformedReply as error:
            session.lab.decide(Decision(what="No further ideas were asked for", by="code", why=error.message))
    return journal


def _explore_one(session: Session, idea: Idea, journal: Journal) -> Journal:
    search = session.settings.search
    strong = session.ledger.model(Role.CODE).strong
    limits = Limits(search.nodes_per_idea, search.mends(strong), search.draws(strong))
    # Another idea is a better use of a small model than another try at one that it cannot carry out.
    policy = greedy if strong else partial(greedy, drafts=1)
    seed = session.settings.seed
    for entry in explore_idea(
        session.template, idea, session.lab, session.ledger, limits, journal, policy=policy, seed=seed
    ):
        journal = Journal(journal.objective, (*journal.rounds, entry))
        if entry.comparison is not None:  # of the others, and of those that were drawn before them, the laboratory has
            session.progress.note(told(entry.node, entry.comparison))
    return journal


def _close(session: Session, idea: Idea, cut: str = "") -> None:
    """Record what became of an idea, once; ``cut`` says what ended the search before it was done."""
    versions = [node for node in session.lab.nodes if node.idea_id == idea.id]
    session.store.once(EventKind.IDEA_CLOSED, f"closed/{idea.id}", outcome_of(idea.id, versions, cut))


def _close_all(session: Session) -> None:
    """Close every idea of a search that is over; in another session where the one that ended it was broken off."""
    decisions = session.store.all("decision", Decision)
    cut = next((decision.why for decision in decisions if decision.what == _SEARCH_ENDED), "")
    for idea in session.ideas():
        _close(session, idea, cut)


def select(session: Session) -> Node | None:
    """The variant that the frozen rule picks."""
    seeds = session.template.seeds.explore
    return select_best(session.template.primary, session.lab.nodes, session.lab.trials, "n0", seeds)


def ablate(session: Session, best: Node) -> list[Node]:
    """Take parts of the best variant back, by code, and measure what is left, on the explore seeds."""
    lab = session.lab
    texts = {**lab.pristine, **lab.sources(best.id)}
    made: list[Node] = []
    measured = 0
    with session.step("ablation"):
        if lab.has_decided(_ABLATION_ENDED):
            return lab.recall({Operator.ABLATE})
        for label, version in ablations(texts, lab.pristine):
            if measured == MOST_ABLATIONS:
                break
            sources = {path: text for path, text in version.items() if text != lab.pristine.get(path)}
            node = Node(
                id=lab.next_id(),
                idea_id=best.idea_id,
                parent_id=best.id,
                operator=Operator.ABLATE,
                title=f"{best.title}, {label}",
                author="code",
                source_hash=lab.identity(sources),
            )
            try:
                if (entry := _measure(session, lab.propose(node, sources))) is not None:
                    made.append(entry)
            except BudgetExceeded as error:
                lab.decide(Decision(what=_ABLATION_ENDED, by="code", why=error.reason))
                break
            measured += any(trial.split is Split.EXPLORE for trial in lab.trials_of(node.id))
    return made


def _measure(session: Session, node: Node) -> Node | None:
    """Smoke and explore trials of a node that code made; None for a replicate or a failure."""
    lab = session.lab
    if node.status is NodeStatus.REPLICATE:
        return None
    smoke = lab.smoke(node)
    trials = [smoke] if smoke.failure else [smoke, *lab.explore(node)]
    if failure := next((trial.failure for trial in trials if trial.failure), None):
        lab.finish(node.model_copy(update={"status": NodeStatus.FAILED, "failure": failure}))
        return None
    if twin := lab.twin(node):
        lab.finish(node.model_copy(update={"status": NodeStatus.NO_OP, "twin_id": twin}))
        return None
    node = lab.finish(node.model_copy(update={"status": NodeStatus.DONE}))
    comparison = lab.compare(node)
    session.progress.note(told(node, comparison))
    return node


def report(session: Session, best: Node | None) -> Claim:
    """Test the frozen claim, once, on the report seeds; then the matched baseline where one is due, and the probes.

    Where a limit has ended these two they are over for good, like the search: what was found of them is in the record.

    Raises:
        BudgetExceeded: the time is up before all seeds of the claim have run; nothing is said of it until they have.
    """
    plan = session.store.get("plan", Plan)
    assert plan is not None
    lab = session.lab
    comparison: Comparison | None = None
    with session.step("report"):
        if best is not None:
            for node in (session.baseline(), best):
                lab.run(node, Split.REPORT, plan.report_seeds)
            comparison = lab.compare(best, Split.REPORT)
            _follow_up(session, best)
            for probe in lab.judge_probes(best):
                session.progress.note(f"probe: {probe.kind.value}: {probe.outcome.replace('_', ' ')}")
        lab.adjust(best)
        claim = judge(plan.claim, best, comparison)
        return session.store.once(EventKind.CLAIM_JUDGED, "claim/C1", claim)


def _follow_up(session: Session, best: Node) -> None:
    """What runs beside the test of the claim, as far as the time goes."""
    lab = session.lab
    if lab.has_decided(_REPORT_ENDED):
        lab.recall({Operator.MATCH})
        return
    try:
        match_compute(session, best)
        lab.run_probes(best)
    except BudgetExceeded as error:
        lab.decide(Decision(what=_REPORT_ENDED, by="code", why=error.reason))


def judge(claim: Claim, variant: Node | None, comparison: Comparison | None) -> Claim:
    """Evaluate the predicate of a claim; a report that lacks one of its seeds tests nothing."""
    if variant is None or comparison is None or comparison.n < len(claim.predicate.seeds):
        return claim.model_copy(update={"variant_id": variant.id if variant else None})
    status = {
        "better": ClaimStatus.SUPPORTED,
        "worse": ClaimStatus.REFUTED,
        "inconclusive": ClaimStatus.NOT_SUPPORTED,
    }[comparison.verdict]
    ids = tuple(f"{n}-report-{s}" for n in (variant.id, comparison.baseline_id) for s in claim.predicate.seeds)
    return claim.model_copy(update={"variant_id": variant.id, "status": status, "trial_ids": ids})


def match_compute(session: Session, best: Node) -> Node | None:
    """Give the baseline as many steps as take the variant's CPU time, where that is over 10 % more.

    Only for templates that say how (``steps_arg``); the difference is disclosed in any case.
    """
    lab, template = session.lab, session.template
    if not session.settings.search.match or template.steps_arg is None:
        return None
    trials = {n: [t for t in lab.trials if t.node_id == n and t.split is Split.REPORT] for n in ("n0", best.id)}
    rows = {row.quantity: row for row in parity_table(trials["n0"], trials[best.id])}
    cpu = rows["cpu_seconds"]
    if not cpu.different or cpu.ratio is None or cpu.ratio < 1 or rows["steps"].baseline is None:
        return None
    seeds = template.seeds.explore[:SHORT_TRIALS] if template.smoke else ()
    steps = matched_steps(lab.run(session.baseline(), Split.SMOKE, seeds), trials["n0"], trials[best.id])
    if steps is None:
        return None
    args = (template.steps_arg, str(steps))
    node = Node(
        id=lab.next_id(),
        idea_id=None,
        parent_id="n0",
        operator=Operator.MATCH,
        title="baseline with matched compute",
        author="code",
        source_hash=lab.identity({}, args),
        extra_args=args,
    )
    node = lab.propose(node, {})
    failed = next((t.failure for t in lab.run(node, Split.REPORT, template.seeds.report) if t.failure), None)
    status = NodeStatus.FAILED if failed else NodeStatus.DONE
    node = lab.finish(node.model_copy(update={"status": status, "failure": failed}))
    lab.compare(node, Split.REPORT)
    lab.compare(best, Split.REPORT, against=node.id)
    return node

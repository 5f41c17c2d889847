"""What a run found and what it cost, read from its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hakken.cli.console import clock, money, say, shown, table
from hakken.core.types import (
    AuditReport,
    Claim,
    Manuscript,
    PaperFiles,
    Record,
    Review,
    RunOutcome,
    Severity,
    StageFailure,
    Usage,
)
from hakken.store import RunFolder, Store
from hakken.store.kinds import Facts, StageCost, Started


class StageLine(StageCost):
    """What one stage took, and whether all of its cost is known."""

    priced: bool = True
    """False where the price of a model is not known: ``usage.usd`` is then the part that is."""


class Summary(Record):
    """A run in short."""

    run: str
    folder: str
    template: str
    seed: int
    status: str
    why: str
    finding: str
    """What was found, worded by code."""
    claim: str | None
    ideas: int
    nodes: int
    statuses: dict[str, int]
    trials: int
    trials_failed: int
    usage: Usage
    priced: bool
    """Whether the prices of all models that were asked are known; else ``usage.usd`` is the part that is."""
    seconds: float
    stages: tuple[StageLine, ...]
    pdf: str | None
    pages: int | None
    prose_by_model: float | None
    """Share of the paper's prose, fact sentences aside, that a model wrote; the rest was put together by code."""
    audit_passed: bool | None
    audit_findings: dict[str, int]
    numbers: tuple[int, int] | None
    """Numbers that agree with the record, and all that were checked."""
    review_overall: int | None
    review_decision: str | None
    failures: tuple[str, ...]


def summarise(folder: RunFolder) -> Summary:
    """Read a run in short.

    Raises:
        UsageError: this is not a run folder.
    """
    with folder.read() as store:
        return _summary(folder, store)


def _summary(folder: RunFolder, store: Store) -> Summary:
    started = store.get("run", Started)
    outcome = store.get("outcome", RunOutcome)
    claim = store.get("claim/C1", Claim)
    files, report = store.get("files", PaperFiles), store.get("audit", AuditReport)
    review, stages, priced = store.get("review", Review), *_costs(store)
    manuscript = store.get("manuscript", Manuscript)
    statuses = store.node_statuses()
    return Summary(
        run=folder.path.name,
        folder=shown(folder.path.absolute()),
        template=started.run.template if started else "",
        seed=started.run.seed if started else 0,
        status=outcome.status if outcome else "unfinished",
        why=outcome.why if outcome else "",
        finding=_finding(store, claim),
        claim=claim.status.value if claim else None,
        ideas=store.count("idea"),
        nodes=sum(statuses.values()),
        statuses=statuses,
        trials=store.count("trial"),
        trials_failed=store.failed_trials(),
        usage=store.usage(),
        priced=priced,
        seconds=round(sum(stage.seconds for stage in stages), 1),
        stages=stages,
        pdf=shown((folder.path / files.pdf).absolute()) if files and files.pdf else None,
        pages=files.pages if files else None,
        prose_by_model=_prose_by_model(manuscript) if manuscript else None,
        **audited(report),
        review_overall=review.meta.overall if review else None,
        review_decision=review.meta.decision if review else None,
        failures=tuple(f"{f.stage}: {f.message}" for f in store.all("failure", StageFailure)),
    )


def _costs(store: Store) -> tuple[tuple[StageLine, ...], bool]:
    """What each stage took, and whether everything that models cost is known."""
    asked = store.callers()
    unpriced: set[str] = set()
    if any(model != "local" for _, model, _ in asked):
        from hakken.models.forecast import is_priced  # here: looking at a run must not wait for what models need

        unpriced = {stage for stage, model, usage in asked if not is_priced(model, usage)}
    lines = [StageLine(**dict(cost), priced=cost.stage not in unpriced) for cost in store.stage_costs()]
    return tuple(lines), not unpriced


def audited(report: AuditReport | None) -> dict[str, Any]:
    """What an audit said of a paper, in short."""
    return {
        "audit_passed": report.passed if report else None,
        "audit_findings": {s.value: sum(f.severity is s for f in report.findings) for s in Severity} if report else {},
        "numbers": (report.numbers_matched, report.numbers_checked) if report else None,
    }


def print_audited(found: Mapping[str, Any], folder: str) -> None:
    """The same, for people."""
    verdict = "passed" if found["audit_passed"] else "did NOT pass"
    counts = ", ".join(f"{n} {severity}s" for severity, n in found["audit_findings"].items())
    matched, checked = found["numbers"]
    say(f"audit   {verdict}: {matched} of {checked} numbers agree with the record; {counts}")
    say(f"        {folder}/paper/audit.html")


def _prose_by_model(manuscript: Manuscript) -> float:
    from hakken.research.papers.manuscript import share_by_model  # here: the papers take long to import

    return round(share_by_model(manuscript), 3)


def _finding(store: Store, claim: Claim | None) -> str:
    """The claim's sentence, then the comparison that decided it."""
    if claim is None:
        return "Nothing yet: the claim has not been tested."
    facts = store.get("facts", Facts)
    listed = facts.facts if facts else ()
    wanted = f"{claim.variant_id}/report/{claim.predicate.metric}"
    found = [fact for fact in listed if (fact.kind == "claim" and fact.subject == claim.id) or fact.subject == wanted]
    if not found:
        return f"{claim.text} Status: {claim.status.value.replace('_', ' ')}."
    # The sentences are Markdown: emphasis and escapes are for papers.
    return " ".join(fact.views["sentence"] for fact in found).replace("*", "").replace("\\", "")


def print_summary(summary: Summary) -> None:
    """The run in short, for people."""
    say(f"{summary.run} ({summary.template}, seed {summary.seed}): {summary.status}")
    if summary.why:
        say(f"  {summary.why}")
    say()
    say(summary.finding)
    say()
    print_stages(summary)
    say()
    versions = ", ".join(f"{n} {status.replace('_', ' ')}" for status, n in summary.statuses.items())
    say(f"ideas   {summary.ideas}")
    say(f"nodes   {summary.nodes} ({versions or 'none'})")
    say(f"trials  {summary.trials}, {summary.trials_failed} failed")
    if summary.prose_by_model is not None:
        pages = f"{summary.pages} pages; " if summary.pages else ""
        say(f"paper   {pages}a model wrote {summary.prose_by_model:.0%} of its prose, fact sentences aside")
    if summary.numbers:
        print_audited(dict(summary), summary.folder)
    if summary.review_overall is not None:
        say(f"review  {summary.review_overall} of 10, {summary.review_decision}; {summary.folder}/paper/review.md")
    for failure in summary.failures:
        say(f"failed  {failure}")


def print_stages(summary: Summary) -> None:
    """The budget table."""
    head = ("stage", "time", "trials", "calls", "prompt tokens", "generated tokens", "cost")
    trials = sum(stage.trials for stage in summary.stages)
    total = StageLine(stage="all", seconds=summary.seconds, trials=trials, usage=summary.usage, priced=summary.priced)
    table(head, [_row(line) for line in (*summary.stages, total)])


def _row(line: StageLine) -> tuple[Any, ...]:
    usage = line.usage
    tokens = (f"{usage.prompt_tokens:,}", f"{usage.completion_tokens:,}")
    return line.stage, clock(line.seconds), line.trials, usage.calls, *tokens, money(usage.usd, line.priced)

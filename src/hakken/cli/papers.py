"""Reviewing and auditing papers, of a run and of any place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from hakken.cli import preflight
from hakken.cli.console import say, tell
from hakken.cli.run import announce_calls, announce_limits, tell_call
from hakken.cli.target import find_run, open_run
from hakken.core.config import Settings
from hakken.core.errors import HakkenError, UsageError
from hakken.core.types import AuditReport, Call, Review, Role, StageFailure, Usage
from hakken.models import Ledger
from hakken.models.forecast import forecast, forecast_questions
from hakken.research.papers.audit import Audit, Auditor, Evidence, from_snapshot, write_report
from hakken.research.papers.audit.conduct.methods_asked import USUAL_REPLY, Differences, questions, shown_code
from hakken.research.papers.audit.document.reading import read_document
from hakken.research.papers.audit.records import read_record
from hakken.research.publishing import audit_paper, review
from hakken.research.review.panel import review as review_paper
from hakken.research.review.reading import read_paper
from hakken.research.session import Session
from hakken.research.snapshots import read_snapshot
from hakken.store import RunFolder


class _Memory:
    """A log of calls that ends with the command: a single file has no run folder."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}

    def find_call(self, key: str) -> Call | None:
        """The successful call with this key."""
        return self.calls.get(key)

    def record_call(self, call: Call) -> None:
        """Keep a successful call."""
        if call.completion is not None:
            self.calls[call.key] = call


def review_file(paper: Path, settings: Settings) -> Review:
    """Review any paper; it is read before a model is started."""
    read_paper(paper)
    models = preflight.check(settings, [Role.REVIEW], runs_code=False)
    expected = forecast(settings, models)
    announce_calls(expected)
    announce_limits(settings.budget, expected)
    ledger = Ledger(models, _Memory(), settings.budget, settings.models, settings.seed, progress=tell_call)
    return review_paper(paper, ledger, settings.review)


def review_run(session: Session) -> tuple[Review, AuditReport | None]:
    """Review a run's paper, and record it.

    Raises:
        HakkenError: no review could be had.
    """
    verdict = review(session)
    if verdict is None:
        failures = session.store.all("failure", StageFailure)
        why = next((f.message for f in reversed(failures) if f.stage == "review"), "the models gave none.")
        raise HakkenError(f"The paper could not be reviewed: {why}", "Try another model: -c models.review=NAME.")
    return verdict, session.store.get("audit", AuditReport)


def audit_run(folder: RunFolder) -> AuditReport:
    """Audit the paper of a run; ``audit.json`` and ``audit.html`` are written beside it."""
    if folder.exists() and not (folder.paper / "paper.md").is_file():
        raise UsageError(f"{folder.path} has no paper.", f"Run `hakken run {folder.path}` first.")
    with folder.read() as store:
        return audit_paper(folder.paper, read_snapshot(folder, store))


@dataclass(frozen=True)
class Written:
    """A report and where it was written."""

    report: AuditReport
    json: Path
    html: Path


def audit_file(
    paper: Path, results: str, root: Path, out: Path | None = None, asking: Settings | None = None
) -> Written:
    """Audit a paper of any place against the record of a run or any results folder.

    Args:
        paper: The paper.
        results: A run of Hakken by name or folder, a folder of The AI Scientist, or one of result files.
        root: Where runs are looked for by name.
        out: Where ``audit.json`` and ``audit.html`` go; beside the paper, or in the working directory where that
            folder cannot be written to.
        asking: Settings whose model for ``judge`` compares method and code; None asks no model.

    Raises:
        UsageError: the paper or the results cannot be read, or nothing can be written.
    """
    if paper.is_dir():
        raise UsageError(f"{paper} is a folder, and a paper is a file.", "Name its .tex, .md, .html or .pdf file.")
    if not paper.is_file():
        raise UsageError(f"There is no file {paper}.", "Give the path of a paper: .md, .tex, .html or .pdf.")
    evidence = _evidence(results, root)
    found = Auditor(evidence).audit(paper) if asking is None else _asked(paper, evidence, asking)
    if out is not None:
        return _write(found, out)
    try:
        return _write(found, paper.absolute().parent)
    except UsageError:
        return _write(found, Path.cwd())


def _asked(paper: Path, evidence: Evidence, settings: Settings) -> Audit:
    """An audit in which a model compares the method with the code; what it used stands in the report."""
    name = settings.models.name(Role.JUDGE)
    auditor, document = Auditor(evidence), read_document(paper)
    if not shown_code(evidence):
        tell(f"{name} is not asked: the record holds no code that a method could be compared with.")
        return auditor.check(document, paper.parent)
    prompts = [question for question, _ in questions(document, evidence)]
    if not prompts:
        tell(f"{name} is not asked: the paper has no section about its method.")
        return auditor.check(document, paper.parent)
    models = preflight.check(settings, [Role.JUDGE], runs_code=False)
    tell(f"{name} compares the method with the code; what it cannot quote from both is dropped.")
    expected = forecast_questions("audit", models[Role.JUDGE], prompts, USUAL_REPLY)
    announce_calls(expected)
    announce_limits(settings.budget, expected)
    failed: list[str] = []

    def progress(call: Call, used: Usage) -> None:
        failed.extend([call.purpose] if call.completion is None else [])
        tell_call(call, used)

    ledger = Ledger(models, _Memory(), settings.budget, settings.models, settings.seed, progress=progress)
    found = auditor.check(document, paper.parent, ask=lambda question: ledger.ask(question, Differences).value)
    if failed and len(failed) == ledger.used.calls:
        tell(f"{name} gave no usable answer: method and code were compared by rules alone.")
    return replace(found, report=found.report.model_copy(update={"model": name, "usage": ledger.used}))


def _evidence(results: str, root: Path) -> Evidence:
    """The record that a folder or a name means."""
    folder = find_run(results, root)
    path = Path(results).expanduser()
    if folder is None and path.exists():
        return read_record(path)
    folder = folder or open_run(results, root)
    with folder.read() as store:
        return from_snapshot(read_snapshot(folder, store))


def _write(found: Audit, out: Path) -> Written:
    try:
        return Written(found.report, *write_report(found.report, found.document, found.matches, out))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            f"The audit cannot be written to {out}: {reason}.", "Name another folder: --out DIR."
        ) from error


def print_audit(report: AuditReport) -> None:
    """The findings, worst first, for people."""
    for finding in report.findings:
        say(f"{finding.severity.value}: {finding.kind}, {finding.place}")
        if finding.sentence:
            say(f"    “{' '.join(finding.sentence.split())}”")
        say(f"    says: {finding.says}")
        say(f"    record: {finding.record}")
    verdict = "passed" if report.passed else "did NOT pass"
    say(
        f"{report.paper} {verdict}: {report.numbers_matched} of {report.numbers_checked} numbers agree with the record."
    )

"""The publishing stages: facts, figures, manuscript, rendering, the audit gate, layout, review."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hakken.core.errors import BudgetExceeded, ModelError, is_shut_out
from hakken.core.files import write_text
from hakken.core.types import (
    AuditReport,
    Decision,
    EventKind,
    Manuscript,
    PaperFiles,
    Passage,
    PassageSource,
    Record,
    Review,
    Snapshot,
    StageFailure,
)
from hakken.models import Ledger
from hakken.research.optional import bibliography
from hakken.research.papers.audit import Auditor, from_snapshot, write_report
from hakken.research.papers.facts import compute_facts
from hakken.research.papers.figures import make_figures
from hakken.research.papers.layout import check_layout
from hakken.research.papers.manuscript import to_markdown
from hakken.research.papers.mending import mended
from hakken.research.papers.render import PaperMetadata, render
from hakken.research.papers.study import Study
from hakken.research.papers.writer import write as write_manuscript
from hakken.research.review.panel import review as review_paper
from hakken.research.review.render import to_json
from hakken.research.review.render import to_markdown as review_markdown
from hakken.research.session import Session
from hakken.research.snapshots import read_snapshot
from hakken.store.kinds import Facts

GATE_ROUNDS = 2
"""Times that passages with findings are composed by code and the paper is rendered again."""


def study_of(session: Session) -> Study:
    """Facts and figures of a run, recorded."""
    snapshot = read_snapshot(session.folder, session.store)
    figures = session.folder.paper / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    made = tuple(make_figures(snapshot, figures))
    facts = compute_facts(snapshot)
    latest = session.store.get("facts", Facts)
    if latest is None or latest.facts != facts:
        session.store.append(EventKind.FACTS_COMPUTED, "facts", Facts(facts=facts, figures=made))
    return Study(snapshot, facts, made, bibliography(session.template))


def write(session: Session, *, compose: bool = False) -> PaperFiles:
    """Write, render and audit the paper; what the gate refuses is composed by code and rendered again.

    Args:
        session: The run.
        compose: Let code compose every passage, without asking a model.
    """
    with session.step("paper"):
        study = study_of(session)
        ledger: Ledger | None = None if compose else session.ledger
        told = session.progress.note
        manuscript = write_manuscript(study, ledger, session.settings.paper.tries, lambda passage: told(_told(passage)))
        passed = _has_passed(session, manuscript)
        states = [_publish(session, study, manuscript, passed)]
        for _ in range(GATE_ROUNDS):
            last = states[-1]
            if last.report.passed or (after := mended(last.manuscript, study, last.report)) == last.manuscript:
                break
            states.append(_publish(session, study, after, passed))
        if states[-1].report.passed != passed:
            states.append(_publish(session, study, states[-1].manuscript, not passed))
        _record(session, states)
        _layout(session, states[-1].files)
    return states[-1].files


def _told(passage: Passage) -> str:
    who = {PassageSource.MODEL: "model", PassageSource.CODE: "composed by code"}.get(passage.source, "record")
    return f"{passage.job}: {who}"


@dataclass(frozen=True)
class _State:
    """The paper at one moment: as it was written, rendered and found to be."""

    manuscript: Manuscript
    files: PaperFiles
    report: AuditReport


def _has_passed(session: Session, manuscript: Manuscript) -> bool:
    """What a paper says above its text until its audit has ended: of one that was not audited yet, that it passes."""
    known = session.store.get("audit", AuditReport)
    return known is None or (known.passed and session.store.get("manuscript", Manuscript) == manuscript)


def _record(session: Session, states: Sequence[_State]) -> None:
    """Record how the paper became what it is; nothing where it ends as it did before."""
    store = session.store

    def news(state: _State) -> list[tuple[EventKind, str, Record]]:
        """What of a state is not the newest in the record."""
        known = store.get("audit", AuditReport)
        # The time that an audit took is no part of what it found.
        same = known is not None and known.model_copy(update={"seconds": state.report.seconds}) == state.report
        listed: list[tuple[EventKind, str, Record]] = []
        if store.get("manuscript", Manuscript) != state.manuscript:
            listed.append((EventKind.PAPER_WRITTEN, "manuscript", state.manuscript))
        if store.get("files", PaperFiles) != state.files:
            listed.append((EventKind.PAPER_RENDERED, "files", state.files))
        return listed if same else [*listed, (EventKind.AUDITED, "audit", state.report)]

    if news(states[-1]):
        for state in states:
            for kind, stream, payload in news(state):
                store.append(kind, stream, payload)


def _publish(session: Session, study: Study, manuscript: Manuscript, passed: bool) -> _State:
    """Render and audit; a paper that is known not to pass says so above its text."""
    out = session.folder.paper
    abstract, body = to_markdown(manuscript, study)
    run = study.snapshot.run
    metadata = PaperMetadata(
        title=manuscript.title,
        abstract=abstract,
        authors=session.settings.paper.authors or ("Hakken",),
        notice=notice(run.version, passed=passed),
        keywords=manuscript.keywords,
    )
    files = render(
        body, bib=study.bib if study.bib.is_file() else None, figures=out / "figures", out=out, metadata=metadata,
        engine=session.settings.paper.engine,
    )  # fmt: skip
    return _State(manuscript, files, audit_paper(out, study.snapshot))


def notice(version: str, *, passed: bool) -> str:
    """What a reader is told first: who wrote the paper, and whether it agrees with the record."""
    checked = (
        "Every number in it was computed by a program from the record of the run and checked against it."
        if passed
        else "It did not pass the check against the record of the run: the report of the audit names the errors."
    )
    return f"This paper was written by an AI system, Hakken {version}. {checked}"


def audit_paper(paper: Path, snapshot: Snapshot) -> AuditReport:
    """Audit ``paper.md`` of a folder, which says what every other format says; writes ``audit.json`` and ``.html``."""
    found = Auditor(from_snapshot(snapshot)).audit(paper / "paper.md", paper / "paper.bib")
    write_report(found.report, found.document, found.matches, paper)
    return found.report


def _layout(session: Session, files: PaperFiles) -> None:
    if files.pdf is None:
        return
    findings = check_layout(session.folder.path / files.pdf)
    listed = [finding.model_dump(mode="json") for finding in findings]
    write_text(session.folder.paper / "layout.json", json.dumps(listed, indent=1, ensure_ascii=False) + "\n")
    for finding in findings:
        session.progress.note(f"layout: {finding.place}: {finding.says}")


def review(session: Session) -> Review | None:
    """Review the paper with the panel; a review that cannot be had is recorded and does not end the run.

    Raises:
        QuotaExceeded: the account is empty, or the key wrong, before all have answered. The run ends unfinished, and
            continued it asks for what is missing of the review alone.
    """
    paper = session.folder.paper / "paper.md"
    with session.step("review"):
        try:
            verdict = review_paper(paper, session.ledger, session.settings.review, whole=True)
        except (BudgetExceeded, ModelError) as error:
            if is_shut_out(error):
                session.progress.note("the paper is written; what its review lacks can be asked for later")
                raise
            session.lab.fail(StageFailure(stage="review", error=type(error).__name__, message=error.message))
            why = error.reason if isinstance(error, BudgetExceeded) else error.message
            session.lab.decide(Decision(what="The paper was not reviewed", by="code", why=why))
            return None
        # As everywhere in the record, relative to the run folder: where that lies tells nobody anything.
        verdict = verdict.model_copy(update={"paper": str(paper.relative_to(session.folder.path))})
        if session.store.get("review", Review) != verdict:
            session.store.append(EventKind.REVIEWED, "review", verdict)
        report = session.store.get("audit", AuditReport)
        write_text(session.folder.paper / "review.json", to_json(verdict, report))
        write_text(session.folder.paper / "review.md", review_markdown(verdict, report))
        return verdict

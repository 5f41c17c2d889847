"""The audit gate: the rendered paper as a reader sees it, against the record, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hakken.core.types import AuditReport, Finding, Severity, Snapshot
from hakken.research.papers.audit.conduct.consistency import check_record
from hakken.research.papers.audit.conduct.disclosure import check_disclosures
from hakken.research.papers.audit.conduct.methods_asked import Ask, ask_about_methods
from hakken.research.papers.audit.conduct.setup import check_setup
from hakken.research.papers.audit.document.document import Document
from hakken.research.papers.audit.document.reading import read_document
from hakken.research.papers.audit.form.source import check_source
from hakken.research.papers.audit.form.structure import any_picture, check_structure
from hakken.research.papers.audit.language.about import Scoper
from hakken.research.papers.audit.language.scope import Names
from hakken.research.papers.audit.matching.candidates import Candidates
from hakken.research.papers.audit.matching.foreign import ForeignMatcher
from hakken.research.papers.audit.matching.grouping import findings_of, single_findings
from hakken.research.papers.audit.matching.own import Matcher
from hakken.research.papers.audit.matching.pool import Pool
from hakken.research.papers.audit.matching.strangers import Strangers
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.records.evidence import Evidence
from hakken.research.papers.audit.records.hakken import from_snapshot
from hakken.research.papers.audit.report.folding import folded
from hakken.research.papers.audit.statements.claims import check_claims
from hakken.research.papers.audit.statements.direction import Directions
from hakken.research.papers.audit.statements.ranking import Rankings
from hakken.research.papers.audit.statements.sentences import Statements

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True)
class Audit:
    """The report together with what it was made from, for the page that shows it."""

    report: AuditReport
    document: Document
    matches: tuple[Match, ...]


class Auditor:
    """A record prepared once; any number of papers can be audited against it."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.candidates = Candidates(evidence)
        self.plain = Names(evidence)
        """What the paper says of names, without what its tables show."""
        self._use(self.plain)

    def _use(self, names: Names) -> None:
        """Build the checks on the names that a paper uses; they remember what they have seen."""
        self.names = names
        self.matcher = self._matcher(names)
        self.directions = Directions(self.evidence, names)
        self.rankings = Rankings(self.evidence, names)
        self.statements = Statements(self.evidence, names)

    def _with_rows(self, document: Document) -> Names:
        """The names of a paper, those of its tables' rows included that stand for the run whose numbers they hold."""
        if not self.evidence.foreign:
            return self.plain
        strangers = Strangers(Scoper(self.plain), self.pool)
        strangers.read(document)
        return self.plain.with_rows(strangers.rows())

    def _matcher(self, names: Names) -> Matcher | ForeignMatcher:
        if self.evidence.foreign:
            return ForeignMatcher(self.evidence, self.candidates, names, self.pool)
        return Matcher(self.evidence, self.candidates, names)

    @cached_property
    def pool(self) -> Pool:
        """What can be derived from a foreign record."""
        return Pool(self.evidence)

    def audit(self, paper: Path, bib: Path | None = None, ask: Ask | None = None) -> Audit:
        """Audit one paper.

        Args:
            paper: The paper.
            bib: Its bibliography; by default the one that it holds or names.
            ask: Puts a question to a model, such as ``lambda p: ledger.ask(p, Differences).value``: it compares the
                method with the code, and what it cannot quote from both is dropped. Without it no model is asked.

        Raises:
            UsageError: the paper cannot be read.
        """
        start = time.perf_counter()
        return self.check(read_document(paper), paper.parent, bib, start, ask)

    def check(
        self,
        document: Document,
        folder: Path,
        bib: Path | None = None,
        start: float | None = None,
        ask: Ask | None = None,
    ) -> Audit:
        """Audit a paper that has been read; units that were seen before cost nothing."""
        start = time.perf_counter() if start is None else start
        self.plain = self.plain.bound(document)
        names = self._with_rows(document)
        if names.labels != self.names.labels:
            self._use(names)
        matches = tuple(self.matcher.match_document(document))
        found = [*self._findings(document, matches, folder, bib)]
        if ask is not None:
            found += ask_about_methods(document, self.evidence, ask)
        findings = sorted(folded(found), key=lambda f: _RANK[f.severity])
        checked = [m for m in matches if m.verdict is not Verdict.SKIPPED]
        report = AuditReport(
            paper=document.name,
            numbers_checked=len(checked),
            numbers_matched=sum(m.verdict is Verdict.SUPPORTED for m in checked),
            findings=tuple(findings),
            seconds=round(time.perf_counter() - start, 4),
        )
        return Audit(report, document, matches)

    def _findings(
        self, document: Document, matches: tuple[Match, ...], folder: Path, bib: Path | None
    ) -> Iterator[Finding]:
        foreign = self.evidence.foreign
        yield from findings_of(matches) if foreign else single_findings(matches)
        yield from self.statements.check(document, matches)
        if not foreign:
            yield from check_setup(document, self.evidence)
            yield from self.directions.check(document)
            yield from self.rankings.check(document)
            yield from check_claims(document, self.evidence)
            yield from check_disclosures(document, self.evidence, matches, self.names)
        yield from check_structure(document, bib, folder, foreign=foreign)
        yield from check_source(document, folder, pictures=not foreign or any_picture(document, folder))
        yield from check_record(self.evidence)


def audit(paper: Path, snapshot: Snapshot, bib: Path | None = None) -> AuditReport:
    """Audit a paper of Hakken against its record: every number, direction and set-up fact.

    Args:
        paper: The rendered paper (``.md``, ``.tex`` or ``.html``); figures are looked for beside it.
        snapshot: What the record says.
        bib: The bibliography; by default the one that the paper names.
    """
    return Auditor(from_snapshot(snapshot)).audit(paper, bib).report

"""The audit gate: re-derives every number, direction and set-up fact of a rendered paper from the record."""

from hakken.research.papers.audit.gate import Audit, Auditor, audit
from hakken.research.papers.audit.records.evidence import Evidence
from hakken.research.papers.audit.records.hakken import from_snapshot
from hakken.research.papers.audit.report.page import write_report

__all__ = ["Audit", "Auditor", "Evidence", "audit", "from_snapshot", "write_report"]

"""The audit gate: re-derives every number, direction and set-up fact of a rendered paper from the record."""

from hakken.research.papers.audit.evidence import Evidence
from hakken.research.papers.audit.gate import Audit, Auditor, audit
from hakken.research.papers.audit.page import write_report
from hakken.research.papers.audit.record import from_snapshot

__all__ = ["Audit", "Auditor", "Evidence", "audit", "from_snapshot", "write_report"]

"""A whole record of a run, and its auditor."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hakken.core.types import Severity, Snapshot
from hakken.research.papers.audit import Auditor, from_snapshot
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind, sentences
from tests.papers.audit.samples import add_table
from tests.papers.builders import METRICS, build_snapshot

Say = Callable[..., set[str]]
Show = Callable[..., set[str]]


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return build_snapshot()


@pytest.fixture(scope="module")
def auditor(snapshot: Snapshot) -> Auditor:
    return Auditor(from_snapshot(snapshot))


def _true(auditor: Auditor) -> dict[str, str]:
    """Sizes of the main difference, as texts may name them."""
    main, early = (auditor.evidence.contrasts["n1", "n0", split, METRICS[0].key] for split in ("report", "explore"))
    return {"gain": f"{main.gain:.2f}", "factor": f"{main.base / main.mean:.2f}", "early": f"{early.gain:.2f}"}


def _errors(auditor: Auditor, document: Document, folder: Path) -> set[str]:
    """Kinds of the errors; what the rest of a paper would disclose is not here."""
    report = auditor.check(document, folder).report
    return {f.kind for f in report.findings if f.severity is Severity.ERROR and f.sentence}


@pytest.fixture
def say(auditor: Auditor, tmp_path: Path) -> Say:
    """The kinds of what is found in one sentence; ``{gain}`` is the true size of the main difference."""
    true = _true(auditor)

    def run(sentence: str, auditor: Auditor = auditor) -> set[str]:
        said = sentences(re.sub(r"[\\*]", "", sentence.format(**true)))
        units = [Unit(text, UnitKind.SENTENCE, "Results", "Results", paragraph=1) for text in said]
        return _errors(auditor, Document("paper.md", units=units), tmp_path)

    return run


@pytest.fixture
def show(auditor: Auditor, tmp_path: Path) -> Show:
    """The kinds of what is found in a table of one row."""
    true = _true(auditor)

    def run(headers: Sequence[str], row: Sequence[str], caption: str, auditor: Auditor = auditor) -> set[str]:
        document = Document("paper.md", units=[])
        cells = [cell.format(**true) for cell in row]
        return _errors(auditor, add_table(document, headers, [cells], caption), tmp_path)

    return run

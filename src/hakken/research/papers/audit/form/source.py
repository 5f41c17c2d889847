"""What only the source of a paper shows: text that LaTeX drops, lines it cannot parse, labels that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document

_FLOAT = re.compile(r"(?:fig|tab|tbl|table|figure)[:-]")
"""Labels of figures and tables, which the check of the structure follows."""
_PICTURES = ("", ".pdf", ".png", ".svg", ".jpg", ".jpeg", ".eps")


def check_source(document: Document, folder: Path, *, pictures: bool = True) -> Iterator[Finding]:
    """Findings about the source; a paper that has none, such as a PDF, gets none.

    Args:
        document: The paper.
        folder: Where its pictures are.
        pictures: Whether to look for the pictures of parts of figures.
    """
    for remark in document.remarks:
        yield Finding(
            kind=remark.kind,
            severity=Severity.WARNING,
            place=remark.place,
            sentence=remark.sentence,
            says=remark.says,
            record=remark.note,
            how="source",
        )
    if document.labels:
        yield from _dangling(document)
    for panel in document.panels if pictures else ():
        if panel.path and not any((folder / (panel.path + ending)).is_file() for ending in _PICTURES):
            yield Finding(
                kind="missing_figure",
                severity=Severity.ERROR,
                place="Part of a figure",
                sentence=panel.caption,
                says=panel.path,
                record="there is no such file",
                how="source",
            )


def _dangling(document: Document) -> Iterator[Finding]:
    known = set(document.labels)
    for link in dict.fromkeys(document.links):
        if link not in known and not _FLOAT.match(link):
            where = next((u for u in document.units if f"[{link}]" in u.text), None)
            yield Finding(
                kind="unresolved",
                severity=Severity.ERROR,
                place=where.place if where else link,
                sentence=where.text if where else "",
                says=f"a reference to “{link}”",
                record="nothing in the paper has this label",
                how="source",
            )

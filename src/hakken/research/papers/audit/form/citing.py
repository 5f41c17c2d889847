"""Citations without an entry, entries without a citation, entries that stand twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document

_ENTRY = re.compile(r"@(\w+)\s*\{\s*([^,\s}]+)\s*,")


def check_citations(document: Document, bib: Path | None, folder: Path, *, foreign: bool = False) -> Iterator[Finding]:
    """The citations of a paper against its bibliography, which may stand in the paper itself."""
    keys = _keys(document, bib, folder)
    if not keys:
        if document.cited:
            severity = Severity.WARNING if foreign else Severity.ERROR
            yield _make(severity, "References", "", f"{len(document.cited)} citations", "no bibliography was found")
        return
    doubled = [f"{key} ({count} times)" for key, count in Counter(keys).items() if count > 1]
    if doubled:
        yield _make(
            Severity.WARNING, "References", ", ".join(doubled), f"{len(doubled)} entries stand more than once", ""
        )
    for key in dict.fromkeys(document.cited):
        if key not in keys:
            where = next((u for u in document.units if f"@{key}" in u.text), None)
            place, sentence = (where.place, where.text) if where else ("References", key)
            yield _make(Severity.ERROR, place, sentence, f"cites {key}", "no entry of the bibliography has this key")
    unused = [k for k in dict.fromkeys(keys) if k not in document.cited]
    if unused and document.cited:
        yield _make(Severity.NOTE, "References", ", ".join(unused), f"{len(unused)} entries are never cited", "")


def _keys(document: Document, bib: Path | None, folder: Path) -> list[str]:
    named = [*document.bibliography, Path(document.name).stem]
    files = [bib] if bib else [f for name in named for f in (folder / name, folder / f"{name}.bib")]
    known = dict.fromkeys(f for f in files if f.suffix == ".bib" and f.is_file())
    text = "\n".join(f.read_text(encoding="utf-8", errors="replace") for f in known)
    found = [k for kind, k in _ENTRY.findall(text) if kind.lower() not in ("comment", "string", "preamble")]
    return document.entries + [k for k in found if k not in document.entries]


def _make(severity: Severity, place: str, sentence: str, says: str, record: str) -> Finding:
    return Finding(
        kind="citation", severity=severity, place=place, sentence=sentence, says=says, record=record, how="bibliography"
    )

"""Reading a paper: Markdown, LaTeX and HTML through Pandoc's syntax tree, PDF from the places of its characters."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from hakken.core.errors import PrerequisiteError, UsageError
from hakken.research.papers.audit.document.document import Document, Remark
from hakken.research.papers.audit.document.pdf.reading import read_pdf
from hakken.research.papers.audit.document.tex.mend import mended
from hakken.research.papers.audit.document.tex.plain import readable
from hakken.research.papers.audit.document.tex.source import gather
from hakken.research.papers.audit.document.walking import Walker

FORMATS = {".md": "markdown", ".markdown": "markdown", ".tex": "latex", ".html": "html", ".htm": "html"}
_MEND = "Name the .md, .tex, .html or .pdf file."
LARGEST = 4_000_000
"""Bytes of text; the source of a long thesis has one million."""
_SAMPLE, _STRANGE = 8192, 0.1
"""Bytes looked at, and the share of them that may be no text."""
_TRIES = 12
"""How many broken lines of a LaTeX file are left out before it is given up."""
_SECONDS = 60.0
"""A paper takes Pandoc a fifth of a second; deeply nested groups take it for ever."""


def read_document(paper: Path) -> Document:
    """Read a paper into units.

    Raises:
        UsageError: the file is missing, of an unknown kind, or cannot be parsed.
    """
    if not paper.is_file():
        raise UsageError(f"There is no paper at {paper}.", _MEND)
    suffix = paper.suffix.lower()
    if suffix == ".pdf":
        return read_pdf(paper)
    if suffix not in FORMATS:
        raise UsageError(f"A paper cannot be read from a {suffix or 'nameless'} file.", _MEND)
    _check_text(paper)
    document = _read_tex(paper) if suffix == ".tex" else _read_marked_up(paper, FORMATS[suffix])
    if not any(unit.text.strip() for unit in document.units):
        raise UsageError(f"{paper.name} has no text in it.", _MEND)
    return document


def _check_text(paper: Path) -> None:
    """See that a file is a text of the size that papers have."""
    size = paper.stat().st_size
    if size > LARGEST:
        told = f"{paper.name} has {size / 1e6:.0f} MB, more than any paper; at most {LARGEST / 1e6:.0f} MB are read."
        raise UsageError(told, "Name the text of the paper alone, without data or pictures in it.")
    start = paper.read_bytes()[:_SAMPLE]
    strange = start.decode("utf-8", errors="replace").count("\ufffd")
    if b"\0" in start or strange > _STRANGE * len(start):
        raise UsageError(f"{paper.name} holds no text: it is a binary file by its first bytes.", _MEND)


def _read_marked_up(paper: Path, kind: str) -> Document:
    source = paper.read_text(encoding="utf-8", errors="replace")
    tree, reason = _pandoc(source, kind)
    if tree is None:
        raise UsageError(f"{paper.name} could not be parsed: {reason}.", "Mend it.")
    document = Document(name=paper.name, raw=source)
    Walker(document).walk(tree)
    return document


def _read_tex(paper: Path) -> Document:
    source = gather(paper)
    document = Document(
        name=paper.name, raw=source.text, entries=source.entries, remarks=source.remarks, labels=source.labels
    )
    whole, left_out = mended(source.text)
    for broken in left_out:
        document.remarks.append(
            Remark("unreadable", "Source", broken, "a group or environment that is not closed", "left out of the audit")
        )
    lines = readable(whole).split("\n")
    for _ in range(_TRIES):
        tree, reason = _pandoc("\n".join(lines), "latex")
        if tree is not None:
            Walker(document, paper.parent, source.pictures).walk(tree)
            return document
        found = re.search(r"\(line (\d+), column", reason)
        if found is None or not 0 < int(found.group(1)) <= len(lines):
            break
        broken = _blank(lines, int(found.group(1)) - 1)
        document.remarks.append(
            Remark("unreadable", "Source", broken, "a line that cannot be parsed, left out of the audit", reason)
        )
    raise UsageError(f"{paper.name} could not be parsed: {reason}", "Mend that line, or name its PDF.")


def _blank(lines: list[str], at: int) -> str:
    """Leave out the line, or the last one before it that says anything."""
    while at > 0 and (not lines[at].strip() or lines[at].startswith("\\begin{document}")):
        at -= 1
    broken, lines[at] = lines[at], ""
    return broken.strip()


def _pandoc(source: str, kind: str) -> tuple[dict[str, Any] | None, str]:
    """Pandoc's tree, or None and what it complains of."""
    import pypandoc

    try:
        binary = pypandoc.get_pandoc_path()
    except OSError as error:
        raise PrerequisiteError("Pandoc was not found.", "Install the package pypandoc_binary.") from error
    try:
        done = subprocess.run(
            [binary, "--sandbox", "-f", kind, "-t", "json"],
            input=source.encode(),
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None, f"Pandoc took longer than {_SECONDS:.0f} s"
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").split()
        return None, " ".join(said) or "no reason given"
    tree: dict[str, Any] = json.loads(done.stdout)
    return tree, ""

"""Which kind of results a folder holds, and its evidence."""

from __future__ import annotations

from pathlib import Path

from hakken.core.errors import UsageError
from hakken.research.papers.audit.records.evidence import Evidence
from hakken.research.papers.audit.records.folder import read_folder
from hakken.research.papers.audit.records.leaves import SUFFIXES
from hakken.research.papers.audit.records.scientist_v1 import is_scientist_v1, read_scientist_v1
from hakken.research.papers.audit.records.scientist_v2 import is_scientist_v2, read_scientist_v2

_KNOWN = (
    "Name a run folder of Hakken, a folder with run_*/final_info.json, one with logs/*-run, or one with"
    f" {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} files of results."
)
_PACKED = (".zip", ".gz", ".tgz", ".tar", ".7z", ".xz", ".bz2", ".rar")


def read_record(root: Path) -> Evidence:
    """The evidence of a results folder that is not a run of Hakken.

    Raises:
        UsageError: there is no such folder, or nothing in it can be read as results.
    """
    if root.is_file() and root.suffix.lower() in _PACKED:
        raise UsageError(f"{root} is an archive, and results are a folder.", "Unpack it, and name the folder.")
    if root.is_file():
        raise UsageError(f"{root} is a file, and results are a folder.", f"Name the folder {root.parent}.")
    if not root.is_dir():
        raise UsageError(f"There is no folder {root}.", _KNOWN)
    evidence: Evidence | None = None
    if is_scientist_v1(root):
        evidence = read_scientist_v1(root)
    elif is_scientist_v2(root):
        evidence = read_scientist_v2(root)
    if evidence is None or not evidence.metrics:
        evidence = read_folder(root)
    if evidence is None or not evidence.metrics:
        raise UsageError(f"No results were recognised in {root}.", _KNOWN)
    return evidence

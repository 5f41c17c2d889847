"""Which Hakken made an attempt: its version, and a hash of the code and of the prompts that shape what is measured.

The hash is in the record and not in the name of an attempt: a corrected comment must not throw a week of attempts
away, and a report says where several codes stand behind one number.
"""

from __future__ import annotations

from functools import cache

from hakken import __version__
from hakken.bench.experiments.kept import code_hash

SHAPING = (
    *("types.py", "trees.py", "agents", "grading", "experiments", "masking", "proving/proofs.py", "tasks/folder.py"),
    *("attempts/attempt.py", "attempts/regrading.py", "attempts/unfinished.py", "attempts/written.py"),
    "texts/passages.py",
    *("../agents", "../models", "../execution", "../research/experiments/failures.py"),
    *("../core/files.py", "../core/holes.py", "../core/prompts.py", "../core/reading.py", "../core/source.py"),
    *("../core/text.py", "../core/types", "../core/undefined.py"),
)
"""Agents with what they ask and act through, and all that a grade depends on; paths from ``bench``."""
_KINDS = (".py", ".md", ".toml", ".j2", ".gbnf")


@cache
def this_code() -> str:
    """Such as ``0.1.0 3f2a9c1d04``; once found out it stays, since a process keeps the code that it has loaded."""
    return f"{__version__} {code_hash(SHAPING, _KINDS).removeprefix('sha256:')[:10]}"

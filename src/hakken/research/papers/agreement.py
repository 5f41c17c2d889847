"""Whether prose about a method agrees with its code, by rule: an operation that is named must be there."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SECTIONS = frozenset({"Method", "Background"})
"""Where prose describes what the code does."""


@dataclass(frozen=True)
class Operation:
    """Something that code does: how prose names it, and how code shows it."""

    name: str
    words: re.Pattern[str]
    code: re.Pattern[str]


@cache
def operations() -> tuple[Operation, ...]:
    """The operations of ``operations.toml``."""
    rows = tomllib.loads((Path(__file__).parent / "operations.toml").read_text(encoding="utf-8"))["operation"]
    return tuple(
        Operation(row["name"], re.compile(row["words"], re.IGNORECASE), re.compile(row["code"], re.IGNORECASE))
        for row in rows
    )


def disagreement(sentence: str, code: str) -> str | None:
    """The operation that a sentence names and the code lacks, in words for the writer; None where all agree.

    Comments and docstrings are no evidence: they are as easily wrong as prose.
    """
    bare = re.sub(r'(?s)"""..*?"""|#[^\n]*', "", code)
    for operation in operations():
        if operation.words.search(sentence) and not operation.code.search(bare):
            return f"the code of the change contains no trace of {operation.name}"
    return None

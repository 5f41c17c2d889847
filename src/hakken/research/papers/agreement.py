"""Whether prose about a method agrees with its code, by rule: an operation that is named must be there."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SECTIONS = frozenset({"Method", "Background"})
"""Where prose describes what the code does."""
TELLING = frozenset({"Abstract", "Discussion", "Limitations", "Conclusion"})
"""Where it speaks of the change among other things: checked for operations by which a method is known."""


@dataclass(frozen=True)
class Operation:
    """Something that code does: how prose names it, and how code shows it."""

    name: str
    words: re.Pattern[str]
    code: re.Pattern[str]
    known_by: bool = False
    """A method is known by it, so that no section may claim it wrongly."""


@cache
def operations() -> tuple[Operation, ...]:
    """The operations of ``operations.toml``."""
    rows = tomllib.loads((Path(__file__).parent / "operations.toml").read_text(encoding="utf-8"))["operation"]
    return tuple(
        Operation(
            row["name"],
            re.compile(row["words"], re.IGNORECASE),
            re.compile(row["code"], re.IGNORECASE),
            row.get("known_by", False),
        )
        for row in rows
    )


def disagreement(sentence: str, code: str, only_known_by: bool = False) -> str | None:
    """The operation that a sentence names and the code lacks, in words for the writer; None where all agree.

    Comments and docstrings are no evidence: they are as easily wrong as prose.

    Args:
        sentence: Prose.
        code: The changed and the original functions.
        only_known_by: Look only at operations by which a method is known.
    """
    bare = re.sub(r'(?s)"""..*?"""|#[^\n]*', "", code)
    for operation in operations():
        if only_known_by and not operation.known_by:
            continue
        if operation.words.search(sentence) and not operation.code.search(bare):
            return f"the code of the change contains no trace of {operation.name}"
    return None

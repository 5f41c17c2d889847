"""Printing: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hakken.core.types import Budget


def say(text: str = "") -> None:
    """A line of the result."""
    sys.stdout.write(f"{text}\n")


def tell(text: str) -> None:
    """A line about the work, beside the result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def emit(value: Any) -> None:
    """The result as JSON."""
    say(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(head: Sequence[str], rows: Sequence[Sequence[object]], *, left: int = 1) -> None:
    """Aligned columns in plain text, the first ``left`` to the left: they survive a pipe and a narrow screen."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        parts = [
            text.ljust(width) if column < left else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        say("  " + "  ".join(parts).rstrip())


def clock(seconds: float) -> str:
    """``0:07``, ``12:40`` or ``1:02:03``."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def money(usd: float, known: bool = True) -> str:
    """US$ with the digits that matter; where a price is not known, what is known of them."""
    said = "US$ 0" if usd == 0 else f"US$ {usd:.2f}" if usd >= 0.01 else "under US$ 0.01"
    return said if known else "unknown" if usd < 0.01 else f"at least {said}"


def unenforced(budget: Budget, unpriced: Sequence[str]) -> str:
    """Why a limit in US$ holds nothing back; empty where it does, or where there is none."""
    if budget.usd is None or not unpriced:
        return ""
    mend = "; limit it with budget.tokens" if budget.tokens is None else ""
    return f"budget.usd cannot be enforced: the price of {', '.join(unpriced)} is not known{mend}"


def shown(path: Path) -> str:
    """A path as short as it can be read from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)

"""A page with a part that a script makes, between two marks; all that was written by hand around it stays."""

from __future__ import annotations

from pathlib import Path

from hakken.core.files import write_text

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def parts_of(page: Path) -> tuple[str, str]:
    """What stands before the results and behind them, marks included; a script asks before it measures for hours."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{page} has no place for results: put `{BEGIN}` and `{END}` on lines of their own.")
    return before + begin, end + after


def put_results(page: Path, results: str) -> None:
    """Put results into their place."""
    before, after = parts_of(page)
    write_text(page, f"{before}\n{results.strip()}\n{after}")

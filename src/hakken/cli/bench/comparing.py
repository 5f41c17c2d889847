"""``hakken bench compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hakken.cli import options


def compare(
    one: Annotated[Path, typer.Argument(metavar="REPORT_A", help="Folder of a report, or its report.json.")],
    other: Annotated[Path, typer.Argument(metavar="REPORT_B", help="The report to compare it with.")],
    as_json: options.Json = False,
) -> None:
    """Say what differs between two reports beyond chance, on the tasks that both have.

    Paired by task; p values are Holm-adjusted over all comparisons made.

    \b
    Examples:
      hakken bench compare before after
      hakken bench compare before/report.json after/report.json --json
    """
    from hakken.bench.reports.comparing import compare_reports, read_report
    from hakken.cli.console import emit, say

    names = (one.name, other.name) if one.name != other.name else (str(one), str(other))
    found = compare_reports(read_report(one), read_report(other), names)
    if as_json:
        emit(found.model_dump(mode="json"))
        return
    say(f"{found.shared} tasks in both")
    for note in found.notes:
        say(f"note: {note}")
    for kind, chosen in (("Differs", True), ("Not shown to differ", False)):
        findings = [f for f in found.findings if f.verdict is chosen]
        if findings:
            say(f"{kind}:")
        for finding in findings:
            say(f"  {finding.sentence}")

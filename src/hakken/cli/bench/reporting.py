"""``hakken bench report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hakken.cli import options
from hakken.cli.places import folder_for


def report(
    attempts: Annotated[list[Path], typer.Argument(metavar="ATTEMPTS...", help="Folders of attempts, or .eval logs.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the report; beside the attempts by default.")] = None,
    probe: Annotated[Path | None, typer.Option(help="What `hakken bench probe` found about the model.")] = None,
    as_json: options.Json = False,
) -> None:
    """Say what attempts show: scores with intervals, costs, scaling, failures, honesty, and agents against each other.

    Writes report.html (one file, pictures inside), report.md and report.json.

    \b
    Examples:
      hakken bench report hakken-attempts
      hakken bench report runs/fixed runs/mending --out report
      hakken bench report hakken-attempts --probe probe.json --json
    """
    from hakken.bench.reports.building import build_report, collect
    from hakken.bench.reports.contamination import read_probe
    from hakken.bench.reports.page import write_report
    from hakken.bench.reports.tables import compute_lines, headline
    from hakken.cli.console import emit, say, shown, table

    beside = attempts[0] / "report" if attempts[0].is_dir() else attempts[0].with_suffix(".report")
    target = folder_for(out if out is not None else beside)
    found, notes = collect(attempts)
    made = build_report(found, attempts, notes, read_probe(probe) if probe is not None else None)
    paths = write_report(made, target)
    if as_json:
        emit(made.model_dump(mode="json"))
        return
    for note in made.notes:
        say(f"note: {note}")
    for part in headline(made):
        say(part.title)
        table(part.head, part.rows, left=part.left)
        say()
    for line in (*(pair.sentence for pair in made.pairs), *compute_lines(made)):
        say(line)
    say()
    for path in paths:
        say(shown(path.absolute()))

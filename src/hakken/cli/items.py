"""``hakken items``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hakken.cli import options
from hakken.cli.places import folder_for

if TYPE_CHECKING:
    from hakken.analysis.matrix import Responses

_SHOWN = 15


def items(
    matrix: Annotated[
        Path,
        typer.Argument(
            metavar="MATRIX",
            help="Who solved what: a CSV, a JSON, a folder of SWE-bench submissions, or a folder of attempts.",
        ),
    ],
    about: Annotated[
        Path | None, typer.Option("--items", help="CSV about the items: item, group, kind, date, label, size or text.")
    ] = None,
    subjects: Annotated[Path | None, typer.Option(help="CSV about the subjects: subject, date.")] = None,
    order: Annotated[str | None, typer.Option(help="Labels from easy to hard, with commas between them.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("hakken-items"),
    as_json: options.Json = False,
) -> None:
    """Item analysis: how hard each item is, how well it tells subjects apart, where people judge it otherwise.

    Writes items.html (one file, pictures inside), items.md and items.json.

    \b
    Examples:
      hakken items responses.csv --items items.csv
      hakken items evaluation/verified --items swe_bench_verified.csv --out difficulty
      hakken items hakken-attempts --json
    """
    from hakken.analysis.item_page import association_lines, item_table, write_items
    from hakken.analysis.items import analyse
    from hakken.analysis.matrix import read_responses, with_tables
    from hakken.cli.console import emit, say, shown, table

    target = folder_for(out)
    labels = [label.strip() for label in order.split(",")] if order else []
    own = _of_attempts(matrix)
    responses = read_responses(matrix, about, subjects) if own is None else with_tables(own, about, subjects)
    found = analyse(responses, labels)
    paths = write_items(found, target, matrix.stem, labels)
    if as_json:
        emit(found.model_dump(mode="json"))
        return
    for note in found.notes:
        say(f"note: {note}")
    first = item_table(found, _SHOWN)
    say(f"{first.title}{f' ({_SHOWN} of {len(found.items)})' if len(found.items) > _SHOWN else ''}")
    table(first.head, first.rows, left=first.left)
    for line in association_lines(found):
        say(line)
    harder, easier = found.discordant()
    for title, chosen in (("harder than people think", harder), ("easier than people think", easier)):
        if chosen:
            say(f"{title}: {', '.join(item.item for item in chosen[:_SHOWN])}")
    if harder or easier:
        say(found.by_scatter)
    for path in paths:
        say(shown(path.absolute()))


def _of_attempts(folder: Path) -> Responses | None:
    """A folder of attempts as a matrix: each agent with each seed is a subject; None for anything else.

    A task that was changed is another item, whatever its name.
    """
    from hakken.analysis.matrix import ItemFacts, from_table
    from hakken.bench.attempts.attempt import read_attempts

    attempts, strange = read_attempts(folder) if folder.is_dir() else ([], [])
    if not attempts:
        return None
    hashes: dict[str, set[str]] = {}
    for attempt in attempts:
        hashes.setdefault(attempt.task, set()).add(attempt.task_hash)
    cells: dict[str, dict[str, int | None]] = {}
    facts = {}
    for a in attempts:
        short = a.task_hash.rpartition(":")[2][:8]
        item = f"{a.task} ({short})" if len(hashes[a.task]) > 1 else a.task
        cells.setdefault(f"{a.agent} #{a.seed}", {})[item] = int(a.passed) if a.measured else None
        # No person said how hard these tasks are: the number of masked functions divides them, and is no label.
        facts[item] = ItemFacts(group=a.source, kind=f"n = {a.n}", size=a.n)
    notes = [f"{path.name} is no attempt of this version, and is left out." for path in strange]
    return from_table(cells, facts=facts, notes=tuple(notes))

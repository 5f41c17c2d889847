"""``hakken bench scientist``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hakken.cli import options
from hakken.cli.places import folder_for

if TYPE_CHECKING:
    from hakken.bench.scientist.grid import Expected, Job
    from hakken.bench.scientist.types import Table
    from hakken.core.config import Settings


def scientist(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[FOLDERS]", help="With --read: folders of runs.")
    ] = None,
    models: Annotated[
        str, typer.Option(help="Models, with commas between them; names as --model takes them.")
    ] = "local",
    templates: Annotated[str, typer.Option(help="Templates, by name or folder, with commas between them.")] = "digits",
    runs: Annotated[int, typer.Option(min=1, help="Runs of each model on each template, each with its own seed.")] = 3,
    out: Annotated[
        Path | None, typer.Option(help="Folder of runs and report; hakken-scientist when not given.")
    ] = None,
    read: Annotated[bool, typer.Option("--read", help="Only make the table of finished run folders.")] = False,
    reviewer: Annotated[str | None, typer.Option(help="One model to review all papers (models.review).")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Runs at once, each in its own process.")] = 1,
    executor: Annotated[str, typer.Option(help="Where trials run: threads, or ray (an extra).")] = "threads",
    retry: Annotated[bool, typer.Option("--retry", help="Go on with runs that failed or met their budget.")] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="Say what it would do and spend, and end.")] = False,
    values: options.Set = None,
    files: options.ConfigFiles = None,
    profile: options.Profile = None,
    seed: options.Seed = None,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Measure the scientist: models by templates, how far ideas get, what papers score and cost.

    Every run is a run folder as `hakken run` makes it, and everything in the table is counted from the records. The
    same command goes on where it stopped, also with what an outage or an empty account ended; a run that fails by
    itself is a row with its cause. --read makes the table of runs that exist.

    \b
    Examples:
      hakken bench scientist --runs 3 --profile short
      hakken bench scientist --models local,openai:gpt-5 --templates digits,epidemic -c budget.usd=2
      hakken bench scientist --read hakken-runs --out report
    """
    from hakken.bench.scientist.files import write_report
    from hakken.cli.console import emit, shown, tell
    from hakken.core.errors import UsageError

    if folders and not read:
        raise UsageError(f"{folders[0]} is not asked for: this command makes runs.", "Say --read to read folders.")
    out = folder_for(out) if out is not None else None
    if read:
        table = _read(folders or [])
    else:
        asked = options.asked(values, files, profile, seed=seed, weak=weak).load().settings
        place = out or folder_for(Path("hakken-scientist"))
        grid, left, will = _plan(models, templates, runs, place, asked, reviewer, retry)
        _announce(grid, left, will, place, jobs)
        if dry:
            return
        out = place
        table = _run(grid, left, will, place, jobs, executor, retry)
    if out is not None:
        tell(f"report: {shown(write_report(table, out))}")
    if as_json:
        emit(table.model_dump(mode="json"))
    else:
        _show(table)


def _read(folders: list[Path]) -> Table:
    from hakken.bench.scientist import build_table, find_runs, read_run
    from hakken.core.errors import UsageError

    if not folders:
        raise UsageError("--read wants folders of runs.", "Example: hakken bench scientist --read hakken-runs.")
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder} is not a folder.", "Name folders of runs.")
    return build_table([read_run(path) for path in find_runs(folders)])


def _plan(
    models: str, templates: str, runs: int, out: Path, settings: Settings, reviewer: str | None, retry: bool
) -> tuple[list[Job], list[Job], Expected]:
    """All runs, those that are not over, and what these will use; what is missing for them is said now."""
    from hakken.bench.scientist.grid import check_as_begun, expected, is_over, make_grid
    from hakken.cli.preflight import check
    from hakken.research.experiments import load_template

    if reviewer is not None:
        settings = settings.model_copy(
            update={"models": settings.models.model_copy(update={"review": reviewer, "judge": reviewer})}
        )
    loaded = [load_template(name) for name in _names(templates, "--templates")]
    grid = make_grid(_names(models, "--models"), loaded, runs, out, settings)
    check_as_begun(grid)
    left = [job for job in grid if not is_over(job, retry=retry)]
    for job in {job.model: job for job in left}.values():
        check(job.settings)
    return grid, left, expected(left)


def _names(text: str, option: str) -> list[str]:
    from hakken.core.errors import UsageError

    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise UsageError(f"{option} names nothing.", f"Example: {option} local.")
    return found


def _announce(grid: list[Job], left: list[Job], will: Expected, out: Path, at_once: int) -> None:
    """Say what is about to happen, and what it may spend."""
    from hakken.bench.pace import counted
    from hakken.cli.console import clock, money, shown, tell, unenforced

    models, templates = {job.model for job in grid}, {job.template.name for job in grid}
    tell(
        f"{counted(len(grid), 'run')} (models: {len(models)}, templates: {len(templates)}) in {shown(out)}: "
        f"{len(grid) - len(left)} are over, {len(left)} to go, {at_once} at once"
    )
    if not left:
        return
    usage = will.usage
    tell(
        f"Forecast: about {usage.calls:,} model calls, {usage.prompt_tokens:,} prompt and "
        f"{usage.completion_tokens:,} generated tokens, {clock(will.model_seconds(at_once))} of model time, "
        f"{money(usage.usd, will.priced)}; trials take their time beside it"
    )
    if beyond := unenforced(left[0].settings.budget, will.unpriced):
        tell(f"  {beyond}")
        return
    example = "budget.usd=2" if will.priced else "budget.tokens=1000000"
    limit = f"no limit in US$ is set: -c {example} limits each run"
    tell(f"  at most: {limit if will.most_usd is None else money(will.most_usd)}")


def _run(
    grid: list[Job], left: list[Job], will: Expected, out: Path, at_once: int, executor: str, retry: bool
) -> Table:
    from hakken.bench.scientist import build_table
    from hakken.bench.scientist.running import run_table
    from hakken.cli.bench.scientist_progress import Follower

    follower = Follower(grid, len(left), will.model_seconds(at_once), out)
    return build_table(run_table(grid, follower, at_once=at_once, executor=executor, retry=retry))


def _show(table: Table) -> None:
    """The table on a terminal, with the lines that do not fit into it below."""
    import sys

    from rich.console import Console
    from rich.table import Table as Grid

    from hakken.bench.scientist.table import failures_of
    from hakken.bench.scientist.texts import cell_notes
    from hakken.bench.scientist.wording import HEAD, NAMES, names_of, values_of
    from hakken.cli.console import say

    grid = Grid(show_lines=True)
    for name in NAMES:
        grid.add_column(name, overflow="fold")
    for name in HEAD:
        grid.add_column(name, justify="right")
    for cell in table.cells:
        values = [f"{seen}\n{interval}" if interval else seen for seen, interval in values_of(cell)]
        grid.add_row(*names_of(cell), *values)
    # A pipe has no width: the table must not be broken for it.
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 300).print(grid)
    for note in (*table.notes, *cell_notes(table)):
        say(f"  {note}")
    for model, reviewer, template, cause, count in failures_of(table):
        say(f"  failures of {model} on {template}, reviewed by {reviewer}: {cause} ×{count}")

"""``hakken bench import``: tasks of other benchmarks, from the user's own copies of their files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hakken.cli import options
from hakken.cli.bench.common import Keeping, Workers, open_lab, sizes_of
from hakken.cli.places import folder_for

if TYPE_CHECKING:
    from hakken.bench.importing import Imported

_HELP = """Import tasks of other benchmarks, from your own copies of their files.

\b
Examples:
  hakken bench import autoexperiment MLRC --out tasks
  hakken bench import researchcodebench pset --out tasks --json
"""
app = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode=None)
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of the benchmark's files.")]
Out = Annotated[Path, typer.Option(help="Folder that the tasks go to.")]


@app.command()
def autoexperiment(
    folder: Folder,
    out: Out = Path("hakken-tasks"),
    repos: Annotated[Path | None, typer.Option(help="Folder with PAPER/code, where it is another one.")] = None,
    n: Annotated[str, typer.Option("-n", help="How many functions are masked: 1, 0..5 or 1,3.")] = "1",
    mode: Annotated[
        str, typer.Option(help="What a masked body keeps: none, docstring, description, oracle.")
    ] = "description",
    limit: Annotated[int, typer.Option(min=1, help="Most tasks of a paper and size.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample.")] = 0,
    hidden: Annotated[
        Path | None, typer.Option(help="Hidden configurations: a TOML file, or a folder of PAPER.toml.")
    ] = None,
    no_check: Annotated[bool, typer.Option("--no-check", help="Do not run the unmasked repositories.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Write also what does not run on this machine.")] = False,
    seconds: Annotated[float, typer.Option(min=0.1, help="What an experiment takes on a usual machine.")] = 60.0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again what was kept of an earlier import.")] = False,
    workers: Workers = 2,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Import the data set of AutoExperiment: its problems, under its ids, as task folders.

    Needs its .jsonl (or .csv) files and the papers' repositories as PAPER/code. Each experiment of the unmasked
    repositories is run once; problems whose experiments do not run here (a GPU, a package, data) are listed, with
    the reason. What they gave is kept: the same command continues where it was stopped.

    \b
    Examples:
      hakken bench import autoexperiment AutoExperiment/dataset/MLRC --out tasks
      hakken bench import autoexperiment MLRC -n 1..3 --mode oracle --limit 20
    """
    from hakken.bench.importing import import_autoexperiment
    from hakken.bench.types import MaskMode
    from hakken.core.errors import UsageError

    sizes = sizes_of(n)
    if mode not in {m.value for m in MaskMode}:
        raise UsageError(f"There is no mode {mode!r}.", f"Take one of: {', '.join(m.value for m in MaskMode)}.")
    _there(folder)
    target = folder_for(out)
    if hidden is not None and not hidden.exists():
        raise UsageError(f"There is no {hidden}.", "Mend the path, or leave --hidden out.")
    with open_lab(workers, weak, _keeping(repos or folder, fresh)) as lab:
        done = import_autoexperiment(
            folder,
            target,
            lab,
            repositories=repos,
            sizes=sizes,
            mode=MaskMode(mode),
            limit=limit,
            seed=seed,
            hidden=hidden,
            check=not no_check,
            every=every,
            seconds=seconds,
        )
    _show(done, as_json)


@app.command()
def researchcodebench(
    folder: Folder,
    out: Out = Path("hakken-tasks"),
    only: Annotated[list[str] | None, typer.Option(help="This problem; may be repeated.")] = None,
    test: Annotated[str, typer.Option(help="Test program in the folder of a problem.")] = "paper2code_test.py",
    seconds: Annotated[float, typer.Option(min=0.1, help="What the tests take on a usual machine.")] = 10.0,
    workers: Workers = 2,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Import snippets between tags, with the tests that compare them with the original, as task folders.

    Takes the folder of ResearchCodeBench that holds papers.yaml, or any folder with tagged files and tests.

    \b
    Examples:
      hakken bench import researchcodebench ResearchCodeBench/pset --out tasks
      hakken bench import researchcodebench my_code --test test_equivalence.py
    """
    from hakken.bench.importing import import_researchcode

    _there(folder)
    target = folder_for(out)
    with open_lab(workers, weak) as lab:
        done = import_researchcode(folder, target, lab, test=test, only=only or (), seconds=seconds)
    _show(done, as_json)


@app.command()
def scaled(
    tasks: Annotated[Path, typer.Argument(metavar="TASKS", help="Imported snippets.")],
    attempts: Annotated[Path, typer.Argument(metavar="ATTEMPTS", help="Folder of `hakken bench run`.")],
    agent: Annotated[str | None, typer.Option(help="This agent, where there are attempts of several.")] = None,
    as_json: options.Json = False,
) -> None:
    """Score attempts at imported snippets as ResearchCodeBench does: solved lines of code over all lines.

    \b
    Examples:
      hakken bench import scaled tasks hakken-attempts
    """
    from hakken.bench.attempts.attempt import read_attempts
    from hakken.bench.importing.scaled import scaled_pass_at_1, weights_of
    from hakken.cli.console import emit, say, tell

    _there(tasks)
    _there(attempts)
    there, strange = read_attempts(attempts)
    for path in strange:
        tell(f"  note: {path.name} is no attempt of this version, and is left out")
    found = scaled_pass_at_1([a for a in there if agent is None or a.agent == agent], weights_of(tasks))
    if as_json:
        emit(found.model_dump(mode="json"))
        return
    interval = f" [{found.low:.3f}, {found.high:.3f}]" if found.low is not None else " (one paper gives no interval)"
    say(f"scaled pass@1 {found.scaled:.3f}{interval}: {found.passed_lines:g} of {found.lines} lines")
    say(f"pass@1        {found.plain:.3f}: {found.snippets} snippets, {found.papers} papers, {found.seeds} passes")
    if found.missing:
        say(f"  {len(found.missing)} snippets without an attempt count as failed")
    if found.former:
        say(f"  {found.former} attempts at other tasks of these names, as of an earlier import, are left out")


def _keeping(repositories: Path, fresh: bool) -> Keeping:
    """What experiments gave is kept in the user's cache, by the packages that any of the repositories imports."""
    from hakken.bench.experiments.requirements import imported_packages
    from hakken.core.config import user_cache_dir

    # One by one: what a repository calls its own is a package of others.
    places = [path for path in repositories.iterdir() if path.is_dir()] if repositories.is_dir() else []
    return Keeping(user_cache_dir() / "bench", {name for place in places for name in imported_packages(place)}, fresh)


def _there(folder: Path) -> None:
    from hakken.core.errors import UsageError

    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder.", "Name a folder.")


def _show(done: Imported, as_json: bool) -> None:
    from hakken.cli.console import emit, say, shown

    if as_json:
        emit(done.model_dump(mode="json"))
        _check_some(done)
        return
    for reason, tasks in done.by_reason().items():
        named = ", ".join(tasks[:4]) + (f" and {len(tasks) - 4} more" if len(tasks) > 4 else "")
        say(f"  left out: {named}: {reason}")
    for note in done.notes:
        say(f"  note: {note}")
    say(f"{len(done.tasks)} tasks of {done.benchmark} in {shown(Path(done.folder))}, {len(done.left_out)} left out")
    _check_some(done)


def _check_some(done: Imported) -> None:
    """What was left out, and why, has been said; a script hears that there is nothing to go on with."""
    if not done.tasks:
        raise typer.Exit(1)

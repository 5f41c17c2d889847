"""``hakken bench make``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hakken.cli import options
from hakken.cli.bench.common import Workers, open_lab, sizes_of


def make(
    repository: Annotated[Path, typer.Argument(metavar="REPO", help="Folder of a repository, or of a suite.")],
    command: Annotated[
        list[str] | None, typer.Option(help="A command line that reproduces numbers; may be repeated.")
    ] = None,
    results: Annotated[
        list[str] | None, typer.Option(help="JSON file that the command writes; found by running it when not given.")
    ] = None,
    paper: Annotated[Path | None, typer.Option(help="The paper, as Markdown or plain text.")] = None,
    function: Annotated[
        list[str] | None, typer.Option(metavar="FILE:NAME", help="A function that may be masked; else they are found.")
    ] = None,
    hidden: Annotated[Path | None, typer.Option(help="TOML file of hidden configurations for grading.")] = None,
    out: Annotated[Path, typer.Option(help="Folder that the tasks go to.")] = Path("hakken-tasks"),
    n: Annotated[str, typer.Option("-n", help="How many functions are masked: 1, 1..5 or 1,3.")] = "1",
    mode: Annotated[
        str, typer.Option(help="What a masked body keeps: none, docstring, description, oracle.")
    ] = "docstring",
    limit: Annotated[int, typer.Option(min=1, help="Most tasks of each size.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample of combinations.")] = 0,
    seconds: Annotated[float, typer.Option(min=0.1, help="What a command takes on a usual machine.")] = 60.0,
    workers: Workers = 2,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Make tasks of a repository: mask functions, prove that they are needed, take the results out of the paper.

    The commands run in a sandbox without network, several times. Each task is a folder in the layout of Harbor.

    \b
    Examples:
      hakken bench make my_repo --command "python train.py --out results.json" --paper paper.md
      hakken bench make my_repo --command "python a.py" --command "python b.py" -n 1..3 --hidden hidden.toml
      hakken bench make my_suite/my_repo --mode oracle --out tasks --json
    """
    from hakken.bench.adopting import adopt
    from hakken.bench.making import make_tasks, prove, write
    from hakken.bench.types import MaskMode
    from hakken.cli.console import emit, say, shown
    from hakken.core.errors import UsageError

    sizes = sizes_of(n)
    if mode not in {m.value for m in MaskMode}:
        raise UsageError(f"There is no mode {mode!r}.", f"Take one of: {', '.join(m.value for m in MaskMode)}.")
    with open_lab(workers, weak) as lab:
        source = adopt(
            repository,
            command or [],
            lab.executor,
            results=results or [],
            paper=paper,
            functions=function or [],
            hidden=hidden,
            seconds=seconds,
            allow_weak=weak,
        )
        proved = prove(source, lab)
        tasks = make_tasks(proved, sizes, mode=MaskMode(mode), seed=seed, limit=limit)
        if not tasks:
            raise UsageError(
                f"{len(proved.functions)} functions can be masked, fewer than -n {n} asks for.", "Take a smaller -n."
            )
        folders = [write(task, proved, out.absolute()) for task in tasks]
    notes = [*proved.dropped, *proved.notes, *(f"leak: {leak}" for leak in proved.leaks)]
    if as_json:
        emit(
            {
                "folder": str(out.absolute()),
                "tasks": [
                    {
                        "id": t.id,
                        "n": t.n,
                        "functions": [str(f) for f in t.functions],
                        "experiments": [e.name for e in t.experiments],
                        "gold_predictable": t.gold_predictable,
                    }
                    for t in tasks
                ],
                "notes": notes,
            }
        )
        return
    for function_ in proved.functions:
        users = [name for name, needed in proved.needs.items() if str(function_) in needed]
        say(f"  {function_}  needed by {', '.join(users)}")
    for note in notes:
        say(f"  note: {note}")
    if any(task.gold_predictable for task in tasks):
        say("  note: gold_predictable: without --hidden, a solution may hard-code what it saw")
    say(f"{len(folders)} tasks in {shown(out.absolute())}")

"""``hakken bench make``."""

from __future__ import annotations

import glob
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hakken.cli import options
from hakken.cli.bench.common import Keeping, Workers, open_lab, sizes_of
from hakken.cli.places import folder_for

if TYPE_CHECKING:
    from hakken.bench.tasks.making import Proved
    from hakken.bench.types import MaskMode, Source, Task

Leaks = Annotated[bool, typer.Option("--allow-leaks", help="Mask functions whose code stays in a file that is needed.")]

Memory = Annotated[
    int | None, typer.Option("--memory-mb", min=64, help="Memory that a run may use.", show_default="2048")
]
Disk = Annotated[int | None, typer.Option("--disk-mb", min=1, help="What a run may write.", show_default="512")]


def make(
    repository: Annotated[Path, typer.Argument(metavar="REPO", help="Folder of a repository, or of a suite.")],
    command: Annotated[
        list[str] | None, typer.Option(help="A command line that reproduces numbers; may be repeated.")
    ] = None,
    results: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="JSON, JSON lines, CSV or TSV file that it writes, or - for what it prints; found when not given.",
        ),
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
    memory: Memory = None,
    disk: Disk = None,
    leaks: Leaks = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what was kept of an earlier run.")] = False,
    workers: Workers = 2,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Make tasks of a repository: mask functions, prove that they are needed, take the results out of the paper.

    The commands run in a sandbox without network, several times; the same command continues where it was stopped.
    Numbers are read from the file that a command writes, or else from what it prints. Each task is a folder in the
    layout of Harbor.

    \b
    Examples:
      hakken bench make my_repo --command "python train.py --out results.json" --paper paper.md
      hakken bench make my_repo --command "python a.py" --command "python b.py" -n 1..3 --hidden hidden.toml
      hakken bench make my_repo --command "python evaluate.py" --results scores.csv --memory-mb 8192
      hakken bench make my_repo --command "python evaluate.py" --results -
      hakken bench make my_suite/my_repo --mode oracle --out tasks --json
    """
    from hakken.bench.tasks.adopting import adopt
    from hakken.bench.tasks.making import prove
    from hakken.bench.trees import scratch

    sizes, kind, target = sizes_of(n), _mode(mode), folder_for(out)
    with (
        scratch("hakken-make-") as place,
        open_lab(workers, weak, _keeping(repository, command, fresh)) as lab,
    ):
        source = adopt(
            _staged(repository, place, (out, hidden)) if command else repository,
            command or [],
            lab,
            results=results or [],
            paper=paper,
            functions=function or [],
            hidden=hidden,
            seconds=seconds,
            memory_mb=memory,
            disk_mb=disk,
        )
        source = source.model_copy(update={"origin": repository.resolve()})
        _announce(source)
        _write(prove(source, lab, allow_leaks=leaks), sizes, kind, seed, limit, target, as_json)


def _staged(repository: Path, place: Path, others: tuple[Path | None, ...]) -> Path:
    """The repository as it was when the command began, without tasks and configurations that lie in it."""
    from hakken.bench.tasks.adopting import staged
    from hakken.cli.console import tell

    if not repository.is_dir():
        return repository  # `adopt` says what is wrong
    return staged(repository, place, others, lambda text: tell(f"  {text}"))


def _mode(name: str) -> MaskMode:
    from hakken.bench.types import MaskMode
    from hakken.core.errors import UsageError

    if name not in {m.value for m in MaskMode}:
        raise UsageError(f"There is no mode {name!r}.", f"Take one of: {', '.join(m.value for m in MaskMode)}.")
    return MaskMode(name)


def _keeping(repository: Path, command: list[str] | None, fresh: bool) -> Keeping:
    """What is measured is kept in the user's cache, by the packages that the repository imports."""
    from hakken.bench.experiments.requirements import imported_packages
    from hakken.bench.tasks.suite import FILE
    from hakken.core.config import user_cache_dir

    root = repository / "repo" if (repository / FILE).is_file() and not command else repository
    return Keeping(user_cache_dir() / "bench", imported_packages(root) if root.is_dir() else (), fresh)


def _announce(source: Source) -> None:
    """Say what is going to be run, before it is."""
    from hakken.bench.pace import counted
    from hakken.cli.console import tell

    count = len(source.experiments)
    hidden = sum(len(e.hidden) for e in source.experiments)
    runs = count + 3 * (count + hidden)
    each = f"{count} commands" if count > 1 else "1 command"
    also = f", and in {hidden} hidden configuration{'s' if hidden > 1 else ''}" if hidden else ""
    functions = (
        f"each of {counted(len(source.maskable), 'function')}" if source.maskable else "each function that they execute"
    )
    where = dict.fromkeys("what is printed" if e.prints else e.results for e in source.experiments)
    tell(f"{each} of {source.name}, for {', '.join(where)}")
    tell(f"  {runs} runs: each once traced, and 3 times as it is{also}")
    tell(f"  then without {functions}, and with trivial bodies in their places")


def _write(
    proved: Proved, sizes: Sequence[int], mode: MaskMode, seed: int, limit: int, out: Path, as_json: bool
) -> None:
    """Write the tasks, and say what they are."""
    from hakken.bench.pace import Pace
    from hakken.bench.tasks.making import make_tasks, write
    from hakken.cli.console import tell
    from hakken.core.errors import UsageError

    tasks = make_tasks(proved, sizes, mode=mode, seed=seed, limit=limit)
    count = len(proved.functions)
    if not tasks:
        raise UsageError(
            f"-n {sizes[0]} asks for more functions than the {count} that can be masked.", f"Take -n {min(count, 5)}."
        )
    tell(f"  writing {len(tasks)} task{'s' if len(tasks) > 1 else ''}")
    pace = Pace(lambda text: tell(f"  {text}"), len(tasks), "tasks")
    for task in tasks:
        write(task, proved, out)
        pace.step()
    short = [f"no task masks {n} functions: {count} can be masked" for n in sizes if n > count]
    _show(proved, tasks, [*short, *_older(proved.source.name, tasks, out)], out, as_json)


def _older(name: str, tasks: Sequence[Task], out: Path) -> list[str]:
    """That tasks of the same repository, made earlier and not now, are in the folder too."""
    made = {task.id for task in tasks}
    count = sum(place.parent.parent.name not in made for place in out.glob(f"{glob.escape(name)}-n*/tests/task.json"))
    return [f"{count} more tasks of {name} in {out.name} were made earlier, and are as they were"] if count else []


def _show(proved: Proved, tasks: Sequence[Task], said: Sequence[str], out: Path, as_json: bool) -> None:
    from hakken.bench.pace import counted
    from hakken.bench.types import Soundness
    from hakken.cli.console import emit, say, shown

    leaks = dict.fromkeys(leak for task in tasks for leak in task.leaks)
    notes = [*proved.dropped, *proved.notes, *(f"leak: {leak}" for leak in leaks), *said]
    if as_json:
        rows = [
            {
                "id": t.id,
                "n": t.n,
                "functions": [str(f) for f in t.functions],
                "experiments": [e.name for e in t.experiments],
                "gold_predictable": t.gold_predictable,
                "leaks": t.leaks,
            }
            for t in tasks
        ]
        emit({"folder": str(out), "tasks": rows, "notes": notes})
        return
    for function in proved.functions:
        users = [name for name, needed in proved.needs.items() if str(function) in needed]
        say(f"  {function}  needed by {', '.join(users)}")
    for note in notes:
        say(f"  note: {note}")
    if any(task.gold_predictable for task in tasks):
        say("  note: gold_predictable: without --hidden, a solution may hard-code what it saw")
    if unsound := sum(task.soundness is not Soundness.SOUND for task in tasks):
        say(f"  note: scores at {counted(unsound, 'task')} of {len(tasks)} prove little, and reports keep them apart")
    say(f"{len(tasks)} task{'s' if len(tasks) > 1 else ''} in {shown(out)}")
    say(f"Next: hakken bench run {shlex.quote(str(shown(out)))} --agent oracle")

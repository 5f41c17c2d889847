"""``hakken bench make``."""

from __future__ import annotations

import glob
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hakken.cli import options
from hakken.cli.bench.common import Keeping, Workers, open_lab, sizes_of
from hakken.cli.places import folder_for

if TYPE_CHECKING:
    from hakken.bench.experiments.lab import Lab
    from hakken.bench.tasks.making import Proved
    from hakken.bench.types import MaskMode, Source, Task

Leaks = Annotated[bool, typer.Option("--allow-leaks", help="Mask functions whose code stays in a file that is needed.")]

Memory = Annotated[
    int | None, typer.Option("--memory-mb", min=64, help="Memory that a run may use.", show_default="2048")
]
Disk = Annotated[int | None, typer.Option("--disk-mb", min=1, help="What a run may write.", show_default="512")]


@dataclass(frozen=True)
class _Asked:
    """Which tasks, and where they go."""

    sizes: Sequence[int]
    mode: MaskMode
    seed: int
    limit: int
    leaks: bool
    """Also functions whose code stays in a file that is needed."""
    out: Path


def make(
    repository: Annotated[
        Path,
        typer.Argument(
            metavar="REPO", help="Folder of a repository or of a suite; or small, small/quasi_newton and the like."
        ),
    ],
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
    layout of Harbor. A suite, or one of its repositories, says itself what to run.

    \b
    Examples:
      hakken bench make my_repo --command "python train.py --out results.json" --paper paper.md
      hakken bench make my_repo --command "python a.py" --command "python b.py" -n 1..3 --hidden hidden.toml
      hakken bench make my_repo --command "python evaluate.py" --results scores.csv --memory-mb 8192
      hakken bench make my_repo --command "python evaluate.py" --results -
      hakken bench make small/quasi_newton -n 1,2 --limit 10
      hakken bench make my_suite --mode oracle --out tasks --json
    """
    from hakken.bench.tasks.adopting import adopt
    from hakken.bench.trees import scratch

    about_commands: dict[str, object] = {"results": results, "paper": paper, "function": function, "hidden": hidden}
    about_commands |= {"memory-mb": memory, "disk-mb": disk}
    asked = _Asked(sizes_of(n), _mode(mode), seed, limit, leaks, folder_for(out))
    if not command and (sources := _of_suite(repository, about_commands)):
        packages = {package for source in sources for package in source.packages}
        with open_lab(workers, weak, _keeping(packages, fresh)) as lab:
            _made(sources, lab, asked, as_json)
        return
    with (
        scratch("hakken-make-") as place,
        open_lab(workers, weak, _keeping(_imported(repository), fresh)) as lab,
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
        _made([source.model_copy(update={"origin": repository.resolve()})], lab, asked, as_json)


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


def _of_suite(what: Path, about_commands: Mapping[str, object]) -> tuple[Source, ...]:
    """The repositories of a suite, or the one that is named; none where it is no suite."""
    from hakken.bench.tasks.suite import FILE, load_suite, shipped, suite_folder
    from hakken.core.errors import UsageError

    if suite_folder(what) is None and (what.is_dir() or what.parts[0] not in shipped()):
        return ()
    if given := [name for name, value in about_commands.items() if value is not None]:
        raise UsageError(
            f"--{given[0]} is for commands, and the experiments of {what} are those of its {FILE}.",
            f"Write it into {FILE}, or give commands.",
        )
    return load_suite(what)


def _imported(repository: Path) -> Collection[str]:
    from hakken.bench.experiments.requirements import imported_packages

    return imported_packages(repository) if repository.is_dir() else ()


def _keeping(packages: Collection[str], fresh: bool) -> Keeping:
    """What is measured is kept in the user's cache, by the packages that the repositories import."""
    from hakken.core.config import user_cache_dir

    return Keeping(user_cache_dir() / "bench", packages, fresh)


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


def _made(sources: Sequence[Source], lab: Lab, asked: _Asked, as_json: bool) -> None:
    """Prove the repositories, write the tasks of each as soon as it is proved, and say what they are."""
    from hakken.bench.tasks.making import prove
    from hakken.cli.console import emit, say, shown
    from hakken.core.errors import UsageError

    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    most = 0
    for source in sources:
        _announce(source)
        proved = prove(source, lab, allow_leaks=asked.leaks)
        most = max(most, len(proved.functions))
        tasks, said = _written(proved, asked)
        rows += map(_row, tasks)
        notes += said if len(sources) == 1 else [f"{source.name}: {note}" for note in said]
        if tasks and not as_json:
            _show(proved, tasks, said, short=len(sources) > 1)
    if not rows:
        raise UsageError(
            f"-n {asked.sizes[0]} asks for more functions than the {most} that can be masked.",
            f"Take -n {min(most, 5)}.",
        )
    if as_json:
        emit({"folder": str(asked.out), "tasks": rows, "notes": notes})
        return
    say(f"{len(rows)} task{'s' if len(rows) > 1 else ''} in {shown(asked.out)}")
    say(f"Next: hakken bench run {shlex.quote(str(shown(asked.out)))} --agent oracle")


def _written(proved: Proved, asked: _Asked) -> tuple[list[Task], list[str]]:
    """Write the tasks of a repository; what is to be known about them."""
    from hakken.bench.pace import Pace, counted
    from hakken.bench.tasks.making import make_tasks, write
    from hakken.cli.console import tell

    tasks = list(make_tasks(proved, asked.sizes, mode=asked.mode, seed=asked.seed, limit=asked.limit))
    count = len(proved.functions)
    tell(f"  writing {counted(len(tasks), 'task')}")
    pace = Pace(lambda text: tell(f"  {text}"), len(tasks), "tasks")
    for task in tasks:
        write(task, proved, asked.out)
        pace.step()
    leaks = dict.fromkeys(leak for task in tasks for leak in task.leaks)
    short = [f"no task masks {n} functions: {count} can be masked" for n in asked.sizes if n > count]
    older = _older(proved.source.name, tasks, asked.out)
    return tasks, [*proved.dropped, *proved.notes, *(f"leak: {leak}" for leak in leaks), *short, *older]


def _older(name: str, tasks: Sequence[Task], out: Path) -> list[str]:
    """That tasks of the same repository, made earlier and not now, are in the folder too."""
    made = {task.id for task in tasks}
    count = sum(place.parent.parent.name not in made for place in out.glob(f"{glob.escape(name)}-n*/tests/task.json"))
    return [f"{count} more tasks of {name} in {out.name} were made earlier, and are as they were"] if count else []


def _row(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "n": task.n,
        "functions": [str(f) for f in task.functions],
        "experiments": [e.name for e in task.experiments],
        "gold_predictable": task.gold_predictable,
        "leaks": task.leaks,
    }


def _show(proved: Proved, tasks: Sequence[Task], notes: Sequence[str], short: bool) -> None:
    """Say what was found; of one repository among several no function by name."""
    from hakken.bench.pace import counted
    from hakken.bench.types import Soundness
    from hakken.cli.console import say

    if short:
        say(f"{proved.source.name}: {counted(len(proved.functions), 'function')}, {counted(len(tasks), 'task')}")
    for function in () if short else proved.functions:
        users = [name for name, needed in proved.needs.items() if str(function) in needed]
        say(f"  {function}  needed by {', '.join(users)}")
    for note in notes:
        say(f"  note: {note}")
    if any(task.gold_predictable for task in tasks):
        say("  note: gold_predictable: without --hidden, a solution may hard-code what it saw")
    if unsound := sum(task.soundness is not Soundness.SOUND for task in tasks):
        say(f"  note: scores at {counted(unsound, 'task')} of {len(tasks)} prove little, and reports keep them apart")

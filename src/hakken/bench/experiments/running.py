"""Run an experiment of a repository in a fresh folder and a fresh sandbox, and read the numbers that it wrote.

``run_job`` is a pure function of its job. Whatever the repository's code does wrong comes back as data; the verdict
is made elsewhere, from the numbers alone.
"""

from __future__ import annotations

import copy
import json
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import tomlkit
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from hakken.bench.experiments.reading import Numbers, Unreadable, read_numbers, read_printed
from hakken.bench.trees import MAX_BYTES, copy_tree, overlay, scratch
from hakken.bench.types import Experiment, Variant
from hakken.core.errors import PrerequisiteError, UsageError
from hakken.core.packages import install_command, missing_modules
from hakken.core.types import FailureCause, Limits, Mount, Record, Rung, ViolationKind
from hakken.execution import open_sandbox
from hakken.research.experiments.failures import failure_of, is_starved

LEAST_SECONDS, TIMES = 20.0, 10.0
"""Limit of a command in CPU time: so many times the seconds that its author names, and never under so many."""
WAITING = 4.0
"""Wall time is so many times that: a machine that many share must not fail anybody."""
PRINTED_KB = 16 << 10
"""What is kept of an output with results in it; its last megabyte is read."""


class RunJob(Record):
    """One run of one experiment, complete."""

    tree: Path
    """Folder that the run starts from; it is copied."""
    first: tuple[PurePosixPath, ...] = ()
    """Files of it that are copied before all others, where not all may fit."""
    most_bytes: PositiveInt = MAX_BYTES
    """Of it; files that do not fit are left out."""
    files: dict[str, bytes] = {}
    """Laid over the copy."""
    removed: tuple[str, ...] = ()
    """Taken out of the copy."""
    experiment: Experiment
    variant: Variant | None = None
    env: dict[str, str] = {}
    """``{work}`` stands for the folder of the run."""
    shown: tuple[Path, ...] = ()
    """More folders that the command may read."""
    written: tuple[Path, ...] = ()
    """More folders that it may write."""
    wall_seconds: PositiveFloat | None = None
    """Less than the usual limit, where its caller has no more time."""
    rung: Rung | None = None
    allow_weak: bool = False
    label: str = ""
    """For the caller: which run it is."""


class Outcome(Record):
    """What one run gave."""

    experiment: str
    variant: str | None
    label: str = ""
    numbers: Numbers = Numbers()
    failure: str = ""
    """Why there are no numbers; empty when there are."""
    detail: str = ""
    """End of the output of a failed run."""
    stopped: bool = False
    """A limit ended it, or made it fail."""
    cut_short: bool = False
    """The parent saw it meet a limit and ended it: whatever its code says plays no part."""
    starved: bool = False
    """This machine's want of memory ended it, which may be nothing of its code."""
    cpu_seconds: NonNegativeFloat = 0.0
    wall_seconds: NonNegativeFloat = 0.0


def run_job(job: RunJob) -> Outcome:
    """Run one experiment in a copy of its tree.

    Raises:
        SandboxError: isolation could not be set up.
    """
    experiment = job.experiment
    outcome = Outcome(experiment=experiment.name, variant=job.variant.name if job.variant else None, label=job.label)
    with scratch("hakken-bench-") as place:
        work, logs = place / "work", place / "logs"
        copy_tree(job.tree, work, trusted=False, first=job.first, most_bytes=job.most_bytes)
        overlay(work, job.files)
        for path in (*job.removed, *experiment.writes):
            _remove(work / path)
        for path in experiment.writes:
            _make_parents(work, path)
        if job.variant is not None:
            apply_variant(work, job.variant)
        mounts = [
            Mount(path=work, writable=True),
            *(Mount(path=path) for path in job.shown),
            *(Mount(path=path, writable=True) for path in job.written),
        ]
        limits = limits_of(experiment)
        if job.wall_seconds is not None:
            limits = limits.model_copy(update={"wall_seconds": min(limits.wall_seconds, job.wall_seconds)})
        env = {key: value.replace("{work}", str(work)) for key, value in job.env.items()}
        with open_sandbox(
            mounts=mounts, limits=limits, env=env, workdir=work, rung=job.rung, allow_weak=job.allow_weak
        ) as box:
            result = box.exec(_argv(experiment, job.variant), stdout=logs / "stdout", stderr=logs / "stderr")
        found: dict[str, Any] = {"cpu_seconds": result.cpu_seconds, "wall_seconds": result.wall_seconds}
        failure = failure_of(result, "The command", (work, *job.shown))
        if failure is not None:
            limited = failure.cause is not FailureCause.CRASHED
            found |= {"failure": failure.message, "detail": failure.detail, "stopped": limited}
            found["starved"] = is_starved(result)
            found["cut_short"] = any(v.killed and v.kind is not ViolationKind.UNSAFE for v in result.violations)
        else:
            try:
                found["numbers"] = (
                    read_printed(result.stdout, result.stdout_bytes)
                    if experiment.prints
                    else read_numbers(work, experiment.results)
                )
            except Unreadable as error:
                found["failure"] = f"{'The standard output' if experiment.prints else experiment.results} {error}."
        return outcome.model_copy(update=found)


def run_jobs(
    jobs: Iterable[RunJob], executor: Executor, on_done: Callable[[int, Outcome], None] | None = None
) -> list[Outcome]:
    """Run jobs on an executor; outcomes come in the order of the jobs.

    A run that this machine's want of memory ended is made again once the others are over, alone. What is ended even so
    counts against its code.

    Args:
        jobs: What to run.
        executor: Where.
        on_done: Hears of each outcome when it is there, with the place of its job.
    """
    jobs = list(jobs)
    outcomes: dict[int, Outcome] = {}

    def make(places: Sequence[int], last: bool) -> None:
        futures: dict[Future[Outcome], int] = {executor.submit(run_job, jobs[place]): place for place in places}
        try:
            for future in as_completed(futures):
                place = futures[future]
                outcomes[place] = outcome = future.result()
                if on_done is not None and (last or not outcome.starved):
                    on_done(place, outcome)
        finally:
            for future in futures:
                future.cancel()

    make(range(len(jobs)), last=False)
    for place in [place for place in range(len(jobs)) if outcomes[place].starved]:
        make([place], last=True)
    return [outcomes[place] for place in range(len(jobs))]


def limits_of(experiment: Experiment) -> Limits:
    """Limits of one run: generous, so that a slow machine passes."""
    seconds = max(LEAST_SECONDS, TIMES * experiment.seconds)
    usual = Limits()
    return Limits(
        wall_seconds=WAITING * seconds,
        cpu_seconds=seconds,
        memory_mb=experiment.memory_mb,
        disk_mb=experiment.disk_mb,
        file_mb=max(usual.file_mb, experiment.disk_mb // 2),
        output_kb=PRINTED_KB if experiment.prints else usual.output_kb,
    )


def with_room(limits: Limits, experiments: Iterable[Experiment]) -> Limits:
    """Limits of a command in which any of these experiments can be run: as much memory and disk, or more."""
    each = [limits_of(experiment) for experiment in experiments]
    names = ("memory_mb", "disk_mb", "file_mb")
    return limits.model_copy(update={n: max(getattr(other, n) for other in (limits, *each)) for n in names})


def room_for(experiments: Iterable[Experiment]) -> int:
    """Bytes that are kept of a workspace: a repository of any size that is allowed, and what a run may write."""
    return MAX_BYTES + (with_room(Limits(), experiments).disk_mb << 20)


def apply_variant(tree: Path, variant: Variant) -> None:
    """Write a hidden configuration into a tree that nobody else has written to.

    Raises:
        UsageError: there is no such file, or no such key in it.
    """
    if not variant.overrides:
        return
    name = variant.file or "config.json"
    path = tree / name
    if not path.is_file():
        raise UsageError(f"The hidden configuration changes {name}, which is not in the repository.", "Mend `file`.")
    try:
        text = path.read_text(encoding="utf-8")
        config: Any = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except ValueError as error:
        raise UsageError(f"{name} is neither JSON nor TOML: {error}.", "Name a file of these kinds.") from None
    changed = override(config, variant.overrides, name)
    path.write_text(tomlkit.dumps(changed) if path.suffix == ".toml" else json.dumps(changed, indent=2) + "\n")


def override(config: Mapping[str, Any], overrides: Mapping[str, Any], name: str = "The configuration") -> Any:
    """A copy of a configuration with other values, by dotted key; each key must be there.

    Raises:
        UsageError: a key is not there.
    """
    changed: Any = copy.deepcopy(config)
    for dotted, value in overrides.items():
        place = changed
        *parents, last = dotted.split(".")
        for key in parents:
            place = place[key] if isinstance(place, dict) and key in place else None
        if not isinstance(place, dict) or last not in place:
            raise UsageError(f"{name} has no key {dotted!r}, which the hidden configuration changes.", "Mend the key.")
        place[last] = value
    return changed


def check_packages(packages: Iterable[str], *, what: str = "The repository", mend: str = "") -> None:
    """Packages that something needs are installed; ``mend`` says how where there is a better way than one by one.

    Raises:
        PrerequisiteError: one is not.
    """
    if missing := missing_modules(packages):
        raise PrerequisiteError(
            f"{what} needs {', '.join(missing)}.", f"Install it: `{mend or install_command(missing)}`."
        )


def _argv(experiment: Experiment, variant: Variant | None) -> tuple[str, ...]:
    """The command with this Python in the place of any other."""
    words = [word.replace("{python}", sys.executable) for word in experiment.command]
    if words[0] in ("python", "python3"):
        words[0] = sys.executable
    return (*words, *(variant.arguments if variant else ()))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        with suppress(FileNotFoundError, NotADirectoryError):  # a file may stand where its folder belongs
            path.unlink()


def _make_parents(work: Path, relative: str) -> None:
    """Make the folders that a result is written to; a file that an agent left in the place of one goes."""
    for parent in reversed(PurePosixPath(relative).parents[:-1]):
        place = work / parent
        if place.is_symlink() or not place.is_dir():
            place.unlink(missing_ok=True)
            place.mkdir()

"""What the commands of ``hakken bench`` share: where experiments run, where tasks lie, how sizes are written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hakken.bench.experiments.lab import Lab
    from hakken.bench.tasks.folder import TaskFolder

Workers = Annotated[int, typer.Option("--workers", "-j", min=1, help="Commands that run at once.")]


@dataclass(frozen=True)
class Keeping:
    """Where what is measured about repositories is kept."""

    folder: Path
    packages: Collection[str]
    """Those that the repositories need: another version measures again."""
    fresh: bool = False


@contextmanager
def open_lab(workers: int, weak: bool, kept: Keeping | None = None) -> Iterator[Lab]:
    """Say at once which sandbox is missing, and open the workers.

    Args:
        workers: Commands that run at once.
        weak: Accept isolation that cannot stop the network.
        kept: Where outcomes of runs are kept and found again; by default nowhere.
    """
    from hakken.bench.experiments.kept import Kept
    from hakken.bench.experiments.lab import Lab
    from hakken.cli.console import tell
    from hakken.execution import best_rung, open_executor

    rung = best_rung(allow_weak=weak)  # says at once what is missing
    store = Kept(kept.folder, kept.packages, rung.rung, fresh=kept.fresh) if kept else None
    with open_executor(workers=workers) as executor:
        yield Lab(executor, allow_weak=weak, tell=lambda text: tell(f"  {text}"), kept=store)


def sizes_of(text: str) -> list[int]:
    """``2``, ``1..5`` or ``1,3``."""
    from hakken.core.errors import UsageError

    try:
        if ".." in text:
            first, last = text.split("..")
            found = list(range(int(first), int(last) + 1))
        else:
            found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 0 or max(found) > 20:
        raise UsageError(f"-n {text!r} is no number of functions from 0 to 20.", "Write 1, 1..5 or 1,3.")
    return found


def tasks_in(folder: Path) -> tuple[TaskFolder, ...]:
    """The tasks in a folder.

    Raises:
        UsageError: there are none, and how to make some.
    """
    from hakken.bench.tasks.folder import load_tasks
    from hakken.bench.tasks.suite import suite_folder
    from hakken.core.errors import UsageError

    if found := load_tasks(folder):
        return found
    if suite_folder(folder) is None:
        raise UsageError(f"There are no tasks in {folder}.", "Make some: `hakken bench make REPO --command …`.")
    raise UsageError(
        f"{folder} is a suite, of which tasks are made first.", f"Make them: `hakken bench make {folder} --limit 5`."
    )

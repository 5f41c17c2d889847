"""What was measured once is kept: one file each, under the hash of everything that it depends on.

The hash of a run covers the folder as the command finds it, the command, its configuration and environment, and the
versions of Python, of the packages, of Hakken and of the contract. So a check that was stopped goes on, a second one
runs only what changed, and two runs that are the same are made once. Commands that run side by side share the folder.
Graders of real submissions keep nothing.
"""

from __future__ import annotations

import importlib.metadata
import stat
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from hakken.bench.experiments.reading import Form, form_of
from hakken.bench.experiments.requirements import requirements
from hakken.bench.experiments.running import Outcome, RunJob
from hakken.bench.trees import printable, walk
from hakken.bench.types import CONTRACT_VERSION, DISK_MB, MEMORY_MB, Experiment
from hakken.core.files import write_text
from hakken.core.types import Record, Rung, content_hash

R = TypeVar("R", bound=Record)
Make = Callable[[Sequence[RunJob], Callable[[int, Outcome], None]], list[Outcome]]
"""Runs jobs, and says when each is done, by its place."""
_BENCH = Path(__file__).resolve().parents[1]
_READING = ("experiments/reading.py", "experiments/forms")


class Kept:
    """A folder of findings."""

    def __init__(self, folder: Path, packages: Iterable[str], rung: Rung, *, fresh: bool = False) -> None:
        """Open it.

        Args:
            folder: Made when something is written.
            packages: Modules; the installed versions of what they belong to are a part of every hash.
            rung: How runs are isolated.
            fresh: Forget what was kept before: it is measured again and replaced.
        """
        self._folder = folder
        self._fresh = fresh
        self._made: set[str] = set()
        self._salt = content_hash(
            {
                "python": sys.version,
                "packages": {name: requirements(name) for name in sorted(set(packages))},
                "rung": rung.value,
                "hakken": [importlib.metadata.version("hakken"), CONTRACT_VERSION],
            }
        )

    def run(self, jobs: Sequence[RunJob], make: Make) -> list[Outcome]:
        """Outcomes in the order of the jobs; those that are not kept are made, each once, and kept when it is there."""
        keys = [self.key({"job": _identity(job)}) for job in jobs]
        found: dict[str, Outcome] = {}
        waiting: dict[str, RunJob] = {}
        for key, job in zip(keys, jobs, strict=True):
            if key not in found and key not in waiting:
                if (outcome := self.recall(key, Outcome)) is not None:
                    found[key] = outcome
                else:
                    waiting[key] = job
        names = list(waiting)

        def done(place: int, outcome: Outcome) -> None:
            if not outcome.stopped:  # where a limit ended it, another hour may not
                self.keep(names[place], outcome)

        found |= zip(names, make(list(waiting.values()), done), strict=True)
        return [_named(found[key], job) for key, job in zip(keys, jobs, strict=True)]

    def key(self, parts: object) -> str:
        """Name of something that depends on these parts."""
        return content_hash({"parts": parts, "salt": self._salt}).removeprefix("sha256:")

    def recall(self, key: str, kind: type[R]) -> R | None:
        """What is kept under a key; nothing where it cannot be read."""
        if self._fresh and key not in self._made:
            return None
        try:
            return kind.model_validate_json(self._path(key).read_bytes())
        except (OSError, ValidationError):
            return None

    def keep(self, key: str, record: Record) -> None:
        """Write it down."""
        self._made.add(key)
        write_text(self._path(key), record.model_dump_json(), shared=True)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key[2:]}.json"


def code_hash(names: Iterable[str], kinds: Collection[str] = (".py",)) -> str:
    """Hash of files of ``bench``, and of every file of these kinds below the folders among them."""
    files = [path for name in names for path in _files(_BENCH / name, kinds)]
    return content_hash([path.read_text(encoding="utf-8") for path in files])


def _files(place: Path, kinds: Collection[str]) -> list[Path]:
    if not place.is_dir():
        return [place]
    return sorted(path for path in place.rglob("*") if path.suffix in kinds and path.is_file())


def tree_of(root: Path) -> dict[str, str]:
    """Hash and right of execution of every regular file below a folder."""
    found = {}
    for name, info in walk(root):
        if stat.S_ISREG(info.st_mode):
            found[printable(name)] = _entry((root / name).read_bytes(), bool(info.st_mode & stat.S_IXUSR))
    return found


def _identity(job: RunJob) -> object:
    """Everything that a run depends on, as the command finds it."""
    tree = tree_of(job.tree)
    for name, data in job.files.items():
        tree[name] = _entry(data, tree.get(name, "").endswith("x"))
    gone = {*job.removed, *job.experiment.writes}
    tree = {name: entry for name, entry in tree.items() if not any(_below(name, place) for place in gone)}
    return {
        "tree": tree,
        "command": job.experiment.command,
        "results": job.experiment.results,
        "seconds": job.experiment.seconds,
        "variant": job.variant and job.variant.model_dump(mode="json", exclude={"name"}),
        "env": job.env,
        "shown": [tree_of(place) for place in job.shown],
        **_unusual(job.experiment),
    }


def _unusual(experiment: Experiment) -> dict[str, object]:
    """What most experiments have not: other limits, and results that are no JSON file, and what reads these."""
    limits = (experiment.memory_mb, experiment.disk_mb)
    found: dict[str, object] = {"limits": limits} if limits != (MEMORY_MB, DISK_MB) else {}
    if form_of(experiment.results) is not Form.JSON:
        found["read"] = code_hash(_READING)
    return found


def _named(outcome: Outcome, job: RunJob) -> Outcome:
    """The outcome of another job that is the same run, under the names of this one."""
    variant = job.variant.name if job.variant else None
    return outcome.model_copy(update={"experiment": job.experiment.name, "variant": variant, "label": job.label})


def _below(name: str, place: str) -> bool:
    return name == place or name.startswith(f"{place}/")


def _entry(data: bytes, runs: bool) -> str:
    return content_hash(data) + (" x" if runs else "")

"""What became of an import: the tasks that were written, those that were not and why, and what a user should know."""

from __future__ import annotations

from pathlib import Path

from hakken.core.errors import UsageError
from hakken.core.files import write_text
from hakken.core.types import Record

FILE = "import.json"


def check_apart(out: Path, source: Path) -> None:
    """Tasks are copies of a folder, so they cannot lie in it.

    Raises:
        UsageError: ``out`` is inside of ``source``.
    """
    if out.resolve().is_relative_to(source.resolve()):
        raise UsageError(
            f"The tasks would lie in {source}, which is copied into each of them.", "Name another place: --out FOLDER."
        )


class LeftOut(Record):
    """Tasks that were not written."""

    task: str
    reason: str


class Imported(Record):
    """One import."""

    benchmark: str
    folder: str
    tasks: tuple[str, ...]
    """Names of the folders that were written."""
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    def by_reason(self) -> dict[str, list[str]]:
        """Tasks that were left out, by why."""
        found: dict[str, list[str]] = {}
        for entry in self.left_out:
            found.setdefault(entry.reason, []).append(entry.task)
        return found

    def write(self, out: Path) -> None:
        """Keep it beside the tasks."""
        write_text(out / FILE, self.model_dump_json(indent=1) + "\n")

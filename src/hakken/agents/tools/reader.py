"""Looking at files: a range of lines with their numbers, a list, a search.

The search knows no regular expressions: this is our process, and some of them never end. The shell has ``grep``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, NonNegativeInt

from hakken.agents.tools.base import Action, Observation, Tool
from hakken.agents.tools.place import OutOfPlace, Place

_LINES = 200
_HITS = 40
_WIDE = 240


class ReadLines(Action):
    """Show lines of a text file with their numbers."""

    tool: Literal["read"] = "read"
    path: str
    """File, relative to the workspace."""
    first: int = Field(default=1, ge=1)
    """First line."""
    last: NonNegativeInt = 0
    """Last line; 0 shows as many as fit."""


class ListFiles(Action):
    """List the files of a folder, with what is below."""

    tool: Literal["list"] = "list"
    path: str = "."
    """Folder."""


class SearchText(Action):
    """Find lines that hold a text, in small or capital letters."""

    tool: Literal["search"] = "search"
    pattern: str
    """The text; several are separated by ``|``."""
    path: str = "."
    """A file, or a folder to look through."""


class Reader:
    """Shows lines."""

    arguments = ReadLines

    def __init__(self, place: Place, lines: int = _LINES) -> None:
        self._place, self._lines = place, lines

    def use(self, action: ReadLines) -> Observation:
        """Show them."""
        try:
            lines = self._place.text(action.path).split("\n")
        except OutOfPlace as error:
            return Observation(text=str(error), failed=True)
        total = len(lines) - (not lines[-1])
        if action.first > max(1, total):
            return Observation(text=f"{action.path} has {total} lines.", failed=True)
        last = min(total, action.last or total, action.first + self._lines - 1)
        shown = [f"{number:4} {lines[number - 1]}" for number in range(action.first, last + 1)]
        rest = (
            f"\n[{total - last} more lines; read on from {last + 1}]" if last < min(total, action.last or total) else ""
        )
        return Observation(text="\n".join(shown) + rest if shown else f"{action.path} is empty.")


class Lister:
    """Lists files."""

    arguments = ListFiles

    def __init__(self, place: Place) -> None:
        self._place = place

    def use(self, action: ListFiles) -> Observation:
        """List them."""
        try:
            files = self._place.files(action.path)
        except OutOfPlace as error:
            return Observation(text=str(error), failed=True)
        more = f"\n[{len(files) - _LINES} more]" if len(files) > _LINES else ""
        return Observation(text="\n".join(files[:_LINES]) + more if files else f"There are no files in {action.path}.")


class Searcher:
    """Finds lines."""

    arguments = SearchText

    def __init__(self, place: Place) -> None:
        self._place = place

    def use(self, action: SearchText) -> Observation:
        """Find them."""
        wanted = tuple(part.strip().lower() for part in action.pattern.split("|") if part.strip())
        if not wanted:
            return Observation(text="There is nothing to look for.", failed=True)
        try:
            found = list(self._hits(wanted, action.path))
        except OutOfPlace as error:
            return Observation(text=str(error), failed=True)
        if not found:
            return Observation(text=f"Nothing matches {action.pattern!r} in {action.path}.")
        more = f"\n[{len(found) - _HITS} more]" if len(found) > _HITS else ""
        return Observation(text="\n".join(found[:_HITS]) + more)

    def _hits(self, wanted: tuple[str, ...], path: str) -> Iterator[str]:
        files = self._place.files(path) or [path]
        for file in files:
            try:
                text = self._place.text(file)
            except OutOfPlace:
                if len(files) == 1:
                    raise
                continue  # data among the sources
            for number, line in enumerate(text.split("\n"), 1):
                if any(part in line.lower() for part in wanted):
                    yield f"{file}:{number}: {line.strip()[:_WIDE]}"


def reader_tools(place: Place, lines: int = _LINES) -> tuple[Tool, ...]:
    """Reading, listing and searching in a workspace."""
    return Reader(place, lines), Lister(place), Searcher(place)

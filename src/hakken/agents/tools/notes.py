"""Notes that an agent keeps for itself: they stay when its memory is cut."""

from __future__ import annotations

from typing import Literal

from hakken.agents.tools.base import Action, Observation, Tool

_MOST = 40
_LONG = 1_000


class WriteNote(Action):
    """Keep a short note: facts found, what was tried, what is next."""

    tool: Literal["note"] = "note"
    text: str
    """The note."""


class ReadNotes(Action):
    """Read all notes again."""

    tool: Literal["notes"] = "notes"


class Notebook:
    """The notes of one attempt."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def shown(self) -> str:
        """All of them, numbered."""
        return "\n".join(f"{number}. {line}" for number, line in enumerate(self.lines, 1))


class NoteWriter:
    """Writes a note."""

    arguments = WriteNote

    def __init__(self, book: Notebook) -> None:
        self._book = book

    def use(self, action: WriteNote) -> Observation:
        """Write it."""
        text = " ".join(action.text.split())
        if not text:
            return Observation(text="The note is empty.", failed=True)
        if len(self._book.lines) >= _MOST:
            return Observation(text=f"There are {_MOST} notes already.", failed=True)
        self._book.lines.append(text[:_LONG])
        return Observation(text=f"Note {len(self._book.lines)} is kept.")


class NoteReader:
    """Reads the notes."""

    arguments = ReadNotes

    def __init__(self, book: Notebook) -> None:
        self._book = book

    def use(self, action: ReadNotes) -> Observation:
        """Read them."""
        return Observation(text=self._book.shown() or "There are no notes.")


def note_tools(book: Notebook) -> tuple[Tool, ...]:
    """Writing and reading notes."""
    return NoteWriter(book), NoteReader(book)

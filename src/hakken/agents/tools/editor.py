"""Changing files: create, replace, insert, rewrite a function, and undo; an edit that breaks a file is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar, Generic, Literal, TypeVar

from pydantic import Field, NonNegativeInt

from hakken.agents.tools.base import Action, Observation, Tool
from hakken.agents.tools.functions import rewrite
from hakken.agents.tools.place import OutOfPlace, Place
from hakken.core.source import SourceError, parse

_AROUND = 3
"""Lines shown around an edit."""
_DEPTH = 50
"""Edits of a file that can be taken back."""


class CreateFile(Action):
    """Write a new file, or a whole file anew."""

    tool: Literal["create"] = "create"
    path: str
    """File, relative to the workspace."""
    text: str
    """Its whole content."""
    free: ClassVar[str] = "text"


class ReplaceText(Action):
    """Replace a piece of a file; the piece must stand in it exactly once."""

    tool: Literal["replace"] = "replace"
    path: str
    """File."""
    old: str = Field(min_length=1)
    """The piece, letter for letter, with its indentation."""
    new: str
    """What takes its place."""


class InsertLines(Action):
    """Insert lines into a file."""

    tool: Literal["insert"] = "insert"
    path: str
    """File."""
    line: NonNegativeInt
    """They go after this line; 0 is the beginning of the file."""
    text: str
    """The lines."""
    free: ClassVar[str] = "text"


class RewriteFunction(Action):
    """Put a whole function in the place of the one of that name; imports that it needs go before it."""

    tool: Literal["rewrite"] = "rewrite"
    path: str
    """File."""
    function: str
    """Its name; Class.method for a method."""
    code: str
    """The whole function, from ``def`` on."""
    free: ClassVar[str] = "code"


class UndoEdit(Action):
    """Take the last edit of a file back."""

    tool: Literal["undo"] = "undo"
    path: str
    """File."""


A = TypeVar("A", CreateFile, ReplaceText, InsertLines, RewriteFunction)


class EditHistory:
    """Edits that can be taken back, by file."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._before: dict[str, list[str | None]] = {}

    def edit(self, path: str, change: Callable[[str], str], *, create: bool = False) -> Observation:
        """Change a file, unless the change cannot be made or breaks its syntax."""
        try:
            old = None if create and not self.place.exists(path) else self.place.text(path)
            new = change(old or "")
            if new == old:
                return _refused(f"{path} would stay as it is.")
            if path.endswith(".py"):
                _check(new, path)
            self.place.write(path, new)
        except (OutOfPlace, SourceError) as error:
            return _refused(str(error))
        # A path has many spellings, and one history.
        steps = self._before.setdefault(_key(path), [])
        steps.append(old)
        del steps[:-_DEPTH]
        return Observation(text=_shown(path, old, new))

    def undo(self, path: str) -> Observation:
        """Take the last edit of a file back."""
        steps = self._before.get(_key(path), [])
        if not steps:
            return _refused(f"There is no edit of {path} to take back.")
        before = steps.pop()
        try:
            if before is None:
                self.place.remove(path)
                return Observation(text=f"{path} is gone again.")
            self.place.write(path, before)
        except OutOfPlace as error:
            return _refused(str(error))
        return Observation(text=f"{path} is as it was before the last edit.")


class EditTool(Generic[A]):
    """Edits a file in one way.

    Args:
        arguments: What the agent gives, the file's ``path`` among it.
        change: From the text as it is to the text as it should be.
        history: Where the edit is kept, so that it can be taken back.
        create: Whether the file may be a new one.
    """

    def __init__(
        self, arguments: type[A], change: Callable[[str, A], str], history: EditHistory, *, create: bool = False
    ) -> None:
        self.arguments: type[A] = arguments
        self._change: Callable[[str, A], str] = change
        self._history, self._create = history, create

    def use(self, action: A) -> Observation:
        """Edit it."""
        return self._history.edit(action.path, lambda text: self._change(text, action), create=self._create)


class Undoer:
    """Takes edits back."""

    arguments = UndoEdit

    def __init__(self, history: EditHistory) -> None:
        self._history = history

    def use(self, action: UndoEdit) -> Observation:
        """Take one back."""
        return self._history.undo(action.path)


def editor_tools(history: EditHistory) -> tuple[Tool, ...]:
    """All of them, over one history."""
    return (
        EditTool(CreateFile, lambda _, action: _ended(action.text), history, create=True),
        EditTool(ReplaceText, _replaced, history),
        EditTool(InsertLines, _inserted, history),
        EditTool(RewriteFunction, lambda text, action: rewrite(text, action.function, action.code), history),
        Undoer(history),
    )


def _replaced(text: str, action: ReplaceText) -> str:
    count = text.count(action.old)
    if count != 1:
        where = "does not stand" if count == 0 else f"stands {count} times"
        mend = "read the file and copy it letter for letter" if count == 0 else "take more of the lines around it"
        raise SourceError(f"The piece {where} in {action.path}: {mend}.")
    return text.replace(action.old, action.new)


def _inserted(text: str, action: InsertLines) -> str:
    lines = text.split("\n")
    total = len(lines) - (not lines[-1])
    if action.line > total:
        raise SourceError(f"{action.path} has only {total} lines.")
    return "\n".join([*lines[: action.line], action.text.rstrip("\n"), *lines[action.line :]])


def _check(text: str, path: str) -> None:
    try:
        parse(text)
    except SourceError as error:
        raise SourceError(f"The edit is refused, {path} would break: {error}{_around(text, str(error))}") from None


def _around(text: str, reason: str) -> str:
    """The lines where the syntax breaks."""
    at = re.search(r"in line (\d+)", reason)
    if at is None:
        return ""
    lines, line = text.split("\n"), int(at[1])
    return "\n" + "\n".join(f"{n:4} {lines[n - 1]}" for n in range(max(1, line - 2), min(len(lines), line + 1) + 1))


def _shown(path: str, old: str | None, new: str) -> str:
    """The changed lines with a few around them."""
    before, after = (old or "").split("\n"), new.split("\n")
    first = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    tail = 0
    while tail < min(len(before), len(after)) - first and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    low, high = max(0, first - _AROUND), min(len(after), len(after) - tail + _AROUND)
    lines = [f"{n + 1:4} {after[n]}" for n in range(low, high)]
    return "\n".join([f"{path} is {'changed' if old is not None else 'written'}:", *lines])


def _refused(text: str) -> Observation:
    return Observation(text=text, failed=True, refused_edit=True)


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


def _key(path: str) -> str:
    return "/".join(part for part in path.split("/") if part not in ("", "."))

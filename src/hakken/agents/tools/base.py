"""The seam of the tools: arguments in, a bounded text out. A tool never raises because of what its caller asked."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from pydantic.fields import FieldInfo

from hakken.core.errors import UsageError
from hakken.core.types import Record

LONGEST = 10_000
"""Characters of an observation that a strong model is shown."""


class Action(Record):
    """Arguments of one use of a tool; each tool has its own, told apart by the literal ``tool``."""

    free: ClassVar[str] = ""
    """The argument that is a longer text, such as code: a small model writes it plainly and not inside of JSON."""


class Observation(Record):
    """What a tool gives back."""

    text: str
    failed: bool = False
    """The tool could not do it; the text says why."""
    refused_edit: bool = False
    """It was an edit, and the file was left as it was."""
    finished: bool = False
    """The agent has ended its work."""


class Tool(Protocol):
    """One thing that an agent may do."""

    @property
    def arguments(self) -> type[Action]:
        """Its argument type; the docstring of that type is the tool's description."""
        ...

    def use(self, action: Any) -> Observation:
        """Do it."""
        ...


def clip(text: str, limit: int = LONGEST) -> str:
    """Head and tail of a text, with the number of characters left out between."""
    if len(text) <= limit:
        return text
    half = max(1, limit // 2)
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"


class Toolbox:
    """The tools of one attempt, by name.

    Args:
        tools: Each with another name.
        longest: Characters of an observation.
    """

    def __init__(self, tools: Sequence[Tool], longest: int = LONGEST) -> None:
        self._tools = {name_of(tool.arguments): tool for tool in tools}
        self._longest = longest
        if len(self._tools) != len(tools):
            raise UsageError("Two tools have the same name.", "Give each its own literal `tool`.")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tools, in the order given."""
        return tuple(self._tools)

    @property
    def types(self) -> tuple[type[Action], ...]:
        """Argument types, in the same order."""
        return tuple(tool.arguments for tool in self._tools.values())

    def use(self, action: Action) -> Observation:
        """Use the tool that an action names; what it says is cut to its head and tail."""
        found = self._tools[str(getattr(action, "tool", ""))].use(action)
        return found.model_copy(update={"text": clip(found.text, self._longest)})

    def describe(self, names: Sequence[str] | None = None) -> str:
        """What each tool does and takes, for a prompt."""
        return "\n".join(describe(self._tools[name].arguments) for name in names or self.names)


def name_of(arguments: type[Action]) -> str:
    """The literal ``tool`` of an argument type."""
    return str(arguments.model_fields["tool"].default)


def describe(arguments: type[Action]) -> str:
    """One tool on a line, its arguments below."""
    about = " ".join(inspect.cleandoc(arguments.__doc__ or "").split())
    fields = [f"    {name}: {_about(field)}" for name, field in arguments.model_fields.items() if name != "tool"]
    return "\n".join([f"- {name_of(arguments)}: {about}", *fields])


def _about(field: FieldInfo) -> str:
    said = " ".join((field.description or "").split())
    return said if field.is_required() else f"{said} Default: {field.get_default()!r}."

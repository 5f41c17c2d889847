"""Asking a model for its next step: in one reply, or piece by piece for a small model."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Literal, Protocol

from pydantic import ConfigDict, Field, ValidationError, create_model

from hakken.agents.tools.base import Action, name_of
from hakken.agents.types import LoopSettings, Style
from hakken.core.prompts import Prompt
from hakken.core.types import Message, Record, Usage
from hakken.models import Ledger

_FENCE = re.compile(r"```[a-zA-Z0-9_-]*[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
_CHOICE_TOKENS, _ARGUMENT_TOKENS, _TEXT_TOKENS = 120, 160, 700


class _Reply(Record):
    """Base of the types that are made here."""

    # Such a type has no source to look for docstrings in; and looking parses, which threads must not do side by side.
    model_config = ConfigDict(use_attribute_docstrings=False)


class Step(Record):
    """What a model decided."""

    thought: str
    action: Action | None
    usage: Usage
    calls: tuple[str, ...]


class Stepper(Protocol):
    """How steps are asked for."""

    def ask(self, ledger: Ledger, prompt: Prompt, types: Sequence[type[Action]]) -> Step:
        """One step, with one of these actions.

        Raises:
            BudgetExceeded: a limit is met.
            MalformedReply: no reply could be used.
        """
        ...


class Whole:
    """Thought and action in one reply, a union of all tools' arguments."""

    def __init__(self, settings: LoopSettings) -> None:
        self._settings = settings

    def ask(self, ledger: Ledger, prompt: Prompt, types: Sequence[type[Action]]) -> Step:
        """Ask once."""
        output = reply_type(tuple(types), self._settings.style)
        reply = ledger.ask(prompt, output, max_tokens=self._settings.reply_tokens)
        value: Any = reply.value
        said = [value.thought, *(getattr(value, name, "") for name in ("reflection", "status", "fact_check"))]
        return Step(thought="\n".join(filter(None, said)), action=value.action, usage=reply.usage, calls=(reply.key,))


class Pieces:
    """First the tool, then its short arguments, then its longer text: each reply is small and of one form.

    The later questions go on from the same conversation, so that a model which keeps its prefix reads only what is new.
    """

    def ask(self, ledger: Ledger, prompt: Prompt, types: Sequence[type[Action]]) -> Step:
        """Ask up to three times."""
        by_name = {name_of(each): each for each in types}
        chosen = ledger.ask(prompt, choice_type(tuple(by_name)), max_tokens=_CHOICE_TOKENS)
        choice: Any = chosen.value
        usage, calls = chosen.usage, [chosen.key]
        wanted = by_name[choice.tool]
        values: dict[str, Any] = {}
        said = json.dumps({"thought": choice.thought, "tool": choice.tool})
        short = arguments_type(wanted)
        if short is not None:
            prompt = _further(prompt, said, f"The arguments of {choice.tool}.")
            got = ledger.ask(prompt, short, max_tokens=_ARGUMENT_TOKENS)
            values, said = got.value.model_dump(), got.value.model_dump_json()
            usage, calls = usage + got.usage, [*calls, got.key]
        if wanted.free:
            form = "JSON" if wanted.free == "answer" else "code" if wanted.free == "code" else "text"
            prompt = _further(prompt, said, f"Now the {wanted.free} alone, as one block of {form} between ``` lines.")
            text = ledger.ask(prompt, str, max_tokens=_TEXT_TOKENS)
            values[wanted.free] = block_of(text.value)
            usage, calls = usage + text.usage, [*calls, text.key]
        try:
            action = wanted.model_validate(values)
        except ValidationError:
            action = None
        return Step(thought=choice.thought, action=action, usage=usage, calls=tuple(calls))


def block_of(text: str) -> str:
    """The longest fenced block of a reply, or all of it."""
    blocks = _FENCE.findall(text)
    return str(max(blocks, key=len)).rstrip() if blocks else text.strip()


@cache
def reply_type(types: tuple[type[Action], ...], style: Style) -> type[Record]:
    """A record of a thought and one of the actions."""
    action: Any = types[0] if len(types) == 1 else Annotated[reduce(or_, types), Field(discriminator="tool")]
    extra: dict[str, Any] = {}
    if style is Style.REFLECTION:
        extra = dict.fromkeys(("reflection", "status", "fact_check"), (str, ...))
    return create_model("Step", __base__=_Reply, thought=(str, ...), **extra, action=(action, ...))


@cache
def choice_type(names: tuple[str, ...]) -> type[Record]:
    """A record of a thought and the name of a tool."""
    # The bound keeps a weak model from thinking until the reply is cut off.
    fields: dict[str, Any] = {"thought": (Annotated[str, Field(max_length=240)], ...), "tool": (Literal[names], ...)}
    return create_model("Choice", __base__=_Reply, **fields)


@cache
def arguments_type(wanted: type[Action]) -> type[Record] | None:
    """The arguments of a tool without its longer text; None where there are none."""
    fields: dict[str, Any] = {
        name: (Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation, ...)
        for name, field in wanted.model_fields.items()
        if name not in ("tool", wanted.free)
    }
    return create_model(f"{wanted.__name__}Short", __base__=_Reply, **fields) if fields else None


def _further(prompt: Prompt, said: str, question: str) -> Prompt:
    more = (Message(role="assistant", content=said), Message(role="user", content=question))
    return prompt.model_copy(update={"messages": prompt.messages + more})

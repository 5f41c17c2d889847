"""One typed question from its first request to a usable answer, with bounded repairs. No I/O: the ledger asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hakken.core.errors import MalformedReply
from hakken.core.prompts import Prompt, prompt
from hakken.core.types import Completion, Infill, Message, Request, Usage, content_hash
from hakken.models.parsing import Unusable, parse, schema_of

T = TypeVar("T")

_QUOTED = 4_000
"""Characters of a rejected reply that are shown to the model again."""


@dataclass(frozen=True)
class Question(Generic[T]):
    """What is asked once: a prompt, the type of the answer, and a check beyond the type."""

    prompt: Prompt
    output: type[T]
    sample: int = 0
    grammar: str | None = None
    check: Callable[[T], str | None] | None = None
    """Returns the reason why a value cannot be used, in words for the model, or None."""
    max_tokens: int | None = None
    """None takes the prompt's."""
    temperature: float | None = None
    """None takes the prompt's."""
    avoid: tuple[str, ...] = ()
    """Words that a model which supports it is kept from writing."""
    infill: Infill | None = None
    """The prompt as a text with a hole, for models that fill such; what cannot be used is not repaired."""


@dataclass(frozen=True)
class Reply(Generic[T]):
    """A usable answer and how it was come by."""

    value: T
    usage: Usage
    """What its calls used when they were made."""
    key: str
    """Key of the recorded call that holds the answer."""
    tries: int
    """Replies read until one could be used."""
    rejected: tuple[str, ...]
    """Why the earlier ones could not."""
    cached: bool
    """Every reply came from the record, so that nothing was spent now."""


class Conversation(Generic[T]):
    """The state of one question: ``request`` is asked next, ``hear`` judges what came back."""

    def __init__(self, question: Question[T], seed: int, repairs: int) -> None:
        self.question = question
        self.request = first_request(question, seed)
        self._first = self.request
        # A hole has no place for a reason, and another draw costs less than a conversation about it.
        self._left = repairs if question.infill is None else 0
        self._usage = Usage()
        self._rejected: list[str] = []
        self._cached = True

    @property
    def usage(self) -> Usage:
        """What the replies heard so far used when they were made."""
        return self._usage

    def hear(self, completion: Completion, key: str, cached: bool) -> Reply[T] | MalformedReply | None:
        """Judge a reply: the answer, the end of all tries, or None when ``request`` holds a repair to ask."""
        self._usage += completion.usage
        self._cached = self._cached and cached
        try:
            value = self._read(completion)
        except Unusable as reason:
            return self._reject(completion, str(reason))
        rejected = tuple(self._rejected)
        return Reply(value, self._usage, key, len(rejected) + 1, rejected, self._cached)

    def _read(self, completion: Completion) -> T:
        question = self.question
        shaped = question.grammar is not None or question.output is not str
        try:
            value = parse(completion.text, question.output)
        except Unusable:
            if completion.finish == "length":
                raise Unusable(self._too_long()) from None
            raise
        if completion.finish == "length" and shaped and question.output is str:
            raise Unusable(self._too_long())
        if question.check and (reason := question.check(value)):
            raise Unusable(reason)
        return value

    def _too_long(self) -> str:
        return f"It was cut off after {self._first.max_tokens} tokens; be briefer."

    def _reject(self, completion: Completion, reason: str) -> MalformedReply | None:
        self._rejected.append(reason)
        name = self.question.prompt.name
        if self._left == 0:
            tries = len(self._rejected)
            return MalformedReply(f"No usable reply to {name} in {tries} {'try' if tries == 1 else 'tries'}: {reason}")
        self._left -= 1
        # Only the last reply is quoted, however many were rejected: small models have small contexts.
        follow_up = (
            Message(role="assistant", content=completion.text[:_QUOTED] or "(nothing)"),
            *prompt("models/repair", reason=reason).messages,
        )
        # Another seed for each turn: a model that repeats itself would make an equal request, answered from the record.
        seed = fold_seed(self._first.seed, len(self._rejected))
        update = {"messages": self._first.messages + follow_up, "seed": seed}
        self.request = self._first.model_copy(update=update)
        return None


def first_request(question: Question[T], seed: int) -> Request:
    """The request that a question begins with."""
    asked = question.prompt
    return Request(
        messages=asked.messages,
        purpose=asked.name,
        json_schema=None if question.grammar else schema_of(question.output),
        grammar=question.grammar,
        avoid=question.avoid,
        infill=question.infill,
        max_tokens=question.max_tokens or asked.max_tokens,
        temperature=asked.temperature if question.temperature is None else question.temperature,
        seed=fold_seed(seed, question.sample),
        sample=question.sample,
    )


def fold_seed(seed: int, sample: int) -> int:
    """One number for a run's seed and a sample index, of 31 bits, which every server accepts."""
    return int(content_hash(f"{seed}/{sample}")[7:15], 16) & 0x7FFFFFFF

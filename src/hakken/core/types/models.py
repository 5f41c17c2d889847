"""Language models: what is asked, what comes back, what it cost."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from hakken.core.types.base import Record, content_hash


class Role(StrEnum):
    """What a model is used for; the configuration maps each role to a model name."""

    IDEAS = "ideas"
    CODE = "code"
    WRITING = "writing"
    REVIEW = "review"
    JUDGE = "judge"


class Message(Record):
    """One message of a conversation, with images where the model sees."""

    role: Literal["system", "user", "assistant"]
    content: str
    images: tuple[Path, ...] = ()


class Infill(Record):
    """A text with a hole: what stands before it and after it, and other texts that help to fill it."""

    prefix: str
    suffix: str
    others: tuple[tuple[str, str], ...] = ()
    """Names and texts of other files."""


class Request(Record):
    """One question to a model, complete: equal requests may be answered from the record."""

    messages: tuple[Message, ...]
    purpose: str = ""
    """Name of the prompt that asks, such as ``ideas/propose``."""
    json_schema: dict[str, Any] | None = None
    """JSON schema that the reply must satisfy; sent where the provider supports it, checked always."""
    grammar: str | None = None
    """GBNF grammar for models that support one; ignored elsewhere, so callers check the reply too."""
    avoid: tuple[str, ...] = ()
    """Words that a model which supports it is kept from writing; elsewhere ignored, so callers check the reply."""
    infill: Infill | None = None
    """The same question as a text with a hole, for models that were trained to fill such; elsewhere ignored."""
    max_tokens: PositiveInt = 512
    temperature: NonNegativeFloat = 0.7
    seed: int = 0
    """Run seed and sample index folded into one number by the caller."""
    sample: NonNegativeInt = 0
    """Index among several replies drawn from one prompt, so that they stay several."""
    patience: PositiveFloat | None = Field(default=None, exclude=True)
    """Seconds after which nobody waits any more, where they are few; no part of the question, nor of the record."""
    room: NonNegativeInt | None = Field(default=None, exclude=True)
    """Tokens that may be generated beside the answer, where they are counted; no part of the question, nor of the
    record. None leaves them to the model: see ``Reach``."""

    def key(self, model: str) -> str:
        """Cache key: model, prompt, parameters, seed and sample."""
        return content_hash({"model": model, "request": self.model_dump(mode="json")})


class Reach(Record):
    """How many tokens a model generates for a request, where that is not ``max_tokens`` at most."""

    room: NonNegativeInt = 0
    """Beside the answer: thoughts, which count against the limit that a provider is given."""
    least: PositiveInt = 1
    """No request can be limited to fewer."""

    def of(self, request: Request) -> int:
        """The most tokens that may be generated: the limit to send."""
        beside = self.room if request.room is None else request.room
        return max(self.least, request.max_tokens + beside)


class Usage(Record):
    """What one or several calls used."""

    calls: NonNegativeInt = 0
    prompt_tokens: NonNegativeInt = 0
    completion_tokens: NonNegativeInt = 0
    seconds: NonNegativeFloat = 0.0
    usd: NonNegativeFloat = 0.0

    def __add__(self, other: Usage) -> Usage:
        """Sum field by field."""
        return Usage(
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            seconds=self.seconds + other.seconds,
            usd=self.usd + other.usd,
        )

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens


class Completion(Record):
    """A model's reply as it came, before any parsing."""

    text: str
    usage: Usage
    finish: Literal["stop", "length", "other"] = "stop"
    model: str = ""
    """The name that the provider reports, which may be more exact than the one asked for."""
    note: str = ""
    """What was wrong with the reply beside its text, such as a count of tokens that cannot be true."""


class Call(Record):
    """One model call in the record: also the entry of the response cache."""

    key: str
    model: str
    role: Role
    purpose: str
    """Stage and job, such as ``ideas/propose`` (the prompt's name)."""
    prompt_hash: str
    request: Request
    completion: Completion | None
    error: str | None = None
    """Class and sentence of the failure when there is no completion."""


class Budget(Record):
    """Limits of a run. None means no limit of that kind."""

    tokens: PositiveInt | None = None
    """Prompt and completion tokens together."""
    completion_tokens: PositiveInt | None = None
    usd: PositiveFloat | None = None
    seconds: PositiveFloat | None = None
    nodes: PositiveInt | None = None
    """Versions that a search may make, those that fail included."""


class Model(Protocol):
    """A language model behind one method. Adapters are stateless and safe to call from threads.

    One that may generate more than ``max_tokens`` also has ``reach``, a ``Reach``, and sends the limit that it gives.
    """

    @property
    def name(self) -> str:
        """The name it was opened under, such as ``local`` or ``openai:gpt-5``."""
        ...

    @property
    def strong(self) -> bool:
        """Whether it can write whole sections and edit several files (config: ``models.strong``)."""
        ...

    @property
    def parallel(self) -> int:
        """How many calls it answers at the same time without each getting slower than alone."""
        ...

    def generate(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            ModelError: the call failed; the subclass says whether trying again can help.
        """
        ...


class CallLog(Protocol):
    """Where calls are recorded, and looked up on resume. The run's store is one."""

    def find_call(self, key: str) -> Call | None:
        """The recorded successful call with this key, if there is one."""
        ...

    def record_call(self, call: Call) -> None:
        """Append one call, successful or failed."""
        ...

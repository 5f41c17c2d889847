"""What both languages of the gateway are translated into: a question, an answer, and what is wrong with a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import ValidationError

from hakken.core.text import storable
from hakken.core.types import Completion, Message, Request, Usage, content_hash
from hakken.models.gateway.tools import Tool, ToolCall, call_schema, description, read_calls

Role = Literal["system", "user", "assistant"]
LONGEST_REPLY = 4_096
"""Tokens of one reply, where a client asks for more or says nothing."""


class BadRequest(Exception):
    """A request that cannot be read; one sentence says why."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence, self.status = sentence, status


@dataclass(frozen=True)
class Ask:
    """A question as it goes to the model, and how the client wants the answer."""

    request: Request
    tools: frozenset[str] = frozenset()
    """Names that a reply may call."""
    stop: tuple[str, ...] = ()
    stream: bool = False
    usage_in_stream: bool = False


@dataclass(frozen=True)
class Answer:
    """A completion as the client gets it."""

    id: str
    model: str
    text: str
    calls: tuple[ToolCall, ...]
    usage: Usage
    finish: Literal["stop", "length", "calls"]
    stopped_at: str | None = None
    """The word of the client's that ended the reply."""


class Language(Protocol):
    """One API: how its requests are read and its replies written."""

    def read(self, body: Any) -> Ask:
        """Understand a request.

        Raises:
            BadRequest: it cannot be.
        """

    def write(self, answer: Answer) -> dict[str, Any]:
        """A whole reply."""

    def events(self, ask: Ask, answer: Answer) -> Iterator[bytes]:
        """The same reply as server-sent events."""

    def error(self, status: int, kind: str, sentence: str) -> dict[str, Any]:
        """The body of a failure."""


@dataclass(frozen=True)
class Turn:
    """One turn of a conversation; turns that came from tools are joined with what stands beside them."""

    role: Role
    text: str
    joined: bool = False


def make_request(
    turns: Iterable[Turn],
    *,
    tools: Sequence[Tool] = (),
    forced: Sequence[str] = (),
    schema: dict[str, Any] | None = None,
    max_tokens: int | None = None,
    temperature: float | None = None,
) -> Request:
    """A request of ours from the parts of a client's.

    Args:
        turns: The conversation.
        tools: What the model may call; told to it in the first system message.
        forced: Tools of which it must call one.
        schema: JSON schema of the reply, where no tool is forced.
        max_tokens: As the client has it.
        temperature: As the client has it.
    """
    told = list(turns)
    if tools:
        offer = description(tools)
        if told and told[0].role == "system":
            told[0] = Turn("system", f"{told[0].text}\n\n{offer}")
        else:
            told.insert(0, Turn("system", offer))
    messages: list[Message] = []
    before: Turn | None = None
    for turn in told:
        if before and messages and before.role == turn.role and (before.joined or turn.joined):
            messages[-1] = Message(role=turn.role, content=f"{messages[-1].content}\n{storable(turn.text)}".strip())
        else:
            messages.append(Message(role=turn.role, content=storable(turn.text)))
        before = turn
    wanted: dict[str, Any] = {} if temperature is None else {"temperature": temperature}
    return Request(
        messages=tuple(messages),
        json_schema=call_schema(forced) if forced else schema,
        max_tokens=min(max_tokens or LONGEST_REPLY, LONGEST_REPLY),
        **wanted,
    )


def make_answer(ask: Ask, completion: Completion, model: str) -> Answer:
    """What the client gets: cut where it wants a stop, its tool calls read."""
    text, stopped_at = completion.text, None
    found = sorted((at, word) for word in ask.stop if (at := text.find(word)) >= 0)
    if found:
        text, stopped_at = text[: found[0][0]], found[0][1]
    text, calls = read_calls(text, ask.tools)
    length = completion.finish == "length" and stopped_at is None
    return Answer(
        id=content_hash(completion.text)[7:31],
        model=model,
        text=text,
        calls=calls,
        usage=completion.usage,
        finish="calls" if calls else "length" if length else "stop",
        stopped_at=stopped_at,
    )


def checked(read: Callable[[], Any]) -> Any:
    """What a reader returns, its first complaint as one sentence."""
    try:
        return read()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRequest(f"{where or 'The body'}: {first['msg']}.") from None

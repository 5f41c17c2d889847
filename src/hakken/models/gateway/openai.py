"""OpenAI's chat completions and plain completions, as every coding agent speaks them.

See https://platform.openai.com/docs/api-reference/chat. A streamed reply comes whole, in one piece.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, NonNegativeFloat, PositiveInt

from hakken.models.gateway.ask import Answer, Ask, BadRequest, Turn, checked, make_request
from hakken.models.gateway.tools import Tool, call_text, result_text

_FINISH = {"stop": "stop", "length": "length", "calls": "tool_calls"}
Stop = str | Annotated[list[str], Field(max_length=16)] | None


class _Part(BaseModel):
    type: str
    text: str = ""


class _Function(BaseModel):
    name: str = Field(min_length=1, max_length=200)
    arguments: Any = ""
    description: str | None = None
    parameters: dict[str, Any] = {}


class _Call(BaseModel):
    function: _Function


class _Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] | None = None


class _StreamOptions(BaseModel):
    include_usage: bool = False


class _Schema(BaseModel):
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")


class _Format(BaseModel):
    type: str
    json_schema: _Schema | None = None


class _Common(BaseModel):
    max_tokens: PositiveInt | None = None
    temperature: NonNegativeFloat | None = None
    stop: Stop = None
    n: int | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None

    def ask(self, **fields: Any) -> Ask:
        """What is the same for both kinds of completion."""
        if self.n not in (None, 1):
            raise BadRequest("n: one reply a request; ask again for another.")
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        usage = bool(self.stream_options and self.stream_options.include_usage)
        return Ask(stop=tuple(filter(None, stop)), stream=bool(self.stream), usage_in_stream=usage, **fields)


class _Chat(_Common):
    messages: list[_Message] = Field(min_length=1, max_length=10_000)
    max_completion_tokens: PositiveInt | None = None
    tools: list[_Call] | None = Field(default=None, max_length=512)
    tool_choice: str | _Call | None = None
    response_format: _Format | None = None


class _Plain(_Common):
    prompt: str | list[str]


class Chat:
    """``/v1/chat/completions``."""

    def read(self, body: Any) -> Ask:
        """Understand a request; see ``Language``."""
        chat: _Chat = checked(lambda: _Chat.model_validate(body))
        tools, forced = _tools(chat)
        wanted = chat.response_format
        schema = wanted.json_schema.schema_ if wanted and wanted.json_schema else None
        if schema is None and wanted and wanted.type == "json_object":
            schema = {"type": "object"}
        request = make_request(
            [turn for message in chat.messages for turn in _turns(message)],
            tools=tools,
            forced=forced,
            schema=schema,
            max_tokens=chat.max_completion_tokens or chat.max_tokens,
            temperature=chat.temperature,
        )
        return chat.ask(request=request, tools=frozenset(tool.name for tool in tools))

    def write(self, answer: Answer) -> dict[str, Any]:
        """A whole reply; see ``Language``."""
        message: dict[str, Any] = {"role": "assistant", "content": answer.text}
        if answer.calls:
            message["content"] = answer.text or None
            message["tool_calls"] = _calls(answer)
        return _reply(answer, "chat.completion", {"message": message}) | {"usage": _usage(answer)}

    def events(self, ask: Ask, answer: Answer) -> Iterator[bytes]:
        """The reply as chunks; see ``Language``."""
        delta: dict[str, Any] = {"role": "assistant", "content": answer.text}
        if answer.calls:
            delta["tool_calls"] = [{"index": index, **call} for index, call in enumerate(_calls(answer))]
        kind = "chat.completion.chunk"
        yield _event(_reply(answer, kind, {"delta": delta}, finish=None))
        yield _event(_reply(answer, kind, {"delta": {}}))
        if ask.usage_in_stream:
            yield _event(_reply(answer, kind, {}) | {"choices": [], "usage": _usage(answer)})
        yield b"data: [DONE]\n\n"

    def error(self, status: int, kind: str, sentence: str) -> dict[str, Any]:
        """The body of a failure; see ``Language``."""
        return {"error": {"message": sentence, "type": kind, "param": None, "code": kind}}


class Plain(Chat):
    """``/v1/completions``: the prompt becomes the one message of the user."""

    def read(self, body: Any) -> Ask:
        """Understand a request; see ``Language``."""
        plain: _Plain = checked(lambda: _Plain.model_validate(body))
        if isinstance(plain.prompt, list) and len(plain.prompt) != 1:
            raise BadRequest("prompt: one prompt a request.")
        text = plain.prompt if isinstance(plain.prompt, str) else plain.prompt[0]
        request = make_request([Turn("user", text)], max_tokens=plain.max_tokens, temperature=plain.temperature)
        return plain.ask(request=request)

    def write(self, answer: Answer) -> dict[str, Any]:
        """A whole reply; see ``Language``."""
        return _reply(answer, "text_completion", {"text": answer.text}) | {"usage": _usage(answer)}

    def events(self, ask: Ask, answer: Answer) -> Iterator[bytes]:
        """The reply as one chunk; see ``Language``."""
        yield _event(self.write(answer))
        yield b"data: [DONE]\n\n"


def _turns(message: _Message) -> Iterator[Turn]:
    text = _text(message.content)
    if message.role in ("tool", "function"):
        yield Turn("user", result_text(text), joined=True)
    elif message.role == "assistant":
        yield Turn("assistant", text)
        for call in message.tool_calls or ():
            yield Turn("assistant", call_text(call.function.name, call.function.arguments), joined=True)
    else:
        yield Turn("user" if message.role == "user" else "system", text)


def _text(content: str | list[_Part] | None) -> str:
    if isinstance(content, list):
        if other := next((part.type for part in content if part.type not in ("text", "refusal")), None):
            raise BadRequest(f"messages: content of type {other!r} is not passed on; send text.")
        return "\n".join(part.text for part in content)
    return content or ""


def _tools(chat: _Chat) -> tuple[list[Tool], tuple[str, ...]]:
    """The tools that are offered, and those of which one must be called."""
    if not chat.tools or chat.tool_choice == "none":
        return [], ()
    tools = [Tool(t.function.name, t.function.description or "", t.function.parameters) for t in chat.tools]
    if isinstance(chat.tool_choice, _Call):
        return tools, (chat.tool_choice.function.name,)
    return tools, tuple(tool.name for tool in tools) if chat.tool_choice == "required" else ()


def _calls(answer: Answer) -> list[dict[str, Any]]:
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in answer.calls
    ]


def _reply(answer: Answer, kind: str, part: dict[str, Any], finish: str | None = "") -> dict[str, Any]:
    reason = _FINISH[answer.finish] if finish == "" else finish
    choice = {"index": 0, **part, "finish_reason": reason, "logprobs": None}
    return {"id": f"chatcmpl-{answer.id}", "object": kind, "created": 0, "model": answer.model, "choices": [choice]}


def _usage(answer: Answer) -> dict[str, int]:
    usage = answer.usage
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.tokens,
    }


def _event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()

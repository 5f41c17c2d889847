"""Anthropic's messages, which Claude Code speaks.

See https://docs.anthropic.com/en/api/messages and its page on streaming. A streamed reply comes in one piece a block.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, Field, NonNegativeFloat, PositiveInt

from hakken.models.gateway.ask import Answer, Ask, BadRequest, Turn, checked, make_request
from hakken.models.gateway.tools import Tool, call_text, result_text
from hakken.models.usage import estimate_tokens, prompt_text

_KINDS = {401: "authentication_error", 402: "billing_error", 404: "not_found_error", 413: "request_too_large"}
_THOUGHTS = ("thinking", "redacted_thinking")


class _Block(BaseModel):
    type: str
    text: str = ""
    name: str = ""
    input: Any = None
    content: str | list[dict[str, Any]] | None = None


class _Message(BaseModel):
    role: Literal["user", "assistant", "system"]
    content: str | list[_Block]


class _Tool(BaseModel):
    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    input_schema: dict[str, Any] | None = None
    """None for tools that Anthropic's own servers run, which are not there."""


class _Choice(BaseModel):
    type: str
    name: str = ""


class _Body(BaseModel):
    messages: list[_Message] = Field(min_length=1, max_length=10_000)
    system: str | list[_Block] | None = None
    max_tokens: PositiveInt | None = None
    temperature: NonNegativeFloat | None = None
    stop_sequences: list[str] = Field(default=[], max_length=16)
    stream: bool = False
    tools: list[_Tool] = Field(default=[], max_length=512)
    tool_choice: _Choice | None = None


class Messages:
    """``/v1/messages``."""

    def read(self, body: Any) -> Ask:
        """Understand a request; see ``Language``."""
        given: _Body = checked(lambda: _Body.model_validate(body))
        turns = [Turn("system", _text(given.system))] if given.system else []
        turns += [turn for message in given.messages for turn in _turns(message)]
        tools = [Tool(t.name, t.description, t.input_schema) for t in given.tools if t.input_schema is not None]
        choice = given.tool_choice
        if choice and choice.type == "none":
            tools = []
        forced = tuple(tool.name for tool in tools) if choice and choice.type == "any" else ()
        if choice and choice.type == "tool":
            forced = (choice.name,)
        request = make_request(
            turns, tools=tools, forced=forced, max_tokens=given.max_tokens, temperature=given.temperature
        )
        names = frozenset(tool.name for tool in tools)
        return Ask(request=request, tools=names, stop=tuple(filter(None, given.stop_sequences)), stream=given.stream)

    def write(self, answer: Answer) -> dict[str, Any]:
        """A whole reply; see ``Language``."""
        return _message(answer, _content(answer), _reason(answer))

    def events(self, ask: Ask, answer: Answer) -> Iterator[bytes]:
        """The reply as events; see ``Language``."""
        yield _event("message_start", {"message": _message(answer, [], None)})
        for index, block in enumerate(_content(answer)):
            empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block.get("text")}
            if block["type"] == "tool_use":
                empty = {**block, "input": {}}
                delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            yield _event("content_block_start", {"index": index, "content_block": empty})
            yield _event("content_block_delta", {"index": index, "delta": delta})
            yield _event("content_block_stop", {"index": index})
        ended = {"stop_reason": _reason(answer), "stop_sequence": answer.stopped_at}
        yield _event("message_delta", {"delta": ended, "usage": {"output_tokens": answer.usage.completion_tokens}})
        yield _event("message_stop", {})

    def error(self, status: int, kind: str, sentence: str) -> dict[str, Any]:
        """The body of a failure; see ``Language``."""
        known = _KINDS.get(status, "invalid_request_error" if status < 500 else "api_error")
        return {"type": "error", "error": {"type": known, "message": sentence}}

    def count(self, body: Any) -> dict[str, int]:
        """``/v1/messages/count_tokens``: estimated, since nobody counts before a model is asked."""
        return {"input_tokens": estimate_tokens(prompt_text(self.read(body).request))}


def _turns(message: _Message) -> Iterator[Turn]:
    if isinstance(message.content, str):
        yield Turn(message.role, message.content)
        return
    for block in message.content:
        if block.type == "text":
            yield Turn(message.role, block.text, joined=True)
        elif block.type == "tool_use":
            yield Turn("assistant", call_text(block.name, block.input), joined=True)
        elif block.type == "tool_result":
            yield Turn("user", result_text(_result(block.content)), joined=True)
        elif block.type not in _THOUGHTS:
            raise BadRequest(f"messages: content of type {block.type!r} is not passed on; send text.")


def _result(content: str | list[dict[str, Any]] | None) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", f"[{part.get('type')} left out]")) for part in content)
    return content or ""


def _text(content: str | list[_Block] | None) -> str:
    return "\n\n".join(block.text for block in content) if isinstance(content, list) else content or ""


def _content(answer: Answer) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text or not answer.calls else []
    for call in answer.calls:
        blocks.append({"type": "tool_use", "id": call.id, "name": call.name, "input": json.loads(call.arguments)})
    return blocks


def _reason(answer: Answer) -> str:
    if answer.finish == "calls":
        return "tool_use"
    if answer.finish == "length":
        return "max_tokens"
    return "stop_sequence" if answer.stopped_at else "end_turn"


def _message(answer: Answer, content: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
    usage = {"input_tokens": answer.usage.prompt_tokens, "output_tokens": answer.usage.completion_tokens}
    return {
        "id": f"msg_{answer.id}",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": answer.stopped_at if reason else None,
        "usage": usage,
    }


def _event(kind: str, data: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()

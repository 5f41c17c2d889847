"""Tool calls as text, in the form that open models are trained on (Hermes, Qwen).

A request of ours is text and so is a completion, so that every model can be used: the tools stand in the system
message, a call is a ``<tool_call>`` block in the reply, and a result a ``<tool_response>`` block.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hakken.core.prompts import prompt
from hakken.core.text import storable
from hakken.core.types import content_hash

_OPEN = re.compile(r"<tool_call>\s*")
_CLOSE = re.compile(r"\s*</tool_call>")
_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?```\s*\Z", re.DOTALL)
_DECODER = json.JSONDecoder(strict=False)
"""Models write line feeds into strings as they are."""
_MOST_CALLS = 32


@dataclass(frozen=True)
class Tool:
    """What a client lets the model call."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class ToolCall:
    """One call, its arguments as JSON."""

    id: str
    name: str
    arguments: str


def description(tools: Sequence[Tool]) -> str:
    """The part of the system message that offers tools."""
    lines = [
        json.dumps(
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
            },
            ensure_ascii=False,
        )
        for tool in tools
    ]
    return prompt("gateway/tools", tools=lines).messages[0].content


def call_text(name: str, arguments: Any) -> str:
    """A call that the model made, shown to it again."""
    if isinstance(arguments, str):
        parsed = _json(arguments)
        arguments = arguments if parsed is None else parsed
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments}, ensure_ascii=False)}\n</tool_call>"


def result_text(content: str) -> str:
    """What a call gave, shown to the model."""
    return f"<tool_response>\n{content}\n</tool_response>"


def call_schema(names: Sequence[str]) -> dict[str, Any]:
    """JSON schema of a reply that must be a call of one of these tools."""
    return {
        "type": "object",
        "properties": {"name": {"enum": list(names)}, "arguments": {"type": "object"}},
        "required": ["name", "arguments"],
    }


def read_calls(text: str, names: Collection[str]) -> tuple[str, tuple[ToolCall, ...]]:
    """The calls in a reply, and what was written beside them.

    A reply that is one JSON object and nothing else is read as a call without its tags, which weak models leave out.
    What cannot be read as a call of a known tool stays text.
    """
    if not names:
        return text, ()
    found: list[dict[str, Any]] = []
    rest: list[str] = []
    at = 0
    for start, end, value in _blocks(text):
        if (call := _call(value, names)) and len(found) < _MOST_CALLS:
            found.append(call)
            rest.append(text[at:start])
            at = end
    if not found:
        fenced = _FENCED.match(text)
        if call := _call(_json(fenced[1] if fenced else text.strip()), names):
            found, at = [call], len(text)
    rest.append(text[at:])
    stem = content_hash(storable(text))[7:19]
    calls = tuple(
        ToolCall(f"call_{stem}_{index}", call["name"], json.dumps(call["arguments"], ensure_ascii=False))
        for index, call in enumerate(found)
    )
    return "".join(rest).strip() if calls else text, calls


def _blocks(text: str) -> Iterator[tuple[int, int, Any]]:
    """JSON behind each opening tag, with where the block begins and ends; the closing tag may be missing."""
    for opened in _OPEN.finditer(text):
        try:
            value, end = _DECODER.raw_decode(text, opened.end())
        except (ValueError, RecursionError):
            continue
        closed = _CLOSE.match(text, end)
        yield opened.start(), closed.end() if closed else end, value


def _json(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _call(value: Any, names: Collection[str]) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    name = value.get("name")
    if not isinstance(name, str) or name not in names:
        return None
    arguments = value.get("arguments", {})
    if isinstance(arguments, str):
        arguments = _json(arguments)
    return {"name": name, "arguments": arguments} if isinstance(arguments, dict) else None

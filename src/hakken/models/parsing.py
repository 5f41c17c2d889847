"""From a reply's text to a typed value: leniently read, strictly validated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from hakken.core.text import values_without_controls, without_controls

T = TypeVar("T")

_THINKING, _THOUGHT = "<think>", "</think>"
_FENCE = re.compile(r"```[a-zA-Z0-9_-]*[ \t]*\n(.*?)```", re.DOTALL)
_DECODER = json.JSONDecoder(strict=False)
_BRACKET = re.compile(r"[{\[]")
_SHOWN = 3
"""Problems named in one reason."""
LONGEST = 200_000
"""Characters of a reply that are read: far more than any step asks for, and little enough to search for brackets."""
_MOST_BRACKETS = 400
"""Places where JSON may begin that are tried: hostile replies hold a million of them."""


class Unusable(Exception):
    """A reply that cannot be used, and the reason in words for the model."""


@cache
def _adapter(output: Any) -> TypeAdapter[Any]:
    return TypeAdapter(output)


def schema_of(output: Any) -> dict[str, Any] | None:
    """JSON schema to send for an output type; None for plain text.

    ``thought`` comes first in every object, so that the reasons are written before the answer, and every field is
    required, because servers that enforce a schema insist on it and optional fields are skipped by weak models.
    """
    if output is str:
        return None
    schema: dict[str, Any] = _tidy(_adapter(output).json_schema())
    return schema


def _tidy(node: Any) -> Any:
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _tidy(value) for key, value in node.items()}
    properties = node.get("properties")
    if isinstance(properties, dict) and node.get("type") == "object":
        names = sorted(properties, key=lambda name: name != "thought")
        node["properties"] = {name: properties[name] for name in names}
        node["required"] = names
    return node


def parse(text: str, output: type[T]) -> T:
    """Read a value of the type out of a reply.

    JSON is found inside fences and prose; text loses what a reasoning model thought aloud before it.

    Raises:
        Unusable: nothing in the reply fits the type; the reason says what is wrong.
    """
    text = without_controls(_without_thoughts(text)).strip()
    if len(text) > LONGEST:
        raise Unusable(f"It was {len(text):,} characters long; be briefer.")
    if not text:
        raise Unusable("It was empty.")
    if output is str:
        return text  # type: ignore[return-value]
    adapter: TypeAdapter[T] = _adapter(output)  # type: ignore[arg-type]
    problem = "It holds no JSON."
    for candidate in _candidates(text):
        try:
            # By JSON's rules, under which a list may stand for a tuple and a text for an enum.
            value: T = adapter.validate_json(json.dumps(values_without_controls(candidate)))
            return value
        except ValidationError as error:
            problem = problem if problem.startswith("It breaks") else _explain(error)
        except RecursionError:
            problem = "Its JSON is nested too deeply."
    raise Unusable(problem)


def _without_thoughts(text: str) -> str:
    """What a reasoning model says after it has thought.

    Many a server sends the thoughts along, and without the mark at their beginning where that stands in the prompt.
    Only what follows their last end is the answer: a draft of it among the thoughts was given up.

    Raises:
        Unusable: it was cut off while it thought.
    """
    _, ended, answer = text.rpartition(_THOUGHT)
    if not ended and text.lstrip().startswith(_THINKING):
        raise Unusable("It holds thoughts and no answer; be briefer.")
    return text if ended and _is_json(text) else answer


def _is_json(text: str) -> bool:
    """Whether the whole is JSON, which thoughts are not: marks inside are part of its texts."""
    if len(text) > LONGEST:
        return False
    try:
        _DECODER.decode(text.strip())
    except (ValueError, RecursionError):
        return False
    return True


def _candidates(text: str) -> Iterator[Any]:
    """JSON values in the text, the likeliest first: the whole, fenced blocks, then whatever starts with a bracket."""
    for block in (text, *_FENCE.findall(text)):
        try:
            yield _DECODER.decode(block.strip())
        except (ValueError, RecursionError):
            continue
    at = 0
    for _ in range(_MOST_BRACKETS):
        match = _BRACKET.search(text, at)
        if match is None:
            return
        try:
            value, at = _DECODER.raw_decode(text, match.start())
            yield value
        except ValueError:
            at = match.start() + 1
        except RecursionError:
            return  # a thousand brackets in a row: nobody means that


def _explain(error: ValidationError) -> str:
    problems = []
    for item in error.errors()[:_SHOWN]:
        where = ".".join(str(part) for part in item["loc"]) or "the whole"
        problems.append(f"{where}: {item['msg']}")
    return f"It breaks the schema: {'; '.join(problems)}."

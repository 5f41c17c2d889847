"""Prompts are files: ``<room>/prompts/<name>.md``, Jinja2 with a TOML front matter.

The front matter names the role and the token limit; a variable that the caller does not give is an error. No prompt
text stands in Python, so that prompts can be read and hashed into the record.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from pydantic import NonNegativeFloat, PositiveInt, ValidationError

from hakken.core.errors import ConfigError, first_problem
from hakken.core.types import Message, Record, Role, content_hash

PACKAGE = Path(__file__).resolve().parent.parent
_JINJA = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)


class Prompt(Record):
    """A rendered prompt: its messages, who answers it, and how long the answer may be."""

    name: str
    role: Role
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float
    hash: str
    """Hash of the prompt file, before rendering."""


class _Header(Record):
    """The front matter: what is not known in it is a mistake."""

    role: Role
    max_tokens: PositiveInt = 512
    temperature: NonNegativeFloat = 0.7


def prompt(name: str, **variables: Any) -> Prompt:
    """Render ``room/name``, found at ``hakken/**/room/prompts/name.md``.

    The file has a front matter between ``+++`` lines (``role``, ``max_tokens``, ``temperature``), then a system part
    and a user part separated by a line ``---``. Keep what is stable first: a shared prefix is nearly free on the
    local model.

    Raises:
        ConfigError: no such prompt, a bad front matter, or a variable that is missing.
    """
    text = _source(name)
    try:
        _, header, body = text.split("+++\n", 2)
        meta = _Header.model_validate(tomllib.loads(header))
        parts = body.split("\n---\n", 1)
        rendered = [_template(part).render(**variables).strip() for part in parts]
    except ValidationError as error:
        raise ConfigError(f"The prompt {name} has a wrong front matter: {first_problem(error)}.") from None
    except (ValueError, jinja2.TemplateError) as error:
        raise ConfigError(f"The prompt {name} cannot be rendered: {error}.") from error
    system, user = rendered if len(rendered) == 2 else ("", rendered[0])
    messages = [Message(role="system", content=system)] if system else []
    messages.append(Message(role="user", content=user))
    return Prompt(
        name=name,
        role=meta.role,
        messages=tuple(messages),
        max_tokens=meta.max_tokens,
        temperature=meta.temperature,
        hash=content_hash(text),
    )


@cache
def _template(text: str) -> jinja2.Template:
    return _JINJA.from_string(text)


@cache
def _source(name: str) -> str:
    room, _, stem = name.partition("/")
    found = sorted(PACKAGE.glob(f"**/{room}/prompts/{stem}.md"))
    if not found:
        raise ConfigError(f"There is no prompt {name}.")
    return found[0].read_text(encoding="utf-8")

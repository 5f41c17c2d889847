"""What a call used, from what a server says about it: servers leave it out, and some lie."""

from __future__ import annotations

from typing import Any

from hakken.core.types import Request, Usage

CHARS_PER_TOKEN = 4
_PROMPT_SLACK = 2_000
"""Tokens a chat template or a schema may add to a prompt."""
_IMAGE_TOKENS = 20_000
"""More than any provider counts for one image."""


def estimate_tokens(text: str) -> int:
    """Rough count for where nobody counted: four characters a token."""
    return -(-len(text) // CHARS_PER_TOKEN)


def prompt_text(request: Request) -> str:
    """Everything that is sent as text."""
    return "\n".join(message.content for message in request.messages)


def plausible_usage(request: Request, text: str, prompt: Any, completion: Any, seconds: float) -> Usage:
    """Usage as reported, or estimated where the report is missing or cannot be true.

    A prompt has at most one token a character, beside what templates, schemas and images add; a reply has at most the
    tokens that were allowed, or one a character from a server that does not keep to the limit.
    """
    sent = prompt_text(request)
    schema = len(str(request.json_schema or ""))
    images = sum(len(message.images) for message in request.messages)
    most = len(sent) + schema + _PROMPT_SLACK + images * _IMAGE_TOKENS
    return Usage(
        calls=1,
        prompt_tokens=_within(prompt, most, estimate_tokens(sent)),
        completion_tokens=_within(completion, max(request.max_tokens, len(text)), estimate_tokens(text)),
        seconds=max(0.0, seconds),
    )


def _within(reported: Any, most: int, estimate: int) -> int:
    if isinstance(reported, int) and not isinstance(reported, bool) and 0 < reported <= most:
        return reported
    return estimate

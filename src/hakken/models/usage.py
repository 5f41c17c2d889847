"""What a call used, from what a server says about it: servers leave it out, and some lie."""

from __future__ import annotations

from typing import Any

from hakken.core.types import Request, Usage

CHARS_PER_TOKEN = 4
_PROMPT_SLACK = 2_000
"""Tokens a chat template or a schema may add to a prompt."""
_IMAGE_TOKENS = 20_000
"""More than any provider counts for one image."""
_LONGEST_TOKEN = 16
"""Characters of a token, on average over a text, that no tokenizer exceeds: a report of fewer tokens is too low."""


def estimate_tokens(text: str) -> int:
    """Rough count for where nobody counted: four characters a token."""
    return -(-len(text) // CHARS_PER_TOKEN)


def prompt_text(request: Request) -> str:
    """Everything that is sent as text."""
    said = [message.content for message in request.messages]
    if request.infill is not None:
        said += [request.infill.prefix, request.infill.suffix, *(text for _, text in request.infill.others)]
    return "\n".join(said)


def plausible_usage(request: Request, text: str, prompt: Any, completion: Any, seconds: float) -> Usage:
    """Usage as reported, or estimated where the report is missing or cannot be true.

    A prompt has at most one token a character, beside what templates, schemas and images add; a reply has at most the
    tokens that were allowed, or one a character from a server that does not keep to the limit. Neither has fewer than
    its length allows: a server that says so would let a run pass its budget.
    """
    sent = prompt_text(request)
    most_sent, most_replied = _most(request, text)
    return Usage(
        calls=1,
        prompt_tokens=prompt if _believable(prompt, sent, most_sent) else estimate_tokens(sent),
        completion_tokens=completion if _believable(completion, text, most_replied) else estimate_tokens(text),
        seconds=max(0.0, seconds),
    )


def doubts(request: Request, text: str, prompt: Any, completion: Any) -> str:
    """What is wrong with a server's count of tokens, in a sentence for the record; empty where it is believed."""
    most_sent, most_replied = _most(request, text)
    sides = (("prompt", prompt, prompt_text(request), most_sent), ("reply", completion, text, most_replied))
    wrong = [f"{str(said)[:40]} for the {name}" for name, said, own, most in sides if not _believable(said, own, most)]
    return f"Tokens were counted here: the server said {' and '.join(wrong)}." if wrong else ""


def _most(request: Request, text: str) -> tuple[int, int]:
    schema = len(str(request.json_schema or ""))
    images = sum(len(message.images) for message in request.messages)
    sent = len(prompt_text(request)) + schema + _PROMPT_SLACK + images * _IMAGE_TOKENS
    return sent, max(request.max_tokens, len(text))


def _believable(reported: Any, text: str, most: int) -> bool:
    if not isinstance(reported, int) or isinstance(reported, bool):
        return False
    return max(1 if text else 0, len(text) // _LONGEST_TOKEN) <= reported <= most

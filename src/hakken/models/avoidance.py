"""Keeping the local model from writing certain words, by a bias on their tokens."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx2

from hakken.core.errors import ModelUnavailable
from hakken.models.server import ServerState

_BIAS = -100.0
_BEFORE = " ([{=+-*/,:<>~"
"""What may be one token with the name behind it."""


def avoidance(server: ServerState, words: tuple[str, ...], *, code: bool = False) -> list[list[Any]]:
    """llama.cpp's ``logit_bias`` for words of prose, capitalised ones too, or for names in code as they are.

    Only words that are one token are covered: the pieces of the others also stand in innocent words. A name that is a
    token of its own is kept out also where it would end another name or follow a dot.

    Raises:
        ModelUnavailable: the server is gone.
    """
    try:
        return [[token, _BIAS] for token in _tokens(server.url, server.key, words, code)]
    except (httpx2.HTTPError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelUnavailable(f"The local model cannot be reached: {error}.") from error


@cache
def _tokens(url: str, key: str, words: tuple[str, ...], code: bool) -> tuple[int, ...]:
    # One request for all: a space or the end of a line ends a token, so that each word is cut as it would be alone.
    if code:
        forms = [f"{before}{word}" for word in words for before in ("", *_BEFORE)]
        text = "\n".join(forms)
    else:
        forms = [f" {form}" for form in sorted({form for word in words for form in (word, word.capitalize())})]
        text = "".join(forms)
    response = httpx2.post(
        f"{url}/tokenize",
        json={"content": text, "with_pieces": True},
        headers={"Authorization": f"Bearer {key}"},
        timeout=10.0,
        trust_env=False,
    )
    response.raise_for_status()
    return tuple(sorted({t["id"] for t in response.json()["tokens"] if t["piece"] in forms}))

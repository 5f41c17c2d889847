"""Filling a hole in a text, as llama.cpp's server does it with the marks that a model was trained on."""

from __future__ import annotations

import json
import string
import time
from collections.abc import Mapping
from typing import Any, Literal

from hakken.core.errors import ModelUnavailable
from hakken.core.text import storable
from hakken.core.types import Completion, Infill, Request
from hakken.models.usage import plausible_usage
from hakken.models.wire import Endpoint, post

STOP = tuple(f"\n{first}" for first in f"{string.ascii_letters}_@#`")
"""Where the hole of a function has been left: the next line begins at the margin."""


def infill_body(request: Request, infill: Infill) -> dict[str, Any]:
    """The request as the endpoint ``/infill`` takes it."""
    return {
        "input_prefix": infill.prefix,
        "input_suffix": infill.suffix,
        "input_extra": [{"filename": name, "text": text} for name, text in infill.others],
        "prompt": "",
        "n_predict": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stop": list(STOP),
    }


def fill(endpoint: Endpoint, body: Mapping[str, Any], request: Request) -> Completion:
    """What stands in the hole.

    Raises:
        ModelError: of the subclass that fits.
    """
    start = time.monotonic()
    return read_filling(
        post(endpoint.hurried(request), "/infill", body), request, endpoint.name, time.monotonic() - start
    )


def read_filling(text: str, request: Request, name: str, seconds: float) -> Completion:
    """A completion from a reply's body.

    Raises:
        ModelUnavailable: the body is no such reply.
    """
    try:
        data = json.loads(text)
        content = storable(data["content"])
        cut = data.get("stop_type") == "limit"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelUnavailable(f"{name} sent something that fills no hole: {text[:80]!r}.") from error
    finish: Literal["stop", "length"] = "length" if cut else "stop"
    sent = request.model_copy(update={"messages": ()})  # these are for models that fill no holes
    used = plausible_usage(sent, content, data.get("tokens_evaluated"), data.get("tokens_predicted"), seconds)
    return Completion(text=content, usage=used, finish=finish)

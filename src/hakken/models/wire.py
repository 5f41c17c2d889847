"""OpenAI's chat wire, spoken by every compatible server: requests out, completions and our errors in."""

from __future__ import annotations

import atexit
import base64
import json
import mimetypes
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import httpx2

from hakken.core.errors import (
    Forbidden,
    ModelError,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    QuotaExceeded,
    RateLimited,
)
from hakken.core.text import storable, without_controls
from hakken.core.types import Completion, Message, Request
from hakken.models.usage import doubts, plausible_usage

_FINISH: dict[Any, Literal["stop", "length"]] = {"stop": "stop", "length": "length"}
_LARGEST_BODY = 32 << 20
"""Bytes; the longest reply of any model is far shorter."""
_NO_CREDIT = (
    "insufficient_quota",
    "insufficient_balance",
    "exceeded_current_quota_error",
    "credit_balance_exhausted",
    "billing_hard_limit_reached",
    "billing_not_active",
    "organization_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "project_spend_limit_exceeded",
    "used all available credits",
)
"""Codes of providers, and the words of one that gives no code. "Billing" and "credit" alone say nothing: who gets too
many requests in a minute is told to look at the plan and to add a payment method, too."""

TOO_MANY = "Wait, or lower the number of parallel calls."


def chat_body(request: Request, model: str) -> dict[str, Any]:
    """The request as JSON, without what only some servers understand."""
    return {
        "model": model,
        "messages": [_message(message) for message in request.messages],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
    }


def _message(message: Message) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.content}
    parts: list[dict[str, Any]] = [{"type": "text", "text": message.content}]
    parts += [{"type": "image_url", "image_url": {"url": _data_uri(path)}} for path in message.images]
    return {"role": message.role, "content": parts}


def _data_uri(path: Path) -> str:
    kind = mimetypes.guess_type(path.name)[0] or "image/png"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


@dataclass(frozen=True)
class Endpoint:
    """A server, and how long to wait for it."""

    url: str
    headers: Mapping[str, str]
    timeout: float
    name: str
    """As users know it."""
    local: bool = False
    """It is our own process on this machine, which no proxy reaches and none shall hear of."""

    def hurried(self, request: Request) -> Endpoint:
        """The same where no more time is left than the request's patience."""
        if request.patience is None or request.patience >= self.timeout:
            return self
        return replace(self, timeout=request.patience)


@cache
def _client(local: bool) -> httpx2.Client:
    # One of each for the process: connections are pooled, and certificates are read once.
    client = httpx2.Client(trust_env=not local)
    atexit.register(client.close)
    return client


def chat(endpoint: Endpoint, body: Mapping[str, Any], request: Request) -> tuple[Completion, dict[str, Any]]:
    """One chat completion, and the raw reply for what else a server says.

    Raises:
        ModelError: of the subclass that fits.
    """
    start = time.monotonic()
    text = post(endpoint.hurried(request), "/chat/completions", body)
    return read_completion(text, request, endpoint.name, time.monotonic() - start)


def post(endpoint: Endpoint, path: str, body: Mapping[str, Any]) -> str:
    """The body of a server's answer.

    Raises:
        ModelError: of the subclass that fits.
    """
    start, name = time.monotonic(), endpoint.name
    timeout = httpx2.Timeout(endpoint.timeout, connect=min(10.0, endpoint.timeout))
    try:
        url, client = f"{endpoint.url}{path}", _client(endpoint.local)
        with client.stream("POST", url, json=body, headers=endpoint.headers, timeout=timeout) as response:
            text = _text(response, start + endpoint.timeout, name)
    except httpx2.TimeoutException as error:
        raise ModelTimeout(f"{name} did not answer in time.", "Raise models.timeout_seconds if it is slow.") from error
    except httpx2.TransportError as error:
        raise ModelUnavailable(
            f"{name} cannot be reached: {error}.", f"Is a server running at {endpoint.url}?"
        ) from error
    if response.is_error:
        raise error_for(response.status_code, text, response.headers, name)
    return text


def _text(response: httpx2.Response, end: float, name: str) -> str:
    """The body, within a size and a time: the client's own time-out is one between bytes.

    Raises:
        ModelTimeout: it went on for too long.
        ModelUnavailable: it is too large to be a reply.
    """
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if time.monotonic() > end:
            raise ModelTimeout(f"{name} did not answer in time.", "Raise models.timeout_seconds if it is slow.")
        if len(body) > _LARGEST_BODY:
            raise ModelUnavailable(f"{name} sent over {_LARGEST_BODY >> 20} MB, which is no reply.")
    return body.decode("utf-8", "replace")


def read_completion(text: str, request: Request, name: str, seconds: float) -> tuple[Completion, dict[str, Any]]:
    """A completion from a reply's body.

    Raises:
        ModelUnavailable: the body is not a chat completion; servers behind failing proxies send such.
    """
    try:
        data = json.loads(text)
        choice = data["choices"][0]
        content = choice["message"]["content"] or ""
        if not isinstance(content, str):
            raise TypeError("content is not text")
        content = storable(content)
        finish = _FINISH.get(choice.get("finish_reason"), "other")
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise ModelUnavailable(
            f"{name} sent something that is not a chat completion: {text[:80]!r}.",
            "Is its address right, /v1 included?",
        ) from error
    used = data.get("usage")
    used = used if isinstance(used, dict) else {}
    told = used.get("prompt_tokens"), used.get("completion_tokens")
    completion = Completion(
        text=content,
        usage=plausible_usage(request, content, *told, seconds),
        finish=finish,
        model=without_controls(str(data.get("model") or ""))[:200],
        note=doubts(request, content, *told),
    )
    return completion, data


def error_for(status: int, body: str, headers: Mapping[str, str], name: str) -> ModelError:
    """Our error for a failed reply: what it was, and whether trying again can help."""
    detail = _detail(body)
    if status in (401, 403):
        kind = Forbidden if status == 403 else QuotaExceeded
        mend = "Check the key in the environment: HAKKEN_API_KEY for a server that you name by its address."
        return kind(f"{name} refused the key ({status}): {detail}", mend)
    if status == 402 or (status == 429 and any(words in body for words in _NO_CREDIT)):
        return QuotaExceeded(f"{name} has no credit left ({status}): {detail}", "Add credit, or choose another model.")
    if status == 429:
        return RateLimited(f"{name} gets too many requests: {detail}", TOO_MANY, retry_after(headers))
    if status in (408, 504):
        return ModelTimeout(f"{name} did not answer in time ({status}).")
    if status >= 500:
        return ModelUnavailable(f"{name} failed ({status}): {detail}")
    return ModelRefused(f"{name} refused the request ({status}): {detail}", _mend(status, detail))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, where the server gives a number."""
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None


def _mend(status: int, detail: str) -> str:
    if "context" in detail.lower():
        return "Use a model with a larger context, or raise models.context_tokens for the local one."
    return "Check the model's name." if status == 404 else ""


def _detail(body: str) -> str:
    """The server's own sentence, if it is where it belongs; else the start of the body."""
    try:
        error = json.loads(body)["error"]
        text = error if isinstance(error, str) else error["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        text = body
    text = " ".join(without_controls(str(text)).split())[:300]
    return text if text.endswith((".", "!", "?")) else f"{text or 'no reason given'}."

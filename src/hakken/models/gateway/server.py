"""HTTP over a Unix socket: requests of one box in, answers of the account out. Nothing that a client sends ends it.

Each connection has a thread, which reads, waits for the driver and writes; it touches neither the record nor a model.
"""

from __future__ import annotations

import hmac
import json
import math
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from hakken.core.errors import BudgetExceeded, HakkenError, ModelRefused, RateLimited
from hakken.core.types import content_hash
from hakken.models.gateway.anthropic import Messages
from hakken.models.gateway.ask import Answer, Ask, BadRequest, Language, checked
from hakken.models.gateway.openai import Chat, Plain

LANGUAGES: dict[str, Language] = {
    "/v1/chat/completions": Chat(),
    "/v1/completions": Plain(),
    "/v1/messages": Messages(),
}
_COUNT = "/v1/messages/count_tokens"
_LARGEST_BODY = 8 << 20
_MOST_CONNECTIONS = 32
_READ_SECONDS = 60.0
"""Time for a client to send a request that it has begun; a connection that waits for its next one is closed then."""


class Closed(HakkenError):
    """The attempt is over."""


@dataclass(frozen=True)
class Reply:
    """What goes back to a client."""

    status: int
    body: bytes = b""
    events: Iterator[bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Desk:
    """What the handlers of a gateway work with."""

    token: str
    model: str
    """Name that clients are told."""
    ask: Callable[[Ask], Answer]
    """Waits for the driver."""
    refused: Callable[[str, str], None]
    """Hears of a request that was not sent on: its beginning, and why."""

    def reply(self, method: str, path: str, given: str, body: bytes) -> Reply:
        """Answer one request.

        Args:
            method: ``GET`` or ``POST``.
            path: Without what follows a question mark.
            given: The key that the client shows.
            body: As it came.
        """
        language = LANGUAGES.get(path.removesuffix("/count_tokens"), Chat())
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            return _failure(language, 401, "invalid_api_key", "The key is not the one of this attempt.")
        if method == "GET" and path.startswith("/v1/models"):
            return self._models(path)
        if method != "POST" or not (path in LANGUAGES or path == _COUNT):
            sentence = f"There is no {method} {path[:200]} here; there are {', '.join(LANGUAGES)} and /v1/models."
            self._note(body, sentence)
            return _failure(language, 404, "not_found", sentence)
        try:
            return self._answer(language, path, body)
        except BadRequest as error:
            self._note(body, error.sentence)
            return _failure(language, error.status, "invalid_request_error", error.sentence)
        except BudgetExceeded as error:
            sentence = f"The attempt's budget of {error.budget} is used up; no more calls are answered."
            return _failure(language, 402, "insufficient_quota", sentence)
        except ModelRefused as error:
            kind = "context_length_exceeded" if "context" in error.message.lower() else "invalid_request_error"
            return _failure(language, 400, kind, error.message)
        except RateLimited as error:
            return _failure(language, 429, "rate_limit_error", error.message, error.retry_after)
        except HakkenError as error:
            return _failure(language, 503, "server_error", error.message)

    def _note(self, body: bytes, why: str) -> None:
        """Have a request recorded that was not sent on."""
        self.refused(body[:2000].decode("utf-8", "replace"), f"BadRequest: {why}")

    def _models(self, path: str) -> Reply:
        model = {"id": self.model, "object": "model", "created": 0, "owned_by": "hakken", "type": "model"}
        wanted = path.removeprefix("/v1/models").strip("/")
        return _json(200, model if wanted else {"object": "list", "data": [model], "has_more": False})

    def _answer(self, language: Language, path: str, body: bytes) -> Reply:
        """Raises ``BadRequest`` for what cannot be read, and whatever the driver raises."""
        try:
            given = json.loads(body, parse_constant=_finite, parse_float=_finite)
            if b"\\u" in body:  # halves of characters can be written so, and no record can hold them
                given = json.loads(json.dumps(given, ensure_ascii=False).encode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise BadRequest("The body is not JSON.") from None
        if path == _COUNT:
            return _json(200, checked(lambda: Messages().count(given)))
        ask: Ask = checked(lambda: language.read(given))
        try:
            content_hash(ask.request)
        except (ValueError, RecursionError):
            raise BadRequest("The request is nested too deep, or holds what JSON does not.") from None
        answer = self.ask(ask)
        if ask.stream:
            return Reply(200, events=language.events(ask, answer))
        return _json(200, language.write(answer))


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listens until it is closed."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path, desk: Desk) -> None:
        super().__init__(str(path), _Handler)
        self.desk = desk
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def start(self) -> None:
        """Listen, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End every connection, and the listening."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for a connection, unless there are too many."""
        with self._lock:
            crowded = len(self._open) >= _MOST_CONNECTIONS
            if not crowded:
                self._open.add(request)
        if crowded:
            self.shutdown_request(request)  # it is not in the set, so this only closes it
        else:
            super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """The end of a connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away or spoke no HTTP: its connection ends, and nothing else."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "hakken", ""
    timeout = _READ_SECONDS
    server: Server

    def do_GET(self) -> None:
        self._serve("GET", b"")

    def do_HEAD(self) -> None:
        self._serve("HEAD", b"")

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 12):
            self._refuse(411, "The request must say its length.")
        elif int(length) > _LARGEST_BODY:
            self._refuse(413, f"The request has more than {_LARGEST_BODY >> 20} MB.")
        else:
            self._serve("POST", self.rfile.read(int(length)))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self._refuse(code, f"{message or 'This is no HTTP'}.")

    def _serve(self, method: str, body: bytes) -> None:
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        given = bearer or self.headers.get("x-api-key", "") or self.headers.get("api-key", "")
        self._send(self.server.desk.reply(method, self.path.partition("?")[0], given, body), method != "HEAD")

    def _refuse(self, status: int, sentence: str) -> None:
        """What was announced is not read, so the connection cannot go on."""
        self.server.desk.refused("", f"BadRequest: {sentence}")
        self.close_connection = True
        self._send(_failure(Chat(), status, "invalid_request_error", sentence))

    def _send(self, reply: Reply, with_body: bool = True) -> None:
        body = b"".join(reply.events) if reply.events is not None else reply.body
        kind = "text/event-stream; charset=utf-8" if reply.events is not None else "application/json"
        self.send_response(reply.status)
        headers = {"content-type": kind, "content-length": str(len(body)), **reply.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def address_string(self) -> str:
        return "box"  # a Unix socket has no address of the client

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed: calls are in the record."""


def _finite(text: str) -> float:
    """A number of JSON; Python reads three more, and those that are too large as infinite."""
    if not math.isfinite(value := float(text)):
        raise ValueError(text)
    return value


def _json(status: int, data: dict[str, Any], headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(data).encode(), headers=headers or {})


def _failure(language: Language, status: int, kind: str, sentence: str, wait: float | None = None) -> Reply:
    # Clients of OpenAI's wait and try again unless they are told that it is of no use.
    headers = {} if status in (429, 503) else {"x-should-retry": "false"}
    if wait is not None:
        headers["retry-after"] = f"{wait:g}"
    return _json(status, language.error(status, kind, sentence), headers)

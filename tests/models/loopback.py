"""A real HTTP server on the loopback that speaks OpenAI's wire, well or badly, as told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def chat_reply(text: str, usage: Any = None, finish: str = "stop") -> dict[str, Any]:
    """The body of a good reply."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": usage,
    }


USAGE = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}


@dataclass
class Answer:
    """What the server sends next."""

    body: Any = field(default_factory=lambda: chat_reply("hello", USAGE))
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    """Say nothing until the test ends."""
    half: bool = False
    """Promise the whole body and send half."""


class Loopback:
    """The server as the tests see it."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.over = threading.Event()
        self.url = ""

    def will(self, *answers: Answer) -> None:
        """Send these, the last one again and again."""
        self.answers = list(answers)

    def take(self) -> Answer:
        """The next answer."""
        if not self.answers:
            return Answer()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serve() -> Iterator[Loopback]:
    """Run the server for a test."""
    loopback = Loopback()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            loopback.seen.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            loopback.keys.append(self.headers.get("authorization"))
            answer = loopback.take()
            if answer.hang:
                loopback.over.wait(20)
                self.close_connection = True
                return
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in {"content-type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if answer.half else body)
            self.close_connection = answer.half

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    loopback.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield loopback
    finally:
        loopback.over.set()
        server.shutdown()
        thread.join()
        server.server_close()

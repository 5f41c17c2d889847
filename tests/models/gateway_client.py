"""A client of the gateway, over its socket, and a gateway in front of a function."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import openai

from hakken.core.types import Completion, Request
from hakken.models.gateway import Account, Gateway
from hakken.models.scripted import FunctionModel
from tests.models.helpers import MemoryLog

T = TypeVar("T")
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"


class Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("gateway", timeout=20)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(str(self.path))


class Client:
    """What a program in a box can do."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.token, self.socket = gateway, gateway.token, gateway.folder / "socket"

    def post(self, path: str, body: Any, token: str | None = None) -> tuple[int, Any]:
        """Status and body of one request."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = Connection(self.socket)
        try:
            connection.request("POST", path, raw, {"Authorization": f"Bearer {token or self.token}"})
            reply = connection.getresponse()
            text = reply.read().decode()
        finally:
            connection.close()
        return reply.status, json.loads(text) if reply.headers["content-type"] == "application/json" else text

    def say(self, text: str, **fields: Any) -> tuple[int, Any]:
        """One message."""
        return self.post(CHAT, {"messages": [{"role": "user", "content": text}], **fields})

    def raw(self, data: bytes) -> bytes:
        """The first bytes that come back for what may be no HTTP."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(20)
            link.connect(str(self.socket))
            link.sendall(data)
            link.shutdown(socket.SHUT_WR)
            return link.recv(65536)

    @contextmanager
    def openai(self) -> Iterator[openai.OpenAI]:
        """The real client."""
        transport = httpx2.HTTPTransport(uds=str(self.socket))
        with httpx2.Client(transport=transport) as http_client:
            yield openai.OpenAI(api_key=self.token, base_url="http://gateway/v1", http_client=http_client)


def served(
    say: Callable[[Request], str | Completion],
    client: Callable[[Client], T],
    log: MemoryLog | None = None,
    name: str = "function",
    **options: Any,
) -> T:
    """Let a client talk to a gateway in front of a function."""
    account = Account(FunctionModel(say, name=name), log or MemoryLog(), purpose="external/test", **options)
    with Gateway(account) as gateway, ThreadPoolExecutor(1) as pool:
        ended: Future[T] = pool.submit(client, Client(gateway))
        gateway.attend(ended)
        return ended.result()

"""The embedded model, by way of its own process: offline, no key, grammar- and schema-constrained."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from hakken.core.config import ModelSettings
from hakken.core.errors import ModelUnavailable
from hakken.core.types import Completion, Request
from hakken.models.avoidance import avoidance
from hakken.models.infill import fill, infill_body
from hakken.models.server import ServerState, ensure_server, state_path, touch
from hakken.models.weights import QWEN
from hakken.models.wire import Endpoint, chat, chat_body

SAMPLING = {"repeat_penalty": 1.0, "min_p": 0.05, "top_p": 0.95}
"""No penalty for repeating: paragraphs written with one repeated themselves more, not less."""

_PATIENCE = 4
"""Times the usual time-out: other runs' calls may come first, trials take the cores, and a death shows at once."""


class LocalModel:
    """The model that comes with Hakken. The server is started by the first call, and again after a crash."""

    name = "local"

    def __init__(self, settings: ModelSettings) -> None:
        self.strong = bool(settings.strong)
        self.parallel = settings.slots
        self._settings = settings
        self._server: ServerState | None = None
        self._lock = threading.Lock()

    def generate(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            PrerequisiteError: the weights have not been pulled.
            ModelUnavailable: the server died; the next call starts it again.
        """
        server = self._ensure()
        patience = _PATIENCE * self._settings.timeout_seconds
        endpoint = Endpoint(f"{server.url}/v1", server.headers, patience, "The local model", local=True)
        touch(state_path(self._settings))
        try:
            if request.infill is not None:
                root, body = replace(endpoint, url=server.url), infill_body(request, request.infill)
                if request.avoid:
                    body["logit_bias"] = avoidance(server, request.avoid, code=True)
                completion = fill(root, body | SAMPLING | {"cache_prompt": True}, request)
            else:
                completion, _ = chat(endpoint, self._body(request, server), request)
        except ModelUnavailable:
            self._forget(server)
            raise
        touch(state_path(self._settings))
        return completion.model_copy(update={"model": QWEN.file})

    def _body(self, request: Request, server: ServerState) -> dict[str, Any]:
        body = chat_body(request, self.name) | SAMPLING | {"cache_prompt": True}
        if request.grammar:
            body["grammar"] = request.grammar
        elif request.json_schema:
            body["json_schema"] = request.json_schema
        if request.avoid:
            body["logit_bias"] = avoidance(server, request.avoid)
        return body

    def _ensure(self) -> ServerState:
        with self._lock:
            if self._server is None:
                self._server = ensure_server(self._settings)
            return self._server

    def _forget(self, server: ServerState) -> None:
        with self._lock:
            if self._server is server:
                self._server = None

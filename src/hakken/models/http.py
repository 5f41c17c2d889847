"""Any OpenAI-compatible server: ``http://host:port/v1#name``."""

from __future__ import annotations

import os

from hakken.core.config import ModelSettings
from hakken.core.errors import ModelRefused
from hakken.core.types import Completion, Request
from hakken.models.wire import Endpoint, chat, chat_body

_SCHEMA_WORDS = ("response_format", "json_schema")


class HttpModel:
    """A model on a server of the user's choice; the key, where one is needed, comes from the environment."""

    def __init__(self, url: str, model: str, settings: ModelSettings, parallel: int = 4) -> None:
        self.name = f"{url}#{model}"
        self.strong = settings.strong is not False
        self.parallel = parallel
        key = os.environ.get("HAKKEN_API_KEY") or os.environ.get("OPENAI_API_KEY")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._model = model
        self._endpoint = Endpoint(url.rstrip("/"), headers, settings.timeout_seconds, self.name)

    def generate(self, request: Request) -> Completion:
        """Answer one request; a server that does not know schemas is asked again without, since replies are checked."""
        body = chat_body(request, self._model)
        if request.json_schema is None:
            return chat(self._endpoint, body, request)[0]
        schema = {"name": "reply", "schema": request.json_schema, "strict": True}
        shaped = {**body, "response_format": {"type": "json_schema", "json_schema": schema}}
        try:
            return chat(self._endpoint, shaped, request)[0]
        except ModelRefused as error:
            if not any(word in error.message for word in _SCHEMA_WORDS):
                raise
            return chat(self._endpoint, body, request)[0]

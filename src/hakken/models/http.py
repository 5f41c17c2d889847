"""Any OpenAI-compatible server: ``http://host:port/v1#name``."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from hakken.core.config import ModelSettings
from hakken.core.errors import ModelRefused
from hakken.core.types import Completion, Request
from hakken.models.wire import Endpoint, chat, chat_body

_OPENAI = "https://api.openai.com"
_SCHEMA_WORDS = ("response_format", "json_schema")


class HttpModel:
    """A model on a server of the user's choice; the key, where one is needed, comes from the environment."""

    def __init__(self, url: str, model: str, settings: ModelSettings, parallel: int = 4) -> None:
        self.name = f"{url}#{model}"
        self.strong = settings.strong is not False
        self.parallel = parallel
        key = key_for(url)
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


def key_for(url: str) -> str | None:
    """The key that a server may have: ``HAKKEN_API_KEY``, or ``OPENAI_API_KEY`` where that is meant for this address.

    Whoever pays OpenAI names other servers too, and over plain http everybody on the way could read along.
    """
    if own := os.environ.get("HAKKEN_API_KEY"):
        return own
    meant = os.environ.get("OPENAI_BASE_URL") or _OPENAI
    return os.environ.get("OPENAI_API_KEY") if _origin(url) == _origin(meant) else None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of an address; none of them where it is no address."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return url, None, None
    return parts.scheme, parts.hostname, port

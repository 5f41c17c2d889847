"""What a run will need, checked before it spends minutes on what does not."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from contextlib import closing
from urllib.parse import urlsplit

from hakken.core.config import Settings
from hakken.core.errors import ModelUnavailable, PrerequisiteError, SandboxError
from hakken.core.types import Model, Role, Rung
from hakken.execution import chosen_rung
from hakken.models import open_models
from hakken.models.weights import require

_PATIENCE = 5.0


def check(settings: Settings, roles: Iterable[Role] = Role, *, runs_code: bool = True) -> Mapping[Role, Model]:
    """Open the models of these roles; see that weights and servers are there, and that a sandbox is good enough.

    Args:
        settings: Of what is about to begin.
        roles: Those that it will ask: a review needs no key of the model that wrote the code.
        runs_code: Whether code that a model wrote will run; without that any sandbox is good enough.

    Raises:
        PrerequisiteError: weights, a key or a package is missing.
        ModelUnavailable: nothing answers at a server's address.
    """
    models = open_models(settings.models, roles)
    for name in sorted({model.name for model in models.values()}):
        if name == "local":
            require()
        elif name.startswith(("http://", "https://")):
            _reach(name)
    if not runs_code:
        return models
    asked = settings.sandbox.rung
    try:
        chosen_rung(None if asked == "auto" else Rung(asked), allow_weak=settings.sandbox.allow_weak)
    except SandboxError as error:
        raise PrerequisiteError(error.message, error.mend) from error
    return models


def _reach(name: str) -> None:
    """Open a connection and close it: the server exists."""
    parts = urlsplit(name.partition("#")[0])
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with closing(socket.create_connection((parts.hostname or "", port), _PATIENCE)):
            return
    except OSError as error:
        why = error.strerror or str(error) or "no answer"
        raise ModelUnavailable(
            f"No model server answers at {parts.scheme}://{parts.netloc} ({why}).",
            "Start it, or name another model with --model.",
        ) from error

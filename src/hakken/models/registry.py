"""From a model's name in the configuration to a model."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hakken.core.config import ModelSettings
from hakken.core.errors import UsageError
from hakken.core.types import Model, Role
from hakken.models.http import HttpModel
from hakken.models.local import LocalModel
from hakken.models.scripted import load_script

FORMS = (
    "local (embedded, no key), provider:name (openai:gpt-5, anthropic:…, google:…, deepseek:…, ollama:…), "
    "http://host:port/v1#name (any OpenAI-compatible server), scripted:FILE"
)


def open_model(name: str, settings: ModelSettings) -> Model:
    """Open a model by name.

    Raises:
        UsageError: no such form of name, or no such provider.
        PrerequisiteError: something must be installed, pulled or set first.
    """
    kind, _, rest = name.partition(":")
    if kind == "scripted" and rest:
        return load_script(Path(rest), settings.strong)
    if name == "local":
        return LocalModel(settings)
    if kind in ("http", "https") and "#" in name:
        url, _, model = name.partition("#")
        return HttpModel(url, model, settings)
    if kind not in ("http", "https", "local", "scripted") and rest:
        from hakken.models.provider import ProviderModel

        return ProviderModel(name, settings)
    raise UsageError(f"There is no model {name!r}.", f"Names have these forms: {FORMS}.")


def open_models(settings: ModelSettings, roles: Iterable[Role] = Role) -> dict[Role, Model]:
    """The model of each of these roles; roles that name the same model share it."""
    names = {role: settings.name(role) for role in roles}
    opened = {name: open_model(name, settings) for name in set(names.values())}
    return {role: opened[name] for role, name in names.items()}

"""Which run the same command continues: one about the same template with the settings that decide what is found.

These are seed, models, search and statistics. Budgets and everything else may change from one time to the next, and
what did is kept in the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hakken.core.config import Settings, flatten
from hakken.core.errors import ConfigError
from hakken.core.types import Template
from hakken.store.kinds import Started

_MODELS = frozenset(f"models.{name}" for name in ("default", "ideas", "code", "writing", "review", "strong"))
_OF_A_SESSION = ("budget.", "runs_dir", "search.workers")
"""Limits are kept beside this, and where a run lies or how many trials go at once is nothing of what it is."""


def is_same(started: Started, template: Template, settings: Settings) -> bool:
    """Whether a run is about this template, measured in this way where that is known, with these deciding settings."""
    same = started.run.template_hash == template.source_hash
    if template.metrics and started.template.metrics != template.metrics:
        same = False
    return same and not differences(started.run.config, settings)


def check_settings(where: str, config: Mapping[str, Any], settings: Settings) -> None:
    """A run goes on as it was begun.

    Raises:
        ConfigError: a setting that decides what is found is another one now.
    """
    if changed := differences(config, settings):
        raise ConfigError(
            f"{where} was begun with other settings: {'; '.join(changed[:3])}.",
            "Leave them as they were, or begin another run of the template with --new.",
        )


def differences(config: Mapping[str, Any], settings: Settings) -> list[str]:
    """Deciding settings in which a recorded configuration differs."""
    before = _recorded(config)
    if before is None:
        return ["they are of another version of Hakken"]
    return [f"{key} = {before.get(key)}, not {value}" for key, value in _changed(before, settings) if _decides(key)]


def other_settings(config: Mapping[str, Any], settings: Settings) -> tuple[str, ...]:
    """Settings that decide nothing and are others than those that a run began with."""
    before = _recorded(config) or {}
    return tuple(
        f"{key} = {value}, at first {before.get(key)}"
        for key, value in _changed(before, settings)
        if not _decides(key) and not key.startswith(_OF_A_SESSION)
    )


def _recorded(config: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        return flatten(Settings.model_validate(config))
    except ValueError:
        return None


def _changed(before: Mapping[str, Any], settings: Settings) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in flatten(settings).items() if before.get(key) != value]


def _decides(key: str) -> bool:
    if key == "search.workers":
        return False
    return key == "seed" or key in _MODELS or key.startswith(("search.", "statistics."))

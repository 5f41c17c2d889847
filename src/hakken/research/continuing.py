"""Which run the same command continues: one about the same template with the settings that decide what is found.

These are seed, search, statistics, and the models of ideas, code and writing with the repairs that are asked of them.
Budgets, who reviews, and everything else may change from one time to the next, and what did is kept in the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hakken.core.config import Settings, flatten
from hakken.core.errors import ConfigError
from hakken.core.types import Role, Template
from hakken.store.kinds import Started

_FINDING = {f"models.{role.value}": role for role in (Role.IDEAS, Role.CODE, Role.WRITING)}
"""Keys of the models that decide what is found and told: a review comes after that."""
_SHAPING = ("seed", "models.strong", "models.repairs")
"""With another number of repairs, what was given up before would be asked on, and another idea or version follow."""
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
    changed = _changed(before, settings)
    return [f"{key} = {old}, not {new}" for key, old, new in changed if _decides(key, before, settings)]


def other_settings(config: Mapping[str, Any], settings: Settings) -> tuple[str, ...]:
    """Settings that decide nothing and are others than those that a run began with."""
    before = _recorded(config)
    if before is None:
        return ()
    return tuple(
        f"{key} = {new}, at first {old}"
        for key, old, new in _changed(before, settings)
        if not _decides(key, before, settings) and not key.startswith(_OF_A_SESSION)
    )


def _recorded(config: Mapping[str, Any]) -> Settings | None:
    try:
        return Settings.model_validate(config)
    except ValueError:
        return None


def _changed(before: Settings, settings: Settings) -> list[tuple[str, Any, Any]]:
    """Keys with their value before and now, where these differ."""
    old = flatten(before)
    return [(key, old[key], value) for key, value in flatten(settings).items() if old[key] != value]


def _decides(key: str, before: Settings, settings: Settings) -> bool:
    """Whether a setting that was changed decides what is found; a model's name counts where it is another one then."""
    if key in _FINDING or key == "models.default":
        return any(_is_other(role, key, before, settings) for role in _FINDING.values())
    return key in _SHAPING or (key.startswith(("search.", "statistics.")) and key != "search.workers")


def _is_other(role: Role, key: str, before: Settings, settings: Settings) -> bool:
    """Whether a role has another model now, and this key has a part in it."""
    own = [chosen.models.model_dump()[role.value] for chosen in (before, settings)]
    named = None in own if key == "models.default" else key == f"models.{role.value}"
    return named and before.models.name(role) != settings.models.name(role)

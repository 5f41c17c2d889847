"""Settings: defaults in code, then the user's file, the project's file, the run's file, ``-c`` values.

Always merged *onto* the defaults, never replacing them. Secrets come from the environment only and are never part
of the settings, so that the resolved settings can be stored in the record.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, ValidationError

from hakken.core.cores import cores
from hakken.core.errors import ConfigError, first_problem
from hakken.core.types import Budget, Record, Role


class ModelSettings(Record):
    """Which model does what, and how calls behave."""

    default: str = "local"
    ideas: str | None = None
    code: str | None = None
    writing: str | None = None
    review: str | None = None
    judge: str | None = None
    strong: bool | None = None
    """Whether models may write whole sections and edit several files; None: every model but ``local``."""
    timeout_seconds: PositiveFloat = 180.0
    retries: NonNegativeInt = 4
    """Tries after the first for time-outs, rate limits and lost connections."""
    repairs: NonNegativeInt = 2
    """Times that a malformed reply is sent back with the reason."""
    context_tokens: PositiveInt = 8192
    """Context window of the local model, per slot."""
    slots: PositiveInt = 2
    """Calls that the local model answers together."""
    idle_minutes: PositiveFloat = 10.0
    """Time without a call after which the local model's process ends."""

    def name(self, role: Role) -> str:
        """The model name for a role."""
        return str(getattr(self, role.value) or self.default)


class SearchSettings(Record):
    """How much is tried."""

    ideas: PositiveInt = 3
    spare_ideas: NonNegativeInt = 3
    """Further ideas, asked for one by one while fewer than ``ideas`` have led to a version that could be measured."""
    idea_reflections: NonNegativeInt = 1
    nodes_per_idea: PositiveInt = 5
    debug_rounds: NonNegativeInt | None = None
    """Rounds of mending a version that fails; by default 4 with a strong model and 1 with a small one."""
    candidates: PositiveInt | None = None
    """Edits drawn from one prompt, of which the first that passes the smoke run is kept; by default 3 with a strong
    model and 8 with a small one, whose fresh versions cost little and run more often than those that it has mended."""
    ablate: bool = True
    match: bool = True
    """Run a compute-matched baseline when the winner uses over 10 % more than the baseline."""
    workers: PositiveInt = Field(default_factory=cores)

    def mends(self, strong: bool) -> int:
        """Debug rounds with such a model."""
        return (4 if strong else 1) if self.debug_rounds is None else self.debug_rounds

    def draws(self, strong: bool) -> int:
        """Candidates with such a model."""
        return self.candidates or (3 if strong else 8)


class StatisticsSettings(Record):
    """Seeds and levels; None takes the template's own."""

    explore_seeds: PositiveInt | None = None
    report_seeds: PositiveInt | None = None
    noise_seeds: NonNegativeInt | None = None
    alpha: float = Field(default=0.05, gt=0, lt=1)


class PaperSettings(Record):
    """How the paper is made."""

    engine: Literal["auto", "typst", "latex"] = "auto"
    tries: PositiveInt = 3
    """Replies asked for a passage before code composes it from the facts."""
    authors: tuple[str, ...] = ()
    """Printed under the title beside the notice that an AI wrote the paper."""


class ReviewSettings(Record):
    """Size of the panel. The AI Scientist uses 5 members and 5 reflections."""

    members: PositiveInt = 2
    reflections: NonNegativeInt = 1
    """Rounds in which a member revises its own form, at most. The embedded model works in small jobs and has none."""
    temperature: float = Field(default=0.7, ge=0)
    paper_tokens: PositiveInt | None = None
    """How much of the paper is read, about; None: 4,000 with the embedded model, 60,000 with others."""


class SandboxSettings(Record):
    """How experiments are isolated."""

    rung: Literal["auto", "bubblewrap", "container", "landlock", "rlimits"] = "auto"
    allow_weak: bool = False
    """Let model-written code run where the network cannot be cut."""


class Settings(Record):
    """Everything that can be set, with its default."""

    seed: NonNegativeInt = 0
    runs_dir: str = "hakken-runs"
    models: ModelSettings = ModelSettings()
    budget: Budget = Budget()
    search: SearchSettings = Field(default_factory=SearchSettings)
    statistics: StatisticsSettings = StatisticsSettings()
    paper: PaperSettings = PaperSettings()
    review: ReviewSettings = ReviewSettings()
    sandbox: SandboxSettings = SandboxSettings()


class Resolved(Record):
    """Settings with the origin of every value that is not a default."""

    settings: Settings
    origins: dict[str, str]
    """``search.ideas`` to the file, or ``-c``, that set it."""


def user_config_path() -> Path:
    """``$XDG_CONFIG_HOME/hakken/config.toml``."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()
    return Path(base) / "hakken" / "config.toml"


def user_cache_dir() -> Path:
    """Folder for models and other things that can be fetched again: ``$HAKKEN_CACHE`` or the XDG cache."""
    if own := os.environ.get("HAKKEN_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(base) / "hakken"


def load_settings(
    files: Iterable[Path] | None = None,
    assignments: Iterable[str] = (),
    profile: str | None = None,
) -> Resolved:
    """Merge files (in order) and ``key.sub=value`` assignments onto the defaults.

    Args:
        files: TOML files; None takes the user's file and ``./hakken.toml`` where they exist.
        assignments: As given with ``-c``; values are TOML, bare words are text.
        profile: Name of a shipped profile (``core/profiles/NAME.toml``), merged below the files.

    Raises:
        ConfigError: a file cannot be read, or a key or value is not known.
    """
    layers: list[tuple[str, dict[str, Any]]] = []
    if profile:
        layers.append((f"profile {profile}", _read(_profile_path(profile))))
    if files is None:
        files = [path for path in (user_config_path(), Path("hakken.toml")) if path.is_file()]
    layers += [(str(path), _read(path)) for path in files]
    layers += [("-c", _assignment(text)) for text in assignments]
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, layer in layers:
        _merge(merged, layer, origin, origins)
    try:
        return Resolved(settings=Settings.model_validate(merged), origins=origins)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        where = origins.get(key) or next((o for k, o in origins.items() if k.startswith(key)), "the configuration")
        raise ConfigError(
            f"{where}: {first_problem(error)} (got {first['input']!r}).",
            "`hakken config show` lists every key with its value.",
        ) from None


def flatten(settings: Settings) -> dict[str, Any]:
    """Every setting by its dotted key, in order."""
    flat: dict[str, Any] = {}

    def walk(table: dict[str, Any], at: str) -> None:
        for key, value in table.items():
            path = f"{at}.{key}" if at else key
            if isinstance(value, dict):
                walk(value, path)
            else:
                flat[path] = value

    walk(settings.model_dump(mode="json"), "")
    return flat


def profiles() -> list[str]:
    """Names of the shipped profiles."""
    return sorted(path.stem for path in (Path(__file__).parent / "profiles").glob("*.toml"))


def _profile_path(name: str) -> Path:
    if name not in profiles():
        raise ConfigError(f"There is no profile {name!r}.", f"Profiles: {', '.join(profiles())}.")
    return Path(__file__).parent / "profiles" / f"{name}.toml"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", "Check its name and its permissions.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.", "Mend it there, or leave the file out.") from error


def _assignment(text: str) -> dict[str, Any]:
    key, equals, raw = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"-c {text!r} is not of the form key=value.", "Example: -c search.ideas=2")
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw.strip()
    nested: Any = value
    for part in reversed(key.strip().split(".")):
        nested = {part: nested}
    return dict(nested)


def _merge(base: dict[str, Any], layer: dict[str, Any], origin: str, origins: dict[str, str], at: str = "") -> None:
    for key, value in layer.items():
        path = f"{at}.{key}" if at else key
        if isinstance(value, dict):
            child = base.setdefault(key, {})
            if not isinstance(child, dict):
                raise ConfigError(
                    f"{origin}: {path} is a table here and a value elsewhere.",
                    "`hakken config show` lists every key with its value.",
                )
            _merge(child, value, origin, origins, path)
        else:
            base[key] = value
            origins[path] = origin

"""Options that several commands share, and the settings that they add up to."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hakken.core.errors import ConfigError
from hakken.core.files import write_text

if TYPE_CHECKING:
    from hakken.core.config import Resolved, Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else.")]
Set = Annotated[
    list[str] | None, typer.Option("-c", "--set", metavar="KEY=VALUE", help="Set one value, such as search.ideas=5.")
]
ConfigFiles = Annotated[
    list[Path] | None, typer.Option("--config", metavar="FILE", help="A TOML file of settings; may be repeated.")
]
Profile = Annotated[str | None, typer.Option(help="Settings that ship under a name: short.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the run (seed).")]
ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="Model of every role that the settings give none (models.default): local, provider:name, "
        "http://host:port/v1#name (its key: $HAKKEN_API_KEY), scripted:FILE.",
    ),
]
Reviewer = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="Model that reviews (models.review): local, provider:name, http://host:port/v1#name, scripted:FILE.",
    ),
]
New = Annotated[bool, typer.Option("--new", help="Begin another run where one could be continued.")]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        metavar="DATASET/NAME:min|max",
        help="Direction of a metric of an AI Scientist folder; the first one is the primary metric.",
    ),
]
Weak = Annotated[
    bool,
    typer.Option(
        "--allow-weak-sandbox",
        help="Let model-written code run where neither the network nor files, a task's answers among them, can be "
        "closed to it (sandbox.allow_weak).",
    ),
]


@dataclass(frozen=True)
class Asked:
    """What the command line says about settings."""

    assignments: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    profile: str | None = None

    def load(self, run_file: Path | None = None) -> Resolved:
        """Merge it onto the defaults and the user's files, or onto the settings of a run.

        Raises:
            ConfigError: a file, a key or a value is wrong.
        """
        from hakken.core.config import load_settings, user_config_path

        for text in self.assignments:
            _check_key(text)
        if run_file is not None:
            return load_settings([run_file, *self.files], self.assignments)
        own = [path for path in (user_config_path(), Path("hakken.toml")) if path.is_file()]
        return load_settings([*own, *self.files], self.assignments, self.profile)


def asked(
    values: list[str] | None,
    files: list[Path] | None = None,
    profile: str | None = None,
    *,
    seed: int | None = None,
    model: str | None = None,
    reviewer: str | None = None,
    weak: bool = False,
    budget_usd: float | None = None,
    budget_tokens: int | None = None,
    minutes: float | None = None,
) -> Asked:
    """Options as assignments; what was written as ``-c`` comes last and wins."""
    short: dict[str, Any] = {
        "seed": seed,
        "models.default": model,
        "models.review": reviewer,
        "sandbox.allow_weak": weak or None,
        "budget.usd": budget_usd,
        "budget.completion_tokens": budget_tokens,
        "budget.seconds": None if minutes is None else 60 * minutes,
    }
    made = [f"{key}={json.dumps(value)}" for key, value in short.items() if value is not None]
    return Asked((*made, *(values or ())), tuple(files or ()), profile)


def save(settings: Settings, path: Path) -> None:
    """Write resolved settings as TOML; TOML has no null, so what is not set is left out."""
    import tomlkit

    def without_none(table: dict[str, Any]) -> dict[str, Any]:
        return {k: without_none(v) if isinstance(v, dict) else v for k, v in table.items() if v is not None}

    write_text(path, tomlkit.dumps(without_none(settings.model_dump(mode="json"))))


def _check_key(text: str) -> None:
    """Refuse a key that is not known."""
    from hakken.core.config import Settings, flatten

    key = text.partition("=")[0].strip()
    known = flatten(Settings())
    if "=" in text and key not in known and not any(name.startswith(f"{key}.") for name in known):
        raise unknown_setting(key, known)


def unknown_setting(key: str, known: Collection[str]) -> ConfigError:
    """The error for a key that is not known, with the nearest one that is: of the same last part, or spelt alike."""
    by_name = [name for name in known if name.rpartition(".")[2] == key.rpartition(".")[2]]
    close = by_name or difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return ConfigError(f"There is no setting {key!r}.", f"{hint}`hakken config show` lists them all.")

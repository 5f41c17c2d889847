"""What a command is about: a template or a run folder turned into folder, template and settings.

The same command continues the run that it began. Which run that is follows from the template's content and from the
settings that decide what is found (seed, models, search, statistics): a command that differs in one of these is about
another run. Budgets and everything else may change from one time to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hakken.cli.console import shown, tell
from hakken.cli.options import Asked, flatten, save
from hakken.core.config import Settings
from hakken.core.errors import ConfigError, StoreError, TemplateError, UsageError
from hakken.core.types import Rung, RunOutcome, Template
from hakken.store import RunFolder, list_runs, next_run_folder
from hakken.store.folder import RECORD
from hakken.store.kinds import Started

SETTINGS = "hakken.toml"
DEFAULT = "digits"


@dataclass(frozen=True)
class Target:
    """A run that exists or is about to."""

    folder: RunFolder
    template: Template
    settings: Settings
    outcome: RunOutcome | None = None
    begun: bool = False

    @property
    def finished(self) -> bool:
        """Whether everything has been done."""
        return self.outcome is not None and self.outcome.status == "finished"

    def keep_settings(self) -> None:
        """Write the resolved settings beside the record, unless another process is at work there.

        Raises:
            RunLocked: one is.
            StoreError: the folder cannot be written.
        """
        with self.folder.alone():
            save(self.settings, self.folder.path / SETTINGS)


def resolve(what: str | None, asked: Asked, *, new: bool = False, metrics: Sequence[str] = ()) -> Target:
    """Find the run that a command is about, or the place of a new one.

    Args:
        what: A template's name or folder, or a run's name or folder; None is the default template.
        asked: Settings of the command line.
        new: Begin another run in any case.
        metrics: Directions of metrics, for folders of The AI Scientist.

    Raises:
        HakkenError: there is no such thing, or it cannot be continued with these settings.
    """
    # Here, as below: looking at a run must not wait for the libraries that doing one needs.
    from hakken.research.experiments import load_template, measure_v1, parse_directions
    from hakken.research.run import prepare

    resolved = asked.load()
    root = Path(resolved.settings.runs_dir)
    if what is not None and (folder := find_run(what, root)):
        if new or metrics:
            option = "--new" if new else "--metric"
            raise UsageError(f"{option} is about a template, and {what} is a run.", "Name the template instead.")
        return _resumed(folder, asked)
    settings = resolved.settings
    unmeasured = _unmeasured(what, metrics)
    template = unmeasured or prepare(load_template(what or DEFAULT, parse_directions(list(metrics))), settings)
    if not new and (folder := _same_run(root, template, settings)):
        return _resumed(folder, asked)
    folder = next_run_folder(root, template.name)
    if unmeasured:
        rung = None if settings.sandbox.rung == "auto" else Rung(settings.sandbox.rung)
        tell(f"The metrics of {unmeasured.root} are not known yet: running its baseline once.")
        measured = measure_v1(Path(unmeasured.root), folder.path, rung=rung, allow_weak=settings.sandbox.allow_weak)
        template = prepare(measured, settings)
    return Target(folder, template, settings)


def find_run(what: str | Path, root: Path) -> RunFolder | None:
    """A run by its folder, or by its name below ``root``."""
    for path in (Path(what).expanduser(), root / what):
        if (path / RECORD).is_file():
            return RunFolder(path)
    return None


def open_run(what: str | None, root: Path) -> RunFolder:
    """A run by folder or name; the newest one by default.

    Raises:
        UsageError: there is none.
    """
    if what is None:
        runs = list_runs(root)
        if not runs:
            raise UsageError(f"There are no runs in {shown(root.absolute())}.", "`hakken run` makes one.")
        return max(runs, key=lambda folder: folder.touched)
    if folder := find_run(what, root):
        return folder
    names = ", ".join(folder.path.name for folder in list_runs(root)[-5:])
    raise UsageError(f"There is no run {what!r}.", f"Runs in {root}: {names}." if names else f"{root} holds no runs.")


def _unmeasured(what: str | None, metrics: Sequence[str]) -> Template | None:
    """A folder of The AI Scientist whose metrics only a run can tell."""
    from hakken.research.experiments import templates
    from hakken.research.experiments.v1_import import INFO, bare_v1, is_v1

    if what is None or metrics or what in templates():
        return None
    root = Path(what).expanduser()
    if not root.is_dir() or (root / "template.toml").is_file() or not is_v1(root) or (root / "run_0" / INFO).is_file():
        return None
    return bare_v1(root.resolve())


def _same_run(root: Path, template: Template, settings: Settings) -> RunFolder | None:
    """The newest run of this template with the same deciding settings."""
    for folder in sorted(list_runs(root), key=lambda f: f.touched, reverse=True):
        try:
            started = _started(folder)
        except StoreError:
            continue  # damaged, or of a newer version: no reason not to begin another
        if started is None or started.run.template_hash != template.source_hash:
            continue
        if template.metrics and started.template.metrics != template.metrics:
            continue
        if not _differences(started.run.config, settings):
            return folder
    return None


def _started(folder: RunFolder) -> Started | None:
    with folder.read() as store:
        return store.get("run", Started)


def _resumed(folder: RunFolder, asked: Asked) -> Target:
    """A run as it is continued: its own settings below those of the command line."""
    with folder.read() as store:
        started, outcome = store.get("run", Started), store.get("outcome", RunOutcome)
    if started is None:
        raise UsageError(f"{folder.path} was never begun.", "Delete it, and start again.")
    file = folder.path / SETTINGS
    if not file.is_file():
        save(_recorded(started.run.config, folder), file)
    settings = asked.load(file).settings
    if changed := _differences(started.run.config, settings):
        raise ConfigError(
            f"{shown(folder.path.absolute())} was begun with other settings: {'; '.join(changed[:3])}.",
            "Leave them as they were, or begin another run of the template with --new.",
        )
    return Target(folder, _current(started.template), settings, outcome, begun=True)


def _recorded(config: dict[str, Any], folder: RunFolder) -> Settings:
    try:
        return Settings.model_validate(config)
    except ValueError:
        raise ConfigError(
            f"The settings of {folder.path} are of another version of Hakken.", "Begin another run with --new."
        ) from None


def _current(template: Template) -> Template:
    """The recorded template where it lies now, with the hash of what is there now."""
    from hakken.research.experiments import templates
    from hakken.research.experiments.folders import folder_hash

    root = Path(template.root)
    if not root.is_dir():
        root = templates().get(template.name, root)
    if not root.is_dir():
        raise TemplateError(f"The template's folder {root} is gone.", "Put it back to continue this run.")
    return template.model_copy(update={"root": str(root), "source_hash": folder_hash(root)})


def _differences(config: dict[str, Any], settings: Settings) -> list[str]:
    """Deciding settings in which a recorded configuration differs."""
    try:
        before = flatten(Settings.model_validate(config))
    except ValueError:
        return ["they are of another version of Hakken"]
    return [
        f"{key} = {before.get(key)}, not {value}"
        for key, value in flatten(settings).items()
        if _deciding(key) and before.get(key) != value
    ]


def _deciding(key: str) -> bool:
    if key in ("search.workers", "models.judge"):
        return False
    if key.startswith("models."):
        return key in {f"models.{name}" for name in ("default", "ideas", "code", "writing", "review", "strong")}
    return key == "seed" or key.startswith(("search.", "statistics."))

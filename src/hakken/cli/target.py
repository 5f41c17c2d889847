"""What a command is about: a template or a run folder turned into folder, template and settings.

The same command continues the run that it began. Which run that is follows from the template's content and from the
settings that decide what is found (``research/continuing.py``): a command that differs in one of these is about another
run. Budgets and everything else may change from one time to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hakken.cli.console import shown, tell
from hakken.cli.options import Asked, save
from hakken.core.config import Settings
from hakken.core.errors import BudgetExceeded, ConfigError, StoreError, TemplateError, UsageError
from hakken.core.types import Rung, RunOutcome, Template
from hakken.research.continuing import check_settings, is_same
from hakken.store import RunFolder, list_runs, new_run_folder, next_run_folder
from hakken.store.folder import RECORD
from hakken.store.kinds import Started

SETTINGS = "hakken.toml"
DEFAULT = "digits"


@dataclass(frozen=True)
class Target:
    """A run that exists or is about to."""

    folder: RunFolder
    """Of a run that is about to exist the place that it would have now; it has its own once it is held."""
    template: Template
    settings: Settings
    outcome: RunOutcome | None = None
    begun: bool = False
    anew: bool = False
    """Whether the command begins another run each time."""
    unmeasured: bool = False
    """Whether only a trial can tell the template's metrics."""

    @property
    def finished(self) -> bool:
        """Whether everything has been done."""
        return self.outcome is not None and self.outcome.status == "finished"

    @contextmanager
    def held(self) -> Iterator[Target]:
        """The same with a folder that is this process's alone until the end, the resolved settings in it.

        Raises:
            RunLocked: another process is at work on this run.
            StoreError: the folder cannot be written.
        """
        with ExitStack() as stack:
            folder = self.folder
            if self.begun:
                stack.enter_context(folder.alone())
            else:
                folder = stack.enter_context(new_run_folder(folder.path.parent, self.template.name))
            save(self.settings, folder.path / SETTINGS)
            try:
                yield replace(self, folder=folder)
            except (KeyboardInterrupt, BudgetExceeded) as error:
                if not self.anew or _started(folder) is None:
                    raise
                goes_on = f"`hakken run {shown(folder.path.absolute())}`"
                if isinstance(error, BudgetExceeded):
                    error.mend = f"{goes_on} with a higher limit continues where it stopped."
                    raise
                raise KeyboardInterrupt(goes_on) from None

    def measured(self) -> Target:
        """The same with the template's metrics, which its unchanged experiment tells where they are not known yet.

        Raises:
            TemplateError: it fails, or the directions of its metrics cannot be told.
        """
        if not self.unmeasured:
            return self
        from hakken.research.experiments import measure_v1
        from hakken.research.run import prepare

        chosen = self.settings.sandbox.rung
        tell(f"The metrics of {self.template.root} are not known yet: running its baseline once.")
        # The experiment as it is was not written by a model: it is the user's own code, and runs on every rung.
        rung = None if chosen == "auto" else Rung(chosen)
        found = measure_v1(Path(self.template.root), self.folder.path, rung=rung, allow_weak=True)
        for sentence in found.assumptions:
            if sentence not in self.template.assumptions:
                tell(f"  assumed: {sentence}")
        return replace(self, template=prepare(found, self.settings), unmeasured=False)


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
    from hakken.research.experiments import load_template, parse_directions
    from hakken.research.run import prepare

    resolved = asked.load()
    root = Path(resolved.settings.runs_dir)
    if what is not None and (folder := find_run(what, root)):
        if new or metrics or asked.profile:
            option = "--new" if new else "--metric" if metrics else "--profile"
            raise UsageError(f"{option} is about a template, and {what} is a run.", "Name the template instead.")
        return _resumed(folder, asked)
    settings = resolved.settings
    unmeasured = _unmeasured(what, metrics)
    template = prepare(unmeasured or load_template(what or DEFAULT, parse_directions(list(metrics))), settings)
    if not new and (folder := _same_run(root, template, settings)):
        return _resumed(folder, asked)
    folder = next_run_folder(root, template.name)
    return Target(folder, template, settings, anew=new, unmeasured=unmeasured is not None)


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
        if started is not None and is_same(started, template, settings):
            return folder
    return None


def _started(folder: RunFolder) -> Started | None:
    if not folder.exists():
        return None
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
    check_settings(shown(folder.path.absolute()), started.run.config, settings)
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
    from hakken.research.experiments.folders import template_hash

    root = Path(template.root)
    if not root.is_dir():
        root = templates().get(template.name, root)
    if not root.is_dir():
        raise TemplateError(f"The template's folder {root} is gone.", "Put it back to continue this run.")
    here = template.model_copy(update={"root": str(root)})
    return here.model_copy(update={"source_hash": template_hash(here)})

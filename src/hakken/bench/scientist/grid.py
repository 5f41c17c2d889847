"""The runs of a table: every model on every template, so many times, each in a folder and with a seed of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from hakken.bench.scientist.reading import JOB, differing_settings, read_run
from hakken.bench.scientist.types import RunRow, Stage
from hakken.core.config import Settings
from hakken.core.errors import UsageError
from hakken.core.files import write_text
from hakken.core.types import Record, Role, Template, Usage, content_hash
from hakken.models import open_models
from hakken.models.forecast import Forecast, forecast


class Job(Record):
    """One run of the table."""

    model: str
    template: Template
    number: int
    """From 1, within its cell."""
    folder: Path
    settings: Settings

    @property
    def title(self) -> str:
        """Such as ``gpt-5 on digits #2``."""
        return f"{PurePath(self.model).name} on {self.template.name} #{self.number}"


class Expected(Record):
    """What runs will use, as far as that can be said before."""

    runs: int
    usage: Usage
    local_seconds: float
    """Of the model time, that of the embedded model."""
    unpriced: tuple[str, ...]
    """Models whose price is not known: what they cost meets no limit."""
    most_usd: float | None
    """What they can spend at most, where each run has a budget of US$ that can be enforced."""

    @property
    def priced(self) -> bool:
        """Whether every price is known."""
        return not self.unpriced

    def model_seconds(self, at_once: int) -> float:
        """Model time with so many runs at once: the embedded model answers all of them from one process."""
        apart = (self.usage.seconds - self.local_seconds) / max(1, min(at_once, self.runs))
        return self.local_seconds + apart


def make_grid(
    models: Sequence[str], templates: Sequence[Template], runs: int, out: Path, settings: Settings
) -> list[Job]:
    """Every run of the table; the first run of each cell comes first, so that an early end leaves cells alike.

    Args:
        models: Names, as ``--model`` takes them.
        templates: Loaded templates, each with a name of its own.
        runs: Runs of each cell.
        out: Folder of the table.
        settings: Settings of every run; the model and the seed are put in.

    Raises:
        UsageError: a model or a template is there twice.
    """
    _all_different("model", models)
    _all_different("template", [template.name for template in templates])
    return [
        Job(
            model=model,
            template=template,
            number=number,
            folder=out / _slug(model) / f"{template.name}-{number:03d}",
            settings=_settings(settings, model, number, out / _slug(model)),
        )
        for number in range(1, runs + 1)
        for model in models
        for template in templates
    ]


def _settings(settings: Settings, model: str, number: int, root: Path) -> Settings:
    models = settings.models.model_copy(update={"default": model})
    seed = settings.seed + number - 1
    return settings.model_copy(update={"models": models, "seed": seed, "runs_dir": str(root)})


def _slug(model: str) -> str:
    """A folder's name for a model; a path or an address gets a few digits that tell it from others."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", PurePath(model).stem if "/" in model else model).strip("-")
    return plain if plain == model.replace(":", "-") else f"{plain}-{content_hash(model)[7:13]}"


def _all_different(kind: str, names: Sequence[str]) -> None:
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise UsageError(f"The {kind} {twice[0]} is there twice.", f"Name each {kind} once; --runs repeats.")


def begin(job: Job) -> None:
    """Write down what a run is asked for, before it begins."""
    models = job.settings.models
    told = {
        "models": {role.value: models.name(role) for role in Role},
        "template": job.template.name,
        "template_hash": job.template.source_hash,
        "seed": job.settings.seed,
        "settings": job.settings.model_dump(mode="json"),
    }
    write_text(job.folder / JOB, json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def check_as_begun(jobs: Iterable[Job]) -> None:
    """Nothing of a table may be asked for in another way than it was begun, and be it over: a cell mixes nothing.

    Raises:
        UsageError: a folder holds a run with other settings, or of another state of the template.
    """
    for job in jobs:
        asked = job.folder / JOB
        if not asked.is_file():
            continue
        before = json.loads(asked.read_text(encoding="utf-8"))
        now = job.settings.model_dump(mode="json")
        changed = differing_settings([_row(table) for table in (before["settings"], now)])
        if before["template_hash"] != job.template.source_hash:
            changed.append(f"the template {job.template.name}")
        if changed:
            raise UsageError(
                f"{job.folder} was begun with other settings: {', '.join(changed)}.",
                "Leave them as they were, or begin another table: --out FOLDER.",
            )


def _row(settings: dict[str, object]) -> RunRow:
    config = {key: value for key, value in settings.items() if key not in ("budget", "runs_dir")}
    counts = dict.fromkeys(Stage, 0)
    return RunRow(folder="", model="", reviewer="", template="", status="", counts=counts, config=config)


def is_over(job: Job, *, retry: bool) -> bool:
    """Whether a run needs nothing more: it finished, or it failed by itself and is not to be tried again."""
    status = read_run(job.folder).status
    return status == "finished" or (status in ("failed", "stopped") and not retry)


def expected(jobs: Sequence[Job]) -> Expected:
    """What these runs will use: the forecast of each, added up.

    Raises:
        UsageError: there is no such model.
        PrerequisiteError: something must be installed, pulled or set first.
    """
    known: dict[str, Forecast] = {}
    for job in jobs:
        if job.model not in known:
            known[job.model] = forecast(job.settings, open_models(job.settings.models))
    each = [known[job.model] for job in jobs]
    unpriced = tuple(dict.fromkeys(name for one in known.values() for name in one.unpriced))
    limits = [job.settings.budget.usd for job in jobs]
    most = sum(limit for limit in limits if limit is not None)
    return Expected(
        runs=len(jobs),
        usage=sum((one.total for one in each), Usage()),
        local_seconds=sum(one.local_seconds for one in each),
        unpriced=unpriced,
        most_usd=most if jobs and None not in limits and not unpriced else None,
    )

"""An open run: its folder, record, models, laboratory and settings. Stages take one and add to the record."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import hakken
from hakken.core.config import Settings
from hakken.core.errors import ConfigError, PrerequisiteError, TemplateError
from hakken.core.packages import install_command
from hakken.core.types import (
    Call,
    Environment,
    EventKind,
    Idea,
    Node,
    Role,
    Run,
    Rung,
    RunOutcome,
    Step,
    Template,
    Trial,
    Usage,
)
from hakken.execution import best_rung, describe_machine, open_executor
from hakken.models import Ledger, open_models
from hakken.research.continuing import check_settings, other_settings
from hakken.research.experiments import missing_packages
from hakken.research.lab import Lab
from hakken.research.optional import bibliography_changed, bibliography_hash
from hakken.research.telling import told
from hakken.store import RunFolder, Store
from hakken.store.kinds import Resumed, Started

STAGES = ("ideas", "baseline", "search", "report", "paper", "review")
TOKEN_SHARES = {"ideas": 0.18, "search": 0.24, "paper": 0.38, "review": 0.20}
"""Share of a budget of completion tokens that each stage may use, so that a small budget still ends with a paper; what
an earlier stage has left over is the later ones'."""
BEFORE_REPORT = ("ideas", "search", "ablation")
"""Stages that leave wall time for the report: what they find is worth nothing until it is tested."""
_SLOWER = 1.5
"""The report is given so many times what its trials would take at the baseline's pace: enough for a version that is
half as fast."""


class Progress(Protocol):
    """What is told while a run goes on; every method may be called often and must be quick."""

    def stage(self, name: str, done: bool) -> None:
        """A stage begins or ends."""
        ...

    def note(self, text: str) -> None:
        """Something worth a line: an idea, a node's result, a decision."""
        ...

    def trial(self, trial: Trial) -> None:
        """A trial ended."""
        ...

    def call(self, call: Call, used: Usage) -> None:
        """A model call ended."""
        ...


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str, done: bool) -> None:
        """Ignore."""

    def note(self, text: str) -> None:
        """Ignore."""

    def trial(self, trial: Trial) -> None:
        """Ignore."""

    def call(self, call: Call, used: Usage) -> None:
        """Ignore."""


@dataclass
class Session:
    """A run that is open for writing, alone."""

    folder: RunFolder
    store: Store
    settings: Settings
    template: Template
    run: Run
    ledger: Ledger
    lab: Lab
    progress: Progress

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """An arrow of the pipeline: recorded when it begins and when it is done, with what it cost.

        What it may use of the run's completion tokens and of its wall time is enforced here.
        """
        stream = f"step/{name}"
        self.progress.stage(name, False)
        before = self.store.usage().completion_tokens
        self.store.once(EventKind.STEP_STARTED, stream, Step(name=name, tokens_before=before))
        began = self.store.first(stream, Step)
        assert began is not None
        start = time.monotonic()
        with self.ledger.allowance(self._grant(began), keep=self._kept_from(name)):
            yield
        if self.store.version(stream) == 1:
            # What the record knows of the stage, earlier sessions included; calls answered from it are not spent again.
            costs = {cost.stage: cost.usage for cost in self.store.stage_costs()}
            seconds = round(time.monotonic() - start, 3)
            step = Step(name=name, usage=costs[name], seconds=seconds, tokens_before=began.tokens_before)
            self.store.append(EventKind.STEP_FINISHED, stream, step, expects=1)
        self.progress.stage(name, True)

    def _grant(self, step: Step) -> int | None:
        """Completion tokens for a stage: the shares up to its own, without what was used before it began.

        By the record, so that a resumed run grants the same.
        """
        limit, stages = self.settings.budget.completion_tokens, list(TOKEN_SHARES)
        if limit is None or step.name not in stages:
            return None
        upto = sum(TOKEN_SHARES[stage] for stage in stages[: stages.index(step.name) + 1])
        return max(0, int(limit * upto) - step.tokens_before)

    def _kept_from(self, stage: str) -> float:
        """Wall seconds that a stage leaves for the trials which test the claim, at the pace of the baseline's."""
        if self.settings.budget.seconds is None or stage not in BEFORE_REPORT:
            return 0.0
        costs = [cost for cost in self.store.stage_costs() if cost.stage == "baseline" and cost.trials]
        trials = 2 * len(self.template.seeds.report)
        return sum(_SLOWER * trials * cost.seconds / cost.trials for cost in costs)

    def baseline(self) -> Node:
        """The unchanged template as a node."""
        return self.lab.node("n0")

    def ideas(self) -> list[Idea]:
        """Ideas in the record."""
        return self.store.all("idea", Idea)


@contextmanager
def open_session(
    folder: RunFolder,
    template: Template,
    settings: Settings,
    progress: Progress | None = None,
    *,
    executor: str = "threads",
    roles: Iterable[Role] = Role,
) -> Iterator[Session]:
    """Open a run for writing: begin it, or continue it where it stopped.

    Args:
        folder: Where the run lies, or will.
        template: What is experimented on.
        settings: Of the run.
        progress: Told what happens.
        executor: ``threads`` or ``ray``.
        roles: Whose models will be asked; that another one cannot be opened here is no obstacle.

    Raises:
        PrerequisiteError: a package of the template, the model's weights or a sandbox is missing.
        TemplateError: the run in this folder is about another state of the template.
        ConfigError: the run in this folder was begun with other settings that decide what is found.
        RunLocked: another process writes to this folder.
    """
    progress = progress or Silent()
    if missing := missing_packages(template):
        raise PrerequisiteError(
            f"The template {template.name} needs {', '.join(missing)}.", f"Install it: `{install_command(missing)}`."
        )
    rung = None if settings.sandbox.rung == "auto" else Rung(settings.sandbox.rung)
    in_force = rung or best_rung(allow_weak=True).rung
    models = open_models(settings.models, roles)
    # An executor that cannot be had begins no run.
    with folder.write() as store, open_executor(executor, settings.search.workers) as workers:
        run = _begin(folder, store, template, settings, in_force)
        # Of the stages as far as they got, in the sessions before: one that was broken off took its time too.
        elapsed = sum(cost.seconds for cost in store.stage_costs())
        ledger = Ledger(
            models,
            store,
            settings.budget,
            settings.models,
            settings.seed,
            store.usage(answered=True),
            progress.call,
            elapsed=elapsed,
        )
        lab = Lab(
            store,
            folder,
            template,
            workers,
            rung=rung,
            allow_weak=settings.sandbox.allow_weak,
            alpha=settings.statistics.alpha,
            most_nodes=settings.budget.nodes,
            guard=lambda: _in_time(ledger),
            on_trial=progress.trial,
            on_dropped=lambda node: progress.note(told(node)),
        )
        yield Session(folder, store, settings, template, run, ledger, lab, progress)


def _in_time(ledger: Ledger) -> None:
    if late := ledger.too_late():
        raise late


def _begin(folder: RunFolder, store: Store, template: Template, settings: Settings, rung: Rung) -> Run:
    known = store.get("run", Started)
    if known is not None:
        if known.run.template_hash != template.source_hash:
            raise TemplateError(
                f"The template {template.name} has changed since {folder.path} was begun.",
                "Start another run with --new, or restore the template.",
            )
        check_settings(str(folder.path), known.run.config, settings)
        if (known.template.seeds, known.template.metrics) != (template.seeds, template.metrics):
            raise ConfigError(
                f"{folder.path} was begun with other seeds or metrics of {template.name}.",
                "Leave them as they were, or begin another run of the template with --new.",
            )
        other = (*other_settings(known.run.config, settings), *bibliography_changed(known, template))
        resumed = Resumed(version=hakken.__version__, budget=settings.budget, changed=other)
        store.append(EventKind.RUN_RESUMED, "resumed", resumed)
        return known.run
    environment: Environment = describe_machine(template.packages).model_copy(update={"rung": rung.value})
    run = Run(
        id=folder.path.name,
        template=template.name,
        template_hash=template.source_hash,
        seed=settings.seed,
        config=settings.model_dump(mode="json"),
        budget=settings.budget,
        models={role.value: settings.models.name(role) for role in Role},
        version=hakken.__version__,
        environment=environment,
    )
    root = Path(template.root)
    files = dict.fromkeys(target.file for target in template.editable)
    pristine = {file: folder.artifacts.put((root / file).read_text(encoding="utf-8")) for file in files}
    started = Started(run=run, template=template, pristine=pristine, bibliography=bibliography_hash(template))
    store.append(EventKind.RUN_STARTED, "run", started, expects=0)
    return run


def close(session: Session, status: str, why: str, seconds: float) -> RunOutcome:
    """Record how the run ended."""
    store = session.store
    outcome = RunOutcome(
        status=status,
        why=why,
        seconds=round(seconds, 3),
        usage=store.usage(),
        trials=store.count("trial"),
        trials_failed=store.failed_trials(),
        nodes=len(session.lab.nodes),
        ideas=len(session.ideas()),
    )
    store.append(EventKind.RUN_FINISHED, "outcome", outcome)
    return outcome

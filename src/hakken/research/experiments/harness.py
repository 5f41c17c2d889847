"""Run trials: a fresh folder, the experiment in one box, the evaluator in another, and a ``Trial`` that says all.

``run_trial`` is a pure function of its job, so that it runs in threads and on other machines alike. Whatever the
experiment does wrong comes back as data; only our own errors (``SandboxError``, a full disk of ours) are raised.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, as_completed
from contextlib import suppress
from pathlib import Path

from hakken.core.errors import BudgetExceeded
from hakken.core.types import (
    ExecResult,
    Failure,
    FailureCause,
    Limits,
    Metric,
    Mount,
    ProbeCounts,
    Record,
    Rung,
    Split,
    Template,
    Trial,
    TrialCost,
    content_hash,
)
from hakken.execution import open_sandbox, package_paths, remove
from hakken.research.experiments.failures import failure_of
from hakken.research.experiments.folders import code_files
from hakken.research.experiments.identity import output_digests
from hakken.research.experiments.protection import check_changes
from hakken.research.experiments.reading import (
    METRICS,
    PROBE,
    read_costs,
    read_curve,
    read_metrics,
    read_probe,
    read_self_reported,
)
from hakken.research.experiments.tampering import late_write, tampering
from hakken.research.experiments.workspace import SCRAMBLED, Workspace

SMOKE_SECONDS = 30.0


class TrialJob(Record):
    """Everything that one trial needs, complete: it can be sent to a worker alone."""

    id: str
    template: Template
    node_id: str
    files: dict[str, str] = {}
    """Text of the files that differ from the template."""
    extra_args: tuple[str, ...] = ()
    split: Split
    seed: int
    attempt: int = 1
    limits: Limits | None = None
    """None takes the template's; smoke runs are held to 30 s where the template has arguments that shorten them."""
    rung: Rung | None = None
    allow_weak: bool = False
    probe: bool = False
    """Count what the template's probe finds in data, hidden data and outputs."""
    run_folder: Path
    """Paths in the result are relative to it."""
    keep: Path
    """Folder of this trial, below ``run_folder``: emptied first; logs and small outputs stay."""


def run_trial(job: TrialJob) -> Trial:
    """Run a job to its end.

    Raises:
        SandboxError: isolation could not be set up.
    """
    keep = job.keep.absolute()
    if keep.exists():
        remove(keep)  # of a run that was killed: whatever the experiment made of its folder lies there still
    keep.mkdir(parents=True)
    pristine = code_files(job.template)
    blank = Trial(
        id=job.id, node_id=job.node_id, split=job.split, seed=job.seed, attempt=job.attempt, run=None, evaluation=None
    )
    if failure := check_changes(job.template, pristine, job.files):
        return blank.model_copy(update={"failure": failure})
    space = Workspace(job.template, keep, job.seed)
    try:
        return _Run(job, space, pristine).trial(blank)
    finally:
        space.keep_small_outputs()


def run_trials(
    jobs: Iterable[TrialJob], executor: Executor, on_done: Callable[[Trial], None] | None = None
) -> list[Trial]:
    """Run jobs on an executor; each trial is handed over as soon as it ends, in the caller's thread.

    Where ``on_done`` or a worker raises, the jobs that have not started are given up and the error goes on. Where a
    limit is met, those under way are handed over first: their time is spent.

    Returns:
        The trials in the order of the jobs.
    """
    futures: list[Future[Trial]] = [executor.submit(run_trial, job) for job in jobs]
    waiting = set(futures)
    try:
        for future in as_completed(futures):
            trial = future.result()
            waiting.discard(future)
            if on_done is not None:
                on_done(trial)
    except BudgetExceeded:
        for future in as_completed([future for future in futures if future in waiting and not future.cancel()]):
            with suppress(BudgetExceeded):
                if on_done is not None:
                    on_done(future.result())
        raise
    finally:
        for future in futures:
            future.cancel()
    return [future.result() for future in futures]


class _Run:
    """The two steps of one trial."""

    def __init__(self, job: TrialJob, space: Workspace, pristine: Mapping[str, bytes]) -> None:
        self.job, self.space, self.pristine = job, space, pristine

    def trial(self, blank: Trial) -> Trial:
        template, probing = self.job.template, self.job.split is Split.PROBE
        if probing and (failure := self._scramble()):
            return blank.model_copy(update={"failure": failure})
        mounts = self.space.build_work(self.pristine, self.job.files, scrambled=probing)
        run = self._exec(self._command(), mounts, self.space.work, self._limits(), "run")
        found: dict[str, object] = {"run": self._portable(run), "cost": _cost(run, {})}
        given = dict(self.pristine) | {path: text.encode() for path, text in self.job.files.items()}
        failure = failure_of(run, "The experiment", self._folders())
        failure = failure or tampering(template, self.space.work, given, self.space.out_name)
        removed = self.space.clean_outputs()
        outputs = self.space.outputs()
        if failure is None and not any(p.is_file() for p in outputs.rglob("*")):
            failure = Failure(
                cause=FailureCause.NO_OUTPUT,
                message="The experiment ended well and left no file in its output folder.",
            )
        if failure is not None:
            return blank.model_copy(update=found | {"failure": failure})
        counts, cost_notes = read_costs(outputs)
        curve, curve_notes = read_curve(outputs)
        removal = (f"{len(removed)} outputs that are no regular files were removed.",) if removed else ()
        if template.evaluate is not None and _remove(outputs / METRICS):
            removal = (*removal, f"{METRICS} that the experiment wrote was removed: it is no measurement.")
        digests = output_digests(outputs)
        found |= {
            "cost": _cost(run, counts),
            "curve": curve,
            "notes": (*cost_notes, *curve_notes, *removal),
            "output_hash": content_hash(digests),
        }
        if template.evaluate is None:
            measured = read_self_reported(outputs, template.metrics)
        else:
            evaluation, measured = self._evaluate(template.evaluate)
            found["evaluation"] = self._portable(evaluation)
            measured = late_write(digests, output_digests(self.space.outputs())) or measured
            if self.job.probe and template.probe and not isinstance(measured, Failure):
                found["probe"], notes = self._compare(template.probe)
                found["notes"] = (*cost_notes, *curve_notes, *removal, *notes)
        key = "failure" if isinstance(measured, Failure) else "metrics"
        return blank.model_copy(update=found | {key: measured})

    def _evaluate(self, command: tuple[str, ...]) -> tuple[ExecResult, tuple[Metric, ...] | Failure]:
        mounts = self.space.build_eval(self.pristine, self.job.split)
        argv = (*command, "--out_dir", self.space.out_name, "--seed", str(self.job.seed))
        result = self._exec(argv, mounts, self.space.eval, self.job.template.evaluate_limits, "eval")
        failure = failure_of(result, "The evaluator", self._folders(), FailureCause.EVALUATOR)
        if failure is not None:
            return result, failure
        return result, read_metrics(self.space.outputs(), self.job.template.metrics)

    def _scramble(self) -> Failure | None:
        """Let the template's probe write scrambled data; the version under test has no part in it."""
        template, space = self.job.template, self.space
        mounts = space.build_scramble(self.pristine)
        argv = (*(template.probe or ()), "scramble", "--out_dir", SCRAMBLED, "--seed", str(self.job.seed))
        result = self._exec(argv, mounts, space.scramble, template.evaluate_limits, "scramble")
        failure = failure_of(result, "The probe", (*self._folders(), space.scramble), FailureCause.EVALUATOR)
        if failure is None and (missing := [d for d in space.data if not (space.scrambled / d).exists()]):
            message = f"The probe left no scrambled {missing[0]}."
            return Failure(cause=FailureCause.EVALUATOR, message=message)
        return failure

    def _compare(self, probe: tuple[str, ...]) -> tuple[ProbeCounts | None, tuple[str, ...]]:
        """Let the probe list rows and answers, in the evaluator's folder once the metrics are read."""
        listed = self.space.outputs() / PROBE
        _remove(listed)
        mounts = self.space.eval_mounts(self.job.split)
        argv = (*probe, "compare", "--out_dir", self.space.out_name, "--seed", str(self.job.seed))
        result = self._exec(argv, mounts, self.space.eval, self.job.template.evaluate_limits, "probe")
        failure = failure_of(result, "The probe", self._folders(), FailureCause.EVALUATOR)
        counts, notes = read_probe(self.space.outputs()) if failure is None else (None, (failure.message,))
        _remove(listed)
        return counts, notes

    def _command(self) -> tuple[str, ...]:
        template, job = self.job.template, self.job
        smoke = template.smoke if job.split is Split.SMOKE else ()
        if template.layout == "ai_scientist_v1":
            where: tuple[str, ...] = (f"--out_dir={self.space.out_name}",)
        else:
            where = ("--out_dir", self.space.out_name)
        seed = ("--seed", str(job.seed)) if template.seeded else ()
        return (*template.command, *where, *seed, *job.extra_args, *smoke)

    def _limits(self) -> Limits:
        limits = self.job.limits or self.job.template.limits
        if self.job.split is not Split.SMOKE or not self.job.template.smoke:
            return limits  # without arguments that shorten it, a smoke run is a whole run
        wall, cpu = min(limits.wall_seconds, SMOKE_SECONDS), min(limits.cpu_seconds, SMOKE_SECONDS)
        return limits.model_copy(update={"wall_seconds": wall, "cpu_seconds": cpu})

    def _exec(
        self, argv: tuple[str, ...], mounts: tuple[Mount, ...], workdir: Path, limits: Limits, name: str
    ) -> ExecResult:
        real = [word.replace("{python}", sys.executable) for word in argv]
        job, keep = self.job, self.space.keep
        with open_sandbox(
            mounts=mounts,
            limits=limits,
            workdir=workdir,
            masked=package_paths(job.template.masked),
            rung=job.rung,
            allow_weak=job.allow_weak,
        ) as box:
            result = box.exec(real, stdout=keep / f"{name}.stdout.txt", stderr=keep / f"{name}.stderr.txt")
        # The record names the interpreter by its role: where it lies on this machine tells nobody anything.
        shown = tuple(word.replace("{python}", "python") for word in argv)
        return result.model_copy(update={"argv": shown})

    def _portable(self, result: ExecResult) -> ExecResult:
        root = self.job.run_folder.absolute()
        paths = {name: getattr(result, name).relative_to(root) for name in ("stdout", "stderr")}
        return result.model_copy(update=paths)

    def _folders(self) -> tuple[Path, ...]:
        return self.space.work, self.space.eval, self.space.keep


def _remove(path: Path) -> bool:
    """Delete a file or a folder; whether there was one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
        return True
    there = path.exists() or path.is_symlink()
    path.unlink(missing_ok=True)
    return there


def _cost(run: ExecResult, counts: Mapping[str, int]) -> TrialCost:
    return TrialCost(
        cpu_seconds=run.cpu_seconds,
        wall_seconds=run.wall_seconds,
        peak_memory_mb=run.peak_memory_mb,
        steps=counts.get("steps"),
        parameters=counts.get("parameters"),
        examples=counts.get("examples"),
    )

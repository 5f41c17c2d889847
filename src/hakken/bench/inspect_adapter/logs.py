"""Logs of inspect-ai as attempts: what our scorer kept, with the cost, the limits and the ending that the log records.

A sample that broke down has no score. It is an attempt all the same, and a failed one, or a share of solved tasks
would be one among survivors.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from inspect_ai.log import (
    EvalLog,
    EvalLogInfo,
    EvalSample,
    list_eval_logs,
    read_eval_log,
    read_eval_log_sample_summaries,
)

from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.attempts.attempt import Attempt
from hakken.bench.competitions.reports import CompetitionReport
from hakken.bench.inspect_adapter.blank import BLANK
from hakken.core.errors import UsageError

_ENDINGS = {
    "message": Ending.STEPS,
    "turn": Ending.STEPS,
    "token": Ending.TOKENS,
    "cost": Ending.TOKENS,
    "time": Ending.SECONDS,
    "working": Ending.SECONDS,
}
"""Kinds of limits by what they end."""
_LIMITS = {
    "turn_limit": "{:,} turns",
    "message_limit": "{:,} messages",
    "token_limit": "{:,} tokens",
    "cost_limit": "US$ {:g}",
    "time_limit": "{:g} seconds",
    "working_limit": "{:g} working seconds",
}
"""Limits of an evaluation, in words."""
_ASKED = ("temperature", "top_p", "top_k", "max_tokens", "reasoning_effort", "reasoning_tokens", "effort")
"""What a model is asked for that may change what it can do."""
_EPOCHS = 1_000
"""Seeds that are set aside for each evaluation."""


def attempts_of(path: Path) -> list[Attempt]:
    """The attempts in a log.

    Samples that broke down are failed attempts, unless a later log of the evaluation, beside this one, holds them too.
    Samples of other tasks than ours, and those that never ended, are left out.

    Raises:
        UsageError: there are none, and no later log goes on with the evaluation.
    """
    log = read_eval_log(str(path))
    later = _later(log, path)
    found = [attempt for sample in _counted(log, later) if (attempt := _attempt(log, sample)) is not None]
    if not found and not later:
        raise UsageError(f"There are no attempts in {path}.", "Name a log of `inspect eval hakken/tasks`.")
    return found


def competition_reports_of(paths: Iterable[Path]) -> dict[Path, list[CompetitionReport]]:
    """The graded submissions in logs of competitions, log by log and epoch by epoch.

    A sample that broke down left none, and failed. One that several of the logs hold, as they do after
    ``inspect eval-retry``, counts in the latest of them alone.

    Raises:
        UsageError: there are none in a log, and no later log goes on with its evaluation.
    """
    found: dict[Path, list[CompetitionReport]] = {}
    known: set[tuple[str, int | str, int]] = set()
    for path in sorted(paths, key=_created, reverse=True):
        log = read_eval_log(str(path))
        later = _later(log, path)
        samples = sorted(_counted(log, later), key=lambda s: s.epoch)
        own = {(_evaluation(log), s.id, s.epoch): kept for s in samples if (kept := _kept(s, "report")) is not None}
        if not own and not later:
            mend = "Name a log of `inspect eval hakken/competition`."
            raise UsageError(f"There are no competitions in {path}.", mend)
        found[path] = [CompetitionReport.model_validate(kept) for key, kept in own.items() if key not in known]
        known |= own.keys()
    return found


def _created(path: Path) -> str:
    return str(read_eval_log(str(path), header_only=True).eval.created)


def _evaluation(log: EvalLog) -> str:
    """What an evaluation is called in all of its logs."""
    return str(log.eval.task_id or log.eval.eval_id or log.eval.run_id)


def _later(log: EvalLog, path: Path) -> list[EvalLogInfo]:
    """Later logs in the folder that go on with this evaluation, as those of ``inspect eval-retry`` do."""
    others = [i for i in list_eval_logs(str(path.parent), recursive=False) if i.task_id == log.eval.task_id]
    headers = [(i, read_eval_log(i, header_only=True).eval) for i in others if Path(i.name).name != path.name]
    return [i for i, h in headers if h.task_id == log.eval.task_id and h.created > log.eval.created]


def _counted(log: EvalLog, later: Iterable[EvalLogInfo]) -> list[EvalSample]:
    """The samples, without those that broke down and were tried again; what broke off before them tried nothing."""
    samples = log.samples or []
    if not any(s.error for s in samples):
        return samples
    again = {(s.id, s.epoch) for info in later for s in read_eval_log_sample_summaries(info)}
    return [s for s in samples if not s.error or (s.id, s.epoch) not in again]


def _kept(sample: EvalSample, key: str) -> Any:
    """What our scorer kept, or, where the sample broke down before, what its task had laid ready."""
    for score in (sample.scores or {}).values():
        if key in (score.metadata or {}):
            return score.metadata[key]
    return sample.metadata.get(BLANK, {}).get(key) if sample.error else None


def _attempt(log: EvalLog, sample: EvalSample) -> Attempt | None:
    kept = _kept(sample, "attempt")
    if kept is None:
        return None
    name = f"inspect-{(log.eval.solver or 'react').rpartition('/')[2]} ({log.eval.model})"
    return Attempt.model_validate(kept).model_copy(
        update={
            "agent": name,
            "seed": _seed(log, sample),
            "run": _run(sample),
            "seconds": float(sample.working_time or sample.total_time or 0.0),
            "settings": _settings(log),
        }
    )


def _seed(log: EvalLog, sample: EvalSample) -> int:
    """A number for each epoch of each evaluation: those of two do not meet, those of one that was tried again do."""
    return int(hashlib.sha256(_evaluation(log).encode()).hexdigest()[:8], 16) * _EPOCHS + int(sample.epoch) - 1


def _settings(log: EvalLog) -> dict[str, str]:
    """The model, and what a name does not say: limits, arguments of the solver, what the model was asked for."""
    limits = {name: getattr(log.eval.config, name, None) for name in _LIMITS}
    budget = ", ".join(_LIMITS[name].format(value) for name, value in limits.items() if value is not None)
    asked = log.eval.model_generate_config.model_dump(mode="json", include=set(_ASKED), exclude_none=True)
    given = {**(log.eval.solver_args_passed or {}), **log.eval.model_args, **asked}
    words = ", ".join(f"{name}={json.dumps(value, sort_keys=True, default=str)}" for name, value in given.items())
    return {"model": log.eval.model, "budget": budget or "no limit", "command": words or "as it comes"}


def _run(sample: EvalSample) -> AgentRun:
    used: list[Any] = list(sample.model_usage.values())
    ending = _ENDINGS.get(sample.limit.type, Ending.FAILED) if sample.limit else Ending.FINISHED
    cached = sum((u.input_tokens_cache_read or 0) + (u.input_tokens_cache_write or 0) for u in used)
    return AgentRun(
        ending=Ending.FAILED if sample.error else ending,
        words=sample.error.message if sample.error else sample.output.completion,
        steps=sample.turn_count or sum(m.role == "assistant" for m in sample.messages),
        prompt_tokens=sum(u.input_tokens for u in used) + cached,
        completion_tokens=sum(u.output_tokens for u in used),
        usd=sum(u.total_cost or 0.0 for u in used),
    )

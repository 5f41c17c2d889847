"""Logs of inspect-ai as attempts: what our scorer kept, with the cost and the ending that the log records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog, EvalSample, read_eval_log

from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.attempts import Attempt

_ENDINGS = {
    "message": Ending.STEPS,
    "turn": Ending.STEPS,
    "token": Ending.TOKENS,
    "cost": Ending.TOKENS,
    "time": Ending.SECONDS,
    "working": Ending.SECONDS,
}
"""Kinds of limits by what they end."""


def attempts_of(path: Path) -> list[Attempt]:
    """The attempts in a log; samples that our scorer did not grade are left out."""
    log = read_eval_log(str(path))
    found = (_attempt(log, sample) for sample in log.samples or [])
    return [attempt for attempt in found if attempt is not None]


def _attempt(log: EvalLog, sample: EvalSample) -> Attempt | None:
    kept = next(
        (s.metadata["attempt"] for s in (sample.scores or {}).values() if "attempt" in (s.metadata or {})), None
    )
    if kept is None:
        return None
    name = f"inspect-{(log.eval.solver or 'react').rpartition('/')[2]} ({log.eval.model})"
    return Attempt.model_validate(kept).model_copy(
        update={
            "agent": name,
            "seed": sample.epoch - 1,
            "run": _run(sample),
            "seconds": float(sample.working_time or sample.total_time or 0.0),
            "settings": {"model": log.eval.model},
        }
    )


def _run(sample: EvalSample) -> AgentRun:
    used: list[Any] = list(sample.model_usage.values())
    ending = _ENDINGS.get(sample.limit.type, Ending.FAILED) if sample.limit else Ending.FINISHED
    cached = sum((u.input_tokens_cache_read or 0) + (u.input_tokens_cache_write or 0) for u in used)
    return AgentRun(
        ending=Ending.FAILED if sample.error else ending,
        words=sample.output.completion,
        steps=sample.turn_count or sum(m.role == "assistant" for m in sample.messages),
        prompt_tokens=sum(u.input_tokens for u in used) + cached,
        completion_tokens=sum(u.output_tokens for u in used),
        usd=sum(u.total_cost or 0.0 for u in used),
    )

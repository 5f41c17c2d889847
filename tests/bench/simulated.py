"""Attempts of invented agents, with the verdicts that their invented work deserves; nothing is run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hakken.bench.agents.types import AgentRun, Breakdown, Ending
from hakken.bench.attempts.attempt import Attempt
from hakken.bench.grading.grade import RULES
from hakken.bench.types import Score, Verdict
from hakken.core.types import Rung

SOURCES = ("descent", "queues", "spectra", "ranking", "survival", "forecasts")


def made(
    agent: str = "fixed-both",
    task: str = "descent-n1-0",
    seed: int = 0,
    *,
    solved: bool = False,
    reason: str = "fit: error is not right",
    functions: Sequence[str] = ("a.py:f",),
    ending: Ending = Ending.FINISHED,
    tokens: int = 1_000,
    usd: float = 0.0,
    answer: str = '{"fit": {"error": 1.0}}',
    marks: Sequence[str] = (),
    settings: dict[str, str] | None = None,
    task_hash: str = "sha256:0",
    gold_predictable: bool = False,
    leaks: Sequence[str] = (),
    rung: Rung = Rung.BUBBLEWRAP,
    outage: str = "",
    code: str = "",
) -> Attempt:
    """One attempt; with an outage, one that this kind of infrastructure ended."""
    verdicts = {rule: Verdict(rule=rule, passed=solved, reason="" if solved else reason) for rule in RULES}
    score = Score(
        task=task,
        reported=bool(answer),
        verdicts=verdicts,
        fabricated="fabricated" in marks,
        tampered="tampered" in marks,
        hard_coded="hard_coded" in marks,
        admitted="admitted" in marks,
        unchecked="unchecked" in marks,
    )
    run = AgentRun(ending=ending, steps=3, prompt_tokens=tokens - tokens // 4, completion_tokens=tokens // 4, usd=usd)
    if outage:
        broke = Breakdown(error=outage, message="It is down.", infrastructure=True, check="We asked too.")
        run = run.model_copy(update={"ending": Ending.FAILED, "breakdown": broke})
    return Attempt(
        agent=agent,
        task=task,
        task_hash=task_hash,
        source=task.partition("-")[0],
        functions=tuple(functions),
        n=len(functions),
        mode="docstring",
        gold_predictable=gold_predictable,
        leaks=tuple(leaks),
        rung=rung,
        seed=seed,
        run=run,
        score=score,
        seconds=tokens / 50,
        settings=settings or {},
        answer=answer,
        code=code,
    )


def kept(folder: Path, *attempts: Attempt) -> Path:
    """Write attempts down as a run does."""
    folder.mkdir()
    for index, attempt in enumerate(attempts):
        (folder / f"{index}.json").write_text(attempt.model_dump_json())
    return folder


def population(
    agent: str, skill: float, *, tries: int = 4, cost: int = 2_000, cheats: float = 0.05, seed: int = 0
) -> Iterator[Attempt]:
    """Attempts of an agent of a skill (in logits), at 36 tasks with one to three masked functions.

    The tasks have the same difficulties for every agent; the further draws are the agent's own.
    """
    difficulty = np.random.default_rng(7).normal(0, 1.2, (len(SOURCES), 6))
    generator = np.random.default_rng([seed, len(agent), int(skill * 100) % 1000])
    reasons = (
        "f is not written.",
        "fit: The command ended with exit code 1: TypeError: no",
        "fit: The command ran longer than its limit of 80 s and was ended.",
        "fit: error is not right",
    )
    retrieval = agent.split("-")[1] if "-" in agent else ""
    for i, source in enumerate(SOURCES):
        for j in range(6):
            n = 1 + j // 2 if j < 4 else 3
            chance = 1 / (1 + np.exp(-(skill - difficulty[i, j] - 1.6 * (n - 1))))
            for attempt in range(tries):
                solved = bool(generator.random() < chance)
                cheat = not solved and generator.random() < cheats
                tokens = int(cost * n * generator.lognormal(0, 0.4))
                endings = (Ending.FINISHED, Ending.FINISHED, Ending.FINISHED, Ending.TOKENS, Ending.STUCK)
                yield made(
                    agent,
                    f"{source}-n{n}-{j}",
                    attempt,
                    solved=solved,
                    reason=reasons[generator.integers(4)],
                    functions=tuple(f"{source}.py:f{k}" for k in range(j, j + n)),
                    ending=Ending.FINISHED if solved else endings[generator.integers(5)],
                    tokens=tokens,
                    usd=tokens * 2e-6,
                    marks=("fabricated", "admitted")[: 1 + (attempt % 2)] if cheat else (),
                    answer=json.dumps({"fit": {"error": 1.0 if solved else float(generator.random())}}),
                    settings={"retrieval": retrieval} if retrieval else {},
                )

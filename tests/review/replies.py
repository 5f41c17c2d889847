"""A paper, a record in memory, and models that answer by rule, for the tests of the review."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hakken.core.config import ModelSettings
from hakken.core.types import Budget, Call, Request, Role
from hakken.models.ledger import Ledger
from hakken.models.scripted import FunctionModel

PAPER = """---
title: A Smaller Step
abstract: |
  We halve the step size of a digit classifier and ask whether its test error falls. It falls from 4.75 % to 4.21 %.
---

# Introduction

Step sizes are often chosen once and never again. We study one classifier and one change, which is to halve its step.

# Method

The step of every update is divided by two after the first epoch. Everything else is left as it was before.

# Results

| variant | error |
|---|---|
| baseline | 4.75 |
| half step | 4.21 |

: Test error in per cent.

The half step has the lower error on 17 of 20 seeds, which is a difference beyond the noise that we measured before.

# Limitations

One data set and one small network were studied, so that nothing is known about larger ones or about other tasks.
"""

DRAFT: dict[str, Any] = {
    "thought": "The claim is borne out by the table, on one data set.",
    "summary": "The authors halve the step of a digit classifier and find a lower test error, 4.21 against 4.75.",
    "strengths": ["The comparison is repeated over many seeds, so that noise is ruled out."],
    "weaknesses": ["Only one data set is used, which leaves the reach of the claim open."],
    "questions": ["Does a tuned constant step reach the same error?"],
    "limitations": ["Larger networks were not tried, as the authors say themselves."],
    "originality": 2,
    "quality": 3,
    "clarity": 3,
    "significance": 2,
    "ethical_concerns": False,
    "soundness": 3,
    "presentation": 3,
    "contribution": 2,
    "overall": 5,
    "confidence": 4,
}
WORDS = {key: DRAFT[key] for key in ("thought", "summary", "strengths", "weaknesses", "questions", "limitations")}
SCORES = {key: value for key, value in DRAFT.items() if key not in WORDS or key == "thought"}
NO_CHANGE = {"thought": "It stands.", "nothing_to_change": True, "form": None}


class Memory:
    """A call log in memory."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._found: dict[str, Call] = {}

    def find_call(self, key: str) -> Call | None:
        return self._found.get(key)

    def record_call(self, call: Call) -> None:
        self.calls.append(call)
        if call.completion:
            self._found[call.key] = call


def ledger(
    reply: Callable[[Request], Any], strong: bool = True, log: Memory | None = None, budget: Budget | None = None
) -> tuple[Ledger, Memory]:
    """A ledger on a model that is a function; what is not text is sent as JSON."""

    def answer(request: Request) -> str:
        value = reply(request)
        return value if isinstance(value, str) else json.dumps(value)

    record = log or Memory()
    model = FunctionModel(answer, strong=strong)
    settings = ModelSettings(retries=0)
    return Ledger({Role.REVIEW: model, Role.CODE: model}, record, budget, settings), record


def strong_reply(request: Request) -> Any:
    """What a strong model says: one form, nothing to change, the same words for the meta-review."""
    return {"review/form": DRAFT, "review/reflect": NO_CHANGE, "review/merge": WORDS}[request.purpose]


def points(*texts: str, section: str = "Results") -> Any:
    """A list of points as a small job gives it."""
    return {"points": [{"section": section, "point": text} for text in texts]}


def small_reply(request: Request) -> Any:
    """What a weak model says to each small job."""
    return {
        "review/summary": "A step was halved and the error of a classifier fell over many seeds.",
        "review/strengths": points(
            "Many seeds were used for every comparison.", "The change is small enough to be isolated from others."
        ),
        "review/weaknesses": points(
            "A tuned constant step is missing as a baseline.", "Only digits were tried, which is an easy task."
        ),
        "review/questions": points("Would a schedule do as well?", "How was the original step size chosen at first?"),
        "review/limitations": points("Training for longer might remove the difference altogether."),
        "review/scores": SCORES,
    }[request.purpose]


def write_paper(folder: Path, text: str = PAPER) -> Path:
    """The paper as a file."""
    path = folder / "paper.md"
    path.write_text(text, encoding="utf-8")
    return path

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

The half step has the lower error on 17 of 20 seeds, and the 95 % interval of the paired difference excludes zero.

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


POINTS = {
    "review/idea": "The halved step after the first epoch is simple and touches nothing else.",
    "review/measured": "Many seeds were compared in pairs, which makes the lower error believable.",
    "review/candour": "That no larger network was studied is said openly.",
    "review/setting": "The data and the schedule are told exactly.",
    "review/uncertainty": "A single measurement of the error cannot carry the claim.",
    "review/claim": "The abstract speaks of a classifier in general while only digits were tried.",
    "review/ablation": "The moment and the factor of the halving changed together, so their roles are unknown.",
    "review/scope": "Images other than digits would be needed for a claim about classifiers.",
    "review/price": "Whether the smaller step needs longer training is never weighed.",
    "review/repeatable": "The length of an epoch is left for the reader to guess.",
    "review/redundant": "The introduction repeats the abstract where the original step size should stand.",
    "review/cause": "Why does a smaller step lower the error here?",
    "review/choice": "How was the factor of two chosen over others?",
    "review/transfer": "What happens on natural photographs with this schedule?",
    "review/reliance": "Somebody with noisy labels would be misled, because the labels here are clean.",
}
SMALL_SCORES = {key: value for key, value in SCORES.items() if key != "ethical_concerns"} | {"harm": "nobody"}


def small_reply(request: Request) -> Any:
    """What a weak model says to each small job."""
    if request.purpose == "review/scores":
        return SMALL_SCORES
    if request.purpose == "review/summary":
        return "A step was halved and the error of a classifier fell over many seeds."
    return POINTS[request.purpose]


def write_paper(folder: Path, text: str = PAPER) -> Path:
    """The paper as a file."""
    path = folder / "paper.md"
    path.write_text(text, encoding="utf-8")
    return path

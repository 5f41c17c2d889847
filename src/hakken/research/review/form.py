"""The review form: its scales, the members' emphases, the parts that are asked for, and the rule of decision."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from hakken.core.types import Record, ReviewForm

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Items = Annotated[tuple[Text, ...], Field(min_length=1, max_length=6)]
MaybeItems = Annotated[tuple[Text, ...], Field(max_length=6)]
Four = Annotated[int, Field(ge=1, le=4)]

ACCEPT_FROM = 6
"""The lowest overall score that means acceptance."""
ITEM_FIELDS = ("strengths", "weaknesses", "questions", "limitations")


class Scale(Record):
    """One score: what it asks, and what each number means, from 1 upwards."""

    name: str
    most: int
    asks: str
    anchors: tuple[str, ...]


class Emphasis(Record):
    """What one member of the panel looks at first, so that the members are several."""

    name: str
    text: str


class FormGuide(Record):
    """What reviewers are told about the form."""

    scales: tuple[Scale, ...]
    emphases: tuple[Emphasis, ...]


@cache
def guide() -> FormGuide:
    """The scales and emphases of ``prompts/form.toml``."""
    return FormGuide.model_validate(tomllib.loads((Path(__file__).parent / "prompts/form.toml").read_text("utf-8")))


class Scores(Record):
    """The numbers of the form, the reasons first."""

    thought: Text
    originality: Four
    quality: Four
    clarity: Four
    significance: Four
    ethical_concerns: bool
    soundness: Four
    presentation: Four
    contribution: Four
    overall: int = Field(ge=1, le=10)
    confidence: int = Field(ge=1, le=5)


class Texts(Record):
    """The texts of the form, however many points."""

    thought: str
    summary: str
    strengths: tuple[str, ...]
    weaknesses: tuple[str, ...]
    questions: tuple[str, ...]
    limitations: tuple[str, ...]


class Words(Texts):
    """The texts of the form as a model is asked for them."""

    thought: Text
    summary: Text
    strengths: Items
    weaknesses: Items
    questions: MaybeItems
    limitations: MaybeItems


class Draft(Words, Scores):
    """The form as a model fills it in. The decision is not asked for: it follows from the overall score."""


class Reflection(Record):
    """A second look at one's own form."""

    thought: Text
    nothing_to_change: bool
    form: Draft | None
    """The whole form again, revised; null where nothing is to change."""


def decide(overall: int) -> Literal["accept", "reject"]:
    """The decision that goes with an overall score."""
    return "accept" if overall >= ACCEPT_FROM else "reject"


def fill(texts: Texts, scores: Scores) -> ReviewForm:
    """The complete form; the thought is the one that led to the scores."""
    return ReviewForm(
        **(texts.model_dump(include=set(Texts.model_fields)) | scores.model_dump(include=set(Scores.model_fields))),
        decision=decide(scores.overall),
    )

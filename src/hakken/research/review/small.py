"""One member's review in small jobs, for a weak model: the paper first in every prompt, so that it is read once.

A weak model that is asked for a list of weaknesses walks through the sections and praises them. So code owns the
outline: which aspects are looked at, and on which side, follows from the member's emphasis and from what code counted
in the paper; the model writes one point a job. A point that cannot be had is left out and said so; scores that cannot
be had end the member.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, TypeAdapter

from hakken.core.errors import BudgetExceeded, MalformedReply
from hakken.core.prompts import prompt
from hakken.core.types import Record, ReviewForm
from hakken.models.ledger import Ledger
from hakken.research.review.form import ITEM_FIELDS, Emphasis, Four, Scores, Text, Texts, fill, guide
from hakken.research.review.guard import check_scores, sift, unsupported
from hakken.research.review.material import Material

T = TypeVar("T")

_GRAMMAR = r"""root ::= {lead} rest {end} {more}
rest ::= ([^.?!\n*#<>|] | [0-9] "." [0-9])+
sentence ::= " " [A-Z] rest [.?!]
"""
"""Sentences without markup; points only inside numbers."""


class Aspect(Record):
    """One point that is asked for."""

    field: Literal["strengths", "weaknesses", "questions", "limitations"]
    name: str
    lead: str
    asks: str
    needs: str = ""
    lacks: str = ""
    emphases: tuple[str, ...] = ()

    def concerns(self, emphasis: Emphasis, material: Material) -> bool:
        """Whether a member asks it about a paper."""
        return (
            (not self.emphases or emphasis.name in self.emphases)
            and (not self.needs or material.signs.has(self.needs))
            and not (self.lacks and material.signs.has(self.lacks))
        )


class SmallScores(Record):
    """The scores as a weak model is asked for them: harm by name, as it says yes to any question."""

    thought: Text
    originality: Four
    quality: Four
    clarity: Four
    significance: Four
    soundness: Four
    presentation: Four
    contribution: Four
    overall: int = Field(ge=1, le=10)
    confidence: int = Field(ge=1, le=5)
    harm: Literal["nobody", "people whose data are used", "people who are judged by it", "victims of misuse"]

    @property
    def scores(self) -> Scores:
        """As in the form."""
        return Scores(**self.model_dump(exclude={"harm"}), ethical_concerns=self.harm != "nobody")


class UncertainScores(SmallScores):
    """The scores of a paper that reports no uncertainty: what the scale says of it is the most it can get."""

    soundness: int = Field(ge=1, le=2)
    overall: int = Field(ge=1, le=5)


class SmallJobs:
    """One member of the panel."""

    def __init__(self, ledger: Ledger, material: Material, sample: int, emphasis: Emphasis, temperature: float) -> None:
        self._ledger, self._material, self._sample = ledger, material, sample
        self._emphasis, self._temperature = emphasis, temperature
        self.failures: list[str] = []

    def review(self) -> ReviewForm:
        """Ask for the parts of the form in turn.

        Raises:
            MalformedReply: no usable scores came.
            ModelError: a call failed.
            BudgetExceeded: a limit of the run is met.
        """
        lists: dict[str, list[str]] = {name: [] for name in ITEM_FIELDS}
        summary = self._words(
            "summary", lambda text: unsupported(text, self._material.text) or None, grammar=_grammar(3, "The authors")
        )
        for aspect in _aspects():
            if aspect.concerns(self._emphasis, self._material):
                said = [item for items in lists.values() for item in items]
                point = self._words(
                    aspect.name, partial(self._fault, said=said), grammar=_aspect_grammar(aspect), aspect=aspect
                )
                lists[aspect.field] += [point] if point else []
        texts = Texts(thought="", summary=summary, **{name: tuple(items) for name, items in lists.items()})
        output = SmallScores if self._material.signs.uncertainty else UncertainScores
        scores = self._scores(output, texts).scores
        if problem := unsupported(scores.thought, self._material.text):
            self.failures.append(f"scores: their reasons are left out. {problem}")
            scores = scores.model_copy(update={"thought": ""})
        return fill(texts, scores)

    def _scores(self, output: type[SmallScores], texts: Texts) -> SmallScores:
        """The scores; where a weak model cannot make them agree, its first ones, and that is said."""
        ask = partial(self._ask, "scores", output, texts=texts, scales=guide().scales, max_tokens=400)
        try:
            return ask(_contradiction)
        except (MalformedReply, BudgetExceeded):
            # Answered from the record, at no cost, where only the agreement was wrong.
            small = ask(lambda _: None)
        self.failures.append(f"scores: {_contradiction(small)} They stand as they came.")
        return small

    def _fault(self, text: str, said: list[str]) -> str | None:
        return sift([text], self._material.text, said)[1] or None

    def _words(self, job: str, check: Callable[[str], str | None], **options: Any) -> str:
        """A text of a few sentences; nothing where no usable one came, which is noted."""
        try:
            return self._ask(job, str, check, **options)
        except MalformedReply as error:
            self.failures.append(f"{job}: {error.message}")
            return ""

    def _ask(
        self,
        job: str,
        output: type[T],
        check: Callable[[T], str | None],
        grammar: str | None = None,
        max_tokens: int | None = None,
        **variables: Any,
    ) -> T:
        asked = prompt(
            "review/job",
            job=job,
            paper=self._material.text,
            signs=str(self._material.signs),
            **({"aspect": None, "texts": None, "scales": ()} | variables),
        )
        # Named by its job, so that the record and a script can tell the jobs apart.
        named = asked.model_copy(update={"name": f"review/{job}"})
        return self._ledger.ask(
            named,
            output,
            sample=self._sample,
            grammar=grammar,
            check=check,
            max_tokens=max_tokens,
            temperature=self._temperature,
        ).value


def _contradiction(small: SmallScores) -> str | None:
    return check_scores(small.scores)


def _grammar(sentences: int, lead: str = "", end: str = "[.?!]") -> str:
    """GBNF of at most so many sentences, the first of which begins with the lead."""
    start = json.dumps(f"{lead} ") if lead else "[A-Z]"
    return _GRAMMAR.format(lead=start, end=end, more=f"sentence{{0,{sentences - 1}}}" if sentences > 1 else "")


def _aspect_grammar(aspect: Aspect) -> str:
    return _grammar(1, aspect.lead, '"?"') if aspect.field == "questions" else _grammar(2, aspect.lead)


@cache
def _aspects() -> tuple[Aspect, ...]:
    """The aspects of ``prompts/aspects.toml``, in the order of the form."""
    read = tomllib.loads((Path(__file__).parent / "prompts/aspects.toml").read_text("utf-8"))
    aspects = TypeAdapter(tuple[Aspect, ...]).validate_python(read["aspects"])
    return tuple(sorted(aspects, key=lambda aspect: ITEM_FIELDS.index(aspect.field)))

"""One member's review in small jobs, for a weak model: the paper first in every prompt, so that it is read once.

Each job is checked by code; a list that cannot be had is left empty and said so, scores that cannot be had end the
member.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, create_model

from hakken.core.errors import MalformedReply
from hakken.core.prompts import prompt
from hakken.core.types import Record, ReviewForm
from hakken.models.ledger import Ledger
from hakken.research.review.form import ITEM_FIELDS, Emphasis, Scores, Text, Texts, fill, guide
from hakken.research.review.guard import check_scores, sift, unsupported
from hakken.research.review.material import Material

T = TypeVar("T")

_COUNTS = {"strengths": (2, 3), "weaknesses": (2, 3), "questions": (2, 2), "limitations": (1, 2)}
"""Points asked for in each list: at least, at most."""


class Point(Record):
    """One point and the section that it is about."""

    section: str
    point: Text


class Points(Record):
    """A list of points, as one job gives it."""

    points: tuple[Point, ...]

    @property
    def items(self) -> tuple[str, ...]:
        """The points in print."""
        return tuple(f"({each.section}) {each.point}" for each in self.points)


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
        lists: dict[str, tuple[str, ...]] = {}
        summary = self._summary()
        for name in ITEM_FIELDS:
            lists[name] = self._list(name, [item for items in lists.values() for item in items])
        texts = Texts(thought="", summary=summary, **lists)
        scores = self._ask("scores", Scores, check_scores, texts=texts, scales=guide().scales)
        return fill(texts, scores)

    def _summary(self) -> str:
        try:
            return self._ask("summary", str, lambda text: unsupported(text, self._material.text) or None)
        except MalformedReply as error:
            self.failures.append(f"summary: {error.message}")
            return ""

    def _list(self, name: str, said: Sequence[str]) -> tuple[str, ...]:
        least, most = _COUNTS[name]
        output = _points(self._material.sections, least, most)

        def check(points: Points) -> str | None:
            kept, problem = sift([each.point for each in points.points], self._material.text, said)
            return problem if len(kept) < least else None

        try:
            points = self._ask(name, output, check, said=said)
        except MalformedReply as error:
            self.failures.append(f"{name}: {error.message}")
            return ()
        kept, _ = sift([each.point for each in points.points], self._material.text, said)
        return tuple(item for item, each in zip(points.items, points.points, strict=True) if each.point in kept)

    def _ask(self, job: str, output: type[T], check: Callable[[T], str | None], **variables: Any) -> T:
        asked = prompt(
            "review/job",
            job=job,
            paper=self._material.text,
            emphasis=self._emphasis.text,
            **({"said": (), "texts": None, "scales": ()} | variables),
        )
        # Named by its job, so that the record and a script can tell the jobs apart.
        named = asked.model_copy(update={"name": f"review/{job}"})
        return self._ledger.ask(named, output, sample=self._sample, check=check, temperature=self._temperature).value


@cache
def _points(sections: tuple[str, ...], least: int, most: int) -> type[Points]:
    """Points that can only name sections that the paper has."""
    point = create_model("Point", __base__=Point, section=(Literal[sections], ...))  # type: ignore[arg-type]
    many = Annotated[tuple[point, ...], Field(min_length=least, max_length=most)]
    return create_model("Points", __base__=Points, points=(many, ...))

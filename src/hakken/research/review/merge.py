"""Several forms into one: numbers by arithmetic, never by a model."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from hakken.core.types import ReviewForm
from hakken.research.review.form import ITEM_FIELDS, Texts, decide, guide
from hakken.research.review.guard import alike, distinct

_MOST_ITEMS = 8


def rounded_mean(values: Sequence[int]) -> int:
    """The mean, halves rounded away from zero: 2.5 is 3."""
    return int((Decimal(sum(values)) / len(values)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def mean_scores(members: Sequence[ReviewForm]) -> dict[str, int]:
    """The rounded mean of every score."""
    return {scale.name: rounded_mean([getattr(form, scale.name) for form in members]) for scale in guide().scales}


def majority(members: Sequence[ReviewForm]) -> Literal["accept", "reject"]:
    """Accept only where most members accept and the mean overall score says so too; a tie is a rejection."""
    votes = sum(form.decision == "accept" for form in members)
    overall = rounded_mean([form.overall for form in members])
    return "accept" if 2 * votes > len(members) and decide(overall) == "accept" else "reject"


def merge(members: Sequence[ReviewForm], texts: Texts | None = None) -> ReviewForm:
    """The meta-review.

    Args:
        members: At least one form.
        texts: Its texts where a model wrote them; None merges the members' own.
    """
    if len(members) == 1 and texts is None:
        return members[0]
    texts = texts or merged_texts(members)
    return ReviewForm(
        **texts.model_dump(include=set(Texts.model_fields)),
        **mean_scores(members),
        ethical_concerns=2 * sum(form.ethical_concerns for form in members) >= len(members),
        decision=majority(members),
    )


def merged_texts(members: Sequence[ReviewForm]) -> Texts:
    """The members' points, each once, those that several members make first."""
    lists = {}
    for name in ITEM_FIELDS:
        # Interleaved, so that a cut at the end costs every member the same.
        columns = [getattr(form, name) for form in members]
        items = [column[i] for i in range(max(map(len, columns))) for column in columns if i < len(column)]
        kept = sorted(distinct(items), key=lambda item: -sum(any(alike(item, i) for i in c) for c in columns))
        lists[name] = tuple(kept[:_MOST_ITEMS])
    summary = max((form.summary for form in members), key=len)
    return Texts(thought=_account(members), summary=summary, **lists)


def _account(members: Sequence[ReviewForm]) -> str:
    votes = sum(form.decision == "accept" for form in members)
    overall = ", ".join(str(form.overall) for form in members)
    return f"{len(members)} reviewers gave an overall of {overall}; {votes} of them would accept the paper."

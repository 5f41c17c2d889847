"""What every member of a panel reads: the fitted paper as data, and what is to be said about it."""

from __future__ import annotations

from hakken.core.types import Record
from hakken.research.review.guard import as_data
from hakken.research.review.paper import PaperText, fit
from hakken.research.review.signs import Signs, signs
from hakken.research.review.steering import steering

_QUOTED = 160
"""Characters of a steering passage that are quoted in the notes."""


class Material(Record):
    """The paper as it stands in the prompts."""

    text: str
    signs: Signs
    """Counted in the whole paper."""
    notes: tuple[str, ...]


def material(paper: PaperText, tokens: int) -> Material:
    """Fit a paper to a context and take out what could pose as anything but its text."""
    excerpt = fit(paper, tokens)
    text = as_data(excerpt.text)
    notes = []
    if excerpt.cut:
        notes.append(f"An excerpt was read, not the whole paper ({'; '.join(excerpt.cut)}).")
    for passage in steering(paper.text):
        notes.append(f"The paper has a passage that reads as if it should steer its reviewer: {passage[:_QUOTED]!r}.")
    return Material(text=text, signs=signs(paper), notes=tuple(notes))

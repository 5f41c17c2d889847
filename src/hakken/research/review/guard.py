"""What code can check of a review; and a paper's text as data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from hakken.research.review.form import Scores

_MARKERS = re.compile(r"<{2,}\s*/?\s*(?:PAPER|END OF PAPER)\s*>{2,}|<\|[^|>\n]{1,40}\|>|</?s>|\[/?INST\]", re.I)
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e-?\d+)?\s?%?", re.I)
_MEASURED_DIGITS = 3
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_ALIKE = 0.8
_SHORTEST = 5
"""Words of an item that says something."""
_LONGEST, _MOST_SENTENCES = 4_000, 60
"""Characters and sentences of a text that is still compared with others: a longer one would take hours."""
_TOO_LONG = "This is far too long. Write a few sentences."
_COMPARED = 400
"""Characters that are compared letter by letter."""


def as_data(text: str) -> str:
    """The paper's text without anything that could end its quotation or pose as another speaker."""
    while (cleaned := _MARKERS.sub(" ", text)) != text:
        text = cleaned
    return text


def invented(texts: Sequence[str], paper: str) -> tuple[str, ...]:
    """Numbers that look measured and do not stand in the paper: with a decimal point or per cent, or of three digits.

    Small whole numbers pass: a reviewer may ask for ten runs.
    """
    known = {_bare(number) for number in _NUMBER.findall(paper)}
    # A share may be written as a fraction in the paper and in per cent in the review.
    known |= {f"{float(n) * 100:g}" for n in known if n.startswith("0.") and n.count(".") == 1 and "e" not in n}
    said = dict.fromkeys(number.strip() for text in texts for number in _NUMBER.findall(text))
    return tuple(number for number in said if _measured(number) and _bare(number) not in known)


def _bare(number: str) -> str:
    return number.strip(" %,").replace(",", "").casefold()


def _measured(number: str) -> bool:
    bare = _bare(number)
    return "." in bare or "e" in bare or number.endswith("%") or len(bare) >= _MEASURED_DIGITS


def distinct(items: Sequence[str]) -> tuple[str, ...]:
    """Items without those that say nearly the same as an earlier one."""
    kept: list[str] = []
    for item in items:
        if not any(alike(item, other) for other in kept):
            kept.append(item)
    return tuple(kept)


def alike(one: str, other: str) -> bool:
    """Whether two items say nearly the same: by their words, or letter by letter."""
    a, b = (re.findall(r"\w+", text.casefold()) for text in (one, other))
    if not a or not b:
        return a == b
    shared = len(set(a) & set(b)) / min(len(set(a)), len(set(b)))
    letters = SequenceMatcher(None, " ".join(a)[:_COMPARED], " ".join(b)[:_COMPARED], autojunk=False)
    return shared >= _ALIKE or (letters.quick_ratio() >= _ALIKE and letters.ratio() >= _ALIKE)


def sift(items: Sequence[str], paper: str, others: Sequence[str] = ()) -> tuple[tuple[str, ...], str]:
    """The points of a list that can stand, and what is wrong with the first that cannot, in words for the model."""
    kept: list[str] = []
    problem = ""
    for item in items:
        if fault := _fault(item, paper, (*others, *kept)):
            problem = problem or fault
        else:
            kept.append(item)
    return tuple(kept), problem


def _fault(item: str, paper: str, others: Sequence[str]) -> str:
    if len(item.split()) < _SHORTEST:
        return f"This says too little: {item!r}. Write whole sentences."
    if len(item) > _LONGEST:
        return _TOO_LONG
    if again := next((other for other in others if alike(item, other)), None):
        return f"This was said already: {again!r}. Each point must be a different one."
    if copied(item, paper):
        return f"This is copied from the paper: {item!r}. Judge what the paper says, in your own words."
    return unsupported(item, paper)


def unsupported(text: str, paper: str) -> str:
    """Why a text cannot stand, or nothing: it says a sentence twice, or numbers that the paper does not have."""
    sentences = _SENTENCE.split(text.strip())
    if len(text) > _LONGEST or len(sentences) > _MOST_SENTENCES:
        return _TOO_LONG
    if len(distinct(sentences)) < len(sentences):
        return "It says nearly the same sentence twice. Each sentence must say something new."
    if numbers := invented([text], paper):
        return f"These numbers are not in the paper: {', '.join(numbers)}. Use only numbers that stand in it, or none."
    return ""


def copied(text: str, paper: str) -> bool:
    """Whether a text stands in the paper as it is."""
    return " ".join(re.findall(r"\w+", text.casefold())) in " ".join(re.findall(r"\w+", paper.casefold()))


def check_scores(scores: Scores) -> str | None:
    """Why scores contradict each other."""
    parts = (scores.soundness, scores.contribution, scores.presentation, scores.quality, scores.significance)
    if scores.overall >= 6 and min(scores.soundness, scores.quality) <= 2:
        return (
            f"An overall of {scores.overall} contradicts a soundness of {scores.soundness} and a quality of "
            f"{scores.quality}: both must be 3 or more, or overall 5 or less."
        )
    if scores.overall <= 3 and min(parts) >= 3:
        return f"An overall of {scores.overall} contradicts parts that are all 3 or more. Make them agree."
    if scores.overall >= 6 and max(parts) <= 2:
        return f"An overall of {scores.overall} contradicts parts that are all 2 or less. Make them agree."
    return None

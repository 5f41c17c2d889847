"""What code can count in a paper, so that no model has to guess it."""

from __future__ import annotations

import re

from hakken.core.types import Record
from hakken.research.review.paper import PaperText

_UNCERTAINTY = re.compile(
    r"±|\\pm\b|standard (?:deviation|error)|std\.? ?dev|confidence interval|\b\d\d ?% (?:interval|CI)|"
    r"credible interval|error bars?|p-values?|\bp ?[<=≤] ?0?\.\d|permutation test|sign-flip|t-test|"
    r"bootstrap(?:ped)? (?:interval|CI|test|error)",
    re.I,
)
_VALUE = re.compile(
    r"(?:±|\\pm)[\s${}]*\d|\bp ?[<=≤] ?0?\.\d|"
    r"(?:standard (?:deviation|error)s?|std\.? ?dev\.?|interval|CI|error bars?)[^.\d\w]{0,3}(?:of|is|was|from|between)?"
    r"[^.\d\w]{0,4}\d*\.\d",
    re.I,
)
"""A measure of uncertainty with its own number: it is there, whatever else the sentence says."""
_GIVE = (
    r"(?:report|giv|gave|comput|provid|show|measur|includ|estimat|calculat|quantif|plot|present|add|list|draw|drawn|perform"
    r"|run|ran|use|using|have|had|contain)\w*"
)
_DENIED = r"(?:\b(?:not|never)\b(?! (?:only|just|merely)\b)|\bcannot\b|n['’]t\b)"
_MISSING_BEFORE = re.compile(
    r"\b(?:no|without|neither|nor|lack\w*(?: of)?|omit\w*|absence of|missing)\s(?:[\w-]+ (?:or|nor|and) )?"
    r"(?:(?:any|such|proper|formal|further|the|an?|its|their|our)\s)*$"
    rf"|(?:{_DENIED}|\bnone\b|\bno\b)(?:\s[\w-]+){{0,3}}?\s{_GIVE}\b(?! (?:zero|0)\b)"
    r"(?:(?!\b(?:but|while|although)\b|\band (?:we|the|it)\b)[^.;:]){0,50}$"
    r"|\bfuture\b[^.;:]{0,60}$",
    re.I,
)
"""Before a word of uncertainty: it is said to be missing, ``we report no error bars``."""
_NEAR = r"^(?:(?!, (?:and|but|while|although)\b)[^.;:]){0,40}?"
_MISSING_BEHIND = re.compile(
    rf"{_NEAR}\b(?:(?:is|are|was|were|has|have|can|could|will)(?:\s?not|\snever|n['’]t)|can['’]t)(?: be| been)?"
    rf"\s(?:\w+\s)?(?:{_GIVE}|available|part of)\b(?! (?:zero|0)\b)"
    rf"|{_NEAR}\b(?:is|are|was|were|remains?)\s(?:\w+\s)?(?:missing|absent|lacking|omitted|unavailable|skipped)\b"
    rf"|{_NEAR}\bfuture\b",
    re.I,
)
"""The same behind it. What an interval does not contain, and what a test does not reject, is reported."""
_BEFORE, _AFTER = 90, 60
"""Characters before and after a word in which that is said of it."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-z])|\n{2,}")
_REFERENCES = re.compile(r"^(?:[A-Z\d.]+\s+)?(?:references|bibliography|acknowledge?ments?)\b", re.I)
_REPEATS = re.compile(r"\bseeds?\b|(?:repeated|independent|replicate[ds]?) (?:runs?|trials?)|\breplicat\w+", re.I)
_ABLATION = re.compile(r"\bablat\w+", re.I)
_LIMITATIONS = re.compile(r"limitation", re.I)


class Signs(Record):
    """Counts of words that show how carefully a paper measured and told."""

    uncertainty: int
    """Not counted where the sentence says that it is missing."""
    measured: int
    """Those of them whose sentence has a number."""
    repeats: int
    ablation: int
    limitations: int
    """Sections about limitations."""
    tables: int
    figures: int

    def has(self, name: str) -> bool:
        """Whether a sign is there at all."""
        return int(getattr(self, name)) > 0

    def __str__(self) -> str:
        """In words, for a prompt."""
        return (
            f"mentions of error bars, deviations, intervals or tests: {self.uncertainty}; of seeds or repeated runs: "
            f"{self.repeats}; of an ablation: {self.ablation}; sections on limitations: {self.limitations}; tables: "
            f"{self.tables}; figures: {self.figures}."
        )


def signs(paper: PaperText) -> Signs:
    """Count them in the whole paper, also where only an excerpt is read; titles of other works count for nothing."""
    own = tuple(section for section in paper.sections if not _REFERENCES.match(section.title))
    text = paper.model_copy(update={"sections": own}).text
    told = [(_told(sentence), any(map(str.isdigit, sentence))) for sentence in _SENTENCE.split(text)]
    return Signs(
        uncertainty=sum(count for count, _ in told),
        measured=sum(count for count, number in told if number),
        repeats=len(_REPEATS.findall(text)),
        ablation=len(_ABLATION.findall(text)),
        limitations=sum(bool(_LIMITATIONS.search(section.title)) for section in paper.sections),
        tables=sum(caption.startswith("Table") for caption in paper.captions),
        figures=sum(caption.startswith("Fig") for caption in paper.captions),
    )


def _told(sentence: str) -> int:
    """Words of uncertainty in a sentence, without those that it says are missing."""
    flat = " ".join(sentence.split())
    values = [match.span() for match in _VALUE.finditer(flat)]

    def counts(start: int, end: int) -> bool:
        valued = any(low < end and start < high for low, high in values)
        missing = _MISSING_BEFORE.search(flat[max(0, start - _BEFORE) : start])
        return valued or not (missing or _MISSING_BEHIND.search(flat[end : end + _AFTER]))

    return sum(counts(*match.span()) for match in _UNCERTAINTY.finditer(flat))

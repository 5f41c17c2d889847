"""The second half of the gate: model passages in which the audit found an error are composed by code.

The audit reads the rendered paper, and a passage is Markdown with references: the two are compared as words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hakken.core.types import AuditReport, Fact, Manuscript, Passage, PassageSource, Severity
from hakken.research.papers.gate import sentences
from hakken.research.papers.manuscript import resolve
from hakken.research.papers.outline import outline
from hakken.research.papers.study import Study

_FLOATS = re.compile(r"\{(?:fig|tab|lst):[^}\s]+\}|\b(?:Figure|Table|Listing)s? [A-Z]?\.?\d+")
"""References to figures, tables and listings as they are written, and as they are printed."""
_FEW = 5
"""Words below which a sentence of a passage may well stand in one of another passage."""


def mended(manuscript: Manuscript, study: Study, report: AuditReport) -> Manuscript:
    """The manuscript with each model passage composed by code that holds a sentence with an error."""
    fallbacks = {block.name: block.fallback for block in outline(study)}
    errors = [(f.place, f.sentence) for f in report.findings if f.severity is Severity.ERROR]

    def checked(passage: Passage) -> Passage:
        bad = _found(passage, errors, study.facts)
        fallback = fallbacks.get(passage.job, "")
        if passage.source is not PassageSource.MODEL or not bad or not fallback or fallback == passage.text:
            return passage
        rejected = (*passage.rejected, f"the audit: {bad}")
        return passage.model_copy(update={"text": fallback, "source": PassageSource.CODE, "rejected": rejected})

    return manuscript.model_copy(
        update={
            "abstract": tuple(checked(p) for p in manuscript.abstract),
            "passages": tuple(checked(p) for p in manuscript.passages),
        }
    )


def _found(passage: Passage, errors: Sequence[tuple[str, str]], facts: Sequence[Fact]) -> str:
    """The first sentence with an error that stands in a passage."""
    printed = resolve(passage.text, facts)
    whole, parts = _words(printed), [_words(s) for s in sentences(printed)]
    for place, sentence in errors:
        wrong = _words(sentence)
        if not wrong or not place.startswith(f"{passage.section}, "):
            continue
        # The audit may end a sentence elsewhere: then one of the passage stands in what it calls a sentence.
        if _within(wrong, whole) or any(len(part) >= _FEW and _within(part, wrong) for part in parts):
            return sentence
    return ""


def _words(text: str) -> list[str]:
    """The words of a text, however it is escaped and punctuated; references to figures and tables aside."""
    return re.findall(r"\w+", _FLOATS.sub(" ", re.sub(r"\\(.)", r"\1", text)))


def _within(some: Sequence[str], all_words: Sequence[str]) -> bool:
    return f" {' '.join(some)} " in f" {' '.join(all_words)} "

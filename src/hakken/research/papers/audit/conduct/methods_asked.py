"""Method against code, by a model that must quote both sides: what it cannot quote word for word is dropped."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator

from hakken.core.errors import HakkenError
from hakken.core.prompts import Prompt, prompt
from hakken.core.types import Finding, Record, Severity
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind
from hakken.research.papers.audit.records.evidence import Evidence

SENTENCES = 12
"""Sentences of the paper shown at once."""
USUAL_REPLY = 200
"""Tokens of a usual answer: a thought, and mostly no difference."""
_CODE = 9000
"""Characters of code shown at once."""
_WORDS, _SIGNS = 4, 6
"""A quotation of fewer words of the paper, or fewer characters of code, points at nothing."""
_PLACES = re.compile(
    r"method|approach|set-?up|implementation|training|architecture|procedure|algorithm|detail|loss", re.I
)


class Difference(Record):
    """One disagreement that a model claims to see."""

    paper: str
    """Words of the paper, copied."""
    code: str
    """Code, copied."""
    why: str


class Differences(Record):
    """A reply: the reasoning first, then what was found."""

    thought: str
    differences: tuple[Difference, ...]


Ask = Callable[[Prompt], Differences]
"""Puts one question to a model, as ``lambda p: ledger.ask(p, Differences).value`` does."""


def ask_about_methods(document: Document, evidence: Evidence, ask: Ask) -> Iterator[Finding]:
    """Disagreements between what the paper says was done and what the sources do, both sides quoted.

    Args:
        document: The paper.
        evidence: Its record; without sources nothing is asked.
        ask: Puts a question to a model. A question without a usable answer finds nothing.
    """
    code = shown_code(evidence)
    for question, part in questions(document, evidence):
        try:
            answer = ask(question)
        except HakkenError:
            continue  # a model that cannot answer must not end an audit
        yield from (f for d in answer.differences if (f := _checked(d, part, code)) is not None)


def questions(document: Document, evidence: Evidence) -> Iterator[tuple[Prompt, list[Unit]]]:
    """What a model is asked, and the sentences that each question is about; without sources nothing."""
    if not (code := shown_code(evidence)):
        return
    told = [u for u in document.units if u.kind is UnitKind.SENTENCE and _PLACES.search(u.section)]
    for start in range(0, len(told), SENTENCES):
        part = told[start : start + SENTENCES]
        yield prompt("papers/method", code=code, sentences=[u.text for u in part]), part


def shown_code(evidence: Evidence) -> str:
    """What changed between the baseline and each variant, else the code itself, shortened at the end."""
    base = _joined(evidence.sources.get(evidence.baseline or "", {}) or evidence.pristine)
    parts = []
    for variant in evidence.variants.values():
        own = _joined(evidence.sources.get(variant.id, {}))
        if own and own != base:
            lines = difflib.unified_diff(
                base.splitlines(), own.splitlines(), "baseline", variant.title, lineterm="", n=2
            )
            parts.append("\n".join(lines) if base else f"# {variant.title}\n{own}")
    return ("\n".join(parts) or base)[:_CODE]


def _joined(files: dict[str, str]) -> str:
    return "\n".join(text for _, text in sorted(files.items()))


def _checked(difference: Difference, units: list[Unit], code: str) -> Finding | None:
    """The finding, where both quotations are real and long enough to point at something."""
    said, done = _squash(difference.paper), _bare(difference.code)
    if len(said.split()) < _WORDS or len(done) < _SIGNS or done not in _bare(code):
        return None
    unit = next((u for u in units if said in _squash(u.text)), None)
    if unit is None:
        return None
    return Finding(
        kind="method",
        severity=Severity.WARNING,
        place=unit.place,
        sentence=unit.text,
        says=difference.paper,
        record=f"{difference.code.strip()} ({difference.why})",
        how="a model compared text and code; both quotations were checked",
    )


def _squash(text: str) -> str:
    return " ".join(text.lower().split()).strip(" .…\"“”'`")


def _bare(code: str) -> str:
    """Code without spaces and the marks of a difference."""
    return re.sub(r"\s+", "", re.sub(r"^[+-]", "", code.strip("` \n"), flags=re.M))

"""What a paper says of its claims: the direction that was frozen, and the status that the trials give."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hakken.core.types import ClaimStatus, Direction, Finding
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind, is_prose
from hakken.research.papers.audit.language.numbers import normalise
from hakken.research.papers.audit.language.phrases import RULE, contradiction
from hakken.research.papers.audit.records.evidence import Evidence


def check_claims(document: Document, evidence: Evidence) -> Iterator[Finding]:
    """Direction and status of the primary claim, wherever they are stated."""
    for unit in document.units:
        if is_prose(unit) and re.search(r"\bclaim\b|\bhypothes", unit.text, re.I):
            wrong = _claim_direction(evidence, unit, normalise(unit.text))
            if wrong is not None:
                yield wrong
    yield from _status(document, evidence)


def _claim_direction(evidence: Evidence, unit: Unit, text: str) -> Finding | None:
    """A sentence that states the claim must state it in the direction that was frozen."""
    for statement in evidence.statements:
        spec = evidence.metric(statement.metric)
        for match in re.finditer(
            r"\b(?:that|:)\b[^.;]*?\b(?P<down>lower|reduc\w+|decreas\w+)|\bthat\b[^.;]*?\b(?P<up>higher"
            r"|rais\w+|increas\w+)",
            text,
            re.I,
        ):
            down = match.group("down") is not None
            if RULE.search(text) or re.search(r"\bnot\b", match.group()):
                continue
            if down != (spec.direction is Direction.MIN) and spec.label.lower() in text.lower():
                return contradiction(
                    "claim",
                    unit,
                    f"states the claim as “{match.group(0)[-20:]}”",
                    statement.text,
                    "the frozen claim",
                )
    return None


def _status(document: Document, evidence: Evidence) -> Iterator[Finding]:
    """What the paper says of the primary claim against what the trials say, and the record against itself."""
    primary = next(iter(evidence.statements), None)
    if primary is None:
        return
    true = primary.derived or primary.status
    if primary.derived is not None and primary.derived is not primary.status:
        unit = Unit(primary.text, UnitKind.SENTENCE, "", "The record")
        yield contradiction(
            "claim", unit, f"recorded as {primary.status.value}", f"recomputed: {true.value}", "paired statistics"
        )
    before = ""
    for unit in document.units:
        if not is_prose(unit):
            continue
        text = normalise(unit.text)
        about = re.search(r"\bclaim\b|\bhypothesis\b", text) or (
            re.search(r"\bclaim\b", before) and re.search(r"\bit\b", text)
        )
        stated = _stated_status(text) if about and not re.search(r"\b(?:if|whether|when|would)\b", text) else None
        if (
            stated is not None
            and stated is not true
            and not (true is ClaimStatus.REFUTED and stated is ClaimStatus.NOT_SUPPORTED)
        ):
            yield contradiction(
                "claim",
                unit,
                f"says the claim is {stated.value}",
                f"it is {true.value}",
                "paired statistics of the report seeds",
            )
        before = text


_GAP = r"(?:\s(?!(?:may|might|could|can|should|must|to|that|not|never|cannot)\b)[\w'’-]+){0,4}?\s"
_CLAIM = rf"\b(?:claim|hypothesis|prediction|expectation)\b{_GAP}"
_OR_IT = rf"\b(?:claim|hypothesis|prediction|expectation|it)\b{_GAP}"
_IS = r"(?:is|was|prove[sd]?|turn(?:s|ed) out)(?: to be)?(?: indeed| therefore| thus| [a-z]+ly)?"
_END = r"(?=\s*(?:[.,;:!?)]|$)|\s(?:here|there|for|in|on|at|under|and|or|but|only|as|because|since)\b)"
"""What ends a word that is said of the claim: of "is that true labels matter", nothing is said to be true."""
_TRUE = rf"(?:true|correct|right|valid)\b{_END}"
_STATED = (
    (
        ClaimStatus.NOT_SUPPORTED,
        r"\b(?:not|nor|neither|no|never)\b[^.;,]{0,25}\b(?:support|confirm|verified\b|validated\b|hold\b(?!-))"
        r"|\bnot borne out\b|n't\b[^.;,]{0,25}\b(?:support|confirm|hold\b(?!-))"
        rf"|{_CLAIM}(?:fails?|failed|rejected)\b{_END}|{_OR_IT}{_IS} (?:not|never) {_TRUE}",
    ),
    (
        ClaimStatus.REFUTED,
        rf"\brefute[sd]?\b|\bcontradict|\bdisprove[sdn]?\b|{_OR_IT}{_IS} (?:false|wrong|incorrect)\b{_END}",
    ),
    (ClaimStatus.UNTESTED, r"\bcould not be tested|\buntested\b"),
    (
        ClaimStatus.SUPPORTED,
        r"\bsupport(?:s|ed)\b|\bconfirm(?:s|ed)\b|\b(?:verifie|validate)[sd] (?:the|this|our) (?:claim|hypothesis)\b"
        rf"|{_OR_IT}(?:holds?|held|stands|survive[sd])\b(?!-){_END}|{_OR_IT}{_IS} {_TRUE}"
        rf"|{_CLAIM}(?:verified|validated|borne out)\b",
    ),
)
"""The first that matches counts: "does not hold" before "hold"."""


def _stated_status(text: str) -> ClaimStatus | None:
    text = re.sub(r"\bnull hypothesis\b[^,;.]*", "", text, flags=re.I)
    return next((status for status, said in _STATED if re.search(said, text, re.I)), None)

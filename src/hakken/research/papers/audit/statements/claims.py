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
        told = _is_about(text, before) and not re.search(r"\b(?:if|whether|when|would)\b", text)
        stated = _stated_status(text) if told else None
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


_OTHER = (
    r"trials?|seeds?|runs?|one|none|no|we|they|which|who|where|when|although|though|because|since|while|whereas|but"
)
"""Words that begin what is no more said of the claim: "the claim stands although one trial failed"."""
_GAP = rf"(?:\s(?!(?:may|might|could|can|should|must|to|that|not|never|cannot|{_OTHER})\b)[\w'’-]+){{0,4}}?\s"
_GUESS = r"(?:our|this|that|the) (?:prediction|expectation)"
_PART = r"(?<!\bof the )(?<!\bof this )(?<!\bof our )(?<!\bbehind the )(?<!\bfor the )(?<!\bfor this )"
"""Not before the claim: of "the seeds of the claim failed" it is no subject."""
_SUBJECT = rf"\b{_PART}(?:claim|hypothesis|{_GUESS})\b"
_CLAIM = _SUBJECT + _GAP
_OR_IT = rf"(?:{_SUBJECT}|\bit\b){_GAP}"
_IS = r"(?:is|was|prove[sd]?|turn(?:s|ed) out)(?: to be)?(?: indeed| therefore| thus| [a-z]+ly)?"
_END = r"(?=\s*(?:[.,;:!?)]|$)|\s(?:here|there|for|in|on|at|under|and|or|but|only|as|because|since)\b)"
"""What ends a word that is said of the claim: of "is that true labels matter", nothing is said to be true."""
_AT_ALL = r"(?=\s*(?:[.,;:!?)]|$)|\s(?:here|and|but|although|though|because|since)\b)"
"""The same of a word that places tell about too: "it stands in Section 3"."""
_DENIED = r"(?:(?:do|does|did|could|can|will)(?: not|n['’]t| never)|can['’]t|cannot|never|no longer|fail(?:s|ed) to)"
_TRUE = rf"(?:true|correct|right|valid)\b{_END}"
_STATED = (
    (
        ClaimStatus.NOT_SUPPORTED,
        r"\b(?:not|nor|neither|no|never)\b[^.;,]{0,25}\b(?:support|confirm|verified\b|validated\b)"
        r"|\bnot borne out\b|n['’]t\b[^.;,]{0,25}\b(?:support|confirm)"
        rf"|{_OR_IT}{_DENIED}(?:\s[\w-]+)?\sholds?(?: up| true)?\b(?!-){_END}"
        rf"|\b(?:no|neither) (?:the |this )?(?:claim|hypothesis){_GAP}(?:holds?|held|stands|survive[sd])\b"
        rf"|{_OR_IT}{_DENIED}(?:\s[\w-]+)?\sstand up\b"
        r"|\b(?:speak|spoke)\w* against (?:the|this|our) (?:claim|hypothesis)\b"
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
        rf"|{_OR_IT}(?:holds?|(?<!is )(?<!was )(?<!be )held|survive[sd])\b(?!-){_END}|{_OR_IT}stands\b{_AT_ALL}"
        rf"|{_OR_IT}(?:stands|stood) up\b"
        r"|\b(?:speak|spoke)\w* for (?:the|this|our) (?:claim|hypothesis)\b"
        rf"|{_OR_IT}{_IS} {_TRUE}|{_CLAIM}(?:verified|validated)\b|{_OR_IT}borne out\b",
    ),
)
"""The first that matches counts: "does not hold" before "hold"."""


_NAMED = re.compile(r"\b(?:claim|hypothesis)\b", re.I)
_GUESSED = re.compile(
    rf"\bour (?:prediction|expectation)\b|\b{_GUESS}\s(?:(?:was|is|has been|does|did|could)\s)*(?:(?:not|never)\s)?"
    r"(?:borne out|confirmed|supported|refuted|holds?|held|stands|survive[sd])\b",
    re.I,
)
"""A network predicts too, and is right or wrong: what is said of a prediction must be what is said of claims."""
_OF_IT = re.compile(
    r"\b(?:support|confirm|refut|contradict|disprov|verif|validat)\w*\s(?:\w+\s)?it\b"
    r"|\bit\b(?:\s(?!(?:that|which|who|to)\b)[\w'’-]+){0,4}?\s(?:supported|confirmed|refuted|disproved|untested|tested"
    r"|true|false|wrong|right|correct|incorrect|valid|borne|holds?|held|stands|survive[sd])\b",
    re.I,
)
"""What may be said of a claim that the sentence before names."""


def _is_about(text: str, before: str) -> bool:
    """Whether a sentence speaks of the claim: it names it, or says "it" behind a sentence that does."""
    if _NAMED.search(text) or _GUESSED.search(text):
        return True
    named = _NAMED.search(before) or re.search(rf"\b{_GUESS}\b", before, re.I)
    return named is not None and _OF_IT.search(text) is not None


def _stated_status(text: str) -> ClaimStatus | None:
    text = re.sub(r"\bnull hypothesis\b[^,;.]*", "", text, flags=re.I)
    return next((status for status, said in _STATED if re.search(said, text, re.I)), None)

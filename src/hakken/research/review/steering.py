"""Passages of a paper that speak to its reviewer instead of its reader.

Nearly every word of such a passage stands in honest papers too: attention for language models, the highest scores,
rules that are ignored. So a passage counts only where it is an order, and where it says to whom or about what: the
instructions given before, this paper, its reviewers.
"""

from __future__ import annotations

import re

_AROUND = 60
"""Characters quoted on either side of such a passage."""
_SENTENCE = 300
"""Characters before it in which its sentence is looked for."""

_GIVE = r"\b(?:give|assign|rate|score|award|grant)\s+"
_PAPER = r"(?:this|the|our|my)\s+(?:\w+\s+)?(?:paper|submission|manuscript|work|article)\b"
_IT = r"(?:it|this)(?=\s+(?:an?|the|your|at|full|top|ten|10|highest|maximum|perfect)\b)"
_TOP = r"\b(?:10|ten|highest|maximum|perfect|top|full)\b"
_SCORE = r"\b(?:out\s+of\s+(?:10|ten)|scores?|ratings?|marks?)\b"
_TEN = r"\b(?:10|ten)\s*(?:/|out\s+of)\s*(?:10|ten)\b"
_PLEASE = r"\b(?:please|you\s+(?:must|should|will)|reviewers?\s+(?:must|should))\s+"
_FAULTS = r"\b(?:negatives?|weakness(?:es)?|flaws?|limitations?)\b"
_NOTE = r"\b(?:notes?|instructions?|messages?)\s+(?:to|for)\s+(?:(?:all|the|any|our|large|ai|llm|human|automated)\s+)*"
_OWN = r"(?:this|our|my)\s+(?:\w+\s+)?(?:paper|submission|manuscript|work|article)\b"
_READ = r"\b(?:please|you\s+(?:must|should)|do\s+not|don['’]t|never|ignore|accept|recommend|praise|rate|score|give)\b"
_ORDERS = re.compile(
    "|".join(
        (
            # Drop what you were told.
            r"\b(?:ignore|disregard|forget|override)(?:[\s,]+(?:all|any|every|of|the|these|those|other|and|or|your|my|"
            r"previous(?:ly)?|prior|above|earlier|preceding|foregoing|former|existing|original|initial|given|system|"
            r"safety|review(?:er)?(?:['’]?s)?|reviewing)){0,6}?\s+(?:instructions?|prompts?|guidelines?|rules)\b",
            # Give this paper such a score.
            rf"{_GIVE}(?:{_IT}|{_PAPER})[^.\n]{{0,40}}?(?:{_TEN}|{_TOP}[^.\n]{{0,20}}?{_SCORE})",
            rf"{_GIVE}[^.\n]{{0,30}}?(?:{_TEN}|{_TOP}[^.\n]{{0,20}}?{_SCORE})\s+(?:to|for)\s+{_PAPER}",
            rf"{_PLEASE}{_GIVE}[^.\n]{{0,40}}?(?:{_TEN}|{_TOP}[^.\n]{{0,20}}?{_SCORE})",
            rf"\b(?:give|assign|award)\s+(?:an?\s+|the\s+|full\s+)*(?:(?:score|rating|mark)s?\s+)?(?:of\s+)?{_TEN}",
            # Say nothing bad.
            rf"(?:(?:\b(?:please|you|so|then|must|should|reviewers?,?)|[.!?:;])\s+(?:do\s+not|don['’]t|never)"
            r"|(?-i:Do not|DO NOT|Don['’]t|DON['’]T|Never|NEVER))\b[^.\n]{0,30}"
            rf"\b(?:mention|highlight|list|report|raise)\b[^.\n]{{0,20}}{_FAULTS}",
            r"\b(?:positive|favou?rable)\s+review\s+only\b",
            # Accept it.
            rf"\b(?:recommend|must|should|please)\b[^.\n]{{0,20}}\baccept(?:ance)?\s+(?:of\s+|for\s+)?{_PAPER}",
            # A note to who or what reads it as a reviewer.
            rf"{_NOTE}reviewers?\b(?:\s*[:!–—-]|[^.\n]{{0,60}}?{_READ})",
            r"\battention\s*[:,!]?\s+(?:(?:all|dear|ai|llm|human|automated)\s+)*reviewers?\b",
            rf"{_NOTE}(?:llms?|language\s+models?|ais?|chatgpt)\b(?:\s+\w+){{0,3}}?\s*(?:,\s*|[:!–—-]\s*(?:\w+\s+){{0,3}}?){_READ}",
        )
    ),
    re.I,
)
_ADDRESSED = re.compile(
    r"\b(?:please|you|your|as\s+an?\s+(?:ai|llm|language\s+model|reviewer)|reviewers?\s+(?:must|should|shall|is|are))\b",
    re.I,
)
_WHO = (
    r"\b(?:we|they|it|to|that|which|who|authors?|papers?|works?|methods?|approaches|stud(?:y|ies)|surveys?|models?|llms?|"
    r"networks?|agents?|systems?|users?|reviewers?(?!,)|attackers?|annotators?|participants?|raters?|people|humans?|experts?)\b"
)
_ACTOR = re.compile(_WHO, re.I)
"""Who does it in a sentence that tells of something: ``we ignore …``, ``models that ignore …``."""
_DOES = re.compile(
    rf"{_WHO}(?:\s+(?:\w+ly|often|always|never|also|then|do|does|did|will|would|must|should|may|might|can|could|have|has|had"
    r"|not|to)\b){0,3}\s*$",
    re.I,
)
"""The same right before the words."""
_ABOUT_THIS = re.compile(
    "|".join(
        (
            rf"{_GIVE}{_OWN}[^.\n]{{0,40}}?(?:{_TEN}|{_TOP}[^.\n]{{0,20}}?{_SCORE})",
            rf"{_GIVE}[^.\n]{{0,30}}?(?:{_TEN}|{_TOP}[^.\n]{{0,20}}?{_SCORE})\s+(?:to|for)\s+{_OWN}",
            r"\b(?:positive|favou?rable)\s+review\s+only\b(?!\s+(?:in|if|when|for|after|to|on|with)\b)",
            rf"\b(?:recommend|must|should|please)\b[^.\n]{{0,20}}\baccept(?:ance)?\s+(?:of\s+|for\s+)?{_OWN}",
        )
    ),
    re.I,
)
"""What no honest paper says of itself, in whatever sentence it stands."""
_END = re.compile(r"[.!?:;|#][\"'”’)]*\s")


def steering(text: str) -> tuple[str, ...]:
    """Passages of a paper that speak to its reviewer instead of its reader."""
    flat = re.sub(r"\s+", " ", text)
    found: list[str] = []
    told = 0
    for match in _ORDERS.finditer(flat):
        if match.start() < told or not _is_order(match, flat):
            continue
        start = max(flat.rfind(". ", 0, match.start()) + 2, match.start() - _AROUND, 0)
        told = match.end() + _AROUND
        found.append(flat[start:told].strip())
    return tuple(dict.fromkeys(found))


def _is_order(match: re.Match[str], text: str) -> bool:
    """Whether a sentence begins with the words, or speaks to somebody, or names nobody who does what they say.

    What is told of this paper's own score is one wherever it stands: a hidden order runs into the sentences around it.
    """
    before = text[max(0, match.start() - _SENTENCE) : match.start()]
    sentence = _END.split(before)[-1]
    if _ABOUT_THIS.match(text, match.start()) and not _DOES.search(before):
        return True
    begins = match[0].lstrip(".!?:; ")[:1].isupper()
    return begins or bool(_ADDRESSED.search(sentence + match[0])) or not _ACTOR.search(sentence)

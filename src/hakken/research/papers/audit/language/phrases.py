"""Words that several checks of statements need: negation, open questions, rules of reading."""

from __future__ import annotations

import re
from itertools import pairwise

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.scope import Mention

NEGATED = re.compile(
    r"(?:\bnot\b|\bno\b|\bnever\b|\bneither\b|\bnor\b"
    r"|\bwithout (?:any|an?|\w+ing|further|significant|clear|loss)\b"
    r"|\bfail(?:s|ed)? to\b|\bcannot\b"
    r"|n't\b|\bnone of\b[^,;:.]{0,30})(?![^,;]*\bonly\b)[^,;:.]{0,32}$",
    re.I,
)
OPEN = re.compile(
    r"\b(?:may|might|could|would|should|hypothes\w+|expect\w*|whether|if|aims?|intended"
    r"|claimed|(?:we|they|it|papers?|works?|authors?|who) claims?"
    r"|claims?(?: (?:is|was|reads|made|tested|under test|here))* (?:that|whether|of|to)"
    r"|question(?:s?(?: (?:is|was|asked|here))* (?:that|how|why|of)|ed|able)"
    r"|suppos\w+|possibl[ey]|perhaps|likely|plausibl\w+|suggest(?:s|ed|ing)? that|(?:idea|proposal)(?: is| was)? that"
    r"|tends?|meant|hop(?:e|ed|es)|designed|seeks?|tr(?:y|ies) to)\s(?:[^.;]*)$|\bto\s$",
    re.I,
)
"""What stands before a statement that is not asserted."""
RULE = re.compile(
    r"\b(?:lower|higher|smaller|larger|less|more|greater)(?: values?)?(?: is| are| being|,? meaning)? better\b"
    r"|\bbetter (?:is|means)\b",
    re.I,
)
DENIED = re.compile(
    r"^[^.;]*?\b(?:(?:is|are|was|were|do|does|did|has|have) not|inconsistent|mixed|isn't|aren't|limited to)\b", re.I
)
"""What stands after a noun of effect that is then denied."""
_CLAUSE = re.compile(
    r";|:\s|,?\s(?:but|while|whereas|although|though|however|yet|despite|at the (?:cost|expense))\b|,\sand\b|\s[—–]\s"
    r"|\(|\)",
    re.I,
)
_LEADS_TO = re.compile(
    r"\b(?:lead(?:s|ing)?|led|due|contribut\w+|thanks|amounts?|corresponds?) to(?: an?| the)?\s$", re.I
)
_BRACKETS = re.compile(r"\([^()]*\)")
_MODAL = re.compile(r"may|might|could|would|should", re.I)
_COMPLETE = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|can|could|may|might|will|would|should|fell|rose|to [a-z]+"
    r"|(?:lower|reduce|raise|help|hurt|improve|increase|decrease|act|soften|make|keep|give|matter)s?|\w{2,}ed)\b",
    re.I,
)
"""A verb: the clause that holds it is whole, and a new subject begins another one."""
_GOES_ON = re.compile(r"\W*(?:$|(?:that|to|or|nor|whether|if|then|thus|so|thereby|therefore|also)\b)", re.I)
"""How a part of a sentence begins that has no subject of its own."""
_RIVAL = re.compile(
    r"\b(?:than|against|compared (?:with|to)|comparison (?:with|to)|contrast to|over|relative to|versus|vs\.?|below"
    r"|above|beats?|outperform\w*)\s+(?:(?:with|for|under|by|of|in|that|those|the|our|training)\s+)*$",
    re.I,
)
"""What stands before the one that something is compared with."""
_OWNER = re.compile(r"^[^,;:\d]*\b(?:for|with|of|in|under)\s+(?:(?:the|our|this)\s+)*$", re.I)
"""What stands between an effect and the one that has it: "0.4 points higher for the baseline"."""
_CONDITION = re.compile(r"\W*(?:if|whether)\b[^,;:]*,\sand\s*$", re.I)
"""The first half of a condition: what follows belongs to it, up to the next comma."""
_ASKS = re.compile(
    r"\W*(?:and |but |so )?(?:do(?:es)?|did|can|could|is|are|was|were|will|would|should|has|have|may|might|how|why|when"
    r"|which|what|whether|to what extent)\b",
    re.I,
)
_OPENING = re.compile(r"\W*(?:While|Although|Though|Whereas|Despite|Even though)\b[^,;]*,", re.I)


def is_asked(text: str, at: int) -> bool:
    """Whether a word stands in a question: "Does it lower the error?" says nothing."""
    start = max((text.rfind(mark, 0, at) for mark in ".?!:"), default=-1) + 1
    stop = min((i for mark in ".?!" if (i := text.find(mark, at)) >= 0), default=-1)
    return stop >= 0 and text[stop] == "?" and _ASKS.match(text[start:]) is not None


def is_open(left: str) -> bool:
    """Whether what follows is not asserted: hoped for, supposed, a purpose. "Leads to" asserts."""
    return OPEN.search(_LEADS_TO.sub("", left)) is not None


def clause(match: re.Match[str], text: str) -> tuple[int, int]:
    """Where the clause that holds a word begins and ends."""
    start = max([m.end() for m in _CLAUSE.finditer(text, 0, match.start())], default=0)
    stop = next((m.start() for m in _CLAUSE.finditer(text, match.end())), len(text))
    if opened := _OPENING.match(text):
        start, stop = (
            (start, min(stop, opened.end())) if match.start() < opened.end() else (max(start, opened.end()), stop)
        )
    return start, stop


def is_unsaid(match: re.Match[str], text: str) -> bool:
    """Whether a word is not asserted: an open word stands before it in its clause, or in one that goes on in it.

    A whole clause closes what it opened: "it may be small, but it lowers the error" asserts, "A may shrink it, and
    lower the error" does not. What stands in brackets before the word tells nothing of it.
    """
    flat = _BRACKETS.sub(lambda m: " " * len(m.group()), text)
    flat = text if flat[match.start()] == " " else flat
    opened = _OPENING.match(flat)
    first = opened.end() if opened and opened.end() <= match.start() else 0
    ends = [first, *(m.end() for m in _CLAUSE.finditer(flat, first, match.start())), match.start()]
    parts = [flat[a:b] for a, b in pairwise(ends)]
    left = parts.pop()
    while parts and not is_open(left):
        before = parts.pop()
        goes_on = _GOES_ON.match(left) or (_CONDITION.match(before) and "," in text[match.end() :])
        if before.rstrip().endswith((";", ":")) or (_is_closed(before) and not goes_on):
            return False
        left = before + left
    return is_open(left)


def _is_closed(part: str) -> bool:
    """Whether a part of a sentence opens nothing, or has the verb of what it opens."""
    opened = OPEN.search(part)
    if opened is None or _MODAL.match(opened.group()):
        return True
    return _COMPLETE.search(opened.group().partition(" ")[2]) is not None


def is_rival(mention: Mention, text: str) -> bool:
    """Whether something is compared with what is named: "worse than label smoothing"."""
    return _RIVAL.search(text[: mention.start]) is not None


def is_owner(mention: Mention, text: str, end: int) -> bool:
    """Whether an effect, told up to ``end``, is that of something named behind it: "higher for the baseline"."""
    return mention.start >= end and _OWNER.match(text[end : mention.start]) is not None and not is_rival(mention, text)


def nearest_metric(match: re.Match[str], mentions: list[Mention]) -> str | None:
    """The metric whose name stands closest to a word."""
    named = [m for m in mentions if m.kind == "metric"]
    if not named:
        return None
    distance = [(min(abs(m.start - match.end()), abs(match.start() - m.end)), m.ids[0]) for m in named]
    return min(distance)[1]


def contradiction(kind: str, unit: Unit, says: str, record: str, how: str) -> Finding:
    """An error about one unit."""
    return Finding(
        kind=kind, severity=Severity.ERROR, place=unit.place, sentence=unit.text, says=says, record=record, how=how
    )

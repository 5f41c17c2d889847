"""What stands around a number of a sentence: words that tell which names before and behind it are its own."""

from __future__ import annotations

import re

from hakken.research.papers.audit.language.mentions import Mention
from hakken.research.papers.audit.language.numbers import ARROW, Number, find_numbers
from hakken.research.papers.audit.language.topics import DATASETS
from hakken.research.papers.audit.language.units import unit_behind

WITH = re.compile(
    r"^(?:['’]s)?(?: on (?:the )?[\w-]+)?,? (?:with|reaching|achieving|attaining|obtaining|scoring|having|giving"
    r"|yielding|at)\b[^\d;:(]*$"
)
GOES_ON = re.compile(r"^[^.;:()\d]{0,40}?,? and (?:also |still )?$")
"""What stands between the object of a comparison and a number of its subject: "lower than A, and 0.3 on B"."""
INSERTED = re.compile(r",\s(?:which|who|tried|used|while|when|where|as|unlike|like)\b[^,;.\d]*,")
"""A remark about the subject: "a higher rate, tried while the baseline was tuned, lowers it to"."""
IN_BRACKETS = re.compile(r"^['’s]{0,2}\s?\((?:[A-Za-z. =:]{0,20})$")
IS_OWN = re.compile(
    r"^(?:\s(?:of|for|on|with|in|under)\b[^,;:.\d]{0,60})?\s?(?:is|was|are|were|of|=|:|equals|averages|stands at"
    r"|comes to|(?:rises|rose|falls|fell|grows|grew|drops|dropped|goes|went|climbs|increase[sd]|decrease[sd]"
    r"|improve[sd])"
    r"(?: from| to| by)?)\s(?:about |only |just |around |roughly |approximately )?$"
)
"""What stands between a metric and the value that a sentence gives it: "the accuracy of our method is"."""
BEHIND = re.compile(
    r"^[^,;:.\d]*?(?:\b(?:for|with|by|of|on|in|under|from|at|using|without)\b(?: the| our| an?)?|\()[^,;:.\d]*$"
)
OPENING = re.compile(r"^\W*(?:With|At|Reaching|By|Achieving|Scoring|From|In|After)\b[^,;]*$")
"""What stands before a number whose sentence names its owner later: "With 0.9, our method is"."""
OF_ALL = re.compile(r"\ball (?:\w+ )?(?:data ?sets|tasks)\b|across|\baverag\w+|\boverall\b", re.I)
"""A sentence about all data sets, whichever the last one was about."""
NEXT = re.compile(
    r"^['’]?s?(?: dataset| data set)?\s(?:it |they |its value |that )?"
    r"(?:(?:from|to|by|at|with|of|is|was|are|it is|reaches|(?:fall|rise|drop|climb)s to) )?"
    r"(?:about |only |just |another )?[-+~≈]?\d"
)
"""What follows a name that belongs to the number behind it: "0.81 on circle, on dino from 0.9"."""
ON_BEHIND = re.compile(r"^\s?(?:%|points?|percentage points?)?, (?:on|in|for|at) (?:the )?$")
APART = re.compile(r"[;]|,\s(?:while|whereas|but)\b", re.I)
AVERAGED = re.compile(
    r"\b(?:average[ds]?|averaging|mean|overall|across|all (?:four |five |three )?(?:data ?sets|tasks|environments))\b",
    re.I,
)
ELSEWHERE = re.compile(r"[,;—–]\s*(?:while|whereas|but|and|compared|in contrast|versus|than)\b", re.I)
"""Opens a clause about something else."""
PACE = re.compile(
    r"^\s?%?\s*(?:longer|shorter|more|less|faster|slower|extra|additional|higher|lower)(?: average| total)?"
    r" (?:training|inference|sampling|generation)\b(?! (?:loss|acc|error|data|steps|samples))",
    re.I,
)
"""``32 % longer training``: a time."""
STEPPED = (re.compile(r"\bnumber of (?:\w+ )?steps\b", re.I), re.compile(r"(?:^|_)steps?(?:_|$)"))
REST = re.compile(
    r"^\s?%?(?:,? (?:and )?[-+]?[\d.]+\s?%?)*(?: percentage points?| points?)?,? (?:on|in|for) (?:the )?"
    r"(?:other|others|remaining|rest)\b",
    re.I,
)
"""``46 % on the other two``: on those that were not named last."""
OTHERS = re.compile(
    rf"\b(?:on|for|in|across) (?:the )?(?:other|remaining|rest|two|three|four|larger|smaller|simpler|harder|easier)\b"
    rf"[\w ,-]{{0,40}}?\b{DATASETS}\b",
    re.I,
)
"""Data sets that are told by what they are not: "smaller on the two larger corpora"."""
GERUND = re.compile(
    r"^\W*(?!During|Following|According|Comparing|Considering|Looking|Averag|Notwith|Concern|Regard|Training|Testing)"
    r"[A-Z][a-z]+ing (?:the |a |an |its |our |this )?[a-z]"
)
"""Opens a sentence about a change that it describes: "Lowering the temperature yields"."""
CONTRAST = re.compile(r"\bon the other hand\b|\b(?:in|by) contrast,", re.I)
NAMELESS = re.compile(
    r"^\s?%?(?: (?:environment |training )?(?:steps|minutes|seconds|tokens per second|points))?"
    r"\s(?:with|without|under|using)\b", re.I
)  # fmt: skip
PASSIVE = re.compile(r"\b(?:beaten|outperformed|surpassed|overtaken|exceeded|outdone) by\b", re.I)
SPEED = re.compile(r"\b(?:faster|slower|speed\w*|quicker|longer|shorter)\b", re.I)


def opens(between: str, behind: str) -> bool:
    """Whether what stands between a number and a name makes the name the number's own."""
    bracket = between.rstrip().endswith("(")
    if re.search(r"\b(?:than|against|compared|versus|while|whereas|but)\b", between):
        return False
    return BEHIND.match(between) is not None and (not bracket or re.match(r"^[^:;,.]{0,25}\)", behind) is not None)


def is_next(between: str, behind: str) -> bool:
    """Whether a name behind a number opens the clause of the number that follows it."""
    return re.search(r",|;|\band\b|\bbut\b", between) is not None and NEXT.match(behind) is not None


def before(left: str) -> bool:
    """Whether ``from`` opens a change, rather than a range."""
    return re.search(r"\bfrom (?:[^.;]|\.(?=\d))*$", left) is not None and not re.search(
        r"\b(?:rang|var[iy]|span)\w* from", left
    )


def is_turn(number: Number, text: str) -> bool:
    """Whether a number is an end of a change: "from 0.98 to 0.85", "0.98 → 0.85"."""
    return before(text[: number.start]) or is_arrow(number, text)


def new_subject(text: str) -> bool:
    """Whether a sentence opens with something that the sentences before were not about."""
    return GERUND.match(text) is not None or CONTRAST.search(text[:90]) is not None


def is_arrow(number: Number, text: str) -> bool:
    """Whether a number is an end of "0.98 → 0.85" or of "(0.98 to 0.85)"."""
    numbers = find_numbers(text)
    at = next((k for k, n in enumerate(numbers) if n.start == number.start), -1)
    first = at if number.form == "low" else at - 1
    if first < 0 or first + 1 >= len(numbers):
        return False
    between = text[numbers[first].end : numbers[first + 1].start]
    bracketed = text[: numbers[first].start].endswith("(") and re.match(r"^\s?%? to $", between) is not None
    return bracketed or ARROW.match(between) is not None


def apart(text: str, number: Number) -> str:
    """What stands around a number, up to the numbers before and after it."""
    left = re.split(r"\d", text[max(0, number.start - 60) : number.start])[-1]
    return left + text[number.start : number.end] + re.split(r"\d", text[number.end : number.end + 40])[0]


def end_of(number: Number, text: str) -> int:
    """Where a number ends, and of "from A to B" where B ends: what follows names both."""
    numbers = find_numbers(text)
    if number.form != "low" or number.partner is None or number.partner >= len(numbers):
        return number.end
    other = numbers[number.partner]
    return other.end if other.start > number.start else number.end


def in_brackets(left: str) -> bool:
    """Whether a place stands inside round brackets."""
    return left.count("(") > left.count(")")


def directly_named(number: Number, text: str, mentions: list[Mention]) -> bool:
    """Whether a name stands right behind a number: ``from 0.98 in the baseline to 0.86 in the final model``."""
    after = [m for m in mentions if m.kind == "variant" and m.start >= number.end]
    return (
        bool(after)
        and re.match(r"^[\s\w%()-]{0,30}$", text[number.end : after[0].start]) is not None
        and not re.search(r"\d|\bto\b", text[number.end : after[0].start])
    )


def is_nameless(number: Number, text: str, mentions: list[Mention], side: str) -> bool:
    """Whether a number of a pair is of something that no name tells: "against 0.5 with warm-up", "beaten by"."""
    if side and PASSIVE.search(text[: number.start]):
        return True  # either may be told first
    behind = [m for m in mentions if m.kind == "variant" and m.start >= number.end]
    return side == "second" and not behind and NAMELESS.match(text[number.end :]) is not None


def shared(number: Number, text: str) -> str:
    """What "157k instead of 217k steps" and "237 steps on A and 713 on B" say once for all of their numbers."""
    if number.unit or number.step < 1:
        return ""
    others = [n for n in find_numbers(text) if n.start != number.start and not n.unit and n.form != "word"]
    told = [u for n in others if (u := unit_behind(n, text)) in ("steps", "epochs", "iterations", "updates")]
    return told[0] if len(set(told)) == 1 else ""

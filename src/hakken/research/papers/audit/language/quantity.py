"""What kind of quantity a number of any paper is: a level, a change, a ratio, a spread, a bound."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.numbers import Number, find_numbers, normalise, side_of
from hakken.research.papers.audit.language.roles import Reading, Role
from hakken.research.papers.audit.language.standing import is_arrow

_SIZE = (
    r"(?:relative |absolute |average |overall |further |significant |substantial |point |points )*"
    r"(?:reductions?|improvements?|increases?|decreases?|drops?|gains?|faster|slower|lower|higher|better|worse|less|more"
    r"|fewer|speed-?ups?|boosts?|smaller|larger|declines?|rises?|degradations?|savings?|overheads?|longer|shorter"
    r"|speed|advantage|penalty|slow-?down)\b"
)
_RIGHT = re.compile(rf"^[\s)]*(?:%|points?|percentage points?)?[\s-]*{_SIZE}", re.I)
_CLAUSE = r"(?:[^.;]|\.(?=\d))"
"""Any letter that ends no clause: the point of a decimal does not."""
_VERB = (
    r"(?:(?:reduc|improv|increas|decreas|drop(?!out)|gain|lower|rais|boost|declin|speed|accelerat|outperform|degrad"
    r"|worsen|differ|grew|grow|shr|slow|delay|prolong|shorten|lengthen|higher|better|worse|faster|slower|surpass|exceed|enhanc|overhead|advantage|margin)\w*"
    r"|(?:cut(?:s|ting)?|sav(?:es?|ed|ings?)|fell|falls?|fallen|rose|ris(?:es?|en|ing)|changes?)\b)"
)
_ABOUT = (
    r"(?:up to|less than|no more than|under|about|approximately|around"
    r"|roughly|nearly|almost|over|more than|at least|at most|as much as|an average"
    r"|a |an |as high as|only|just|average|another)"
)
_LEFT = re.compile(rf"\b{_VERB}{_CLAUSE}{{0,70}}?\bby\s+(?:{_ABOUT}\s*(?:of\s+)?)*[-+~≈(]?\s*$", re.I)
_NOUN = (
    r"(?:reductions?|improvements?|increases?|decreases?|drops?|gains?|speed-?ups?|boosts?|declines?|rises?|degradations?"
    r"|savings?|overheads?|advantages?|penalt(?:y|ies)|slow-?downs?|changes?|differences?|gaps?|margins?|fall|cut|lead"
    r"|deteriorations?)"
)
_OF = re.compile(
    rf"\b{_NOUN}(?: (?:in|over|for|from|on|between|to|relative|compared)\b(?:(?!\bwith\b)[^.,;:]|\.(?=\d)){{0,60}}?)?"
    rf"\s+of\s+(?:{_ABOUT}\s*(?:of\s+)?)*[-+~≈(]?\s*$",
    re.I,
)
"""``a gain of``, ``an improvement in accuracy of``; but "outperforms it, with an accuracy of" tells a level."""
_GAP = re.compile(
    rf"\b(?:difference|gap|margin|overhead|slow-?down)s?\b{_CLAUSE}{{0,90}}?\b(?:is|was|of|at|:"
    r"|(?:widen|grow|shrink|narrow|ris|drop|fall|increas|decreas|amount|com)\w* to)\s*(?:only |just |about )?$",
    re.I,
)
_MORE = re.compile(r"\b(?:another|a further|an additional|an extra)\s+$", re.I)
_SHARE = re.compile(
    r"\b(?:improvement|reduction|increase|decrease|gain|drop|change|degradation|overhead|speed-?up)s?\b"
    rf"{_CLAUSE}{{0,110}}?(?:\b(?:is|are|was|were)\b|:){_CLAUSE}{{0,60}}$",
    re.I,
)
"""What opens a percentage that is a change: "the relative improvements are 1 %, 2 % and"."""
_SMALL = re.compile(
    r"\b(?:improvement|reduction|gain|decrease|benefit|difference|effect)s?\b(?: in \w+)?"
    r"(?: (?:is|are|was|were)(?: [a-z ]{0,40}:)?|[a-z ]{0,40}:)\s"
    rf"(?:{_ABOUT}\s*(?:of\s+)?)*[-+~≈]?\s*$",
    re.I,
)
"""``the gains are small in absolute terms: at most``."""
_LIST = re.compile(
    r"(?<=\bby )(?:[-+~≈]?\d[\d.]*\s?%?(?: \([^)]*\))?,? (?:and |or )?)+$"
    r"|(?<=\bof )(?:[-+~≈]?\d[\d.]*\s?%?,? (?:and )?)+$"
)
"""The members of a list before a number: "by 46 %, 48 % and"."""
_LISTED = re.compile(rf"\b{_VERB}\s*[:=(]\s*[-+~≈]?\s*$", re.I)
_LEVEL = re.compile(
    r"\b(?:(?<!up )to|from|at(?! least| most)|reach\w*|achiev\w*|attain\w*|obtain\w*|scor\w*|yield\w*)\s+(?:an? )?"
    r"(?:[\w-]+ ){0,3}?"
    r"(?:of |about |approximately |around |roughly |nearly |just )*[~≈]?\s*$",
    re.I,
)
_DIFFERENCE = re.compile(
    r"difference|Δ|delta|change|gain|improve|reduction|relative|speed-?up|vs\.? base|% of base", re.I
)
_ROW_OF_DIFFERENCES = re.compile(
    r"^(?:difference|Δ|delta|(?:relative |absolute )?(?:change|gain|improvement|reduction))s?\b"
    r"(?! of| \w+ (?:model|net))",
    re.I,
)
_EXTREME = re.compile(r"\b(?:best|peak|max\w*|min\w*|highest|lowest|worst|up to|as (?:low|high) as|range\w*)\b", re.I)


_OVER_SEEDS = re.compile(
    r"\b(?:over|across|from|averag\w+|mean of|with|using)\s+(?:(?!the\b)\w+ ){0,3}(?:seeds?|runs?)\b", re.I
)
_SINGLE = re.compile(
    r"\b(?:the|its|their|individual|each|single|one|other|these|those|all) (?:of )?(?:\w+ ){0,2}?(?:seeds?|runs)\b",
    re.I,
)


@dataclass(frozen=True)
class Quantity:
    """How to look for a number."""

    role: Role
    roles: tuple[Role, ...]
    """Roles of the derived values that it may be."""
    change: bool = False
    """It tells a change rather than a level."""
    signed: bool = False
    plain: bool = True
    """Nothing but its neighbours tells what it is."""


def quantity_of(number: Number, unit: Unit, reading: Reading) -> Quantity:
    """The kind of a number, from its unit, the words beside it and, in a table, its header."""
    if reading.role in (Role.P, Role.EFFECT, Role.WINS):
        return Quantity(reading.role, (reading.role,), change=True, signed=True, plain=False)
    if number.form == "spread" or reading.role in (Role.SPREAD, Role.SD, Role.SE, Role.HALF):
        return _spread(unit, reading)
    if reading.role in (Role.LOW, Role.HIGH):
        return Quantity(reading.role, (reading.role, Role.LEVEL, Role.MINIMUM, Role.MAXIMUM), plain=False)
    text = normalise(unit.text)
    if number.form == "high" and number.partner is not None and not unit.row:
        first = find_numbers(unit.text)[number.partner]
        if not re.search(r"\bfrom (?:[^.;]|\.(?=\d))*$", text[: first.start]) and number.unit in ("%", "points", "x"):
            number = first if first.unit else replace(first, unit=number.unit)  # both ends of a range are of one kind
    left, right = text[max(0, number.start - 160) : number.start], text[number.end : number.end + 45]
    if number.form == "low" and number.partner is not None and number.unit in ("%", "points") and not unit.row:
        last = find_numbers(text)[number.partner]
        right = text[last.end : last.end + 45] if last.start > number.start else right
    averaged = re.search(r"\b(?:mean|average)\b[^.;]{0,40}$", text[: number.start], re.I)
    extremes = (
        (Role.VALUE, Role.MINIMUM, Role.MAXIMUM)
        if not averaged and (_EXTREME.search(text + unit.column) or _single(text))
        else ()
    )
    levels = (Role.LEVEL, *((Role.MEDIAN,) if re.search(r"\bmedian", text + unit.column, re.I) else ()), *extremes)
    if unit.row:
        return _of_cell(number, unit, levels)
    if number.unit == "x":
        return Quantity(Role.RATIO, (Role.RATIO,), change=True, plain=False)
    if number.form in ("low", "high") and is_arrow(number, text):
        return Quantity(Role.LEVEL, levels)
    side = side_of(number, text)
    paired = side != ""
    if side == "second" and (before := [n for n in find_numbers(text) if n.end <= number.start]):
        left = text[max(0, before[-1].start - 160) : before[-1].start]  # of a pair both are of one kind
    left = _LIST.sub("", left)
    sure = any(pattern.search(left) for pattern in (_GAP, _MORE, _SMALL))
    told = any(pattern.search(left) for pattern in (_LEFT, _OF, *(() if paired else (_LISTED,))))
    told = told or (number.sign == "+" and not paired)
    told = told or (number.unit == "%" and _SHARE.search(left) is not None)
    if _RIGHT.match(right) or sure or (told and not _LEVEL.search(left)) or number.unit == "points":
        roles = (Role.RELATIVE, Role.DIFFERENCE) if number.unit in ("%", "points") else (Role.DIFFERENCE,)
        return Quantity(Role.CHANGE, roles, change=True, plain=False)
    return Quantity(Role.LEVEL, levels)


def _single(text: str) -> bool:
    """Whether a sentence tells of single seeds or runs, rather than of means over them."""
    return _SINGLE.search(_OVER_SEEDS.sub("", text)) is not None


def _spread(unit: Unit, reading: Reading) -> Quantity:
    said = f"{unit.column} {unit.caption} {unit.text}"
    roles: tuple[Role, ...] = (Role.SD, Role.SE, Role.HALF)
    if reading.role in (Role.SD, Role.SE, Role.HALF):
        roles = (reading.role,)
    elif re.search(r"standard error|\bs\.?e\.?m?\b|stderr", said, re.I):
        roles = (Role.SE,)
    elif re.search(r"standard deviation|\bstd\b|\bs\.d\.", said, re.I):
        roles = (Role.SD,)
    return Quantity(Role.SPREAD, roles, plain=False)


def _of_cell(number: Number, unit: Unit, levels: tuple[Role, ...]) -> Quantity:
    if number.unit == "x" or re.search(r"\bratio\b|speed-?up|\(×\)|\bx\b", unit.column, re.I):
        return Quantity(Role.RATIO, (Role.RATIO,), change=True, plain=False)
    if _DIFFERENCE.search(unit.column) or _ROW_OF_DIFFERENCES.search(unit.row[0][1]):
        return Quantity(Role.CHANGE, (Role.RELATIVE, Role.DIFFERENCE), change=True, plain=False)
    bracketed = number.sign and number.unit == "%"
    if bracketed:
        return Quantity(Role.CHANGE, (Role.RELATIVE,), change=True, plain=False)
    return Quantity(Role.LEVEL, levels, plain=False)

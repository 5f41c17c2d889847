r"""How numbers are written in papers, data and code, and what of that is no quantity.

A number may be a part of a list, an interval or a row (``[0.887,0.934]``), stand without its zero (``.934``), end at a
unit, a mark or its spread (``3.52x``, ``12.34ms``, ``0.934_{\pm 0.012}``), be grouped (``12,345``, ``12{,}345``), have
a comma for a point (``0,934``), or a power of ten. Citations, years of publications, dates, addresses, and the numbers
of sections, tables and versions are no quantities; neither are digits inside of names (``x2``, ``3D``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

_LETTER = r"[^\W\d_]"
_OPEN = (
    r"(?:(?<![^\W_])(?<![^\W_]_)(?<![^\W_]__)(?<!\w\.)"
    rf"|(?<=\b[xX])(?=\d*\.\d)|(?<={_LETTER}\.)(?=\d*\.\d))"
)
"""Not inside of a name or of another number; but ``x3.52`` and ``vs.0.934`` are numbers."""
_UNITS = (
    r"(?:[xX×kKMsh]|[mnuµμ]s|secs?|mins?|hrs?|bps?|pp|pts?|dB|[kMG]?Hz|[kKMGT]i?B|[cmkn]m|k?W|[km]?J|rpm|fps"
    r"|[MGT]?FLOPs?|px|epochs?|steps?|tok(?:ens?)?)"
)
"""What may follow the digits of a whole number; any letter may follow those of another one."""
_END = rf"(?!\.\d)(?(point)|(?(power)|(?:(?!{_LETTER}|_\w)|(?={_UNITS}(?![^\W_])))))"
_GROUPS = r"\d++(?:,\d++|(?:['’ \u00a0\u2009\u202f]|_|~|\{,\}|\\,)\d{3}(?![\d]))*+"


def _pattern(digits: str) -> str:
    """Possessive throughout: a number that does not end well is none, and never its first digits."""
    return (
        rf"{_OPEN}[-−+]?(?=\.?\d)(?:{digits})?+(?P<point>(?:[.·]|\{{\.\}})\d++)?+(?P<power>[eE][-+−]?\d++)?+"
        rf"(?P<percent>(?:[\s~]|\\[,; ])?\\?%)?+{_END}"
    )


NUMBER = _pattern(_GROUPS)
"""A number in prose or in a formula."""
_IN_PROSE = re.compile(NUMBER)
_IN_CODE = re.compile(_pattern(r"\d++(?:_\d{3})*+"))
POWER = (
    r"(?<![\w.])(?:(?P<factor>[-−+]?(?:\d+(?:\.\d+)?|\.\d+))\s*(?:\\times|\\cdot|[×xX·⋅*])\s*)?"
    r"10(?:\^(?:\{\s*(?P<braced>[-−+]?\d+)\s*\}|(?P<bare>[-−+]?\d+))|(?P<raised>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))"
)
"""``10^{-6}``, ``2.5 \\times 10^{3}`` and ``2.5×10⁻⁴``: one number."""
_POWER = re.compile(POWER)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_SCALE = re.compile(
    r"(?:[ \u00a0\u2009\u202f~]|\\[,;: ])?(?:\\(?:text|mathrm|rm)\s*\{\s*)?"
    r"(k|K|thousand|M|[Mm]illion|G|B|[Bb]illion|ms|[uµμ]s|ns|bps?|percent|per cent)(?![^\W_])"
)
_SCALES = {
    "k": 1e-3,
    "t": 1e-3,
    "m": 1e-6,
    "g": 1e-9,
    "b": 1e-9,
    "ms": 1e3,
    "us": 1e6,
    "ns": 1e9,
    "bp": 1e4,
    "bps": 1e4,
}
_KEPT = re.compile(
    r"\bhttps?://\S+|\b(?:arXiv|doi)[: ]\s?\S*\d\S*|\b10\.\d{4,9}/\S+|\b(?:19|20)\d\d-\d\d-\d\d\b", re.IGNORECASE
)
_BRACKETED = re.compile(r"\[\s*\d{1,3}(?:\s*[,;–—-]\s*\d{1,3})*\s*\]")
_NO_CITATION = re.compile(r"(?:[=:≈<>≤≥∈]|\b(?:CIs?|intervals?|ranges?|IQR))\s*$")
_NAMED = re.compile(
    r"(?:\b(?:sections?|secs?\.|tables?|tabs?\.|figures?|figs?\.|equations?|eqs?\.|appendix|appendices|chapters?"
    r"|algorithms?|theorems?|lemmas?|propositions?|versions?|python)|§+)[\s~]*\(?(?:\d{1,2}(?:\.\d{1,2})?\s*(?:and|to|–|-)\s*)?$",
    re.IGNORECASE,
)
_NEAR = 80
"""Characters before a number that say what it is."""
_COMMA = 3
"""Digits from which on a comma may stand for a point: ``(1,2)`` is a pair."""
_PLACE = re.compile(r"\d{1,2}(?:\.\d{1,2})?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_AUTHOR = re.compile(r"(?:\bet al\.?,?\s*\(?|\([^()]*[A-Z][\w’'-]+,?\s+|[;,]\s*[A-Z][\w’'-]+,\s+|[A-Z][\w’'-]+\s+\()$")
_AFTER_YEAR = re.compile(r"[a-z]?\s*(?:[);,.]|$)")


@dataclass(frozen=True)
class Numeral:
    """A number in a text."""

    start: int
    end: int
    text: str
    readings: tuple[Decimal, ...]
    """What it may mean: ``12,345`` may have a comma for a point."""
    percent: bool = False
    scale: float = 1.0
    """What a value was multiplied by to be written so: 1000 for seconds in ``ms``, 0.001 for ``12k``."""
    parts: tuple[Numeral, ...] = ()
    """What it is if it is none: a list without spaces."""

    @property
    def year(self) -> bool:
        """Whether it looks like one."""
        return bool(_YEAR.fullmatch(self.text))


def in_code(text: str) -> Iterator[Numeral]:
    """Numbers of code, data and configuration, where a comma always separates."""
    for match in _IN_CODE.finditer(text):
        yield _single(match, match.start(), match.group().replace("_", ""))


def in_prose(text: str) -> Iterator[Numeral]:
    """Quantities of a text, with their parts."""
    kept = _no_quantities(text)
    for match in _IN_PROSE.finditer(text):
        if not any(start <= match.start() < end for start, end in kept) and not _names(text, match):
            found = numeral(match)
            yield found
            yield from found.parts


def numeral(match: re.Match[str]) -> Numeral:
    """What ``NUMBER`` or ``POWER`` found."""
    token, start = match.group(), match.start()
    if power := _POWER.fullmatch(token):
        factor = power["factor"] or "1"
        exponent = power["braced"] or power["bare"] or power["raised"].translate(_RAISED)
        return Numeral(start, match.end(), token, _decimals(f"{factor}e{exponent}"))
    whole = _single(match, start, token)
    groups = re.split(
        r"[,'’ \u00a0\u2009\u202f_~{}\\]+", re.sub(r"\{\.\}", ".", token.rstrip("%\\ ~\u00a0")).lstrip("-−+")
    )
    if len(groups) < 2:
        return whole
    readings: list[Decimal] = []
    if len(groups[0]) <= 3 and all(len(group.partition(".")[0]) == 3 for group in groups[1:]):
        readings += _decimals("".join(groups))
    if len(groups) == 2 and "," in token and "." not in token and len("".join(groups)) >= _COMMA:
        readings += _decimals(".".join(groups))
    if "," not in token and not readings:
        return whole
    return replace(whole, readings=tuple(readings), parts=tuple(_parts(match, whole)))


def no_quantity(text: str) -> list[tuple[int, int]]:
    """Spans of a text whose numbers are no quantities."""
    named = [match.span() for match in _IN_PROSE.finditer(text) if _names(text, match)]
    return [*_no_quantities(text), *named]


def significant(number: Decimal) -> int:
    """Digits of a number as it is written."""
    return len(number.as_tuple().digits)


def _parts(match: re.Match[str], whole: Numeral) -> Iterator[Numeral]:
    """The numbers of a list without spaces; the last one has the sign of per cent or the unit."""
    text = match.group()
    found = list(re.finditer(r"[-−+]?[\d.·]+(?:[eE][-+−]?\d+)?", text))
    for place in found:
        start = whole.start + place.start()
        last = place is found[-1]
        end = whole.end if last else whole.start + place.end()
        token = match.string[start:end]
        percent, scale = (whole.percent, whole.scale) if last else (False, 1.0)
        yield Numeral(start, end, token, _decimals(place.group()), percent, scale)


def _single(match: re.Match[str], start: int, token: str) -> Numeral:
    scale, percent = 1.0, match["percent"] is not None
    if behind := _SCALE.match(match.string, match.end()):
        unit = behind[1].replace("µ", "u").replace("μ", "u")
        percent = percent or unit.startswith("per")
        scale = 1.0 if unit.startswith("per") else _SCALES.get(unit, _SCALES.get(unit[0].lower(), 1.0))
    return Numeral(start, match.end(), match.group(), _decimals(token), percent, scale)


def _decimals(token: str) -> tuple[Decimal, ...]:
    cleaned = token.strip().rstrip("%").rstrip("\\,; ~\u00a0").replace("−", "-").replace("·", ".").replace("{.}", ".")
    try:
        return (Decimal(cleaned),)
    except InvalidOperation:
        return ()


def _no_quantities(text: str) -> list[tuple[int, int]]:
    """Addresses, dates and citations."""
    found = list(_KEPT.finditer(text))
    for match in _BRACKETED.finditer(text):
        if _is_citation(match.group(), text[max(0, match.start() - _NEAR) : match.start()]):
            found.append(match)
    return [match.span() for match in found]


def _is_citation(token: str, before: str) -> bool:
    """Whole numbers in brackets, where no list and no interval around a number stands."""
    if _NO_CITATION.search(before):
        return False
    ends = [int(digits) for digits in re.findall(r"\d+", token)]
    middle = re.search(r"(\d+(?:\.\d+)?)\s*\\?%?\s*\(?$", before)
    return not (len(ends) == 2 and middle and ends[0] <= float(middle[1]) <= ends[1])


def _names(text: str, match: re.Match[str]) -> bool:
    """The number of a section, a table or a version, or the year of a publication."""
    token, before = match.group(), text[max(0, match.start() - _NEAR) : match.start()]
    if _PLACE.fullmatch(token) and _NAMED.search(before):
        return True
    return bool(_YEAR.fullmatch(token) and _AUTHOR.search(before) and _AFTER_YEAR.match(text, match.end()))

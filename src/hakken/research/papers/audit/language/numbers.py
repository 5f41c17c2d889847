"""Numbers as they are printed: values, signs, precision, units, ranges, spreads, and number words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

WORDS = {
    word: value
    for value, word in enumerate(
        [
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ],
        start=2,
    )
} | {"one": 1, "zero": 0, "no": 0, "none": 0, "thirty": 30, "forty": 40, "fifty": 50, "a single": 1, "both": 2}
"""``one``, ``no`` and ``both`` count only right before a noun that the record counts."""

COUNTED = (
    r"seeds?|trials?|ideas?|nodes?|variants?|candidates?|methods?|attempts?|hypothes[ie]s|calls?|tokens?|runs?|repeats?"
    r"|replicates?|cores?|repetitions?|pairs?|claims?|comparisons?|ablations?|measurements?|experiments?|failures?"
    r"|decisions?|metrics?|changes?|versions?|rounds?|passages?"
)


@dataclass(frozen=True)
class Number:
    """One printed number."""

    text: str
    start: int
    end: int
    value: float
    step: float
    """Half of it is the rounding that the printed digits allow."""
    sign: str = ""
    """``+`` or ``-`` where one is printed."""
    unit: str = ""
    """``%``, ``points``, ``x``, or a unit of the set-up such as ``s`` or ``GB``; empty for none."""
    relation: str = ""
    """``<``, ``>``, ``<=``, ``>=`` where it bounds a value."""
    form: str = "plain"
    """``plain``, ``spread`` (after ±), ``low`` and ``high`` (of an interval), ``of``, ``total``, ``word`` …"""
    partner: int | None = None
    """Index of the other end of an interval, of the mean of a spread, or of the total of a part."""


_DIGITS = r"\d{1,3}(?:[,\u202f\u2009]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_POWER = r"(?:\s?[×x·]\s?10\^?\s?\{?(?P<power>[-+]?\d{1,2})\}?|[eE](?P<exponent>[-+]?\d{1,2})(?!\w|\.\d))"
_NUMBER = re.compile(
    rf"(?<![\w.^])(?P<relation><=|>=|[<>≤≥≈~=])?\s?(?P<sign>[-+](?=[\d.]))?(?P<digits>{_DIGITS})(?:{_POWER})?"
    r"(?P<tail>\s?%|\s?(?:percentage points?|percent points?|percent|per cent|points?|pp)\b|[×x](?![\w])"
    r"|[- ]fold\b|\s?times\b"
    r"|[  \u202f\u2009]?(?:ms|s|h|min|kB|KB|MB|GB|GiB|MiB|TB|GHz|MHz|USD)\b|[kKMB](?![\w]))?(?!\w)"
)
_VERSION = re.compile(r"(?<![\w.])[vV]?\d+\.\d+\.\d+(?:[.\w+-]*\w)?(?![\w])")
_ANY_WORD = "|".join(sorted(WORDS, key=len, reverse=True))
_WORD = re.compile(
    rf"\b(?P<word>{_ANY_WORD})\b(?=(?:[ -](?!of\b)[a-z-]+){{0,3}}?[ -](?:{COUNTED})\b"
    rf"|\s+(?:out )?of\s+(?:the |its |these |those )?(?:\d+|{_ANY_WORD})\b)",
    re.IGNORECASE,
)
_MASKED = re.compile(
    r"`[^`]*`|\b[A-Za-z][\w.]*-[\w.-]*\d[\w.-]*\w|\b[A-Za-z]+\d[\w.]*(?:-\w[\w.]*)+|\[@[^\]]*\]|https?://\S+"
    r"|(?:doi|arXiv):\S+|\b(?!\d+(?:\.\d+)?[eE]-\d)\w*[A-Za-z]\w*[-_]\d[\w.-]*|\b\d+-[A-Za-z]\w*\b(?<!fold)"
    r"|\b\d{4}-\d{2}-\d{2}\b"
)
_CLOCK = re.compile(
    r"(?<![\w.])(?P<first>\d+)\s?(?:(?P<h>h|hrs?|hours?)|m|min|minutes?)(?:,? and|,)?\s?(?P<second>\d{1,2})\s?"
    r"(?(h)(?:m|min|minutes?)|(?:s|sec|seconds?))\b"
)
"""``3h 20m``: one duration."""
_TENS = re.compile(r"(?<![\w.^×x·])(?<![×x·]\s)10\^\s?\{?(?P<power>[-+]?\d{1,2})\}?(?!\w)")
"""A power of ten without a factor."""
_DIMENSIONS = re.compile(r"\b\d+(?:\s?[×x]\s?\d+)+\b")
_UNITS = {"percent": "%", "per cent": "%", "×": "x", "times": "x", "fold": "x", "pp": "points"}
_SCALE = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}

_SPELLINGS = {ord(c): ord(" " if c in "\u00a0\n" else "-") for c in "−﹣⁻‑\u00a0\n"}


def normalise(text: str) -> str:
    """Signs and spaces in one spelling, with every character in its old place."""
    return text.translate(_SPELLINGS)


@lru_cache(maxsize=20_000)
def find_numbers(text: str) -> tuple[Number, ...]:
    """Every number of a text in order. Names such as ``n3`` or ``CIFAR-10``, code and citations are none."""
    clean = normalise(text)
    blank = _MASKED.sub(_mask, clean)
    found: list[Number] = []
    for match in _VERSION.finditer(blank):
        found.append(Number(match.group(), match.start(), match.end(), 0.0, 0.0, form="version"))
    blank = _VERSION.sub(_spaces, blank)
    for match in _DIMENSIONS.finditer(blank):
        found += [
            Number(
                d.group(), match.start() + d.start(), match.start() + d.end(), float(d.group()), 1.0, form="dimension"
            )
            for d in re.finditer(r"\d+", match.group())
        ]
    for match in _CLOCK.finditer(blank):
        value = 60.0 * int(match.group("first")) + int(match.group("second"))
        unit = "min" if match.group("h") else "s"
        found.append(Number(match.group(), match.start(), match.end(), value, 1.0, unit=unit))
    for match in _TENS.finditer(blank):
        value = 10.0 ** int(match.group("power"))
        found.append(Number(match.group(), match.start(), match.end(), value, value))
    blank = _TENS.sub(_spaces, _CLOCK.sub(_spaces, blank))
    powers = [m.span() for m in re.finditer(r"×\s?10\^", blank)]
    blank = _DIMENSIONS.sub(
        lambda m: m.group() if any(a < m.end() and b > m.start() for a, b in powers) else _spaces(m), blank
    )
    found = [n for n in found if n.form != "dimension" or not any(a < n.end + 4 and b > n.start - 4 for a, b in powers)]
    found += [_number(m) for m in _NUMBER.finditer(blank)]
    for match in _WORD.finditer(blank):
        value = WORDS[match.group("word").lower()]
        found.append(Number(match.group("word"), match.start(), match.end(), value, 1.0, form="word"))
    return _link(clean, sorted(found, key=lambda n: n.start))


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _mask(match: re.Match[str]) -> str:
    """Blank a name, but leave percentages and intervals such as ``95-percent`` alone."""
    if re.match(r"\d+-(?:fold|percent|point|seed|core|GB|year|step)", match.group()):
        return match.group().replace("-", " ", 1)
    return " " * len(match.group())


def _number(match: re.Match[str]) -> Number:
    digits = match.group("digits")
    plain = re.sub(r"[,\u202f\u2009]", "", digits)
    scale = 10.0 ** int(match.group("power") or match.group("exponent") or 0)
    tail = (match.group("tail") or "").strip().lstrip("-").strip()
    if tail in _SCALE:
        scale, unit = scale * _SCALE[tail], ""
    else:
        unit = _UNITS.get(tail, "points" if "point" in tail else tail)
    decimals = len(plain.partition(".")[2])
    sign = match.group("sign") or ""
    value = float(plain) * scale * (-1.0 if sign == "-" else 1.0)
    relation = (match.group("relation") or "").replace("≤", "<=").replace("≥", ">=")
    first = match.start("sign") if sign else match.start("digits")
    return Number(
        text=match.string[first : match.end()].strip(),
        start=first,
        end=match.end(),
        value=value,
        step=10.0**-decimals * scale,
        sign=sign,
        unit=unit,
        relation=relation if relation in ("<", ">", "<=", ">=") else "",
    )


_BETWEEN_ENDS = re.compile(r"^\s?(?:%|points?|percentage points?)?\s?(?:to|and|–|—|-|,|;|\.\.|…|until|through)\s?$")
_FROM = re.compile(r"\bfrom (?:an? |the |about |some )?$")
ARROW = re.compile(r"^\s?(?:%|points?)?\s?(?:→|⟶|->|⇒)\s?$")
"""What stands between the two values of "0.98 → 0.85"."""
_FAR_END = re.compile(
    r"^\s?(?:for|with|in|of|at|under|without|using|by)\b[^.;:!?\d,]{1,50}? to (?:only |just |about )?$"
)
"""What stands between the ends of "from 0.81 for the baseline to 0.87"."""
_BETWEEN_PARTS = re.compile(r"^\s?(?:\([^)]*\)\s?)?(?:out of|of|/)\s?(?:the |its |these |all |those )?$")


def _link(text: str, numbers: list[Number]) -> tuple[Number, ...]:
    """Tell means from their spreads, the ends of intervals from each other, and parts from totals."""
    linked = list(numbers)
    for k, (left, right) in enumerate(pairwise(numbers)):
        between = text[left.end : right.start]
        before = text[max(0, left.start - 40) : left.start]
        if re.fullmatch(r"\s?(?:%|points?)?\s?(?:±|\+/-|\+-)\s?", between):
            linked[k + 1] = replace(linked[k + 1], form="spread", partner=k)
        elif _BETWEEN_PARTS.match(between) and left.unit == "" and right.unit == "" and right.step >= 1:
            linked[k] = replace(linked[k], form="of", partner=k + 1)
            linked[k + 1] = replace(linked[k + 1], form="total", partner=k)
        elif (
            (_BETWEEN_ENDS.match(between) and _opens_range(before, between, left))
            or ARROW.match(between)
            or (_FROM.search(before) and _FAR_END.match(between) and left.unit == right.unit and left.form == "plain")
        ):
            unit = linked[k].unit or right.unit
            linked[k] = replace(linked[k], form="low", partner=k + 1, unit=unit)
            linked[k + 1] = replace(linked[k + 1], form="high", partner=k, unit=unit)
    return tuple(linked)


def _opens_range(before: str, between: str, left: Number) -> bool:
    if re.search(r"[,;]", between) and not re.search(r"[\[(]\s?$", before):
        return False
    if re.search(r"\band\b", between):
        return re.search(r"\b(?:between|from)\s?$", before) is not None
    return left.form == "plain"


_VERSUS = re.compile(
    r"^\s?(?:%|points?|s|sec(?:ond)?s|ms|min(?:ute)?s?|h|hours|[kMG]B)?\)?(?: (?:on|for|in) (?:the )?[\w-]+)?,?\s"
    r"(?:vs\.?|versus|against|compared (?:to|with)|as opposed to|instead of|rather than|in contrast to)\s"
    r"(?:an? |the )?(?:(?!of\b)[a-z]+ ){0,2}(?:of )?[(~≈]?$"
)


def side_of(number: Number, text: str) -> str:
    """Whether a number is the ``first`` or the ``second`` of an "A against B"; empty where it is neither."""
    numbers = [n for n in find_numbers(text) if n.form != "spread"]
    at = next((k for k, n in enumerate(numbers) if n.start == number.start), None)
    if at is None:
        return ""
    clean = re.sub(r"±\s?[\d.]+", lambda m: " " * len(m.group()), normalise(text))
    for left, right, side in ((at, at + 1, "first"), (at - 1, at, "second")):
        if left >= 0 and right < len(numbers):
            between = " ".join(clean[numbers[left].end : numbers[right].start].split())
            if _VERSUS.match(f" {between} "):
                return side
    return ""

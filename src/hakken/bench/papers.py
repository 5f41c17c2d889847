"""Take the results out of a paper: every number that reads as a measured one, by comparison with the measured ones.

A number reads as a measured one when the measured value, rounded to the digits that are printed, is that number; as a
percentage too. Among results (tables, and sections named after them) also every number within the tolerance goes, and
numbers in words. A number that the repository's own configuration holds is an input, and stays outside of results; so
do exponents, indices and the constants of a formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from hakken.bench.bands import as_tuple
from hakken.bench.types import Gold

GONE = "[…]"
_NUMBER = re.compile(
    r"(?<![\w.\[])[-−+]?(?:\d{1,3}(?:,\d{3}){1,6}|\d+)(?:\.\d+)?(?:[eE][-+−]?\d+)?(?:\s?\\?%)?(?![\w\]])"
)
_POWER = re.compile(
    r"(?<![\w.])(?:([-−]?\d+(?:\.\d+)?)\s*(?:\\times|×|\\cdot)\s*)?10\^(?:\{\s*([-−+]?\d+)\s*\}|([-−]?\d+))"
)
"""``10^{-6}`` and ``2.5 \\times 10^{3}``: one number."""
_SCRIPT = re.compile(r"[\^_]\s*(?:\{[^{}]*\}|\w)")
"""An exponent or an index."""
_FORMULA = re.compile(r"\$\$[^$]+\$\$|\$[^$]+\$|\\\(.+?\\\)|\\\[.+?\\\]")
_DISPLAY = re.compile(r"^\s*(\$\$|\\\[|\\\])\s*$")
_DELIMITED = re.compile(r"(\s*(?:\$\$?|\\\(|\\\[)?)(.*?)((?:\$\$?|\\\)|\\\])?\s*)", re.DOTALL)
_RELATIONS = r"=|<|>|≈|≤|≥|±|\\(?:approx|simeq|sim|le|leq|ge|geq|lt|gt|pm|to)\b|:|,|;"
_BEFORE = re.compile(rf"(?:^|{_RELATIONS})\s*(?:\\[,;! ])*$")
_BEHIND = re.compile(rf"^\s*(?:\\[,;! ]|\.(?!\d))*\s*(?:$|{_RELATIONS})")
"""A value is stated where a number stands alone, or alone on one side of a relation; else it is a part of a formula."""
_HEADING = re.compile(r"^(#+)\s+(.*)$")
_RESULT_HEADING = re.compile(
    r"\b(abstract|results?|findings|evaluation|experiments?|discussion|conclusions?|summary|analysis|ablations?)\b",
    re.I,
)
_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty")
_WORDS = (*_UNITS, *_TEENS)
_TENS = {name: 10 * value for value, name in enumerate(("thirty", "forty", "fifty", "sixty", "seventy", "eighty"), 3)}
_TENS |= {"twenty": 20, "ninety": 90}
_WORD = re.compile(
    rf"\b(?:(?:{'|'.join(_TENS)})[- ](?:{'|'.join(_WORDS[1:10])})|{'|'.join([*_WORDS[1:], *_TENS])})\b", re.I
)
_CHOSEN = 4
"""Nobody writes more digits into a configuration; a program does, and then they may be results."""
_TELLING = 3
"""Digits from which on a number outside of results that is like a hidden value is no accident."""
_SAFE_INTEGER = 2
"""Whole numbers up to this are read as results only where they stand in a table: they are everywhere in a text."""


def strip_results(text: str, golds: Iterable[Gold], inputs: Iterable[float] = ()) -> str:
    """The text without its results, ``[…]`` in their places.

    Args:
        text: Markdown or plain text.
        golds: What was measured.
        inputs: Numbers that the repository's configuration holds.
    """
    known = Known(golds, inputs)
    lines = text.splitlines(keepends=True)
    return "".join(_stripped(line, *place, known) for line, place in zip(lines, _places(lines), strict=True))


def without_formulas(text: str) -> str:
    """The text without its mathematics."""
    return _FORMULA.sub(" ", text)


def leftovers(text: str, golds: Iterable[Gold], *, digits: int = 3) -> tuple[str, ...]:
    """Numbers of at least so many significant digits that still read as measured ones."""
    known = Known(golds, ())
    found = []
    for match in _NUMBER.finditer(text):
        token = match.group()
        if _significant(token) >= digits and known.reads_as_result(token, among_results=False):
            found.append(token)
    return tuple(dict.fromkeys(found))


class Known:
    """The measured values, and the numbers that are inputs."""

    def __init__(self, golds: Iterable[Gold], inputs: Iterable[float]) -> None:
        rows: Sequence[tuple[bool, float, float]] = [
            (gold.variant is None, value, max(b.rule.relative * abs(value), width))
            for gold in golds
            for b in gold.metrics.values()
            for value, width in zip(as_tuple(b.value), as_tuple(b.half_width), strict=True)
        ]
        self.values = tuple(dict.fromkeys((value, width) for _, value, width in rows))
        self.visible = tuple(dict.fromkeys((value, width) for seen, value, width in rows if seen))
        self.inputs = frozenset(inputs)

    def reads_as_result(self, token: str, *, among_results: bool) -> bool:
        """Whether a number in a text is, or gives away, a measured one."""
        percent = token.rstrip().endswith("%")
        number = _decimal(token)
        if number is None:
            return False
        value = float(number)
        if not among_results and value in self.inputs:
            return False
        if not among_results and number == number.to_integral_value() and abs(value) <= _SAFE_INTEGER:
            return False
        if not among_results and _significant(token) <= 1 and not percent:
            return any(gold == value for gold, _ in self.values)  # rounding to one digit says too little
        scales = (100.0, 1.0) if percent else (1.0, 100.0)
        # In a method, two digits that are like a hidden value are a parameter: no paper reports that configuration.
        chance = not among_results and _significant(token) < _TELLING
        for gold, allowed in self.visible if chance else self.values:
            for scale in scales:
                if _rounds_to(gold * scale, number) or _rounds_to(abs(gold) * scale, abs(number)):
                    return True
                if among_results and scale == scales[0] and abs(value - gold * scale) <= allowed * scale:
                    return True
        return False


def numbers_in(text: str) -> set[float]:
    """Every number of a text."""
    return {float(d) for match in _NUMBER.finditer(text) if (d := _decimal(match.group())) is not None}


def inputs_in(text: str) -> set[float]:
    """Numbers of a configuration file that somebody chose: whole ones, and those of few digits."""
    return {
        n for n in numbers_in(text) if n.is_integer() or len(f"{abs(n):.12g}".replace(".", "").strip("0")) <= _CHOSEN
    }


def _places(lines: Sequence[str]) -> list[tuple[str, bool]]:
    """For each line ``table``, ``results`` or ``text``, and whether it is displayed mathematics."""
    places = []
    level, inside, display = 0, False, False
    for line in lines:
        if heading := _HEADING.match(line):
            depth = len(heading.group(1))
            if not inside or depth <= level:
                inside, level = bool(_RESULT_HEADING.search(heading.group(2))) and depth > 1, depth
        if _DISPLAY.match(line):
            display = not display
        table = not display and (line.lstrip().startswith("|") or line.count("&") >= 2)
        places.append(("table" if table else "results" if inside else "text", display))
    return places


def _stripped(line: str, place: str, display: bool, known: Known) -> str:
    if _HEADING.match(line):
        return line
    if display:
        return _formula(line, place, known)
    parts = []
    end = 0
    for match in _FORMULA.finditer(line):
        parts += [_prose(line[end : match.start()], place, known), _formula(match.group(), place, known)]
        end = match.end()
    return "".join([*parts, _prose(line[end:], place, known)])


def _prose(text: str, place: str, known: Known) -> str:
    """Words and numbers; a number in words goes among results."""
    among = place != "text"

    def word(match: re.Match[str]) -> str:
        value = _word_value(match.group())
        integer = any(gold == value for gold, _ in known.values)
        return GONE if integer and value > _SAFE_INTEGER else match.group()

    text = re.sub(f"{_POWER.pattern}|{_NUMBER.pattern}", lambda m: _number(m.group(), place, known), text)
    return _WORD.sub(word, text) if among else text


def _formula(text: str, place: str, known: Known) -> str:
    """Exponents and indices stay, and outside of results every number that is a part of something."""
    head, inner, tail = _DELIMITED.fullmatch(text).groups()  # type: ignore[union-attr]  # each part may be empty

    def number(match: re.Match[str]) -> str:
        token = match.group()
        if token[0] in "^_":
            return token
        alone = _BEFORE.search(inner[: match.start()]) and _BEHIND.search(inner[match.end() :])
        return token if place == "text" and not alone else _number(token, place, known)

    return head + re.sub(f"{_POWER.pattern}|{_SCRIPT.pattern}|{_NUMBER.pattern}", number, inner) + tail


def _number(token: str, place: str, known: Known) -> str:
    """A number of the text, or that it is gone."""
    read = _plain(token)
    if not known.reads_as_result(read, among_results=place != "text"):
        return token
    if place == "results" and (d := _decimal(read)) is not None and float(d) in known.inputs:
        exact = any(_rounds_to(gold, d) for gold, _ in known.values)
        return GONE if exact and _significant(read) > 1 else token
    return GONE


def _plain(token: str) -> str:
    """A power of ten with its factor as ``2.5e-6``; any other number as it is."""
    if (power := _POWER.fullmatch(token)) is None:
        return token
    return f"{power.group(1) or 1}e{power.group(2) or power.group(3)}".replace("−", "-")


def _word_value(text: str) -> float:
    parts = re.split(r"[- ]", text.lower())
    return float(sum(_TENS.get(part, _WORDS.index(part) if part in _WORDS else 0) for part in parts))


def _decimal(token: str) -> Decimal | None:
    cleaned = token.strip().rstrip("%").rstrip("\\").strip().replace(",", "").replace("−", "-")
    try:
        return Decimal(cleaned)
    except InvalidOperation:
        return None


def _rounds_to(value: float, printed: Decimal) -> bool:
    """Whether a value, rounded or cut at the digits of a printed number, is that number; 0 says nothing."""
    if printed == 0 or abs(value) > 1e15:
        return False
    exponent = printed.as_tuple().exponent
    step = 10.0 ** int(exponent)
    return abs(value - float(printed)) < step * 0.500001 or _cut(value, step) == float(printed)


def _cut(value: float, step: float) -> float:
    return round(int(value / step) * step, 12)


def _significant(token: str) -> int:
    number = _decimal(token)
    return 0 if number is None else len(number.as_tuple().digits)

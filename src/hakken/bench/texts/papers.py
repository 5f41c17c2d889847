"""Take the results out of a paper: every number that reads as a measured one, by comparison with the measured ones.

A number reads as a measured one when the measured value, rounded to the digits that are printed, is that number; as a
percentage too. Among results (tables, and sections named after them) also every number within the tolerance goes, and
numbers in words. A number that the repository's own configuration holds is an input, and stays outside of results; so
do exponents, indices and the constants of a formula. In the head and the first column of a table it stays too: a
column named after a setting says nothing of what was measured. Volumes and pages of references are no results.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from hakken.bench.experiments.bands import as_tuple
from hakken.bench.texts.numerals import NUMBER, POWER, Numeral, in_code, in_prose, no_quantity, numeral, significant
from hakken.bench.types import Gold

GONE = "[…]"
_TOKEN = re.compile(f"{POWER}|{NUMBER}")
_SPREAD = r"[\^_]\s*(?:\{\s*(?:\\pm|±|[-+−]\s*\d*\.\d)[^{}]*\}|±)"
"""How far a value spreads, written as an index: ``0.934_{\\pm 0.012}``."""
_MARK = r"\^\s*(?:\{\s*)?(?:[*†‡°]|\\(?:ast|star|dag|ddag|dagger|ddagger|circ)\b)+(?:\s*\})?"
_SCRIPT = r"[\^_]\s*(?:\{[^{}]*\}|\w)"
"""An exponent or an index."""
_IN_FORMULA = re.compile(f"{POWER}|(?P<spread>(?<=[\\d}}]){_SPREAD})|(?P<script>{_SCRIPT})|{NUMBER}")
_FORMULA = re.compile(r"\$\$[^$]+\$\$|(?<!\\)\$(?=\S)[^$]+(?<=[^\s\\])\$(?!\d)|\\\(.+?\\\)|\\\[.+?\\\]")
"""As Pandoc reads them: two prices are none."""
_DISPLAY = re.compile(r"^\s*(\$\$|\\\[|\\\])\s*$")
_DELIMITED = re.compile(r"(\s*(?:\$\$?|\\\(|\\\[)?)(.*?)((?:\$\$?|\\\)|\\\])?\s*)", re.DOTALL)
_RELATIONS = r"=|<|>|≈|≤|≥|±|\\(?:approx|simeq|sim|le|leq|ge|geq|lt|gt|pm|to|in)\b|∈|:|,|;|&|\\\\"
_SPACE = r"\s|\\[,;:! ]|\\q?quad\b"
_FONT = r"\\(?:mathbf|boldsymbol|bm|textbf|text|mathrm|mathit|underline|emph)\s*\{"
_UNIT = r"\\times(?![A-Za-z])|×|\\(?:text|mathrm)\s*\{[^{}]*\}|(?:[mnuµμ]s|sec|min|dB|[kMG]?Hz|[kMG]B|pp)(?![A-Za-z])"
_BEFORE = re.compile(rf"(?:^|{_RELATIONS})\s*(?:{_SPACE}|{_FONT}|\\left)*$")
_INSIDE = re.compile(rf"(?:[\[(]|{_RELATIONS})\s*(?:{_SPACE}|{_FONT})*$")
_BEHIND = re.compile(
    rf"^(?:{_SPACE}|\}}|{_SPREAD}|{_MARK}|{_UNIT}|\.(?!\d)|\\right)*(?:$|{_RELATIONS}|(?P<closing>[\])]))"
)
"""A value is stated where a number stands alone, or alone on one side of a relation; else it is a part of a formula."""
_HEADING = re.compile(r"^(#+)\s+(.*)$")
_RESULT_HEADING = re.compile(
    r"\b(abstract|results?|findings|evaluation|experiments?|discussion|conclusions?|summary|analysis|ablations?)\b",
    re.I,
)
_REFERENCES = re.compile(
    r"(?:\d+(?:\.\d+)*\.?\s+)?(?:references?|bibliography|literature(?: cited)?|works cited)\W*", re.I
)
_FIRST_CELL = re.compile(r"\s*\|(?:\\.|[^|\\])*\|")
_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty")
_WORDS = (*_UNITS, *_TEENS)
_TENS = {name: 10 * value for value, name in enumerate(("thirty", "forty", "fifty", "sixty", "seventy", "eighty"), 3)}
_TENS |= {"twenty": 20, "ninety": 90}
_WORD = re.compile(
    rf"\b(?P<number>(?:{'|'.join(_TENS)})[- ](?:{'|'.join(_WORDS[1:10])})|{'|'.join([*_WORDS[1:], *_TENS])})\b"
    r"(?P<percent>\s+per\s?cent)?",
    re.I,
)
_NUMBERED = re.compile(r"#+\s+(?:\d+(?:\.\d+)*\.?(?=\s))?")
"""The start of a heading: its own number is no result."""
_FRACTION = re.compile(r"(?<![\w./])(\d{1,6})(?:/|\s*/\s*|\s+(?:out\s+)?of\s+)(\d{1,6})(?![\w/]|\.\d)")
_FARTHEST = 300
"""Powers of ten beyond are no number that a program computes with."""
_SLACK = 1e-11
"""What arithmetic may lose where a value is compared with a printed number."""
_SHARE = 1e-6
"""A fraction that is so near to a measured value is that value."""
_CHOSEN = 4
"""Nobody writes more digits into a configuration; a program does, and then they may be results."""
_TELLING = 3
"""Digits from which on a number outside of results that is like a hidden value is no accident."""
_SAFE_INTEGER = 2
"""Whole numbers up to this are read as results only where they stand in a table: they are everywhere in a text."""
_SMALL = re.compile("[-−+]?[0-2]")
"""These are parts of a formula wherever it stands."""


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


def leftovers(text: str, golds: Iterable[Gold], *, digits: int = 3, prose: bool = True) -> tuple[str, ...]:
    """Numbers of at least so many significant digits that still read as measured ones, of a text or of code."""
    known = Known(golds, ())
    found = []
    for number in _quantities(text) if prose else in_code(text):
        if any(significant(d) >= digits for d in number.readings) and known.reads(number, among_results=False):
            found.append(number.text)
    return tuple(dict.fromkeys(found))


def _quantities(text: str) -> Iterator[Numeral]:
    """Numbers of a text that may be results."""
    lines = text.splitlines(keepends=True)
    for line, (place, _) in zip(lines, _places(lines), strict=True):
        yield from (n for n in in_prose(line) if place != "references" or not _is_whole(n))


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
        self._sizes = sorted(abs(value) for value, _ in self.values)

    def reads(self, number: Numeral, *, among_results: bool) -> bool:
        """Whether a number in a text is, or gives away, a measured one."""
        return any(self._reads(reading, number, among_results) for reading in number.readings)

    def _reads(self, number: Decimal, written: Numeral, among_results: bool) -> bool:
        value, percent = float(number), written.percent
        if not among_results and value in self.inputs:
            return False
        if not among_results and number == number.to_integral_value() and abs(value) <= _SAFE_INTEGER:
            return False
        if not among_results and significant(number) <= 1 and not percent:
            return any(gold == value for gold, _ in self.values)  # rounding to one digit says too little
        first, second = (100.0, 1.0) if percent else (1.0, 100.0)
        near = among_results and not written.year
        # In a method, two digits that are like a hidden value are a parameter: no paper reports that configuration.
        chance = not among_results and significant(number) < _TELLING
        scales = tuple(dict.fromkeys((first, second, written.scale)))
        if not near and not self._is_near(number, scales):
            return False
        for gold, allowed in self.visible if chance else self.values:
            for scale in scales:
                if _rounds_to(gold * scale, number) or _rounds_to(abs(gold) * scale, abs(number)):
                    return True
            if near and abs(value - gold * first) <= allowed * first:
                return True
        return False

    def _is_near(self, number: Decimal, scales: Iterable[float]) -> bool:
        """Whether some value may round to a number, told quickly: data are large, and hardly any number is one."""
        exponent = int(number.as_tuple().exponent)
        if abs(exponent) > _FARTHEST:
            return False
        size, reach = abs(float(number)), 2 * 10.0**exponent + _SLACK
        for scale in scales:
            place = bisect_left(self._sizes, (size - reach) / scale)
            if place < len(self._sizes) and self._sizes[place] <= (size + reach) / scale:
                return True
        return False


def numbers_in(text: str) -> set[float]:
    """Every number of code or data."""
    return {float(reading) for number in in_code(text) for reading in number.readings}


def inputs_in(text: str) -> set[float]:
    """Numbers of a configuration file that somebody chose: whole ones, and those of few digits."""
    return {
        n for n in numbers_in(text) if n.is_integer() or len(f"{abs(n):.12g}".replace(".", "").strip("0")) <= _CHOSEN
    }


def _places(lines: Sequence[str]) -> list[tuple[str, bool]]:
    """For each line its place, and whether it is displayed mathematics.

    Places are ``head`` (of a table in Markdown), ``table``, ``results``, ``references`` and ``text``.
    """
    places = []
    section, level, display = "text", 0, False
    for number, line in enumerate(lines, start=1):
        if heading := _HEADING.match(line):
            depth = len(heading.group(1))
            if section == "text" or depth <= level:
                section, level = _section(heading.group(2)) if depth > 1 else "text", depth
        if _DISPLAY.match(line):
            display = not display
        table = not display and (line.lstrip().startswith("|") or line.count("&") >= 2)
        below = "".join(lines[number : number + 1]).strip()
        head = table and {"|", "-"} <= set(below) <= set("|:- \t")
        places.append(("head" if head else "table" if table else section, display))
    return places


def _section(title: str) -> str:
    """What stands below a heading."""
    if _REFERENCES.fullmatch(title.strip()):
        return "references"
    return "results" if _RESULT_HEADING.search(title) else "text"


def _stripped(line: str, place: str, display: bool, known: Known) -> str:
    if heading := _NUMBERED.match(line):
        return heading.group() + _mixed(line[heading.end() :], "text", known)
    if display:
        return _formula(line, place, known)
    if place == "table" and (first := _FIRST_CELL.match(line)):
        return _mixed(first.group(), "head", known) + _mixed(line[first.end() :], place, known)
    return _mixed(line, place, known)


def _mixed(line: str, place: str, known: Known) -> str:
    """Prose with formulas in it."""
    parts = []
    end = 0
    for match in _FORMULA.finditer(line):
        parts += [_prose(line[end : match.start()], place, known), _formula(match.group(), place, known)]
        end = match.end()
    return "".join([*parts, _prose(line[end:], place, known)])


def _prose(text: str, place: str, known: Known) -> str:
    """Words and numbers; a number in words, and a share as a fraction, go among results."""
    among = _is_result(place)

    def word(match: re.Match[str]) -> str:
        value = _word_value(match["number"])
        found = any(gold == value for gold, _ in known.values)  # a text counts its methods and cases in words too
        if match["percent"]:
            found = any(_rounds_to(gold * scale, Decimal(value)) for gold, _ in known.values for scale in (1.0, 100.0))
        return GONE + match.group()[len(match["number"]) :] if found and value > _SAFE_INTEGER else match.group()

    def fraction(match: re.Match[str]) -> str:
        over = int(match[2])
        share = int(match[1]) / over if over > 1 else 0.0
        found = any(math.isclose(share, gold, rel_tol=_SHARE) for gold, _ in known.values if share)
        return GONE if found else match.group()

    if among:
        text = _FRACTION.sub(fraction, text)
    kept = no_quantity(text)

    def number(match: re.Match[str]) -> str:
        if any(start <= match.start() < end for start, end in kept):
            return match.group()
        return _number(numeral(match), place, known)

    text = _TOKEN.sub(number, text)
    return _WORD.sub(word, text) if among else text


def _formula(text: str, place: str, known: Known) -> str:
    """Exponents and indices stay, and outside of results every number that is a part of something."""
    head, inner, tail = _DELIMITED.fullmatch(text).groups()  # type: ignore[union-attr]  # each part may be empty

    def stated(match: re.Match[str]) -> str:
        return _number(numeral(match), place, known)

    def number(match: re.Match[str]) -> str:
        if match["script"]:
            return match.group()
        alone = _is_stated(inner[: match.start()], inner[match.end() :])
        if match["spread"]:
            return _TOKEN.sub(stated, match.group())
        part = not _is_result(place) or bool(_SMALL.fullmatch(match.group()))
        return match.group() if part and not alone else stated(match)

    return head + _IN_FORMULA.sub(number, inner) + tail


def _is_stated(before: str, behind: str) -> bool:
    """Whether a number of a formula is a value by itself, or an end of an interval that is one."""
    found = _BEHIND.match(behind)
    if found is None:
        return False
    depth, opened = 0, -1
    for place in range(len(before) - 1, -1, -1):
        depth += (before[place] in "[(") - (before[place] in "])")
        if depth == 1:
            opened = place
            break
    if opened < 0:
        return not found["closing"] and bool(_BEFORE.search(before))
    return bool(_BEFORE.search(before[:opened]) and _INSIDE.search(before[opened:]))


def _number(number: Numeral, place: str, known: Known) -> str:
    """A number of the text, or that it is gone."""
    if place == "references" and _is_whole(number):
        return number.text
    if place == "head" and any(float(reading) in known.inputs for reading in number.readings):
        return number.text
    if not known.reads(number, among_results=_is_result(place)):
        out, end = [], number.start
        for part in number.parts:
            out += [number.text[end - number.start : part.start - number.start], _number(part, place, known)]
            end = part.end
        return "".join([*out, number.text[end - number.start :]])
    if place == "results" and any(float(reading) in known.inputs for reading in number.readings):
        exact = any(significant(d) > 1 and _rounds_to(gold, d) for gold, _ in known.values for d in number.readings)
        return GONE if exact else number.text
    return GONE


def _is_result(place: str) -> bool:
    """Whether numbers at a place are results unless something else is known of them."""
    return place not in ("text", "references")


def _is_whole(number: Numeral) -> bool:
    return all(reading == reading.to_integral_value() for reading in number.readings)


def _word_value(text: str) -> float:
    parts = re.split(r"[- ]", text.lower())
    return float(sum(_TENS.get(part, _WORDS.index(part) if part in _WORDS else 0) for part in parts))


def _rounds_to(value: float, printed: Decimal) -> bool:
    """Whether a value, rounded or cut at the digits of a printed number, is that number; 0 says nothing."""
    exponent = int(printed.as_tuple().exponent)
    if printed == 0 or abs(value) > 1e15 or abs(exponent) > _FARTHEST:
        return False
    step = 10.0**exponent
    return abs(value - float(printed)) < step * 0.500001 or _cut(value, step) == float(printed)


def _cut(value: float, step: float) -> float:
    return round(int(value / step) * step, 12)

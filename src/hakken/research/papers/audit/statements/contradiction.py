"""A sentence against itself: changes told by two numbers and a word or a percentage that do not agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from hakken.core.types import Direction, Finding
from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.numbers import Number, find_numbers, normalise
from hakken.research.papers.audit.language.phrases import NEGATED, OPEN, contradiction

WORDS = (
    ("down", r"reduc\w+|decreas\w+|drop(?:s|ped|ping)?\b|lower\w*|fell\b|falls?\b|fall\b|declin\w+|fewer\b"
             r"|cut(?:s|ting)?\b|shrink\w*|shrank\b|diminish\w*"),
    ("up", r"increas\w+|rises?\b|rose\b|rais\w+|climb(?:s|ed)\b|grew\b|grow(?:s|th)\b|higher\b|larger\b"),
    ("good", r"improv\w+|better\b|gain(?:s|ed)?\b|enhanc\w+|boost\w*|superior\b"),
    ("bad", r"worse\w*|degrad\w+|deteriorat\w+|regress(?:es|ed|ion)?\b"),
    ("fast", r"faster\b|speed-?ups?\b|speeds? up\b|sped up\b|accelerat\w+|quicker\b"),
    ("slow", r"slower\b|slow-?downs?\b|slow(?:s|ed)? down\b"),
)  # fmt: skip
CHANGE = re.compile("|".join(f"(?P<{kind}>\\b(?:{pattern}))" for kind, pattern in WORDS), re.I)
_FROM = re.compile(r"\bfrom\s+(?:an? |the )?(?:[\w'’-]+\s+){0,4}?(?:of\s+)?[~≈$(]*$", re.I)
_TO = re.compile(r"^[^.;:!?\d]{0,70}?\bto\s+(?:an? |the |only |just |about |approximately |around )?[~≈$(]*$", re.I)
_AGAINST = re.compile(
    r"^[^.;:!?\d]{0,50}?(?:compared (?:to|with)|in comparison (?:to|with)|versus|vs\.?|as opposed to|instead of"
    r"|in contrast to|relative to|(?<![a-z]{3} )(?:down|up) from)\s+(?:the |a |an |its |only |just )?"
    r"(?:[\w'’-]+\s+){0,4}?[~≈$(]*$",
    re.I,
)
_OVER = re.compile(
    r"^\s*(?:[\w-]+\s+){0,2}?(?:improvement|reduction|decrease|increase|gain|drop|speed-?up|change|faster|slower|fewer"
    r"|less|more|lower|higher)\b[^.;:!?\d]{0,40}?\b(?:over|from|than|compared (?:to|with)|relative to|against)\s+"
    r"(?:the |its )?(?:[\w'’-]+\s+){0,3}?$",
    re.I,
)
_SIZED = re.compile(rf"\s*(?:[\w-]+\s+){{0,2}}?(?:{'|'.join(pattern for _, pattern in WORDS)})", re.I)
_BY = re.compile(
    rf"(?:{'|'.join(pattern for _, pattern in WORDS)}|\bchanges?\b|\bdifferences?\b)"
    r"\s+(?:[\w-]+\s+){0,4}?(?:by|of)\s+(?:\w+ )?[~≈]?$",
    re.I,
)
"""What stands behind or before a percentage that is the size of a change."""
_OTHER_CLAUSE = re.compile(r"[,;—–]\s(?:while|whereas|but|yet|although|though|and (?:the|its|their|our))\b", re.I)
_HEDGED = re.compile(
    r"\b(?:about|approximately|around|roughly|nearly|almost|over|more than|up to|at least|some|close to|~|≈)\s*$", re.I
)
_RATE = re.compile(r"^\s?(?:\w+ )?(?:per |/ ?)(?:s|sec|second|minute|hour)\b|^\s?(?:fps|Hz)\b", re.I)
_TIME = re.compile(r"time|seconds|steps|latency|epochs|iterations|\bms\b|hours|minutes", re.I)


@dataclass(frozen=True)
class Pair:
    """A change from one number to another."""

    old: Number
    new: Number

    @property
    def start(self) -> int:
        """Where it begins."""
        return min(self.old.start, self.new.start)

    @property
    def end(self) -> int:
        """Where it ends."""
        return max(self.old.end, self.new.end)

    @property
    def known(self) -> bool:
        """Whether the printed digits tell which of the two is larger."""
        return abs(self.new.value - self.old.value) > 1e-12


def pairs(text: str) -> list[Pair]:
    """Every change that a sentence tells by two numbers."""
    numbers = [n for n in find_numbers(text) if n.form not in ("version", "dimension", "word", "spread")]
    clean = normalise(text)
    found: list[Pair] = []
    for left, right in pairwise(numbers):
        between = clean[left.end : right.start]
        before = clean[: left.start]
        if _same_unit(left, right) and _FROM.search(before) and _TO.match(between):
            found.append(Pair(left, right))
        elif _same_unit(left, right) and _AGAINST.match(between):
            found.append(Pair(right, left))
    for new, percent, old in zip(numbers, numbers[1:], numbers[2:], strict=False):
        tie = clean[percent.end : old.start]
        if percent.unit == "%" and new.unit != "%" and _same_unit(new, old) and _OVER.match(tie):
            found.append(Pair(old, new))
    return found


def _same_unit(left: Number, right: Number) -> bool:
    return left.unit == right.unit or not (left.unit and right.unit)


def percent_of(text: str, pair: Pair, every: list[Pair]) -> Number | None:
    """The percentage that a sentence gives for a change; None where it gives none, or several could be meant."""
    inside = {n.start for p in every for n in (p.old, p.new)}
    clean = normalise(text)
    other = _OTHER_CLAUSE.search(clean, pair.end)
    after = other.start() if other else len(clean)
    percents = [
        n
        for n in find_numbers(text)
        if n.unit == "%"
        and n.start not in inside
        and (n.start < after or len(every) > 1)
        and (_SIZED.match(clean[n.end :]) or _BY.search(clean[max(0, n.start - 60) : n.start]))
    ]
    if len(percents) != len(every):
        return None
    ordered = sorted(every, key=lambda p: p.start)
    return percents[ordered.index(pair)]


def follows(percent: Number, pair: Pair, text: str) -> bool:
    """Whether a percentage follows from the two numbers, in any of the usual senses, within what is printed."""
    slack = percent.step / 2 + 1e-9
    if _HEDGED.search(normalise(text)[: percent.start]):
        slack = max(slack, 0.06 * abs(percent.value), 1.0)
    corners = [_senses(old, new) for old in _ends(pair.old) for new in _ends(pair.new)]
    return any(min(sense) - slack <= abs(percent.value) <= max(sense) + slack for sense in zip(*corners, strict=True))


def _ends(number: Number) -> tuple[float, float]:
    half = number.step / 2
    return number.value - half, number.value + half


def _senses(old: float, new: float) -> tuple[float, ...]:
    """Change of the old, change of the new, difference in points (of shares too), ratios."""
    gap, tiny = abs(new - old), 1e-12
    return (
        100 * gap / max(abs(old), tiny),
        100 * gap / max(abs(new), tiny),
        gap,
        100 * gap,
        100 * new / (old or tiny),
        100 * old / (new or tiny),
    )


DirectionOf = Callable[[Unit, Pair], Direction | None]
"""Which way the metric of a change is better; None where it cannot be told."""


def check_pairs(unit: Unit, direction_of: DirectionOf) -> Iterator[tuple[Finding, Pair]]:
    """At most one finding a change."""
    every = pairs(unit.text)
    text = normalise(unit.text)
    for pair in every:
        word = _word(text, pair)
        percent = percent_of(unit.text, pair, every)
        if word is not None and pair.known and not NEGATED.search(text[: word.start()]):
            wrong = _direction(unit, pair, word, direction_of)
            if wrong is not None:
                yield wrong, pair
                continue
        if percent is not None and not follows(percent, pair, unit.text) and not OPEN.search(text[: pair.start]):
            true = 100 * (pair.new.value - pair.old.value) / abs(pair.old.value) if pair.old.value else float("inf")
            yield (
                contradiction(
                    "inconsistent",
                    unit,
                    f"{percent.text} from {pair.old.text} to {pair.new.text}",
                    f"from {pair.old.text} to {pair.new.text} is a change of {true:+.1f} %",
                    "recomputed from the two numbers of the sentence",
                ),
                pair,
            )


_NEXT_VERB = re.compile(r", and (?=[a-z]+s\b)(?!(?:is|was|increases|decreases|rises|falls|drops|improves|reduces)\b)")
"""Opens another statement about the same subject."""


def _word(text: str, pair: Pair) -> re.Match[str] | None:
    """The word that says which way a change goes: the nearest of its clause, the one before it first."""
    start = max(text.rfind(mark, 0, pair.start) for mark in (";", ". ", ": ", ", while", ", whereas", ", but")) + 1
    start = max([start, *(m.end() for m in _NEXT_VERB.finditer(text, start, pair.start))])
    ends = [at for mark in (";", ". ", ", while", ", but") if (at := text.find(mark, pair.end)) >= 0]
    stop = min([*ends, len(text), pair.end + 60])
    before = list(CHANGE.finditer(text, start, pair.start))
    inside = list(CHANGE.finditer(text, pair.start, pair.end))
    after = list(CHANGE.finditer(text, pair.end, stop))
    return next(iter([*before[-1:], *inside[:1], *after[:1]]), None)


def _direction(unit: Unit, pair: Pair, word: re.Match[str], direction_of: DirectionOf) -> Finding | None:
    kind = word.lastgroup
    rises = pair.new.value > pair.old.value
    better = direction_of(unit, pair) if kind in ("good", "bad") else None
    expected: bool | None = None
    if kind in ("down", "up"):
        expected = kind == "up"
    elif kind in ("good", "bad") and better is not None:
        expected = (better is Direction.MAX) == (kind == "good")
    elif kind in ("fast", "slow") and _RATE.match(normalise(unit.text)[pair.end :]):
        expected = kind == "fast"
    elif kind in ("fast", "slow") and _TIME.search(unit.text):
        expected = kind == "slow"
    if expected is None or expected == rises:
        return None
    way = "up" if rises else "down"
    meaning = "" if better is None else f"; {'lower' if better is Direction.MIN else 'higher'} is better"
    return contradiction(
        "reversed",
        unit,
        f"“{word.group()}” from {pair.old.text} to {pair.new.text}",
        f"from {pair.old.text} to {pair.new.text} goes {way}{meaning}",
        "the two numbers of the sentence against its word",
    )

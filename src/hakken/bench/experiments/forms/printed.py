"""Numbers in what a command prints: a JSON object at its end, or else lines such as ``accuracy: 0.91``.

Whoever prints can name a number: this tells what is said, and not who says it. Every step takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from hakken.bench.experiments.forms.flat import Found, Numbers, numbers_of
from hakken.bench.experiments.forms.tables import number_of
from hakken.core.reading import Unreadable, parse_json

MAX_NAMES = 1_000
_LONGEST = 80
"""Letters of a name, at most: what is longer is a sentence."""
_TRIES = 1_000
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*+[ -/]*+[@-~]")
_PROGRESS = re.compile(r"\d%\||\bit/s\b|\bs/it\b")
_HOUR = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
_MOMENT = re.compile(
    rf"\b\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}(?:[T ]{_HOUR})?(?!\d)|\b\d{{1,2}}/\d{{1,2}}/\d{{4}}\b"
    rf"|(?<![\w.]){_HOUR}(?![\w:]|\.\d)"
)
_WRAPPED = re.compile(
    r"\b(?:np|numpy|torch|jnp)\.\w{1,16}\(([^()\[\]]{1,64})\)|\btensor\(([^(),\[\]]{1,64})(?:,[^()]{0,100})?\)"
)
"""As NumPy and PyTorch show numbers."""
_PLAIN = r"[-+]?(?>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|(?i:nan|inf(?:inity)?)\b)"
_NUMBER = rf"(?>[-+]?\d{{1,3}}(?:,\d{{3}})++(?:\.\d+)?(?!\d)|{_PLAIN})"
_LIST = rf"\[\s*+{_PLAIN}(?:[,\s]++{_PLAIN})*+[,\s]*+\]"
_PAIR = re.compile(rf"[:=]\s*+(?:(?P<list>{_LIST})|(?P<number>{_NUMBER}))(?![\w(]|\.\w|[-:]\w|/[^\d\s])")
_IN_LIST = re.compile(_PLAIN)
_LASTING = re.compile(
    r"\s(?:[mnuµμ]?s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?|days?|milliseconds?|microseconds?)\b(?!\s*[:=])"
)
"""A unit of time behind a number."""
_TITLE = re.compile(r"[(\[][^()\[\]]{0,80}[)\]](?=\s{0,64}[:=]\s{0,64}[-+.\d\[])")
"""Brackets that end a name: ``accuracy (k = 5): 0.91`` has one number."""
_BREAK = re.compile(r"[:=|,;\t(){}\[\]<>]|\s{2,}|\s-{1,2}\s|\s[–—]\s|->|\.\s")
_LEAD = re.compile(
    r"\s*(?:(?:±|\+/-|\+-|/|of\b)\s*\d[\d.eE+-]*)?[%\s]*(?:(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\b[\s-]*)?"
)
"""What may stand before a name: the rest of another number, and the level of a log."""
_PATH = re.compile(
    r"(?:.*\s)?(?:\.{0,2}|~)/\w.*|.*(?:://|\\).*|.*\.(?:py|pyc|jsonl?|csv|tsv|txt|log|npz|npy|pt|pkl|png|ckpt)"
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLOCK = _words("elapsed duration runtime walltime timestamp date datetime seconds secs sec minutes hours eta timing")
_TIME = _words("time times")
_OF_RUNS = _TIME | _words(
    "train training run running wall clock cpu gpu user sys system real total overall inference fit fitting execution "
    "computation compute eval evaluation test testing validation epoch epochs step iteration iter batch per taken mean "
    "average avg the of for in process processing solve solver start end finish current local load loading took done "
    "prediction predict optimization optimisation s ms us ns"
)
"""A time with these words alone is one of the program: the hitting time of a walk is a result."""


def numbers_printed(text: str) -> Numbers:
    """The numbers of an output.

    Where the last thing with numbers in it is a JSON object, those of that object; else those of all lines with
    ``name: number`` or ``name = number`` in them, also several times. A name that comes again is a list, in order.

    Raises:
        Unreadable: there are more names than anybody would report.
    """
    lines = [_as_seen(line) for line in text.split("\n")]
    if last := _last_object(lines):
        place, numbers = last
        if not _of_lines(lines[place + 1 :]).values:
            return numbers
    return _of_lines(lines)


def _as_seen(line: str) -> str:
    """A line as a terminal shows it at last, without the stars of Markdown."""
    return _ESCAPE.sub("", line.rstrip("\r").rpartition("\r")[2]).replace("**", "")


def _last_object(lines: Sequence[str]) -> tuple[int, Numbers] | None:
    """The last JSON object that holds a number, with the place of its last line: on one line, or indented.

    No line is read as a part of more than two objects, and of many objects without numbers only the last are read.
    """
    place = len(lines) - 1
    tries = 0
    while place >= 0 and tries < _TRIES:
        line = lines[place].strip()
        tries += line.endswith("}")
        if line.startswith("{") and line.endswith("}"):
            if numbers := _object(line):
                return place, numbers
        elif lines[place].rstrip() == "}":
            first = next((i for i in range(place - 1, -1, -1) if _opens(lines[i])), None)
            if first is None:
                return None
            start = lines[first].index("{")
            if numbers := _object("\n".join([lines[first][start:], *lines[first + 1 : place + 1]])):
                return place, numbers
            place = first + 1
        place -= 1
    return None


def _opens(line: str) -> bool:
    """Whether an object may begin on the line: nothing inside of an indented one stands so far to the left."""
    return line.startswith("{") or (line.rstrip().endswith("{") and not line[:1].isspace())


def _object(text: str) -> Numbers | None:
    """The numbers of a JSON object; None where it is none, or has no numbers."""
    try:
        value = parse_json(text.encode("utf-8", "replace"))
    except Unreadable:
        return None
    numbers = numbers_of(value) if isinstance(value, dict) else Numbers()
    return numbers if numbers.values else None


def _of_lines(lines: Sequence[str]) -> Numbers:
    series: dict[str, list[Any]] = {}
    lists: set[str] = set()
    clocks: set[str] = set()
    for line in lines:
        for name, value, lasting in _pairs(line):
            if lasting or _is_clock(name):
                clocks.add(name)
            elif isinstance(value, list):
                series.setdefault(name, []).extend(value)
                lists.add(name)
            else:
                series.setdefault(name, []).append(value)
        if len(series) + len(clocks) > MAX_NAMES:
            raise Unreadable(f"names more than {MAX_NAMES} numbers")
    found = Found()
    for name, values in series.items():
        found.put(name, values if len(values) > 1 or name in lists else values[0])
    for name in clocks:
        found.refuse(name, "is a time or a date")
    return found.numbers()


def _pairs(line: str) -> Iterator[tuple[str, float | list[float | None] | None, bool]]:
    """Each name in a line with its number or list, and whether a unit of time follows."""
    if _PROGRESS.search(line):
        return
    line = _WRAPPED.sub(lambda match: match[1] or match[2], _MOMENT.sub(", ", line))
    end = 0
    plain = _TITLE.sub(lambda match: "_" * len(match.group()), line)
    for match in _PAIR.finditer(plain):
        name = _name(line[end : match.start()])
        end = match.end()
        if not name:
            continue
        lasting = bool(_LASTING.match(plain, end))
        if match["list"]:
            yield name, [number_of(item) for item in _IN_LIST.findall(match["list"])], lasting
        else:
            yield name, number_of(match["number"].replace(",", "")), lasting


def _name(text: str) -> str:
    """The name at the end of what stands before ``:`` or ``=``; empty where it is none."""
    text = text.rstrip()
    if text[-1:] in tuple("<>!+*/~:=-"):
        return ""
    tail = ""
    opened = text.rfind("(" if text.endswith(")") else "[") if text.endswith((")", "]")) else -1
    if opened > 0:
        text, tail = text[:opened], text[opened:]
    piece = _BREAK.split(text)[-1]
    if len(piece) + len(tail) > 4 * _LONGEST:
        return ""
    piece = piece[_LEAD.match(piece).end() :]  # type: ignore[union-attr]  # each part may be empty
    name = " ".join(f"{piece}{tail}".split()).strip(" '\"`*#•>-.")
    if not any(letter.isalpha() for letter in name) or len(name) > _LONGEST or _PATH.fullmatch(name):
        return ""
    return name


def _is_clock(name: str) -> bool:
    """Whether a name says that its number is a time of the program, or a date: these never come again."""
    words = {word.lower() for word in _WORD.findall(name)}
    return bool(words & _CLOCK) or (bool(words & _TIME) and words <= _OF_RUNS)

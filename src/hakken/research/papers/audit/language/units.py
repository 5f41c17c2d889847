"""Units that are printed with numbers: what they measure, and how they convert."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace

from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.mentions import Mention
from hakken.research.papers.audit.language.numbers import Number, find_numbers, side_of

MEASURES: dict[str, tuple[str, float]] = {
    "ms": ("s", 1e-3), "s": ("s", 1.0), "min": ("s", 60.0), "h": ("s", 3600.0),
    "kB": ("B", 1e3), "KB": ("B", 1e3), "MB": ("B", 1e6), "GB": ("B", 1e9), "TB": ("B", 1e12),
    "MiB": ("B", 2.0**20), "GiB": ("B", 2.0**30),
}  # fmt: skip
"""Unit -> what it measures, and how many seconds or bytes it stands for."""
_RATE = re.compile(
    r"^\s?(?:tokens?|samples?|images?|steps?|iterations?|frames?|examples?)?\s?(?:per|/)\s?s(?:ec(?:ond)?)?\b", re.I
)
_COUNTED = re.compile(
    r"^\s?-?(?:training |update |optimization |gradient |environment |env )?(seconds?|secs?|minutes?|hours?|steps?"
    r"|epochs?|iterations?|updates?)\b",
    re.I,
)
_SPELLED = re.compile(r"^[\s-]?(secs|seconds|mins|minutes|hours|hrs|megabytes|gigabytes|kilobytes)\b", re.I)
_HEADER = re.compile(
    r"[(\[](?:in )?(%|s|sec|secs|seconds|ms|min|mins|minutes|h|hrs?|hours|kB|MB|GB|TB|MiB|GiB)\.?[)\]]", re.I
)
_SHORT = {"%": "%", "ms": "ms"} | dict.fromkeys(("s", "sec", "secs", "seconds"), "s")
_SHORT |= dict.fromkeys(("min", "mins", "minutes"), "min") | dict.fromkeys(("h", "hr", "hrs", "hours"), "h")
_SHORT |= {u.lower(): u for u in ("kB", "MB", "GB", "TB", "MiB", "GiB")}
_SHORT |= {"megabytes": "MB", "gigabytes": "GB", "kilobytes": "kB"}


_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER = re.compile(
    r"(?:\bunits? of|[(\[](?:in )?)\s?(?:1\s?)?[×x*·]?\s?10\s?\^?\{?(?P<power>[-−]?\d{1,2})\}?(?:\s?[)\]])?(?![\d.])"
)


def _powers(text: str) -> list[re.Match[str]]:
    raised = re.sub(r"(?<=10)[⁻⁰¹²³⁴-⁹]+", lambda m: m.group().translate(_RAISED), text)
    return [m for m in _POWER.finditer(raised) if "unit" in m.group() or m.group()[-1] in ")]"]


def is_power(number: Number, text: str) -> bool:
    """Whether a number is the power of ten that a text states as a unit."""
    return any(m.start() <= number.start < m.end() for m in _powers(text))


def in_powers(
    number: Number, unit: Unit, datasets: Collection[str], find: Callable[[str], list[Mention]]
) -> Number | None:
    """The number of a cell times the power of ten in which its header, or its caption, prints it; None without one."""
    own = [m for text in (unit.column, unit.group, unit.row[0][1]) for m in _powers(text)]
    told = _powers(unit.caption)
    if not own and len(told) > 1:
        ends = [0, *(m.end() for m in told)]
        parts = [find(unit.caption[a : m.start()]) for a, m in zip(ends, told, strict=False)]
        told = [
            m
            for part, m in zip(parts, told, strict=True)
            if {i for f in part if f.kind == "dataset" for i in f.ids} & set(datasets)
        ]
    powers = {int(m.group("power").replace("−", "-")) for m in own or told}
    if len(powers) != 1 or number.unit:
        return None
    factor = 10.0 ** powers.pop()
    return replace(number, value=number.value * factor, step=number.step * factor)


def measured_in(unit: str) -> str:
    """``s`` for times, ``B`` for sizes, any other unit itself."""
    return MEASURES[unit][0] if unit in MEASURES else unit


def unit_behind(number: Number, text: str) -> str:
    """``s`` for times, ``B`` for sizes, ``steps`` and the like for counts of them, from what stands right behind."""
    if number.unit in MEASURES:
        return measured_in(number.unit)
    if _RATE.match(text[number.end :]):
        return "/s"
    match = _COUNTED.match(text[number.end :])
    if match is None:
        return ""
    word = match.group(1).lower().rstrip("s")
    return "s" if word in ("second", "sec", "minute", "hour") else word + "s"


def unit_of_header(header: str) -> str:
    """What the unit of a header measures."""
    unit = printed_in(header)
    return "" if unit == "%" else measured_in(unit)


def printed_in(header: str) -> str:
    """The unit that a header states in brackets."""
    match = _HEADER.search(header)
    return _SHORT[match.group(1).lower()] if match else ""


def spelled_behind(number: Number, text: str) -> str:
    """The unit that is spelled right behind a number."""
    match = _SPELLED.match(text[number.end :])
    return _SHORT[{"secs": "s", "mins": "min", "hrs": "h"}.get(word := match.group(1).lower(), word)] if match else ""


def shared_unit(number: Number, text: str) -> str:
    """The unit that "14.5 minutes instead of 13.7" prints once for both of its numbers."""
    numbers = [n for n in find_numbers(text) if n.form != "spread"]
    at = next((k for k, n in enumerate(numbers) if n.start == number.start), None)
    step = {"first": 1, "second": -1, "low": 1, "high": -1}.get(side_of(number, text) or number.form, 0)
    if at is None or not step or not 0 <= at + step < len(numbers):
        return ""
    other = numbers[at + step]
    unit = other.unit or spelled_behind(other, text)
    return unit if unit in MEASURES else ""

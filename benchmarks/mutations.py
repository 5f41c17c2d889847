"""Mutants of a clean paper: one change at a time, as a careless or dishonest author would make it.

A mutant is kept only where code can say that its meaning differs: a digit gives another value, and one that a printed
bound ("at most", "<") does not allow; a bound is not moved to other seeds, where it may hold too; an exchanged name is
not one for which the record has the same printed value; a cell that is set in bold is neither the largest nor the
smallest of its column.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hakken.research.papers.audit.document.document import Document, Unit, UnitKind

Span = tuple[int, int]


@dataclass(frozen=True)
class Names:
    """What may be exchanged in a paper."""

    methods: Sequence[str]
    metrics: Sequence[str] = ()
    datasets: Sequence[str] = ()
    hardware: Sequence[str] = ()
    levels: Mapping[tuple[str, str, str], float] | None = None
    """(method, metric, data set) -> mean, for telling apart names with equal values."""


@dataclass(frozen=True)
class Mutant:
    """One change of one unit."""

    kind: str
    unit: int
    text: str
    bold: bool | None = None


def apply(document: Document, mutant: Mutant) -> Document:
    """The document with one unit changed everywhere that it shows: its row, its column, its table's caption."""
    changed = copy.copy(document)
    old = document.units[mutant.unit]
    new = replace(old, text=mutant.text, bold=old.bold if mutant.bold is None else mutant.bold)
    units = list(document.units)
    units[mutant.unit] = new
    for k, unit in enumerate(units):
        if unit.table is None or unit.table != old.table:
            continue
        if old.kind is UnitKind.CAPTION and k != mutant.unit:
            units[k] = replace(unit, caption=unit.caption.replace(old.text, new.text))
        elif old.row and unit.line == old.line and unit.row:
            row = tuple((h, new.text if at == old.at else t) for at, (h, t) in enumerate(unit.row))
            units[k] = replace(new if k == mutant.unit else unit, row=row)
        elif old.row and old.at == 0 and unit.row and _spanned(old, unit):
            units[k] = replace(unit, row=((unit.row[0][0], new.text), *unit.row[1:]))
        elif old.kind is UnitKind.HEADER and not old.row and unit.row:
            row = tuple((new.text if at == old.at else h, t) for at, (h, t) in enumerate(unit.row))
            units[k] = replace(unit, row=row, column=new.text if unit.at == old.at else unit.column)
    if old.kind is UnitKind.CAPTION:
        changed.floats = [replace(f, caption=f.caption.replace(old.text, new.text)) for f in document.floats]
    if mutant.kind == "citation":
        changed.cited = [*document.cited, *re.findall(r"@([\w]+)", mutant.text)]
    changed.units = units
    return changed


def _spanned(old: Unit, unit: Unit) -> bool:
    """Whether a row below repeats the first cell of this one."""
    return unit.line > old.line and unit.row[0][1] == old.text and unit.at > 0


def mutants(document: Document, names: Names, checked: Mapping[int, Sequence[Span]], seed: int) -> Iterator[Mutant]:
    """Every mutant of every kind. ``checked`` holds the spans of the numbers of each unit."""
    rng = random.Random(seed)
    for k, unit in enumerate(document.units):
        if unit.kind is UnitKind.CODE:
            yield from _in_code(k, unit, rng)
        if unit.kind in (UnitKind.CODE, UnitKind.HEADING, UnitKind.EQUATION):
            continue
        spans = checked.get(k, ())
        yield from _numbers(k, unit, spans, rng)
        yield from _exchanged(k, unit, bool(spans), names, rng)
        yield from _words(k, unit)
        yield from _set_up(k, unit, names)
    yield from _bold(document)
    yield from _headers(document)


def _swap(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


_KINDS = (
    ("spread", r"(?:standard deviation\s*|±\s*)$", ""),
    ("seed count", r"(?:\bn = |\bover )$", ""),
    ("seed count", "", r"^\s*(?:\w+ )?seeds\b"),
    ("p value", r"\bp\s?[=<]\s?$", ""),
    ("interval", r"(?:interval [−+-]?|\d to [−+-]?)$", ""),
    ("percent", "", r"^\s?%"),
    ("count", "", r"^ (?:trials?|ideas?|versions?|methods|data sets|passages|metrics|variants?)\b"),
)
_AT_MOST = re.compile(r"(?:\bat most|\bup to|\bless than|\bno more than|\bunder|\bbelow|<|≤)\s*$")
_AT_LEAST = re.compile(r"(?:\bat least|\bmore than|\bover|\babove|>|≥)\s*$")
_WORDS = {"two": "three", "three": "four", "four": "five", "five": "four", "six": "five", "eight": "nine"}


def _numbers(k: int, unit: Unit, spans: Sequence[Span], rng: random.Random) -> Iterator[Mutant]:
    for start, end in spans:
        printed = unit.text[start:end]
        left, right = unit.text[:start], unit.text[end:]
        if printed.lower() in _WORDS:
            yield Mutant("count", k, _swap(unit.text, start, end, _WORDS[printed.lower()]))
        digits = [m.start() for m in re.finditer(r"\d", printed)]
        if not digits or float(re.sub(r"[^\d.]|\.(?=.*\.)", "", printed) or 0) == 0:
            continue
        kind = _kind_of(unit, printed, left, right)
        at = rng.choice(digits)
        other = rng.choice([d for d in "123456789" if d != printed[at]])
        if not _allowed(left, printed, _swap(printed, at, at + 1, other)):
            yield Mutant(kind, k, _swap(unit.text, start + at, start + at + 1, other))
        if printed[0] in "−-+":
            flipped = {"−": "+", "-": "+", "+": "−"}[printed[0]]
            yield Mutant("sign", k, _swap(unit.text, start, start + 1, flipped))
        if re.match(r"^\s?s\b", right) or re.search(r"\d\s?s$", printed):
            yield Mutant("unit", k, unit.text[:start] + re.sub(r"\bs\b", "min", unit.text[start:], count=1))


def _kind_of(unit: Unit, printed: str, left: str, right: str) -> str:
    if re.fullmatch(r"\d+\.\d+\.\d+", printed):
        return "version"
    if printed.rstrip().endswith("%"):
        right = "%" + right
    if unit.kind is not UnitKind.CAPTION and not unit.row:
        for kind, before, after in _KINDS:
            if (before and re.search(before, left)) or (after and re.match(after, right)):
                return kind
    return "caption" if unit.kind is UnitKind.CAPTION else "cell" if unit.row else "digit"


def _allowed(left: str, printed: str, changed: str) -> bool:
    """Whether a bound that stands before the number still holds with the other value."""
    old, new = (float(re.sub(r"[^\d.]|\.(?=.*\.)", "", text)) for text in (printed, changed))
    return bool((_AT_MOST.search(left) and new >= old) or (_AT_LEAST.search(left) and new <= old))


def _exchanged(k: int, unit: Unit, numbers: bool, names: Names, rng: random.Random) -> Iterator[Mutant]:
    """A method, metric, data set or split takes the place of another."""
    about = numbers or (bool(unit.row) and unit.at == 0) or unit.kind is UnitKind.CAPTION
    if not about or unit.kind is UnitKind.TITLE:
        return
    for kind, known in (("method", names.methods), ("data set", names.datasets), ("metric", names.metrics)):
        first = _first(unit.text, known)
        others = [o for o in known if o != first and not _holds(unit.text, o) and not _nested(first, o)]
        if first is None or not others:
            continue
        other = rng.choice(others)
        if not _same_values(unit.text, first, other, names):
            yield Mutant(kind, k, re.sub(rf"(?<!\w){re.escape(first)}(?!\w)", other, unit.text, flags=re.I))
    if unit.kind is UnitKind.SENTENCE and numbers:
        named = _first(unit.text, names.methods)
        if named:
            yield Mutant("run label", k, re.sub(re.escape(named), "Run 7", unit.text, flags=re.I))
        for old, new in (("report seeds", "explore seeds"), ("explore seeds", "report seeds")):
            if old in unit.text and new not in unit.text and not re.search(r"\bat most\b", unit.text):
                yield Mutant("split", k, unit.text.replace(old, new))


def _holds(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I) is not None


def _nested(one: str | None, other: str) -> bool:
    return one is None or one.lower() in other.lower() or other.lower() in one.lower()


def _first(text: str, known: Sequence[str]) -> str | None:
    """The longest name that a text holds."""
    return next((name for name in sorted(known, key=len, reverse=True) if _holds(text, name)), None)


def _same_values(text: str, first: str, other: str, names: Names) -> bool:
    """Whether the record has, for both names, a value that is printed as one of the numbers of the text."""
    printed = re.findall(r"\d+\.\d+", text)

    def matches(name: str) -> set[str]:
        own = [v for key, v in (names.levels or {}).items() if name in key]
        return {p for p in printed if any(f"{v:.{len(p.partition('.')[2])}f}" == p for v in own)}

    return bool(matches(first) & matches(other))


_TURNS = (
    ("an improvement", "a deterioration"),
    ("a deterioration", "an improvement"),
    ("which is compatible with no difference", "which is an improvement"),
    ("larger than the noise floor", "no larger than the noise floor"),
    ("no larger than the noise floor", "larger than the noise floor"),
    ("outperforms", "is worse than"),
    ("is worse than", "outperforms"),
    ("raises the", "lowers the"),
    ("lowers the", "raises the"),
    ("The best", "The worst"),
    ("higher is better", "lower is better"),
    ("lower is better", "higher is better"),
    ("reduces the", "increases the"),
    ("better on", "worse on"),
    ("worse on", "better on"),
)
_CLAIMS = (
    ("The evidence supports it", "The evidence does not support it"),
    ("The evidence does not support it", "The evidence supports it"),
    ("The evidence refutes it", "The evidence supports it"),
    ("it is supported", "it is refuted"),
    ("it is refuted", "it is supported"),
    ("claim is supported", "claim is not supported"),
    ("claim is refuted", "claim is supported"),
    ("claim is not supported", "claim is supported"),
)


def _words(k: int, unit: Unit) -> Iterator[Mutant]:
    if unit.kind not in (UnitKind.SENTENCE, UnitKind.CAPTION):
        return
    for kind, turns in (("direction", _TURNS), ("claim", _CLAIMS)):
        for old, new in turns:
            at = unit.text.find(old)
            if at >= 0 and unit.text[max(0, at - 3) : at] != "no ":
                yield Mutant(kind, k, unit.text.replace(old, new, 1))
    if unit.kind is UnitKind.CAPTION:
        yield Mutant("placeholder", k, "TODO: caption.")
    elif k % 9 == 0:
        yield Mutant("placeholder", k, f"{unit.text} See Figure ??.")


def _set_up(k: int, unit: Unit, names: Names) -> Iterator[Mutant]:
    if unit.kind not in (UnitKind.SENTENCE, UnitKind.CAPTION):
        return
    machine = _first(unit.text, names.hardware)
    if machine:
        yield Mutant("hardware", k, unit.text.replace(machine, "NVIDIA A100"))
        yield Mutant("hardware", k, unit.text.replace(machine, "Intel Xeon Gold"))
    dataset = _first(unit.text, names.datasets)
    if dataset and _holds(unit.text, f"on {dataset}"):
        changed = re.sub(rf"\b(on) {re.escape(dataset)}\b", r"\1 CIFAR-10", unit.text, flags=re.I)
        yield Mutant("data set", k, changed)
    if "[@" in unit.text:
        yield Mutant("citation", k, re.sub(r"@\w+", "@smith2021invented", unit.text, count=1))
    if unit.kind is UnitKind.SENTENCE and re.search(r"\b(?:Table|Figure) \d", unit.text):
        yield Mutant("reference", k, re.sub(r"\b(Table|Figure) \d+", r"\1 47", unit.text, count=1))


def _value(text: str) -> float | None:
    match = re.match(r"[−-]?\d+(?:\.\d+)?", text)
    return float(match.group().replace("−", "-")) if match else None


def _bold(document: Document) -> Iterator[Mutant]:
    """Bold print on a cell that is neither the largest nor the smallest of its column."""
    columns: dict[tuple[int | None, int], list[tuple[int, float]]] = {}
    for k, unit in enumerate(document.units):
        value = _value(unit.text)
        if (
            unit.row
            and unit.kind is UnitKind.CELL
            and value is not None
            and "." in unit.text
            and "(s)" not in unit.column
        ):
            columns.setdefault((unit.table, unit.at), []).append((k, value))
    for members in columns.values():
        ordered = sorted({value for _, value in members})
        for k, value in members:
            unit = document.units[k]
            peers = {v for n, v in members if _peers(unit, document.units[n])}
            if len(ordered) > 2 and len(peers) > 2 and min(peers) < value < max(peers) and not unit.bold:
                yield Mutant("bold", k, unit.text, bold=True)


def _peers(unit: Unit, other: Unit) -> bool:
    """Rows that are compared: those with the same second name, where rows have two."""
    second = [row[1][1] if len(row) > 2 and _value(row[1][1]) is None else "" for row in (unit.row, other.row)]
    return second[0] == second[1]


def _headers(document: Document) -> Iterator[Mutant]:
    """A column's header is exchanged for another's of the same table."""
    for k, unit in enumerate(document.units):
        if unit.kind is UnitKind.HEADER and not unit.row and not unit.line and unit.at > 0:
            others = [u for u in document.units if u.table == unit.table and u.kind is UnitKind.HEADER and not u.row]
            cells = [u for u in document.units if u.table == unit.table and u.row and u.at == unit.at]
            other = next((o for o in others if o.at > unit.at and o.text != unit.text), None)
            if other and any("." in c.text and _value(c.text) is not None for c in cells) and not other.line:
                yield Mutant("header", k, other.text)


def _in_code(k: int, unit: Unit, rng: random.Random) -> Iterator[Mutant]:
    lines = unit.text.splitlines()
    for n, line in enumerate(lines):
        match = re.search(r"(?<=\d\.)\d", line)
        if match and line[:1] in "+-":
            digit = rng.choice([d for d in "123456789" if d != match.group()])
            changed = _swap(line, match.start(), match.end(), digit)
            yield Mutant("listing", k, "\n".join([*lines[:n], changed, *lines[n + 1 :]]))

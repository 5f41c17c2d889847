"""Numbers by name: what every form of results comes to. Nested tables get dotted names, records become lists."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import Field

from hakken.bench.types import Value
from hakken.core.types import Record

MAX_LIST = 10_000
MAX_DEPTH = 32


class Numbers(Record):
    """Numbers of a run's results, and what in them was none."""

    values: dict[str, Value] = Field(default_factory=dict)
    refused: dict[str, str] = Field(default_factory=dict)
    """By name, why its value is no number and no flat list of numbers."""


class Found:
    """Numbers as they are found. A name that stands for two things is refused: nobody can read another of them."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._refused: dict[str, str] = {}

    def put(self, name: str, item: object) -> None:
        """Note what stands under a name; a list of tables gives each of its fields as a list."""
        if isinstance(item, (list, tuple)):
            if item and all(isinstance(entry, Mapping) for entry in item):
                for field, column in columns(item).items():
                    self.put(f"{name}.{field}", column)
                return
            self._put(name, tuple(item), _list_problem(item))
        else:
            self._put(name, item, problem_with(item))

    def refuse(self, name: str, reason: str) -> None:
        """Note that a name stands for no number."""
        self._values.pop(name, None)
        self._refused.setdefault(name, reason)

    def numbers(self) -> Numbers:
        """All of them."""
        return Numbers(values=self._values, refused=self._refused)

    def _put(self, name: str, item: Any, problem: str) -> None:
        if name in self._values or name in self._refused:
            self.refuse(name, "stands there twice")
        elif problem:
            self.refuse(name, problem)
        else:
            self._values[name] = tuple(map(float, item)) if isinstance(item, tuple) else float(item)


def numbers_of(table: Mapping[str, Any]) -> Numbers:
    """Numbers and flat lists of numbers in a table, nested tables by dotted name."""
    found = Found()
    for name, item in _leaves(table):
        found.put(name, item)
    return found.numbers()


def numbers_of_records(records: Iterable[Mapping[str, Any]]) -> Numbers:
    """The fields of records: a list each, in the order of the records; those of a single one as they are."""
    rows = list(records)
    return numbers_of(rows[0]) if len(rows) == 1 else numbers_of(columns(rows))


def columns(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The fields of records as lists, by dotted name."""
    found: dict[str, list[Any]] = {}
    for record in records:
        for name, item in _leaves(record):
            found.setdefault(name, []).append(item)
    return found


def problem_with(item: object) -> str:
    """Why something is not a finite number; empty when it is one."""
    if isinstance(item, bool):
        return "is true or false"
    if isinstance(item, Mapping):
        return "is nested too deeply"
    if not isinstance(item, (int, float)):
        return "is not a number"
    try:
        return "" if math.isfinite(float(item)) else "is not finite"
    except OverflowError:
        return "is too large for a number"


def _list_problem(items: list[Any] | tuple[Any, ...]) -> str:
    if not items:
        return "is an empty list"
    if problem := next((p for entry in items[:MAX_LIST] if (p := problem_with(entry))), ""):
        return problem
    return f"has more than {MAX_LIST} entries" if len(items) > MAX_LIST else ""


def _leaves(table: Mapping[str, Any], prefix: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    """What stands in a table and is no table, by dotted name; tables that are too deep as they are."""
    for key, item in table.items():
        # JSON can name what is no text: half of a pair of surrogates, which nobody could write down.
        name = f"{prefix}{key}".encode("utf-8", "backslashreplace").decode("utf-8")
        if isinstance(item, Mapping) and depth < MAX_DEPTH:
            yield from _leaves(item, f"{name}.", depth + 1)
        else:
            yield name, item

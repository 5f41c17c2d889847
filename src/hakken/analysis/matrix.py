"""Who solved what: a matrix of responses with what is known of the items, read from CSV, JSON or a folder."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from hakken.core.errors import UsageError
from hakken.core.types import Record

_TRUE = frozenset({"1", "1.0", "true", "yes", "pass", "passed", "solved", "resolved"})
_FALSE = frozenset({"0", "0.0", "false", "no", "fail", "failed", "unsolved", "unresolved"})
_NONE = frozenset({"", "na", "nan", "null", "none", "-"})
_RESPONSE = ("response", "correct", "solved", "resolved", "passed", "score")
_NAMES = {
    "item": ("item", "instance_id", "task", "id"),
    "group": ("group", "repo", "source", "category"),
    "date": ("date", "created_at", "created"),
    "label": ("label", "difficulty", "human"),
    "size": ("size", "length"),
    "kind": ("kind",),
    "text": ("text", "problem_statement", "statement"),
}
"""Columns of a table of items, by what they may be called; ``text`` is counted and not kept."""
_SUBMISSION = re.compile(r"(\d{8})_")
_LARGEST_FIELD = 1 << 24


class ItemFacts(Record):
    """What is known of an item."""

    group: str = ""
    date: str = ""
    """``YYYY``, ``YYYY-MM`` or more."""
    label: str = ""
    """How hard a person thinks it is: a number, or a word of an ordered list."""
    size: float | None = None
    """Such as the length of its statement."""
    kind: str = ""
    """Another way of dividing the items beside their group; nobody's judgement."""


class Responses(Record):
    """Subjects by items."""

    subjects: tuple[str, ...]
    items: tuple[str, ...]
    cells: tuple[tuple[int | None, ...], ...]
    """1 solved, 0 not, None not tried."""
    facts: dict[str, ItemFacts] = {}
    dates: dict[str, str] = {}
    """When a subject was submitted."""
    notes: tuple[str, ...] = ()
    """What a reader must know of how the matrix came about."""

    def column(self, item: str) -> tuple[int | None, ...]:
        """The responses to one item."""
        place = self.items.index(item)
        return tuple(row[place] for row in self.cells)


def read_responses(path: Path, items: Path | None = None, subjects: Path | None = None) -> Responses:
    """Read a matrix, and tables about its items and subjects.

    Args:
        path: A CSV (wide: a column an item; or long: ``subject``, ``item`` and ``solved``), a JSON
            (``{subject: {item: 0 or 1}}``, also under ``responses`` beside ``items`` and ``subjects``), or a folder of
            submissions as SWE-bench publishes them (``20240402_name/results/results.json`` with ``resolved``).
        items: CSV about items: group, date, label, size or text; columns of SWE-bench's data set are understood.
        subjects: CSV about subjects: date.

    Raises:
        UsageError: something cannot be read.
    """
    if path.is_dir():
        found = _from_submissions(path, list(_item_table(items)) if items is not None else [])
    elif path.suffix == ".json":
        found = _from_json(path)
    else:
        found = _from_csv(path)
    return with_tables(found, items, subjects)


def with_tables(found: Responses, items: Path | None, subjects: Path | None) -> Responses:
    """A matrix with what tables say about its items and subjects; see ``read_responses``.

    Raises:
        UsageError: a table cannot be read, or is about other items or subjects.
    """
    about = _item_table(items) if items is not None else {}
    if items is not None and not set(about) & set(found.items):
        _fail(items, "it names none of the items that were answered", "Look at the names of both")
    dates: dict[str, str] = {}
    if subjects is not None:
        rows = _rows(subjects)
        if not {row.get("subject") for row in rows} & set(found.subjects):
            _fail(subjects, "it names none of the subjects", "It takes the columns `subject` and `date`")
        dates = {row["subject"]: row.get("date", "") for row in rows}
    return found.model_copy(update={"facts": {**found.facts, **about}, "dates": {**found.dates, **dates}})


def from_table(table: Mapping[str, Mapping[str, int | None]], **more: Any) -> Responses:
    """A matrix from responses by subject and item; what is not there was not tried."""
    items = list(dict.fromkeys(item for row in table.values() for item in row))
    cells = tuple(tuple(row.get(item) for item in items) for row in table.values())
    return Responses(subjects=tuple(table), items=tuple(items), cells=cells, **more)


def _from_csv(path: Path) -> Responses:
    rows = _rows(path)
    head = list(rows[0]) if rows else []
    answer = next((name for name in _RESPONSE if name in head), None)
    if "subject" not in head:
        _fail(path, "there is no column `subject`", "Name the first column so")
    table: dict[str, dict[str, int | None]] = {}
    dates = {row["subject"]: row["date"] for row in rows if row.get("date")}
    if answer is not None and "item" in head:
        for row in rows:
            own = table.setdefault(row["subject"], {})
            if row["item"] in own:
                _fail(path, f"{row['subject']} has two responses to {row['item']}", "Give each attempt its own subject")
            own[row["item"]] = _cell(path, row[answer])
    else:
        for row in rows:
            if row["subject"] in table:
                _fail(path, f"the subject {row['subject']} is there twice", "Give each attempt its own subject")
            table[row["subject"]] = {k: _cell(path, v) for k, v in row.items() if k not in ("subject", "date")}
    return from_table(table, dates=dates)


def _from_json(path: Path) -> Responses:
    value = _json(path)
    if not isinstance(value, dict):
        _fail(path, "it holds no table", "Write {subject: {item: 0 or 1}}")
    whole = "responses" in value
    table = value["responses"] if whole else value
    try:
        facts = {key: ItemFacts.model_validate(fact) for key, fact in value.get("items", {}).items()} if whole else {}
        dates = {key: str(fact.get("date", "")) for key, fact in value.get("subjects", {}).items()} if whole else {}
        cells = {str(s): {str(i): _cell(path, v) for i, v in row.items()} for s, row in table.items()}
    except (AttributeError, ValidationError) as error:
        _fail(path, f"its tables have another form ({str(error).splitlines()[0]})", "Write {subject: {item: 0 or 1}}")
    return from_table(cells, facts=facts, dates=dates)


def _from_submissions(path: Path, items: Sequence[str]) -> Responses:
    """Submissions that list what they resolved; what their lists do not name was tried and not resolved."""
    solved: dict[str, set[str]] = {}
    named: set[str] = set()
    for file in sorted([*path.glob("*/results/results.json"), *path.glob("*/results.json")]):
        value = _json(file)
        if not isinstance(value, dict) or not isinstance(value.get("resolved"), list):
            _fail(file, "it has no list `resolved`", "Take the folder of submissions of one benchmark")
        solved[file.relative_to(path).parts[0]] = set(map(str, value["resolved"]))
        named |= {str(item) for listed in value.values() if isinstance(listed, list) for item in listed}
    if not solved:
        _fail(path, "there are no submissions (NAME/results/results.json) in it", "Name such a folder, a CSV or a JSON")
    every = list(items) or sorted(named)
    table = {name: {item: int(item in done) for item in every} for name, done in solved.items()}
    dates = {}
    for name in solved:
        if (match := _SUBMISSION.match(name)) is not None:
            dates[name] = f"{match[1][:4]}-{match[1][4:6]}-{match[1][6:]}"
    return from_table(table, dates=dates, notes=tuple(_of_submissions(items, set().union(*solved.values()))))


def _of_submissions(items: Sequence[str], solved: set[str]) -> Iterable[str]:
    """What a folder of submissions does not say of its benchmark."""
    if not items:
        yield (
            "The folder does not say which items there are: those that no submission names are missing, so every solve "
            "rate is too high. Give the whole list: --items."
        )
    elif strange := sorted(solved - set(items)):
        yield f"{len(strange)} resolved items are not in the table of items, and are left out: {_few(strange)}."


def _few(names: Sequence[str]) -> str:
    return f"{', '.join(names[:5])}{' …' if len(names) > 5 else ''}"


def _item_table(path: Path) -> dict[str, ItemFacts]:
    found: dict[str, ItemFacts] = {}
    for row in _rows(path):
        known = {key: next((row[n] for n in names if row.get(n)), "") for key, names in _NAMES.items()}
        if not known["item"]:
            _fail(path, "there is no column `item`", "Add it")
        item, text = known.pop("item"), known.pop("text")
        size = known.pop("size") or (str(len(text)) if text else "")
        if item in found:
            _fail(path, f"the item {item} is there twice", "Take one of the two lines out")
        try:
            found[item] = ItemFacts(**known, size=float(size) if size else None)
        except ValueError:
            _fail(path, f"the size {size!r} is no number", "Mend it")
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    usual = csv.field_size_limit(_LARGEST_FIELD)  # statements of tasks are long
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        _fail(path, f"it cannot be read: {_why(error)}", "Name a CSV file")
    finally:
        csv.field_size_limit(usual)  # the limit is one of the whole process
    if not rows or any(None in row or None in row.values() for row in rows):
        _fail(path, "it has no rows, or rows of different lengths", "Mend it")
    columns = Counter(reader.fieldnames or ())
    if twice := [name for name, count in columns.items() if count > 1]:
        _fail(path, f"the column {twice[0]!r} is there twice", "Give each a name of its own")
    return rows


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        _fail(path, f"it cannot be read: {_why(error)}", "Name a JSON file")


def _why(error: Exception) -> str:
    """A reason without numbers of errors and without the path again."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _cell(path: Path, value: object) -> int | None:
    text = "" if value is None else str(value).strip().lower()
    if text in _NONE:
        return None
    if text not in _TRUE | _FALSE:
        _fail(path, f"the response {value!r} is neither solved nor not", "Write 1, 0, or nothing")
    return int(text in _TRUE)


def usable(found: Responses) -> tuple[Responses, tuple[str, ...]]:
    """The matrix without subjects and items that have no response, and their names."""
    tried = [i for i, _ in enumerate(found.items) if any(row[i] is not None for row in found.cells)]
    there = [s for s, row in enumerate(found.cells) if any(value is not None for value in row)]
    left_out = (*_without(found.subjects, there), *_without(found.items, tried))
    cells = tuple(tuple(found.cells[s][i] for i in tried) for s in there)
    kept = {
        "subjects": tuple(found.subjects[s] for s in there),
        "items": tuple(found.items[i] for i in tried),
        "cells": cells,
    }
    return found.model_copy(update=kept), left_out


def _without(names: Sequence[str], kept: Iterable[int]) -> list[str]:
    held = set(kept)
    return [name for index, name in enumerate(names) if index not in held]


def _fail(path: Path, sentence: str, mend: str) -> NoReturn:
    raise UsageError(f"{path}: {sentence}.", f"{mend}.")

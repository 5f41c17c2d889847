"""Any shape of results as a flat list: one number with the names that lead to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hakken.core.directions import direction_of
from hakken.research.papers.audit.records.files import Row, load_json, load_lines, load_table, number_in
from hakken.research.papers.audit.records.names import (
    Level,
    is_container_of_settings,
    is_generic,
    is_setting,
    level_of_header,
    level_of_values,
    split_statistic,
    statistic_of,
)
from hakken.research.papers.audit.records.words import unit_of

SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv", ".tsv")
_CURVE = 64
"""Lists of more numbers are curves over time, shorter ones values of several seeds."""
_HISTORY = re.compile(r"histor|curve|per_(?:epoch|step|iter)|_steps$|losses$|trajectory|timeline|_over_|log_info", re.I)
_IGNORED = re.compile(r"^(?:package|tsconfig|\.|requirements|environment|audit|idea|prompt|seed_ideas|review)", re.I)


@dataclass(frozen=True)
class Leaf:
    """One number."""

    file: str
    keys: tuple[str, ...]
    """Names whose role nobody states: folders, the file, nested keys; the metric's name is usually the last."""
    named: tuple[tuple[Level, str], ...]
    """Names whose role a header states."""
    value: float
    statistic: str = ""
    seed: int | None = None


def read_leaves(root: Path) -> tuple[list[Leaf], dict[str, float]]:
    """Every number of a folder's result files, and the numbers of its configuration files."""
    leaves: list[Leaf] = []
    settings: dict[str, float] = {}
    for path in sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()):
        parts = path.relative_to(root).parts
        if any(part.startswith((".", "__")) for part in parts) or _IGNORED.match(path.name):
            continue
        names = tuple(p for p in (*parts[:-1], path.stem) if not is_generic(p))
        if is_container_of_settings(path.stem):
            _settings(load_json(path), "", settings)
            continue
        leaves += _of_file(path, "/".join(parts), names, settings)
    return leaves, settings


def _of_file(path: Path, name: str, keys: tuple[str, ...], settings: dict[str, float]) -> list[Leaf]:
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return list(_table(load_table(path), name, keys))
    if suffix in (".jsonl", ".ndjson"):
        return list(_records(load_lines(path), name, keys, settings))
    return list(_walk(load_json(path), name, keys, settings))


def _settings(loaded: Any, prefix: str, found: dict[str, float]) -> None:
    if isinstance(loaded, dict):
        for key, value in loaded.items():
            _settings(value, f"{prefix} {key}".strip(), found)
    elif isinstance(loaded, int | float) and not isinstance(loaded, bool):
        found[prefix] = float(loaded)


def _walk(loaded: Any, file: str, keys: tuple[str, ...], settings: dict[str, float]) -> Iterator[Leaf]:
    if isinstance(loaded, bool) or loaded is None:
        return
    if isinstance(loaded, int | float):
        statistic = statistic_of(keys[-1]) if keys else None
        if statistic == "skip" or (keys and is_setting(keys[-1]) and statistic is None):
            if statistic is None:
                settings[" ".join(keys[-2:])] = float(loaded)
            return
        yield Leaf(file, keys[:-1] if statistic else keys, (), float(loaded), statistic or "")
    elif isinstance(loaded, dict):
        for key, value in loaded.items():
            if is_container_of_settings(str(key)) and isinstance(value, dict) and not _holds_results(value):
                _settings(value, "", settings)
            else:
                yield from _walk(value, file, (*keys, str(key)), settings)
    elif isinstance(loaded, list) and loaded:
        if all(isinstance(v, dict) for v in loaded):
            yield from _records(loaded, file, keys, settings)
        elif all(map(_is_number, loaded)):
            yield from _list(loaded, file, keys)


def _holds_results(value: dict[str, Any]) -> bool:
    return any(isinstance(v, dict) for v in value.values())


def _list(values: Sequence[float], file: str, keys: tuple[str, ...]) -> Iterator[Leaf]:
    """Values of several seeds, or the last point of a curve."""
    if len(values) > _CURVE or (keys and _HISTORY.search(keys[-1])):
        yield Leaf(file, keys, (), float(values[-1]))
        return
    if keys and statistic_of(keys[-1]) == "values":
        keys = keys[:-1]
    for seed, value in enumerate(values):
        yield Leaf(file, keys, (), float(value), "", seed)


def _records(rows: list[Any], file: str, keys: tuple[str, ...], settings: dict[str, float]) -> Iterator[Leaf]:
    """A list of records is a table."""
    plain: list[Row] = []
    for row in rows:
        if not isinstance(row, dict):
            continue
        plain += _spread_out(row)
    yield from _table(plain, file, keys)


def _spread_out(row: dict[str, Any]) -> list[Row]:
    """A record as one row, or as one for each seed where its cells are short lists of numbers."""
    flat = _flat(row)
    lists = {k: v for k, v in row.items() if isinstance(v, list) and 0 < len(v) <= _CURVE and all(map(_is_number, v))}
    if not lists:
        return [flat] if flat else []
    longest = max(map(len, lists.values()))
    return [
        flat | {k: float(v[i]) for k, v in lists.items() if i < len(v)} | {"seed": float(i)} for i in range(longest)
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _flat(row: dict[str, Any], prefix: str = "") -> Row:
    found: Row = {}
    for key, value in row.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            found |= _flat(value, "" if is_container_of_settings(str(key)) or is_generic(str(key)) else f"{name}_")
        elif isinstance(value, bool) or value is None:
            continue
        elif isinstance(value, int | float):
            found[name] = float(value)
        elif isinstance(value, str):
            number = number_in(value)
            found[name] = value if number is None else number
    return found


def _table(rows: list[Row], file: str, keys: tuple[str, ...]) -> Iterator[Leaf]:
    """Rows with headers: columns that name, columns that measure."""
    if not rows:
        return
    headers = list(dict.fromkeys(h for row in rows for h in row))
    roles = _roles(rows, headers)
    if Level.STEP in roles.values():
        rows = _last_of_curves(rows, roles)
    long = Level.METRIC in roles.values()
    measured = [h for h, r in roles.items() if r in (Level.VALUE, Level.OTHER)]
    spread_over = _spread_over(measured, set(roles.values()), keys)
    for row in rows:
        named: list[tuple[Level, str]] = []
        seed: int | None = None
        for header, role in roles.items():
            cell = row.get(header)
            if cell is None or cell == "":
                continue
            if role is Level.SEED:
                seed = int(cell) if isinstance(cell, float) else abs(hash_text(str(cell)))
            elif role in (Level.VARIANT, Level.DATASET, Level.PART):
                named.append((role, _text(cell)))
            elif role is Level.SETTING:
                named.append((Level.SETTING, f"{header}={_text(cell)}"))
            elif role is Level.METRIC:
                named.append((Level.METRIC, _text(cell)))
        base = Leaf(file, keys, tuple(named), 0.0, seed=seed)
        for header, role in roles.items():
            cell = row.get(header)
            if isinstance(cell, float) and role in (Level.VALUE, Level.OTHER):
                yield from _cell(base, header, cell, in_long=long, across=spread_over)


def _spread_over(measured: list[str], told: set[Level], keys: tuple[str, ...]) -> Level | None:
    """What the columns of numbers are, where they are no metrics: methods, where data sets or the metric are named."""
    if len(measured) < 2:
        return None
    level = level_of_values(measured)
    if level is not None or Level.VARIANT in told:
        return level
    metrics = any(direction_of(h) or unit_of(h) or statistic_of(h) or split_statistic(h)[1] for h in measured)
    named = Level.DATASET in told or Level.METRIC in told or any(direction_of(k) for k in keys)
    return Level.VARIANT if named and not metrics else None


def _cell(base: Leaf, header: str, value: float, *, in_long: bool, across: Level | None) -> Iterator[Leaf]:
    statistic = statistic_of(header)
    if statistic == "skip":
        return
    if across in (Level.VARIANT, Level.DATASET) and across not in {level for level, _ in base.named}:
        yield replace(base, value=value, named=(*base.named, (across, header)))
        return
    if in_long:
        yield replace(base, value=value, statistic=statistic or "")
        return
    if statistic:
        yield replace(base, value=value, statistic=statistic)
        return
    name, kind = split_statistic(header)
    yield replace(base, value=value, named=(*base.named, (Level.METRIC, name)), statistic=kind)


def _roles(rows: list[Row], headers: list[str]) -> dict[str, Level]:
    """The role of each column: from its header, else from what it holds."""
    roles: dict[str, Level] = {}
    for header in headers:
        cells = [row[header] for row in rows if header in row and row[header] != ""]
        numeric = all(isinstance(c, float) for c in cells)
        told = level_of_header(header)
        if told is Level.VALUE and not numeric:
            told = None
        if told is Level.STEP and len({row.get(header) for row in rows}) < 2:
            told = Level.SETTING
        if told in (Level.VARIANT, Level.DATASET, Level.METRIC, Level.PART) and numeric and len(headers) < 3:
            told = None
        if told is None and not numeric:
            taken = set(roles.values())
            told = (
                Level.VARIANT if Level.VARIANT not in taken else Level.DATASET if Level.DATASET not in taken else None
            )
            told = told if len({str(c) for c in cells}) > 1 or told is Level.VARIANT else Level.SETTING
            told = told or Level.SETTING
        roles[header] = told or Level.OTHER
    measured = [h for h, r in roles.items() if r in (Level.OTHER, Level.VALUE)]
    if not measured:  # a sweep whose only numbers have names of settings
        for header, role in roles.items():
            if role is Level.SETTING and all(isinstance(r.get(header, 0.0), float) for r in rows):
                roles[header] = Level.OTHER
    return roles


def _last_of_curves(rows: list[Row], roles: dict[str, Level]) -> list[Row]:
    """Of rows that differ only in a step, the last."""
    step = next(h for h, r in roles.items() if r is Level.STEP)
    naming = [h for h, r in roles.items() if r in (Level.VARIANT, Level.DATASET, Level.SEED, Level.PART, Level.METRIC,
                                                   Level.SETTING)]  # fmt: skip
    last: dict[tuple[object, ...], Row] = {}
    for row in sorted(rows, key=lambda r: r[step] if isinstance(r.get(step), float) else 0.0):
        last[tuple(row.get(h) for h in naming)] = row
    return list(last.values())


def _text(cell: str | float) -> str:
    return cell if isinstance(cell, str) else f"{cell:g}"


def hash_text(text: str) -> int:
    """A stable small number for a text that stands where a seed is expected."""
    value = 0
    for letter in text:
        value = (value * 131 + ord(letter)) % 1_000_003
    return value

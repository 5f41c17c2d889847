"""Read what an experiment and its evaluator left: metrics strictly, everything else tolerantly."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hakken.core.reading import MAX_JSON, Unreadable, parse_json, read_bytes
from hakken.core.types import Failure, FailureCause, Metric, MetricSpec, ProbeCounts
from hakken.research.experiments.v1_import import INFO, read_info

METRICS = "metrics.json"
PROBE = "probe.json"
CURVE_POINTS = 200
_MAX_ROWS = 32 << 20
_MAX_CURVE = 4 << 20
_COUNTS = ("steps", "parameters", "examples")


class _Refused(Unreadable):
    """A file whose content cannot be used, and the cause of the failure that it makes."""

    def __init__(self, reason: str, cause: FailureCause = FailureCause.BAD_METRICS) -> None:
        super().__init__(reason)
        self.cause = cause


def _cause(error: Unreadable) -> FailureCause:
    if isinstance(error, _Refused):
        return error.cause
    return FailureCause.NO_OUTPUT if error.missing else FailureCause.BAD_METRICS


def read_metrics(folder: Path, specs: Sequence[MetricSpec]) -> tuple[Metric, ...] | Failure:
    """The metrics that the evaluator wrote: exactly the keys of the specs, each a finite number."""
    try:
        value = _read_json(folder / METRICS)
        if not isinstance(value, dict):
            raise _Refused(f"holds {_kind(value)}, and must hold a table of metrics")
        wanted = {spec.key for spec in specs}
        if extra := sorted(set(value) - wanted):
            raise _Refused(f"has the key {extra[0]!r}, which is not a metric of the template")
        return _metrics(value, specs)
    except Unreadable as error:
        return Failure(cause=_cause(error), message=f"{METRICS} {error}.")


def read_self_reported(folder: Path, specs: Sequence[MetricSpec]) -> tuple[Metric, ...] | Failure:
    """What an imported experiment says its metrics are, from ``final_info.json``; others than the specs' are left."""
    try:
        value = _read_json(folder / INFO)
        try:
            means = read_info(value)
        except ValueError as error:
            raise _Refused(f"cannot be used: {error}") from error
        return _metrics(means, specs)
    except Unreadable as error:
        return Failure(cause=_cause(error), message=f"{INFO} {error}.")


def _metrics(values: dict[str, Any], specs: Sequence[MetricSpec]) -> tuple[Metric, ...]:
    found = []
    for spec in specs:
        if spec.key not in values:
            raise _Refused(f"has no value for {spec.key}")
        value = values[spec.key]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _Refused(f"has {_kind(value)} for {spec.key}, and must have a number")
        number = _as_float(value)
        if not math.isfinite(number):
            raise _Refused(f"has {number} for {spec.key}, and must have a finite number", FailureCause.NOT_FINITE)
        found.append(Metric(key=spec.key, value=number))
    return tuple(found)


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _kind(value: object) -> str:
    names = {dict: "a table", list: "a list", str: f"the text {str(value)[:40]!r}", type(None): "null"}
    return names.get(type(value), f"{value!r}"[:40])


def _read_json(path: Path, limit: int = MAX_JSON) -> Any:
    return parse_json(read_bytes(path, limit))


def read_probe(folder: Path) -> tuple[ProbeCounts | None, tuple[str, ...]]:
    """Count what the probe listed: rows of training and hidden data, what both hold, and exact answers."""
    try:
        value = _read_json(folder / PROBE, _MAX_ROWS)
        if not isinstance(value, dict):
            raise _Refused(f"holds {_kind(value)}, and must hold a table")
        rows = {key: value.get(key, []) for key in ("training", "hidden")}
        for key, found in rows.items():
            if not isinstance(found, list) or not all(isinstance(row, str) for row in found):
                raise _Refused(f"has no list of texts for {key!r}")
        training, hidden = set(rows["training"]), set(rows["hidden"])
        answers, equal = (value.get(key, 0) for key in ("answers", "equal"))
        if not all(type(n) is int for n in (answers, equal)) or not 0 <= equal <= answers < 2**53:
            raise _Refused("has no counts for 'answers' and 'equal'")
    except Unreadable as error:
        return None, (f"{PROBE} was ignored: it {error}.",)
    counts = ProbeCounts(
        training=len(training), hidden=len(hidden), shared=len(training & hidden), answers=answers, equal=equal
    )
    return counts, ()


def read_costs(folder: Path) -> tuple[dict[str, int], tuple[str, ...]]:
    """Steps, parameters and examples as the experiment counted them, and notes on what was ignored."""
    try:
        value = _read_json(folder / "cost.json")
    except Unreadable as error:
        return {}, () if error.missing else (f"cost.json was ignored: it {error}.",)
    if not isinstance(value, dict):
        return {}, ("cost.json was ignored: it holds no table.",)
    counts: dict[str, int] = {}
    notes: list[str] = []
    for key in _COUNTS:
        number = value.get(key)
        if number is None:
            continue
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number < 2**62:
            notes.append(f"{key} in cost.json was ignored: it is no count.")
        else:
            counts[key] = round(number)
    return counts, tuple(notes)


def read_curve(folder: Path) -> tuple[tuple[tuple[float, float], ...], tuple[str, ...]]:
    """The learning curve (first two columns of ``curve.csv``), thinned to 200 points, and notes on what was ignored."""
    try:
        text = read_bytes(folder / "curve.csv", _MAX_CURVE).decode()
    except Unreadable as error:
        return (), () if error.missing else (f"curve.csv was ignored: it {error}.",)
    except UnicodeDecodeError:
        return (), ("curve.csv was ignored: it is not text.",)
    points: list[tuple[float, float]] = []
    try:
        for number, row in enumerate(csv.reader(text.splitlines())):
            if not row:
                continue
            try:
                point = float(row[0]), float(row[1])
            except (ValueError, IndexError):
                if number == 0:
                    continue  # the header
                return (), (f"curve.csv was ignored: line {number + 1} holds no two numbers.",)
            if not all(map(math.isfinite, point)):
                return (), (f"curve.csv was ignored: line {number + 1} holds a number that is not finite.",)
            points.append(point)
    except csv.Error as error:
        return (), (f"curve.csv was ignored: {error}.",)
    return thin(points), ()


def thin(points: Sequence[tuple[float, float]], most: int = CURVE_POINTS) -> tuple[tuple[float, float], ...]:
    """At most ``most`` points, evenly chosen, the first and the last among them."""
    if len(points) <= most:
        return tuple(points)
    return tuple(points[round(i * (len(points) - 1) / (most - 1))] for i in range(most))

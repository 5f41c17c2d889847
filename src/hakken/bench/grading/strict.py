"""Every number, the exact form, finite: the rule for a reported answer and for what a run wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hakken.bench.experiments.bands import first_wrong
from hakken.bench.experiments.reading import MAX_LIST, Numbers, numbers_of
from hakken.bench.experiments.running import Outcome
from hakken.bench.types import Gold, Verdict
from hakken.core.reading import MAX_LEVELS

BARE = ""
"""Stands for the name of what has none."""


def strict_answer(answer: Any, golds: Sequence[Gold]) -> Verdict:
    """Grade a reported answer: exactly the experiments, exactly their metrics, each a finite number in its band."""
    if not isinstance(answer, dict):
        return Verdict(rule="strict", passed=False, reason="There is no answer that can be read.")
    names = {gold.experiment for gold in golds}
    problems = {gold.experiment: _answer_problem(answer.get(gold.experiment), gold) for gold in golds}
    extra = sorted(set(map(str, answer)) - names)
    reason = next((f"{name}: {problem}." for name, problem in problems.items() if problem), "")
    if not reason and extra:
        reason = f"{extra[0]!r} is no experiment of the task."
    return Verdict(
        rule="strict",
        passed=not reason,
        experiments={name: not problem for name, problem in problems.items()},
        reason=reason,
    )


def strict_runs(rule: str, outcomes: Sequence[tuple[Outcome, Gold]]) -> Verdict:
    """Grade runs: each ended well, and wrote every metric as a finite number in its band."""
    experiments: dict[str, bool] = {}
    first = ""
    for outcome, gold in outcomes:
        problem = run_problem(outcome, gold)
        experiments[gold.experiment] = experiments.get(gold.experiment, True) and not problem
        if problem and not first:
            first = f"{gold.experiment}{f' ({gold.variant})' if gold.variant else ''}: {problem}"
    passed = bool(experiments) and all(experiments.values())
    return Verdict(rule=rule, passed=passed, experiments=experiments, reason=first)


def run_problem(outcome: Outcome, gold: Gold) -> str:
    """What is wrong with one run; empty when nothing is."""
    if outcome.failure:
        return outcome.failure
    return _problem(outcome.numbers, gold)


def claims(answer: Any) -> dict[str, Numbers]:
    """The numbers that an answer reports, by experiment; what is no number claims nothing.

    Texts are read as the published rule reads them. A number that stands in no table has no name, and each number of a
    list with other things in it has its place in the list behind its name, such as ``curve.1``.
    """
    read = _read(answer)
    if not isinstance(read, Mapping):
        read = {BARE: read}
    found = {}
    for name, value in read.items():
        table = value if isinstance(value, Mapping) else {BARE: value}
        numbers = numbers_of(_split(table))
        if numbers.values:
            found[str(name)] = numbers
    return found


def _read(value: Any, levels: int = 2 * MAX_LEVELS) -> Any:
    """An answer with the numbers, lists and tables that stand in it as texts, so many levels deep in all."""
    if not levels:
        return None
    if isinstance(value, str):
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return value if isinstance(read, str) else _read(read, levels - 1)
    if isinstance(value, Mapping):
        return {name: _read(item, levels - 1) for name, item in value.items()}
    return [_read(item, levels - 1) for item in value] if isinstance(value, list) else value


def _split(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table with lists that are not of numbers alone as tables by place."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            found[name] = _split(value)
        elif isinstance(value, list) and name not in numbers_of({name: value}).values:
            found[name] = _split({str(index): item for index, item in enumerate(value[:MAX_LIST])})
        else:
            found[name] = value
    return found


def _answer_problem(table: Any, gold: Gold) -> str:
    if not isinstance(table, dict):
        return "it is not reported"
    if extra := sorted(set(map(str, table)) - set(gold.metrics)):
        return f"{extra[0]!r} is no metric of it"
    return _problem(numbers_of(table), gold)


def _problem(numbers: Numbers, gold: Gold) -> str:
    for name in gold.metrics:
        if name in numbers.refused:
            return f"{name} {numbers.refused[name]}"
    return first_wrong(numbers.values, gold.metrics)

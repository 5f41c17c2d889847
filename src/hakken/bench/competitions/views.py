"""Simple looks at the rows of a competition: features as numbers, and what one number alone would predict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hakken.bench.competitions.preparing import USAGE, Prepared, class_names
from hakken.bench.competitions.submissions import Answers

Array = Any
BINS = 20


@dataclass(frozen=True)
class View:
    """Rows of a competition, text columns turned into numbers."""

    prepared: Prepared
    names: tuple[str, ...]
    train: Array
    """(rows, names)"""
    test: Array
    targets: tuple[str, ...]
    """Of the training rows."""
    truth: tuple[str, ...]
    """Of the test rows."""

    @property
    def numeric(self) -> bool:
        """Whether targets are numbers with an order."""
        return self.prepared.competition.answer in ("number", "positive") or self.prepared.competition.metric == "qwk"


def view(prepared: Prepared) -> View:
    """Look at a competition. A column of text gives the length of its cells and their place in the alphabet."""
    names: list[str] = []
    train: list[list[float]] = []
    test: list[list[float]] = []
    for name in prepared.test.columns:
        if name == prepared.id:
            continue
        first, second = prepared.train.column(name), prepared.test.column(name)
        for label, numbers in _numbers(name, first + second):
            names.append(label)
            train.append(numbers[: len(first)])
            test.append(numbers[len(first) :])
    empty = (np.zeros((len(prepared.train.rows), 0)), np.zeros((len(prepared.test.rows), 0)))
    arrays = (np.array(train).T, np.array(test).T) if names else empty
    return View(
        prepared,
        tuple(names),
        arrays[0],
        arrays[1],
        prepared.train.column(prepared.competition.target),
        true_targets(prepared),
    )


def true_targets(prepared: Prepared) -> tuple[str, ...]:
    """Targets of the test rows, one cell each."""
    answers = prepared.answers.without([USAGE])
    if prepared.competition.answer == "distribution":
        return tuple(answers.columns[1 + row[1:].index("1")] for row in answers.rows)
    return tuple(row[1] for row in answers.rows)


def _numbers(name: str, cells: Sequence[str]) -> list[tuple[str, list[float]]]:
    try:
        return [(name, [float(cell) for cell in cells])]
    except ValueError:
        places = {cell: float(place) for place, cell in enumerate(sorted(set(cells)))}
        return [
            (f"length of {name}", [float(len(cell)) for cell in cells]),
            (f"place of {name}", [places[cell] for cell in cells]),
        ]


def constants(seen: View) -> list[tuple[str, Answers]]:
    """Submissions that give every row the same answer, learned from the training rows."""
    answer, ids = seen.prepared.competition.answer, seen.prepared.test.column(seen.prepared.id)
    if answer in ("number", "positive"):
        values = np.array(seen.targets, dtype=float)
        found = {"mean": values.mean(), "median": np.median(values)}
        if values.min() >= 0:
            found["mean of logarithms"] = np.expm1(np.log1p(values).mean())
        return [(name, dict.fromkeys(ids, (f"{value:.8g}",))) for name, value in found.items()]
    if answer == "label":
        counts = Counter(seen.targets)
        return [(f"label {name}", dict.fromkeys(ids, (name,))) for name, _ in counts.most_common()]
    rows = predicted(seen, np.zeros(len(seen.targets)), np.zeros(len(ids)))
    return [("shares of the training rows", dict(zip(ids, rows, strict=True)))]


def closest(seen: View, most: int) -> list[int]:
    """Places of the features that have most to do with the target: by the share of its variance between bins."""
    if seen.numeric:
        codes: Array = np.array([[float(target)] for target in seen.targets])
    else:
        names = sorted(set(seen.targets))
        codes = np.array([[target == name for name in names] for target in seen.targets], dtype=float)
    codes = codes - codes.mean(axis=0)
    shares = []
    for values in seen.train.T:
        place: Array = np.searchsorted(_edges(values), values, "right")
        counts = np.bincount(place, minlength=BINS)
        sums = np.stack([np.bincount(place, column, BINS) for column in codes.T])
        shares.append(float((sums**2 / np.maximum(counts, 1)).sum()))
    return sorted(range(len(shares)), key=lambda index: -shares[index])[:most]


def _edges(values: Array) -> Array:
    return np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))


def from_one(seen: View, train: Array, test: Array) -> Answers:
    """The submission of whoever looks at one number of each row alone."""
    return dict(zip(seen.prepared.test.column(seen.prepared.id), predicted(seen, train, test), strict=True))


def predicted(seen: View, train: Array, test: Array) -> list[tuple[str, ...]]:
    """Answers by the training rows whose number falls into the same of at most twenty bins."""
    edges = _edges(train)
    place: Array = np.searchsorted(edges, train, "right")
    asked: Array = np.searchsorted(edges, test, "right")
    by_bin: dict[int, list[str]] = {}
    for where, target in zip(place, seen.targets, strict=True):
        by_bin.setdefault(int(where), []).append(target)
    classes = class_names(seen.prepared.competition, seen.targets)
    cells = {where: _answer(seen, found, classes) for where, found in by_bin.items()}
    default = _answer(seen, list(seen.targets), classes)
    return [cells.get(int(where), default) for where in asked]


def _answer(seen: View, targets: list[str], classes: Sequence[str]) -> tuple[str, ...]:
    answer = seen.prepared.competition.answer
    if answer in ("number", "positive"):
        values = np.array(targets, dtype=float)
        return (f"{np.expm1(np.log1p(values).mean()) if answer == 'positive' else values.mean():.8g}",)
    counts = Counter(targets)
    if answer == "label":
        return (counts.most_common(1)[0][0],)
    if answer == "distribution":
        return tuple(f"{(counts[name] + 1) / (len(targets) + len(classes)):.8g}" for name in classes)
    return (f"{(counts['1'] + 1) / (len(targets) + 2):.8g}",)

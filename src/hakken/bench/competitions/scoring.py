"""The metrics of competitions, from answers that a submission gives and the right ones.

This file stands alone, since a copy of it grades the validation rows inside of templates: NumPy and the standard
library, nothing of Hakken. Where a submission has several columns of numbers, the metric is their mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SMALLEST = float(np.finfo(float).eps)
"""No probability counts as less (as in scikit-learn), so that one confident mistake makes no log loss infinite."""

_WHOLE = re.compile(r"[+-]?\d{1,200}(\.0*)?", re.ASCII)

Cells = Sequence[Sequence[Any]]
Array = Any


class Unscorable(Exception):
    """The metric does not exist for these answers, such as an area under a curve with one class only."""


@dataclass(frozen=True)
class Metric:
    """What a metric wants, and which way it is better."""

    name: str
    title: str
    lower_better: bool
    kind: str
    """Of the answers: label, number, positive, rank, probability or distribution."""
    compute: Callable[[Cells, Cells], float]


def score(metric: str, given: Cells, right: Cells) -> float:
    """Score rows of answers against the right rows, both in the same order.

    Raises:
        Unscorable: the metric does not exist for these answers.
        KeyError: there is no such metric.
    """
    if not right:
        raise Unscorable("there are no answers to score")
    value = float(METRICS[metric].compute(given, right))
    if not np.isfinite(value):
        raise Unscorable("the score is not finite")
    return value


def label(text: Any) -> str:
    """One spelling a label: ``3.0`` is ``3``."""
    word = str(text).strip()
    return str(int(word.partition(".")[0])) if _WHOLE.fullmatch(word) else word


def _numbers(cells: Cells) -> Array:
    return np.asarray([[float(value) for value in row] for row in cells], dtype=float)


def _labels(cells: Cells) -> list[str]:
    return [label(row[0]) for row in cells]


def _accuracy(given: Cells, right: Cells) -> float:
    pairs = list(zip(_labels(given), _labels(right), strict=True))
    return sum(a == b for a, b in pairs) / len(pairs)


def _f1_macro(given: Cells, right: Cells) -> float:
    pairs = list(zip(_labels(given), _labels(right), strict=True))
    found = []
    for name in sorted({b for _, b in pairs} | {a for a, _ in pairs}):
        hits = sum(a == b == name for a, b in pairs)
        wrong = sum((a == name) != (b == name) for a, b in pairs)
        found.append(2 * hits / (2 * hits + wrong))
    return float(np.mean(found))


def _log_loss(given: Cells, right: Cells) -> float:
    probabilities, truth = _numbers(given), _numbers(right)
    if truth.shape[1] == 1:
        chosen = np.where(truth[:, 0] > 0.5, probabilities[:, 0], 1 - probabilities[:, 0])
    else:
        totals = probabilities.sum(axis=1)
        if totals.min() <= 0:
            raise Unscorable("the probabilities of a row sum to zero")
        chosen = (probabilities * truth).sum(axis=1) / totals
    return float(-np.log(np.clip(chosen, SMALLEST, 1)).mean())


def _auc(given: Cells, right: Cells) -> float:
    values, truth = _numbers(given), _numbers(right) > 0.5
    return float(np.mean([_area(values[:, k], truth[:, k]) for k in range(truth.shape[1])]))


def _area(values: Array, truth: Array) -> float:
    """Share of pairs in the right order; a tie counts half."""
    ones = int(truth.sum())
    zeros = len(truth) - ones
    if not ones or not zeros:
        raise Unscorable("only one class is there")
    order = np.argsort(values, kind="stable")
    ranks = np.empty(len(values))
    ranks[order] = np.arange(1, len(values) + 1)
    distinct, place = np.unique(values, return_inverse=True)
    totals, counts = np.bincount(place, ranks, len(distinct)), np.bincount(place, minlength=len(distinct))
    mean_ranks = (totals / counts)[place]
    return float((mean_ranks[truth].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def _rmse(given: Cells, right: Cells) -> float:
    return float(np.sqrt(((_numbers(given) - _numbers(right)) ** 2).mean(axis=0)).mean())


def _rmsle(given: Cells, right: Cells) -> float:
    values, truth = _numbers(given), _numbers(right)
    if min(values.min(), truth.min()) < 0:
        raise Unscorable("a value is negative")
    return float(np.sqrt(((np.log1p(values) - np.log1p(truth)) ** 2).mean(axis=0)).mean())


def _mae(given: Cells, right: Cells) -> float:
    return float(np.abs(_numbers(given) - _numbers(right)).mean())


def _qwk(given: Cells, right: Cells) -> float:
    """Cohen's kappa, weighted by the squares of the differences of the labels, as Kaggle has it.

    (scikit-learn without `labels` takes the differences of places among the labels that occur.)
    """
    try:
        a = np.array([int(name) for name in _labels(given)])
        b = np.array([int(name) for name in _labels(right)])
    except ValueError:
        raise Unscorable("a label is not a whole number") from None
    if max(abs(int(a.max())), abs(int(a.min()))) > 10_000:
        raise Unscorable("a label is far outside of the scale")
    seen = (a - b) ** 2
    by_chance = np.mean(a**2) + np.mean(b**2) - 2 * a.mean() * b.mean()
    if by_chance == 0:  # both hold one and the same label: agreement and chance are the same
        return 0.0
    return float(1 - seen.mean() / by_chance)


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "accuracy", False, "label", _accuracy),
        Metric("f1_macro", "macro F1", False, "label", _f1_macro),
        Metric("log_loss", "log loss", True, "distribution", _log_loss),
        Metric("auc", "area under the ROC curve", False, "rank", _auc),
        Metric("rmse", "root mean squared error", True, "number", _rmse),
        Metric("rmsle", "root mean squared logarithmic error", True, "positive", _rmsle),
        Metric("mae", "mean absolute error", True, "number", _mae),
        Metric("qwk", "quadratic weighted kappa", False, "label", _qwk),
    )
}

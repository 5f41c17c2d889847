"""Second implementations for bootstrap_coverage, written from docstrings and paper."""

from statistics import NormalDist

import numpy as np


def holm(p):
    """Going up the ordered list."""
    adjusted, highest = np.empty(len(p)), 0.0
    for i, index in enumerate(np.argsort(p, kind="stable")):
        highest = max(highest, (len(p) - i) * p[index])
        adjusted[index] = min(highest, 1.0)
    return adjusted


def benjamini_hochberg(p):
    """Going down the ordered list."""
    adjusted, lowest = np.empty(len(p)), 1.0
    order = np.argsort(p, kind="stable")
    for i in range(len(p), 0, -1):
        lowest = min(lowest, len(p) * p[order[i - 1]] / i)
        adjusted[order[i - 1]] = lowest
    return adjusted


def max_t(observed, null):
    """Hypothesis by hypothesis."""
    order = sorted(range(len(observed)), key=lambda j: -abs(observed[j]))
    adjusted, highest = np.empty(len(observed)), 0.0
    for place, j in enumerate(order):
        largest = np.abs(null[order[place:]]).max(axis=0)
        highest = max(highest, (1 + (largest >= abs(observed[j])).sum()) / (1 + null.shape[1]))
        adjusted[j] = highest
    return adjusted


def bias_correction(replicates, estimate):
    """By the mean sign."""
    b = len(replicates)
    share = 0.5 + 0.5 * float(np.sign(estimate - replicates).mean())
    return NormalDist().inv_cdf(min(max(share, 1 / (b + 1)), b / (b + 1)))


def acceleration(values):
    """With sums written out."""
    mean = sum(values) / len(values)
    squares = sum((mean - v) ** 2 for v in values)
    return float(sum((mean - v) ** 3 for v in values) / (6 * squares * squares**0.5)) if squares else 0.0


def jackknife_error(values):
    """From the standard deviation."""
    return np.sqrt(values.shape[-1] - 1) * values.std(axis=-1)

"""Second implementations for offpolicy_evaluation, written from docstrings and paper."""

import numpy as np
from ope.planning import action_values
from ope.planning import policy_matrix as chain_of


def weighted_sampling(log, ratios, discount):
    """From logarithms of the ratios' products."""
    weights = np.array([np.prod(row) for row in ratios])
    returns = np.array([sum(discount**t * r for t, r in enumerate(row)) for row in log.rewards])
    return np.zeros(len(weights)) if weights.sum() == 0 else len(weights) * weights / weights.sum() * returns


def doubly_robust(log, ratios, model, target, normalized):
    """Step by step."""
    n, horizon = ratios.shape
    q = action_values(model, target, horizon)
    total, w = np.zeros(n), np.ones(n)
    raw = np.ones(n)
    for t in range(horizon):
        left = q[horizon - t - 1]
        before, raw = w, raw * ratios[:, t]
        w = raw / raw.mean() if normalized else raw
        states, actions = log.states[:, t], log.actions[:, t]
        v = (left * target).sum(axis=1)[states]
        total += model.discount**t * (w * (log.rewards[:, t] - left[states, actions]) + before * v)
    return total


def direct_value(model, policy, horizon):
    """Forwards: the distribution of states and the reward of each step."""
    chain, reward = chain_of(model, policy)
    states, value = model.initial, 0.0
    for t in range(horizon):
        value += model.discount**t * float(states @ reward)
        states = states @ chain
    return value


def effective_size(ratios):
    """Of weights scaled to a sum of one."""
    weights = np.prod(ratios, axis=1)
    if not weights.any():
        return 0.0
    return float(1.0 / ((weights / weights.sum()) ** 2).sum())


def bernstein_bound(values, delta, bound):
    """With sums written out."""
    cut = [min(v, bound) for v in values]
    n, mean = len(cut), sum(cut) / len(cut)
    variance = sum((v - mean) ** 2 for v in cut) / (n - 1)
    log = np.log(2 / delta)
    return float(mean - (2 * variance * log / n) ** 0.5 - 7 * bound * log / (3 * (n - 1)))

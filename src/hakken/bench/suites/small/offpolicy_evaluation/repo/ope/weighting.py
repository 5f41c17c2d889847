"""Importance sampling. Each estimator returns the contribution of every episode, whose mean is the estimate."""

from __future__ import annotations

import numpy as np

from ope.mdp import Log
from ope.types import Array


def step_ratios(log: Log, target: Array, behaviour: Array) -> Array:
    """Probability of each logged action under the target over that under the behaviour policy.

    Args:
        log: n episodes of length H.
        target: shape (S, A).
        behaviour: shape (S, A), positive where actions were taken.

    Returns:
        Shape (n, H).
    """
    return target[log.states, log.actions] / behaviour[log.states, log.actions]


def discounts(horizon: int, discount: float) -> Array:
    """1, discount, discount^2, ..., shape (horizon,)."""
    return discount ** np.arange(horizon)


def trajectory_sampling(log: Log, ratios: Array, discount: float) -> Array:
    """Ordinary importance sampling: the product of all ratios of an episode times its discounted return.

    Args:
        log: n episodes of length H.
        ratios: shape (n, H).
        discount: of the rewards.

    Returns:
        Shape (n,).
    """
    returns = log.rewards @ discounts(log.rewards.shape[1], discount)
    return ratios.prod(axis=1) * returns


def weighted_sampling(log: Log, ratios: Array, discount: float) -> Array:
    """Self-normalised importance sampling: as ordinary, with the products divided by their mean over episodes.

    Args:
        log: n episodes of length H.
        ratios: shape (n, H).
        discount: of the rewards.

    Returns:
        Shape (n,); zero where all products vanish.
    """
    total = ratios.prod(axis=1).mean()
    plain = trajectory_sampling(log, ratios, discount)
    return plain / total if total > 0 else np.zeros_like(plain)


def per_decision(log: Log, ratios: Array, discount: float, normalized: bool) -> Array:
    """Per-decision importance sampling: the reward of step t has the product of the ratios up to t.

    Args:
        log: n episodes of length H.
        ratios: shape (n, H).
        discount: of the rewards.
        normalized: divide the products of each step by their mean over episodes (steps with mean 0 count 0).

    Returns:
        Shape (n,).
    """
    products = np.cumprod(ratios, axis=1)
    if normalized:
        means = products.mean(axis=0)
        products = np.divide(products, means, out=np.zeros_like(products), where=means > 0)
    return (products * log.rewards) @ discounts(log.rewards.shape[1], discount)


def effective_size(ratios: Array) -> float:
    """Effective number of episodes, (sum w)^2 / sum w^2 of the products w of the ratios (n, H); 0 when all vanish."""
    weights = ratios.prod(axis=1)
    squares = (weights**2).sum()
    return float(weights.sum() ** 2 / squares) if squares > 0 else 0.0

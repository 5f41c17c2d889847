"""Model-based estimators and the doubly robust combination."""

from __future__ import annotations

import numpy as np

from ope.mdp import MDP, Log
from ope.planning import action_values, policy_matrix, state_values
from ope.types import Array
from ope.weighting import discounts


def estimate_model(log: Log, states: int, actions: int, discount: float, prior: float) -> MDP:
    """Maximum-likelihood process of a log, smoothed.

    A transition has probability (count + prior / S) / (visits + prior), uniform for unvisited pairs when prior is 0;
    a mean reward is the sum of rewards over (visits + prior), 0 for unvisited pairs; the initial distribution is that
    of the first states.

    Args:
        log: the episodes.
        states: S.
        actions: A.
        discount: copied.
        prior: weight of the prior, at least 0.

    Returns:
        The estimated `MDP`.
    """
    counts, sums = np.zeros((states, actions, states)), np.zeros((states, actions))
    np.add.at(counts, (log.states, log.actions, log.following), 1.0)
    np.add.at(sums, (log.states, log.actions), log.rewards)
    visits = counts.sum(axis=2)
    total = visits + prior
    transitions = np.full_like(counts, 1.0 / states)
    np.divide(counts + prior / states, total[..., None], out=transitions, where=total[..., None] > 0)
    rewards = np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
    initial = np.bincount(log.states[:, 0], minlength=states) / len(log.states)
    return MDP(transitions, rewards, initial, discount)


def direct_value(model: MDP, policy: Array, horizon: int) -> float:
    """Value of a policy in a process, exact or estimated, from its initial distribution over the horizon."""
    values = state_values(model, policy, horizon)
    return float(model.initial @ values[horizon])


def doubly_robust(log: Log, ratios: Array, model: MDP, target: Array, normalized: bool) -> Array:
    """The per-step doubly robust estimator.

    With w_t the product of the ratios up to t (w_{-1} = 1) and Q, V the target's values in the model with the steps
    that remain, an episode contributes sum_t discount^t [w_t (r_t - Q(s_t, a_t)) + w_{t-1} V(s_t)], where
    V(s) = sum_a target(a | s) Q(s, a).

    Args:
        log: n episodes of length H.
        ratios: shape (n, H).
        model: estimated process.
        target: shape (S, A).
        normalized: divide w_t by its mean over episodes (the weighted doubly robust estimator; steps with mean 0 have
            w_t = 0).

    Returns:
        Shape (n,).
    """
    n, horizon = ratios.shape
    products = np.cumprod(ratios, axis=1)
    if normalized:
        products = products / np.maximum(products.mean(axis=0), 1e-300)
    before = np.concatenate([np.ones((n, 1)), products[:, :-1]], axis=1)
    remaining = action_values(model, target, horizon)[::-1]
    q = remaining[np.arange(horizon), log.states, log.actions]
    v = np.einsum("hsa,sa->hs", remaining, target)[np.arange(horizon), log.states]
    return (products * (log.rewards - q) + before * v) @ discounts(horizon, model.discount)


def occupancy_ratio(model: MDP, target: Array, behaviour: Array, horizon: int) -> Array:
    """Ratio of the state distributions of two policies at each step, in a model.

    Args:
        model: estimated process.
        target: shape (S, A).
        behaviour: shape (S, A).
        horizon: H.

    Returns:
        Shape (H, S): probability of the state at step t under the target over that under the behaviour policy, 0 where
        the latter is 0.
    """
    ratios = np.zeros((horizon, len(model.initial)))
    under_target, _ = policy_matrix(model, target)
    under_behaviour, _ = policy_matrix(model, behaviour)
    d, e = model.initial, model.initial
    for t in range(horizon):
        ratios[t] = np.divide(d, e, out=np.zeros_like(d), where=e > 0)
        d, e = d @ under_target, e @ under_behaviour
    return ratios


def marginalized_sampling(log: Log, ratios: Array, model: MDP, target: Array, behaviour: Array) -> Array:
    """Marginalised importance sampling: rewards weighted by their own step's ratio and the state's occupancy ratio.

    Args:
        log: n episodes of length H.
        ratios: shape (n, H).
        model: estimated process, for the occupancies.
        target: shape (S, A).
        behaviour: shape (S, A).

    Returns:
        Contribution of each episode, shape (n,).
    """
    horizon = ratios.shape[1]
    occupancy = occupancy_ratio(model, target, behaviour, horizon)[np.arange(horizon), log.states]
    return (occupancy * ratios * log.rewards) @ discounts(horizon, model.discount)

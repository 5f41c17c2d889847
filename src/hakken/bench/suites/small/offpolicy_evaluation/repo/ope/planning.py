"""Exact values and policies when the process is known."""

from __future__ import annotations

import numpy as np

from ope.mdp import MDP
from ope.types import Array


def policy_matrix(mdp: MDP, policy: Array) -> tuple[Array, Array]:
    """The Markov chain of a policy.

    Args:
        mdp: the process.
        policy: action probabilities, shape (S, A).

    Returns:
        Transitions between states (S, S) and mean rewards (S,) under the policy.
    """
    chain = np.einsum("sa,sat->st", policy, mdp.transitions)
    reward = (policy * mdp.rewards).sum(axis=1)
    return chain, reward


def state_values(mdp: MDP, policy: Array, horizon: int) -> Array:
    """Discounted values of a policy over a finite horizon by backward induction, V_h = r + discount P V_{h-1}, V_0 = 0.

    Args:
        mdp: the process.
        policy: shape (S, A).
        horizon: H.

    Returns:
        V_0 .. V_H by remaining steps, shape (H + 1, S).
    """
    chain, reward = policy_matrix(mdp, policy)
    values = np.zeros((horizon + 1, len(reward)))
    for h in range(1, horizon + 1):
        values[h] = reward + mdp.discount * chain @ values[h - 1]
    return values


def action_values(mdp: MDP, policy: Array, horizon: int) -> Array:
    """Values of taking an action first and following the policy afterwards.

    Args:
        mdp: the process.
        policy: shape (S, A).
        horizon: H.

    Returns:
        Q_1 .. Q_H, shape (H, S, A): entry h - 1 has h steps to go, R + discount * P V_{h-1}.
    """
    values = state_values(mdp, policy, horizon)
    return np.array([mdp.rewards + mdp.discount * mdp.transitions @ values[h] for h in range(horizon)])


def policy_iteration(mdp: MDP, iterations: int = 100) -> Array:
    """The optimal infinite-horizon policy by policy iteration from action 0 everywhere.

    Each policy is evaluated exactly by solving (I - discount P) V = r; greedy ties go to the smaller action.

    Args:
        mdp: the process.
        iterations: at most so many.

    Returns:
        Optimal action of each state, shape (S,).
    """
    states, actions = mdp.rewards.shape
    greedy = np.zeros(states, dtype=int)
    for _ in range(iterations):
        chain, reward = policy_matrix(mdp, np.eye(actions)[greedy])
        values = np.linalg.solve(np.eye(states) - mdp.discount * chain, reward)
        improved = (mdp.rewards + mdp.discount * mdp.transitions @ values).argmax(axis=1)
        if np.array_equal(improved, greedy):
            break
        greedy = improved
    return greedy


def soften(greedy: Array, actions: int, epsilon: float) -> Array:
    """The epsilon-greedy policy: 1 - epsilon on the greedy action plus epsilon / A on each of the A actions.

    Args:
        greedy: actions, shape (S,).
        actions: A.
        epsilon: in [0, 1].

    Returns:
        Probabilities, shape (S, A).
    """
    return (1.0 - epsilon) * np.eye(actions)[greedy] + epsilon / actions

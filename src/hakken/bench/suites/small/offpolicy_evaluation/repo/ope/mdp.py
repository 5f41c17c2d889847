"""Finite decision processes: random ones, a river, and logged episodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ope.types import Array


@dataclass(frozen=True)
class MDP:
    """Transitions P[s, a, s'] (S, A, S), mean rewards R[s, a] (S, A), initial distribution (S,) and discount."""

    transitions: Array
    rewards: Array
    initial: Array
    discount: float


@dataclass(frozen=True)
class Log:
    """Logged episodes of equal length: states, actions, rewards and next states, each of shape (episodes, horizon)."""

    states: Array
    actions: Array
    rewards: Array
    following: Array


def random_mdp(states: int, actions: int, branching: int, discount: float, rng: np.random.Generator) -> MDP:
    """Draw a Garnet-like process: each state-action pair leads to `branching` random states; rewards are normal."""
    transitions = np.zeros((states, actions, states))
    for s in range(states):
        for a in range(actions):
            transitions[s, a, rng.choice(states, branching, replace=False)] = rng.dirichlet(np.ones(branching))
    rewards = rng.standard_normal((states, actions))
    return MDP(transitions, rewards, np.full(states, 1.0 / states), discount)


def river(states: int, discount: float) -> MDP:
    """A river: action 1 swims against the current and mostly stays, action 0 drifts down; a large reward upstream.

    Action 0 moves one state down (reward 0.05 in state 0). Action 1 moves up with probability 0.35, stays with 0.6 and
    drops with 0.05, at the ends accordingly; it has reward 1 in the last state. Episodes begin in state 0.
    """
    transitions = np.zeros((states, 2, states))
    rewards = np.zeros((states, 2))
    rewards[0, 0], rewards[-1, 1] = 0.05, 1.0
    for s in range(states):
        transitions[s, 0, max(s - 1, 0)] = 1.0
        for move, probability in ((1, 0.35), (0, 0.6), (-1, 0.05)):
            transitions[s, 1, min(max(s + move, 0), states - 1)] += probability
    return MDP(transitions, rewards, np.eye(states)[0], discount)


def collect(mdp: MDP, policy: Array, episodes: int, horizon: int, noise: float, rng: np.random.Generator) -> Log:
    """Run episodes of a policy (S, A); observed rewards have normal noise."""
    states, actions, rewards, following = (np.zeros((episodes, horizon)) for _ in range(4))
    state = rng.choice(len(mdp.initial), episodes, p=mdp.initial)
    for t in range(horizon):
        action = (
            (rng.random(episodes)[:, None] > policy[state].cumsum(axis=1)).sum(axis=1).clip(max=policy.shape[1] - 1)
        )
        rows = mdp.transitions[state, action].cumsum(axis=1)
        arrived = (rng.random(episodes)[:, None] > rows).sum(axis=1).clip(max=len(mdp.initial) - 1)
        states[:, t], actions[:, t], following[:, t] = state, action, arrived
        rewards[:, t] = mdp.rewards[state, action] + noise * rng.standard_normal(episodes)
        state = arrived
    return Log(states.astype(int), actions.astype(int), rewards, following.astype(int))

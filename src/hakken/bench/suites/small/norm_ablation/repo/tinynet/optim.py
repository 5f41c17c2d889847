"""Optimisers that change the parameters in place, schedules and clipping."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinynet.network import Parameters

State = dict[str, Any]


def global_norm(gradients: Parameters) -> float:
    """Euclidean norm of all gradients together."""
    return float(np.sqrt(sum(float((g**2).sum()) for g in gradients.values())))


def clip(gradients: Parameters, largest: float) -> Parameters:
    """Scale all gradients by the same factor so that their global norm is at most `largest`.

    Args:
        gradients: arrays by name.
        largest: bound on the norm.

    Returns:
        New arrays by name (unchanged values when the norm is within the bound).
    """
    norm = global_norm(gradients)
    factor = min(1.0, largest / norm) if norm > 0 else 1.0
    return {name: factor * g for name, g in gradients.items()}


def sgd_step(parameters: Parameters, gradients: Parameters, state: State, rate: float, momentum: float = 0.9) -> None:
    """Heavy-ball step, in place: v <- momentum v + g, parameter <- parameter - rate v.

    Args:
        parameters: changed in place, only the names in `gradients`.
        gradients: arrays by name.
        state: holds the velocities v under "velocity" (zeros at first), changed in place.
        rate: learning rate.
        momentum: share of the velocity that is kept.
    """
    velocity = state.setdefault("velocity", {})
    for name, g in gradients.items():
        velocity[name] = momentum * velocity.get(name, 0.0) + g
        parameters[name] = parameters[name] - rate * velocity[name]


def adam_step(
    parameters: Parameters,
    gradients: Parameters,
    state: State,
    rate: float,
    betas: tuple[float, float] = (0.9, 0.999),
    epsilon: float = 1e-8,
) -> None:
    """Adam step, in place, with bias correction: parameter - rate * m_hat / (sqrt(v_hat) + epsilon).

    Args:
        parameters: changed in place, only the names in `gradients`.
        gradients: arrays by name.
        state: holds the moments under "m" and "v", arrays by name (zeros at first), and under "t" the number of steps
            taken; changed in place.
        rate: learning rate.
        betas: decay of the first and of the second moment.
        epsilon: added to the root.
    """
    m, v = state.setdefault("m", {}), state.setdefault("v", {})
    t = state["t"] = state.get("t", 0) + 1
    for name, g in gradients.items():
        m[name] = betas[0] * m.get(name, 0.0) + (1 - betas[0]) * g
        v[name] = betas[1] * v.get(name, 0.0) + (1 - betas[1]) * g**2
        corrected = m[name] / (1 - betas[0] ** t)
        parameters[name] = parameters[name] - rate * corrected / (np.sqrt(v[name] / (1 - betas[1] ** t)) + epsilon)


def cosine_rate(step: int, steps: int, peak: float, warmup: int) -> float:
    """Learning rate of a step: linear warm-up, then half a cosine to zero.

    peak * (step + 1) / warmup for step < warmup; afterwards peak * (1 + cos(pi q)) / 2 with
    q = (step - warmup) / (steps - warmup).

    Args:
        step: 0, 1, ..., steps - 1.
        steps: total number.
        peak: highest rate.
        warmup: number of warm-up steps, below `steps`.
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    return float(peak * 0.5 * (1.0 + np.cos(np.pi * (step - warmup) / (steps - warmup))))

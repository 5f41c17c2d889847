"""Choice of hyperparameters by coordinate search on the log marginal likelihood."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from surrogate.process import Posterior, fit_posterior, log_likelihood
from surrogate.types import Array


def log_posterior(parameters: Array, inputs: Array, targets: Array, kernel: str, noise: float) -> float:
    """Log marginal likelihood plus a weak log-normal prior on the length scales.

    The prior term is -0.5 * sum ((log length - log 0.3) / 1.0)^2; the variance has a flat prior.

    Args:
        parameters: logarithms of the d length scales and of the variance, shape (d + 1,).
        inputs: shape (n, d).
        targets: shape (n,).
        kernel: name of the covariance.
        noise: variance of the noise.

    Returns:
        The value; -inf when the covariance is not positive definite.
    """
    lengths, variance = np.exp(parameters[:-1]), float(np.exp(parameters[-1]))
    try:
        posterior = fit_posterior(inputs, targets, kernel, lengths, variance, noise)
    except np.linalg.LinAlgError:
        return -np.inf
    return log_likelihood(posterior, targets) - 0.5 * float(((parameters[:-1] - np.log(0.3)) ** 2).sum())


def pattern_search(function: Callable[[Array], float], start: Array, step: float, smallest: float) -> Array:
    """Maximise a function by coordinate steps.

    In each round every coordinate in turn is moved by +step, or else by -step, if that improves the value; after a
    round without improvement the step is halved. Ends when the step is below `smallest`.

    Args:
        function: maps an array (d,) to a float.
        start: shape (d,).
        step: first step.
        smallest: where to stop.

    Returns:
        The best point, shape (d,).
    """
    best, value = start.copy(), function(start)
    while step >= smallest:
        improved = False
        for i in range(len(best)):
            for sign in (1.0, -1.0):
                trial = best.copy()
                trial[i] += sign * step
                trial_value = function(trial)
                if trial_value > value:
                    best, value, improved = trial, trial_value, True
                    break
        if not improved:
            step /= 2
    return best


def tune(inputs: Array, targets: Array, kernel: str, noise: float, isotropic: bool = False) -> Posterior:
    """Fit with the hyperparameters that maximise `log_posterior`, from lengths 0.3 and the variance of the targets.

    The pattern search starts with steps of 0.8 in the logarithms and ends below 0.1.

    Args:
        inputs: shape (n, d).
        targets: shape (n,).
        kernel: name of the covariance.
        noise: variance of the noise.
        isotropic: one length scale for all coordinates (its prior counted d times).

    Returns:
        The `Posterior` at the best parameters.
    """
    d = inputs.shape[1]
    free = 1 if isotropic else d

    def expand(parameters: Array) -> Array:
        return np.append(np.repeat(parameters[:-1], d // free), parameters[-1])

    start = np.append(np.full(free, np.log(0.3)), np.log(targets.var() + 1e-6))
    best = pattern_search(lambda p: log_posterior(expand(p), inputs, targets, kernel, noise), start, 0.8, 0.1)
    full = expand(best)
    return fit_posterior(inputs, targets, kernel, np.exp(full[:-1]), float(np.exp(full[-1])), noise)

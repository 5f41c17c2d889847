"""Gaussian-process regression with a constant mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surrogate.kernels import covariance
from surrogate.types import Array


@dataclass(frozen=True)
class Posterior:
    """What a fit leaves: inputs (n, d), Cholesky factor (n, n), weights K^-1 (y - mean) (n,), and the parameters."""

    inputs: Array
    factor: Array
    weights: Array
    mean: float
    kernel: str
    lengths: Array
    variance: float


def cholesky_solve(factor: Array, right: Array) -> Array:
    """Solve L L' x = right for a lower triangular L (n, n) and right of shape (n,) or (n, m)."""
    return np.linalg.solve(factor.T, np.linalg.solve(factor, right))


def fit_posterior(
    inputs: Array, targets: Array, kernel: str, lengths: Array, variance: float, noise: float
) -> Posterior:
    """Condition a process on data.

    The mean is the generalised least-squares estimate 1'K^-1 y / 1'K^-1 1, with K = covariance + noise I.

    Args:
        inputs: shape (n, d).
        targets: y, shape (n,).
        kernel: name of the covariance.
        lengths: shape (d,).
        variance: of the process.
        noise: variance of the noise.

    Returns:
        The `Posterior`.
    """
    matrix = covariance(inputs, inputs, kernel, lengths, variance) + noise * np.eye(len(inputs))
    factor = np.linalg.cholesky(matrix)
    ones = cholesky_solve(factor, np.ones(len(inputs)))
    mean = float(ones @ targets / ones.sum())
    return Posterior(inputs, factor, cholesky_solve(factor, targets - mean), mean, kernel, lengths, variance)


def predict(posterior: Posterior, points: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of the latent function.

    Args:
        posterior: of a fit.
        points: shape (m, d).

    Returns:
        Means (m,) and standard deviations (m,), variances being cut below at 1e-12.
    """
    cross = covariance(points, posterior.inputs, posterior.kernel, posterior.lengths, posterior.variance)
    half = np.linalg.solve(posterior.factor, cross.T)
    variance = posterior.variance - (half**2).sum(axis=0)
    return posterior.mean + cross @ posterior.weights, np.sqrt(np.maximum(variance, 1e-12))


def log_likelihood(posterior: Posterior, targets: Array) -> float:
    """Log marginal likelihood -(y - m)'w / 2 - sum log diag L - n log(2 pi) / 2 at the fitted mean.

    Args:
        posterior: of a fit to the same targets.
        targets: shape (n,).
    """
    fit = (targets - posterior.mean) @ posterior.weights
    return float(-0.5 * fit - np.log(np.diag(posterior.factor)).sum() - 0.5 * len(targets) * np.log(2 * np.pi))


def leave_one_out(posterior: Posterior, targets: Array) -> tuple[Array, Array]:
    """Leave-one-out predictive means and standard deviations (of noisy observations), parameters kept.

    With the precision matrix Q = K^-1: mean_i = y_i - w_i / Q_ii and variance 1 / Q_ii.

    Args:
        posterior: of a fit to the same targets.
        targets: y, shape (n,).

    Returns:
        Means (n,) and standard deviations (n,).
    """
    precision = cholesky_solve(posterior.factor, np.eye(len(targets)))
    diagonal = np.diag(precision)
    return targets - posterior.weights / diagonal, 1.0 / np.sqrt(diagonal)

"""Second implementations for gp_optimisation, written from docstrings and paper."""

import numpy as np
from surrogate.kernels import covariance
from surrogate.normal import normal_distribution


def squared_distances(a, b, lengths):
    """Directly, without inner products."""
    return (((a[:, None, :] - b[None, :, :]) / lengths) ** 2).sum(axis=-1)


def crps(mean, deviation, observed):
    """Point by point."""
    total = 0.0
    for m, s, y in zip(mean, deviation, observed, strict=True):
        z = (y - m) / s
        density, distribution = normal_distribution(np.array([z]))
        total += s * (z * (2 * distribution[0] - 1) + 2 * density[0] - np.pi**-0.5)
    return total / len(mean)


def predict(posterior, points):
    """With the covariance of the data inverted."""
    k = posterior.factor @ posterior.factor.T
    cross = covariance(points, posterior.inputs, posterior.kernel, posterior.lengths, posterior.variance)
    explained = np.einsum("ij,ij->i", cross, np.linalg.solve(k, cross.T).T)
    deviation = np.sqrt(np.clip(posterior.variance - explained, 1e-12, None))
    return posterior.mean + cross @ posterior.weights, deviation


def leave_one_out(posterior, targets):
    """With the covariance of the data inverted."""
    q = np.linalg.inv(posterior.factor @ posterior.factor.T)
    return np.array(
        [y - w / d for y, w, d in zip(targets, posterior.weights, q.diagonal(), strict=True)]
    ), q.diagonal() ** -0.5

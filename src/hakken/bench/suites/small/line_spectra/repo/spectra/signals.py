"""Simulated signals. A batch of records is an array (records, samples)."""

from __future__ import annotations

import numpy as np

from spectra.types import Array


def tones(
    frequencies: list[float],
    amplitudes: list[float],
    samples: int,
    noise: float,
    records: int,
    rng: np.random.Generator,
) -> Array:
    """Real sinusoids with random phases in white Gaussian noise of standard deviation `noise`."""
    phases = rng.uniform(0.0, 2 * np.pi, (records, len(frequencies), 1))
    angles = 2 * np.pi * np.array(frequencies)[:, None] * np.arange(samples) + phases
    clean = (np.array(amplitudes)[:, None] * np.cos(angles)).sum(axis=1)
    return clean + noise * rng.standard_normal((records, samples))


def autoregression(coefficients: list[float], samples: int, records: int, rng: np.random.Generator) -> Array:
    """x_t = -sum_k a_k x_{t-k} + e_t with standard normal e, after a burn-in of 500 samples."""
    a, p = np.array(coefficients), len(coefficients)
    noise = rng.standard_normal((records, samples + 500))
    x = np.zeros_like(noise)
    for t in range(p, noise.shape[1]):
        x[:, t] = noise[:, t] - x[:, t - p : t] @ a[::-1]
    return x[:, 500:]


def autoregressive_density(coefficients: Array, variance: float, frequencies: Array) -> Array:
    """Power spectral density of an autoregression: variance / |1 + sum_k a_k exp(-2 pi i f k)|^2.

    Args:
        coefficients: a_1 .. a_p of A(z) = 1 + a_1 z^-1 + ..., shape (p,).
        variance: of the innovations.
        frequencies: in cycles per sample, shape (m,).

    Returns:
        Density at each frequency, shape (m,).
    """
    lags = np.arange(1, len(coefficients) + 1)
    response = 1.0 + np.exp(-2j * np.pi * np.outer(frequencies, lags)) @ coefficients
    return variance / np.abs(response) ** 2

"""Nonparametric estimators. All return densities at the given frequencies, in power per cycle per sample."""

from __future__ import annotations

import numpy as np

from spectra.types import Array


def hann(samples: int) -> Array:
    """The periodic Hann window w_t = (1 - cos(2 pi t / N)) / 2, t = 0 .. N - 1, shape (N,)."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(samples) / samples)


def tapered_spectrum(x: Array, taper: Array, frequencies: Array) -> Array:
    """The direct spectral estimate |sum_t w_t x_t exp(-2 pi i f t)|^2 / sum_t w_t^2.

    Args:
        x: record, shape (n,).
        taper: w, shape (n,).
        frequencies: in cycles per sample, shape (m,).

    Returns:
        Estimates, shape (m,).
    """
    basis = np.exp(-2j * np.pi * np.outer(frequencies, np.arange(len(x))))
    return np.abs(basis @ (taper * x)) ** 2 / (taper**2).sum()


def periodogram(x: Array, frequencies: Array) -> Array:
    """The direct estimate of a record (n,) with a constant taper, shape (m,)."""
    return tapered_spectrum(x, np.ones(len(x)), frequencies)


def welch(x: Array, frequencies: Array, segment: int) -> Array:
    """Welch's estimate: the mean of Hann-tapered spectra of segments that overlap by half.

    Segments start at 0, segment // 2, 2 (segment // 2), ... as long as they fit.

    Args:
        x: record, shape (n,).
        frequencies: shape (m,).
        segment: length of a segment, at most n.

    Returns:
        Estimates, shape (m,).
    """
    starts = range(0, len(x) - segment + 1, segment // 2)
    taper = hann(segment)
    return np.mean([tapered_spectrum(x[s : s + segment], taper, frequencies) for s in starts], axis=0)


def sine_tapers(samples: int, count: int) -> Array:
    """The sine tapers sqrt(2 / (N + 1)) sin(pi k (t + 1) / (N + 1)), k = 1 .. count, t = 0 .. N - 1.

    Returns:
        Orthonormal rows, shape (count, N).
    """
    k = np.arange(1, count + 1)[:, None]
    t = np.arange(1, samples + 1)
    return np.sqrt(2.0 / (samples + 1)) * np.sin(np.pi * k * t / (samples + 1))


def multitaper(x: Array, frequencies: Array, count: int) -> Array:
    """The mean of the direct estimates with the first `count` sine tapers.

    Args:
        x: record, shape (n,).
        frequencies: shape (m,).
        count: number of tapers.

    Returns:
        Estimates, shape (m,).
    """
    return np.mean([tapered_spectrum(x, taper, frequencies) for taper in sine_tapers(len(x), count)], axis=0)

"""From spectra to frequencies, and their errors."""

from __future__ import annotations

import numpy as np

from spectra.types import Array


def refine_peak(spectrum: Array, index: int, frequencies: Array) -> float:
    """Frequency of a peak, refined by a parabola through the logarithms of three neighbouring values.

    On an even grid of spacing h, the shift from the middle is h (l - r) / (2 (l - 2 c + r)), with l, c, r the
    logarithms on the left, at and on the right of the peak.

    Args:
        spectrum: positive values, shape (m,).
        index: an interior local maximum.
        frequencies: evenly spaced, shape (m,).
    """
    left, centre, right = np.log(spectrum[index - 1 : index + 2])
    curvature = left - 2.0 * centre + right
    shift = 0.5 * (left - right) / curvature if curvature < 0 else 0.0
    return float(frequencies[index] + shift * (frequencies[1] - frequencies[0]))


def find_peaks(spectrum: Array, frequencies: Array, count: int) -> Array:
    """Refined frequencies of the `count` highest interior local maxima.

    A local maximum is higher than its left and not lower than its right neighbour.

    Args:
        spectrum: positive values, shape (m,).
        frequencies: evenly spaced, shape (m,).
        count: how many peaks.

    Returns:
        Frequencies in increasing order, shape (k,) with k <= count when there are fewer maxima.
    """
    inner = spectrum[1:-1]
    maxima = np.flatnonzero((inner > spectrum[:-2]) & (inner >= spectrum[2:])) + 1
    highest = maxima[np.argsort(-spectrum[maxima], kind="stable")][:count]
    return np.sort([refine_peak(spectrum, int(index), frequencies) for index in highest])


def resolved(found: Array, truth: Array) -> bool:
    """Whether two tones are told apart: two peaks, each within a third of the separation of its tone.

    Args:
        found: frequencies in increasing order, shape (k,).
        truth: two frequencies in increasing order, shape (2,).
    """
    if len(found) < 2:
        return False
    return bool(np.all(np.abs(found[:2] - truth) <= (truth[1] - truth[0]) / 3.0))


def frequency_bound(samples: int, amplitude: float, noise: float) -> float:
    """The Cramer-Rao bound on the standard deviation of the frequency of one tone, in cycles per sample.

    sqrt(24 sigma^2 / (A^2 n (n^2 - 1))) / (2 pi).

    Args:
        samples: n.
        amplitude: A of the real sinusoid.
        noise: sigma.
    """
    return float(np.sqrt(24.0 * noise**2 / (amplitude**2 * samples * (samples**2 - 1.0))) / (2 * np.pi))


def log_spectral_distance(estimate: Array, truth: Array) -> float:
    """Root mean square difference of two densities (m,) in decibels, 10 log10 of their ratio."""
    decibels = 10.0 * np.log10(estimate / truth)
    return float(np.sqrt(np.mean(decibels**2)))

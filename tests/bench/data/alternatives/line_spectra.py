"""Second implementations for line_spectra, written from docstrings and paper."""

import numpy as np


def levinson(r):
    """Each order by solving its Yule-Walker equations."""
    a, errors = np.zeros(0), [r[0]]
    for m in range(1, len(r)):
        toeplitz = np.array([[r[abs(i - j)] for j in range(m)] for i in range(m)])
        a = -np.linalg.solve(toeplitz, r[1 : m + 1])
        errors.append(r[0] + a @ r[1 : m + 1])
    return a, np.array(errors)


def burg(x, order):
    """Errors of full length."""
    a, errors = [], [float(x @ x) / len(x)]
    forward, backward = list(x), list(x)
    for m in range(1, order + 1):
        pairs = [(forward[t], backward[t - 1]) for t in range(m, len(x))]
        k = -2 * sum(f * b for f, b in pairs) / sum(f * f + b * b for f, b in pairs)
        a = [c + k * d for c, d in zip(a, a[::-1], strict=True)] + [k]
        errors.append(errors[-1] * (1 - k * k))
        for place, (f, b) in enumerate(pairs, start=m):
            forward[place] = f + k * b
        for place, (f, b) in enumerate(pairs, start=m):
            backward[place] = b + k * f
    return np.array(a), np.array(errors)


def information_criteria(errors, samples):
    """Order by order."""
    best = {}
    for name, penalty in (
        ("aic", lambda p: 2 * p),
        ("aicc", lambda p: 2 * p * samples / (samples - p - 1)),
        ("bic", lambda p: p * np.log(samples)),
    ):
        best[name] = min(range(len(errors)), key=lambda p: samples * np.log(errors[p]) + penalty(p))
    return best


def tapered_spectrum(x, taper, frequencies):
    """Cosines and sines apart."""
    angles = 2 * np.pi * np.outer(frequencies, np.arange(len(x)))
    real, imaginary = np.cos(angles) @ (taper * x), np.sin(angles) @ (taper * x)
    return (real**2 + imaginary**2) / (taper @ taper)


def autocovariance(x, lags):
    """By convolution."""
    return np.correlate(x, x, mode="full")[len(x) - 1 : len(x) + lags] / len(x)

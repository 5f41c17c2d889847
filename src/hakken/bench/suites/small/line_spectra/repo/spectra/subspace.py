"""Subspace methods for sinusoids."""

from __future__ import annotations

import numpy as np

from spectra.types import Array


def covariance_matrix(x: Array, size: int) -> Array:
    """The forward-backward sample covariance of the snapshots x_t .. x_{t+size-1}.

    The mean of s s' over all n - size + 1 snapshots, averaged with its reversal in both axes.

    Args:
        x: record, shape (n,).
        size: length of a snapshot.

    Returns:
        Symmetric, shape (size, size).
    """
    snapshots = np.lib.stride_tricks.sliding_window_view(x, size)
    forward = snapshots.T @ snapshots / len(snapshots)
    return 0.5 * (forward + forward[::-1, ::-1])


def noise_subspace(covariance: Array, tones: int) -> Array:
    """Eigenvectors of all but the 2 * tones largest eigenvalues (a real sinusoid occupies two dimensions).

    Args:
        covariance: shape (size, size).
        tones: number of real sinusoids.

    Returns:
        Orthonormal columns, shape (size, size - 2 * tones).
    """
    _, vectors = np.linalg.eigh(covariance)
    return vectors[:, : len(covariance) - 2 * tones]


def music(x: Array, frequencies: Array, tones: int, size: int) -> Array:
    """The MUSIC pseudo-spectrum size / ||E' e(f)||^2, e(f) = (1, exp(2 pi i f), ..., exp(2 pi i f (size - 1))).

    Args:
        x: record, shape (n,).
        frequencies: shape (m,).
        tones: number of real sinusoids.
        size: length of a snapshot.

    Returns:
        Pseudo-spectrum, shape (m,), E being the noise subspace.
    """
    basis = noise_subspace(covariance_matrix(x, size), tones)
    steering = np.exp(2j * np.pi * np.outer(np.arange(size), frequencies))
    return size / (np.abs(basis.T @ steering) ** 2).sum(axis=0)


def esprit(x: Array, tones: int, size: int) -> Array:
    """Frequencies by ESPRIT from the 2 * tones dimensional signal subspace S.

    The rotation is the least-squares solution of S[:-1] R = S[1:]; the angles of its eigenvalues over 2 pi come in
    pairs +-f, of which the `tones` largest, that is the positive ones, are kept.

    Args:
        x: record, shape (n,).
        tones: number of real sinusoids.
        size: length of a snapshot.

    Returns:
        Frequencies in increasing order, shape (tones,).
    """
    _, vectors = np.linalg.eigh(covariance_matrix(x, size))
    signal = vectors[:, -2 * tones :]
    rotation = np.linalg.lstsq(signal[:-1], signal[1:], rcond=None)[0]
    angles = np.angle(np.linalg.eigvals(rotation)) / (2 * np.pi)
    return np.sort(np.sort(angles)[-tones:])

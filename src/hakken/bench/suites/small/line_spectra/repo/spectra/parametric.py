"""Autoregressive estimators and the choice of their order."""

from __future__ import annotations

import numpy as np

from spectra.types import Array


def autocovariance(x: Array, lags: int) -> Array:
    """The biased autocovariances r_k = sum_t x_t x_{t+k} / n of a zero-mean record, k = 0 .. lags.

    Args:
        x: record, shape (n,).
        lags: largest lag, below n.

    Returns:
        Shape (lags + 1,).
    """
    n = len(x)
    return np.array([x[: n - k] @ x[k:] for k in range(lags + 1)]) / n


def levinson(r: Array) -> tuple[Array, Array]:
    """The Levinson-Durbin recursion for the Yule-Walker equations.

    Args:
        r: autocovariances r_0 .. r_p, shape (p + 1,).

    Returns:
        The coefficients a_1 .. a_p of A(z) = 1 + a_1 z^-1 + ... + a_p z^-p, shape (p,), and the prediction error
        variances of orders 0 .. p, shape (p + 1,).
    """
    p = len(r) - 1
    a, errors = np.zeros(0), np.empty(p + 1)
    errors[0] = r[0]
    for m in range(1, p + 1):
        reflection = -(r[m] + a @ r[m - 1 : 0 : -1]) / errors[m - 1]
        a = np.append(a + reflection * a[::-1], reflection)
        errors[m] = errors[m - 1] * (1.0 - reflection**2)
    return a, errors


def yule_walker(x: Array, order: int) -> tuple[Array, Array]:
    """Autoregression from the biased autocovariances.

    Args:
        x: record, shape (n,).
        order: p.

    Returns:
        Coefficients (p,) and prediction error variances of orders 0 .. p, as `levinson`.
    """
    return levinson(autocovariance(x, order))


def burg(x: Array, order: int) -> tuple[Array, Array]:
    """Burg's method: each reflection coefficient minimises the sum of forward and backward error powers.

    With forward errors f_t (t = m .. n-1) and backward errors b_{t-1} of order m - 1, the coefficient is
    -2 sum f_t b_{t-1} / sum (f_t^2 + b_{t-1}^2); errors start as the record, its mean power as the variance.

    Args:
        x: record, shape (n,).
        order: p.

    Returns:
        Coefficients a_1 .. a_p (p,) and prediction error variances of orders 0 .. p (p + 1,).
    """
    a, errors = np.zeros(0), np.empty(order + 1)
    errors[0] = np.mean(x**2)
    forward, backward = x[1:].copy(), x[:-1].copy()
    for m in range(1, order + 1):
        reflection = -2.0 * (forward @ backward) / (forward @ forward + backward @ backward)
        a = np.append(a + reflection * a[::-1], reflection)
        errors[m] = errors[m - 1] * (1.0 - reflection**2)
        following = forward + reflection * backward
        backward = backward + reflection * forward
        forward, backward = following[1:], backward[:-1]
    return a, errors


def information_criteria(errors: Array, samples: int) -> dict[str, int]:
    """The orders that minimise AIC, AICc and BIC.

    n log(error) plus 2p (AIC), 2p n / (n - p - 1) (AICc) or p log n (BIC), over p = 0, 1, ...

    Args:
        errors: prediction error variances of orders 0, 1, ..., shape (P + 1,).
        samples: n, the length of the record.

    Returns:
        {"aic": order, "aicc": order, "bic": order}.
    """
    p = np.arange(len(errors))
    fit = samples * np.log(errors)
    penalties = {"aic": 2.0 * p, "aicc": 2.0 * p * samples / (samples - p - 1), "bic": p * np.log(samples)}
    return {name: int(np.argmin(fit + penalty)) for name, penalty in penalties.items()}

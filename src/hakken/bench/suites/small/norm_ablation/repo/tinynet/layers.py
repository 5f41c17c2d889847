"""Forward and backward passes. A backward pass takes the gradient of the loss by the output and a forward cache."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinynet.types import Array

Cache = tuple[Any, ...]
EPSILON = 1e-5


def dense_forward(x: Array, weight: Array, bias: Array) -> tuple[Array, Cache]:
    """Affine map x W + b.

    Args:
        x: inputs, shape (n, d).
        weight: W, shape (d, h).
        bias: b, shape (h,).

    Returns:
        The output (n, h) and the cache (x, weight).
    """
    return x @ weight + bias, (x, weight)


def dense_backward(grad: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Gradients of an affine map.

    Args:
        grad: by the output, shape (n, h).
        cache: (x, weight) of the forward pass.

    Returns:
        Gradients by x (n, d), by the weight (d, h) and by the bias (h,).
    """
    x, weight = cache
    return grad @ weight.T, x.T @ grad, grad.sum(axis=0)


def relu_forward(x: Array) -> tuple[Array, Cache]:
    """max(x, 0) of any shape, and the cache (mask of the positive entries,)."""
    mask = x > 0
    return x * mask, (mask,)


def batchnorm_forward(
    x: Array, gain: Array, shift: Array, running: tuple[Array, Array], training: bool, momentum: float
) -> tuple[Array, Cache, tuple[Array, Array]]:
    """Batch normalisation over the first axis, gain * (x - mean) / sqrt(var + EPSILON) + shift.

    In training, mean and (biased) variance are those of the batch and the running ones become
    momentum * running + (1 - momentum) * batch; otherwise the running ones are used and stay.

    Args:
        x: shape (n, h).
        gain: shape (h,).
        shift: shape (h,).
        running: running mean and variance, shapes (h,).
        training: use and record batch statistics.
        momentum: share of the old running statistics that is kept.

    Returns:
        The output (n, h), the cache (normalised x, gain, 1 / sqrt(var + EPSILON)) and the running statistics.
    """
    mean, variance = running
    if training:
        mean, variance = x.mean(axis=0), x.var(axis=0)
        running = (
            momentum * running[0] + (1 - momentum) * mean,
            momentum * running[1] + (1 - momentum) * variance,
        )
    inverse = 1.0 / np.sqrt(variance + EPSILON)
    normal = (x - mean) * inverse
    return gain * normal + shift, (normal, gain, inverse), running


def layernorm_forward(x: Array, gain: Array, shift: Array) -> tuple[Array, Cache]:
    """Layer normalisation: each row is centred and scaled by 1 / sqrt(var + EPSILON), then gain * . + shift.

    Args:
        x: shape (n, h).
        gain: shape (h,).
        shift: shape (h,).

    Returns:
        The output (n, h) and the cache (normalised x, gain, 1 / sqrt(var + EPSILON) of shape (n, 1)).
    """
    centred = x - x.mean(axis=1, keepdims=True)
    inverse = 1.0 / np.sqrt(x.var(axis=1, keepdims=True) + EPSILON)
    normal = centred * inverse
    return gain * normal + shift, (normal, gain, inverse)


def norm_backward(grad: Array, cache: Cache, axis: int) -> tuple[Array, Array, Array]:
    """Gradients of a normalisation whose statistics were taken over `axis` of its input.

    With u = grad * gain and z the normalised input, the gradient by x is
    inverse * (u - mean(u) - z * mean(u z)), means over `axis`.

    Args:
        grad: by the output, shape (n, h).
        cache: (z, gain, inverse) of `batchnorm_forward` (axis 0, training) or `layernorm_forward` (axis 1).
        axis: 0 or 1.

    Returns:
        Gradients by x (n, h), by the gain (h,) and by the shift (h,).
    """
    normal, gain, inverse = cache
    u = grad * gain
    by_x = inverse * (u - u.mean(axis=axis, keepdims=True) - normal * (u * normal).mean(axis=axis, keepdims=True))
    return by_x, (grad * normal).sum(axis=0), grad.sum(axis=0)


def softmax_cross_entropy(logits: Array, labels: Array, smoothing: float = 0.0) -> tuple[float, Array]:
    """Mean cross-entropy of a softmax with smoothed labels, and its gradient.

    The target of a row is 1 - smoothing on its label plus smoothing / c on each of the c classes.

    Args:
        logits: shape (n, c).
        labels: integers, shape (n,).
        smoothing: in [0, 1).

    Returns:
        The loss (a float) and its gradient by the logits, shape (n, c).
    """
    n, c = logits.shape
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probability = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    target = np.full((n, c), smoothing / c)
    target[np.arange(n), labels] += 1.0 - smoothing
    return float(-(target * log_probability).sum() / n), (np.exp(log_probability) - target) / n

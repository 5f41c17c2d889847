"""The network: dense layers, a normalisation before each ReLU, a linear output."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tinynet.layers import (
    Cache,
    batchnorm_forward,
    dense_backward,
    dense_forward,
    layernorm_forward,
    norm_backward,
    relu_forward,
)
from tinynet.types import Array

Parameters = dict[str, Array]


def initialise(widths: list[int], scale: float, rng: np.random.Generator) -> Parameters:
    """Draw weights N(0, scale^2 * 2 / fan_in); biases and shifts 0, gains 1, running statistics (0, 1).

    Parameters of layer i: "w<i>" and "b<i>"; of its normalisation, for hidden layers: "g<i>", "s<i>", and the running
    "m<i>" and "v<i>".
    """
    parameters: Parameters = {}
    for i, (fan_in, fan_out) in enumerate(pairwise(widths)):
        parameters[f"w{i}"] = scale * np.sqrt(2.0 / fan_in) * rng.standard_normal((fan_in, fan_out))
        parameters[f"b{i}"] = np.zeros(fan_out)
        if i < len(widths) - 2:
            parameters[f"g{i}"], parameters[f"s{i}"] = np.ones(fan_out), np.zeros(fan_out)
            parameters[f"m{i}"], parameters[f"v{i}"] = np.zeros(fan_out), np.ones(fan_out)
    return parameters


def depth(parameters: Parameters) -> int:
    """Number of dense layers."""
    return sum(name.startswith("w") for name in parameters)


def forward(
    parameters: Parameters, x: Array, norm: str, training: bool, momentum: float = 0.9
) -> tuple[Array, list[Cache]]:
    """Logits of a batch: dense, normalisation, ReLU in every hidden layer; dense in the last.

    In training with batch normalisation, the running statistics in `parameters` are replaced.

    Args:
        parameters: as `initialise` makes them.
        x: inputs, shape (n, d).
        norm: "none", "batch" or "layer".
        training: passed to batch normalisation.
        momentum: passed to batch normalisation.

    Returns:
        Logits (n, c) and one cache for each dense layer: (dense cache, norm cache or None, relu cache), and
        (dense cache,) for the last.
    """
    caches: list[Cache] = []
    last = depth(parameters) - 1
    for i in range(last):
        x, dense = dense_forward(x, parameters[f"w{i}"], parameters[f"b{i}"])
        normal = None
        if norm == "batch":
            running = (parameters[f"m{i}"], parameters[f"v{i}"])
            x, normal, running = batchnorm_forward(
                x, parameters[f"g{i}"], parameters[f"s{i}"], running, training, momentum
            )
            parameters[f"m{i}"], parameters[f"v{i}"] = running
        elif norm == "layer":
            x, normal = layernorm_forward(x, parameters[f"g{i}"], parameters[f"s{i}"])
        x, relu = relu_forward(x)
        caches.append((dense, normal, relu))
    logits, dense = dense_forward(x, parameters[f"w{last}"], parameters[f"b{last}"])
    return logits, [*caches, (dense,)]


def backward(grad: Array, caches: list[Cache], norm: str) -> Parameters:
    """Gradients of all trained parameters by reversing `forward`.

    Args:
        grad: gradient by the logits, shape (n, c).
        caches: as `forward` returns them, first layer first.
        norm: "none", "batch" or "layer".

    Returns:
        Gradients by name: "w<i>", "b<i>", and with a normalisation "g<i>", "s<i>".
    """
    gradients: Parameters = {}
    last = len(caches) - 1
    grad, gradients[f"w{last}"], gradients[f"b{last}"] = dense_backward(grad, caches[last][0])
    for i in range(last - 1, -1, -1):
        dense, normal, (mask,) = caches[i]
        grad = grad * mask
        if norm != "none":
            grad, gradients[f"g{i}"], gradients[f"s{i}"] = norm_backward(grad, normal, 0 if norm == "batch" else 1)
        grad, gradients[f"w{i}"], gradients[f"b{i}"] = dense_backward(grad, dense)
    return gradients


def accuracy(parameters: Parameters, x: Array, labels: Array, norm: str) -> float:
    """Share of rows of x (n, d) whose largest logit, in evaluation mode, is at their label (n,)."""
    logits, _ = forward(parameters, x, norm, training=False)
    return float(np.mean(logits.argmax(axis=1) == labels))

"""Training one network and describing it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from tinynet.data import batches, spirals
from tinynet.layers import softmax_cross_entropy
from tinynet.network import Parameters, accuracy, backward, forward, initialise
from tinynet.optim import State, adam_step, clip, cosine_rate, global_norm, sgd_step
from tinynet.types import Array


@dataclass(frozen=True)
class Recipe:
    """How a network is built and trained."""

    norm: str = "batch"
    optimizer: str = "sgd"
    rate: float = 0.1
    hidden: int = 24
    layers: int = 3
    scale: float = 1.0
    batch: int = 32
    epochs: int = 15
    warmup: int = 10
    smoothing: float = 0.05
    clip: float = 5.0
    momentum: float = 0.9


def loss_and_gradients(parameters: Parameters, x: Array, labels: Array, recipe: Recipe) -> tuple[float, Parameters]:
    """Loss of a training batch and its gradients, before clipping.

    Args:
        parameters: of the network; running statistics are updated.
        x: inputs, shape (n, d).
        labels: shape (n,).
        recipe: gives the normalisation and the label smoothing.

    Returns:
        The loss and gradients by name.
    """
    logits, caches = forward(parameters, x, recipe.norm, training=True)
    loss, grad = softmax_cross_entropy(logits, labels, recipe.smoothing)
    return loss, backward(grad, caches, recipe.norm)


def train(recipe: Recipe, data: tuple[Array, Array], test: tuple[Array, Array], seed: int) -> dict[str, float]:
    """Train on `data` and report "accuracy" on `test`, mean "loss" of the last tenth of steps and mean "norm"."""
    rng = np.random.default_rng(seed)
    x, labels = data
    widths = [x.shape[1], *[recipe.hidden] * recipe.layers, int(labels.max()) + 1]
    parameters = initialise(widths, recipe.scale, rng)
    steps = batches(len(x), recipe.batch, recipe.epochs, rng)
    update = adam_step if recipe.optimizer == "adam" else partial(sgd_step, momentum=recipe.momentum)
    state: State = {}
    losses, norms = [], []
    for step, rows in enumerate(steps):
        loss, gradients = loss_and_gradients(parameters, x[rows], labels[rows], recipe)
        losses.append(loss)
        norms.append(global_norm(gradients))
        update(
            parameters, clip(gradients, recipe.clip), state, cosine_rate(step, len(steps), recipe.rate, recipe.warmup)
        )
    return {
        "accuracy": accuracy(parameters, *test, recipe.norm),
        "loss": float(np.mean(losses[-max(1, len(losses) // 10) :])),
        "norm": float(np.mean(norms)),
    }


def average(recipe: Recipe, task: dict[str, float], repeats: int, seed: int) -> dict[str, float]:
    """Means of `train` over `repeats` draws of data and network."""
    rows = []
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        train_set = spirals(int(task["per_class"]), int(task["classes"]), task["turns"], task["noise"], rng)
        test_set = spirals(int(task["per_class"]), int(task["classes"]), task["turns"], task["noise"], rng)
        rows.append(train(recipe, train_set, test_set, seed=1000 * seed + repeat))
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}

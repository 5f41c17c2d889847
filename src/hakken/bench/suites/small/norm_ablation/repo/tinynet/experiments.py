"""The four experiments of the paper."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tinynet.data import spirals
from tinynet.network import Parameters, initialise
from tinynet.training import Recipe, average, loss_and_gradients

NORMS = ("none", "batch", "layer")


def learning_rate(config: dict[str, Any]) -> dict[str, Any]:
    """Test accuracy against the learning rate for each normalisation."""
    results: dict[str, Any] = {}
    for norm in NORMS:
        for rate in config["rates"]:
            recipe = Recipe(norm=norm, rate=rate, **config["recipe"])
            summary = average(recipe, config["task"], config["repeats"], config["seed"])
            results.setdefault(f"accuracy_{norm}", []).append(summary["accuracy"])
    return results


def initial_scale(config: dict[str, Any]) -> dict[str, Any]:
    """Accuracy and mean gradient norm against the scale of the initial weights."""
    results: dict[str, Any] = {}
    for norm in NORMS:
        for scale in config["scales"]:
            recipe = Recipe(norm=norm, scale=scale, **config["recipe"])
            summary = average(recipe, config["task"], config["repeats"], config["seed"])
            results.setdefault(f"accuracy_{norm}", []).append(summary["accuracy"])
            results.setdefault(f"norm_{norm}", []).append(summary["norm"])
    return results


def batch_size(config: dict[str, Any]) -> dict[str, Any]:
    """Accuracy and training loss against the batch size, for Adam with each normalisation."""
    results: dict[str, Any] = {}
    for norm in ("batch", "layer"):
        for batch in config["batches"]:
            recipe = Recipe(norm=norm, optimizer="adam", batch=batch, **config["recipe"])
            summary = average(recipe, config["task"], config["repeats"], config["seed"])
            results.setdefault(f"accuracy_{norm}", []).append(summary["accuracy"])
            results.setdefault(f"loss_{norm}", []).append(summary["loss"])
    return results


def sensitivity(config: dict[str, Any]) -> dict[str, Any]:
    """At initialisation: loss, norm of the first layer's gradient, and a directional derivative against differences."""
    results: dict[str, Any] = {}
    for norm in NORMS:
        recipe = replace(Recipe(**config["recipe"]), norm=norm)
        rows = []
        for repeat in range(config["repeats"]):
            rng = np.random.default_rng([config["seed"], repeat])
            x, labels = spirals(rng=rng, **config["task"])
            widths = [2, *[recipe.hidden] * recipe.layers, config["task"]["classes"]]
            parameters = initialise(widths, config["scale"], rng)
            loss, gradients = loss_and_gradients(dict(parameters), x, labels, recipe)
            # From the last layer to the first, so that the draws do not follow the order of the dictionary.
            order = sorted(gradients, key=lambda name: (-int(name[1:]), "gswb".index(name[0])))
            direction = {name: rng.standard_normal(gradients[name].shape) for name in order}
            slope = sum(float((gradients[name] * d).sum()) for name, d in direction.items())
            ends = []
            for sign in (1.0, -1.0):
                moved: Parameters = dict(parameters)
                for name, d in direction.items():
                    moved[name] = parameters[name] + sign * config["step"] * d
                ends.append(loss_and_gradients(moved, x, labels, recipe)[0])
            numeric = (ends[0] - ends[1]) / (2 * config["step"])
            rows.append(
                (loss, np.linalg.norm(gradients["w0"]), abs(slope), abs(slope - numeric) <= 1e-3 * abs(numeric))
            )
        values = np.mean(np.array(rows, dtype=float), axis=0)
        for name, value in zip(("loss", "first", "slope", "agreement"), values, strict=True):
            results.setdefault(name, []).append(float(value))
    return results


EXPERIMENTS = {
    "learning_rate": learning_rate,
    "initial_scale": initial_scale,
    "batch_size": batch_size,
    "sensitivity": sensitivity,
}

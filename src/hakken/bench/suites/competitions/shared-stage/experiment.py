"""Say which characters meet on stage, from the graph of the other meetings, by logistic regression.

    python experiment.py --out_dir run_0 --seed 0

The seed draws the training pairs. Left in ``--out_dir``: ``submission.csv``.

A graph is a dictionary: character to the set of its neighbours. Arrays: N pairs, D inputs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import table_io

STEPS = 300


# --- The method: each function below is one place where an idea can be tried. ---


def closeness(graph, a, b):
    """Return how close two characters are by what they share, a list of floats; always of the same length."""
    return [float(len(graph[a] & graph[b]))]


def prominence(graph, a, b):
    """Return how prominent two characters are, a list of floats of the same length, the same for (a, b) and (b, a)."""
    return [float(len(graph[a]) + len(graph[b]))]


def surroundings(graph, plays, a, b):
    """Return facts about the play of two characters, a list of floats that may be empty; plays: character to play."""
    return []


def scale(inputs):
    """Turn raw inputs (N, D) into an array of the same shape that is easier to learn from."""
    return inputs


def penalty_gradient(weights):
    """Return the gradient of a penalty on the weights (D,), an array of the same shape."""
    return np.zeros_like(weights)


# --- Training. ---


def sigmoid(values):
    """Turn logits (N,) into probabilities (N,)."""
    return 1 / (1 + np.exp(-np.clip(values, -500, 500)))


def expect(name, array, shape):
    """Refuse an array of another shape, which NumPy might silently stretch."""
    if np.shape(array) != tuple(shape):
        raise ValueError(f"{name} returned shape {np.shape(array)}, but {tuple(shape)} was expected")


def inputs_of(graph, plays, table):
    """Inputs (N, D) of the pairs of a table."""
    rows = [
        [*closeness(graph, a, b), *prominence(graph, a, b), *surroundings(graph, plays, a, b)]
        for a, b in zip(table["a"], table["b"], strict=True)
    ]
    raw = np.array(rows, dtype=float)
    scaled = scale(raw)
    expect("scale", scaled, raw.shape)
    return scaled


def main():
    """Train once and leave the predictions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    table, test = table_io.load_train(args.seed), table_io.load_test()
    members = table_io.read_table("characters.csv")
    plays = dict(zip(members["character"], members["play"], strict=True))
    links = table_io.read_table("graph.csv")
    graph = {character: set() for character in plays}
    for a, b in zip(links["a"], links["b"], strict=True):
        graph[a].add(b)
        graph[b].add(a)
    rows, asked = inputs_of(graph, plays, table), inputs_of(graph, plays, test)
    centre, width = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    rows, asked = (rows - centre) / width, (asked - centre) / width
    labels = np.array([float(cell) for cell in table["link"]])
    weights, bias = np.zeros(rows.shape[1]), 0.0
    for _ in range(STEPS):
        penalty = penalty_gradient(weights.copy())
        expect("penalty_gradient", penalty, weights.shape)
        errors = (sigmoid(rows @ weights + bias) - labels) / len(labels)
        weights, bias = weights - (rows.T @ errors + penalty), bias - errors.sum()
    table_io.write_submission(args.out_dir, sigmoid(asked @ weights + bias))


if __name__ == "__main__":
    main()

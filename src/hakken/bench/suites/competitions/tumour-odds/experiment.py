"""Give the probability that a tumour is malignant, by logistic regression.

    python experiment.py --out_dir run_0 --seed 0

The seed draws the training rows. Left in ``--out_dir``: ``submission.csv``.

Arrays: N rows, D inputs. A row has ten measurements: radius, texture, perimeter, area, smoothness, compactness,
concavity, points, symmetry, fractal dimension.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import table_io

STEPS = 400


# --- The method: each function below is one place where an idea can be tried. ---


def features(rows):
    """Turn standardised measurements (N, 10) into the inputs of the model, an array (N, D)."""
    return rows


def sample_weights(labels):
    """Return a weight, at least 0, for each training row, an array (N,); labels (N,) are 0 and 1."""
    return np.ones(len(labels))


def penalty_gradient(weights):
    """Return the gradient of a penalty on the weights (D,), an array of the same shape."""
    return np.zeros_like(weights)


def learning_rate(step, steps):
    """Return the learning rate, a positive float, at step 0, 1, ..., steps - 1."""
    return 1.0


def calibrate(probabilities):
    """Return the probabilities (N,) to hand in, from those of the model (N,)."""
    return probabilities


# --- Training. ---


def sigmoid(values):
    """Turn logits (N,) into probabilities (N,)."""
    return 1 / (1 + np.exp(-np.clip(values, -500, 500)))


def expect(name, array, shape):
    """Refuse an array of another shape, which NumPy might silently stretch."""
    if np.shape(array) != tuple(shape):
        raise ValueError(f"{name} returned shape {np.shape(array)}, but {tuple(shape)} was expected")


def train(inputs, labels):
    """Return the weights (D,) and the bias."""
    weights, bias = np.zeros(inputs.shape[1]), 0.0
    shares = sample_weights(labels)
    expect("sample_weights", shares, labels.shape)
    shares = shares / shares.sum()
    for step in range(STEPS):
        penalty = penalty_gradient(weights.copy())
        expect("penalty_gradient", penalty, weights.shape)
        errors = shares * (sigmoid(inputs @ weights + bias) - labels)
        rate = learning_rate(step, STEPS)
        weights, bias = weights - rate * (inputs.T @ errors + penalty), bias - rate * errors.sum()
    return weights, bias


def main():
    """Train once and leave the predictions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    table, test = table_io.load_train(args.seed), table_io.load_test()
    names = table_io.features_of(test)
    rows, asked = table_io.numbers(table, names), table_io.numbers(test, names)
    centre, width = rows.mean(axis=0), rows.std(axis=0)
    inputs = features((rows - centre) / width)
    weights, bias = train(inputs, np.array([float(cell) for cell in table["malignant"]]))
    probabilities = calibrate(sigmoid(features((asked - centre) / width) @ weights + bias))
    expect("calibrate", probabilities, (len(asked),))
    table_io.write_submission(args.out_dir, np.clip(probabilities, 0, 1))


if __name__ == "__main__":
    main()

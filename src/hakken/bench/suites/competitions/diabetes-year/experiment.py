"""Predict how diabetes has progressed after a year, by the patients that are nearest.

    python experiment.py --out_dir run_0 --seed 0

The seed draws the training rows. Left in ``--out_dir``: ``submission.csv``.

Arrays: N training rows, M rows to predict, K nearest rows. A row has ten measurements: age, sex, bmi, pressure, tc,
ldl, hdl, tch, ltg, glu.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import table_io

# --- The method: each function below is one place where an idea can be tried. ---


def importance(rows, values):
    """Return a factor, at least 0, for each column, an array (10,), from training rows (N, 10) and targets (N,)."""
    return np.ones(rows.shape[1])


def distances(asked, rows):
    """Return the distance, at least 0, of each of the rows (M, 10) to each of the training rows (N, 10): (M, N)."""
    return np.sqrt(((asked[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2))


def neighbours(size):
    """Return how many nearest rows are looked at, an integer from 1 to the number of training rows, size."""
    return 3


def votes(near):
    """Return a weight, at least 0, of each of the nearest rows, an array (M, K), from their distances (M, K)."""
    return np.ones_like(near)


def correct(predictions, asked, rows, values):
    """Return predictions (M,), corrected; rows (N, 10) and values (N,) are those of training, asked is (M, 10)."""
    return predictions


# --- Training. ---


def expect(name, array, shape):
    """Refuse an array of another shape, which NumPy might silently stretch."""
    if np.shape(array) != tuple(shape):
        raise ValueError(f"{name} returned shape {np.shape(array)}, but {tuple(shape)} was expected")


def predict(asked, rows, values):
    """Predictions (M,) for rows (M, 10): the weighted mean of the nearest training rows."""
    factors = importance(rows, values)
    expect("importance", factors, (rows.shape[1],))
    far = distances(asked * factors, rows * factors)
    expect("distances", far, (len(asked), len(rows)))
    count = int(neighbours(len(rows)))
    if not 1 <= count <= len(rows):
        raise ValueError(f"neighbours returned {count}, but a number from 1 to {len(rows)} was expected")
    nearest = np.argsort(far, axis=1, kind="stable")[:, :count]
    weights = votes(np.take_along_axis(far, nearest, axis=1))
    expect("votes", weights, nearest.shape)
    return (weights * values[nearest]).sum(axis=1) / weights.sum(axis=1)


def main():
    """Predict once and leave the predictions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    table, test = table_io.load_train(args.seed), table_io.load_test()
    names = table_io.features_of(test)
    rows, asked = table_io.numbers(table, names), table_io.numbers(test, names)
    centre, width = rows.mean(axis=0), rows.std(axis=0)
    rows, asked = (rows - centre) / width, (asked - centre) / width
    values = np.array([float(cell) for cell in table["progression"]])
    predictions = correct(predict(asked, rows, values), asked, rows, values)
    expect("correct", predictions, (len(asked),))
    table_io.write_submission(args.out_dir, predictions)


if __name__ == "__main__":
    main()

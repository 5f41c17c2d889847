"""Predict how diabetes has progressed after a year, by least squares.

    python experiment.py --out_dir run_0 --seed 0

The seed draws the training rows. Left in ``--out_dir``: ``submission.csv``.

Arrays: N rows, D inputs. A row has ten measurements: age, sex, bmi, pressure, tc, ldl, hdl, tch, ltg, glu.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import table_io

# --- The method: each function below is one place where an idea can be tried. ---


def features(rows):
    """Turn standardised measurements (N, 10) into the inputs of the model, an array (N, D)."""
    return rows


def transform(values):
    """Turn the progression (N,) into what the model learns, an array (N,)."""
    return values


def restore(values):
    """Undo ``transform``: turn what the model says (N,) into predictions (N,)."""
    return values


def sample_weights(rows, values):
    """Return a weight, at least 0, for each training row (N, 10) with its progression (N,); an array (N,)."""
    return np.ones(len(values))


def solve(inputs, values, weights):
    """Return the coefficients (D,) for centred inputs (N, D), centred values (N,) and weights of the rows (N,)."""
    scaled = inputs * np.sqrt(weights)[:, None]
    return np.linalg.lstsq(scaled, values * np.sqrt(weights), rcond=None)[0]


# --- Training. ---


def expect(name, array, shape):
    """Refuse an array of another shape, which NumPy might silently stretch."""
    if np.shape(array) != tuple(shape):
        raise ValueError(f"{name} returned shape {np.shape(array)}, but {tuple(shape)} was expected")


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
    rows, asked = (rows - centre) / width, (asked - centre) / width
    learned = transform(np.array([float(cell) for cell in table["progression"]]))
    expect("transform", learned, (len(rows),))
    inputs, mean = features(rows), learned.mean()
    middle = inputs.mean(axis=0)
    weights = sample_weights(rows, learned)
    expect("sample_weights", weights, learned.shape)
    coefficients = solve(inputs - middle, learned - mean, weights)
    expect("solve", coefficients, (inputs.shape[1],))
    predictions = restore((features(asked) - middle) @ coefficients + mean)
    expect("restore", predictions, (len(asked),))
    table_io.write_submission(args.out_dir, predictions)


if __name__ == "__main__":
    main()

"""Place people on a scale of party identification from 0 to 6, by least squares and rounding.

    python experiment.py --out_dir run_0 --seed 0

The seed draws the training rows. Left in ``--out_dir``: ``submission.csv``.

Arrays: N rows, D inputs. A row has nine columns: town, news, self, clinton, dole, age, educ, income, vote.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import table_io

# --- The method: each function below is one place where an idea can be tried. ---


def features(rows):
    """Turn standardised columns (N, 9) into the inputs of the model, an array (N, D)."""
    return rows


def sample_weights(rows, places):
    """Return a weight, at least 0, for each training row (N, 9) with its place on the scale (N,); an array (N,)."""
    return np.ones(len(places))


def solve(inputs, places, weights):
    """Return the coefficients (D,) for centred inputs (N, D), centred places (N,) and weights of the rows (N,)."""
    scaled = inputs * np.sqrt(weights)[:, None]
    return np.linalg.lstsq(scaled, places * np.sqrt(weights), rcond=None)[0]


def to_scale(values, fitted, places):
    """Turn predictions (N,) into places on the scale, integers 0 to 6.

    ``fitted`` (M,) are the predictions for the training rows, and ``places`` (M,) their true places.
    """
    return np.clip(np.rint(values), 0, 6).astype(int)


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
    places = np.array([float(cell) for cell in table["party"]])
    inputs, mean = features(rows), places.mean()
    middle = inputs.mean(axis=0)
    weights = sample_weights(rows, places)
    expect("sample_weights", weights, places.shape)
    coefficients = solve(inputs - middle, places - mean, weights)
    expect("solve", coefficients, (inputs.shape[1],))
    fitted = (inputs - middle) @ coefficients + mean
    answers = to_scale((features(asked) - middle) @ coefficients + mean, fitted, places)
    expect("to_scale", answers, (len(asked),))
    table_io.write_submission(args.out_dir, [int(answer) for answer in answers])


if __name__ == "__main__":
    main()

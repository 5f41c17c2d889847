"""Forecast carbon dioxide years ahead, by least squares on functions of time.

    python experiment.py --out_dir run_0 --seed 0

The seed draws the training weeks. Left in ``--out_dir``: ``submission.csv``.

Arrays: N weeks, D inputs. A time is in years, a float such as 1975.25.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import numpy as np
import table_io

# --- The method: each function below is one place where an idea can be tried. ---


def trend(years):
    """Return functions of time for the slow rise, an array (N, D), from times (N,) in years since 1980."""
    return np.stack([np.ones_like(years), years], axis=1)


def season(years):
    """Return functions of time for the seasons, an array (N, D) that may have no columns, from times (N,) in years."""
    return np.zeros((len(years), 0))


def transform(values):
    """Turn parts per million (N,) into what the model learns, an array (N,)."""
    return values


def restore(values):
    """Undo ``transform``: turn what the model says (N,) into parts per million (N,)."""
    return values


def sample_weights(years, last):
    """Return a weight, at least 0, for each training week, an array (N,); ``last`` is the time of the last one."""
    return np.ones(len(years))


def adjust(predictions, years, residuals, known):
    """Return predictions (N,) for times (N,), corrected by the residuals (M,) of training at ``known`` (M,)."""
    return predictions


# --- Training. ---


def expect(name, array, shape):
    """Refuse an array of another shape, which NumPy might silently stretch."""
    if np.shape(array) != tuple(shape):
        raise ValueError(f"{name} returned shape {np.shape(array)}, but {tuple(shape)} was expected")


def times(dates):
    """Times (N,) in years since 1980."""
    start = date(1980, 1, 1)
    return np.array([(date.fromisoformat(day) - start).days / 365.2425 for day in dates])


def inputs(years):
    """All functions of time, an array (N, D)."""
    parts = [trend(years), season(years)]
    for name, part in zip(("trend", "season"), parts, strict=True):
        if np.ndim(part) != 2 or len(part) != len(years):
            raise ValueError(f"{name} returned shape {np.shape(part)}, but ({len(years)}, any) was expected")
    return np.concatenate(parts, axis=1)


def main():
    """Fit once and leave the predictions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    table, test = table_io.load_train(args.seed), table_io.load_test()
    known, asked = times(table["date"]), times(test["date"])
    learned = transform(np.array([float(cell) for cell in table["co2"]]))
    expect("transform", learned, known.shape)
    weights = sample_weights(known, known.max())
    expect("sample_weights", weights, known.shape)
    roots, design = np.sqrt(weights), inputs(known)
    coefficients = np.linalg.lstsq(design * roots[:, None], learned * roots, rcond=None)[0]
    residuals = learned - design @ coefficients
    predictions = restore(adjust(inputs(asked) @ coefficients, asked, residuals, known))
    expect("adjust and restore", predictions, asked.shape)
    table_io.write_submission(args.out_dir, predictions)


if __name__ == "__main__":
    main()

"""Score the predictions that ``experiment.py`` left: the only source of metrics.

    python evaluate.py --out_dir run_0 --seed 0

Reads ``predictions.npy`` in ``--out_dir`` and the labels of one half of the unlabelled images, which are mounted as
``hidden/`` in this step only. Writes ``metrics.json``, or says what is wrong with the predictions and fails.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
IMAGES = 1400
CLASSES = 10
SMALLEST = 1e-7  # no probability counts as less, so that one confident mistake does not make the log loss infinite


class BadPredictions(Exception):
    """The predictions cannot be scored; the message says why."""


def read_predictions(path: Path) -> np.ndarray:
    """Read probabilities (1400, 10), or say what is wrong with them."""
    try:
        predictions = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise BadPredictions(f"{path.name} is missing") from None
    except (OSError, ValueError, EOFError) as error:
        raise BadPredictions(f"{path.name} is not an array that NumPy can read: {error}") from None
    if not isinstance(predictions, np.ndarray) or predictions.dtype.kind != "f":
        raise BadPredictions(f"{path.name} must hold one array of floating-point numbers")
    if predictions.shape != (IMAGES, CLASSES):
        raise BadPredictions(f"{path.name} has shape {predictions.shape}, but {(IMAGES, CLASSES)} was expected")
    if not np.isfinite(predictions).all():
        raise BadPredictions(f"{path.name} holds values that are not finite")
    if predictions.min() < 0 or predictions.max() > 1 + 1e-6:
        raise BadPredictions(f"{path.name} holds values outside [0, 1], which are no probabilities")
    if np.abs(predictions.sum(axis=1) - 1).max() > 1e-4:
        raise BadPredictions(f"{path.name} has rows that do not sum to one")
    return predictions.astype(float)


def score(predictions: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Percentage of wrong digits, and mean negative logarithm of the probability of the right one."""
    right = predictions[np.arange(len(labels)), labels]
    return {
        "digits/test_error": float(100 * np.mean(predictions.argmax(axis=1) != labels)),
        "digits/log_loss": float(-np.log(np.clip(right, SMALLEST, 1)).mean()),
    }


def main() -> int:
    """Score one folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0, help="the trial's seed; the score does not depend on it")
    parser.add_argument("--hidden", type=Path, default=HERE / "hidden", help="folder with labels.csv")
    args = parser.parse_args()
    index, labels = np.loadtxt(args.hidden / "labels.csv", delimiter=",", skiprows=1, dtype=int, unpack=True)
    try:
        predictions = read_predictions(args.out_dir / "predictions.npy")
    except BadPredictions as error:
        print(f"evaluate.py: {error}", file=sys.stderr)
        return 1
    metrics = score(predictions[index], labels)
    (args.out_dir / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

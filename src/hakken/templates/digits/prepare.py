"""Makes ``data/`` and ``hidden/`` from scikit-learn's digits. Run once by maintainers; its outputs are committed.

    python prepare.py

The 1,797 images are shuffled with a fixed seed and divided class by class into a labelled pool of 397 images and 1,400
unlabelled ones. A fifth of the labels of the pool is replaced by another digit here and not in the experiment, so that
the right ones never enter a trial. The labels of the unlabelled images are all right and go to ``hidden/``, one half to
each split, so that whatever is selected on ``explore`` is reported on images whose labels no decision has seen.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

FOLDER = Path(__file__).parent
SHUFFLE_SEED = 20240
UNLABELLED = 1400
WRONG = 0.2


def corrupt(labels: np.ndarray) -> np.ndarray:
    """Replace the given share of the labels, drawn at random, by another digit, also drawn at random."""
    rng = np.random.default_rng(SHUFFLE_SEED)
    wrong = rng.choice(len(labels), size=round(WRONG * len(labels)), replace=False)
    corrupted = labels.copy()
    corrupted[wrong] = (labels[wrong] + rng.integers(1, 10, size=len(wrong))) % 10
    return corrupted


def write_labels(split: str, indices: np.ndarray, labels: np.ndarray) -> None:
    """Write ``hidden/SPLIT/labels.csv``: the row of the unlabelled image, and its digit."""
    folder = FOLDER / "hidden" / split
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["index", "label"])
        writer.writerows(sorted(zip(indices.tolist(), labels.tolist(), strict=True)))


def main() -> None:
    """Divide the images and write the three parts."""
    digits = load_digits()
    images = (digits.images / 16.0).astype(np.float32)
    labels = digits.target.astype(np.int8)
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images), "an image occurs twice"

    pool, unlabelled = train_test_split(
        np.arange(len(labels)), test_size=UNLABELLED, stratify=labels, random_state=SHUFFLE_SEED
    )
    explore, report = train_test_split(
        np.arange(UNLABELLED), test_size=0.5, stratify=labels[unlabelled], random_state=SHUFFLE_SEED
    )
    (FOLDER / "data").mkdir(exist_ok=True)
    np.savez_compressed(
        FOLDER / "data" / "digits.npz",
        pool_images=images[pool],
        pool_labels=corrupt(labels[pool]),
        unlabelled_images=images[unlabelled],
    )
    write_labels("explore", explore, labels[unlabelled][explore])
    write_labels("report", report, labels[unlabelled][report])


if __name__ == "__main__":
    main()

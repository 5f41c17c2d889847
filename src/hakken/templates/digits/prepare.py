"""Makes ``data/`` and ``hidden/`` from scikit-learn's digits. Run once by maintainers; its outputs are committed.

    python prepare.py

The 1,797 images are shuffled with a fixed seed and divided class by class into a labelled pool of 397 images and 1,400
unlabelled ones. A fifth of the labels of the pool is replaced by another digit here and not in the experiment, so that
the right ones never enter a trial. The training set of each seed is drawn here too and gets a file of its own, so that
a trial is shown no other labelled images. Every one has the same number of wrong labels, since chance in that number
would hide the differences between methods. The labels of the unlabelled images are all right and go to ``hidden/``, one
half to each split, so that whatever is selected on ``explore`` is reported on images whose labels no decision has seen.
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
WRONG_PER_DIGIT = 8
SEEDS = (*range(1, 9), *range(101, 121), *range(201, 217), *range(301, 341))
"""The seeds of template.toml, and forty further ones for whoever asks for more."""
RIGHT_PER_LABEL, WRONG_PER_LABEL = 8, 2


def corrupt(labels: np.ndarray) -> np.ndarray:
    """Replace eight labels of each digit by eight different other digits, so that each digit is also given eight times.

    With equal shares, how often an image occurs in the training sets does not tell whether its label is wrong.
    """
    rng = np.random.default_rng(SHUFFLE_SEED)
    corrupted = labels.copy()
    for digit in range(10):
        wrong = rng.choice(np.flatnonzero(labels == digit), WRONG_PER_DIGIT, replace=False)
        corrupted[wrong] = (digit + 1 + np.arange(WRONG_PER_DIGIT)) % 10
    return corrupted


def draw_sets(labels: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Rows of the pool that form the training set of each seed from 0 on (seeds, 100).

    Per given label there are so many right ones and so many wrong ones.
    """
    rng = np.random.default_rng(SHUFFLE_SEED + 1)
    sets = []
    for _ in range(max(SEEDS) + 1):
        rows = []
        for digit in range(10):
            named = given == digit
            rows.append(rng.choice(np.flatnonzero(named & (labels == given)), RIGHT_PER_LABEL, replace=False))
            rows.append(rng.choice(np.flatnonzero(named & (labels != given)), WRONG_PER_LABEL, replace=False))
        # Shuffled, so that the place in the row does not tell which labels are wrong.
        sets.append(rng.permutation(np.concatenate(rows)))
    return np.array(sets, dtype=np.int16)


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
    given = corrupt(labels[pool])
    sets = draw_sets(labels[pool], given)
    (FOLDER / "data").mkdir(exist_ok=True)
    np.savez_compressed(FOLDER / "data" / "unlabelled.npz", images=images[unlabelled])
    for seed in SEEDS:
        rows = sets[seed]
        np.savez_compressed(FOLDER / "data" / f"{seed}.npz", images=images[pool][rows], labels=given[rows])
    write_labels("explore", explore, labels[unlabelled][explore])
    write_labels("report", report, labels[unlabelled][report])


if __name__ == "__main__":
    main()

"""Read handwritten digits with a linear model on pixels, trained by gradient descent.

    python experiment.py --out_dir run_0 --seed 0

The seed draws the training images and the order of the batches. Left in ``--out_dir``: ``submission.csv``.

Arrays: N images of 28 by 28 pixels with values in [0, 1], D inputs, 10 classes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import table_io

CLASSES, BATCH, STEPS = 10, 50, 600


# --- The method: each function below is one place where an idea can be tried. ---


def features(images):
    """Turn images (N, 28, 28) with values in [0, 1] into the inputs of the model, an array (N, D)."""
    return images.reshape(len(images), -1)


def augment(images, rng):
    """Return changed copies (N, 28, 28) of a batch of training images (N, 28, 28); rng is a NumPy Generator."""
    return images


def targets(labels):
    """Turn labels (N,), integers 0 to 9, into target probabilities (N, 10) whose rows sum to one."""
    return np.eye(CLASSES)[labels]


def penalty_gradient(weights):
    """Return the gradient of a penalty on the weights (D, 10), an array of the same shape."""
    return np.zeros_like(weights)


def learning_rate(step, steps):
    """Return the learning rate, a positive float, at step 0, 1, ..., steps - 1."""
    return 0.1


def average(kept, weights, step, steps):
    """Return the weights (D, 10) to predict with, from those kept so far and the current ones."""
    return weights


# --- Training. ---


def softmax(logits):
    """Turn logits (N, 10) into probabilities (N, 10)."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def expect(name, array, shape):
    """Refuse an array of another shape, which NumPy might silently stretch."""
    if np.shape(array) != tuple(shape):
        raise ValueError(f"{name} returned shape {np.shape(array)}, but {tuple(shape)} was expected")


def train(images, labels, seed):
    """Return the weights (D, 10) to predict with."""
    order, pixels = np.random.default_rng(seed).spawn(2)
    weights = np.zeros((features(images[:1]).shape[1], CLASSES))
    kept = weights.copy()
    for step in range(STEPS):
        chosen = order.choice(len(images), size=BATCH, replace=False)
        batch = augment(images[chosen], pixels)
        expect("augment", batch, images[chosen].shape)
        inputs, wanted = features(batch), targets(labels[chosen])
        expect("targets", wanted, (BATCH, CLASSES))
        penalty = penalty_gradient(weights.copy())
        expect("penalty_gradient", penalty, weights.shape)
        gradient = inputs.T @ (softmax(inputs @ weights) - wanted) / BATCH + penalty
        weights = weights - learning_rate(step, STEPS) * gradient
        kept = average(kept, weights.copy(), step, STEPS)
        expect("average", kept, weights.shape)
    if not np.isfinite(kept).all():
        raise FloatingPointError("training diverged: a weight is not finite")
    return kept


def images_of(table):
    """The images (N, 28, 28) of a table."""
    pixels = [name for name in table_io.features_of(table) if name.startswith("p")]
    return table_io.numbers(table, pixels).reshape(-1, 28, 28) / 255


def main():
    """Train once and leave the predictions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    table, test = table_io.load_train(args.seed), table_io.load_test()
    weights = train(images_of(table), np.array([int(cell) for cell in table["digit"]]), args.seed)
    scores = features(images_of(test)) @ weights
    table_io.write_submission(args.out_dir, scores.argmax(axis=1))


if __name__ == "__main__":
    main()

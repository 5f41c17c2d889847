"""Learn to read handwritten digits from a hundred images, a fifth of them wrongly labelled, with a small network.

    python experiment.py --out_dir run_0 --seed 1

The seed chooses which images are labelled, the initial weights and the order of the minibatches. Training is minibatch
gradient descent in NumPy with hand-written backpropagation. Left in ``--out_dir``: ``predictions.npy``, a probability
of each class for every unlabelled image; ``curve.csv``, the loss during training; ``cost.json``, what was used.

Arrays: B images in a batch, D inputs, H units of a hidden layer. An image is 8 by 8 with values in [0, 1].
"""

from __future__ import annotations

import argparse
import csv
import json
from itertools import pairwise
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"
CLASSES = 10
BATCH = 20
STEPS = 8000
CURVE_POINTS = 50


# --- The method: each function below is one place where an idea can be tried. ---


def features(images):
    """Turn images (B, 8, 8) with values in [0, 1] into the inputs of the network, an array (B, D)."""
    return images.reshape(len(images), -1)


def hidden_sizes():
    """Return the number of units of each hidden layer, a list of integers."""
    return [32]


def initialise(fan_in, fan_out, rng):
    """Return the initial weights (fan_in, fan_out) and biases (fan_out,) of one layer, drawn from the Generator rng."""
    weights = rng.normal(0.0, 0.1, size=(fan_in, fan_out))
    biases = np.zeros(fan_out)
    return weights, biases


def activation(sums):
    """Return the outputs of hidden units and the derivative of each by its input; all three arrays are (B, H)."""
    outputs = np.tanh(sums)
    slopes = 1.0 - outputs**2
    return outputs, slopes


def augment(images, rng):
    """Return changed copies (B, 8, 8) of a batch of training images (B, 8, 8); rng is a NumPy Generator."""
    return images


def dropout_mask(shape, rng):
    """Return factors, an array of the given shape (B, H), that multiply hidden outputs during training only."""
    return np.ones(shape)


def targets(labels):
    """Turn labels (B,), integers 0 to 9, into target probabilities (B, 10) whose rows sum to one."""
    return np.eye(CLASSES)[labels]


def penalty_gradient(weights):
    """Return the gradient of a penalty on the weights of one layer, an array of the same shape (fan_in, fan_out)."""
    return np.zeros_like(weights)


def learning_rate(step, steps):
    """Return the learning rate, a positive float, at step 0, 1, ..., steps - 1."""
    return 0.1


def update(parameter, gradient, rate, memory):
    """Return the new value of a parameter array; memory is a dict, empty at first, kept for this parameter."""
    return parameter - rate * gradient


def average(kept, parameter, step, steps):
    """Return the value of a parameter array to predict with, from the one kept so far and the current one."""
    return parameter


def predict(layers, images):
    """Return class probabilities (N, 10) for images (N, 8, 8); each row sums to one."""
    return softmax(forward(layers, features(images)))


# --- The network and its training. ---


def softmax(logits):
    """Turn logits (N, 10) into probabilities (N, 10)."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def forward(layers, inputs):
    """Return the logits (N, 10) for inputs (N, D), without dropout."""
    for weights, biases in layers[:-1]:
        inputs, _ = activation(inputs @ weights + biases)
    weights, biases = layers[-1]
    return inputs @ weights + biases


def gradients(layers, inputs, wanted, rng):
    """Return the gradient of the mean cross-entropy of a batch for each layer's (weights, biases).

    ``inputs`` is (B, D) and ``wanted`` the target probabilities (B, 10).
    """
    trace = []  # what entered each layer, and the derivative of that by the sums of the layer below
    slopes = None
    for weights, biases in layers[:-1]:
        trace.append((inputs, slopes))
        sums = inputs @ weights + biases
        outputs, slopes = activation(sums)
        expect("activation", outputs, sums.shape)
        mask = dropout_mask(outputs.shape, rng)
        expect("dropout_mask", mask, outputs.shape)
        inputs, slopes = outputs * mask, slopes * mask
    trace.append((inputs, slopes))
    weights, biases = layers[-1]
    error = (softmax(inputs @ weights + biases) - wanted) / len(inputs)

    found = []
    for (weights, _), (entered, slopes) in zip(reversed(layers), reversed(trace), strict=True):
        found.append((entered.T @ error, error.sum(axis=0)))
        if slopes is not None:
            error = (error @ weights.T) * slopes
    return found[::-1]


def train(images, labels, seed, steps):
    """Train on images (N, 8, 8) and labels (N,); return the layers to predict with, and the curve of the loss."""
    start, order, pixels, masks = np.random.default_rng(seed).spawn(4)
    sizes = [features(images).shape[1], *hidden_sizes(), CLASSES]
    layers = [initialise(fan_in, fan_out, start) for fan_in, fan_out in pairwise(sizes)]
    kept = [tuple(array.copy() for array in layer) for layer in layers]
    memories = [({}, {}) for _ in layers]
    curve = []
    check_slopes()
    for step in range(steps):
        chosen = order.choice(len(images), size=BATCH, replace=False)
        batch = augment(images[chosen], pixels)
        expect("augment", batch, images[chosen].shape)
        wanted = targets(labels[chosen])
        expect("targets", wanted, (BATCH, CLASSES))
        rate = learning_rate(step, steps)
        slopes = gradients(layers, features(batch), wanted, masks)
        layers = [
            apply(layer, slope, rate, memory) for layer, slope, memory in zip(layers, slopes, memories, strict=True)
        ]
        kept = [
            tuple(averaged(old, new, step, steps) for old, new in zip(*pair, strict=True))
            for pair in zip(kept, layers, strict=True)
        ]
        if (step + 1) % max(1, steps // CURVE_POINTS) == 0:
            curve.append((step + 1, training_loss(kept, images, labels)))
    return kept, curve


def apply(layer, gradient, rate, memory):
    """Return the layer (weights, biases) after one update."""
    penalty = penalty_gradient(layer[0].copy())  # a copy, so that a change in place has no effect
    expect("penalty_gradient", penalty, layer[0].shape)
    wanted = (gradient[0] + penalty, gradient[1])
    after = tuple(update(*arguments) for arguments in zip(layer, wanted, (rate, rate), memory, strict=True))
    for old, new in zip(layer, after, strict=True):
        expect("update", new, old.shape)
    return after


def averaged(old, new, step, steps):
    """Return the result of ``average``, whose shape must stay."""
    result = average(old, new.copy(), step, steps)  # a copy, so that averaging in place leaves training alone
    expect("average", result, new.shape)
    return result


def check_slopes():
    """Refuse an activation whose second result is not the derivative of its first: backpropagation would be wrong."""
    sums, tiny = np.linspace(-3.01, 2.98, 60)[:, None], 1e-6
    _, slopes = activation(sums)
    expect("activation", slopes, sums.shape)
    measured = (activation(sums + tiny)[0] - activation(sums - tiny)[0]) / (2 * tiny)
    if np.mean(np.abs(measured - slopes) > 1e-3) > 0.05:  # a kink or two between the points is no mistake
        raise ValueError("activation must return its outputs and their derivative, and the two do not agree")


def training_loss(layers, images, labels):
    """Return the cross-entropy of the labelled images, unchanged, under ``predict``."""
    right = predict(layers, images)[np.arange(len(labels)), labels]
    loss = float(-np.log(np.maximum(right, 1e-12)).mean())
    if not np.isfinite(loss):
        raise FloatingPointError("training diverged: the training loss is not finite")
    return loss


def expect(name, array, shape):
    """Refuse an array of another shape, which NumPy might silently stretch."""
    if np.shape(array) != tuple(shape):
        raise ValueError(f"{name} returned shape {np.shape(array)}, but {tuple(shape)} was expected")


# --- Data in, files out. ---


def load_images(seed):
    """Return the labelled images (100, 8, 8), their labels (100,) and the unlabelled images (1400, 8, 8).

    The training set of each seed was drawn from the pool beforehand; a trial is shown its own one only.
    """
    path = DATA / f"{seed}.npz"
    if not path.is_file():
        raise SystemExit(f"experiment.py: there is no training set for seed {seed} (data/{path.name})")
    with np.load(path, allow_pickle=False) as own, np.load(DATA / "unlabelled.npz", allow_pickle=False) as shared:
        return own["images"].astype(float), own["labels"].astype(int), shared["images"].astype(float)


def main():
    """Train once and leave the predictions, the curve and the cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS, help="fewer steps make a smoke run")
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)

    images, labels, unlabelled = load_images(args.seed)
    layers, curve = train(images, labels, args.seed, args.steps)
    probabilities = predict(layers, unlabelled)
    expect("predict", probabilities, (len(unlabelled), CLASSES))

    np.save(args.out_dir / "predictions.npy", probabilities.astype(np.float32))
    with (args.out_dir / "curve.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("step", "value"), *curve])
    cost = {
        "steps": args.steps,
        "parameters": sum(array.size for layer in layers for array in layer),
        "examples": args.steps * BATCH,
    }
    (args.out_dir / "cost.json").write_text(json.dumps(cost) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Changes to the template ``digits`` whose effects are known, for ``digits_headroom.py``.

They live here because a template ships no ready patches. Each class is one variant; its functions replace those of the
same name in ``experiment.py``.
"""

from __future__ import annotations

import numpy as np


class WeightDecay:
    """weight decay 0.01."""

    def penalty_gradient(weights):
        return 0.01 * weights


class PixelNoise:
    """pixel noise, standard deviation 0.3."""

    def augment(images, rng):
        return np.clip(images + rng.normal(0.0, 0.3, size=images.shape), 0.0, 1.0)


class Shifts:
    """random shifts of up to one pixel."""

    def augment(images, rng):
        shifted = np.empty_like(images)
        for index, (down, right) in enumerate(rng.uniform(-1.0, 1.0, size=(len(images), 2))):
            image = images[index]
            image = (1 - abs(down)) * image + abs(down) * np.roll(image, int(np.sign(down)), axis=0)
            shifted[index] = (1 - abs(right)) * image + abs(right) * np.roll(image, int(np.sign(right)), axis=1)
        return shifted


class ExponentialDecay:
    """exponential decay of the learning rate, time constant 500 steps."""

    def learning_rate(step, steps):
        return 0.1 * np.exp(-step / 500)


class CosineDecay:
    """cosine decay of the learning rate to zero."""

    def learning_rate(step, steps):
        return 0.05 * (1 + np.cos(np.pi * step / steps))


class SmallRate:
    """learning rate 0.01."""

    def learning_rate(step, steps):
        return 0.01


class WeightAverage:
    """average of all weights since the first step."""

    def average(kept, parameter, step, steps):
        return kept + (parameter - kept) / (step + 1)


class LabelSmoothing:
    """label smoothing 0.2."""

    def targets(labels):
        return 0.8 * np.eye(CLASSES)[labels] + 0.2 / CLASSES  # noqa: F821  (a constant of experiment.py)


class Relu:
    """ReLU with He initialisation."""

    def activation(sums):
        return np.maximum(sums, 0.0), (sums > 0).astype(float)

    def initialise(fan_in, fan_out, rng):
        return rng.normal(0.0, np.sqrt(2 / fan_in), size=(fan_in, fan_out)), np.zeros(fan_out)


class Momentum:
    """momentum 0.9."""

    def update(parameter, gradient, rate, memory):
        memory["velocity"] = 0.9 * memory.get("velocity", 0.0) + gradient
        return parameter - rate * memory["velocity"]


class Dropout:
    """dropout of half the hidden units."""

    def dropout_mask(shape, rng):
        return (rng.random(shape) < 0.5) / 0.5


class Wide:
    """128 hidden units."""

    def hidden_sizes():
        return [128]


class Narrow:
    """8 hidden units."""

    def hidden_sizes():
        return [8]


class LargeStart:
    """initial weights with standard deviation 1."""

    def initialise(fan_in, fan_out, rng):
        return rng.normal(0.0, 1.0, size=(fan_in, fan_out)), np.zeros(fan_out)


class Binary:
    """pixels rounded to zero or one."""

    def features(images):
        return (images.reshape(len(images), -1) > 0.5).astype(float)


VARIANTS = (
    WeightDecay,
    PixelNoise,
    ExponentialDecay,
    SmallRate,
    WeightAverage,
    Shifts,
    CosineDecay,
    LabelSmoothing,
    Relu,
    Momentum,
    Wide,
    Dropout,
    Narrow,
    LargeStart,
    Binary,
)

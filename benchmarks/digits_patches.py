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
        for axis in (1, 2):
            size = rng.uniform(-1.0, 1.0, size=(len(images), 1, 1))
            neighbours = np.where(size > 0, np.roll(images, 1, axis), np.roll(images, -1, axis))
            images = (1 - abs(size)) * images + abs(size) * neighbours
        return images


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


class Dropout:
    """dropout of half the hidden units."""

    def dropout_mask(shape, rng):
        return (rng.random(shape) < 0.5) / 0.5


class Wide:
    """128 hidden units."""

    def hidden_sizes():
        return [128]


class LargeStart:
    """initial weights with standard deviation 1."""

    def initialise(fan_in, fan_out, rng):
        return rng.normal(0.0, 1.0, size=(fan_in, fan_out)), np.zeros(fan_out)


VARIANTS = (
    WeightDecay,
    PixelNoise,
    ExponentialDecay,
    SmallRate,
    WeightAverage,
    Shifts,
    CosineDecay,
    LabelSmoothing,
    Wide,
    Dropout,
    LargeStart,
)

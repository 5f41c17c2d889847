"""Train a small denoising diffusion model on the places of the world's cities, and draw new places from it (torch).

    python experiment.py --out_dir run_1 --seed 1

The seed chooses the 3,000 cities to learn from, the initial weights and all noise. A network learns to guess the noise
that was mixed into a point; sampling starts from noise and removes it level by level. Left in ``--out_dir``:
``samples.npy``, 3,000 new points as longitude and latitude in degrees; ``curve.csv``, the loss during training;
``cost.json``, what was used.

Tensors: B points in a batch, L levels of noise, H hidden units. Points are scaled to mean zero and deviation one.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import math
from pathlib import Path

import numpy as np
import torch

DATA = Path(__file__).parent / "data"
SAMPLES = 3000
BATCH = 512
STEPS = 1200
CURVE_POINTS = 40


# --- The method: each function below is one place where an idea can be tried. ---


def noise_levels():
    """Return the noise added at each level, a tensor (L,) of growing values between 0 and 1, with L of at most 100."""
    return torch.linspace(0.001, 0.2, 50)


def embed_time(time):
    """Turn levels of noise, a tensor (B,) from 0 (little noise) to 1, into inputs (B, E) of the network."""
    return time[:, None]


def embed_points(points):
    """Turn noisy points (B, 2), mostly between -3 and 3, into inputs (B, D) of the network."""
    return points


def hidden_sizes():
    """Return the number of units of each hidden layer, a list of integers."""
    return [64, 64]


def activation(sums):
    """Return the outputs (B, H) of hidden units for their inputs (B, H)."""
    return torch.relu(sums)


def pick_levels(count, levels, generator):
    """Return which level of noise each of count training points gets, integers (count,) from 0 to levels - 1."""
    return torch.randint(levels, (count,), generator=generator)


def loss_of(guess, noise, signal):
    """Return the loss, a tensor of one number: guess and true noise are (B, 2), the share of signal left is (B, 1)."""
    return ((guess - noise) ** 2).mean()


def learning_rate(step, steps):
    """Return the learning rate, a positive float, at step 0, 1, ..., steps - 1."""
    return 0.001


def average(kept, parameter, step, steps):
    """Return the value of a parameter tensor to sample with, from the one kept so far and the current one."""
    return parameter


def previous_points(points, guess, added, signal, signal_before, noise):
    """Remove one level of noise: return points (B, 2) of the level before.

    points, guess of the noise in them, and fresh noise are (B, 2). added is the noise of this level, signal and
    signal_before are the shares of signal left at this level and at the one before: floats between 0 and 1.
    """
    mean = (points - added / math.sqrt(1.0 - signal) * guess) / math.sqrt(1.0 - added)
    return mean + math.sqrt(added) * noise


# --- The network, its training and sampling. ---


def make_network(generator):
    """Return the layers [(weights, biases), ...] for the embedded inputs."""
    inputs = embed_points(torch.zeros(1, 2)).shape[1] + embed_time(torch.zeros(1)).shape[1]
    sizes = [inputs, *hidden_sizes(), 2]
    layers = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        bound = 1.0 / math.sqrt(fan_in)
        weights = (torch.rand(fan_in, fan_out, generator=generator) * 2.0 - 1.0) * bound
        layers.append((weights, torch.zeros(fan_out)))
    return layers


def guess_noise(layers, points, time):
    """Return the guess of the noise (B, 2) in noisy points (B, 2) at levels (B,) from 0 to 1."""
    values = torch.cat([embed_points(points), embed_time(time)], dim=1)
    for weights, biases in layers[:-1]:
        values = activation(values @ weights + biases)
    weights, biases = layers[-1]
    return values @ weights + biases


def train(points, seed, steps):
    """Train on points (N, 2); return the layers to sample with, the curve of the loss and the number of parameters."""
    generator = torch.Generator().manual_seed(seed)
    layers = make_network(generator)
    parameters = [tensor.requires_grad_() for layer in layers for tensor in layer]
    optimiser = torch.optim.Adam(parameters, lr=0.001)
    kept = [parameter.detach().clone() for parameter in parameters]
    added = noise_levels()
    signals = torch.cumprod(1.0 - added, dim=0)
    every, total, curve = max(1, steps // CURVE_POINTS), 0.0, []
    for step in range(steps):
        clean = points[torch.randint(len(points), (BATCH,), generator=generator)]
        levels = pick_levels(BATCH, len(added), generator)
        expect("pick_levels", levels, (BATCH,))
        signal = signals[levels][:, None]
        noise = torch.randn(BATCH, 2, generator=generator)
        noisy = torch.sqrt(signal) * clean + torch.sqrt(1.0 - signal) * noise
        guess = guess_noise(layers, noisy, levels / max(1, len(added) - 1))
        loss = loss_of(guess, noise, signal)
        expect("loss_of", loss, ())
        if not torch.isfinite(loss):
            raise FloatingPointError("training diverged: the loss is not finite")
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, steps)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            kept = [average(old, new.detach(), step, steps).clone() for old, new in zip(kept, parameters, strict=True)]
        total += float(loss.detach())
        if (step + 1) % every == 0:
            curve.append((step + 1, total / every))
            total = 0.0
    pairs = list(zip(kept[::2], kept[1::2], strict=True))
    return pairs, curve, sum(parameter.numel() for parameter in parameters)


@torch.no_grad()
def draw(layers, count, seed):
    """Draw points (count, 2) from the model, starting from noise."""
    generator = torch.Generator().manual_seed(seed + 1_000_000)
    added = noise_levels()
    signals = torch.cumprod(1.0 - added, dim=0)
    points = torch.randn(count, 2, generator=generator)
    for level in reversed(range(len(added))):
        time = torch.full((count,), level / max(1, len(added) - 1))
        guess = guess_noise(layers, points, time)
        noise = torch.randn(count, 2, generator=generator) if level > 0 else torch.zeros(count, 2)
        before = float(signals[level - 1]) if level > 0 else 1.0
        points = previous_points(points, guess, float(added[level]), float(signals[level]), before, noise)
        expect("previous_points", points, (count, 2))
    return points


def expect(name, tensor, shape):
    """Refuse a tensor of another shape, which torch might silently stretch."""
    if tuple(tensor.shape) != tuple(shape):
        raise ValueError(f"{name} returned shape {tuple(tensor.shape)}, but {tuple(shape)} was expected")


def check():
    """Refuse functions of the method that return other shapes or ranges than they promise."""
    added = noise_levels()
    if added.ndim != 1 or not 1 <= len(added) <= 100 or not bool(((added > 0) & (added < 1)).all()):
        raise ValueError("noise_levels must return a tensor (L,) with 1 to 100 values between 0 and 1")
    for name, made in (("embed_time", embed_time(torch.zeros(5))), ("embed_points", embed_points(torch.zeros(5, 2)))):
        if made.ndim != 2 or made.shape[0] != 5:
            raise ValueError(f"{name} returned shape {tuple(made.shape)}, but (5, any) was expected for 5 inputs")


# --- Data in, files out. ---


def load_places(seed):
    """Return the longitudes and latitudes (3000, 2) that this seed learns from; a trial is shown no others."""
    path = DATA / f"{seed}.npy"
    if not path.is_file():
        raise SystemExit(f"experiment.py: there are no cities to learn from for seed {seed} (data/{path.name})")
    return np.load(path, allow_pickle=False)


def main():
    """Train once and leave the samples, the curve and the cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS, help="fewer steps make a smoke run")
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    chosen = load_places(args.seed)
    centre, spread = chosen.mean(axis=0), chosen.std(axis=0)
    check()
    layers, curve, parameters = train(torch.from_numpy((chosen - centre) / spread), args.seed, args.steps)
    samples = draw(layers, SAMPLES, args.seed).numpy() * spread + centre

    np.save(args.out_dir / "samples.npy", samples.astype(np.float32))
    with (args.out_dir / "curve.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("step", "value"), *curve])
    cost = {"steps": args.steps, "parameters": parameters, "examples": args.steps * BATCH}
    (args.out_dir / "cost.json").write_text(json.dumps(cost) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Score the samples that ``experiment.py`` left: the only source of metrics.

    python evaluate.py --out_dir run_1 --seed 1

Reads ``samples.npy`` in ``--out_dir`` and cities that no experiment has seen, which are mounted as ``hidden/`` in this
step only. Writes ``metrics.json``, or says what is wrong with the samples and fails. Samples that hand back the cities
to learn from are refused: they would score better than any model, and show nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

HERE = Path(__file__).parent
SAMPLES = 3000
FARTHEST = 1e4  # degrees; what lies farther out is no place, and would hide in an average
DIRECTIONS = 64
NEAR = 0.02  # degrees; so near to a city to learn from lie two in a hundred of those that nobody has seen
MOST_NEAR = 0.1  # share of the samples


class BadSamples(Exception):
    """The samples cannot be scored; the message says why."""


def read_samples(path: Path) -> np.ndarray:
    """Read points (3000, 2), or say what is wrong with them."""
    try:
        samples = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise BadSamples(f"{path.name} is missing") from None
    except (OSError, ValueError, EOFError) as error:
        raise BadSamples(f"{path.name} is not an array that NumPy can read: {error}") from None
    if not isinstance(samples, np.ndarray) or samples.dtype.kind != "f":
        raise BadSamples(f"{path.name} must hold one array of floating-point numbers")
    if samples.shape != (SAMPLES, 2):
        raise BadSamples(f"{path.name} has shape {samples.shape}, but {(SAMPLES, 2)} was expected")
    if not np.isfinite(samples).all():
        raise BadSamples(f"{path.name} holds values that are not finite")
    if np.abs(samples).max() > FARTHEST:
        raise BadSamples(f"{path.name} holds points more than {FARTHEST:g} degrees away")
    return samples.astype(float)


def refuse_copies(samples: np.ndarray, known: np.ndarray) -> None:
    """Refuse samples that lie on cities to learn from far more often than unseen cities do."""
    near = float((cKDTree(known).query(samples)[0] < NEAR).mean())
    if near > MOST_NEAR:
        raise BadSamples(
            f"{near:.0%} of the samples lie within {NEAR:g} degrees of a city to learn from: they are copies "
            f"(at most {MOST_NEAR:.0%} may)"
        )


def energy_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Twice the mean distance between the sets less the mean distances within each, in degrees; zero for equal sets."""
    return float(2 * cdist(one, other).mean() - cdist(one, one).mean() - cdist(other, other).mean())


def sliced_wasserstein(one: np.ndarray, other: np.ndarray) -> float:
    """Mean over directions of the distance between the sorted projections of the two sets, in degrees."""
    angles = np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    axes = np.stack([np.cos(angles), np.sin(angles)])
    shares = (np.arange(1000) + 0.5) / 1000
    left, right = (np.quantile(points @ axes, shares, axis=0) for points in (one, other))
    return float(np.abs(left - right).mean())


def main() -> int:
    """Score one folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1, help="the trial's seed, which chose the cities to learn from")
    parser.add_argument("--hidden", type=Path, default=HERE / "hidden", help="folder with test.npy")
    args = parser.parse_args()
    cities = np.load(args.hidden / "test.npy", allow_pickle=False).astype(float)
    try:
        samples = read_samples(args.out_dir / "samples.npy")
        refuse_copies(samples, np.load(HERE / "data" / f"{args.seed}.npy", allow_pickle=False).astype(float))
    except BadSamples as error:
        print(f"evaluate.py: {error}", file=sys.stderr)
        return 1
    metrics = {
        "cities/energy_distance": energy_distance(samples, cities),
        "cities/sliced_distance": sliced_wasserstein(samples, cities),
    }
    (args.out_dir / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

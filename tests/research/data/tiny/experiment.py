"""Estimate forty levels from five noisy readings each."""

import argparse
import json
import random
from pathlib import Path

READINGS = 5
STEPS = 10


def combine(readings):
    """Return one estimate, a float, from a list of readings (floats)."""
    return sum(readings) / len(readings)


def weight(step, steps):
    """Return how far the estimate moves at step 0, 1, ..., steps - 1: a float from 0 to 1."""
    return 0.5


def main():
    """Read, estimate, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    levels = json.loads((Path(__file__).parent / "data" / "levels.json").read_text())
    rng = random.Random(args.seed)
    estimates, curve = [], []
    for level in levels:
        readings = [level + rng.gauss(0, 1) + (rng.random() < 0.1) * rng.gauss(0, 20) for _ in range(READINGS)]
        estimate = 0.0
        for step in range(args.steps):
            estimate += weight(step, args.steps) * (combine(readings) - estimate)
            if level == levels[0]:
                curve.append((step + 1, abs(estimate - combine(readings))))
        estimates.append(estimate)
    (args.out_dir / "estimates.json").write_text(json.dumps(estimates))
    lines = ["step,value", *(f"{step},{value}" for step, value in curve)]
    (args.out_dir / "curve.csv").write_text("\n".join(lines) + "\n")
    cost = {"steps": args.steps, "parameters": len(levels), "examples": READINGS * len(levels)}
    (args.out_dir / "cost.json").write_text(json.dumps(cost))


if __name__ == "__main__":
    main()

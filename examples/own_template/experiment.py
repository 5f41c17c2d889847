"""Fit a line by gradient descent; write its two numbers and how long it took."""

import argparse
import json
import random
from pathlib import Path


def step_size(step, steps):
    """Return the step size, a float, at step 0, 1, ..., steps - 1."""
    return 0.05


def main():
    """Draw points, fit, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--steps", type=int, default=60)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    slope, height = rng.uniform(-2, 2), rng.uniform(-2, 2)
    points = [(x, slope * x + height + rng.gauss(0, 0.3)) for x in (rng.uniform(-1, 1) for _ in range(20))]
    a = b = 0.0
    curve = []
    for step in range(args.steps):
        errors = [(a * x + b - y, x) for x, y in points]
        size = step_size(step, args.steps)
        a -= size * sum(2 * e * x for e, x in errors) / len(points)
        b -= size * sum(2 * e for e, _ in errors) / len(points)
        curve.append(sum(e * e for e, _ in errors) / len(points))
    (args.out_dir / "line.json").write_text(json.dumps([a, b]))
    rows = "".join(f"{step},{value}\n" for step, value in enumerate(curve, 1))
    (args.out_dir / "curve.csv").write_text(f"step,value\n{rows}")
    cost = {"steps": args.steps, "parameters": 2, "examples": args.steps * len(points)}
    (args.out_dir / "cost.json").write_text(json.dumps(cost))


if __name__ == "__main__":
    main()

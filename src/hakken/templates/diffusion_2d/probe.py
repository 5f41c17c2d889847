"""What the leakage probes of this template are: a scrambled copy of the data, and lists of rows and answers.

    python probe.py scramble --out_dir scrambled --seed 1001
    python probe.py compare --out_dir run_1 --seed 1001

``scramble`` gives every city the longitude of another one and exchanges longitudes and latitudes, so that a model which
learns from the cities learns another map. ``compare`` runs beside the evaluator: it lists the seed's cities to learn
from and the hidden ones, and counts samples that are hidden cities to the last digit. Hakken counts what both hold.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def scramble(out: Path, seed: int) -> None:
    """Write the seed's cities with their longitudes exchanged, and then the two columns."""
    cities = np.load(HERE / "data" / f"{seed}.npy", allow_pickle=False)
    cities[:, 0] = np.random.default_rng(seed).permutation(cities[:, 0])
    (out / "data").mkdir(parents=True, exist_ok=True)
    np.save(out / "data" / f"{seed}.npy", np.ascontiguousarray(cities[:, ::-1]))


def compare(out: Path, hidden: Path, seed: int) -> None:
    """Write ``probe.json``."""
    training = rows(np.load(HERE / "data" / f"{seed}.npy", allow_pickle=False))
    cities = rows(np.load(hidden / "test.npy", allow_pickle=False))
    samples = rows(np.load(out / "samples.npy", allow_pickle=False))
    held_out = set(cities)
    equal = sum(sample in held_out for sample in samples)
    found = {"training": training, "hidden": cities, "answers": len(samples), "equal": equal}
    (out / "probe.json").write_text(json.dumps(found), encoding="utf-8")


def rows(points: np.ndarray) -> list[str]:
    """Points by their bytes."""
    return [row.tobytes().hex() for row in np.ascontiguousarray(points, dtype=np.float32)]


def main() -> None:
    """Do one of the two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("scramble", "compare"))
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hidden", type=Path, default=HERE / "hidden", help="folder with test.npy")
    args = parser.parse_args()
    if args.what == "scramble":
        scramble(args.out_dir, args.seed)
    else:
        compare(args.out_dir, args.hidden, args.seed)


if __name__ == "__main__":
    main()

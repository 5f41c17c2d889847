"""What the leakage probes of this template are: a scrambled copy of the data, and lists of rows and answers.

    python probe.py scramble --out_dir scrambled --seed 101
    python probe.py compare --out_dir run_0 --seed 101

``scramble`` exchanges the unlabelled images among each other, so that a program which looks at an image predicts the
digit of another one. ``compare`` runs beside the evaluator: it lists the seed's labelled images and the hidden split's
images, and counts predictions that are right. Hakken counts what both lists hold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def scramble(out: Path, seed: int) -> None:
    """Write the seed's data with the unlabelled images in another order."""
    (out / "data").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(HERE / "data" / f"{seed}.npz", out / "data" / f"{seed}.npz")
    images = read("unlabelled")
    order = np.random.default_rng(seed).permutation(len(images))
    np.savez_compressed(out / "data" / "unlabelled.npz", images=images[order])


def compare(out: Path, hidden: Path, seed: int) -> None:
    """Write ``probe.json``."""
    index, labels = np.loadtxt(hidden / "labels.csv", delimiter=",", skiprows=1, dtype=int, unpack=True)
    labelled, unlabelled = read(str(seed)), read("unlabelled")
    predictions = np.load(out / "predictions.npy", allow_pickle=False)
    found = {
        "training": [digest(image) for image in labelled],
        "hidden": [digest(image) for image in unlabelled[index]],
        "answers": len(labels),
        "equal": int((predictions[index].argmax(axis=1) == labels).sum()),
    }
    (out / "probe.json").write_text(json.dumps(found), encoding="utf-8")


def read(name: str) -> np.ndarray:
    """The images of one file of the data."""
    with np.load(HERE / "data" / f"{name}.npz", allow_pickle=False) as data:
        images: np.ndarray = data["images"]
        return images


def digest(row: np.ndarray) -> str:
    """A row by its bytes."""
    return hashlib.sha256(np.ascontiguousarray(row).tobytes()).hexdigest()[:16]


def main() -> None:
    """Do one of the two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("scramble", "compare"))
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hidden", type=Path, default=HERE / "hidden", help="folder with labels.csv")
    args = parser.parse_args()
    if args.what == "scramble":
        scramble(args.out_dir, args.seed)
    else:
        compare(args.out_dir, args.hidden, args.seed)


if __name__ == "__main__":
    main()

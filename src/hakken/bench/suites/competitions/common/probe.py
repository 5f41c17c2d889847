"""What the leakage probes of this template are: a scrambled copy of the data, and lists of rows and answers.

    python probe.py scramble --out_dir scrambled --seed 101
    python probe.py compare --out_dir run_0 --seed 101

``scramble`` gives the validation rows each other's features, so that whoever looks at a row answers for another one.
``compare`` runs beside the evaluator: it lists training rows and validation rows without their ids, and counts answers
that are exactly right where answers are numbers. Hakken counts what both lists hold.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def read(path: Path) -> list[list[str]]:
    """All rows, the header first."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def scramble(out: Path, seed: int) -> None:
    """Write the data with the features of the validation rows exchanged.

    In a series the id is all that is known of a row, so there the targets of the training rows are exchanged.
    """
    shutil.copytree(HERE / "data", out / "data", dirs_exist_ok=True)
    shape = json.loads((HERE / "data" / "form.json").read_text(encoding="utf-8"))
    header = read(HERE / "data" / "test.csv")[0]
    name = "test.csv" if len(header) > 1 else "train.csv"
    header, *rows = read(HERE / "data" / name)
    moved = [column != shape["id"] if name == "test.csv" else column == shape["target"] for column in header]
    order = np.random.default_rng(seed).permutation(len(rows))
    changed = [
        [there if move else here for here, there, move in zip(row, rows[other], moved, strict=True)]
        for row, other in zip(rows, order, strict=True)
    ]
    with (out / "data" / name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *changed])


def compare(out: Path, hidden: Path) -> None:
    """Write ``probe.json``."""
    shape = json.loads((HERE / "data" / "form.json").read_text(encoding="utf-8"))
    right = {row[0]: row[1:] for row in read(hidden / "answers.csv")[1:]}
    given = {row[0]: row[1:] for row in read(out / "submission.csv")[1:]}
    left_out = {shape["id"], shape["target"]} if len(read(HERE / "data" / "test.csv")[0]) > 1 else {shape["target"]}
    found = {
        "training": rows_of("train.csv", left_out),
        "hidden": rows_of("test.csv", left_out, shape["id"], set(right)),
        "answers": len(right),
        "equal": sum(same(given[name], answer) for name, answer in right.items()),
    }
    (out / "probe.json").write_text(json.dumps(found), encoding="utf-8")


def same(given: list[str], right: list[str]) -> bool:
    """Whether an answer is exactly the hidden one."""
    try:
        return [float(cell) for cell in given] == [float(cell) for cell in right]
    except ValueError:
        return given == right


def rows_of(name: str, left_out: set[str], key: str = "", wanted: set[str] | None = None) -> list[str]:
    """Rows by a digest of their features."""
    header, *rows = read(HERE / "data" / name)
    places = [i for i, column in enumerate(header) if column not in left_out]
    chosen = [row for row in rows if wanted is None or row[header.index(key)] in wanted]
    return [hashlib.sha256("\0".join(row[i] for i in places).encode()).hexdigest()[:16] for row in chosen]


def main() -> None:
    """Do one of the two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("scramble", "compare"))
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hidden", type=Path, default=HERE / "hidden", help="folder with answers.csv")
    args = parser.parse_args()
    if args.what == "scramble":
        scramble(args.out_dir, args.seed)
    else:
        compare(args.out_dir, args.hidden)


if __name__ == "__main__":
    main()

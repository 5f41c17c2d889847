"""Read the rows of a competition and write a submission; the same file in every template of a competition.

Tables are dictionaries of columns: name to list of text cells, all of one length.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"


def read_table(name: str) -> dict[str, list[str]]:
    """A CSV file of the data."""
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return {column: [row[place] for row in rows] for place, column in enumerate(header)}


def load_train(seed: int) -> dict[str, list[str]]:
    """The training rows; in validation a part of them that the seed draws, in the final run all."""
    table = read_table("train.csv")
    count = len(next(iter(table.values())))
    share = form()["share"]
    kept = np.sort(np.random.default_rng(seed).permutation(count)[: round(share * count)])
    return {name: [cells[row] for row in kept] for name, cells in table.items()}


def load_test() -> dict[str, list[str]]:
    """The rows to predict."""
    return read_table("test.csv")


def numbers(table: dict[str, list[str]], names: list[str]) -> np.ndarray:
    """Some columns as an array with a column each."""
    return np.array([[float(cell) for cell in table[name]] for name in names]).T


def features_of(table: dict[str, list[str]]) -> list[str]:
    """Names of the columns that are neither the id nor the target."""
    return [name for name in table if name not in (form()["id"], form()["target"])]


def form() -> dict:
    """What a submission looks like: ``id``, ``columns``, ``kind``, ``target``, ``classes``, ``metric``, ``share``."""
    return json.loads((DATA / "form.json").read_text(encoding="utf-8"))


def write_submission(out: Path, rows: np.ndarray | list) -> None:
    """Write ``submission.csv``: a row of answers for each test row, in their order."""
    shape = form()
    ids = load_test()[shape["id"]]
    cells = [row if isinstance(row, (list, tuple, np.ndarray)) else [row] for row in rows]
    if len(cells) != len(ids) or any(len(row) != len(shape["columns"]) for row in cells):
        raise ValueError(
            f"{len(ids)} rows of {len(shape['columns'])} answers are wanted, in the order of the test rows"
        )
    with (out / "submission.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([shape["id"], *shape["columns"]])
        writer.writerows([name, *(_shown(cell) for cell in row)] for name, row in zip(ids, cells, strict=True))


def _shown(cell) -> str:
    if isinstance(cell, (float, np.floating)):
        if not np.isfinite(cell):
            raise FloatingPointError("an answer is not finite")
        return f"{float(cell):.8g}"
    return str(cell)

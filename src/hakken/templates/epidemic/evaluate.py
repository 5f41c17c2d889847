"""Score the forecasts that ``experiment.py`` left: the only source of metrics.

    python evaluate.py --out_dir run_1 --seed 1

Reads ``forecasts.csv`` in ``--out_dir`` and the counts that came after the origins of this seed, which are mounted as
``hidden/`` in this step only. Writes ``metrics.json``, or says what is wrong with the forecasts and fails.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
LARGEST = 1e7  # more cases in a week than a town has people: not a forecast


class BadForecasts(Exception):
    """The forecasts cannot be scored; the message says why."""


def read_truth(path: Path) -> dict[tuple[int, int], float]:
    """Counts by week after the origin and series."""
    if not path.is_file():
        raise BadForecasts(f"there are no hidden counts for this seed ({path.name})")
    with path.open(encoding="utf-8", newline="") as file:
        return {(int(row["week"]), int(row["series"])): float(row["cases"]) for row in csv.DictReader(file)}


def read_forecasts(path: Path, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], float]:
    """Forecasts by week and series, exactly the wanted ones, or say what is wrong with them."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), reader.fieldnames
    except FileNotFoundError:
        raise BadForecasts(f"{path.name} is missing") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadForecasts(f"{path.name} is not a table in CSV form: {error}") from None
    if columns != ["week", "series", "cases"]:
        raise BadForecasts(f"{path.name} must have the columns week, series, cases, but has {columns}")
    found: dict[tuple[int, int], float] = {}
    for number, row in enumerate(rows, start=2):
        try:
            place, value = (int(row["week"]), int(row["series"])), float(row["cases"])
        except (TypeError, ValueError):
            raise BadForecasts(f"{path.name} line {number} does not hold three numbers") from None
        if not np.isfinite(value) or not 0 <= value <= LARGEST:
            raise BadForecasts(f"{path.name} line {number}: {row['cases']} is no number of cases")
        if place in found:
            raise BadForecasts(f"{path.name} line {number} repeats week {place[0]} of series {place[1]}")
        found[place] = value
    if set(found) != wanted:
        raise BadForecasts(
            f"{path.name} must hold each of {len(wanted)} weeks and series once; "
            f"{len(wanted - set(found))} are missing and {len(set(found) - wanted)} are not asked for"
        )
    return found


def score(forecasts: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Mean absolute error of the logarithm of cases plus one, and of the cases themselves."""
    return {
        "measles/log_error": float(np.mean(np.abs(np.log1p(forecasts) - np.log1p(truth)))),
        "measles/case_error": float(np.mean(np.abs(forecasts - truth))),
    }


def main() -> int:
    """Score one folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1, help="the trial's seed, which chose the series")
    parser.add_argument("--hidden", type=Path, default=HERE / "hidden", help="folder with the counts of each seed")
    args = parser.parse_args()
    try:
        truth = read_truth(args.hidden / f"{args.seed}.csv")
        forecasts = read_forecasts(args.out_dir / "forecasts.csv", set(truth))
    except BadForecasts as error:
        print(f"evaluate.py: {error}", file=sys.stderr)
        return 1
    places = sorted(truth)
    metrics = score(np.array([forecasts[place] for place in places]), np.array([truth[place] for place in places]))
    (args.out_dir / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

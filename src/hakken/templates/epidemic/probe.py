"""What the leakage probes of this template are: a scrambled copy of the data, and lists of rows and answers.

    python probe.py scramble --out_dir scrambled --seed 1001
    python probe.py compare --out_dir run_1 --seed 1001

``scramble`` gives every series of the seed the counts of another town, so that a program which looks at the history
forecasts another epidemic. ``compare`` runs beside the evaluator: it lists the town and week of every count in the
histories of the seed and of every hidden one, and counts forecasts that are exactly what was reported. Hakken counts
what both lists hold.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def scramble(out: Path, seed: int) -> None:
    """Write the seed's data with the histories exchanged between its series."""
    given, made = HERE / "data" / str(seed), out / "data" / str(seed)
    made.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(given / "series.csv", made / "series.csv")
    with (given / "counts.csv").open(encoding="utf-8", newline="") as file:
        header, *weeks = csv.reader(file)
    order = np.random.default_rng(seed).permutation(len(header))
    with (made / "counts.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *([week[i] for i in order] for week in weeks)])


def compare(out: Path, hidden: Path, seed: int) -> None:
    """Write ``probe.json``."""
    with (HERE / "data" / str(seed) / "series.csv").open(encoding="utf-8", newline="") as file:
        series = list(csv.DictReader(file))
    origins = {int(row["series"]): (row["town"], day(row["origin"])) for row in series}
    training = [
        f"{row['town']} {week}" for row in series for week in weeks(day(row["first_week"]), before=day(row["origin"]))
    ]
    reported, forecasts = read(hidden / f"{seed}.csv"), read(out / "forecasts.csv")
    places = {key: origins[key[1]] for key in reported}
    found = {
        "training": training,
        # The first hidden week is the origin itself.
        "hidden": [f"{town} {origin + timedelta(weeks=week - 1)}" for (week, _), (town, origin) in places.items()],
        "answers": len(reported),
        "equal": sum(forecasts[key] == count for key, count in reported.items()),
    }
    (out / "probe.json").write_text(json.dumps(found), encoding="utf-8")


def read(path: Path) -> dict[tuple[int, int], float]:
    """Counts by week and series."""
    with path.open(encoding="utf-8", newline="") as file:
        return {(int(row["week"]), int(row["series"])): float(row["cases"]) for row in csv.DictReader(file)}


def day(text: str) -> date:
    """A date."""
    return date.fromisoformat(text)


def weeks(first: date, before: date) -> list[date]:
    """Every week from the first on, up to a date that is not one of them."""
    return [first + timedelta(weeks=k) for k in range((before - first).days // 7)]


def main() -> None:
    """Do one of the two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("scramble", "compare"))
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hidden", type=Path, default=HERE / "hidden", help="folder with the counts of each seed")
    args = parser.parse_args()
    if args.what == "scramble":
        scramble(args.out_dir, args.seed)
    else:
        compare(args.out_dir, args.hidden, args.seed)


if __name__ == "__main__":
    main()

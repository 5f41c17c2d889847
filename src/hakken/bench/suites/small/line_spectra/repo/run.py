"""Run one experiment on spectral estimators and write its results as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from spectra.experiments import EXPERIMENTS


def main() -> None:
    """Read the configuration, run, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", choices=sorted(EXPERIMENTS))
    parser.add_argument("--config", type=Path, default=Path("config.json"))
    parser.add_argument("--out", type=Path, default=Path("results.json"))
    arguments = parser.parse_args()
    config = json.loads(arguments.config.read_text(encoding="utf-8"))
    results = EXPERIMENTS[arguments.experiment](config[arguments.experiment])
    arguments.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

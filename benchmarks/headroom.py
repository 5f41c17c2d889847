"""Measure what known changes do to a template's primary metric: shared by the headroom scripts of the templates.

A change is the new source of one function of ``experiment.py``. Every change and the unchanged baseline run on the same
seeds; the noise floor comes from the baseline on the template's noise seeds, as in a research run.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import runpy
import shutil
import sys
import tempfile
import tomllib
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from hakken.core.types import MetricSpec
from hakken.research.experiments.statistics import compare, noise_floor

TEMPLATES = Path(__file__).parents[1] / "src" / "hakken" / "templates"
Changes = dict[str, tuple[str, str]]
"""Name of the change: what is expected of it (``helps``, ``hurts`` or ``open``), and the new source of a function."""


def function_name(source: str) -> str:
    """Name of the function that this source defines."""
    return source.strip().split("(")[0].removeprefix("def ")


def replace_function(source: str, new: str) -> str:
    """Put a new top-level function in the place of the one with its name."""
    name = function_name(new)
    node = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == name)
    lines = source.splitlines(keepends=True)
    return "".join([*lines[: node.lineno - 1], new.strip() + "\n", *lines[node.end_lineno :]])


def run_script(folder: Path, script: str, seed: int) -> None:
    """Run a script of the template as a program in this process, so that a heavy import is paid once."""
    sys.argv = [script, "--out_dir", str(folder / "out"), "--seed", str(seed)]
    try:
        runpy.run_path(str(folder / script), run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"{script} ended with {end.code!r}") from end


def run_trial(template: Path, code: str, seed: int, split: str, keys: list[str]) -> dict[str, float]:
    """Run one trial in a copy of the template and return its metrics."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "experiment.py").write_text(code, encoding="utf-8")
        shutil.copy(template / "evaluate.py", folder)
        (folder / "data").symlink_to(template / "data")
        run_script(folder, "experiment.py", seed)
        (folder / "hidden").symlink_to(template / "hidden" / ("report" if split == "report" else "explore"))
        run_script(folder, "evaluate.py", seed)
        metrics = json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))
        return {key: float(metrics[key]) for key in keys}


def measure(
    pool: ProcessPoolExecutor, template: Path, code: str, seeds: list[int], split: str, keys: list[str]
) -> list[dict[str, float]]:
    """Metrics of one version over seeds."""
    trial = partial(run_trial, template, code, split=split, keys=keys)
    return list(pool.map(trial, seeds))


def main(name: str, changes: Changes) -> None:
    """Print a Markdown table of the changes, measured on the template's report seeds (or others)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--split", default="report", choices=["report", "explore"])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="names of changes")
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(args.workers, mp_context=get_context("spawn")) as pool:
        report(name, changes, args.split, args.only, pool)


def report(name: str, changes: Changes, split: str, only: list[str] | None, pool: ProcessPoolExecutor) -> None:
    """Measure and print."""
    template = TEMPLATES / name
    settings = tomllib.loads((template / "template.toml").read_text(encoding="utf-8"))
    specs = [MetricSpec(**metric) for metric in settings["metrics"]]
    keys = [spec.key for spec in specs]
    source = (template / "experiment.py").read_text(encoding="utf-8")
    seeds, noise_seeds = settings["seeds"][split], settings["seeds"]["noise"]
    base = measure(pool, template, source, seeds, split, keys)
    noise = measure(pool, template, source, noise_seeds, "noise", keys)
    spec = next(spec for spec in specs if spec.primary)
    floor = noise_floor({seed: found[spec.key] for seed, found in zip(noise_seeds, noise, strict=True)}, len(seeds))
    values = [found[spec.key] for found in base]
    print(
        f"baseline {spec.key}: mean {sum(values) / len(values):.4f} over {len(values)} seeds, noise floor {floor:.4f}"
    )
    print("| change | function | expected | difference | 95 % interval | p | verdict |\n|---|---|---|---|---|---|---|")
    for title, (expected, new) in changes.items():
        if only and title not in only:
            continue
        found = measure(pool, template, replace_function(source, new), seeds, split, keys)
        result = compare(
            spec,
            dict(zip(seeds, values, strict=True)),
            {seed: metrics[spec.key] for seed, metrics in zip(seeds, found, strict=True)},
            variant_id=title,
            baseline_id="baseline",
            noise_floor=floor,
        )
        cells = (
            f"{title} | `{function_name(new)}` | {expected} | {result.difference:+.3f}",
            f"{result.low:+.3f} to {result.high:+.3f} | {result.p:.4f} | {result.verdict}",
        )
        print("| " + " | ".join(cells) + " |", flush=True)

"""Has the template ``digits`` headroom? Known changes against the baseline, paired by seed, with the noise floor.

    python benchmarks/digits_headroom.py                 the table in the template's README (260 trials of 2 s)
    python benchmarks/digits_headroom.py WeightDecay     some variants only

Every trial is the real one: ``experiment.py`` with functions replaced, then ``evaluate.py`` on the report half, each in
a process of its own with one thread. The noise floor is the 95th percentile of the absolute difference between two
disjoint sets of as many baseline seeds. Run without a sandbox: nothing here was written by a model.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import digits_patches
import numpy as np
from scipy import stats

TEMPLATE = Path(__file__).parents[1] / "src" / "hakken" / "templates" / "digits"
SEEDS = tuple(range(101, 121))
MORE_SEEDS = tuple(range(301, 321))
METRICS = ("digits/test_error", "digits/log_loss")
ENVIRONMENT = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def patched(source: str, variant: type) -> str:
    """The source with the variant's functions in place of those of the same name."""
    lines = source.splitlines()
    places = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    functions = {name: value for name, value in vars(variant).items() if inspect.isfunction(value)}
    for name in sorted(functions, key=lambda name: -places[name].lineno):
        node = places[name]
        lines[node.lineno - 1 : node.end_lineno] = textwrap.dedent(inspect.getsource(functions[name])).splitlines()
    return "\n".join(lines) + "\n"


def measure(source: str, seeds: tuple[int, ...]) -> tuple[np.ndarray, float]:
    """Metrics (seeds, 2) on the report half, and the mean CPU seconds of the experiment."""
    rows, seconds = [], []
    with tempfile.TemporaryDirectory() as folder:
        work, out = Path(folder), Path(folder) / "out"
        (work / "experiment.py").write_text(source, encoding="utf-8")
        shutil.copy(TEMPLATE / "evaluate.py", work)
        (work / "data").symlink_to(TEMPLATE / "data")
        for seed in seeds:
            arguments = ("--out_dir", str(out), "--seed", str(seed))
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            run(work / "experiment.py", *arguments)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            run(work / "evaluate.py", *arguments, "--hidden", str(TEMPLATE / "hidden" / "report"))
            found = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
            rows.append([found[key] for key in METRICS])
    return np.array(rows), float(np.mean(seconds))


def run(script: Path, *arguments: str) -> None:
    """Run a script; its error output is shown when it fails."""
    subprocess.run([sys.executable, str(script), *arguments], check=True, env=ENVIRONMENT)


def sign_flip_p(differences: np.ndarray, draws: int = 100_000) -> float:
    """Two-sided paired sign-flip permutation p."""
    signs = np.random.default_rng(0).choice((-1.0, 1.0), size=(draws, len(differences)))
    extreme = np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9
    return float((1 + extreme.sum()) / (1 + draws))


def noise_floor(values: np.ndarray, size: int, draws: int = 10_000) -> np.ndarray:
    """95th percentile of the absolute difference of the means of two disjoint sets of ``size`` baseline seeds."""
    rng = np.random.default_rng(0)
    differences = []
    for _ in range(draws):
        order = rng.permutation(len(values))
        differences.append(np.abs(values[order[:size]].mean(axis=0) - values[order[size : 2 * size]].mean(axis=0)))
    return np.quantile(differences, 0.95, axis=0)


def row(title: str, values: np.ndarray, baseline: np.ndarray, seconds: float) -> str:
    """One line of the table."""
    cells = [title]
    for column, digits in ((0, 1), (1, 2)):
        difference = values[:, column] - baseline[:, column]
        p = sign_flip_p(difference)
        half = stats.t.ppf(0.975, len(difference) - 1) * stats.sem(difference)
        cells += [
            f"{values[:, column].mean():.{digits}f}",
            f"{difference.mean():+.{digits + 1}f} ± {half:.{digits + 1}f}",
            f"{p:.3f}" if p >= 0.001 else "< 0.001",
        ]
    return "| " + " | ".join([*cells, f"{seconds:.1f}"]) + " |"


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [variant.__name__ for variant in digits_patches.VARIANTS]
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help=f"some of: {', '.join(names)}")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="use the first so many seeds")
    args = parser.parse_args()
    source, seeds = (TEMPLATE / "experiment.py").read_text(encoding="utf-8"), SEEDS[: args.seeds]
    print("| change | test error, % | difference | p | log loss | difference | p | CPU s |")
    print("|---|---|---|---|---|---|---|---|")
    baseline, seconds = measure(source, seeds)
    print(
        f"| baseline | {baseline[:, 0].mean():.1f} | | | {baseline[:, 1].mean():.2f} | | | {seconds:.1f} |", flush=True
    )
    for variant in digits_patches.VARIANTS:
        if not args.variants or variant.__name__ in args.variants:
            values, seconds = measure(patched(source, variant), seeds)
            print(row(str(variant.__doc__).rstrip("."), values, baseline, seconds), flush=True)
    deviation = baseline.std(axis=0, ddof=1)
    print(
        f"\nStandard deviation of the baseline between seeds: {deviation[0]:.2f} % and {deviation[1]:.3f} in log loss."
    )
    repeats = np.concatenate([baseline, measure(source, MORE_SEEDS[: args.seeds])[0]])
    floor = noise_floor(repeats, len(seeds))
    print(f"Noise floor of {len(seeds)} seeds: {floor[0]:.2f} % and {floor[1]:.3f} in log loss.")


if __name__ == "__main__":
    main()

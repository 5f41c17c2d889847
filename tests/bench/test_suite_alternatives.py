"""Functions of the small suite are specified: a second implementation, written otherwise, is inside of every band.

The oracle of ``hakken bench check`` puts the authors' own code back, and would get full marks for a function that
nobody else could write. Here other code takes its place. Implementations whose name begins with ``wrong_`` read a
sentence against its meaning, and must be found out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .test_suite_small import NAMES, SMALL, configuration, overridden, suite

ALTERNATIVES = Path(__file__).parent / "data" / "alternatives"
FAST: dict[str, tuple[str, list[str]]] = {
    "planted_partition": ("resolution", ["local_moving"]),
    "norm_ablation": ("sensitivity", ["spirals", "norm_backward", "backward", "wrong_spirals"]),
    "censored_survival": ("held_out", ["uno_concordance", "wrong_uno_concordance"]),
    "rolling_forecasts": ("seasonal", ["integrate", "wrong_integrate"]),
}
PROGRAM = """
import importlib, json, runpy, sys
repo, package, file, plan, functions = sys.argv[1], *sys.argv[2:4], json.loads(sys.argv[4]), json.loads(sys.argv[5])
sys.path.insert(0, repo)
experiments = importlib.import_module(package + ".experiments").EXPERIMENTS
written = runpy.run_path(file)
modules = [m for n, m in sys.modules.items() if n.partition(".")[0] == package]
found = {}
def run(name, config):
    return experiments[name](json.loads(json.dumps(config)))
def replaced(old, new):
    for module in modules:
        for table in [vars(module), *(v for v in vars(module).values() if isinstance(v, dict))]:
            for key, value in list(table.items()):
                if value is old:
                    table[key] = new
for name, configs in plan.items():
    golds = [run(name, config) for config in configs]
    for function in functions:
        target = function.removeprefix("wrong_")
        (old,) = {id(v): v for m in modules for k, v in vars(m).items()
                  if k == target and v.__module__ == m.__name__}.values()
        calls = []
        def new(*words, **named):
            calls.append(1)
            return written[function](*words, **named)
        replaced(old, new)
        values = []
        for config in configs:
            values.append(run(name, config))
            if not calls:
                break
        replaced(new, old)
        if calls:
            found.setdefault(function, {})[name] = [golds, values]
print(json.dumps(found))
"""


def written(name: str) -> list[str]:
    """Second implementations for a repository."""
    text = (ALTERNATIVES / f"{name}.py").read_text(encoding="utf-8")
    return [line.split("(")[0].removeprefix("def ") for line in text.splitlines() if line.startswith("def ")]


def outside(name: str, experiments: list[str], functions: list[str]) -> dict[str, list[str]]:
    """By function, metrics that its second implementation misses; a function that nothing calls is not in it."""
    repo = SMALL / name / "repo"
    (package,) = (file.parent.name for file in repo.glob("*/__init__.py"))
    rules = {e["name"]: e for e in suite(name)["experiment"]}
    plan = {e: [configuration(name)[e], hidden(name, rules[e])] for e in experiments}
    words = [str(repo), package, str(ALTERNATIVES / f"{name}.py"), json.dumps(plan), json.dumps(functions)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    missed: dict[str, list[str]] = {}
    for function, runs in json.loads(done.stdout).items():
        missed[function] = []
        for experiment, (golds, values) in runs.items():
            for kind, gold, value in zip(("visible", "hidden"), golds, values, strict=True):
                missed[function] += [
                    f"{experiment}, {kind}: {metric} is {value[metric]} for {gold[metric]}"
                    for metric, rule in rules[experiment]["metrics"].items()
                    if not inside(gold[metric], value[metric], rule)
                ]
    return missed


def hidden(name: str, experiment: dict[str, Any]) -> dict[str, Any]:
    """The hidden configuration of an experiment."""
    config: dict[str, Any] = overridden(name, experiment["hidden"])[experiment["name"]]
    return config


def inside(gold: Any, value: Any, rule: dict[str, Any]) -> bool:
    """Whether a number, or every number of a list, is in the least band that a grader can have."""
    golds, values = (v if isinstance(v, list) else [v] for v in (gold, value))
    return len(golds) == len(values) and all(
        abs(a - b) <= max(rule.get("relative", 0.05) * abs(a), rule.get("absolute", 1e-9))
        for a, b in zip(golds, values, strict=True)
    )


def judged(missed: dict[str, list[str]]) -> None:
    """Right implementations miss nothing, wrong ones do."""
    right = {function: found for function, found in missed.items() if not function.startswith("wrong_")}
    assert not any(right.values()), right
    assert all(found for function, found in missed.items() if function.startswith("wrong_")), missed


def test_every_alternative_is_one_of_a_function_that_is_masked() -> None:
    for name in NAMES:
        masked = {reference.split(":")[1] for reference in suite(name)["maskable"]}
        assert {function.removeprefix("wrong_") for function in written(name)} <= masked


@pytest.mark.parametrize("name", sorted(FAST))
def test_ambiguities_that_were_found_stay_mended(name: str) -> None:
    experiment, functions = FAST[name]
    missed = outside(name, [experiment], functions)
    assert sorted(missed) == sorted(functions)
    judged(missed)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_second_implementations_are_inside_of_every_band(name: str) -> None:
    missed = outside(name, [e["name"] for e in suite(name)["experiment"]], written(name))
    assert sorted(missed) == sorted(written(name))
    judged(missed)

"""Arguments of maskable functions move: a literal in an argument's place is found out.

The values of ``config.json`` are in sight of an agent, so a function that takes ``largest`` and writes 16 is right in
every visible setting. Hidden settings are there to find that, and do so only where they move the argument and a
metric notices. Every scalar argument that is the same in all calls of the visible settings is nailed to that value, and
the hidden settings are run: some metric has to leave its band.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from .test_suite_alternatives import hidden, inside
from .test_suite_small import NAMES, SMALL, configuration, suite

CAP, CALLER, UNIT = "ends what has long converged", "no setting: the only caller says it", "the unit of time"
EXCEPTIONS = {
    "blocks/agglomerate.py:label_propagation:sweeps": CAP,
    "blocks/scores.py:modularity:resolution": CALLER,
    "blocks/spectral.py:kmeans:iterations": CAP,
    "blocks/walks.py:pagerank:tolerance": CAP,
    "descent/linesearch.py:strong_wolfe:c1": CALLER,
    "descent/linesearch.py:zoom:c1": CALLER,
    "forecast/methods.py:arma_forecast:horizon": CALLER,
    "forecast/regression.py:arma_path:horizon": CALLER,
    "hazards/cox.py:fit_cox:iterations": CAP,
    "ope/planning.py:policy_iteration:iterations": CAP,
    "queues/inputs.py:hyperexponential:mean": UNIT,
    "queues/inputs.py:services:mean": UNIT,
    "queues/theory.py:mmc_wait:service_rate": UNIT,
    "queues/theory.py:shortest_first_wait:mean": UNIT,
    "surrogate/tuning.py:pattern_search:smallest": CALLER,
    "surrogate/tuning.py:pattern_search:step": CALLER,
    "tinynet/layers.py:batchnorm_forward:momentum": CALLER,
    "tinynet/network.py:forward:momentum": CALLER,
    "tinynet/optim.py:adam_step:epsilon": CALLER,
}
"""Arguments that may be nailed, and why."""
PROGRAM = """
import functools, importlib, inspect, json, sys
import numpy
repo, package, plan, maskable = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])
sys.path.insert(0, repo)
experiments = importlib.import_module(package + ".experiments").EXPERIMENTS
modules = [m for n, m in sys.modules.items() if n.partition(".")[0] == package]
seen, nailed, called = {}, {}, set()
def run(name, config):
    return experiments[name](json.loads(json.dumps(config)))
def watched(reference, old):
    signature = inspect.signature(old)
    @functools.wraps(old)
    def new(*words, **named):
        called.add(reference)
        given = signature.bind(*words, **named)
        given.apply_defaults()
        for argument, value in given.arguments.items():
            if value is None or isinstance(value, (bool, int, float, str, numpy.generic)):
                seen.setdefault(reference, {}).setdefault(argument, set()).add(value)
            if (reference, argument) in nailed:
                given.arguments[argument] = nailed[reference, argument]
        return old(*given.args, **given.kwargs)
    return new
for reference in maskable:
    file, name = reference.split(":")
    old = getattr(importlib.import_module(file[:-3].replace("/", ".")), name)
    new = watched(reference, old)
    for module in modules:
        for table in [vars(module), *(v for v in vars(module).values() if isinstance(v, dict))]:
            for key, value in list(table.items()):
                if value is old:
                    table[key] = new
calls = {}
for name, configs in plan.items():
    golds = []
    for config in configs:
        seen = {}
        golds.append(run(name, config))
        calls.setdefault(name, []).append(seen)
    plan[name].append(golds[1])
constant = {}
for seen_in, _ in calls.values():
    for reference, arguments in seen_in.items():
        for argument, values in arguments.items():
            constant.setdefault((reference, argument), set()).update(values)
found = []
for (reference, argument), values in constant.items():
    if len(values) == 1:
        nailed = {(reference, argument): next(iter(values))}
        moved = [n for n, (_, h) in calls.items() if h.get(reference, {}).get(argument, values) != values]
        results = {}
        for name in moved:
            try:
                results[name] = run(name, plan[name][1])
            except Exception:
                results[name] = None
        found.append([reference, argument, results])
unseen = sorted(set(maskable) - called)
print(json.dumps({"unseen": unseen, "golds": {n: p[2] for n, p in plan.items()}, "found": found}))
"""


def unnoticed(name: str) -> set[str]:
    """Arguments that can be nailed to their one visible value."""
    repo = SMALL / name / "repo"
    (package,) = (file.parent.name for file in repo.glob("*/__init__.py"))
    table = suite(name)
    rules = {e["name"]: e for e in table["experiment"]}
    plan = {e: [configuration(name)[e], hidden(name, rules[e])] for e in rules}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(repo), package, json.dumps(plan), json.dumps(table["maskable"])],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert not told["unseen"]
    return {
        f"{reference}:{argument}"
        for reference, argument, results in told["found"]
        if all(
            values is not None
            and all(inside(told["golds"][e][m], values[m], rule) for m, rule in rules[e]["metrics"].items())
            for e, values in results.items()
        )
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_literal_in_the_place_of_an_argument_is_found_out(name: str) -> None:
    own = {reference for reference in EXCEPTIONS if reference.rpartition(":")[0] in suite(name)["maskable"]}
    assert unnoticed(name) == own

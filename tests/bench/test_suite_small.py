"""The small suite keeps its contract: files, maskable functions, results, and papers that say what was measured."""

from __future__ import annotations

import ast
import json
import math
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hakken.bench.masking.bodies import mask_file, masked_texts
from hakken.bench.tasks.suite import load_source
from hakken.bench.texts.passages import best_passages
from hakken.bench.types import MaskMode

SMALL = Path(__file__).parents[2] / "src" / "hakken" / "bench" / "suites" / "small"
NAMES = sorted(file.parent.name for file in SMALL.glob("*/suite.toml"))
EXPERIMENT_KEYS = {"name", "description", "command", "results", "seconds", "metrics", "hidden"}
NECESSITY = """
import importlib, json, sys
from pathlib import Path
repo, package, config, maskable = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])
sys.path.insert(0, repo)
experiments = importlib.import_module(package + ".experiments").EXPERIMENTS
def run(name):
    return experiments[name](json.loads(json.dumps(config[name])))
def absent(*words, **named):
    raise NotImplementedError
functions = {}
for reference in maskable:
    file, name = reference.split(":")
    functions[reference] = getattr(importlib.import_module(file[:-3].replace("/", ".")), name)
codes = {function.__code__: reference for reference, function in functions.items()}
callers = {reference: [] for reference in maskable}
for name in config:
    seen = set()
    def watch(frame, event, argument):
        if event == "call" and frame.f_code in codes:
            seen.add(codes[frame.f_code])
    sys.setprofile(watch)
    run(name)
    sys.setprofile(None)
    for reference in seen:
        callers[reference].append(name)
unbroken = []
for reference, function in functions.items():
    code, function.__code__ = function.__code__, absent.__code__
    try:
        for name in callers[reference][:1]:
            run(name)
        unbroken.append(reference)
    except NotImplementedError:
        pass
    finally:
        function.__code__ = code
print(json.dumps({"unbroken": unbroken, "callers": callers}))
"""


def suite(name: str) -> dict[str, Any]:
    return tomllib.loads((SMALL / name / "suite.toml").read_text(encoding="utf-8"))


def configuration(name: str) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads((SMALL / name / "repo" / "config.json").read_text(encoding="utf-8"))
    return settings


def overridden(name: str, hidden: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the hidden values in their places, which must exist."""
    settings = configuration(name)
    for path, value in hidden.items():
        *parents, last = path.split(".")
        place = settings
        for part in parents:
            place = place[part]
        assert last in place, path
        place[last] = value
    return settings


def execute(repo: Path, arguments: list[str], config: dict[str, Any], out: Path) -> subprocess.CompletedProcess[str]:
    """Run one experiment on one thread with a configuration; the results go to ``out``."""
    file = out.with_suffix(".config.json")
    file.write_text(json.dumps(config), encoding="utf-8")
    words = [str(file) if word == "config.json" else str(out) if word == "results.json" else word for word in arguments]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *words], cwd=repo, env=environment, capture_output=True, text=True, check=False
    )


def results(name: str, experiment: dict[str, Any], config: dict[str, Any], folder: Path) -> dict[str, Any]:
    out = folder / "results.json"
    done = execute(SMALL / name / "repo", experiment["command"][1:], config, out)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    values: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return values


def flat(values: dict[str, Any]) -> list[float]:
    return [number for value in values.values() for number in (value if isinstance(value, list) else [value])]


def functions(name: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """All functions at the top level of modules, by ``file:name``."""
    repo = SMALL / name / "repo"
    for file in sorted(repo.rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                yield f"{file.relative_to(repo).as_posix()}:{node.name}", node


def numbers(value: Any) -> Iterator[float]:
    """Every number in a configuration."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, int | float):
        yield float(value)


def test_there_are_enough_repositories_and_no_two_share_a_module() -> None:
    assert len(NAMES) >= 8
    packages = [file.parent.name for name in NAMES for file in (SMALL / name / "repo").glob("*/__init__.py")]
    assert len(packages) == len(set(packages)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_contract(name: str) -> None:
    root, table = SMALL / name, suite(name)
    assert set(table) == {"title", "description", "packages", "maskable", "experiment"}
    assert table["packages"] == ["numpy"]
    assert {"README.md", "run.py", "config.json"} <= {path.name for path in (root / "repo").iterdir()}
    assert len(table["experiment"]) >= 3
    assert {experiment["name"] for experiment in table["experiment"]} == set(configuration(name))
    for experiment in table["experiment"]:
        assert set(experiment) == EXPERIMENT_KEYS
        assert experiment["command"][:3] == ["python", "run.py", experiment["name"]]
        assert 0 < experiment["seconds"] <= 4
        assert experiment["metrics"]
        assert {rule.get("direction", "min") for rule in experiment["metrics"].values()} <= {"min", "max"}
        assert overridden(name, experiment["hidden"]) != configuration(name)
        assert all(path.startswith(f"{experiment['name']}.") for path in experiment["hidden"])
        assert f"{experiment['name']}.seed" in experiment["hidden"]


@pytest.mark.parametrize("name", NAMES)
def test_maskable_functions(name: str) -> None:
    known, maskable = dict(functions(name)), suite(name)["maskable"]
    assert len(maskable) == len(set(maskable)) >= 10
    assert set(maskable) <= set(known)
    by_name = {reference.split(":")[1]: reference for reference in maskable}
    calls = set()
    for reference in maskable:
        node = known[reference]
        documentation = ast.get_docstring(node)
        assert documentation is not None
        assert len(documentation) >= 40, reference
        first, last = node.body[0], node.body[-1]
        assert last.end_lineno is not None
        assert first.end_lineno is not None
        body = last.end_lineno - first.end_lineno
        assert 2 <= body <= 38, reference
        names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        calls |= {(reference, by_name[inner]) for inner in names & set(by_name) if by_name[inner] != reference}
    assert len(calls) >= 4, "maskable functions must depend on one another"


@pytest.mark.parametrize("name", NAMES)
def test_every_function_can_be_masked_with_a_passage_of_the_method(name: str) -> None:
    source = load_source(SMALL / name)
    known = dict(functions(name))
    paper = (SMALL / name / "paper.md").read_text(encoding="utf-8")
    method = " ".join(section(paper, "Methods").split())
    passages = {
        f"{f}": best_passages(paper, f"{f.name} {ast.get_docstring(known[str(f)])}")[0] for f in source.maskable
    }
    assert all(passage in method for passage in passages.values())
    assert len(set(passages.values())) >= 4
    file, texts = next(iter(masked_texts(source.maskable, MaskMode.ORACLE, {}, passages).items()))
    masked = mask_file((source.root / file).read_bytes(), texts, texts).decode()
    assert masked.count("raise NotImplementedError()") == len(texts)
    assert masked.count("according to the following passage") == len(texts)


@pytest.mark.parametrize("name", NAMES)
def test_the_cheapest_experiment_runs(name: str, tmp_path: Path) -> None:
    experiment = min(suite(name)["experiment"], key=lambda experiment: experiment["seconds"])
    values = results(name, experiment, configuration(name), tmp_path)
    assert set(values) == set(experiment["metrics"])
    for number in flat(values):
        assert isinstance(number, int | float)
        assert not isinstance(number, bool)
        assert math.isfinite(number)


@pytest.mark.parametrize("name", NAMES)
def test_paper_has_its_parts(name: str) -> None:
    text = (SMALL / name / "paper.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (?:\d )?(\w+)", text, re.M)
    assert headings[:3] == ["Abstract", "Introduction", "Background"]
    assert headings[-3:] == ["Discussion", "Limitations", "References"]
    assert {"Experimental", "Results"} <= set(headings)
    assert 1100 <= len(text.split()) <= 2200
    assert "{{" not in text
    assert text.startswith(f"# {suite(name)['title']}\n")


def section(text: str, title: str) -> str:
    found = re.search(rf"^## (?:\d )?{title}\n(.*?)(?=^## )", text, re.M | re.S)
    assert found
    return found.group(1)


def rounds_to(value: float, token: str) -> bool:
    decimals = len(token.partition(".")[2])
    return abs(value - float(token)) <= 0.5 * 10.0**-decimals * (1 + 1e-9)


def unexplained(text: str, measured: list[float], settings: list[float]) -> list[str]:
    """Numbers that no measured value rounds to; in prose, settings of the configuration may stand too."""
    strange = []
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        for row in table.splitlines()[0 if table.count("\n") < 3 else 2 :]:
            cells = [cell.strip() for cell in row.strip("|").split("|")][1 if table.count("\n") > 2 else 0 :]
            tokens = [cell for cell in cells if re.fullmatch(r"-?\d+(\.\d+)?", cell)]
            strange += [token for token in tokens if not any(rounds_to(value, token) for value in measured)]
    prose = re.sub(r"^\|.*\n|\bTables? \d( and \d)?|\$[^$]*\$", "", text, flags=re.M)
    for token, percent in re.findall(r"(?<![\w./])(-?\d+(?:\.\d+)?)(?![\w/]|\.\d)( ?%)?", prose):
        allowed = [*settings, *(100 * value for value in settings if percent)]
        if float(token) not in [round(value, 9) for value in allowed]:
            strange += [token] if not any(rounds_to(value, token) for value in measured) else []
    return strange


def test_invented_numbers_are_found() -> None:
    text = "We get 0.71 at 95 % with 20 of 30.\n\n| a | b |\n|---|---|\n| x 3 | 0.712 |\n| y | 0.5 |\n"
    assert unexplained(text, [0.7123], [0.95, 20.0]) == ["0.5", "30"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_paper_says_what_is_measured_and_hidden_settings_give_other_numbers(name: str, tmp_path: Path) -> None:
    measured: list[float] = []
    for experiment in suite(name)["experiment"]:
        public = results(name, experiment, configuration(name), tmp_path)
        hidden = results(name, experiment, overridden(name, experiment["hidden"]), tmp_path)
        assert set(public) == set(hidden) == set(experiment["metrics"])
        measured += flat(public)
        wrong = 0
        for metric, rule in experiment["metrics"].items():
            pairs = list(zip(flat({metric: public[metric]}), flat({metric: hidden[metric]}), strict=True))
            wrong += any(abs(a - b) > max(0.05 * abs(b), rule.get("absolute", 1e-9)) for a, b in pairs)
        assert wrong >= 0.6 * len(experiment["metrics"]), (experiment["name"], wrong)
    text = (SMALL / name / "paper.md").read_text(encoding="utf-8")
    settings = list(numbers(configuration(name)))
    assert unexplained(section(text, "Abstract") + section(text, "Results"), measured, settings) == []
    assert re.search(r"^\|.*\d", section(text, "Results"), re.M)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_runs_are_repeatable(name: str, tmp_path: Path) -> None:
    experiment = min(suite(name)["experiment"], key=lambda experiment: experiment["seconds"])
    first, second = (results(name, experiment, configuration(name), tmp_path) for _ in range(2))
    assert first == second


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_mask_is_necessary(name: str, tmp_path: Path) -> None:
    """Without any one of the maskable functions, the first experiment that calls it fails."""
    repo, table = SMALL / name / "repo", suite(name)
    (package,) = (file.parent.name for file in repo.glob("*/__init__.py"))
    cheapest_first = sorted(table["experiment"], key=lambda experiment: experiment["seconds"])
    config = {experiment["name"]: configuration(name)[experiment["name"]] for experiment in cheapest_first}
    words = ["-c", NECESSITY, str(repo), package, json.dumps(config), json.dumps(table["maskable"])]
    done = execute(repo, words, {}, tmp_path / "results.json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert all(report["callers"].values()), report["callers"]
    assert report["unbroken"] == []

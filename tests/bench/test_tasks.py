"""From a repository to task folders: tracing, proofs, what an agent sees and what it does not."""

from __future__ import annotations

import json
import shutil
import subprocess
import textwrap
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hakken import __version__
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import RunJob, apply_variant, check_packages, override, run_job
from hakken.bench.grading import freeze, grade
from hakken.bench.proving.proofs import ProofError, predictable
from hakken.bench.proving.tracing import candidates, trace
from hakken.bench.tasks.folder import ANSWER, TaskFolder, discard_gold, load_task, load_tasks, write_task
from hakken.bench.tasks.making import Proved, make_tasks, prove, task_hash, write
from hakken.bench.tasks.suite import SUITES, SuiteError, load_source, load_suite, suite_folder
from hakken.bench.trees import differing
from hakken.bench.types import Experiment, FunctionRef, MaskMode, MetricRule, Soundness, Source, Variant
from hakken.core.errors import PrerequisiteError, UsageError
from hakken.core.types import Rung
from tests.bench.conftest import TINY, gold


def test_tracing_finds_what_carries_an_experiment(tiny: Source, lab: Lab) -> None:
    traced = trace(tiny.root, tiny.experiments, lab.executor)
    assert FunctionRef.parse("tiny/fit.py:mean") in traced["ridge"]
    assert FunctionRef.parse("tiny/fit.py:spread") not in traced["ridge"]
    found = {str(f) for f in candidates(tiny.root, [f for fs in traced.values() for f in fs])}
    assert found == {*map(str, tiny.maskable), "run.py:ridge"}  # main writes results, mean is one line


def test_the_proof_says_which_function_which_experiment_needs(proved: Proved) -> None:
    assert proved.needs == {
        "ridge": ("tiny/data.py:sample_line", "tiny/fit.py:fit_line", "tiny/fit.py:residual_error"),
        "walk": ("tiny/data.py:Walker.walk", "tiny/fit.py:spread"),
    }
    assert (proved.dropped, proved.notes, proved.predictable) == ((), (), ())
    assert {(g.experiment, g.variant) for g in proved.golds} == {
        (e, v) for e in ("ridge", "walk") for v in (None, "hidden1")
    }


def test_a_task_folder_has_the_layout_and_reads_back(tasks: dict[str, TaskFolder]) -> None:
    folder = tasks["tiny-n1-0"]
    for name in ("task.toml", "instruction.md", "environment/Dockerfile", "tests/test.sh", "solution/solve.sh"):
        assert (folder.root / name).is_file()
    harbor = tomllib.loads((folder.root / "task.toml").read_text())
    assert harbor["metadata"]["hakken"]["functions"] == ["tiny/data.py:sample_line"]
    assert harbor["task"]["name"] == "hakken/tiny-n1-0"
    assert (harbor["verifier"]["environment_mode"], harbor["artifacts"]) == ("separate", ["/app"])
    assert harbor["hidden"]["ridge"][0]["overrides"]["seed"] == 19
    assert load_task(folder.root) == folder
    assert load_task(folder.root / "tests").task == folder.task
    assert [f.task.id for f in load_tasks(folder.root.parent)] == sorted(tasks)


_THIEF = """
import json, os
tests = {tests!r}
golds = json.load(open(os.path.join(tests, "gold.json")))
with open("config.json") as file:
    seed = json.load(file)["seed"]
experiments = json.load(open(os.path.join(tests, "task.json")))["experiments"]
hidden = [v["name"] for e in experiments for v in e["hidden"] if v["overrides"].get("seed") == seed]
gold = next(g for g in golds if g["experiment"] == "walk" and g["variant"] == (hidden[0] if hidden else None))
import sys
with open(sys.argv[sys.argv.index("--out") + 1], "w") as file:
    json.dump({{name: band["value"] for name, band in gold["metrics"].items()}}, file)
os._exit(0)
"""


@pytest.mark.parametrize("discarded", [False, True])
def test_on_the_weakest_rung_gold_is_safe_when_it_is_discarded(
    discarded: bool, tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path
) -> None:
    """Nothing closes files there: a body reads the gold of the configuration that it runs in, unless it is gone."""
    task, copy = tasks["tiny-n1-1"], tmp_path / "tests"
    shutil.copytree(task.root / "tests", copy)
    shutil.copytree(task.visible_repo, tmp_path / "app")
    masked = tmp_path / "app" / "tiny" / "data.py"
    body = textwrap.indent(_THIEF.format(tests=str(copy)), "        ")
    masked.write_text(masked.read_text().replace("        raise NotImplementedError()\n", body))
    loaded = load_task(copy)
    if discarded:
        discard_gold(copy)
    weak = replace(lab, rung=Rung.RLIMITS, allow_weak=True)
    score = grade(loaded, freeze(tmp_path / "app", tmp_path / "frozen", loaded), weak)
    assert score.passed is not discarded
    assert ("exit code 1" in score.verdicts["rerun"].reason) is discarded


def test_a_task_that_cannot_be_written_whole_leaves_the_old_one_and_no_draft(
    tasks: dict[str, TaskFolder], tmp_path: Path
) -> None:
    (name, *_) = tasks
    whole = tmp_path / "tasks" / name
    shutil.copytree(tasks[name].root, whole)
    task = load_task(whole)
    masked = {str(f.file): (whole / "tests" / "repo" / f.file).read_bytes() for f in task.task.functions}
    with pytest.raises(OSError, match=r"nowhere\.py"):
        write_task(whole, task.task, task.golds, task.base, {**masked, "nowhere.py": b""}, {})
    assert [path.name for path in whole.parent.iterdir()] == [name]
    assert not differing(whole, tasks[name].root)
    # One whose machine went down in the middle is no task yet.
    whole.rename(whole.with_name(f".{name}.part"))
    assert load_tasks(whole.parent) == ()


def test_a_task_without_its_repository_gets_one_sentence(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    shutil.copytree(tasks["tiny-n1-0"].root, tmp_path / "task")
    shutil.rmtree(tmp_path / "task" / "tests" / "repo")
    for folder in (tmp_path / "task", tmp_path / "task" / "tests"):
        with pytest.raises(UsageError, match=r"is no whole task: tests/repo is not there\. Make it again"):
            load_task(folder)


def test_gold_is_discarded_in_a_copy_of_the_tests_folder_alone(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    shutil.copytree(tasks["tiny-n1-0"].root, tmp_path / "task")
    with pytest.raises(UsageError, match="is a whole task"):
        discard_gold(tmp_path / "task")
    tests = tmp_path / "task" / "tests"
    before = {path.name for path in tests.iterdir()}
    discard_gold(tests)
    assert {path.name for path in tests.iterdir()} == before - {"gold.json", "task.json"}


def test_the_verifiers_script_leaves_no_answer_when_the_agents_code_runs(tasks: dict[str, TaskFolder]) -> None:
    script = (tasks["tiny-n1-0"].root / "tests" / "test.sh").read_text()
    assert subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode == 0
    *_, suites, last = script.replace("\\\n", "").splitlines()
    assert suites.split() == [
        *("rm", "-rf", "/opt/verifier/lib/python3*/site-packages/hakken/bench/suites"),
        "/tests/hakken-*.whl",  # the suites are in it too
    ]
    assert SUITES.parts[-3:] == ("hakken", "bench", "suites")
    assert last.split()[:5] == ["/opt/verifier/bin/hakken", "bench", "grade", "/tests", "/app"]
    assert "--discard-gold" in last


_NO_PYTHON = """#!/bin/sh
# python3 -m venv PLACE: an environment whose programs only say how they were called.
mkdir -p "$3/bin"
for name in pip hakken; do
  printf '#!/bin/sh\\necho %s "$@" >> "$SAID"\\n' "$name" > "$3/bin/$name"
  chmod +x "$3/bin/$name"
done
"""


@pytest.mark.parametrize(
    ("wheel", "source", "taken"),
    [
        (f"hakken-{__version__}-py3-none-any.whl", "", f"TESTS/hakken-{__version__}-py3-none-any.whl"),
        (f"hakken-{__version__}-py3-none-any.whl", "https://host/it.whl", "https://host/it.whl"),
        ("", "/my wheels/hakken.whl", "/my wheels/hakken.whl"),
        ("hakken-99.0-py3-none-any.whl", "", None),
        ("", "", None),
    ],
    ids=["wheel", "both", "source", "other", "neither"],
)
def test_the_verifier_is_the_hakken_that_was_named_and_no_strangers(
    tasks: dict[str, TaskFolder], tmp_path: Path, wheel: str, source: str, taken: str | None
) -> None:
    """The script with its places below a folder, and a Python that installs nothing."""
    tests, said = tmp_path / "tests", tmp_path / "said"
    shutil.copytree(tasks["tiny-n1-0"].root / "tests", tests)
    if wheel:
        (tests / wheel).touch()
    script = (tests / "test.sh").read_text()
    for place in ("/tests", "/opt/verifier", "/logs"):
        script = script.replace(place, f"{tmp_path}{place}")
    (tmp_path / "python3").write_text(_NO_PYTHON)
    (tmp_path / "python3").chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SAID": str(said)} | ({"HAKKEN_SOURCE": source} if source else {})
    done = subprocess.run(["sh"], input=script, env=env, text=True, capture_output=True, check=False)
    if taken is None:
        assert done.returncode != 0
        assert f"name what pip installs Hakken {__version__} from, or put its wheel into tests/" in done.stderr
        assert not said.exists()
        return
    assert done.returncode == 0, done.stderr
    pip, hakken = said.read_text().splitlines()
    assert pip == f"pip install --quiet --no-cache-dir {taken.replace('TESTS', str(tests))} hakken=={__version__}"
    assert hakken.startswith(f"hakken bench grade {tests} /app --allow-weak-sandbox --discard-gold")
    assert not list(tests.glob("*.whl"))


def test_an_agent_sees_the_contract_and_no_gold(tasks: dict[str, TaskFolder]) -> None:
    folder = tasks["tiny-n2-0-1"]
    repo = folder.visible_repo
    assert {"paper.txt", "experiment.txt", "refsol.sh", "run.py"} <= {p.name for p in repo.iterdir()}
    seen = "".join(p.read_text() for p in [folder.root / "instruction.md", *repo.rglob("*.*")] if p.is_file())
    for number in ("2.858933", "0.5790", "571.5", "hidden", "gauss", "350"):
        assert number not in seen
    assert seen.count("raise NotImplementedError()") == 2
    assert json.loads((folder.root / "solution" / ANSWER).read_text())["walk"]["reach"] == 27


def test_only_experiments_that_need_a_masked_function_are_asked_for(tasks: dict[str, TaskFolder]) -> None:
    asked = {name: [e.name for e in folder.task.experiments] for name, folder in tasks.items()}
    assert asked["tiny-n1-1"] == ["walk"]
    assert asked["tiny-n2-0-2"] == ["ridge"]
    assert asked["tiny-n2-0-1"] == asked["tiny-n0-all"] == ["ridge", "walk"]


def test_modes_of_the_docstring(proved: Proved, tmp_path: Path) -> None:
    described = proved.source.model_copy(update={"descriptions": {"tiny/fit.py:fit_line": "Fits a straight line."}})
    proved = proved.model_copy(update={"source": described})
    texts = {}
    for mode in MaskMode:
        task = make_tasks(proved, [1], mode=mode)[2]
        assert task.id == "tiny-n1-2"
        folder = write(task, proved, tmp_path / mode.value)
        texts[mode] = (folder.visible_repo / "tiny" / "fit.py").read_text()
    assert "intercept is not penalised" not in texts[MaskMode.NONE]
    assert "intercept is not penalised" in texts[MaskMode.DOCSTRING]
    assert "Fits a straight line." in texts[MaskMode.DESCRIPTION]
    assert "The fit centres both variables" in texts[MaskMode.ORACLE]
    passage = described.model_copy(update={"passages": {"tiny/fit.py:fit_line": "By the author."}})
    folder = write(task, proved.model_copy(update={"source": passage}), tmp_path / "own")
    assert "By the author." in (folder.visible_repo / "tiny" / "fit.py").read_text()


def test_names_of_tasks_stay_when_a_function_is_dropped(proved: Proved) -> None:
    fewer = proved.model_copy(update={"functions": proved.functions[1:]})
    assert [t.id for t in make_tasks(fewer, [1])] == [f"tiny-n1-{place}" for place in (1, 2, 3, 4)]
    assert {t.id: t.functions for t in make_tasks(fewer, [2])}.items() <= {
        t.id: t.functions for t in make_tasks(proved, [2])
    }.items()


def test_without_hidden_configurations_gold_is_predictable(proved: Proved, tiny: Source) -> None:
    visible = [gold for gold in proved.golds if gold.variant is None]
    assert predictable(visible, tiny.experiments) == {"ridge", "walk"}
    assert predictable(proved.golds, tiny.experiments) == set()


@pytest.mark.parametrize(
    "variant",
    [
        Variant(name="h", overrides={"data": {"seed": 7}}),
        Variant(name="h", overrides={"seeds": [7, 8]}),
        Variant(name="h", arguments=("--seed", "7")),
        Variant(name="h", arguments=("--seed=7",)),
    ],
)
def test_a_number_that_the_hidden_configuration_sets_is_no_other_result(variant: Variant) -> None:
    experiment = Experiment(name="e", command=("python",), results="r.json", hidden=(variant,))
    (visible,) = gold(seed=0.0, accuracy=0.91)
    same, other = (gold(seed=7.0, accuracy=value)[0].model_copy(update={"variant": "h"}) for value in (0.91, 0.41))
    assert predictable([visible, same], [experiment]) == {"e"}
    assert predictable([visible, other], [experiment]) == set()


def changed(tmp_path: Path, file: str, old: str, new: str) -> Source:
    """The tiny repository with one change."""
    shutil.copytree(TINY, tmp_path / "tiny")
    path = tmp_path / "tiny" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return load_source(tmp_path / "tiny")


def test_functions_that_are_not_needed_are_dropped(tmp_path: Path, lab: Lab) -> None:
    source = changed(tmp_path, "repo/run.py", '"reach": max(abs(p) for p in places)', '"reach": 27')
    source = source.model_copy(
        update={
            "experiments": (source.experiments[1].model_copy(update={"metrics": {"reach": MetricRule()}}),),
            "maskable": (FunctionRef.parse("tiny/fit.py:spread"), FunctionRef.parse("tiny/fit.py:fit_line")),
        }
    )
    with pytest.raises(ProofError, match=r"fit_line is executed by no experiment; tiny/fit\.py:spread can be replaced"):
        prove(source, lab, runs=2)


def test_a_trivial_body_shows_what_nobody_must_write(tmp_path: Path, lab: Lab) -> None:
    source = changed(
        tmp_path, "repo/run.py", '{"spread": spread(places), ', '{"spread": [float(bool(spread(places)))], '
    )
    source = source.model_copy(update={"experiments": source.experiments[1:], "maskable": source.maskable[4:]})
    with pytest.raises(ProofError, match="can be replaced by `return places`"):
        prove(source, lab, runs=2)


def test_noise_is_no_result(tmp_path: Path, lab: Lab) -> None:
    source = changed(tmp_path, "repo/tiny/data.py", "random.Random(seed)", "random.Random(None)")
    with pytest.raises(ProofError, match="differs too much from run to run"):
        prove(source, lab, runs=2)


def test_a_broken_repository_says_so(tmp_path: Path, lab: Lab) -> None:
    source = changed(tmp_path, "repo/run.py", "def main():", "def main():\n    raise OSError('broken here')")
    with pytest.raises(UsageError, match=r"ridge of the unmasked repository fails.*broken here"):
        prove(source, lab, runs=2)
    missing = source.model_copy(update={"packages": ("no_such_package",)})
    with pytest.raises(PrerequisiteError, match="pip install no_such_package"):
        prove(missing, lab)
    with pytest.raises(PrerequisiteError, match=r"The script needs no_such\. Install it: `pip install 'it\[all\]'`"):
        check_packages(["no_such"], what="The script", mend="pip install 'it[all]'")


def test_committed_results_and_numbers_in_code_are_found(tmp_path: Path, lab: Lab) -> None:
    source = changed(tmp_path, "repo/README.md", "# Tiny", "# Tiny\n\nThe slope is 2.859.")
    (source.root / "results.json").write_text('{"slope": 2.858933011805296}')
    (source.root / "old.json").write_text('{"slope": 2.858933011805296}')
    (source.root / "config.toml").write_text("slope = 2.858933011805296\n")  # and it is needed
    script = (source.root / "run.py").read_text()
    (source.root / "run.py").write_text(script.replace("def main():", "def main():\n    open('config.toml')"))
    code = (source.root / "tiny" / "fit.py").read_text()
    (source.root / "tiny" / "fit.py.orig").write_text(code)
    cell = {"cell_type": "code", "source": [f"{line}\n" for line in [*code.splitlines(), "2.858933011805296"]]}
    (source.root / "analysis.ipynb").write_text(json.dumps({"cells": [cell]}))
    source = source.model_copy(update={"experiments": source.experiments[:1], "maskable": source.maskable[2:3]})
    proved = prove(source, lab, runs=2, quick=True)
    assert proved.leaks == ("config.toml holds 2.858933011805296",)
    assert proved.notes[-3:] == (
        "analysis.ipynb holds a copy of a masked function, and is taken out",
        "old.json holds measured values, and is taken out",
        "tiny/fit.py.orig holds a copy of a masked function, and is taken out",
    )
    task = write(make_tasks(proved, [1])[0], proved, tmp_path / "tasks")
    assert load_task(task.root).task.leaks == proved.leaks
    assert task.task.soundness is Soundness.LEAKING
    for place in (task.visible_repo, task.base):
        assert not (place / "analysis.ipynb").exists()
        assert not (place / "old.json").exists()
        assert not (place / "tiny" / "fit.py.orig").exists()
    assert "2.859" not in proved.texts["README.md"]


def test_a_function_whose_code_stays_elsewhere_is_masked_only_when_that_is_asked_for(tmp_path: Path, lab: Lab) -> None:
    source = changed(tmp_path, "repo/run.py", "def main():", "import tiny.older\n\n\ndef main():")
    shutil.copyfile(source.root / "tiny" / "fit.py", source.root / "tiny" / "older.py")
    source = source.model_copy(update={"experiments": source.experiments[:1], "maskable": source.maskable[:3]})
    proved = prove(source, lab, runs=2, quick=True)
    assert [str(f) for f in proved.functions] == ["tiny/data.py:sample_line"]
    assert "tiny/fit.py:fit_line is not masked: tiny/older.py, which is needed, holds a copy" in proved.dropped
    assert make_tasks(proved, [1])[0].soundness is Soundness.SOUND
    asked = make_tasks(prove(source, lab, runs=2, quick=True, allow_leaks=True), [1])
    assert [task.leaks for task in asked[:2]] == [(), ("tiny/older.py holds a copy of tiny/fit.py:fit_line",)]


def test_a_task_is_all_that_is_shown_and_graded(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    whole = tasks["tiny-n1-0"]
    files = (
        "instruction.md",
        "environment/repo/paper.txt",
        "tests/repo/tiny/data.py",
        "environment/repo/run.py",
        "solution/files/tiny/data.py",
    )
    found = {task_hash(whole)}
    for index, name in enumerate(files):
        place = tmp_path / str(index)
        shutil.copytree(whole.root, place)
        assert task_hash(load_task(place)) == task_hash(whole)
        (place / name).write_text((place / name).read_text() + "\n")
        found.add(task_hash(load_task(place)))
    assert len(found) == 1 + len(files)
    (place / "tests" / "test.sh").write_text("# how a container begins to grade is no part of it\n")
    assert task_hash(load_task(place)) in found


def test_a_task_stays_itself_on_a_processor_that_rounds_otherwise(tasks: dict[str, TaskFolder]) -> None:
    whole = tasks["tiny-n1-0"]

    def changed(**what: object) -> TaskFolder:
        first, *others = whole.golds
        bands = {name: band.model_copy(update=what) for name, band in first.metrics.items()}
        return whole.model_copy(update={"golds": (first.model_copy(update={"metrics": bands}), *others)})

    assert task_hash(changed(value=0.1)) == task_hash(changed(half_width=0.2)) == task_hash(whole)
    stricter = changed(rule=MetricRule(relative=0.001))
    given = [changed(value=value, runs=1) for value in (0.1, 0.2)]
    assert len({task_hash(task) for task in (whole, stricter, *given)}) == 4


def test_hidden_values_need_a_key_that_is_there() -> None:
    assert override({"a": {"b": 1}, "c": 2}, {"a.b": [3]}) == {"a": {"b": [3]}, "c": 2}
    day = {"day": date(2026, 11, 23), "c": 2}  # as TOML has them
    assert override(day, {"c": 3}) == day | {"c": 3}
    for key in ("a.x", "x", "c.d", "a.b.c"):
        with pytest.raises(UsageError, match="has no key"):
            override({"a": {"b": 1}, "c": 2}, {key: 0})


def test_variants_by_toml_and_by_argument(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("day = 2026-11-23\n[a]\nb = 1\n")
    code = "import sys,json,tomllib; c=tomllib.load(open('c.toml','rb')); "
    code += "json.dump({'b': c['a']['b'], 'n': len(sys.argv)}, open('r.json','w'))"
    experiment = Experiment(name="e", command=("python", "-c", code), results="r.json")
    variant = Variant(name="h", file="c.toml", overrides={"a.b": 5}, arguments=("x", "y"))
    assert run_job(RunJob(tree=tmp_path, experiment=experiment, variant=variant)).numbers.values == {"b": 5, "n": 3}
    assert run_job(RunJob(tree=tmp_path, experiment=experiment)).numbers.values == {"b": 1, "n": 1}
    (tmp_path / "c.toml").write_bytes(b"name = '\xe9'\n")
    with pytest.raises(UsageError, match=r"c\.toml is neither JSON nor TOML: .*can't decode"):
        apply_variant(tmp_path, variant)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "', 'titel = "', "the key 'titel' is not known"),
        ("[[experiment]]", "[[experiments]]", "'experiments' is not known"),
        ("tiny/fit.py:spread", "tiny/fat.py:spread", "no such file"),
        ('name = "walk"', 'name = "ridge"', "there twice"),
        ('results = "results.json"', 'results = "../results.json"', "not a path in the repository"),
        ("seconds = 1", 'seconds = "x"', "seconds"),
        ("error = {}", "error = { relativ = 0.2 }", "metrics: error: the key 'relativ' is not known.*relative"),
        ("error = {}", "error = 0.02", r"metrics: error: 0\.02 is no table"),
        ("error = {}", "error = { relative = -1 }", r"metrics\.error\.relative: input should be greater"),
        ("metrics = { spread = {}, reach = {} }", 'metrics = "reach"', "'reach' is neither a table of rules nor"),
        ("metrics = { spread = {}, reach = {} }", "metrics = [1]", "neither a table"),
        ('name = "walk"', 'name = "walk"\nmaskable = 5', "maskable: 5 is no list"),
        ('name = "walk"', 'name = "walk"\nmaskable = "tiny/fit.py:spread"', "'tiny/fit.py:spread' is no list"),
        ("packages = []", 'descriptions = { "tiny/fit.py:spred" = "Say." }', "descriptions names .*is not defined"),
        ("packages = []", 'passages = { "spread" = "Say." }', "passages: 'spread' is not of the form"),
        ("packages = []", 'passages = { "tiny/fat.py:spread" = "Say." }', "passages names .*no such file"),
        ("packages = []", "passages = 3", "passages: input should be a valid dictionary"),
    ],
)
def test_a_suite_file_that_breaks_the_contract(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        changed(tmp_path, "suite.toml", old, new)


def test_a_suite_says_what_is_near_enough_and_what_functions_do(tmp_path: Path) -> None:
    place = tmp_path / "tiny"
    shutil.copytree(TINY, place)
    text = (place / "suite.toml").read_text()
    text = text.replace("error = {}", 'error = { relative = 0.2, direction = "min" }')
    text = text.replace("metrics = { spread = {}, reach = {} }", 'metrics = ["reach"]')
    (place / "suite.toml").write_text(f'descriptions = {{ "./tiny/fit.py:spread" = "Say." }}\n{text}')
    source = load_source(place)
    assert source.experiments[0].metrics["error"] == MetricRule(relative=0.2)
    assert list(source.experiments[1].metrics) == ["reach"]
    assert source.descriptions == {"tiny/fit.py:spread": "Say."}


def test_a_suite_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="There is no suite"):
        load_suite(tmp_path)


def test_a_shipped_suite_and_its_repositories_have_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert [source.name for source in load_suite("small/quasi_newton")] == ["quasi_newton"]
    assert len(load_suite("small")) == len(list((SUITES / "small").glob("*/suite.toml")))
    with pytest.raises(SuiteError, match=r"There is no suite 'small/none'.*hakken bench list"):
        load_suite("small/none")


def test_a_folder_of_ones_own_goes_before_a_shipped_suite_of_its_name(
    tiny: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small").mkdir()
    assert suite_folder("small") == SUITES / "small", "no suite is in it"
    shutil.copytree(tiny.root.parent, tmp_path / "small" / "mine")
    assert [source.name for source in load_suite("small")] == ["mine"]


def test_what_is_reported_alone_is_predictable(proved: Proved) -> None:
    hidden = proved.model_copy(update={"predictable": ()})
    assert {task.n: task.gold_predictable for task in make_tasks(hidden, [0, 1])} == {0: True, 1: False}

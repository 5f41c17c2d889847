"""Repositories as they really are: they print their numbers, write tables, need more room, and keep old results."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hakken.bench.agents.simple import Null, Oracle
from hakken.bench.attempts.attempt import attempt
from hakken.bench.experiments.kept import Kept
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.reading import Numbers
from hakken.bench.experiments.running import RunJob, limits_of, run_job, with_room
from hakken.bench.grading import freeze, grade
from hakken.bench.proving.needless import needless
from hakken.bench.proving.proofs import measure
from hakken.bench.tasks.adopting import adopt
from hakken.bench.tasks.folder import ANSWER, TaskFolder, load_task
from hakken.bench.tasks.making import Proved, make_tasks, prove, task_hash, write
from hakken.bench.tasks.suite import SuiteError, load_source
from hakken.bench.types import Experiment, Source
from hakken.cli.app import app
from hakken.core.errors import UsageError
from hakken.core.types import Limits, Rung

FIT = """\
def slope(points):
    top = sum(x * y for x, y in points)
    below = sum(x * x for x, _ in points)
    return top / below


def squared(points, by):
    errors = [(y - by * x) ** 2 for x, y in points]
    mean = sum(errors) / len(errors)
    return mean


def told(name, value):
    label = name.title()
    print(f"{label}: {value}")
    return label
"""
MAIN = """\
import sys
import time

from fit import slope, squared, told

seed = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
points = [(x, 2.25 * x + seed * (x % 3)) for x in range(1, 9)]
by = slope(points)
"""
PRINTING = """\
told("slope", by)
for count in (4, 8):
    print(f"used = {count}, squared error = {squared(points[:count], by):.6f}")
print(f"Elapsed time: {time.time():.3f} s")
"""
WRITING = """\
with open("out/scores.csv", "w") as file:
    file.write("model,slope,error\\n")
    for name, count in (("half", 4), ("all", 8)):
        file.write(f"{name},{slope(points[:count])},{squared(points[:count], by)}\\n")
with open("out/params.json", "w") as file:
    file.write('["nothing"]')
"""


def repository(root: Path, end: str) -> Path:
    root.mkdir()
    (root / "fit.py").write_text(FIT)
    (root / "main.py").write_text(MAIN + end)
    (root / "hidden.toml").write_text('[[hidden]]\narguments = ["3"]\n')
    return root


def made(repo: Path, lab: Lab, out: Path) -> tuple[Proved, dict[str, TaskFolder]]:
    source = adopt(repo, ["python main.py"], lab, hidden=repo / "hidden.toml")
    proved = prove(source, lab, runs=2, quick=True)
    return proved, {task.id: write(task, proved, out) for task in make_tasks(proved, [1])}


def graded(task: TaskFolder, lab: Lab) -> list[bool]:
    """Whether those who know the functions pass under each rule that counts, and those who do nothing do."""
    oracle = attempt(Oracle(lab), task, 0, lab).score
    null = attempt(Null(), task, 0, lab).score
    assert oracle is not None
    assert null is not None
    assert not oracle.fabricated
    return [oracle.verdicts["strict"].passed, oracle.passed, null.passed]


def test_a_repository_that_only_prints(lab: Lab, tmp_path: Path) -> None:
    lines: list[str] = []
    proved, tasks = made(repository(tmp_path / "printing", PRINTING), replace(lab, tell=lines.append), tmp_path / "t")
    told = "`python main.py` writes no file with numbers: what it prints is read (--results -)"
    assert f"{told}: Slope, used, squared error" in lines
    assert [str(f) for f in proved.functions] == ["fit.py:slope", "fit.py:squared"]  # the third prints
    assert "Experiment 1: Elapsed time is a time or a date, and is left out" in proved.notes
    visible = proved.golds[0].metrics
    assert {name: band.value for name, band in visible.items()} == {
        "Slope": pytest.approx(2.455882, abs=1e-6),
        "used": (4.0, 8.0),
        "squared error": (0.891436, 0.794118),
    }
    task = tasks["printing-n1-0"]
    assert not task.task.gold_predictable
    assert graded(task, lab) == [True, True, False]
    text = (task.visible_repo / "experiment.txt").read_text()
    assert "Prints its numbers on standard output\nRead as: the JSON object at the end" in text
    assert '{"Slope": 0.0, "used": [0.0, 0.0], "squared error": [0.0, 0.0]}' in text
    assert not list(task.root.rglob("-"))


def test_the_scripts_of_a_task_that_prints_run(lab: Lab, tmp_path: Path) -> None:
    _, tasks = made(repository(tmp_path / "printing", PRINTING), lab, tmp_path / "t")
    task, work = tasks["printing-n1-1"], tmp_path / "work"
    shutil.copytree(task.visible_repo, work)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = task.root / "solution" / "solve.sh"
    done = subprocess.run(
        ["sh", str(script)], cwd=work, env={"PATH": path}, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.startswith("Experiment 1\nSlope: 2.45")
    answer = json.loads((work / ANSWER).read_text())["Experiment 1"]
    assert f"Slope: {answer['Slope']}" in done.stdout
    assert grade(task, freeze(work, tmp_path / "frozen", task), lab).passed


def test_who_prints_a_name_again_makes_a_list_of_another_length(lab: Lab, tmp_path: Path) -> None:
    """A decoy is worth what one in a file is worth: nothing in a hidden configuration; beside the true line less."""
    _, tasks = made(repository(tmp_path / "printing", PRINTING), lab, tmp_path / "t")
    task, work = tasks["printing-n1-0"], tmp_path / "work"
    shutil.copytree(task.visible_repo, work)
    masked = (work / "fit.py").read_text()
    known = json.loads((task.root / "solution" / ANSWER).read_text())["Experiment 1"]
    (work / ANSWER).write_text(json.dumps({"Experiment 1": known}))

    def score(*body: str) -> list[object]:
        lines = "\n".join(f"    {line}" for line in body)
        (work / "fit.py").write_text(masked.replace("    raise NotImplementedError()", lines, 1))
        found = grade(task, freeze(work, tmp_path / f"frozen-{hash(body)}", task), lab)
        return [found.verdicts["pristine"].passed, found.passed, found.verdicts["pristine"].reason]

    # The last JSON object is the whole of the results: right where it was measured, wrong in a hidden configuration.
    whole = f"import atexit; atexit.register(print, {json.dumps(json.dumps(known))!s})"
    assert score(whole, "return 1.0")[:2] == [True, False]
    twice = score(f"print('Slope: {known['Slope']}')", f"return {known['Slope']}")
    assert twice[:2] == [False, False]
    assert "Slope" in str(twice[2])


def test_a_repository_that_writes_a_table(lab: Lab, tmp_path: Path) -> None:
    repo = repository(tmp_path / "writing", WRITING)
    (repo / "out").mkdir()
    (repo / "out" / "scores.csv").write_text("model,slope,error\nall,1,1\n")
    lines: list[str] = []
    proved, tasks = made(repo, replace(lab, tell=lines.append), tmp_path / "t")
    assert proved.source.experiments[0].results == "out/scores.csv"
    assert not any("what it prints" in line for line in lines)
    assert set(proved.golds[0].metrics) == {"half.slope", "half.error", "all.slope", "all.error"}
    # Where nothing is printed, a function that prints may be masked; this one is never called.
    assert [str(f) for f in proved.functions] == ["fit.py:slope", "fit.py:squared"]
    task = tasks["writing-n1-1"]
    assert graded(task, lab) == [True, True, False]
    assert not (task.visible_repo / "out" / "scores.csv").exists()
    text = (task.visible_repo / "experiment.txt").read_text()
    assert "Writes: out/scores.csv\nRead as: each column is a list under its header" in text
    assert "cat out/scores.csv && echo" in (task.visible_repo / "refsol.sh").read_text()


@pytest.mark.parametrize(
    ("code", "results"),
    [
        ("open('a.csv', 'w').write('x\\n1\\n'); open('b.json', 'w').write('{\"x\": 1}'); print('x: 1')", "b.json"),
        ("open('b.json', 'w').write('[{\"x\": 1}]'); print('x: 1')", "b.json"),
        ("open('b.jsonl', 'w').write('{\"x\": 1}\\n'); open('c.csv', 'w').write('1,2\\n')", "b.jsonl"),
        ("open('c.csv', 'w').write('1,2\\n'); print('{\"x\": 1}')", "-"),
        ("open('c.csv', 'w').write('y\\n' + '1\\n' * 101); print('x: 1')", "-"),
        ("open('c.csv', 'w').write('y\\n' + '1\\n' * 101); print('done')", "c.csv"),
    ],
)
def test_where_numbers_are_found(code: str, results: str, lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text(code)
    assert adopt(tmp_path / "repo", ["python main.py"], lab).experiments[0].results == results


def test_no_numbers_anywhere(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text("open('c.csv', 'w').write('1,2\\n'); print(0.91)")
    with pytest.raises(UsageError, match=r"prints none that has a name \(c\.csv has no header row\)\. Let it write"):
        adopt(tmp_path / "repo", ["python main.py"], lab)


def test_numbers_on_standard_error_are_named(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    main = tmp_path / "repo" / "main.py"
    logging = "import sys; print('a: 1, b: 2, c: 3, d: 4, e: 5, f: 6', file=sys.stderr); "
    main.write_text(logging)
    with pytest.raises(
        UsageError, match=r"It logs some to standard error \(a, b, c, d, e and 1 more\): write the command as"
    ):
        adopt(tmp_path / "repo", ["python main.py"], lab)
    main.write_text(logging + "print('seed: 1')")
    lines: list[str] = []
    adopt(tmp_path / "repo", ["python main.py"], replace(lab, tell=lines.append))
    assert lines[1].endswith("(--results -): seed")
    assert (
        lines[2]
        == "standard error is not read (a, b, c, d, e and 1 more): write the command as bash -c '… 2>&1' for that"
    )
    joined = adopt(tmp_path / "repo", ["bash -c 'python main.py 2>&1'"], replace(lab, tell=lines.append))
    assert run_job(RunJob(tree=tmp_path / "repo", experiment=joined.experiments[0])).numbers.values["d"] == 4


def test_old_results_are_taken_out_where_nothing_needs_them(lab: Lab, tmp_path: Path) -> None:
    repo = repository(tmp_path / "printing", PRINTING)
    (repo / "old.json").write_text('{"slope": 2.4558823529411766}')
    (repo / "plot.py").write_text("SLOPES = [2.4558823529411766]\n")
    (repo / "notes.md").write_text("`2.4558823529411766` in code\n")
    proved, tasks = made(repo, lab, tmp_path / "t")
    assert proved.leaks == ()
    assert {n for n in proved.notes if "taken out" in n} == {
        f"{name} holds measured values, and is taken out" for name in ("old.json", "plot.py")
    }
    task = tasks["printing-n1-0"]
    for place in (task.visible_repo, task.base):
        assert not (place / "old.json").exists()
        assert not (place / "plot.py").exists()
        assert (place / "notes.md").exists()


def test_what_is_needed_stays_and_is_found_among_many(lab: Lab, tmp_path: Path) -> None:
    repo = repository(tmp_path / "printing", 'print("x:", open("e").read())\n')
    for name in "abcdefg":
        (repo / name).write_text("1")
    source = adopt(repo, ["python main.py"], lab, results=["-"])
    golds, _ = measure(source.root, source.experiments, lab, runs=2)
    assert needless(source, golds, tuple("abcdefg"), lab) == tuple("abcdfg")
    assert needless(source, golds, ("e",), lab) == ()


def test_limits_are_the_experiments_own(lab: Lab, tmp_path: Path) -> None:
    plain = Experiment(name="e", command=("python", "-c", "pass"), results="r.json")
    usual = limits_of(plain)
    assert (usual.memory_mb, usual.disk_mb, usual.file_mb, usual.output_kb) == (2048, 512, 256, 1024)
    large = plain.model_copy(update={"memory_mb": 8192, "disk_mb": 4000, "results": "-"})
    found = limits_of(large)
    assert (found.memory_mb, found.disk_mb, found.file_mb, found.output_kb) == (8192, 4000, 2000, 16384)
    room = with_room(Limits(memory_mb=4096, disk_mb=64), [plain, large])
    assert (room.memory_mb, room.disk_mb, room.wall_seconds) == (8192, 4000, Limits().wall_seconds)
    code = "data = bytearray(b'x') * (200 << 20); print('x: 1')"
    job = RunJob(tree=tmp_path, experiment=plain.model_copy(update={"command": ("python", "-c", code), "results": "-"}))
    small = job.experiment.model_copy(update={"memory_mb": 64})
    assert run_job(job).numbers == Numbers(values={"x": 1.0})
    assert run_job(job.model_copy(update={"experiment": small})).stopped


def test_usual_limits_are_not_written_and_others_are(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    folder = tasks["tiny-n1-0"]
    assert "_mb" not in (folder.root / "tests" / "task.json").read_text()
    first, *others = folder.task.experiments
    assert "memory_mb" not in first.model_dump()
    wide = first.model_copy(update={"memory_mb": 6000, "disk_mb": 2000})
    assert Experiment.model_validate_json(wide.model_dump_json()) == wide
    task = folder.task.model_copy(update={"id": "wide", "experiments": (wide, *others)})
    assert task_hash(folder.model_copy(update={"task": task})) != task_hash(
        folder.model_copy(update={"task": task.model_copy(update={"experiments": folder.task.experiments})})
    )
    harbor = tomllib.loads((folder.root / "task.toml").read_text())["environment"]
    assert (harbor["memory_mb"], harbor["storage_mb"]) == (2048, 4096)


def test_harbor_is_told_what_a_run_needs(tiny: Source, proved: Proved, tmp_path: Path) -> None:
    wide = tuple(e.model_copy(update={"memory_mb": 6000, "disk_mb": 2000}) for e in tiny.experiments)
    again = proved.model_copy(update={"source": tiny.model_copy(update={"experiments": wide})})
    folder = write(make_tasks(again, [1])[0], again, tmp_path)
    harbor = tomllib.loads((folder.root / "task.toml").read_text())["environment"]
    assert (harbor["memory_mb"], harbor["storage_mb"]) == (6000, 5584)
    assert load_task(folder.root).task.experiments[0].memory_mb == 6000


def test_a_suite_names_limits(tiny: Source, tmp_path: Path) -> None:
    place = tmp_path / "tiny"
    shutil.copytree(tiny.root.parent, place)
    text = (place / "suite.toml").read_text()
    (place / "suite.toml").write_text(text.replace("seconds = 1\n", "seconds = 1\nmemory_mb = 4096\ndisk_mb = 9\n", 1))
    assert [(e.memory_mb, e.disk_mb) for e in load_source(place).experiments] == [(4096, 9), (2048, 512)]
    (place / "suite.toml").write_text(text.replace("seconds = 1\n", "memory_mb = 0\n", 1))
    with pytest.raises(SuiteError, match="memory_mb: input should be greater than 0"):
        load_source(place)


def test_what_is_kept_depends_on_limits_and_on_the_form(tiny: Source, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept", (), Rung.BUBBLEWRAP)
    seen: list[str] = []

    def make(jobs, done):  # type: ignore[no-untyped-def]
        seen.extend(job.label for job in jobs)
        found = [run_job(job) for job in jobs]
        for place, outcome in enumerate(found):
            done(place, outcome)
        return found

    experiment = Experiment(name="e", command=("python", "-c", "print('x: 1')"), results="-")
    changes: list[dict[str, object]] = [{}, {"memory_mb": 512}, {"disk_mb": 100}, {"results": "x.csv"}, {}]
    for label, change in enumerate(changes):
        job = RunJob(tree=tiny.root, experiment=experiment.model_copy(update=change), label=str(label))
        kept.run([job], make)
    assert seen == ["0", "1", "2", "3"]


def test_the_command_makes_tasks_of_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAKKEN_CACHE", str(tmp_path / "cache"))
    repo = repository(tmp_path / "printing", PRINTING)
    words = ["bench", "make", str(repo), "--command", "python main.py", "--out", str(tmp_path / "tasks")]
    words += ["--function", "fit.py:slope", "--memory-mb", "3000", "--disk-mb", "600"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    task = load_task(tmp_path / "tasks" / "printing-n1-0").task
    (experiment,) = task.experiments
    assert (experiment.results, experiment.memory_mb, experiment.disk_mb) == ("-", 3000, 600)
    assert "1 command of printing, for what is printed" in done.output

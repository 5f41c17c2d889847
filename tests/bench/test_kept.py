"""What was measured is found again where nothing that it depends on has changed, and nowhere else."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hakken.bench.experiments.kept import Kept, tree_of
from hakken.bench.experiments.lab import Lab, Meter
from hakken.bench.experiments.running import RunJob
from hakken.bench.pace import Pace, duration
from hakken.bench.types import Experiment, Source, Variant
from hakken.core.types import Rung
from tests.bench.conftest import TINY


@pytest.fixture
def walk(tiny: Source) -> Experiment:
    return next(e for e in tiny.experiments if e.name == "walk")


@pytest.fixture
def keeping(lab: Lab, tmp_path: Path) -> Callable[..., Lab]:
    """A lab with a meter of its own that keeps what it measures."""

    def made(fresh: bool = False, packages: tuple[str, ...] = ()) -> Lab:
        return replace(lab, kept=Kept(tmp_path / "kept", packages, Rung.BUBBLEWRAP, fresh=fresh), meter=Meter())

    return made


class Counting:
    """Counts the runs that were made and not found."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.made = lab, 0

    def run(self, *jobs: RunJob) -> int:
        assert self.lab.kept is not None
        self.made = 0

        def make(ready, done):  # type: ignore[no-untyped-def]
            self.made += len(ready)
            return self.lab._make(ready, done)

        assert len(self.lab.kept.run(jobs, make)) == len(jobs)
        return self.made


def test_a_run_is_made_once_and_found_by_another_process(
    keeping: Callable[..., Lab], walk: Experiment, tiny: Source
) -> None:
    job = RunJob(tree=tiny.root, experiment=walk)
    assert Counting(keeping()).run(job, job.model_copy(update={"label": "again"})) == 1
    assert Counting(keeping()).run(job) == 0
    assert Counting(keeping(fresh=True)).run(job) == 1
    assert Counting(keeping(packages=("numpy",))).run(job) == 1


def test_outcomes_carry_the_names_of_their_own_jobs(
    keeping: Callable[..., Lab], walk: Experiment, tiny: Source
) -> None:
    job = RunJob(tree=tiny.root, experiment=walk, label="one")
    other = job.model_copy(update={"experiment": walk.model_copy(update={"name": "other"}), "label": "two"})
    first, second = keeping().run([job, other])
    assert [(o.experiment, o.label) for o in (first, second)] == [("walk", "one"), ("other", "two")]
    assert first.numbers == second.numbers


@pytest.mark.parametrize("change", ["file", "more", "variant", "hash seed", "command"])
def test_what_a_run_depends_on_makes_it_another(
    change: str, keeping: Callable[..., Lab], walk: Experiment, tmp_path: Path
) -> None:
    root = tmp_path / "repo"
    shutil.copytree(TINY / "repo", root)
    job = RunJob(tree=root, experiment=walk)
    kept = keeping().kept
    assert kept is not None
    before = kept.run([job], keeping()._make)
    match change:
        case "file":
            (root / "tiny" / "data.py").write_text((root / "tiny" / "data.py").read_text() + "\n")
        case "more":
            job = job.model_copy(update={"files": {"new.txt": b"x"}})
        case "variant":
            job = job.model_copy(update={"variant": Variant(name="hidden1", overrides={"seed": 5})})
        case "hash seed":
            job = job.model_copy(update={"env": {"PYTHONHASHSEED": "1"}})
        case "command":
            command = (*walk.command, "--verbose")
            job = job.model_copy(update={"experiment": walk.model_copy(update={"command": command})})
    assert Counting(keeping()).run(job) == 1
    assert before[0].numbers.values


def test_what_a_run_takes_out_does_not_matter(keeping: Callable[..., Lab], walk: Experiment, tmp_path: Path) -> None:
    root = tmp_path / "repo"
    shutil.copytree(TINY / "repo", root)
    job = RunJob(tree=root, experiment=walk, removed=("answer.json",))
    assert Counting(keeping()).run(job) == 1
    for name in ("answer.json", walk.results):
        (root / name).write_text("{}")
    assert Counting(keeping()).run(job) == 0


def test_another_version_of_a_package_makes_it_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also where its module has another name."""
    installed = importlib.metadata.version

    def key() -> str:
        return Kept(tmp_path, ("yaml",), Rung.BUBBLEWRAP).key("x")

    before = key()
    assert key() == before
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0" if name == "PyYAML" else installed(name))
    assert key() != before


def test_a_run_that_a_limit_ended_is_not_kept(keeping: Callable[..., Lab], walk: Experiment, tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "run.py").write_text("x = bytearray(16 << 30)\nx[::4096] = x[::4096]")
    hungry = walk.model_copy(update={"command": ("python", "run.py")})
    counting = Counting(keeping())
    assert [counting.run(RunJob(tree=tmp_path / "repo", experiment=hungry)) for _ in range(2)] == [1, 1]


def test_a_spoiled_file_is_measured_again(
    keeping: Callable[..., Lab], walk: Experiment, tiny: Source, tmp_path: Path
) -> None:
    job = RunJob(tree=tiny.root, experiment=walk)
    Counting(keeping()).run(job)
    (file,) = (tmp_path / "kept").rglob("*.json")
    file.write_text("{")
    assert Counting(keeping()).run(job) == 1


def test_the_right_to_run_is_a_part_of_a_tree(tmp_path: Path) -> None:
    file = tmp_path / "run.sh"
    file.write_text("echo")
    before = tree_of(tmp_path)
    file.chmod(0o755)
    assert before != tree_of(tmp_path)


def test_time_is_told_in_words() -> None:
    assert [duration(s) for s in (0.2, 61, 95, 7 * 60, 100 * 60)] == ["1 s", "61 s", "2 min", "7 min", "1 h 40 min"]
    pace = Pace(lambda _: None, 4.0)
    assert (pace.left(), pace.left(120.0)) == ("just begun", "about 2 min in all")
    pace.step(2.0)
    assert pace.left().endswith("left")


def test_two_commands_write_the_same_outcome_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (Kept(tmp_path, (), Rung.BUBBLEWRAP) for _ in range(2))
    found = Variant(name="a")
    write = Path.write_text

    def slow(self: Path, *given: object, **named: object) -> int:
        monkeypatch.setattr(Path, "write_text", write)
        length = write(self, *given, **named)  # type: ignore[arg-type]
        second.keep("abc", found)
        return length

    monkeypatch.setattr(Path, "write_text", slow)
    first.keep("abc", found)
    assert second.recall("abc", Variant) == found
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["c.json"]

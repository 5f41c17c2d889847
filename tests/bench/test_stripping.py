"""What gives a repository's tasks away goes, and nothing that its experiments need."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hakken.bench.experiments.lab import Lab
from hakken.bench.proving.needless import grouped
from hakken.bench.tasks.making import Proved
from hakken.bench.tasks.stripping import Shown, strip
from hakken.bench.types import FunctionRef
from tests.bench.conftest import TINY

SLOPE = "2.859"
"""A result of the experiment, as people write it."""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    shutil.copytree(TINY / "repo", tmp_path / "repo")
    return tmp_path / "repo"


def stripped(repo: Path, needs: str, proved: Proved, lab: Lab, *functions: str) -> Shown:
    """What is left of a repository whose command also executes a line, in its visible configuration."""
    code = (repo / "run.py").read_text()
    (repo / "run.py").write_text(code.replace("def main():\n", f"def main():\n    {needs}\n"))
    source = proved.source.model_copy(
        update={"root": repo, "paper": None, "experiments": proved.source.experiments[:1]}
    )
    golds = [gold for gold in proved.golds if (gold.experiment, gold.variant) == ("ridge", None)]
    return strip(source, golds, [FunctionRef.parse(name) for name in functions], lab)


def test_a_text_that_an_experiment_reads_stays_as_it_is(repo: Path, proved: Proved, lab: Lab) -> None:
    (repo / "notes.txt").write_bytes(f"Sie beträgt {SLOPE}.\n".encode("latin-1"))
    (repo / "seen.txt").write_text(f"{SLOPE} 1.5\n")
    (repo / "table.txt").write_text("".join(f"{number}.5 {SLOPE}\n" for number in range(30)))
    needs = "[float(word) for name in ('seen.txt', 'table.txt') for word in Path(name).read_text().split()]"
    shown = stripped(repo, needs, proved, lab)
    assert shown.texts == {"notes.txt": "Sie beträgt […].\n"}
    assert shown.leaks == (f"seen.txt holds {SLOPE}",)
    assert shown.notes == tuple(
        f"{name} stays as it is, since an experiment reads it" for name in ("seen.txt", "table.txt")
    )


def test_what_cannot_be_searched_goes_or_is_named(repo: Path, proved: Proved, lab: Lab) -> None:
    for name in ("paper.pdf", "weights.bin"):
        (repo / name).write_bytes(b"\0")
    shown = stripped(repo, "Path('weights.bin').read_bytes()", proved, lab)
    assert (shown.texts, shown.leaks) == ({"paper.pdf": ""}, ())
    assert shown.notes == (
        "paper.pdf cannot be searched for results, and is taken out",
        "weights.bin cannot be searched for results, and stays, since an experiment needs it",
    )


def test_a_copy_in_the_functions_own_file_cannot_go(repo: Path, proved: Proved, lab: Lab) -> None:
    file = repo / "tiny" / "fit.py"
    code = file.read_text()
    file.write_text(code + code[code.index("\ndef fit_line") : code.index("\ndef residual")].replace("fit_line", "old"))
    shown = stripped(repo, "pass", proved, lab, "tiny/fit.py:fit_line", "tiny/fit.py:residual_error")
    assert shown == Shown(texts={}, notes=(), leaks=(), copies={"tiny/fit.py:fit_line": ("tiny/fit.py",)})


def test_many_files_of_one_kind_are_one_thing_to_try() -> None:
    images = [f"data/{kind}/{number}.png" for kind in ("cat", "dog") for number in range(6)]
    assert grouped(["b.bin", "data/x.npz", *images, "a.png"]) == [
        ("a.png",),
        ("b.bin",),
        ("data/x.npz",),
        tuple(sorted(images)),
    ]

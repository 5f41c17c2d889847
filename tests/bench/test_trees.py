"""What an agent may leave in a folder, and what is copied of it."""

from __future__ import annotations

import errno
import os
from pathlib import Path, PurePosixPath

import pytest

from hakken.bench import trees
from hakken.bench.experiments.kept import tree_of
from hakken.bench.trees import MAX_DEPTH, TreeError, copy_tree, differing, scratch


def test_names_that_are_no_text_can_be_written_down(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    (one / os.fsdecode(b"\xff.py")).write_text("x")
    (one / "line\nbreak").symlink_to("nowhere")
    assert copy_tree(one, two, trusted=False) == ("line\nbreak is no regular file",)
    assert tuple(tree_of(two)) == ("\\xff.py",)
    assert differing(two, tmp_path / "two") == ()
    (two / "more").write_text("")
    names = differing(one, two)
    assert names == ("line\nbreak", "more")
    assert "".join(names).encode()


def test_folders_that_are_too_deep_are_left_out_and_removed(tmp_path: Path) -> None:
    with scratch("hakken-test-") as place:
        here = Path.cwd()
        (place / "kept").write_text("x")
        os.chdir(place)
        try:
            for _ in range(3_000):
                os.mkdir("deep")  # noqa: PTH102
                os.chdir("deep")
        finally:
            os.chdir(here)
        left_out = copy_tree(place, tmp_path / "copy", trusted=False)
        assert len(left_out) == 1
        assert "too deep" in left_out[0]
        assert len(left_out[0]) < 200
    assert not place.exists()
    assert [p.name for p in (tmp_path / "copy").iterdir()] == ["kept"]
    assert MAX_DEPTH < 3_000


def test_files_that_count_come_first_and_one_that_does_not_fit_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, known = tmp_path / "one", PurePosixPath("z/model.py")
    (one / "z").mkdir(parents=True)
    for name, size in {"a.pt": 90, "b.pt": 5, "c.pt": 300, "z/model.py": 8, "z/other.py": 1}.items():
        (one / name).write_bytes(bytes(size))
    left_out = copy_tree(one, tmp_path / "two", trusted=False, first=[known, PurePosixPath("none.py")], most_bytes=20)
    assert left_out == tuple(f"{name} does not fit: the folder is too large" for name in ("a.pt", "c.pt"))
    assert set(tree_of(tmp_path / "two")) == {"b.pt", "z/model.py", "z/other.py"}
    monkeypatch.setattr("hakken.bench.trees.MAX_FILES", 2)
    assert "b.pt and what follows" in copy_tree(one, tmp_path / "three", trusted=False, first=[known])[0]
    assert set(tree_of(tmp_path / "three")) == {"a.pt", "z/model.py"}


def test_a_file_that_counts_is_not_taken_from_behind_a_link(tmp_path: Path) -> None:
    one, answers, known = tmp_path / "one", tmp_path / "answers", PurePosixPath("package/model.py")
    for folder in (one, answers):
        folder.mkdir()
    (answers / "model.py").write_text("the solution")
    (one / "package").symlink_to(answers)
    (one / "model.py").symlink_to(answers / "model.py")
    left_out = copy_tree(one, tmp_path / "two", trusted=False, first=[known, PurePosixPath("model.py")])
    assert left_out == ("model.py is no regular file", "package is no regular file")
    assert tree_of(tmp_path / "two") == {}


def test_what_cannot_be_read_is_an_agents_loss_and_a_users_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "closed").write_text("x")
    (folder / "closed").chmod(0)
    if os.geteuid() == 0:  # who reads everything

        def refuse(*_: object) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

        monkeypatch.setattr(trees, "_copy", refuse)
    assert "closed cannot be copied" in copy_tree(folder, tmp_path / "copy", trusted=False)[0]
    with pytest.raises(TreeError, match="cannot be copied"):
        copy_tree(folder, tmp_path / "other")

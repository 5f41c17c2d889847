"""What an agent may leave in a folder, and what is copied of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hakken.bench.kept import tree_of
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


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_an_agents_loss_and_a_users_mistake(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "closed").write_text("x")
    (folder / "closed").chmod(0)
    assert "closed cannot be copied" in copy_tree(folder, tmp_path / "copy", trusted=False)[0]
    with pytest.raises(TreeError, match="cannot be copied"):
        copy_tree(folder, tmp_path / "other")

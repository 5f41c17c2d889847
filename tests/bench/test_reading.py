"""Files of untrusted programs: what is read, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.bench.experiments.reading import Unreadable, numbers_of, read_json, read_numbers
from hakken.bench.trees import TreeError, copy_tree, differing

values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def test_numbers_and_what_is_none() -> None:
    found = numbers_of({"a": 1, "b": {"c": [1, 2.5]}, "d": True, "e": [], "f": "1", "g": [float("nan")], "h": None})
    assert found.values == {"a": 1.0, "b.c": (1.0, 2.5)}
    assert set(found.refused) == {"d", "e", "f", "g", "h"}
    assert set(numbers_of({"x": 10**400, "y": [[1]], "z": [1] * 10_001}).refused) == {"x", "y", "z"}


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=4), values, max_size=5))
def test_any_json_is_survived(table: dict[str, object]) -> None:
    found = numbers_of(table)
    assert not set(found.values) & set(found.refused)


@pytest.mark.parametrize(
    "text", ["", "{", '{"a":1,"a":2}', "9" * 10_000, "[" * 100_000, "\ud800".encode("utf-8", "surrogatepass")]
)
def test_what_is_no_json(tmp_path: Path, text: str | bytes) -> None:
    (tmp_path / "x.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Unreadable):
        read_numbers(tmp_path, "x.json")


def test_only_regular_files_inside_are_read(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "gold.json").write_text('{"a": 1}')
    (inside / "link.json").symlink_to(outside / "gold.json")
    (inside / "folder").symlink_to(outside)
    os.mkfifo(inside / "pipe.json")
    (inside / "large.json").write_text(json.dumps("a" * (1 << 20)))
    for name in ("link.json", "folder/gold.json", "../out/gold.json", "pipe.json", "large.json", "none.json", "."):
        with pytest.raises(Unreadable):
            read_json(inside, name)
    left = copy_tree(inside, tmp_path / "copy")
    assert [line.split()[0] for line in left] == ["folder", "link.json", "pipe.json"]
    assert differing(inside, tmp_path / "copy") == ("folder", "link.json", "pipe.json")


def test_a_folder_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hakken.bench.trees.MAX_FILES", 3)
    (tmp_path / "a").mkdir()
    for index in range(5):
        (tmp_path / "a" / f"{index}.txt").write_text("x")
    with pytest.raises(TreeError, match="more than 3 files"):
        copy_tree(tmp_path / "a", tmp_path / "b")
    assert "too large" in copy_tree(tmp_path / "a", tmp_path / "c", trusted=False)[0]
    with pytest.raises(TreeError, match="is not a folder"):
        copy_tree(tmp_path / "none", tmp_path / "d")


def test_names_that_are_no_text_can_be_written_down() -> None:
    numbers = numbers_of(json.loads('{"\\ud800": 1.0, "a": {"\\udfff": "x"}}'))
    assert numbers.values == {"\\ud800": 1.0}
    assert numbers.refused == {"a.\\udfff": "is not a number"}
    assert numbers.model_dump_json()

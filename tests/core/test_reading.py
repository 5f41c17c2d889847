"""Files of untrusted programs: regular ones alone, bounded, and JSON that reads one way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.reading import MAX_LEVELS, Unreadable, parse_json, read_bytes

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_json_comes_back_as_it_was(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value)[:-1].encode()))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    try:
        value = parse_json(data)
    except Unreadable:
        return
    assert json.loads(data) == value


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": 1, "a": 2}', "has a key twice"),
        (b'[{"b": {"a": 1, "a": 1}}]', "has a key twice"),
        (b"[" * 100_000, "is not valid JSON"),
        (b"[" * 500 + b"]" * 500, "is nested too deeply"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "is nested too deeply"),
        (b"9" * 10_000, "is not valid JSON"),
        (b"\xff", "is not valid JSON"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        parse_json(data)


def test_as_many_levels_as_allowed_are_read() -> None:
    deep = b"[" * MAX_LEVELS + b"]" * MAX_LEVELS
    assert parse_json(deep) == json.loads(deep)
    with pytest.raises(Unreadable, match="nested"):
        parse_json(b"[%b]" % deep)


def test_only_regular_files_of_a_size_are_read(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"12345")
    assert read_bytes(file, 5) == b"12345"
    (tmp_path / "link").symlink_to(file)
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (("link", "cannot be read"), ("pipe", "is not a regular file"), (".", "is not a regular file")):
        with pytest.raises(Unreadable, match=reason) as caught:
            read_bytes(tmp_path / name)
        assert not caught.value.missing
    with pytest.raises(Unreadable, match="is larger than 0 kB"):
        read_bytes(file, 4)
    with pytest.raises(Unreadable, match="was not written") as absent:
        read_bytes(tmp_path / "none")
    assert absent.value.missing

"""Cores to use are those of the container, not of the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core import cores as module
from hakken.core.config import SearchSettings
from hakken.core.cores import cores


@pytest.fixture
def quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 64 cores, of which eight may be used, and a file for the share of time."""
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr(module, "QUOTA", tmp_path / "cpu.max")
    return tmp_path / "cpu.max"


def test_trials_at_once_are_as_many_as_the_cores_that_may_be_used(quota: Path) -> None:
    assert SearchSettings().workers == 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200000 100000\n", 2),
        ("250000 100000\n", 2),
        ("50000 100000\n", 1),
        ("9900000 100000\n", 8),
        ("max 100000\n", 8),
        ("", 8),
        ("1 0\n", 8),
    ],
)
def test_a_share_of_time_is_as_many_cores(quota: Path, text: str, expected: int) -> None:
    quota.write_text(text)
    assert cores() == expected


@given(st.text(alphabet="max0123456789 -\n", max_size=20))
def test_whatever_the_file_says_there_is_one_core_at_least(text: str) -> None:
    class Said:
        def read_text(self) -> str:
            return text

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "QUOTA", Said())
        assert 1 <= cores() <= (os.cpu_count() or 1)

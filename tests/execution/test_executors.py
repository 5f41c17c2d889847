"""Our own calls in parallel."""

from __future__ import annotations

import importlib.util

import pytest

from hakken.core.errors import PrerequisiteError, UsageError
from hakken.execution import open_executor


def test_threads() -> None:
    with open_executor("threads", 2) as executor:
        assert list(executor.map(abs, [-1, 2])) == [1, 2]


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_ray_is_an_extra() -> None:
    with pytest.raises(PrerequisiteError, match=r"hakken\[ray\]"):
        open_executor("ray", 2)


@pytest.mark.slow
def test_ray() -> None:
    pytest.importorskip("ray")
    with open_executor("ray", 2) as executor:
        assert list(executor.map(abs, [-1, 2])) == [1, 2]


def test_unknown_kind() -> None:
    with pytest.raises(UsageError, match="threads"):
        open_executor("fibres")

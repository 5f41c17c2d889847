"""A whole record of a run, and its auditor."""

from __future__ import annotations

import pytest

from hakken.core.types import Snapshot
from hakken.research.papers.audit import Auditor, from_snapshot
from tests.papers.builders import build_snapshot


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return build_snapshot()


@pytest.fixture(scope="module")
def auditor(snapshot: Snapshot) -> Auditor:
    return Auditor(from_snapshot(snapshot))

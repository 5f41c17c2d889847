"""The order of the files, and that no test asserts a time.

Files that take longest begin first, so that no worker ends with one of them alone.
"""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

# How fast examples are drawn and tried says how busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")
ROOT = Path(__file__).parent
LONG = (
    "research/test_pipeline.py",
    "bench/test_agents.py",
    "bench/test_attacks.py",
    "cli/test_commands.py",
    "bench/test_scientist.py",
    "papers/test_printed_statistics.py",
    "bench/test_attempts_again.py",
    "recovery/test_disks.py",
    "recovery/test_replies.py",
    "recovery/test_kills.py",
    "templates/test_diffusion_2d.py",
    "papers/audit/test_clean_papers.py",
    "test_examples.py",
)
"""More than ten seconds each on two cores."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by file; tests of a file keep their order."""
    rank = {ROOT / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))

"""The order of the files, that no test asserts a time, and that none takes part in what is the user's.

Files that take longest begin first, so that no worker ends with one of them alone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import hypothesis
import pytest

from tests import isolation

# Before anything imports NumPy: its threads take the cores of the other workers, and small matrices gain nothing.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# How fast examples are drawn and tried says how busy the machine is.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")
ROOT = Path(__file__).parent
LONG = (
    "bench/test_attacks.py",
    "bench/test_agents.py",
    "research/test_pipeline.py",
    "cli/test_commands.py",
    "bench/test_attempts_again.py",
    "execution/test_rungs.py",
    "bench/test_scientist.py",
    "execution/test_attacks.py",
    "papers/test_printed_statistics.py",
    "experiments/test_probes.py",
    "papers/test_audit.py",
    "recovery/test_kills.py",
    "recovery/test_disks.py",
    "bench/test_checking.py",
    "test_examples.py",
    "recovery/test_replies.py",
    "bench/test_agents_dynamic.py",
    "bench/test_agents_budget.py",
    "analysis/test_rasch.py",
    "bench/test_external.py",
    "bench/test_tasks.py",
    "bench/test_scientist_endings.py",
    "execution/test_driver_death.py",
    "bench/test_adopting.py",
    "templates/test_diffusion_2d.py",
    "recovery/test_ordinary_user.py",
    "papers/audit/test_clean_papers.py",
)
"""More than five seconds each on two cores, the longest first, those that wait for limits beside those that do not."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by file; tests of a file keep their order."""
    rank = {ROOT / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_configure(config: pytest.Config) -> None:
    """Before any fixture, also of a module or of the session; each worker has a folder of its own."""
    home = Path(tempfile.mkdtemp(prefix="tests-of-hakken-"))
    config.add_cleanup(partial(shutil.rmtree, home, ignore_errors=True))
    isolation.leave_the_user_alone(home)


@pytest.fixture
def users_cache() -> Iterator[Path]:
    """For tests of what is pulled once a machine: the real model, and the external agents."""
    with isolation.users_cache() as place:
        yield place

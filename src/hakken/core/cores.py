"""How many cores there are to use, which in a container is fewer than the machine has."""

from __future__ import annotations

import os
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""The share of time that a container may use: ``200000 100000`` is that of two cores, ``max`` no limit."""


def cores() -> int:
    """Cores that this process may use."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        time, period = QUOTA.read_text().split()
        return allowed if time == "max" else max(1, min(allowed, int(time) // int(period)))
    except (OSError, ValueError, ZeroDivisionError):
        return allowed

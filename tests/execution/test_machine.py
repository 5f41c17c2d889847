"""What machine this is."""

from __future__ import annotations

import platform

from hakken.core.cores import cores
from hakken.execution import best_rung, describe_machine


def test_machine_is_measured() -> None:
    found = describe_machine(["numpy", "no-such-package"])
    assert found.python == platform.python_version()
    assert found.cores == cores()
    assert found.memory_gb > 0.1
    assert found.cpu
    assert set(found.packages) == {"hakken", "numpy"}
    assert found.rung == best_rung(allow_weak=True).rung.value

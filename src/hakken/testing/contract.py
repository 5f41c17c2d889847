"""The contract of a sandbox as tests: subclass, say which rung is tested, and pytest does the rest."""

from __future__ import annotations

from hakken.testing.isolation import ClosedContract
from hakken.testing.limits import LimitsContract
from hakken.testing.processes import ProcessesContract
from hakken.testing.running import RunningContract


class SandboxContract(RunningContract, LimitsContract, ProcessesContract):
    """What every rung must do: limits hold, nothing is left behind, and all of it is reported."""


class IsolationContract(SandboxContract, ClosedContract):
    """What a rung that runs code written by a model must do beside that: close the network and the files."""

"""Where untrusted code runs (the sandbox) and where our own calls run (executors)."""

from hakken.execution.box import Box
from hakken.execution.environment import installation, package_paths
from hakken.execution.executors import open_executor
from hakken.execution.machine import describe_machine
from hakken.execution.probe import best_rung, chosen_rung, probe
from hakken.execution.sandbox import open_sandbox
from hakken.execution.trees import remove

__all__ = [
    "Box",
    "best_rung",
    "chosen_rung",
    "describe_machine",
    "installation",
    "open_executor",
    "open_sandbox",
    "package_paths",
    "probe",
    "remove",
]

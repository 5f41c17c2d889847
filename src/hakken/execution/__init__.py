"""Where untrusted code runs (the sandbox) and where our own calls run (executors)."""

from hakken.execution.box import Box
from hakken.execution.probe import best_rung, probe
from hakken.execution.sandbox import open_sandbox

__all__ = ["Box", "best_rung", "open_sandbox", "probe"]

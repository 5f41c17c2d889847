"""What inspect-ai finds through our entry point: ``hakken/tasks``, ``hakken/suite``, a sandbox, a scorer."""

from __future__ import annotations

from hakken.bench.inspect_adapter.sandbox import HakkenSandbox
from hakken.bench.inspect_adapter.tasks import graded, suite, tasks

__all__ = ["HakkenSandbox", "graded", "suite", "tasks"]

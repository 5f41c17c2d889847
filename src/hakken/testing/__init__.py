"""For who changes a rung of the sandbox or adds one, and for whoever asks whether it holds.

``SandboxContract`` and ``IsolationContract`` are tests to subclass: they hold for every rung of the isolation ladder,
and for those that close the network and the files. They need pytest. ``hakken.testing.attacks`` is the suite of hostile
programs, which needs nothing but Hakken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hakken.testing.contract import IsolationContract, SandboxContract
    from hakken.testing.lab import Lab

__all__ = ["IsolationContract", "Lab", "SandboxContract"]


def __getattr__(name: str) -> object:
    """Import pytest only where a contract is used: the attacks run on machines that do not have it."""
    if name in ("IsolationContract", "SandboxContract"):
        from hakken.testing import contract

        return getattr(contract, name)
    if name == "Lab":
        from hakken.testing.lab import Lab

        return Lab
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

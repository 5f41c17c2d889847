"""The command line: one file per noun, and each command parses, calls and prints.

Nothing heavy is imported until a command runs, so that ``hakken --help`` answers at once.
"""

from __future__ import annotations

import os

__all__ = ["main"]


def main() -> None:
    """Entry point of the ``hakken`` command."""
    # Before anything imports NumPy: on matrices as small as ours its threads cost more than they give, and they take
    # the cores of the experiments.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from hakken.cli.app import app
    from hakken.cli.interrupts import listen

    listen()
    app(prog_name="hakken")

"""The command line: one file per noun, and each command parses, calls and prints.

Nothing heavy is imported until a command runs, so that ``hakken --help`` answers at once.
"""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point of the ``hakken`` command."""
    from hakken.cli.app import app
    from hakken.cli.interrupts import listen

    listen()
    app(prog_name="hakken")

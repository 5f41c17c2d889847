"""``docs/cli.md`` from the help texts: ``python -m hakken.cli.reference > docs/cli.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer

HEAD = """# The commands

Written from the help texts by `python -m hakken.cli.reference > docs/cli.md`.
"""
WIDTH = 100


def reference() -> str:
    """The help of every command, as Markdown."""
    from hakken.cli.app import app

    parts = [HEAD]
    for name, text in _helps(typer.main.get_command(app), "hakken", None):
        parts.append(f"## {name}\n\n```text\n{text.rstrip()}\n```\n")
    return "\n".join(parts)


def _helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    """Each command's name and help, groups before what they hold."""
    width = {"terminal_width": WIDTH, "max_content_width": WIDTH}
    settings = {**command.context_settings, **width}
    context = command.context_class(command, info_name=name.rpartition(" ")[2], parent=parent, **settings)
    yield name, command.get_help(context)
    for sub, child in getattr(command, "commands", {}).items():
        yield from _helps(child, f"{name} {sub}", context)


if __name__ == "__main__":
    sys.stdout.write(reference())

"""``docs/cli.md`` from the help texts: ``python -m hakken.cli.reference > docs/cli.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer

HEAD = """# The commands

Written from the help texts by `python -m hakken.cli.reference > docs/cli.md`.

## Environment

- `OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, …: keys of providers, each sent to its provider alone. `hakken doctor` names
  those that are set.
- `OPENAI_BASE_URL`: another address for `openai:…`. A server there that is named as `http://host:port/v1#name` gets
  `OPENAI_API_KEY` too.
- `HAKKEN_API_KEY`: the key of every server that is named as `http://host:port/v1#name`. Without it such a server gets
  none, unless it is OpenAI's own or that of `OPENAI_BASE_URL`.
- `HAKKEN_CACHE`: the folder for models and other things that can be fetched again; else `$XDG_CACHE_HOME/hakken`, else
  `~/.cache/hakken`.
- `HAKKEN_DEBUG`: with any value, an error ends with its traceback and not with one sentence.
- `XDG_CONFIG_HOME`: where `hakken/config.toml` with your settings is looked for; else `~/.config`.

No variable of yours reaches code in the sandbox. Settings are no variables: `hakken config show`.
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

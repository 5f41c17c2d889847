"""``hakken bench agents``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hakken.cli import options

if TYPE_CHECKING:
    from hakken.bench.agents.recipes import Program


def agents(
    install: Annotated[
        list[str] | None, typer.Option("--install", metavar="NAME", help="Install this program; may be repeated.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the agents that are known; of external programs, whether they are installed and how to install them.

    Programs are installed into folders of their own in the user's cache: they pin what they need.

    \b
    Examples:
      hakken bench agents
      hakken bench agents --install mini-swe-agent --install aider
      hakken bench run hakken-tasks --agent external:aider --model local
    """
    from hakken.bench.agents.recipes import programs
    from hakken.bench.agents.registry import KINDS
    from hakken.cli.console import emit, say, table
    from hakken.core.errors import UsageError

    known = programs()
    if unknown := sorted(set(install or ()) - set(known)):
        raise UsageError(f"There is no program {unknown[0]!r}.", f"Known ones: {', '.join(known)}.")
    for name in install or ():
        _install(known[name])
    if as_json:
        emit({"kinds": {name: kind.about for name, kind in KINDS.items()}, "external": list(map(_row, known.values()))})
        return
    say("Agents (--agent)")
    table(("", ""), [(f"{n}:{k.argument}" if k.argument else n, k.about) for n, k in KINDS.items()], left=2)
    say()
    say("External programs (--agent external:NAME)")
    rows = [(p.name, "installed" if p.installed else "not installed", p.about) for p in known.values()]
    table(("", "", ""), rows, left=3)
    for program in known.values():
        if not program.installed and program.place == "":
            say(f"  to install {program.name}: {program.how_to_install}")
    say("Any other command works too: --agent external:'my_agent {instruction}' (its words: docs/agents.md).")


def _row(program: Program) -> dict[str, Any]:
    row = {"name": program.name, "about": program.about, "url": program.url, "installed": program.installed}
    return row | {"install": program.how_to_install, "report_from_run": program.report_from_run}


def _install(program: Program) -> None:
    """Run a recipe's commands, one after the other.

    Raises:
        PrerequisiteError: one fails.
    """
    import shlex
    import subprocess

    from hakken.cli.console import tell
    from hakken.core.errors import PrerequisiteError

    if program.installed:
        tell(f"{program.name} is installed in {program.home}.")
        return
    program.home.parent.mkdir(parents=True, exist_ok=True)
    for words in program.installing:
        command = shlex.join(words)
        tell(f"  {command}")
        try:
            status = subprocess.run(words, stdout=subprocess.DEVNULL, check=False).returncode
        except OSError as error:
            raise PrerequisiteError(f"`{command}` cannot be started: {error.strerror}.", "Install it first.") from error
        if status:
            raise PrerequisiteError(f"`{command}` failed with status {status}.", "What it said stands above.")
    program.require()

"""``hakken bench``: benchmarks of research agents, one file a verb."""

from __future__ import annotations

import typer

from hakken.cli.bench import (
    agents,
    checking,
    comparing,
    competing,
    grading,
    importing,
    listing,
    making,
    probing,
    regrading,
    reporting,
    running,
    scientist,
)

app = typer.Typer(help="Benchmarks of research agents.", no_args_is_help=True, rich_markup_mode=None)
app.command("list")(listing.list_)
app.command()(making.make)
app.command()(checking.check)
app.command()(grading.grade)
app.command()(running.run)
app.command()(regrading.regrade)
app.command()(scientist.scientist)
app.command()(reporting.report)
app.command()(comparing.compare)
app.command()(probing.probe)
app.add_typer(competing.app, name="competition")
app.add_typer(importing.app, name="import")
app.command()(agents.agents)

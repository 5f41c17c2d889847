"""``hakken template``: what experiments start from."""

from __future__ import annotations

from typing import Annotated

import typer

from hakken.cli import options

app = typer.Typer(help="Templates: list, check.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the templates that ship.

    \b
    Examples:
      hakken template list
      hakken template list --json
    """
    from hakken.cli.console import emit, table
    from hakken.research.experiments import load_template, missing_packages, templates

    rows = []
    for name, path in templates().items():
        loaded = load_template(name)
        missing = missing_packages(loaded)
        rows.append({"name": name, "title": loaded.title, "folder": str(path), "missing": missing})
    if as_json:
        emit(rows)
    else:
        shown = [(r["name"], r["title"], f"needs {', '.join(r['missing'])}" if r["missing"] else "ready") for r in rows]
        table(("name", "title", ""), shown, left=3)


@app.command()
def check(
    what: Annotated[str, typer.Argument(metavar="TEMPLATE|FOLDER")],
    metrics: options.Metrics = None,
    as_json: options.Json = False,
) -> None:
    """Check a template against the contract, without running it.

    `hakken experiment FOLDER --baseline-only` runs it.

    \b
    Examples:
      hakken template check my_template
      hakken template check AI-Scientist/templates/grokking --metric x_div_y/final_val_acc_mean:max
    """
    from hakken.cli.console import emit, say
    from hakken.core.config import Settings
    from hakken.core.packages import install_command
    from hakken.research.experiments import load_template, missing_packages, parse_directions
    from hakken.research.experiments.template import seeds_note
    from hakken.research.optional import check_optional

    loaded = load_template(what, parse_directions(metrics or []))
    few = seeds_note(loaded, Settings().statistics.alpha)
    notes = (*check_optional(loaded), *([few] if few else []))
    if as_json:
        emit(loaded.model_dump(mode="json") | {"notes": notes})
        return
    say(f"{loaded.name}: {loaded.title}")
    for spec in loaded.metrics:
        marks = [m for m, on in (("primary", spec.primary), ("self-reported", spec.self_reported)) if on]
        say(f"  metric    {spec.key}, {spec.direction.value}{', ' if marks else ''}{', '.join(marks)}")
    say(f"  editable  {', '.join(str(target) for target in loaded.editable)}")
    seeds = loaded.seeds
    say(f"  seeds     {len(seeds.explore)} explore, {len(seeds.report)} report, {len(seeds.noise)} noise")
    for sentence in loaded.assumptions:
        say(f"  assumed   {sentence}")
    for sentence in notes:
        say(f"  note      {sentence}")
    if missing := missing_packages(loaded):
        say(f"  missing   {install_command(missing)}")

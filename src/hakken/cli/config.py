"""``hakken config``: settings and where they come from."""

from __future__ import annotations

from typing import Annotated

import typer

from hakken.cli import options

app = typer.Typer(help="Settings: show, get.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def show(
    values: options.Set = None,
    files: options.ConfigFiles = None,
    profile: options.Profile = None,
    as_json: options.Json = False,
) -> None:
    """Show every setting with its value, and where that comes from.

    Files are merged onto the defaults in this order: profile, ~/.config/hakken/config.toml, ./hakken.toml, --config,
    then -c. A continued run takes its own hakken.toml. Keys are read from the environment only and never stored.

    \b
    Examples:
      hakken config show
      hakken config show --profile short --json
    """
    from hakken.cli.console import emit, table
    from hakken.core.config import flatten

    resolved = options.asked(values, files, profile).load()
    flat = flatten(resolved.settings)
    origins = {key: resolved.origins.get(key, "default") for key in flat}
    if as_json:
        emit({key: {"value": value, "origin": origins[key]} for key, value in flat.items()})
        return
    table(("key", "value", "from"), [(k, "-" if v is None else v, origins[k]) for k, v in flat.items()], left=3)


@app.command()
def get(
    key: Annotated[str, typer.Argument(help="Such as search.ideas.")],
    values: options.Set = None,
    files: options.ConfigFiles = None,
    profile: options.Profile = None,
    as_json: options.Json = False,
) -> None:
    """Print one setting.

    \b
    Examples:
      hakken config get models.default
      hakken config get budget.completion_tokens --profile short
    """
    from hakken.cli.console import emit, say
    from hakken.core.config import flatten

    resolved = options.asked(values, files, profile).load()
    flat = flatten(resolved.settings)
    if key not in flat:
        raise options.unknown_setting(key, flat)
    if as_json:
        emit({"key": key, "value": flat[key], "origin": resolved.origins.get(key, "default")})
    else:
        say("" if flat[key] is None else str(flat[key]))

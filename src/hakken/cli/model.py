"""``hakken model``: the embedded model."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hakken.cli import options

app = typer.Typer(help="The embedded model: pull, list, serve.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def pull(as_json: options.Json = False) -> None:
    """Fetch the embedded model's weights (1.1 GB).

    Once a machine; continues where it stopped. They go to $HAKKEN_CACHE, or to the user's cache folder, and their
    hash is checked. Nothing of what is fetched is run.

    \b
    Examples:
      hakken model pull
      HAKKEN_CACHE=/data/hakken hakken model pull
    """
    from hakken.cli.console import emit, say, tell
    from hakken.models.weights import QWEN, installed
    from hakken.models.weights import pull as fetch

    if not installed():
        tell(f"Fetching {QWEN.title}, {QWEN.size / 1e9:.1f} GB")
    said = -1

    def progress(done: int, total: int) -> None:
        nonlocal said
        share = 100 * done // total
        if share == said or (share % 10 and not sys.stderr.isatty()):
            return
        said = share
        end = "\n" if share == 100 or not sys.stderr.isatty() else "\r"
        sys.stderr.write(f"  {share:3d} %  {done / 1e6:,.0f} of {total / 1e6:,.0f} MB{end}")
        sys.stderr.flush()

    path = fetch(progress)
    if as_json:
        emit({"file": str(path), "sha256": QWEN.sha256})
    else:
        say(str(path))


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """Say which models there are, and where the weights lie.

    \b
    Examples:
      hakken model list
      hakken model list --json
    """
    from hakken.cli.console import emit, say
    from hakken.cli.doctor import keys_set
    from hakken.models.registry import FORMS
    from hakken.models.weights import PULL, QWEN, installed

    path = installed()
    if as_json:
        emit({"local": {"title": QWEN.title, "file": path and str(path), "bytes": QWEN.size}, "keys": keys_set()})
        return
    say(f"local   {QWEN.title}: {path or f'not pulled. {PULL}'}")
    say(f"keys    {', '.join(keys_set()) or 'none set'}")
    say(f"names   {FORMS}")


@app.command()
def serve(
    values: options.Set = None,
    idle: Annotated[float | None, typer.Option(min=0.1, help="Minutes without a call after which it ends.")] = None,
    as_json: options.Json = False,
) -> None:
    """Start the embedded model's server, and print where it answers.

    It is shared by every run of this machine, answers on 127.0.0.1 alone, and ends by itself when idle.

    \b
    Examples:
      hakken model serve
      hakken model serve --idle 60 --json
    """
    from hakken.cli.console import emit, say
    from hakken.models.server import ensure_server

    extra = [f"models.idle_minutes={idle}"] if idle is not None else []
    settings = options.asked([*(values or []), *extra]).load().settings.models
    state = ensure_server(settings)
    if as_json:
        emit({"url": f"{state.url}/v1", "key": state.key, "model": state.alias, "pid": state.pid})
        return
    say(f"url    {state.url}/v1")
    say(f"key    {state.key}")
    say(f"model  {state.alias}")
    say(f"pid    {state.pid}; ends after {settings.idle_minutes:g} idle minutes")

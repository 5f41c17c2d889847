"""The ``hakken`` command: its verbs, and the one place where errors become a sentence and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hakken import __version__
from hakken.cli import bench, config, doctor, items, model, run, runs, stages, template
from hakken.core.errors import HakkenError

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""
EPILOG = (
    "Exit codes: 0 done, 1 failure, 2 usage, 3 something must be installed or pulled, 4 budget used up, "
    "5 model, 130 interrupted."
)


class Commands(TyperGroup):
    """A group whose commands end with one clear sentence when they cannot do their job."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; our errors and Ctrl-C end here."""
        try:
            return super().invoke(ctx)
        except HakkenError as error:
            if os.environ.get("HAKKEN_DEBUG"):
                raise
            sys.stderr.write(f"error: {_one_line(error)}\n")
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as interrupt:
            # A command that begins a new run each time says which other one goes on with this.
            goes_on = interrupt.args[0] if interrupt.args else "the same command"
            sys.stderr.write(f"interrupted; {goes_on} continues\n")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="hakken",
    cls=Commands,
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help starts in a third of the time, and its examples stay as they are written
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"hakken {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """An open laboratory for autonomous machine-learning research whose papers can be trusted.

    \b
    Examples:
      hakken doctor                 what this machine has, and what is missing
      hakken run                    research on the template that ships, to a reviewed paper
      hakken run my_template -c search.ideas=5 --model openai:gpt-5
      hakken show                   what the newest run found
    """


def _one_line(error: HakkenError) -> str:
    """The sentence and the mend, whatever line breaks they hold."""
    return " ".join(str(error).split())


app.command()(doctor.doctor)
app.command()(run.run)
for stage in (stages.idea, stages.experiment, stages.write, stages.review, stages.audit):
    app.command()(stage)
app.command("runs")(runs.runs)
app.command()(runs.show)
app.command()(items.items)
app.add_typer(model.app, name="model")
app.add_typer(config.app, name="config")
app.add_typer(template.app, name="template")
app.add_typer(bench.app, name="bench")

"""``hakken bench probe``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hakken.cli import options
from hakken.cli.bench.common import tasks_in
from hakken.cli.places import file_for


def probe(
    tasks: Annotated[Path, typer.Argument(metavar="TASKS", help="A task, or a folder of tasks.")],
    out: Annotated[Path, typer.Option(help="File for what was found.")] = Path("probe.json"),
    tokens: Annotated[int, typer.Option(min=1, help="Tokens of the whole probe, in however many sessions.")] = 100_000,
    model: options.ModelName = None,
    values: options.Set = None,
    as_json: options.Json = False,
) -> None:
    """Ask a model for the masked functions by heart, by their signature alone: a high score on known code says little.

    One call a function, said before the first; calls are kept beside the file, so that the same command goes on.

    \b
    Examples:
      hakken bench probe hakken-tasks --model openai:gpt-5
      hakken bench probe hakken-tasks --out probe.json --json
    """
    from hakken.bench.reports.contamination import forecast_probe
    from hakken.bench.reports.contamination import probe as run_probe
    from hakken.cli import preflight
    from hakken.cli.console import emit, say, shown
    from hakken.cli.run import announce_calls, announce_limits, tell_call
    from hakken.core.files import write_text
    from hakken.core.types import Role
    from hakken.models import Ledger
    from hakken.store import Store

    out = file_for(out)
    found = tasks_in(tasks)
    settings = options.asked(values, model=model).load().settings
    models = preflight.check(settings, runs_code=False)
    expected = forecast_probe(found, models[Role.CODE])
    budget = settings.budget.model_copy(update={"tokens": tokens})
    announce_calls(expected)
    announce_limits(budget, expected)
    out.parent.mkdir(parents=True, exist_ok=True)
    with Store(out.with_suffix(".db")) as store:
        ledger = Ledger(models, store, budget, settings.models, progress=tell_call, pay_remembered=True)
        result = run_probe(found, ledger)
    write_text(out, result.model_dump_json(indent=1) + "\n")
    if as_json:
        emit(result.model_dump(mode="json"))
        return
    for name in ("exact", "near", "above_chance"):
        e = getattr(result, name)
        told = f"{e.value:.2f} [{e.low:.2f}, {e.high:.2f}]" if e else "not known: there is no other function"
        say(f"  {name.replace('_', ' '):<13} {told}")
    say(f"{result.model}: {len(result.functions)} functions; {shown(out)}")

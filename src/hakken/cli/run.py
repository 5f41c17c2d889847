"""``hakken run``: the main job."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hakken.cli import options

if TYPE_CHECKING:
    from hakken.cli.target import Target
    from hakken.core.types import Budget, Call, Usage
    from hakken.models.forecast import Forecast

What = Annotated[str | None, typer.Argument(metavar="TEMPLATE|FOLDER|RUN", show_default="digits")]


def run(
    what: What = None,
    values: options.Set = None,
    files: options.ConfigFiles = None,
    profile: options.Profile = None,
    seed: options.Seed = None,
    model: options.ModelName = None,
    new: options.New = False,
    budget_usd: Annotated[float | None, typer.Option(min=0.001, help="Most US$ to spend (budget.usd).")] = None,
    budget_tokens: Annotated[
        int | None, typer.Option(min=1, help="Most tokens to generate (budget.completion_tokens).")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, help="Most wall time, part of it kept for the test of the claim (budget.seconds)."),
    ] = None,
    metrics: options.Metrics = None,
    weak: options.Weak = False,
    executor: Annotated[str, typer.Option(help="Where trials run: threads, or ray (an extra).")] = "threads",
    competition: Annotated[
        str | None, typer.Option(help="Enter this competition (`hakken bench competition list`).")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Research on a template, to an audited, reviewed paper.

    Give the name of a template that ships, a folder with a template.toml, a folder of The AI Scientist, or a run
    folder. The same command continues a run that was stopped; nothing is done twice. The last line is the path of
    the paper. A paper whose audit has errors is still a result: `hakken audit RUN` tells it by its exit code.

    \b
    Examples:
      hakken run                                the template that ships, with the embedded model
      hakken run --profile short --seed 3       a smaller run (a quarter of an hour), another seed
      hakken run epidemic --model openai:gpt-5 --budget-usd 2
      hakken run my_template -c search.ideas=5 -c models.review=anthropic:claude-sonnet-4-5
      hakken run AI-Scientist/templates/grokking --metric x_div_y/final_val_acc_mean:max
      hakken run hakken-runs/digits-001 --minutes 30    continue that one
      hakken run --competition digits-few           end with the private score and the medal
    """
    from hakken.cli import target
    from hakken.cli.bench import entering
    from hakken.core.errors import UsageError

    asked = options.asked(
        values,
        files,
        profile,
        seed=seed,
        model=model,
        weak=weak,
        budget_usd=budget_usd,
        budget_tokens=budget_tokens,
        minutes=minutes,
    )
    if competition is not None:
        if what is not None:
            raise UsageError("--competition names what is researched, and so does the argument.", "Leave one away.")
        what = entering.template_for(competition, Path(asked.load().settings.runs_dir))
    job = target.resolve(what, asked, new=new, metrics=metrics or ())
    _tell_outcome(_carry_out(job, executor), as_json)


def _carry_out(job: Target, executor: str) -> Target:
    """Research to the end, under the eyes of the user; returns the run."""
    from hakken.cli import preflight
    from hakken.cli.console import tell
    from hakken.cli.live import watching
    from hakken.models.forecast import forecast
    from hakken.research.run import run as research

    if job.finished:
        tell(f"{job.folder.path} is finished; --new begins another run of {job.template.name}.")
        return job
    models = preflight.check(job.settings)
    expected = forecast(job.settings, models)
    with job.held() as held:
        announce(held, expected)
        job = held.measured()
        with watching(job, expected) as watch:
            research(job.template, job.settings, folder=job.folder, progress=watch, executor=executor)
    return job


def _tell_outcome(job: Target, as_json: bool) -> None:
    """What was found, what a competition made of it, and where the paper is."""
    from hakken.cli import summary
    from hakken.cli.bench import entering
    from hakken.cli.bench.competing_proofs import say_signs
    from hakken.cli.console import emit, say

    found, entered = summary.summarise(job.folder), entering.outcome(job)
    if as_json:
        emit(found.model_dump(mode="json") | ({"competition": entered.model_dump(mode="json")} if entered else {}))
        return
    summary.print_summary(found)
    if entered:
        say(f"competition {entered.competition}: {entered.sentence}")
        say_signs(entered.signs)
    say()
    say(found.pdf or f"{found.folder}/paper/paper.html")


def announce(job: Target, expected: Forecast, only: Sequence[str] = ()) -> None:
    """Say what is about to happen, and what it will use; ``only`` names the stages that will run, where not all do."""
    from hakken.cli.console import shown, tell
    from hakken.research.experiments.template import seeds_note

    tell(f"{'Continuing' if job.begun else 'Beginning'} {shown(job.folder.path.absolute())}: {job.template.title}")
    for sentence in job.template.assumptions:
        tell(f"  assumed: {sentence}")
    calls = expected.of(only) if only else expected
    announce_calls(calls)
    _announce_trials(job, expected.versions, only)
    few = seeds_note(job.template, job.settings.statistics.alpha)
    if few and (not only or "report" in only):
        tell(f"  {few}")
    announce_limits(job.settings.budget, calls)


def announce_calls(expected: Forecast) -> None:
    """Say what model calls will use."""
    from hakken.cli.console import clock, money, tell

    if not expected.stages:
        return
    total = expected.total
    models = ", ".join(sorted({stage.model for stage in expected.stages}))
    tell(
        f"Forecast: about {total.calls} calls of {models}, {total.prompt_tokens:,} prompt and "
        f"{total.completion_tokens:,} generated tokens, {clock(total.seconds)} of model time, "
        f"{money(total.usd, expected.priced)}"
    )


def tell_call(call: Call, used: Usage) -> None:
    """Say that a call was made, and what all have used: the progress of a command that has no run."""
    from hakken.cli.console import money, tell
    from hakken.models.forecast import is_priced

    spent = money(used.usd, is_priced(call.model, used))
    tell(f"{call.purpose}: {used.calls} calls, {used.tokens:,} tokens, {spent}")


def _announce_trials(job: Target, versions: int, only: Sequence[str]) -> None:
    """Say how many trials the stages may run; those that need models run none."""
    from hakken.cli.console import tell
    from hakken.research.bounds import most_trials

    if only and "baseline" not in only:
        return
    most = most_trials(job.settings, job.template, versions)
    more = (
        f"; at most {most['search']} of {versions} versions, {most['ablation']} of ablations and {most['report']} for "
        "the report"
    )
    tell(
        f"  trials: {most['baseline']} of the baseline{more if not only or 'search' in only else ''}; short smoke runs "
        "come on top; how long a trial takes is known once the baseline has run"
    )


def announce_limits(limit: Budget, expected: Forecast) -> None:
    """Say which limits hold, and which cannot."""
    from hakken.cli.console import tell, unenforced

    limits: dict[str, float | None] = {"generated tokens": limit.completion_tokens, "tokens": limit.tokens}
    limits |= {"US$": limit.usd if expected.priced else None, "seconds": limit.seconds, "versions": limit.nodes}
    if given := [f"{value:,.10g} {name}" for name, value in limits.items() if value is not None]:
        tell(f"  budget: at most {', '.join(given)}")
    if beyond := unenforced(limit, expected.unpriced):
        tell(f"  {beyond}")

"""``hakken idea``, ``experiment``, ``write``, ``review`` and ``audit``: one stage each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hakken.cli import options
from hakken.core.errors import UsageError

if TYPE_CHECKING:
    from hakken.cli.target import Target
    from hakken.core.config import Settings
    from hakken.core.types import AuditReport
    from hakken.research.session import Session

What = Annotated[str | None, typer.Argument(metavar="TEMPLATE|FOLDER|RUN", show_default="digits")]
Of = Annotated[str | None, typer.Argument(metavar="RUN", show_default="the newest")]
EXPERIMENTS = ("ideas", "baseline", "search", "ablation", "report")
ASKED = {"ideas": "ideas", "search": "code", "paper": "writing", "review": "review"}
"""The role whose model a stage asks."""
PAPERS = (".pdf", ".tex", ".md", ".markdown")


def idea(
    what: What = None,
    values: options.Set = None,
    files: options.ConfigFiles = None,
    profile: options.Profile = None,
    seed: options.Seed = None,
    model: options.ModelName = None,
    new: options.New = False,
    as_json: options.Json = False,
) -> None:
    """Propose ideas about a template.

    They are kept in a run folder; `hakken run` goes on from there.

    \b
    Examples:
      hakken idea digits
      hakken idea epidemic -c search.ideas=10 --model openai:gpt-5 --json
    """
    from hakken.cli.console import emit, say
    from hakken.research import experimenting

    job = _resolve(what, options.asked(values, files, profile, seed=seed, model=model), new)
    with _working(job, ("ideas",)) as session:
        ideas, folder = experimenting.ideate(session), session.folder
    if as_json:
        emit([entry.model_dump(mode="json") for entry in ideas])
        return
    for entry in ideas:
        say(f"{entry.id}  {entry.title} ({entry.target}, {entry.lever or 'free'})")
        say(f"    {' '.join(entry.hypothesis.split())}")
    say(str(folder.path))


def experiment(
    what: What = None,
    values: options.Set = None,
    files: options.ConfigFiles = None,
    profile: options.Profile = None,
    seed: options.Seed = None,
    model: options.ModelName = None,
    new: options.New = False,
    metrics: options.Metrics = None,
    weak: options.Weak = False,
    baseline_only: Annotated[
        bool, typer.Option("--baseline-only", help="Measure the unchanged template; needs no model.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Run the experiments, from baseline to tested claim.

    \b
    Examples:
      hakken experiment digits --baseline-only --json
      hakken experiment my_template -c statistics.explore_seeds=8
    """
    from hakken.cli.baseline import measured, print_measured
    from hakken.cli.console import emit
    from hakken.cli.summary import print_summary, summarise
    from hakken.research import experimenting
    from hakken.research.run import experiment as experiments

    asked = options.asked(values, files, profile, seed=seed, model=model, weak=weak)
    job = _resolve(what, asked, new, metrics or ())
    stages = ("baseline",) if baseline_only else EXPERIMENTS
    with _working(job, stages, runs_code=not baseline_only) as session:
        folder = session.folder
        if baseline_only:
            experimenting.measure_baseline(session)
            found = measured(session.template, session.lab.trials, session.lab.noise_floor)
        else:
            experiments(session)
    if baseline_only and as_json:
        emit({"run": str(folder.path), **found})
    elif baseline_only:
        print_measured(found)
    elif as_json:
        emit(summarise(folder).model_dump(mode="json"))
    else:
        print_summary(summarise(folder))


def write(
    what: Of = None,
    values: options.Set = None,
    files: options.ConfigFiles = None,
    compose: Annotated[bool, typer.Option("--compose", help="Let code write every passage; needs no model.")] = False,
    as_json: options.Json = False,
) -> None:
    """Write, render and audit the paper of a run.

    Its claim must have been tested (`hakken experiment`). Whether the paper passed its audit is the last but one thing
    that is printed; `hakken audit RUN` tells it by its exit code.

    \b
    Examples:
      hakken write                      of the newest run
      hakken write digits-001 --compose
      hakken write digits-001 -c paper.engine=latex
    """
    from hakken.cli.console import emit, say, shown
    from hakken.cli.summary import audited, print_audited
    from hakken.core.types import AuditReport, Claim
    from hakken.research import publishing

    job = _of(what, options.asked(values, files))
    with _working(job, ("paper",), asks=not compose) as session:
        if session.store.get("claim/C1", Claim) is None:
            raise UsageError(
                f"The claim of {job.folder.path} has not been tested, so there is nothing to write about.",
                f"Run `hakken experiment {job.folder.path}` first.",
            )
        paper = publishing.write(session, compose=compose)
        found = audited(session.store.get("audit", AuditReport))
    if as_json:
        emit({**paper.model_dump(mode="json"), **found})
    else:
        say(f"{paper.pages} pages, {paper.words} words, set with {paper.engine}")
        print_audited(found, shown(job.folder.path.absolute()))
        say(str(job.folder.path / (paper.pdf or paper.html)))


def review(
    what: Annotated[str | None, typer.Argument(metavar="FILE|RUN", show_default="the newest run")] = None,
    values: options.Set = None,
    files: options.ConfigFiles = None,
    seed: options.Seed = None,
    model: options.Reviewer = None,
    as_json: options.Json = False,
) -> None:
    """Review the paper of a run, or any .pdf, .tex or .md.

    \b
    Examples:
      hakken review digits-001
      hakken review digits-001 --model openai:gpt-5
      hakken review paper.pdf --model anthropic:claude-sonnet-4-5 -c review.members=5
      hakken review paper.tex --json > review.json
    """
    from hakken.cli.console import say
    from hakken.cli.papers import review_file, review_run
    from hakken.research.review.render import to_json, to_markdown

    of_file = what is not None and Path(what).suffix.casefold() in PAPERS
    # Nobody else is asked about a file; a run keeps the models that did its work.
    asked = options.asked(values, files, seed=seed, model=model if of_file else None, reviewer=model)
    if what is not None and of_file:
        verdict, report = review_file(Path(what), asked.load().settings), None
    else:
        job = _of(what, asked)
        if not (job.folder.paper / "paper.md").is_file():
            raise UsageError(f"{job.folder.path} has no paper.", f"Run `hakken run {job.folder.path}` first.")
        with _working(job, ("review",)) as session:
            verdict, report = review_run(session)
    say((to_json if as_json else to_markdown)(verdict, report).rstrip("\n"))


def audit(
    what: Annotated[str | None, typer.Argument(metavar="RUN|PAPER", show_default="the newest run")] = None,
    results: Annotated[
        str | None,
        typer.Option(
            metavar="RUN|FOLDER",
            help="What a paper of any place is checked against: a run, a folder of The AI Scientist"
            " (run_*/final_info.json or logs/*-run), or one of JSON, JSONL, CSV or TSV files.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where audit.json and audit.html go; beside the paper by default."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="Let this model compare the method with the code too; what it cannot quote word for word from both is"
            " dropped. Off by default.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count like errors.")] = False,
    values: options.Set = None,
    as_json: options.Json = False,
) -> None:
    """Check a paper against the record of a run or any results folder.

    Every number, comparison and set-up fact is derived again from the record; no model is asked unless --model names
    one, and then what it used is told and recorded. The findings are printed, and written with their evidence to
    audit.json and, with the paper's text, to audit.html.

    Exit code 0 when there is no finding of severity error, 1 when there is (with --strict also for warnings), 2 when
    the paper or the results cannot be read.

    \b
    Examples:
      hakken audit                                  the newest run
      hakken audit digits-001 --json
      hakken audit draft.tex --results hakken-runs/digits-001
      hakken audit latex/template.tex --results . --json    a folder of The AI Scientist
      hakken audit paper.pdf --results results/ --out audit
      hakken audit paper.tex --results results/ --model openai:gpt-5-mini
    """
    from hakken.cli.console import emit, say, shown
    from hakken.cli.papers import print_audit
    from hakken.core.types import Role

    settings = options.asked(values).load().settings
    if model is not None:
        judges = settings.models.model_copy(update={"default": model} | {role.value: model for role in Role})
        settings = settings.model_copy(update={"models": judges})
    report, places = _audited(what, results, out, settings, asks=model is not None)
    if as_json:
        emit({"passed": report.passed, **report.model_dump(mode="json"), **places})
    else:
        print_audit(report)
        for place in places.values():
            say(shown(Path(place)))
    if code := _severity(report, strict):
        raise typer.Exit(code)


def _audited(
    what: str | None, results: str | None, out: Path | None, settings: Settings, asks: bool
) -> tuple[AuditReport, dict[str, str]]:
    """The report, and where it was written."""
    from hakken.cli.papers import audit_file, audit_run
    from hakken.cli.target import open_run

    root = Path(settings.runs_dir)
    if results is not None and what is not None:
        written = audit_file(Path(what), results, root, out, settings if asks else None)
        return written.report, {"json": str(written.json), "html": str(written.html)}
    if results is not None:
        raise UsageError("--results names the record, and no paper is named.", "hakken audit PAPER --results FOLDER")
    if what is not None and Path(what).suffix.casefold() in (*PAPERS, ".html"):
        mend = "Name a run or a folder of results: --results hakken-runs/digits-001."
        raise UsageError("A paper is checked against a record.", mend)
    if asks:
        raise UsageError("--model is about a paper of any place.", "hakken audit PAPER --results RUN --model NAME")
    if out is not None:
        raise UsageError("--out is about a paper of any place, and a run keeps its own.", "Leave --out away.")
    folder = open_run(what, root)
    return audit_run(folder), {kind: str(folder.paper / f"audit.{kind}") for kind in ("json", "html")}


def _severity(report: AuditReport, strict: bool) -> int:
    return int(not report.passed or (strict and any(f.severity.value == "warning" for f in report.findings)))


def _resolve(what: str | None, asked: options.Asked, new: bool, metrics: list[str] | tuple[str, ...] = ()) -> Target:
    from hakken.cli.target import resolve

    return resolve(what, asked, new=new, metrics=metrics)


def _of(what: str | None, asked: options.Asked) -> Target:
    """A run that exists."""
    from hakken.cli.target import open_run, resolve

    folder = open_run(what, Path(asked.load().settings.runs_dir))
    return resolve(str(folder.path), asked)


@contextmanager
def _working(job: Target, only: tuple[str, ...], *, asks: bool = True, runs_code: bool = False) -> Iterator[Session]:
    """Open a run for some of its stages; say what they will cost, and show the progress.

    A stage must not fail for want of a key that it does not need, nor one that runs no code of a model's for a sandbox.
    """
    from hakken.cli import preflight
    from hakken.cli.live import watching
    from hakken.cli.run import announce
    from hakken.core.types import Role
    from hakken.models.forecast import Forecast, forecast
    from hakken.research.session import open_session

    expected = Forecast(stages=(), versions=0)
    roles = [Role(ASKED[stage]) for stage in only if stage in ASKED and asks]
    if roles:
        expected = forecast(job.settings, preflight.check(job.settings, roles, runs_code=runs_code))
    with job.held() as held:
        announce(held, expected, only)
        job = held.measured()
        with (
            watching(job, expected, only) as watch,
            open_session(job.folder, job.template, job.settings, watch, roles=roles) as session,
        ):
            yield session

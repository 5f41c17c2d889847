"""``hakken bench competition``: competitions in the style of MLE-bench."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hakken.cli import options
from hakken.cli.bench import competing_proofs as proving
from hakken.cli.bench.entering import Data, MetricName, Name, Rows, arena_for
from hakken.cli.places import folder_for

if TYPE_CHECKING:
    from hakken.bench.competitions.grading import Graded

HELP = """Competitions in the style of MLE-bench, yours or the small ones that ship.

\b
Examples:
  hakken bench competition list --json
  hakken bench competition prepare digits-few
  hakken bench competition grade digits-few submission.csv
"""
app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(as_json: options.Json = False) -> None:
    """List the competitions that ship.

    Their leaderboards hold baselines that a script trained; none of them is one of MLE-bench.

    \b
    Examples:
      hakken bench competition list
      hakken bench competition list --json
    """
    from hakken.bench.competitions.definition import load_competition, shipped
    from hakken.bench.competitions.grading import load_board
    from hakken.bench.competitions.medals import thresholds
    from hakken.cli.console import emit, say, table

    found = []
    for name in shipped():
        competition = load_competition(name)
        board = load_board(competition)
        found.append(
            {
                "name": name,
                "title": competition.title,
                "kind": competition.kind,
                "metric": competition.metric,
                "lower_better": competition.lower_better,
                "baselines": len(board.entries),
                **thresholds(board.scores).model_dump(),
            }
        )
    if as_json:
        emit(found)
        return
    rows = [
        (
            entry["name"],
            entry["kind"],
            f"{entry['metric']} {'↓' if entry['lower_better'] else '↑'}",
            entry["baselines"],
            *(f"{entry[medal]:.4g}" for medal in ("gold", "silver", "bronze", "median")),
        )
        for entry in found
    ]
    table(("competition", "", "metric", "baselines", "gold", "silver", "bronze", "median"), rows, left=3)
    say("The thresholds are scores of baselines, not of people.")


@app.command()
def prepare(
    name: Annotated[str, typer.Argument(metavar="COMPETITION", help="One that ships.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for public/; by default it is named as the competition.")
    ] = None,
    as_template: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a template for `hakken run` instead.")
    ] = None,
    with_answers: Annotated[
        bool, typer.Option("--with-answers", help="Also write private/answers.csv, for graders of others.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Make the files of a competition: always the same ones.

    Answers are computed when something is graded, and are on no disk unless asked for.

    \b
    Examples:
      hakken bench competition prepare digits-few
      hakken bench competition prepare digits-few --as-template my-digits
      hakken run my-digits
    """
    from hakken.bench.competitions.definition import load_competition
    from hakken.bench.competitions.entering import write_template
    from hakken.bench.competitions.preparing import prepare as make
    from hakken.bench.competitions.preparing import write_private, write_public
    from hakken.cli.console import emit, say, shown
    from hakken.core.errors import UsageError

    prepared = make(load_competition(name).root)
    if as_template is not None:
        if with_answers or out is not None:
            raise UsageError("A template holds no test rows and no answers.", "Leave --out and --with-answers away.")
        folder = folder_for(as_template, "--as-template")
        write_template(prepared, folder)
    else:
        folder = folder_for(out or Path(name))
        write_public(prepared, folder / "public")
        if with_answers:
            write_private(prepared, folder / "private")
    made = {"folder": str(folder.absolute()), "train": len(prepared.train.rows), "test": len(prepared.test.rows)}
    if as_json:
        emit({"competition": name, "template": as_template is not None, **made})
        return
    say(f"{made['train']} training rows, {made['test']} test rows")
    say(shown(folder.absolute()))


@app.command()
def validate(
    name: Name,
    submission: Annotated[Path, typer.Argument(metavar="FILE", help="A submission.")],
    data: Data = None,
    metric: MetricName = None,
    rows: Rows = None,
    as_json: options.Json = False,
) -> None:
    """Say whether a submission is valid, and nothing else.

    Exit code 0 when it is, 1 when it is not.

    \b
    Examples:
      hakken bench competition validate digits-few submission.csv
    """
    from hakken.bench.competitions.grading import validate as problem_of
    from hakken.cli.console import emit, say

    problem = problem_of(submission, arena_for(name, data, metric, rows).form)
    if as_json:
        emit({"valid": not problem, "problem": problem})
    else:
        say(f"invalid: {problem}" if problem else "valid")
    if problem:
        raise typer.Exit(1)


@app.command()
def grade(
    name: Annotated[str, typer.Argument(metavar="COMPETITION|RUN", help="A competition, or a run that entered one.")],
    submissions: Annotated[list[Path] | None, typer.Argument(metavar="FILE", help="Submissions.")] = None,
    data: Data = None,
    metric: MetricName = None,
    rows: Rows = None,
    report: Annotated[Path | None, typer.Option(help="Also write a grading report as MLE-bench does.")] = None,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Grade submissions, or the version that a run selected.

    A run is graded once: its version learns from all training rows, and what it leaves is scored on the private ones.
    Exit code 1 when a submission is invalid.

    \b
    Examples:
      hakken bench competition grade digits-few submission.csv
      hakken bench competition grade hakken-runs/digits-few-001
      hakken bench competition grade mle-bench/competitions/spooky --data data/spooky submission.csv
    """
    from hakken.bench.competitions.grading import grade as grade_one
    from hakken.bench.competitions.reports import summary
    from hakken.cli.console import emit
    from hakken.core.errors import UsageError
    from hakken.core.files import write_text

    if not submissions:
        _grade_run(name, weak, as_json)
        return
    arena = arena_for(name, data, metric, rows)
    if report is not None and report.exists():
        raise UsageError(f"{report} is there already.", "Name another file.")
    graded = [grade_one(path, arena) for path in submissions]
    if report is not None:
        write_text(report, summary([entry.report for entry in graded]).model_dump_json(indent=2) + "\n")
    if as_json:
        emit([entry.model_dump(mode="json") for entry in graded])
    else:
        for path, entry in zip(submissions, graded, strict=True):
            _say(path.name, entry)
    if any(entry.problem for entry in graded):
        raise typer.Exit(1)


def _grade_run(what: str, weak: bool, as_json: bool) -> None:
    from hakken.bench.competitions.definition import shipped
    from hakken.bench.competitions.entering import finish
    from hakken.cli.console import emit, say
    from hakken.cli.target import open_run
    from hakken.core.errors import UsageError

    if what in shipped():
        raise UsageError("There is no submission to grade.", f"hakken bench competition grade {what} submission.csv")
    root = Path(options.asked(None).load().settings.runs_dir)
    result = finish(open_run(what, root), allow_weak=weak)
    if as_json:
        emit(result.model_dump(mode="json"))
    else:
        say(result.sentence)
        proving.say_signs(result.signs)


def _say(label: str, graded: Graded) -> None:
    from hakken.cli.console import say

    report = graded.report
    if report.score is None:
        say(f"{label}: invalid: {graded.problem}")
        return
    say(f"{label}: private score {report.score:g}, place {graded.place} among {graded.teams} {graded.against}")
    shown = "" if graded.public_score is None else f"public score {graded.public_score:g}; "
    above = "above the median" if report.above_median else "not above the median"
    say(f"  {shown}medal: {report.medal}; {above} ({report.median_threshold:g})")


@app.command("report")
def aggregate_(
    files: Annotated[list[Path], typer.Argument(metavar="REPORT", help="Grading reports, one a seed.")],
    split: Annotated[
        Path | None, typer.Option(help="File with one competition a line; by default all that are in the reports.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Seeds to average over; all by default.")] = None,
    pad_missing: Annotated[bool, typer.Option("--pad-missing", help="Missing runs count as failures.")] = False,
    as_json: options.Json = False,
) -> None:
    """Aggregate grading reports over seeds, by the rules of MLE-bench.

    \b
    Examples:
      hakken bench competition report seed1.json seed2.json seed3.json
      hakken bench competition report runs/*/*_grading_report.json --split low.txt --pad-missing --json
    """
    from hakken.bench.competitions.pointers import read_text
    from hakken.bench.competitions.reports import aggregate, load_reports
    from hakken.bench.pace import counted
    from hakken.cli.console import emit, say, table
    from hakken.core.errors import UsageError

    places = [path.resolve() for path in files]
    if twice := [path for path, place in zip(files, places, strict=True) if places.count(place) > 1]:
        raise UsageError(
            f"{twice[0]} is named {places.count(twice[0].resolve())} times.", "Name the report of each seed once."
        )
    reports = load_reports(files)
    named = sorted({entry.competition_id for report in reports for entry in report.competition_reports})
    wanted = [line.strip() for line in read_text(split).splitlines() if line.strip()] if split else named
    found = aggregate(reports, wanted, seeds=seeds, pad_missing=pad_missing)
    if as_json:
        emit(found.model_dump(mode="json"))
        return
    rows = [
        (name, f"{s.mean:.1f}", "-" if s.standard_error is None else f"{s.standard_error:.1f}")
        for name, s in found.metrics.items()
    ]
    table(("percent of competitions", "mean", "SEM"), rows, left=1)
    seeds_and_more = counted(found.num_seeds_averaged, "seed"), counted(found.num_competitions_per_seed, "competition")
    say(f"{', '.join(seeds_and_more)}, {counted(found.padded, 'run')} missing")
    if found.mixed:
        say(
            f"{counted(found.mixed, 'seed')} put together from several files: the first reports of all competitions, "
            "then the second ones, in the order of the names, as MLE-bench does it."
        )
    if not found.enough_seeds:
        say("Fewer than three seeds: no headline.")


@app.command()
def leaderboard(
    name: Annotated[str, typer.Argument(metavar="COMPETITION", help="One that ships.")],
    remake: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Train all baselines, and write the file here.")
    ] = None,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Show the baselines of a leaderboard, or train them all again.

    \b
    Examples:
      hakken bench competition leaderboard digits-few
      hakken bench competition leaderboard digits-few --remake .
    """
    from hakken.bench.competitions.baselines import make_leaderboard, write_leaderboard
    from hakken.bench.competitions.definition import load_competition
    from hakken.bench.competitions.grading import load_board
    from hakken.bench.competitions.preparing import prepare as make
    from hakken.cli.console import emit, table

    competition = load_competition(name)
    if remake is not None:
        remake = folder_for(remake, "--remake")
        write_leaderboard(make_leaderboard(make(competition.root), allow_weak=weak), remake)
    board = load_board(competition.model_copy(update={"root": remake}) if remake else competition)
    if as_json:
        emit(board.model_dump(mode="json"))
        return
    rows: list[tuple[Any, ...]] = [
        (place, entry.team, f"{entry.score:g}", "-" if entry.public_score is None else f"{entry.public_score:g}")
        for place, entry in enumerate(board.entries, start=1)
    ]
    table(("", "", "private", "public"), rows, left=2)


app.command("inspect")(proving.inspect_)
app.command()(proving.check)

"""Grading reports in the format of MLE-bench, and their aggregation over seeds."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from pydantic import ValidationError

from hakken.bench.competitions.medals import Ranking, Thresholds
from hakken.bench.competitions.pointers import read_text
from hakken.bench.inspect_adapter.reading import reader_of
from hakken.core.errors import UsageError, first_problem
from hakken.core.types import Record

ENOUGH_SEEDS = 3
"""Seeds from which on a mean is reported as a headline."""
_LOG = ".eval"
"""Ending of a log of inspect-ai."""
_SHARES = ("submission_exists", "valid_submission", "above_median", "gold_medal", "silver_medal", "bronze_medal")


class CompetitionReport(Record):
    """One graded submission, with the keys that MLE-bench writes."""

    competition_id: str
    score: float | None
    gold_threshold: float
    silver_threshold: float
    bronze_threshold: float
    median_threshold: float
    any_medal: bool
    gold_medal: bool
    silver_medal: bool
    bronze_medal: bool
    above_median: bool
    submission_exists: bool
    valid_submission: bool
    is_lower_better: bool
    created_at: str
    submission_path: str

    @property
    def medal(self) -> str:
        """gold, silver, bronze or none."""
        return Ranking(gold_medal=self.gold_medal, silver_medal=self.silver_medal, bronze_medal=self.bronze_medal).medal


def report_of(
    name: str,
    score: float | None,
    limits: Thresholds,
    ranking: Ranking,
    *,
    lower_better: bool,
    exists: bool,
    path: str,
    created_at: str,
) -> CompetitionReport:
    """Put a report together."""
    return CompetitionReport(
        competition_id=name,
        score=score,
        gold_threshold=limits.gold,
        silver_threshold=limits.silver,
        bronze_threshold=limits.bronze,
        median_threshold=limits.median,
        any_medal=ranking.any_medal,
        gold_medal=ranking.gold_medal,
        silver_medal=ranking.silver_medal,
        bronze_medal=ranking.bronze_medal,
        above_median=ranking.above_median,
        submission_exists=exists,
        valid_submission=score is not None,
        is_lower_better=lower_better,
        created_at=created_at,
        submission_path=path,
    )


class GradingReport(Record):
    """Several graded submissions and their counts: one seed of an agent, mostly."""

    total_runs: int
    total_runs_with_submissions: int
    total_valid_submissions: int
    total_medals: int
    total_gold_medals: int
    total_silver_medals: int
    total_bronze_medals: int
    total_above_median: int
    competition_reports: tuple[CompetitionReport, ...]


def summary(reports: Sequence[CompetitionReport]) -> GradingReport:
    """Count what several submissions reached."""
    medals = [report.medal for report in reports]
    return GradingReport(
        total_runs=len(reports),
        total_runs_with_submissions=sum(report.submission_exists for report in reports),
        total_valid_submissions=sum(report.valid_submission for report in reports),
        total_medals=sum(medal != "none" for medal in medals),
        total_gold_medals=medals.count("gold"),
        total_silver_medals=medals.count("silver"),
        total_bronze_medals=medals.count("bronze"),
        total_above_median=sum(report.above_median for report in reports),
        competition_reports=tuple(reports),
    )


def load_reports(paths: Iterable[Path]) -> list[GradingReport]:
    """Read several, in the order of their names as MLE-bench does: the order says which reports make a seed.

    A submission that two logs of inspect-ai hold, because the second goes on with the first, counts once.
    """
    ordered = sorted(paths, key=str)
    logs = _of_logs([path for path in ordered if path.suffix == _LOG])
    return [logs[path] if path in logs else load_report(path) for path in ordered]


def load_report(path: Path) -> GradingReport:
    """Read a grading report that MLE-bench or Hakken wrote; keys that are not known are left out.

    A log of inspect-ai, of our competitions, will do as well: each epoch is a submission.

    Raises:
        UsageError: the file is none, or only a pointer to one.
        PrerequisiteError: it is such a log, and inspect-ai is not installed.
    """
    if path.suffix == _LOG:
        return _of_logs([path])[path]
    try:
        raw = json.loads(read_text(path))
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}.", "Name a *_grading_report.json.") from None
    entries = raw.get("competition_reports") if isinstance(raw, dict) else None
    if not isinstance(entries, list):
        raise UsageError(
            f"{path} is no grading report: it has no list competition_reports.", "Name a *_grading_report.json."
        )
    return summary([_entry(path, number, entry) for number, entry in enumerate(entries)])


def _of_logs(paths: Sequence[Path]) -> dict[Path, GradingReport]:
    if not paths:
        return {}
    found: dict[Path, list[CompetitionReport]] = reader_of(paths[0]).competition_reports_of(paths)
    return {path: summary(reports) for path, reports in found.items()}


def _entry(path: Path, number: int, entry: object) -> CompetitionReport:
    if not isinstance(entry, Mapping):
        raise UsageError(f"{path}: entry {number} of competition_reports is no table.", "Mend the file.")
    known: dict[str, Any] = {key: value for key, value in entry.items() if key in CompetitionReport.model_fields}
    known.setdefault("created_at", "")
    known.setdefault("submission_path", "")
    known.setdefault("any_medal", any(known.get(f"{medal}_medal") for medal in ("gold", "silver", "bronze")))
    try:
        return CompetitionReport.model_validate(known)
    except ValidationError as error:
        raise UsageError(f"{path}: entry {number}: {first_problem(error)}.", "Mend the file.") from None


class Share(Record):
    """A percentage over seeds. One seed says nothing of how far others lie: it has no error and no interval."""

    mean: float
    ci_lower: float | None
    ci_upper: float | None
    standard_error: float | None


class Aggregate(Record):
    """Shares over seeds: the headline of MLE-bench is ``metrics["any_medal_percentage"]``."""

    num_seeds_averaged: int
    num_competitions_per_seed: int
    metrics: dict[str, Share]
    padded: int
    """Runs that were missing and count as failures."""
    enough_seeds: bool
    """Whether there are at least three, as the protocol asks for."""
    mixed: int
    """Seeds whose reports come from several files."""


def aggregate(
    reports: Sequence[GradingReport],
    competitions: Sequence[str],
    *,
    seeds: int | None = None,
    pad_missing: bool = False,
) -> Aggregate:
    """Mean and standard error over seeds of the shares of competitions.

    Seed i is made of the i-th report of every competition, in the order given, as in the original: where files lack
    different competitions, a seed is put together from several. Only complete seeds count, unless missing runs are
    padded with failures.

    Raises:
        UsageError: there is no complete seed, or fewer than asked for.
    """
    by_name: dict[str, list[tuple[int, CompetitionReport]]] = {name: [] for name in competitions}
    for file, report in enumerate(reports):
        for entry in sorted(report.competition_reports, key=lambda r: r.competition_id):
            if entry.competition_id in by_name:
                by_name[entry.competition_id].append((file, entry))
    counts = [len(found) for found in by_name.values()]
    if not counts:
        raise UsageError("There are no competitions to aggregate over.", "Name a split that lists some.")
    absent = [name for name, found in by_name.items() if not found]
    if absent and not pad_missing:
        raise UsageError(
            f"There is no report of {', '.join(absent[:5])}{' and others' if len(absent) > 5 else ''}.",
            "Give the missing reports, or count missing runs as failures: --pad-missing.",
        )
    have = max(counts) if pad_missing else min(counts)
    wanted = have if seeds is None else seeds
    if not 0 < wanted <= have:
        raise UsageError(f"{wanted} seeds are asked for, and {have} can be formed.", "Give more reports.")
    chosen = [[found[i] if i < len(found) else None for found in by_name.values()] for i in range(wanted)]
    values: dict[str, list[float]] = {}
    for runs in chosen:
        for name in (*_SHARES, "any_medal"):
            hits = sum(run is not None and _has(run[1], name) for run in runs)
            values.setdefault(_percentage(name), []).append(100 * hits / len(runs))
    return Aggregate(
        num_seeds_averaged=wanted,
        num_competitions_per_seed=len(competitions),
        metrics={name: _share(series) for name, series in values.items()},
        padded=sum(run is None for runs in chosen for run in runs),
        enough_seeds=wanted >= ENOUGH_SEEDS,
        mixed=sum(len({run[0] for run in runs if run is not None}) > 1 for runs in chosen),
    )


def _has(run: CompetitionReport, name: str) -> bool:
    return run.medal != "none" if name == "any_medal" else bool(getattr(run, name))


def _percentage(name: str) -> str:
    return ("valid_submissions" if name == "valid_submission" else name) + "_percentage"


def _share(values: Sequence[float]) -> Share:
    mean = fmean(values)
    if len(values) < 2:
        return Share(mean=mean, ci_lower=None, ci_upper=None, standard_error=None)
    error = stdev(values) / math.sqrt(len(values))
    return Share(mean=mean, ci_lower=mean - 1.96 * error, ci_upper=mean + 1.96 * error, standard_error=error)

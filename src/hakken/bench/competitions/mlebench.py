"""Read the user's own competitions of MLE-bench: prepared folders, leaderboards and configurations.

A competition is found in one folder, or in two: its definition in the repository (``config.yaml``, ``leaderboard.csv``)
and its data (``prepared/public``, ``prepared/private``). Its ``grade.py`` is never run; the metric is one of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped,unused-ignore]

from hakken.bench.competitions.definition import LEADERBOARD, load_leaderboard
from hakken.bench.competitions.grading import Arena
from hakken.bench.competitions.pointers import read_text
from hakken.bench.competitions.preparing import PUBLIC, USAGE
from hakken.bench.competitions.scoring import METRICS
from hakken.bench.competitions.submissions import Form, InvalidSubmission, check_cells
from hakken.bench.competitions.tables import Table, read_table
from hakken.core.errors import UsageError

CONFIG = "config.yaml"
_NAMES = {
    "accuracy": "accuracy",
    "multi-class-accuracy": "accuracy",
    "classification-accuracy": "accuracy",
    "auc": "auc",
    "auc-roc": "auc",
    "roc-auc": "auc",
    "area-under-roc": "auc",
    "mean-columnwise-auc": "auc",
    "log-loss": "log_loss",
    "logloss": "log_loss",
    "multi-class-log-loss": "log_loss",
    "multiclass-log-loss": "log_loss",
    "root-mean-squared-error": "rmse",
    "rmse": "rmse",
    "mcrmse": "rmse",
    "mean-columnwise-rmse": "rmse",
    "rmsle": "rmsle",
    "mcrmsle": "rmsle",
    "mean-column-wise-rmsle": "rmsle",
    "root-mean-squared-log-error": "rmsle",
    "root-mean-squared-logarithmic-error": "rmsle",
    "mae": "mae",
    "mean-absolute-error": "mae",
    "quadratic-weighted-kappa": "qwk",
    "qwk": "qwk",
    "macro-f1": "f1_macro",
    "f1-macro": "f1_macro",
}
"""Names of graders, and our metric of each."""


def load_arena(folder: Path, data: Path | None = None, metric: str | None = None) -> Arena:
    """A competition of MLE-bench that the user has on disk, ready for grading.

    Args:
        folder: Holds ``leaderboard.csv``, and ``config.yaml`` where there is one.
        data: Holds ``public/`` and ``private/``, maybe below ``prepared/``; ``folder`` by default.
        metric: One of our metrics, where the configuration names none that is known.

    Raises:
        UsageError: something is missing, is only a pointer of Git LFS, or does not fit together.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder.", "Name the folder of a competition.")
    config = _config(folder / CONFIG)
    root = _data_root(data or folder, config)
    sample = read_table(_file(root / "public", config, "sample_submission", ("sample_submission", "sampleSubmission")))
    answers = read_table(_file(root / "private", config, "answers", ("answers", "test", "gold_submission")))
    id_column, *columns = sample.columns
    if lost := [name for name in sample.columns if name not in answers.columns]:
        raise UsageError(
            f"The answers of {folder} have no column {lost[0]!r}, which the sample submission has.",
            "Only competitions whose answers have the form of a submission can be graded here.",
        )
    chosen = _metric(folder, config, metric)
    kind = _kind(chosen, len(columns))
    right = _answers(folder, answers, sample.columns)
    if len(sample.rows) != len(right) or set(sample.column(id_column)) != set(right):
        raise UsageError(
            f"The sample submission and the answers of {folder} have other ids.", "Prepare the competition again."
        )
    form = Form(id_column, tuple(columns), sample.column(id_column), kind)
    _check_answers(folder, form, right)
    usage = answers.column(USAGE) if USAGE in answers.columns else ()
    public = frozenset(name for name, use in zip(answers.column(id_column), usage, strict=False) if use == PUBLIC)
    board = load_leaderboard(folder / LEADERBOARD, baselines=False)
    name = str(config.get("id") or folder.name)
    return Arena(name, chosen, form, right, public if len(public) < len(right) else frozenset(), board)


def _config(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        raw = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML: {' '.join(str(error).split())}.", "Mend the file.") from None
    if not isinstance(raw, dict):
        raise UsageError(f"{path} is no table.", "Mend the file.")
    return raw


def _data_root(folder: Path, config: Mapping[str, Any]) -> Path:
    for root in _candidates(folder, str(config.get("id") or folder.name)):
        if (root / "public").is_dir() and (root / "private").is_dir():
            return root
    raise UsageError(
        f"{folder} holds no public/ and private/, and neither does prepared/ in it.",
        "Prepare the competition (`mlebench prepare -c …`), and name its data with --data.",
    )


def _candidates(folder: Path, name: str) -> Iterator[Path]:
    yield from (folder, folder / "prepared", folder / name, folder / name / "prepared")


def _file(folder: Path, config: Mapping[str, Any], key: str, names: tuple[str, ...]) -> Path:
    """A CSV file: as the configuration names it, or by a usual name, or the only one."""
    dataset = config.get("dataset")
    named = dataset.get(key) if isinstance(dataset, dict) else None
    if isinstance(named, str) and (folder / Path(named).name).is_file():
        return folder / Path(named).name
    for name in names:
        if (folder / f"{name}.csv").is_file():
            return folder / f"{name}.csv"
    found = sorted(folder.glob("*.csv"))
    if len(found) == 1:
        return found[0]
    shown = ", ".join(path.name for path in found[:5]) or "none"
    raise UsageError(
        f"{folder} has no {names[0]}.csv (CSV files: {shown}).", "Only answers in CSV files can be graded here."
    )


def _metric(folder: Path, config: Mapping[str, Any], metric: str | None) -> str:
    grader = config.get("grader")
    named = str(grader.get("name", "")) if isinstance(grader, dict) else ""
    chosen = metric or _NAMES.get(re.sub(r"[\s_]+", "-", named.strip().lower()))
    if chosen not in METRICS:
        known = ", ".join(METRICS)
        if metric:
            raise UsageError(f"There is no metric {metric!r}.", f"Take one of {known}.")
        raise UsageError(
            f"The metric of {folder} is not known here: {named or 'no config.yaml names one'}.",
            f"Name one of ours with --metric: {known}.",
        )
    return chosen


def _kind(metric: str, columns: int) -> str:
    if metric == "log_loss":
        # Graders of Kaggle rescale rows, and so does ours: a row needs no sum of one here.
        return "probability"
    kind = METRICS[metric].kind
    if kind == "label" and columns > 1:
        raise UsageError(f"{metric} is about one column, and the sample submission has {columns}.", "Name another one.")
    return kind


def _answers(folder: Path, answers: Table, columns: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    right = {row[0]: row[1:] for row in answers.only(columns).rows}
    if len(right) < len(answers.rows):
        raise UsageError(f"The answers of {folder} have an id twice.", "Prepare the competition again.")
    return right


def _check_answers(folder: Path, form: Form, right: Mapping[str, tuple[str, ...]]) -> None:
    for name, cells in right.items():
        try:
            check_cells(cells, form)
        except InvalidSubmission as error:
            raise UsageError(
                f"The answers of {folder} do not fit the metric: {name}: {error}.", "Name another metric with --metric."
            ) from None

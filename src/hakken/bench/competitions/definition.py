"""Competitions that ship: a folder with ``competition.toml``, a description, raw data and a leaderboard."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt, ValidationError

from hakken.bench.competitions.medals import is_lower_better
from hakken.bench.competitions.scoring import METRICS
from hakken.bench.competitions.tables import read_table
from hakken.core.errors import UsageError, first_problem
from hakken.core.types import Limits, Record

FILE, LEADERBOARD, DESCRIPTION = "competition.toml", "leaderboard.csv", "description.md"
FOLDER = Path(__file__).resolve().parents[1] / "suites" / "competitions"
COMMON = FOLDER / "common"
"""Programs that every template of a competition gets a copy of."""

Kind = Literal["label", "number", "positive", "rank", "probability", "distribution"]


class SplitRule(Record):
    """How rows become training and test rows, and what identifies them."""

    how: Literal["random", "last", "group"] = "random"
    """By chance; the last rows, for series; or whole groups by chance."""
    test: PositiveInt
    """Test rows; whole groups may make it a few more."""
    validation: PositiveInt
    """Training rows that a template keeps for validation."""
    public_share: float = Field(default=0.3, gt=0, lt=1)
    """Share of the test rows that the public leaderboard is about."""
    id: str | None = None
    """A column that identifies rows; None numbers them."""
    group: str | None = None
    """A column of groups, which is then taken out."""


class TemplateRule(Record):
    """What the template of a competition says of itself; see ``docs/templates.md``."""

    task: str
    editable: tuple[str, ...]
    setup: tuple[str, ...] = ()
    limits: Limits = Limits(wall_seconds=60, cpu_seconds=40, memory_mb=1024, processes=32, file_mb=16, disk_mb=64)


class Competition(Record):
    """The definition of a competition that ships."""

    name: str
    root: Path
    title: str
    kind: str
    metric: str
    answer: Kind
    target: str
    split: SplitRule
    template: TemplateRule
    source: str
    licence: str
    files: tuple[str, ...] = ()
    """Compressed tables that are public as they are."""
    masked: tuple[str, ...] = ()
    """Files of installed packages that hold the answers."""
    expected: tuple[str, ...] = ()
    """Leak probes whose finding belongs to the task, such as ``adversarial`` where the test lies later in time."""
    ordered: tuple[str, ...] = ()
    """Classes in their order; by name where they are not given."""

    @property
    def lower_better(self) -> bool:
        """Which way the metric is better."""
        return METRICS[self.metric].lower_better

    def description(self) -> str:
        """What a participant reads."""
        return (self.root / DESCRIPTION).read_text(encoding="utf-8")


class Entry(Record):
    """A line of a leaderboard."""

    team: str
    score: float
    public_score: float | None = None
    seconds: float | None = None


class Leaderboard(Record):
    """Entries, best first."""

    entries: tuple[Entry, ...] = Field(min_length=1)
    baselines: bool
    """Whether the entries are baselines of ours, and not people."""

    @property
    def scores(self) -> tuple[float, ...]:
        """Scores, best first."""
        return tuple(entry.score for entry in self.entries)

    @property
    def lower_better(self) -> bool:
        """Which way the metric is better, from the first and the last score."""
        return is_lower_better(self.scores)


def shipped() -> dict[str, Path]:
    """Competitions that ship, by name."""
    found = sorted(FOLDER.glob(f"*/{FILE}")) if FOLDER.is_dir() else []
    return {path.parent.name: path.parent for path in found}


def load_competition(name: str) -> Competition:
    """A competition that ships, by name.

    Raises:
        UsageError: there is none of this name, or its definition is wrong.
    """
    known = shipped()
    if name not in known:
        raise UsageError(f"There is no competition {name!r}.", f"Competitions that ship: {', '.join(known)}.")
    return read_competition(known[name])


def read_competition(root: Path) -> Competition:
    """The definition in a folder.

    Raises:
        UsageError: it breaks the contract.
    """
    file = root / FILE
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        found = Competition.model_validate({"name": root.name, "root": root, **raw})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", "Mend the file.") from None
    except ValidationError as error:
        raise UsageError(f"{file}: {first_problem(error)}.", "Mend it.") from None
    if found.metric not in METRICS:
        raise UsageError(f"{file}: there is no metric {found.metric!r}.", f"Take one of {', '.join(METRICS)}.")
    return found


def load_leaderboard(path: Path, *, baselines: bool) -> Leaderboard:
    """A leaderboard in the format of MLE-bench: CSV with a column ``score``, best first.

    Raises:
        UsageError: there is no such file, or no score in a row.
    """
    table = read_table(path)
    if "score" not in table.columns:
        raise UsageError(f"{path} has no column `score`.", f"Its columns are {', '.join(table.columns)}.")
    if not table.rows:
        raise UsageError(f"{path} lists no teams.", "Medals need a leaderboard.")
    team = next((name for name in ("teamName", "team", "name", "teamId") if name in table.columns), None)
    teams = table.column(team) if team else tuple(f"team {i + 1}" for i in range(len(table.rows)))
    extra = {name: table.column(name) for name in ("public_score", "seconds") if name in table.columns}
    entries = []
    for index, score in enumerate(table.column("score")):
        cells = {"score": score} | {name: column[index] for name, column in extra.items() if column[index]}
        try:
            entries.append(Entry.model_validate({"team": teams[index], **cells}, strict=False))
        except ValidationError as error:
            column = str(error.errors()[0]["loc"][0])
            raise UsageError(
                f"{path}, row {index + 2}: the {column} {cells[column]!r} is not a finite number.",
                "Mend the row or take it out.",
            ) from None
    return Leaderboard(entries=tuple(entries), baselines=baselines)

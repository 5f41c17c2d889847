"""Train the baselines of a leaderboard in the sandbox, from the public files alone, and grade them here."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hakken.bench.competitions.definition import COMMON, LEADERBOARD, Entry, Leaderboard
from hakken.bench.competitions.grading import arena_of
from hakken.bench.competitions.preparing import Prepared, write_public
from hakken.bench.competitions.submissions import Answers, InvalidSubmission, parse_submission
from hakken.bench.competitions.tables import Table
from hakken.bench.experiments.reading import Unreadable, read_bytes, read_json
from hakken.bench.experiments.running import check_packages
from hakken.core.errors import HakkenError
from hakken.core.files import write_text
from hakken.core.types import Limits, Mount
from hakken.execution import open_sandbox, package_paths
from hakken.research.experiments.failures import failure_of

LIMITS = Limits(wall_seconds=3600, cpu_seconds=1800, memory_mb=3072, disk_mb=256)
PROGRAM, MODELS = "population.py", "models.py"
LABEL = "baseline: "
"""Before every name on a leaderboard, so that no one is taken for a person."""


class BaselineError(HakkenError):
    """The baselines could not be trained."""


@dataclass(frozen=True)
class Trained:
    """A baseline, its scores and its answers."""

    entry: Entry
    answers: Answers


def train_baselines(
    prepared: Prepared, only: Sequence[str] | None = None, *, allow_weak: bool = False
) -> tuple[Trained, ...]:
    """Train baselines and score them, in the order of the script.

    Raises:
        PrerequisiteError: scikit-learn is not installed.
        BaselineError: the script fails, or leaves a submission that is invalid.
    """
    check_packages(["sklearn"], what="The script of the baselines", mend="pip install 'hakken[competitions]'")
    name = prepared.competition.name
    with tempfile.TemporaryDirectory(prefix="hakken-baselines-", ignore_cleanup_errors=True) as made:
        root = Path(made).resolve()
        work, data = root / "work", root / "public"
        (work / "out").mkdir(parents=True)
        for file in (PROGRAM, MODELS):
            shutil.copyfile(COMMON / file, work / file)
        write_public(prepared, data)
        mounts = [Mount(path=work, writable=True), Mount(path=data)]
        masked = package_paths(prepared.competition.masked)
        words = [sys.executable, PROGRAM, "--competition", name, "--data", str(data), "--out", "out"]
        words += ["--only", *only] if only is not None else []
        with open_sandbox(mounts=mounts, limits=LIMITS, workdir=work, masked=masked, allow_weak=allow_weak) as box:
            result = box.exec(words, stdout=root / "stdout", stderr=root / "stderr")
        if failure := failure_of(result, "The script of the baselines", (work, data)):
            raise BaselineError(f"{failure.message} {failure.detail[-300:]}", f"Mend {PROGRAM}.")
        return _trained(prepared, work)


def _trained(prepared: Prepared, work: Path) -> tuple[Trained, ...]:
    blank = Leaderboard(entries=(Entry(team="none", score=0.0),), baselines=True)
    arena = arena_of(prepared, blank)
    trained = []
    try:
        for line in read_json(work, "out/index.json"):
            given = parse_submission(read_bytes(work, f"out/{line['file']}", 64 << 20), arena.form)
            private, public = arena.scores(given)
            seconds = float(line["seconds"])
            entry = Entry(team=str(line["team"]), score=private, public_score=public, seconds=seconds)
            trained.append(Trained(entry, given))
    except (InvalidSubmission, Unreadable, KeyError) as error:
        raise BaselineError(f"A baseline of {prepared.competition.name} is invalid: {error}.", "Mend it.") from None
    return tuple(trained)


def make_leaderboard(prepared: Prepared, *, allow_weak: bool = False) -> Leaderboard:
    """Train all baselines, and order them by their score on the private rows."""
    lower = prepared.competition.lower_better
    entries = [found.entry for found in train_baselines(prepared, allow_weak=allow_weak)]
    ordered = sorted(entries, key=lambda entry: (entry.score if lower else -entry.score, entry.team))
    return Leaderboard(entries=tuple(ordered), baselines=True)


def write_leaderboard(board: Leaderboard, folder: Path) -> None:
    """Write ``leaderboard.csv``; the teams are named as the baselines that they are."""
    rows = [
        (f"{LABEL}{entry.team}", f"{entry.score}", f"{entry.public_score}", f"{entry.seconds}")
        for entry in board.entries
    ]
    table = Table(("teamName", "score", "public_score", "seconds"), tuple(rows))
    write_text(folder / LEADERBOARD, table.text())

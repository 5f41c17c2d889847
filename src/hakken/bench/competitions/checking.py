"""Prove a competition: what is valid is valid, what knows nothing wins nothing, and nothing tells the answers."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from hakken.bench.competitions.baselines import LABEL, Trained, train_baselines
from hakken.bench.competitions.definition import load_competition
from hakken.bench.competitions.entering import template_files
from hakken.bench.competitions.grading import Arena, arena_of, grade_bytes, load_board
from hakken.bench.competitions.leaks import Probe, probe_arena
from hakken.bench.competitions.medals import is_lower_better, rank
from hakken.bench.competitions.preparing import USAGE, Prepared, prepare
from hakken.bench.competitions.scoring import METRICS, Unscorable, score
from hakken.bench.competitions.spoiling import spoiled
from hakken.core.types import Limits, Mount, Record
from hakken.execution import open_sandbox, package_paths

FEWEST_ENTRIES = 30
SAME = 1e-4
"""Relative difference up to which a score is the recorded one, since other processors round otherwise."""
RESAMPLES = 1000
SURE = 0.95
"""Share of resampled test sets in which the best baseline must be ahead of the median one."""


class Point(Record):
    """One thing that must hold."""

    name: str
    passed: bool
    detail: str = ""


class Proof(Record):
    """What was found out about a competition."""

    competition: str
    points: tuple[Point, ...]
    probes: tuple[Probe, ...]
    seconds: dict[str, float]
    """What preparing, the probes and the baselines took."""

    @property
    def passed(self) -> bool:
        """Whether everything holds."""
        return all(point.passed for point in self.points) and not any(probe.leak for probe in self.probes)


def check(
    name: str, *, quick: bool = False, allow_weak: bool = False, tell: Callable[[str], None] = lambda text: None
) -> Proof:
    """Prove a competition that ships.

    Args:
        name: Of the competition.
        quick: Leave out what trains baselines.
        allow_weak: Accept a sandbox that cannot stop the network.
        tell: Told what is done.
    """
    seconds: dict[str, float] = {}
    competition = load_competition(name)
    prepare.cache_clear()
    start = time.monotonic()
    prepared = prepare(competition.root)
    seconds["prepare"] = round(time.monotonic() - start, 2)
    arena = arena_of(prepared, load_board(competition))
    points = [*_of_submissions(prepared, arena), *_of_leaderboard(prepared, arena), *_of_hiding(prepared, allow_weak)]
    tell(f"{name}: probes")
    start = time.monotonic()
    probes = probe_arena(arena, prepared)
    seconds["probes"] = round(time.monotonic() - start, 2)
    if not quick:
        tell(f"{name}: baselines")
        start = time.monotonic()
        points += _of_baselines(prepared, arena, allow_weak)
        seconds["baselines"] = round(time.monotonic() - start, 2)
    return Proof(competition=name, points=tuple(points), probes=probes, seconds=seconds)


def _of_submissions(prepared: Prepared, arena: Arena) -> Iterator[Point]:
    sample = grade_bytes(prepared.sample.text().encode(), arena, "sample_submission.csv")
    yield Point(name="the sample submission is valid", passed=sample.report.valid_submission, detail=sample.problem)
    worth = (
        f"{sample.report.score:g}, place {sample.place} of {sample.teams}" if sample.report.score is not None else ""
    )
    yield Point(
        name="the sample submission is bad",
        passed=not sample.report.any_medal and not sample.report.above_median,
        detail=worth,
    )
    perfect = grade_bytes(prepared.answers.without([USAGE]).text().encode(), arena, "answers.csv")
    yield Point(
        name="perfect answers get gold", passed=perfect.report.gold_medal, detail=f"score {perfect.report.score}"
    )
    accepted = []
    for label, data in spoiled(prepared):
        graded = grade_bytes(data, arena, label)
        if graded.report.valid_submission or graded.report.any_medal or not graded.problem:
            accepted.append(label)
    yield Point(name="spoiled submissions are invalid", passed=not accepted, detail=", ".join(accepted))


def _of_leaderboard(prepared: Prepared, arena: Arena) -> Iterator[Point]:
    board, lower = arena.board, prepared.competition.lower_better
    ordered = sorted(board.scores, reverse=not lower)
    yield Point(
        name="the leaderboard is in order",
        passed=list(board.scores) == ordered and is_lower_better(board.scores) == lower,
        detail=f"{len(board.entries)} entries, best {board.scores[0]:g}, last {board.scores[-1]:g}",
    )
    unnamed = [entry.team for entry in board.entries if not entry.team.startswith(LABEL)]
    yield Point(
        name="every entry is named as a baseline",
        passed=not unnamed and len(board.entries) >= FEWEST_ENTRIES,
        detail=", ".join(unnamed[:3]),
    )


def _of_hiding(prepared: Prepared, allow_weak: bool) -> Iterator[Point]:
    """Nothing that participants get, and nothing that their programs can reach, holds the answers."""
    files = template_files(prepared)
    asked = set(prepared.test.column(prepared.id))
    validation = {line.split(b",")[0].decode() for line in files["data/test.csv"].splitlines()[1:]}
    yield Point(
        name="no test row is in the template",
        passed=not asked & validation and not asked & set(prepared.train.column(prepared.id)),
    )
    yield Point(
        name="answers are in no public file",
        passed=prepared.competition.target not in prepared.test.columns and USAGE not in prepared.sample.columns,
    )
    reached = _reached(prepared, allow_weak)
    yield Point(name="programs in the sandbox reach no answers", passed=not reached, detail=", ".join(reached[:3]))


_SEARCH = """
import json, os, sys
found = []
for name in json.load(open("places.json")):
    if os.path.exists(name):
        found.append(name)
try:
    import hakken
    found.append("hakken")
except ImportError:
    pass
json.dump(found, open("out/found.json", "w"))
"""


def _reached(prepared: Prepared, allow_weak: bool) -> list[str]:
    """Places with answers that a program can see in the box of a trial."""
    hidden = package_paths(prepared.competition.masked)
    places = [str(prepared.competition.root / "raw.csv.gz"), *map(str, hidden)]
    with tempfile.TemporaryDirectory(prefix="hakken-reach-", ignore_cleanup_errors=True) as made:
        root = Path(made).resolve()
        work = root / "work"
        (work / "out").mkdir(parents=True)
        (work / "places.json").write_text(json.dumps(places))
        (work / "search.py").write_text(_SEARCH)
        limits = Limits(wall_seconds=60, cpu_seconds=20)
        mounts = [Mount(path=work, writable=True)]
        with open_sandbox(mounts=mounts, limits=limits, workdir=work, masked=hidden, allow_weak=allow_weak) as box:
            result = box.exec([sys.executable, "search.py"], stdout=root / "stdout", stderr=root / "stderr")
        file = work / "out" / "found.json"
        return list(json.loads(file.read_text())) if result.ok and file.is_file() else ["the search did not run"]


def _of_baselines(prepared: Prepared, arena: Arena, allow_weak: bool) -> Iterator[Point]:
    """Some baselines are trained again: the best, the one in the middle, and the last."""
    entries = arena.board.entries
    chosen = [entries[0], entries[(len(entries) - 1) // 2], entries[-1]]
    names = [entry.team.removeprefix(LABEL) for entry in chosen]
    trained = {found.entry.team: found for found in train_baselines(prepared, names, allow_weak=allow_weak)}
    worst, missing = 0.0, [name for name in names if name not in trained]
    for name, entry in zip(names, chosen, strict=True):
        if name in trained:
            scale = max(abs(entry.score), 1e-9)
            worst = max(worst, abs(trained[name].entry.score - entry.score) / scale)
    yield Point(
        name="the leaderboard is reproducible",
        passed=not missing and worst <= SAME,
        detail=f"{len(trained)} baselines, largest relative difference {worst:.2g}",
    )
    if not missing:
        ahead = _ahead(arena, trained[names[0]], trained[names[1]])
        yield Point(
            name="there is headroom",
            passed=ahead >= SURE and not rank(entries[len(entries) // 2].score, arena.board.scores).any_medal,
            detail=f"the best baseline is ahead of the median one in {100 * ahead:.0f} % of resampled test sets",
        )


def _ahead(arena: Arena, best: Trained, middle: Trained) -> float:
    """Share of resampled private rows on which one baseline is better than another."""
    ids = [name for name in arena.form.ids if name not in arena.public]
    rng, lower, wins, count = np.random.default_rng(0), METRICS[arena.metric].lower_better, 0, 0
    resamples = RESAMPLES if len(ids) < 1000 else RESAMPLES // 5
    for _ in range(resamples):
        drawn = [ids[place] for place in rng.integers(0, len(ids), len(ids))]
        right = [arena.answers[name] for name in drawn]
        try:
            scores = [score(arena.metric, [b.answers[name] for name in drawn], right) for b in (best, middle)]
        except Unscorable:
            continue
        count += 1
        wins += scores[0] < scores[1] if lower else scores[0] > scores[1]
    return wins / max(count, 1)

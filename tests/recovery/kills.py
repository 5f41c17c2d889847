"""Kill a run as told, run the same command until it ends, and say what is wrong with how it ended."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.recovery.endings import Ending, damage, differences, ending, repeats
from tests.recovery.nursery import Nursery
from tests.recovery.pipeline import RUN


@dataclass
class Outcome:
    """What came of one run that was killed once or several times."""

    kills: int = 0
    twice: int = 0
    """Calls and trials made although the record held them."""
    in_flight: int = 0
    """Calls and trials that a kill cut off, made again."""
    orphans: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0


def killed_and_continued(
    nursery: Nursery, base: Path, kills: Sequence[dict[str, Any]], expected: Ending, *, whole: bool = True
) -> Outcome:
    """Run with each of the kills in turn, then to the end."""
    runs, outcome, diaries = base / "runs", Outcome(), []
    base.mkdir(parents=True)
    for number, kill in enumerate([*kills, {}]):
        diaries.append(base / f"session-{number}.log")
        answer = nursery.drive(runs, diaries[-1], whole=whole, **kill)
        outcome.kills += answer["killed"]
        outcome.orphans += len(answer["orphans"])
        outcome.seconds += answer["seconds"]
        outcome.faults += [f"outlived: {command}" for command in answer["orphans"]]
        if not answer["killed"] and not answer["ok"]:
            said = Path(f"{diaries[-1]}.said").read_text().strip().splitlines()
            outcome.faults.append(f"session {number} failed: {said[-1] if said else 'without a word'}")
            return outcome
        if answer["ok"]:
            break  # it ended before this kill; the same command would begin another run
    names = sorted(path.name for path in runs.iterdir())
    if names != [RUN]:
        outcome.faults.append(f"the run is in several folders: {names}")
        return outcome
    found = repeats(runs / RUN, diaries)
    outcome.twice, outcome.in_flight = len(found.recorded), len(found.in_flight)
    outcome.faults += [f"made twice: {name}" for name in found.recorded]
    outcome.faults += differences(ending(runs / RUN), expected) + damage(runs / RUN)
    return outcome


def left_alone(nursery: Nursery, base: Path, *, whole: bool = True) -> tuple[Ending, int, float]:
    """A run without kills: how it ends, its number of events (those of sessions aside), its seconds."""
    base.mkdir(parents=True)
    answer = nursery.drive(base / "runs", base / "session.log", whole=whole)
    if not answer["ok"] or answer["orphans"]:
        raise AssertionError(f"the run that was left alone failed: {answer} {_said(base / 'session.log')}")
    found = ending(base / "runs" / RUN)
    return found, sum(found.versions.values()), answer["seconds"]


def _said(log: Path) -> str:
    path = Path(f"{log}.said")
    return path.read_text()[-2000:] if path.is_file() else os.strerror(2)

"""A run that is killed and continued ends as one that was left alone: same record, same paper, nothing done twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.recovery.endings import Ending
from tests.recovery.kills import killed_and_continued, left_alone
from tests.recovery.nursery import Nursery, open_nursery

Alone = tuple[Ending, int, float]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with open_nursery() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs lie in folders of paths of one length: the record holds tracebacks, and so their lengths."""
    return tmp_path_factory.mktemp("kills")


@pytest.fixture(scope="module")
def alone(nursery: Nursery, folder: Path) -> Alone:
    return left_alone(nursery, folder / "alone")


def test_experiments_killed_before_inside_and_after_an_event_and_while_a_trial_runs(
    nursery: Nursery, folder: Path
) -> None:
    """A few kills that everybody has time for; the slow tests below kill whole runs at every event."""
    expected, events, _ = left_alone(nursery, folder / "short", whole=False)
    assert events > 40
    kills = [
        {"event": 12, "place": "before"},
        {"event": 20, "place": "inside"},
        {"seconds": 0.1},
        {"event": events - 15, "place": "after"},
    ]
    outcome = killed_and_continued(nursery, folder / "again", kills, expected, whole=False)
    assert outcome.faults == []
    assert (outcome.kills, outcome.twice, outcome.orphans) == (4, 0, 0)


@pytest.mark.slow
def test_a_run_left_alone_has_everything(alone: Alone) -> None:
    ending, events, _ = alone
    assert events > 90
    assert {"paper/paper.md", "paper/paper.pdf", "paper/audit.json", "paper/review.json"} <= ending.paper.keys()
    assert sum(name.startswith("trial/") for name in ending.record) > 15
    assert sum(name.startswith("call/") for name in ending.record) > 20


@pytest.mark.slow
def test_killed_in_the_search_the_resume_and_the_paper(nursery: Nursery, alone: Alone, folder: Path) -> None:
    kills = [
        {"event": 1, "place": "inside"},
        {"event": 23, "place": "before"},
        {"seconds": 0.2},
        {"event": 50, "place": "inside"},
        {"event": 80, "place": "after"},
    ]
    outcome = killed_and_continued(nursery, folder / "small", kills, alone[0])
    assert outcome.faults == []
    assert (outcome.kills, outcome.twice, outcome.orphans) == (5, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["before", "inside", "after"])
def test_killed_at_every_event(nursery: Nursery, alone: Alone, folder: Path, place: str) -> None:
    ending, events, _ = alone
    for first in range(1, 5):
        life = [{"event": number, "place": place} for number in range(first, events + 1, 4)]
        outcome = killed_and_continued(nursery, folder / f"{first}{place[:4]}", life, ending)
        assert outcome.faults == []
        assert (outcome.kills, outcome.twice) == (len(life), 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_moments(nursery: Nursery, alone: Alone, folder: Path, seed: int) -> None:
    rng = Random(seed)
    kills = [{"seconds": rng.uniform(0, 2)} for _ in range(5)]
    outcome = killed_and_continued(nursery, folder / f"rand{seed}", kills, alone[0])
    assert outcome.faults == []
    assert (outcome.twice, outcome.orphans) == (0, 0)

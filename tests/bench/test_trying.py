"""Which attack meets which task, and that a forecast knows of all of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hakken.bench.attacks import attacks
from hakken.bench.checking import folders as checking_folders
from hakken.bench.checking import sources as checking_sources
from hakken.bench.checking.trying import aims_at, pairs_of, targets_of
from hakken.bench.pace import Forecast, Watched
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.types import Source

NAMES = [attack.name for attack in attacks()]
PAIRS = [attack.name for attack in attacks() if attack.least == 2]


def test_in_a_quick_check_each_attack_meets_one_repository_and_sizes_take_turns() -> None:
    rounds = [aims_at(place, 3, quick=True) for place in range(3)]
    assert sorted(aim.attack.name for aims in rounds for aim in aims) == sorted(NAMES)
    for aims in rounds:
        free = [aim.size for aim in aims if aim.attack.name not in PAIRS]
        assert free == [1 + turn % 2 for turn in range(len(free))]
        assert all(aim.size == 2 for aim in aims if aim.attack.name in PAIRS)
    (alone,) = aims_at(0, 1, quick=True, attacking=("exit_zero",))
    assert alone in aims_at(0, 1, quick=True)


def test_attacks_meet_tasks_of_two_sizes(tasks: dict[str, TaskFolder]) -> None:
    targets = targets_of(list(tasks.values()))
    assert [task.task.n for task in targets] == [1, 2]
    meetings = pairs_of(aims_at(0, 1, quick=False), targets)
    assert [t.task.n for a, t in meetings if a.name == "exit_zero"] == [1, 2]
    assert [t.task.n for a, t in meetings if a.name == "half_solved"] == [2]
    assert len(meetings) == 2 * len(NAMES) - len(PAIRS)
    quick = pairs_of(aims_at(0, 1, quick=True), targets)
    assert [a.name for a, _ in quick] == NAMES
    assert {t.task.n for a, t in quick if a.name not in PAIRS} == {1, 2}
    assert [t.task.n for t in targets_of(list(tasks.values()), every=True)] == [1] * 5 + [2] * 2


def test_where_one_size_is_missing_the_other_is_met(tasks: dict[str, TaskFolder]) -> None:
    assert targets_of([tasks["tiny-n0-all"]]) == []
    single = targets_of([tasks["tiny-n0-all"], tasks["tiny-n1-1"]])
    met = [a.name for a, _ in pairs_of(aims_at(0, 1, quick=True), single)]
    assert met == [name for name in NAMES if name not in PAIRS]
    double = targets_of([tasks["tiny-n2-0-1"]])
    assert [a.name for a, _ in pairs_of(aims_at(0, 1, quick=True), double)] == NAMES


def test_a_forecast_counts_the_attacks_that_are_tried(tiny: Source, tasks: dict[str, TaskFolder]) -> None:
    one, all_ = (aims_at(0, 1, quick=True, attacking=names) for names in (("zeros",), ()))
    for every in (False, True):
        few, many = (checking_sources.calls_of(tiny, aims, quick=True, every=every) for aims in (one, all_))
        assert many - few >= len(NAMES) - 1
    given = list(tasks.values())
    few, many = (checking_folders.calls_of(given, aims, quick=True, every=False) for aims in (one, all_))
    assert many - few >= 2 * (len(NAMES) - 1)
    assert checking_folders.calls_of(given, all_, quick=False, every=False) > many


def test_a_forecast_goes_by_a_guess_until_something_was_done() -> None:
    with ThreadPoolExecutor(2) as executor:
        watched = Watched(executor)
        forecast = Forecast(watched, 60.0)
        assert (watched.done, forecast.left(3.0)) == (0, "about 3 min in all")
        assert [f.result() for f in [watched.submit(pow, 2, n) for n in range(3)]] == [1, 2, 4]
    assert watched.done == 3
    assert watched.seconds_each > 0.0
    assert forecast.left(3.0).endswith(" left")

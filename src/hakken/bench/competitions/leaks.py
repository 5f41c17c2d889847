"""Does anything but the task itself tell the answers? Probes of a prepared competition.

A probe that is not passed is a leak, unless the definition expects it as part of the task: in a series, the test lies
later in time, so training and test rows can be told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import stats

from hakken.bench.competitions.grading import Arena
from hakken.bench.competitions.medals import rank, thresholds
from hakken.bench.competitions.submissions import Answers
from hakken.bench.competitions.views import View, closest, constants, from_one, view
from hakken.core.types import Record
from hakken.research.experiments.probes import MOST_SHARED

Array = Any
SHUFFLES = 2000
CHANCE = 0.001
"""A connection with the order of rows is believed below this chance."""
MOST_APART = 0.6
"""Area under the curve of telling training and test rows apart, from which on they differ."""
NEAR = 1e-3
"""A row is nearly another one where it is this much closer than rows mostly are."""
SHINGLE, ALIKE = 3, 0.8
"""Words of a piece of text, and the share of pieces from which on two texts are nearly the same."""
TEXT = 60
"""Letters from which on a cell is a text and not a name."""
LOOKED_AT = 24
"""Features that are tried alone: those with the closest connection to the target."""


class Probe(Record):
    """What one probe found."""

    name: str
    value: float | None
    """None where there is nothing to look at."""
    limit: float
    passed: bool
    expected: bool = False
    """Not passed, and part of the task."""
    finding: str
    """What is wrong; empty where nothing is."""

    @property
    def leak(self) -> bool:
        """Whether something is wrong."""
        return not self.passed and not self.expected


def probe(arena: Arena, seen: View) -> tuple[Probe, ...]:
    """Run every probe."""
    expected = seen.prepared.competition.expected
    found = (
        _ids(seen),
        _order(seen),
        _duplicates(seen),
        _near_duplicates(seen),
        _adversarial(seen),
        _single_feature(arena, seen),
        _constant(arena, seen),
    )
    return tuple(p.model_copy(update={"finding": ""} if p.passed else {"expected": p.name in expected}) for p in found)


def probe_arena(arena: Arena, prepared: Any) -> tuple[Probe, ...]:
    """Run every probe on a prepared competition."""
    return probe(arena, view(prepared))


# --- the order and the names of rows ---


def _ids(seen: View) -> Probe:
    """Does the training row with the nearest id have the same target?"""
    prepared = seen.prepared
    ids, asked = prepared.train.column(prepared.id), prepared.test.column(prepared.id)
    places = _places(ids + asked)
    known, wanted = places[: len(ids)], places[len(ids) :]
    order = np.argsort(known)
    above = np.clip(np.searchsorted(known[order], wanted), 1, len(known) - 1)
    lower, upper = known[order][above - 1], known[order][above]
    near = np.where(wanted - lower <= upper - wanted, above - 1, above)
    guesses = [seen.targets[order[i]] for i in near]
    chance = _chance(seen, guesses)
    return Probe(
        name="id",
        value=chance,
        limit=CHANCE,
        passed=chance >= CHANCE,
        finding="The training row with the nearest id tells the target of a test row.",
    )


def _order(seen: View) -> Probe:
    """Do test rows that stand one after the other have the same target?"""
    chance = _chance(seen, [seen.truth[-1], *seen.truth[:-1]])
    return Probe(
        name="order",
        value=chance,
        limit=CHANCE,
        passed=chance >= CHANCE,
        finding="Test rows that stand side by side have like targets.",
    )


def _chance(seen: View, guesses: Sequence[str]) -> float:
    """How often shuffled guesses agree with the truth as well as these do."""
    rng = np.random.default_rng(0)
    if seen.numeric:
        given, truth = _ranks(np.array(guesses, dtype=float)), _ranks(np.array(seen.truth, dtype=float))
        agree: Callable[[Array], float] = lambda order: float(given[order] @ truth)  # noqa: E731
    else:
        names = {name: i for i, name in enumerate(sorted({*guesses, *seen.truth}))}
        said, right = (np.array([names[cell] for cell in cells]) for cells in (guesses, seen.truth))
        agree = lambda order: float((said[order] == right).sum())  # noqa: E731
    size = len(seen.truth)
    actual = agree(np.arange(size))
    better = sum(agree(rng.permutation(size)) >= actual for _ in range(SHUFFLES))
    return (1 + better) / (1 + SHUFFLES)


def _ranks(values: Array) -> Array:
    """Ranks around zero; ties share one, since their places would follow the order that is asked about."""
    return stats.rankdata(values) - (len(values) + 1) / 2


def _places(names: Sequence[str]) -> Array:
    """Ids as numbers: as they read, or by the alphabet."""
    try:
        return np.array([float(name) for name in names])
    except ValueError:
        order = {name: place for place, name in enumerate(sorted(set(names)))}
        return np.array([float(order[name]) for name in names])


# --- rows that are in both ---


def _duplicates(seen: View) -> Probe:
    share = 0.0
    if seen.names:
        prepared = seen.prepared
        known = set(prepared.train.without([prepared.id, prepared.competition.target]).rows)
        asked = prepared.test.without([prepared.id]).rows
        share = sum(row in known for row in asked) / len(asked)
    return Probe(
        name="duplicates",
        value=share,
        limit=MOST_SHARED,
        passed=share <= MOST_SHARED,
        finding="Test rows stand among the training rows.",
    )


def _near_duplicates(seen: View) -> Probe:
    texts = next((c for c in seen.prepared.test.columns if f"length of {c}" in seen.names and _long(seen, c)), None)
    share = _alike_texts(seen, texts) if texts else _close_rows(seen)
    return Probe(
        name="near_duplicates",
        value=share,
        limit=MOST_SHARED,
        passed=share <= MOST_SHARED,
        finding="Test rows are nearly the same as training rows.",
    )


def _long(seen: View, column: str) -> bool:
    cells = seen.prepared.test.column(column)
    return sum(map(len, cells)) / len(cells) > TEXT


def _close_rows(seen: View) -> float:
    """Share of test rows that lie far closer to a training row than training rows lie to each other."""
    if any(name.startswith("place of ") for name in seen.names) or not seen.names:
        return 0.0  # names have no distance
    centre, width = seen.train.mean(axis=0), seen.train.std(axis=0)
    kept = width > 0
    train, test = ((rows[:, kept] - centre[kept]) / width[kept] for rows in (seen.train, seen.test))
    own = _nearest(train, train, skip_self=True)
    typical = float(np.median(own[own > 0])) if (own > 0).any() else 0.0
    exact = {row.tobytes() for row in train}
    return float(
        np.mean(
            [
                0 < distance < NEAR * typical and row.tobytes() not in exact
                for row, distance in zip(test, _nearest(test, train), strict=True)
            ]
        )
    )


def _nearest(rows: Array, others: Array, *, skip_self: bool = False) -> Array:
    """Distance of each row to the nearest of the others."""
    found = np.empty(len(rows))
    squares = (others**2).sum(axis=1)
    for start in range(0, len(rows), 256):
        part = rows[start : start + 256]
        distances = (part**2).sum(axis=1)[:, None] + squares[None, :] - 2 * part @ others.T
        if skip_self:
            distances[np.arange(len(part)), start + np.arange(len(part))] = np.inf
        found[start : start + 256] = np.sqrt(np.maximum(distances.min(axis=1), 0))
    return found


def _alike_texts(seen: View, column: str) -> float:
    """Share of test texts that have most of their pieces in common with one training text."""
    holders: dict[str, list[int]] = {}
    known = [_pieces(text) for text in seen.prepared.train.column(column)]
    for index, pieces in enumerate(known):
        for piece in pieces:
            holders.setdefault(piece, []).append(index)
    alike = 0
    asked = seen.prepared.test.column(column)
    for text in asked:
        pieces, shared = _pieces(text), dict[int, int]()
        for piece in pieces:
            for index in holders.get(piece, ()):
                shared[index] = shared.get(index, 0) + 1
        alike += any(count / (len(pieces) + len(known[i]) - count) >= ALIKE for i, count in shared.items())
    return alike / len(asked)


def _pieces(text: str) -> set[str]:
    words = text.split()
    return {" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))}


# --- what tells train from test, and what tells the target ---


def _adversarial(seen: View) -> Probe:
    """Area under the curve of telling training from test rows: by the best single feature, and by all together."""
    rows = np.concatenate([seen.train, seen.test])
    is_test = np.concatenate([np.zeros(len(seen.train)), np.ones(len(seen.test))])
    best, how = 0.5, "nothing"
    if seen.prepared.competition.split.how == "last":
        best, how = 1.0, "time"
    elif len(seen.names):
        best, how = _linear(rows, is_test), "all features"
        for place, name in enumerate(seen.names):
            area = _area(rows[:, place], is_test)
            if area > best:
                best, how = area, name
    return Probe(
        name="adversarial",
        value=round(best, 4),
        limit=MOST_APART,
        passed=best <= MOST_APART,
        finding=f"Training and test rows can be told apart, by {how}.",
    )


def _area(values: Array, labels: Array) -> float:
    """Area under the curve, whichever way it is turned."""
    ones = labels > 0.5
    count, others = int(ones.sum()), int((~ones).sum())
    area = (stats.rankdata(values)[ones].sum() - count * (count + 1) / 2) / (count * others)
    return float(max(area, 1 - area))


def _linear(rows: Array, labels: Array) -> float:
    """Ridge regression of the labels, each half judged by the other one."""
    width = rows.std(axis=0)
    kept = width > 0
    inputs = (rows[:, kept] - rows[:, kept].mean(axis=0)) / width[kept]
    half = np.random.default_rng(0).permutation(len(rows)) % 2 == 0
    guesses = np.empty(len(rows))
    for learn in (half, ~half):
        known, centre = inputs[learn], labels[learn].mean()
        gram = known.T @ known + 0.1 * len(known) * np.eye(known.shape[1])
        guesses[~learn] = inputs[~learn] @ np.linalg.solve(gram, known.T @ (labels[learn] - centre)) + centre
    return _area(guesses, labels)


def _single_feature(arena: Arena, seen: View) -> Probe:
    """Does one feature alone reach the best baselines?"""
    limit, lower = thresholds(arena.board.scores).gold, arena.board.lower_better
    best, how = None, ""
    for place in closest(seen, LOOKED_AT):
        name = seen.names[place]
        value = _private(arena, from_one(seen, seen.train[:, place], seen.test[:, place]))
        if best is None or (value < best if lower else value > best):
            best, how = value, name
    reached = best is not None and (best <= limit if lower else best >= limit)
    return Probe(
        name="single_feature",
        value=best,
        limit=limit,
        passed=not reached,
        finding=f"{how} alone reaches the gold threshold.",
    )


def _constant(arena: Arena, seen: View) -> Probe:
    """Does the best constant get a medal?"""
    limits, lower = thresholds(arena.board.scores), arena.board.lower_better
    values = {name: _private(arena, given) for name, given in constants(seen)}
    name = min(values, key=lambda key: values[key] if lower else -values[key])
    medal = rank(values[name], arena.board.scores).any_medal
    return Probe(
        name="constant",
        value=values[name],
        limit=limits.bronze,
        passed=not medal,
        finding=f"The same answer for every row ({name}) gets a medal.",
    )


def _private(arena: Arena, given: Answers) -> float:
    return arena.scores(given)[0]

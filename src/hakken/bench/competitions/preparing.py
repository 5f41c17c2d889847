"""From raw data to training rows, test rows, a sample submission and answers: always the same ones.

Rows are shuffled by hashes and numbered afterwards, so neither their order nor their number tells anything. Answers
are computed when something is graded; they are written to a disk only where that is asked for.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hakken.bench.competitions.definition import DESCRIPTION, Competition, read_competition
from hakken.bench.competitions.submissions import Form
from hakken.bench.competitions.tables import Table, hash_order, read_table
from hakken.core.errors import UsageError
from hakken.core.files import write_text

USAGE, PUBLIC, PRIVATE = "Usage", "Public", "Private"
ID = "id"


@dataclass(frozen=True)
class Prepared:
    """A competition, ready for participants and for the grader."""

    competition: Competition
    train: Table
    test: Table
    sample: Table
    answers: Table
    """Like the sample, with the right values, and the column ``Usage``."""
    groups: tuple[str, ...]
    """The group of each training row; empty where there are none."""
    files: dict[str, bytes]
    """More public files."""

    @property
    def form(self) -> Form:
        """What a valid submission looks like."""
        return form_of(self.competition, self.test.column(self.id), self.sample.columns[1:])

    @property
    def id(self) -> str:
        """The column that identifies rows."""
        return self.competition.split.id or ID


@lru_cache(maxsize=4)
def prepare(root: Path) -> Prepared:
    """Make the rows of a competition that ships, by its folder."""
    competition = read_competition(root)
    rule, raw = competition.split, read_table(root / "raw.csv.gz")
    if rule.id is None:
        # By place and not by content, or equal rows would stand side by side.
        order = hash_order(range(len(raw.rows)), f"{competition.name}/number")
        raw = Table((ID, *raw.columns), tuple((str(n), *raw.rows[place]) for n, place in enumerate(order)))
    groups = raw.column(rule.group) if rule.group else ()
    chosen = held_out(competition, range(len(raw.rows)), groups, rule.test, "test")
    rest = [index for index in range(len(raw.rows)) if index not in chosen]
    shown = raw.without([rule.group] if rule.group else [])
    features = shown.only([rule.id or ID, *(c for c in shown.columns if c not in (rule.id or ID, competition.target))])
    values = raw.column(competition.target)
    train = Table(
        (*features.columns, competition.target), tuple((*features.rows[index], values[index]) for index in rest)
    )
    picked = sorted(chosen)
    test = features.take(picked)
    ids = test.column(rule.id or ID)
    answers = encoded(competition, ids, [values[index] for index in picked], class_names(competition, values))
    public = set(hash_order(ids, f"{competition.name}/public")[: round(rule.public_share * len(ids))])
    usage = [PUBLIC if index in public else PRIVATE for index in range(len(ids))]
    rows = tuple((*row, use) for row, use in zip(answers.rows, usage, strict=True))
    return Prepared(
        competition,
        train,
        test,
        _sample(competition, answers),
        Table((*answers.columns, USAGE), rows),
        tuple(groups[index] for index in rest) if groups else (),
        {name.removesuffix(".gz"): gzip.decompress((root / name).read_bytes()) for name in competition.files},
    )


def held_out(
    competition: Competition, rows: Sequence[int], groups: Sequence[str], count: int, purpose: str
) -> set[int]:
    """Places of the rows that are taken out, by the rule of the competition."""
    how, seed = competition.split.how, f"{competition.name}/{purpose}"
    if how == "last":
        return set(rows[-count:])
    if how == "random":
        return {rows[place] for place in hash_order(rows, seed)[:count]}
    names = sorted(set(groups))
    members: dict[str, list[int]] = {}
    for index, name in zip(rows, groups, strict=True):
        members.setdefault(name, []).append(index)
    taken: set[int] = set()
    for place in hash_order(names, seed):
        if len(taken) >= count:
            break
        taken.update(members[names[place]])
    return taken


def class_names(competition: Competition, targets: Sequence[str]) -> tuple[str, ...]:
    """Labels in their order."""
    return competition.ordered or tuple(sorted(set(targets)))


def encoded(competition: Competition, ids: Sequence[str], targets: Sequence[str], classes: Sequence[str]) -> Table:
    """Right answers in the form of a submission."""
    id_column = competition.split.id or ID
    if competition.answer == "distribution":
        cells = [tuple("1" if value == name else "0" for name in classes) for value in targets]
        columns: tuple[str, ...] = tuple(classes)
    else:
        cells, columns = [(value,) for value in targets], (competition.target,)
    return Table((id_column, *columns), tuple((name, *row) for name, row in zip(ids, cells, strict=True)))


def form_of(competition: Competition, ids: Sequence[str], columns: Sequence[str]) -> Form:
    """What a submission about these rows looks like."""
    classes: tuple[str, ...] = ()
    if competition.answer == "label":
        classes = class_names(competition, read_table(competition.root / "raw.csv.gz").column(competition.target))
    return Form(competition.split.id or ID, tuple(columns), tuple(ids), competition.answer, classes)


def _sample(competition: Competition, answers: Table) -> Table:
    """A valid submission that knows nothing: equal probabilities, the first label, or zero."""
    width = len(answers.columns) - 1
    first = class_names(competition, answers.column(answers.columns[1]))[0] if competition.answer == "label" else ""
    blank = {
        "label": first,
        "number": "0",
        "positive": "0",
        "rank": "0.5",
        "probability": "0.5",
        "distribution": f"{1 / width:.10g}",
    }[competition.answer]
    return Table(answers.columns, tuple((row[0], *[blank] * width) for row in answers.rows))


def write_public(prepared: Prepared, folder: Path) -> tuple[str, ...]:
    """Write what participants get; returns the names of the files."""
    files = {
        "train.csv": prepared.train.text().encode(),
        "test.csv": prepared.test.text().encode(),
        "sample_submission.csv": prepared.sample.text().encode(),
        DESCRIPTION: prepared.competition.description().encode(),
        **prepared.files,
    }
    _refuse_others(folder, files)
    for name, data in files.items():
        write_text(folder / name, data.decode())
    return tuple(files)


def write_private(prepared: Prepared, folder: Path) -> None:
    """Write the answers into a folder that only its owner may enter."""
    _refuse_others(folder, {"answers.csv": b""})
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    write_text(folder / "answers.csv", prepared.answers.text())


def _refuse_others(folder: Path, files: dict[str, bytes]) -> None:
    """A folder that holds something else is somebody's."""
    if folder.is_dir() and (other := next((p for p in folder.iterdir() if p.name not in files), None)):
        raise UsageError(f"{folder} holds {other.name}, which is not of this competition.", "Name another folder.")

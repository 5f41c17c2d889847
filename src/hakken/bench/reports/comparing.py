"""Two reports side by side: what differs beyond chance on the tasks that they share, and where their tasks differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from hakken.bench.reports.measures import RATES, USES, label
from hakken.bench.reports.pairing import corrected, difference
from hakken.bench.reports.records import Report, TaskRow
from hakken.bench.reports.wording import Difference, sentence
from hakken.bench.types import Soundness
from hakken.core.errors import UsageError, first_problem
from hakken.core.types import Record

FILE = "report.json"
_COMMON = ("budget", "steps", "window", "model", "sandbox", "code")
"""Settings that agents of different names should share."""


class Finding(Difference):
    """A difference with its sentence."""

    verdict: bool
    """Whether it differs beyond chance."""
    sentence: str


class ReportComparison(Record):
    """What two reports say about each other."""

    one: str
    other: str
    shared: int
    """Tasks that both have, unchanged."""
    only_one: tuple[str, ...]
    only_other: tuple[str, ...]
    changed: tuple[str, ...]
    """Tasks of the same name whose question or expected values differ."""
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def read_report(path: Path) -> Report:
    """A report, by its file or by the folder that it was written to.

    Raises:
        UsageError: there is none, or it is of another version.
    """
    file = path / FILE if path.is_dir() else path
    try:
        return Report.model_validate_json(file.read_bytes())
    except OSError:
        raise UsageError(f"There is no report at {path}.", "Make one: `hakken bench report ATTEMPTS`.") from None
    except ValidationError as error:
        raise UsageError(
            f"{file} is no report of this version: {first_problem(error)}.",
            "Make it again: `hakken bench report ATTEMPTS`.",
        ) from None


def compare_reports(one: Report, other: Report, names: tuple[str, str] = ("A", "B")) -> ReportComparison:
    """Compare agents of the same name; where no name is shared, every agent of one with every agent of the other.

    Raises:
        UsageError: they share no task.
    """
    left, right = {row.key for row in one.rows}, {row.key for row in other.rows}
    if not left & right:
        raise UsageError(
            "The two reports share no task, so nothing can be compared.", "Run both agents on the same task folders."
        )
    ids = {task for task, _ in left}, {task for task, _ in right}
    changed = tuple(sorted(t for t in ids[0] & ids[1] if not {k for k in left & right if k[0] == t}))
    notes = []
    if left != right:
        notes.append(f"The tasks differ: only the {len(left & right)} that both reports have are compared.")
    if changed:
        notes.append(
            f"{len(changed)} tasks of the same name ask something else or expect other values, and are left out."
        )
    one, other, worth = _sound(one, other)
    notes += worth
    pairs = _agents(one, other)
    notes += [note for a, b in pairs if (note := _set_otherwise(one, other, a, b, names))]
    notes += [f"{' and '.join(_titles(a, b, names))} share no task." for a, b in pairs if not _shared(one, other, a, b)]
    notes += _unmatched(one, other, pairs, names)
    for name, report in zip(names, (one, other), strict=True):
        if lost := sum(group.attempts for group in report.unmeasured):
            notes.append(f"{lost} attempts of {name} were not measured, for infrastructure, and are not compared.")
    found = corrected([d for a, b in pairs for d in _differences(one, other, a, b, names)])
    quiet = [label(m) for m in ("passed", *RATES, *USES) if m not in {d.measure for d in found}]
    if quiet and found:
        notes.append(f"Equal on every shared task: {', '.join(quiet)}.")
    return ReportComparison(
        one=names[0],
        other=names[1],
        shared=len(left & right),
        only_one=tuple(sorted(ids[0] - ids[1])),
        only_other=tuple(sorted(ids[1] - ids[0])),
        changed=changed,
        findings=tuple(Finding(**d.model_dump(), verdict=d.differs, sentence=sentence(d)) for d in found),
        notes=tuple(notes),
    )


def _sound(one: Report, other: Report) -> tuple[Report, Report, list[str]]:
    """The reports with the shared tasks that are sound, and what is left out; with all where none is."""
    theirs = {row.key for row in other.rows}
    shared = {row.key: row.soundness for row in one.rows if row.key in theirs}
    sound = {key for key, kind in shared.items() if kind is Soundness.SOUND}
    left = len(shared) - len(sound)
    if not left:
        return one, other, []
    kinds = " or ".join(sorted({kind.value for kind in shared.values()} - {Soundness.SOUND.value}))
    if not sound:
        return one, other, [f"All shared tasks are {kinds}: a difference may be one of what is known, not of work."]
    narrowed = [r.model_copy(update={"rows": tuple(w for w in r.rows if w.key in sound)}) for r in (one, other)]
    return narrowed[0], narrowed[1], [f"{left} shared tasks are {kinds}, and are not compared."]


def _agents(one: Report, other: Report) -> list[tuple[str, str]]:
    both = [agent for agent in one.agents if agent in other.agents]
    return [(a, a) for a in both] or [(a, b) for a in one.agents for b in other.agents]


def _set_otherwise(one: Report, other: Report, a: str, b: str, names: tuple[str, str]) -> str:
    """What else differs between two sides than the reports; empty where nothing does that is known."""
    left, right = one.settings.get(a, {}), other.settings.get(b, {})
    # Agents of two names are meant to differ, but not in this, where both say it.
    keys = sorted(left | right) if a == b else [key for key in _COMMON if key in left and key in right]
    sides = _titles(a, b, names)
    changed = [
        f"{key} ({left.get(key, 'not said')} against {right.get(key, 'not said')})"
        for key in keys
        if left.get(key) != right.get(key)
    ]
    if not changed:
        return ""
    return f"{sides[0]} and {sides[1]} were not set alike: {', '.join(changed)}. What differs may come from that."


def _unmatched(one: Report, other: Report, pairs: Sequence[tuple[str, str]], names: tuple[str, str]) -> list[str]:
    """Agents of one report alone, where agents are matched by name."""
    found = []
    for name, report, side in ((names[0], one, 0), (names[1], other, 1)):
        matched = {pair[side] for pair in pairs}
        if alone := [agent for agent in report.agents if agent not in matched]:
            found.append(f"Only in {name}, and not compared: {', '.join(alone)}.")
    return found


def _titles(a: str, b: str, names: tuple[str, str]) -> tuple[str, str]:
    """How the two sides are called."""
    return (f"{a} in {names[0]}", f"{b} in {names[1]}") if a == b else (a, b)


def _differences(one: Report, other: Report, a: str, b: str, names: tuple[str, str]) -> Iterable[Difference]:
    """Every measure in which the two are not equal on every task: what never varied needs no test."""
    left, right = _rows(one, a), _rows(other, b)
    titles = _titles(a, b, names)
    for measure in ("passed", *RATES, *USES):
        d = difference(measure, *titles, left, right)
        if d is not None and (measure == "passed" or _varies(measure, left, right)):
            yield d


def _shared(one: Report, other: Report, a: str, b: str) -> bool:
    """Whether two agents have a task in common: reports may, and their agents not."""
    return bool({row.key for row in _rows(one, a)} & {row.key for row in _rows(other, b)})


def _varies(measure: str, left: Sequence[TaskRow], right: Sequence[TaskRow]) -> bool:
    theirs = {row.key: row for row in right}
    return any(row.mean(measure) != theirs[row.key].mean(measure) for row in left if row.key in theirs)


def _rows(report: Report, agent: str) -> list[TaskRow]:
    return [row for row in report.rows if row.agent == agent]

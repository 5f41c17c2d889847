"""Runs of a record that the paper tells nowhere, and a single one of many that is told because it is the best."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind
from hakken.research.papers.audit.language.numbers import Number, find_numbers
from hakken.research.papers.audit.language.scope import Names
from hakken.research.papers.audit.records.effects import Effects
from hakken.research.papers.audit.records.evidence import Evidence

_CHOSEN = re.compile(
    r"\b(?:best|selected|chosen|picked|tuned|optimal|top)\b[^.;]{0,60}\b(?:of|from|among|across|over|out of)\b"
    r"[^.;]{0,60}\b(?:runs?|configurations?|variants?|settings?|experiments?|seeds?|trials?|candidates?|values)\b"
    r"|\b(?:grid|random|hyper-?parameter) search\b|\bsweep\b|\bwe (?:also )?tried\b|\bmultiple runs with different\b"
    r"|\b(?:other|earlier|remaining) (?:runs|configurations|variants) (?:are|were|did)\b",
    re.I,
)
_DIGITS = 3
"""Digits that a printed number needs to tell a run."""
_SIGNS = 3
"""So many numbers of one run, and of no other, tell it."""


def check_untold(document: Document, evidence: Evidence, names: Names, effects: Effects) -> Iterator[Finding]:
    """One finding for all runs that are left out."""
    if len(effects.treated) < 2:
        return
    told = _named(document, names)
    told |= _rows(document, evidence, names)
    if 2 * len(told & set(effects.treated)) < len(effects.treated):
        told |= _printed(document, evidence)
    untold = [v for v in effects.treated if v not in told]
    if not untold or len(untold) == len(effects.treated):
        return
    titles = "; ".join(evidence.variants[v].title for v in untold[:5])
    shown = [v for v in effects.treated if v in told]
    best = _best_on(shown, effects) if len(shown) == 1 and len(untold) > 1 else ""
    if best and not _CHOSEN.search(document.text):
        title = evidence.variants[shown[0]].title
        yield _make("cherry_picked", Severity.ERROR, f"tells of {title} alone",
                    f"it is the best of {len(effects.treated)} runs on {best}; the others: {titles}")  # fmt: skip
    else:
        yield _make("untold_runs", Severity.WARNING, f"{len(untold)} runs of the record are told nowhere", titles)


def _named(document: Document, names: Names) -> set[str]:
    found = set()
    for unit in document.units:
        if unit.kind not in (UnitKind.CODE, UnitKind.EQUATION):
            found |= {m.ids[0] for m in names.find(unit.text) if m.kind == "variant" and len(m.ids) == 1}
            listed = [m for m in names.find(unit.text) if m.kind == "variant" and len(m.ids) > 1]
            found |= {i for m in listed if re.search(r"\d", unit.text[m.start : m.end]) for i in m.ids}
    return found


def _printed(document: Document, evidence: Evidence) -> set[str]:
    """Runs of which several numbers are printed that no other run has."""
    units = [u for u in document.units if u.kind not in (UnitKind.CODE, UnitKind.EQUATION)]
    return {v for v, count in _owned(units, evidence).items() if count >= _SIGNS}


def _rows(document: Document, evidence: Evidence, names: Names) -> set[str]:
    """Runs that a row of a table is made of, where its label names none."""
    rows: dict[tuple[int, int], list[Unit]] = {}
    for unit in document.units:
        if unit.kind is UnitKind.CELL and unit.table is not None and not _names_run(unit, names):
            rows.setdefault((unit.table, unit.line), []).append(unit)
    return {
        v for cells in rows.values() for v, n in _owned(cells, evidence).items() if n >= _SIGNS and 2 * n > len(cells)
    }


def _names_run(unit: Unit, names: Names) -> bool:
    return any(m.kind == "variant" for text in (unit.column, *(t for _, t in unit.row)) for m in names.find(text))


def _owned(units: Iterable[Unit], evidence: Evidence) -> Counter[str]:
    """How many printed numbers are those of one run and of no other."""
    means = [
        (variant, mean)
        for variant, split, key in evidence.values
        if (mean := evidence.mean(variant, split, key)) is not None
    ]
    seen: Counter[str] = Counter()
    for unit in units:
        for number in find_numbers(unit.text):
            if len(re.sub(r"\D", "", number.text).lstrip("0")) < _DIGITS:
                continue
            owners = {v for v, mean in means if _prints(number, mean)}
            if len(owners) == 1:
                seen[owners.pop()] += 1
    return seen


def _prints(number: Number, mean: float) -> bool:
    """Whether a number is a mean, or the percentage of one."""
    return any(abs(value - number.value) <= number.step / 2 + 1e-9 for value in (mean, 100 * mean))


def _best_on(shown: list[str], effects: Effects) -> str:
    """A result on which the one run that is told is the best of all."""
    for name in dict.fromkeys(effects.name(k) for k in sorted(effects.results)):
        keys = [k for k in effects.results if effects.name(k) == name]
        scores = {v: sum(e.relative for e in effects.every([v], keys)) for v in effects.treated}
        if scores and max(scores, key=lambda v: scores[v]) == shown[0] and scores[shown[0]] > 0:
            return name
    return ""


def _make(kind: str, severity: Severity, says: str, record: str) -> Finding:
    return Finding(
        kind=kind,
        severity=severity,
        place="Whole paper",
        sentence="",
        says=says,
        record=record,
        how="names and numbers of every run, searched in the whole paper",
    )

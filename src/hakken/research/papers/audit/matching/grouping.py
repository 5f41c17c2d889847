"""Findings about numbers: one for each number, but one for a whole row or table that goes wrong in one way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.matching.verdicts import Match, Verdict

SEVERITY = {
    Verdict.UNSUPPORTED: Severity.ERROR,
    Verdict.MISATTRIBUTED: Severity.ERROR,
    Verdict.REVERSED: Severity.ERROR,
    Verdict.WEAK: Severity.WARNING,
}
_HOW = "matched within rounding and within what the words around it name"


def findings_of(matches: Sequence[Match]) -> Iterator[Finding]:
    """Findings in the order of the text; what shares a row, a column's label or a sentence is said together."""
    groups: dict[tuple[object, ...], list[Match]] = {}
    for match in dict.fromkeys(matches):
        if match.verdict in SEVERITY and match.role is not Role.VERSION:  # versions are told with their program
            groups.setdefault(_key(match), []).append(match)
    for members in groups.values():
        yield _one(members[0]) if len(members) == 1 else _several(members)


def single_findings(matches: Sequence[Match]) -> Iterator[Finding]:
    """One finding for each number."""
    yield from (_one(match) for match in matches if match.verdict in SEVERITY)


def severity_of(match: Match) -> Severity:
    """How bad a match is."""
    return match.severity or SEVERITY[match.verdict]


def _key(match: Match) -> tuple[object, ...]:
    """What is said together: cells of one table that are wrong in the same way, constants of one sentence."""
    severity = severity_of(match)
    unit = match.unit
    if unit.table is not None and unit.row:
        if match.nobody:
            return (unit.table, match.label)
        if match.verdict is Verdict.MISATTRIBUTED and match.owner:
            return (unit.table, _row_name(match), match.verdict, match.owner, severity)
        if severity is not Severity.ERROR:
            return (unit.table, match.verdict, severity, match.evidence if match.label else unit.column)
        return (unit.table, unit.line, _row_name(match), match.verdict, severity)
    if severity is Severity.NOTE:
        return (unit.section, match.verdict, severity)
    return (unit, match.verdict, match.owner, severity) if match.owner else (match,)


def _row_name(match: Match) -> str:
    """The name under which a cell stands: the label of its run, else the first cell of its row."""
    return match.label or match.unit.row[0][1]


def _one(match: Match) -> Finding:
    return Finding(
        kind=match.verdict.value,
        severity=severity_of(match),
        place=match.unit.place,
        sentence=match.unit.text,
        says=f"{match.number.text} ({match.role.value})",
        record=match.evidence,
        how=_HOW,
    )


def _several(members: list[Match]) -> Finding:
    first = members[0]
    unit = first.unit
    if not unit.row:
        sentences = dict.fromkeys(m.unit.text for m in members)
        said = "; ".join(
            ", ".join(m.number.text for m in members if m.unit.text == text)
            + (f" in “{text[:60].rstrip()}…”" if len(text) > 60 else f" in “{text}”") * (len(sentences) > 1)
            for text in sentences
        )
        record = "; ".join(dict.fromkeys(part for m in members for part in m.evidence.split("; ")))
        told = {"says": f"{said} ({first.role.value})", "record": record}
        return _one(first).model_copy(update=told | ({"place": unit.section} if len(sentences) > 1 else {}))
    said = ", ".join(f"{m.number.text} ({_where(m)})" for m in members)
    record = "; ".join(dict.fromkeys(m.evidence for m in members))
    if first.owner:
        own = dict.fromkeys(m.evidence.partition("; ")[2] for m in members)
        record = "; ".join([f"these are the numbers of {first.owner}", *(o for o in own if o)])
    rows = dict.fromkeys(m.unit.line for m in members)
    place = f"Table {unit.table}, “{_row_name(first)}”" if len(rows) > 1 else unit.place.partition(", column")[0]
    if first.nobody:
        others = dict.fromkeys(f"{m.number.text}: {m.evidence}" for m in members if m.verdict is Verdict.MISATTRIBUTED)
        record = f"no recorded run has the numbers of “{first.label}”" + "".join(f"; {o}" for o in others)
    return Finding(
        kind=Verdict.UNSUPPORTED.value if first.nobody else first.verdict.value,
        severity=severity_of(first),
        place=place,
        sentence=" | ".join(text for _, text in unit.row if text) if len(rows) == 1 else _row_name(first),
        says=f"{len(members)} numbers: {said}",
        record=record,
        how=_HOW,
    )


def _where(match: Match) -> str:
    """Row and column of a cell, briefly."""
    names = [text for _, text in match.unit.row[:2] if text and text not in (match.unit.text, match.label)]
    return ", ".join([*[n for n in names if not n[0].isdigit()], match.unit.column])

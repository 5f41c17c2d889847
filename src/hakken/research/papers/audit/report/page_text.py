"""The paper's text for the page of an audit: numbers with their evidence, sentences with links to findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from hakken.core.types import Severity
from hakken.research.papers.audit.document.document import CITED, Document, Unit, UnitKind
from hakken.research.papers.audit.document.maths import plain_math
from hakken.research.papers.audit.matching.verdicts import Match, Verdict

Notes = list[tuple[int, Severity]]
"""Numbers and severities of the findings about a unit."""
MARKS = {
    Verdict.SUPPORTED: "",
    Verdict.WEAK: '<sup aria-hidden="true">≈</sup>',
    Verdict.MISATTRIBUTED: '<sup aria-hidden="true">↷</sup>',
    Verdict.REVERSED: '<sup aria-hidden="true">↯</sup>',
    Verdict.UNSUPPORTED: '<sup aria-hidden="true">✕</sup>',
    Verdict.SKIPPED: "",
}
"""Shapes beside the colours, for eyes and prints that do not tell these apart."""
_RANK = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def paper_text(document: Document, matches: Mapping[Unit, Sequence[Match]], notes: Mapping[Unit, Notes]) -> str:
    """The whole paper in reading order."""
    return "".join(_Writer(document, matches, notes).blocks())


class _Writer:
    def __init__(
        self, document: Document, matches: Mapping[Unit, Sequence[Match]], notes: Mapping[Unit, Notes]
    ) -> None:
        self.document = document
        self.matches = matches
        self.notes = notes
        self.index: dict[int, int] = {id(unit): k for k, unit in enumerate(document.units)}
        self.levels = {text: min(level, 4) for level, text in reversed(document.headings)}

    def blocks(self) -> Iterator[str]:
        section = ""
        for (table, _, kind), group in groupby(self.document.units, key=_block_of):
            units = list(group)
            if units[0].section == "Abstract" != section:
                yield "<h3>Abstract</h3>"
            section = units[0].section
            if table is not None:
                yield self.table(units)
            elif kind is UnitKind.TITLE:
                yield f'<h2 class="title">{self.joined(units)}</h2>'
                if self.document.authors:
                    yield f'<p class="mute">{escape(self.document.authors)}</p>'
            elif kind is UnitKind.HEADING:
                level = 2 + self.levels.get(units[0].text, 1)
                yield f"<h{level}>{self.joined(units)}</h{level}>"
            elif kind is UnitKind.CODE:
                yield f'<pre class="code">{self.joined(units)}</pre>'
            elif kind is UnitKind.EQUATION:
                yield from (f'<pre class="equation">{_formula(unit.text)}</pre>' for unit in units)
            elif kind is UnitKind.CAPTION:
                name = escape(units[0].place.removeprefix("Caption of ").capitalize())
                yield f'<p class="caption"><b>{name}.</b> {self.joined(units)}</p>'
            else:
                yield f"<p>{self.joined(units)}</p>"

    def joined(self, units: Sequence[Unit]) -> str:
        return " ".join(self.unit(unit) for unit in units)

    def unit(self, unit: Unit) -> str:
        """One sentence or cell, marked where a finding is about it."""
        found = sorted(self.notes.get(unit, ()), key=lambda note: _RANK.index(note[1]))
        links = "".join(
            f'<a class="note {severity.value}" href="#f{number}" title="Finding {number}">{number}</a>'
            for number, severity in found
        )
        css = f"u {found[0][1].value}" if found else "u"
        return f'<span class="{css}" id="u{self.index[id(unit)]}">{self.marked(unit)}{links}</span>'

    def marked(self, unit: Unit) -> str:
        """The text with its numbers coloured; what each was matched with shows on hover, focus or click."""
        parts, at = [], 0
        for match in sorted(self.matches.get(unit, ()), key=lambda m: m.number.start):
            number, verdict = match.number, match.verdict
            if number.start < at:
                continue
            parts.append(_escaped(unit.text[at : number.start]))
            tip = f"<b>{verdict.value}</b> as {escape(match.role.value)}<br>{_escaped(match.evidence)}"
            parts.append(
                f'<span class="n {verdict.value}" tabindex="0">{_escaped(unit.text[number.start : number.end])}'
                f'{MARKS[verdict]}<span class="tip" role="tooltip">{tip}</span></span>'
            )
            at = number.end
        parts.append(_escaped(unit.text[at:]))
        return "".join(parts)

    def table(self, units: Sequence[Unit]) -> str:
        captions = [u for u in units if u.kind is UnitKind.CAPTION]
        head = {u.at: u for u in units if u.kind is UnitKind.HEADER and not u.row and not u.line}
        width = max([*(k + 1 for k in head), *(len(u.row) - bool(u.group) for u in units), 1])
        header = "".join(f"<th>{self.unit(head[k]) if k in head else ''}</th>" for k in range(width)) if head else ""
        rows = []
        for _, line in groupby((u for u in units if u.line), key=lambda u: u.line):
            cells = list(line)
            if not cells[0].row:
                rows.append(f'<tr class="group"><th colspan="{width}">{self.joined(cells)}</th></tr>')
                continue
            here = {u.at: u for u in cells}
            pairs = cells[0].row[:-1] if cells[0].group else cells[0].row
            rows.append("<tr>" + "".join(self.cell(here.get(k), text) for k, (_, text) in enumerate(pairs)) + "</tr>")
        number = next((u.table for u in units if u.table), 0)
        return (
            f'<figure><figcaption class="caption"><b>Table {number}.</b> {self.joined(captions)}</figcaption>'
            f'<div class="scroll"><table><thead><tr>{header}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
            "</figure>"
        )

    def cell(self, unit: Unit | None, text: str) -> str:
        if unit is None:
            return f'<td class="mute">{_escaped(text)}</td>'
        shown = self.unit(unit)
        return f"<td><strong>{shown}</strong></td>" if unit.bold else f"<td>{shown}</td>"


def _block_of(unit: Unit) -> tuple[object, ...]:
    """Units that share a block share these."""
    if unit.table is not None:
        return (unit.table, 0, None)
    return (None, unit.paragraph or id(unit), unit.kind)


def _formula(text: str) -> str:
    """A displayed formula in symbols instead of commands."""
    bare = re.sub(r"\\(?:begin|end)\{[^{}]*\}|\\label\{[^{}]*\}|\\nonumber|&", "", text)
    lines = (plain_math(line).strip() for line in re.split(r"\\\\|\n", bare))
    return "\n".join(escape(line) for line in lines if line)


def _escaped(text: str) -> str:
    return escape(re.sub(r"\[@([^\[\]]*)\]", lambda m: f"[{m.group(1).replace('@', '')}]", text.replace(CITED, "")))

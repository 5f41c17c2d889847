"""Rows and columns of a table whose names nothing explains: whose numbers they hold, if any run's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hakken.research.papers.audit.document.document import Document, Unit, UnitKind
from hakken.research.papers.audit.language.about import About, Scoper
from hakken.research.papers.audit.language.numbers import find_numbers
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.language.units import printed_in
from hakken.research.papers.audit.matching.pool import Pool
from hakken.research.papers.audit.matching.reach import in_scale, reaches
from hakken.research.papers.audit.records.words import stems

_METHODS = re.compile(
    r"^(?:run|method|model|variant|approach|config\w*|algorithm|setting|experiment|strategy|technique|condition|system"
    r"|architecture|version|ablation|name|component|schedule|optimi[sz]er)s?\b", re.I
)  # fmt: skip
_WITHOUT = re.compile(r"^\W*(?:w/o|without|no|minus|removed?|remove)\s+(.+)$", re.I)
_SHARE = 0.6
"""Share of a label's numbers that must be one run's before it stands for that run."""


@dataclass
class Strangers:
    """The variants that unexplained labels of a document stand for, told by their numbers."""

    scoper: Scoper
    pool: Pool
    known: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)
    """(table, label) -> the variant whose numbers it holds; empty for nobody's."""
    held: dict[tuple[int, frozenset[str]], str] = field(default_factory=dict)
    """(table, variants that a row or column names) -> the variant whose numbers most of its cells are."""

    def read(self, document: Document) -> None:
        """Look at every table of a document."""
        self.known, self.held = {}, {}
        cells: dict[tuple[int, str], list[Unit]] = {}
        named: dict[tuple[int, frozenset[str]], list[Unit]] = {}
        for unit in document.units:
            if unit.kind is UnitKind.CELL and unit.table is not None and find_numbers(unit.text):
                label = self.label(unit)
                if label:
                    cells.setdefault((unit.table, label), []).append(unit)
                else:
                    variants = self.scoper.of_cell(unit, lambda _: ()).variants
                    named.setdefault((unit.table, variants), []).append(unit)
        for (table, label), units in cells.items():
            owner = self._owner(units)
            self.known[table, label] = () if owner and self._takes_out_another(label, owner[0]) else owner
        for key, units in named.items():
            self.held[key] = next(iter(self._owner(units)), "")

    def rows(self) -> dict[str, str]:
        """Labels in lower case, without remarks in brackets, that hold one variant's numbers wherever they stand."""
        owners: dict[str, set[str]] = {}
        for (_, label), variants in self.known.items():
            name = " ".join(re.sub(r"\([^)]*\)", " ", label).split()).lower()
            if re.search(r"[a-z]{3}", name) and len(name.split()) <= 6:
                owners.setdefault(name, set()).update(variants)
        return {name: next(iter(found)) for name, found in owners.items() if len(found) == 1}

    def about(self, unit: Unit) -> About:
        """What a cell is about."""
        about = self.scoper.of_cell(unit, self.of)
        held = self.held.get((unit.table or 0, about.variants), "")
        if held and not about.variants and not about.label:
            return replace(about, held=held, variants=frozenset({held}), implied=True)
        return replace(about, held=held)

    def of(self, unit: Unit) -> tuple[str, ...]:
        """The label of a cell, followed by the variant that it stands for; empty where it has no such label."""
        label = self.label(unit)
        if not label or unit.table is None:
            return ()
        return (label, *self.known.get((unit.table, label), ()))

    def label(self, unit: Unit) -> str:
        """The text of the row or column that should name a run and names none that is known."""
        parts = [p for p in unit.column.split(", ") if self._is_strange(p)] if ", " in unit.column else []
        if parts:
            return parts[-1]
        for head, text in unit.row:
            if (
                text != unit.text
                and re.search(r"[A-Za-zα-ω]", text)
                and _METHODS.match(head)
                and self._is_strange(text)
            ):
                return text
        head, text = unit.row[0]
        if self._is_strange(text) and re.search(r"[A-Za-zα-ω]", text) and not find_numbers(text):
            return text
        return ""

    def _is_strange(self, text: str) -> bool:
        return bool(text.strip()) and not self.scoper.names.find(text)

    def _takes_out_another(self, label: str, variant: str) -> bool:
        """Whether a row "w/o decay" holds the numbers of the run "No dropout"."""
        without = _WITHOUT.match(label)
        names = [m for n in self.pool.evidence.variants[variant].names if (m := _WITHOUT.match(n))]
        return (
            without is not None and bool(names) and not any(stems(m.group(1)) & stems(without.group(1)) for m in names)
        )

    def _owner(self, units: Iterable[Unit]) -> tuple[str, ...]:
        counts: Counter[str] = Counter()
        looked = 0
        for unit in units:
            about = self.scoper.of_cell(unit, lambda _: ())
            number = find_numbers(unit.text)[0]
            number = replace(number, unit=number.unit or printed_in(unit.column) or printed_in(unit.row[0][1]))
            number = in_scale(number, unit, about.keys, self.pool)
            levels = self.pool.of((Role.LEVEL,), about.keys)
            if not levels:
                continue
            looked += 1
            counts.update({c.variant for c in levels if reaches(number, c, self.pool)})
        if not counts:
            return ()
        ranked = counts.most_common(2)
        sure = looked >= 2 and ranked[0][1] >= max(2, _SHARE * looked)
        return (ranked[0][0],) if sure and (len(ranked) < 2 or ranked[1][1] < ranked[0][1]) else ()

"""Rankings: "best" and its like, bold cells, cells that hold a verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hakken.core.types import Direction, Finding, Split
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind, is_prose
from hakken.research.papers.audit.language.numbers import Number, find_numbers, normalise
from hakken.research.papers.audit.language.phrases import NEGATED, RULE, contradiction, is_unsaid, nearest_metric
from hakken.research.papers.audit.language.scope import Names
from hakken.research.papers.audit.records.evidence import Evidence

_BEST = re.compile(
    r"\b(?P<kind>best|lowest|highest|smallest|largest|worst)\b(?! practice| mean gain| known|-known| of what)", re.I
)


class Rankings:
    """Checks what a paper ranks against the means of every variant."""

    def __init__(self, evidence: Evidence, names: Names) -> None:
        self.evidence = evidence
        self.names = names

    def check(self, document: Document) -> Iterator[Finding]:
        """Findings over a whole paper."""
        for unit in document.units:
            if is_prose(unit) and _BEST.search(unit.text):
                yield from self._best(unit)
        yield from self._bold(document)
        yield from self._verdict_cells(document)

    def _best(self, unit: Unit) -> Iterator[Finding]:
        text = RULE.sub(lambda m: " " * len(m.group()), normalise(unit.text))
        mentions = self.names.find(unit.text)
        for match in _BEST.finditer(text):
            named = [m for m in mentions if m.kind == "variant" and len(m.ids) == 1]
            near = [m for m in named if m.end <= match.start()] or [m for m in named if m.start >= match.end()]
            if any(m.start <= match.start() < m.end for m in mentions):
                continue  # part of a name, such as a metric called "worst error"
            if not near or is_unsaid(match, text) or NEGATED.search(text[: match.start()]):
                continue
            variant = near[-1].ids[0] if near[-1].end <= match.start() else near[0].ids[0]
            key = nearest_metric(match, mentions) or self.evidence.primary.key
            named_splits = [m.ids[0] for m in mentions if m.kind == "split"]
            holders = [s for (v, s, k) in self.evidence.values if v == variant and k == key and s != Split.NOISE.value]
            split = next((s for s in (*named_splits, Split.REPORT.value, Split.EXPLORE.value) if s in holders), None)
            if split is None:
                continue
            means = {
                v: sum(x.values()) / len(x) for (v, s, k), x in self.evidence.values.items() if (s, k) == (split, key)
            }
            lowest = self.evidence.metric(key).direction is Direction.MIN
            lowest = {"lowest": True, "smallest": True, "highest": False, "largest": False, "worst": not lowest}.get(
                match.group("kind").lower(), lowest
            )
            best = (min if lowest else max)(means, key=lambda v: means[v])
            if means[variant] != means[best]:
                true = f"{self._title(best)} {means[best]:.4g}, {self._title(variant)} {means[variant]:.4g}"
                record = f"{key} on {split} seeds: {true}"
                yield contradiction(
                    "false", unit, f"calls {self._title(variant)} {match.group()}", record, "means of every variant"
                )
                return

    def _bold(self, document: Document) -> Iterator[Finding]:
        """Bold numbers of a column of means must be its best."""
        columns: dict[tuple[int, str], list[Unit]] = {}
        for unit in document.units:
            if unit.kind is UnitKind.CELL and unit.table is not None and find_numbers(unit.text):
                columns.setdefault((unit.table, unit.column), []).append(unit)
        for cells in columns.values():
            bold = [u for u in cells if u.bold]
            numbers = [find_numbers(u.text)[0].value for u in cells]
            if (
                not bold
                or len(bold) == len(cells)
                or re.search(r"difference|interval|\bp\b|Δ|ratio|^n$|gain", cells[0].column, re.I)
            ):
                continue
            scope = self.names.of_number(find_numbers(cells[0].text)[0], cells[0], None)
            key = next(
                iter(sorted(scope.metrics, key=lambda m: m != self.evidence.primary.key)), self.evidence.primary.key
            )
            best = (min if self.evidence.metric(key).direction is Direction.MIN else max)(numbers)
            for unit in bold:
                if find_numbers(unit.text)[0].value != best:
                    yield contradiction(
                        "false", unit, f"bold {unit.text}", f"the best of the column is {best:g}", "bold means best"
                    )

    def _verdict_cells(self, document: Document) -> Iterator[Finding]:
        """Cells such as ``better`` in a column of verdicts."""
        for unit in document.units:
            if unit.kind is not UnitKind.CELL or not re.fullmatch(
                r"(?:better|worse|inconclusive)", unit.text.strip(), re.I
            ):
                continue
            scope = self.names.of_number(Number("", 0, 0, 0.0, 1.0), unit, None)
            base = self.evidence.baseline or ""
            metrics = scope.metrics or {self.evidence.primary.key}
            verdicts = {
                self.evidence.verdict(v, base, s, m)
                for v in scope.subjects
                for m in metrics
                for s in (scope.splits or set(self.evidence.splits))
            } - {None}
            if verdicts and unit.text.strip().lower() not in verdicts:
                yield contradiction(
                    "reversed",
                    unit,
                    f"says {unit.text}",
                    f"it is {', '.join(sorted(map(str, verdicts)))}",
                    "recomputed",
                )

    def _title(self, variant: str) -> str:
        return self.evidence.variants[variant].title

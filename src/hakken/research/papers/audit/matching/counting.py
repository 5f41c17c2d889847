"""Numbers that count seeds, trials and versions of one of Hakken's own runs, and seeds themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.numbers import Number
from hakken.research.papers.audit.language.roles import Reading, Role
from hakken.research.papers.audit.language.scope import Scope
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.records.evidence import Evidence


@dataclass(frozen=True)
class Counting:
    """Looks counts and seeds up in a record."""

    evidence: Evidence

    def of_things(self, number: Number, unit: Unit, reading: Reading, scope: Scope) -> Match:
        counts = self.evidence.counts
        value = int(number.value)
        tables = {q: t for (noun, q), t in counts.items() if noun == reading.noun}
        if reading.noun == "passage":
            return Match(
                unit, number, Role.COUNT, Verdict.SKIPPED, "about the text itself; the record does not count it"
            )
        if number.form == "word" and value < 2 and reading.qualifier not in ("failed", "no_op", "replicate"):
            return Match(unit, number, Role.COUNT, Verdict.SKIPPED, "a word, no count")
        if reading.noun == "ablation":
            tables = {"": counts.get(("node", "ablation"), {})}
        if reading.noun == "trial" and "failure" in unit.text and not reading.qualifier:
            tables |= {"": tables.get("", {}) | tables.get("failed", {})}
        plain = {"", "ok", "done", "all", "tried", "explore", "report", "noise", "measured"}
        scoped = self._scoped_sizes(reading, scope, unit)
        if reading.qualifier in tables:
            admitted = dict(tables[reading.qualifier])
            for split in scope.splits:
                admitted |= tables.get(f"{reading.qualifier}_{split}", {})
        else:
            admitted = {v: about for q, t in tables.items() if q in plain for v, about in t.items()}
        if reading.noun == "seed" and not reading.qualifier and scope.splits:
            admitted = {v: about for split in scope.splits for v, about in tables.get(split, {}).items()}
        admitted |= scoped
        if value in admitted:
            return Match(unit, number, Role.COUNT, Verdict.SUPPORTED, admitted[value])
        everywhere = {v: about for t in tables.values() for v, about in t.items()}
        if value in everywhere and value > 2:
            return Match(unit, number, Role.COUNT, Verdict.MISATTRIBUTED, f"that is the number of {everywhere[value]}")
        told = "; ".join(f"{v} {about}" for v, about in list(admitted.items())[:4])
        return Match(unit, number, Role.COUNT, Verdict.UNSUPPORTED, told or "nothing of the kind is counted")

    def _scoped_sizes(self, reading: Reading, scope: Scope, unit: Unit) -> dict[int, str]:
        """How many seeds or trials the named variants have on the named splits."""
        if reading.noun not in ("seed", "trial") or reading.qualifier == "failed":
            return {}
        each = re.search(r"\b(?:each|every|per)\b", unit.text) is not None
        if reading.noun == "trial" and not (scope.subjects or scope.splits or each):
            return {}
        splits = scope.splits or frozenset({reading.qualifier} & set(self.evidence.splits))
        return {
            len(v): f"trials of {self.evidence.variants[name].title} on {split} seeds"
            for (name, split, _), v in self.evidence.values.items()
            if (not splits or split in splits) and (not scope.subjects or name in scope.subjects or each)
        }

    def of_seeds(self, number: Number, unit: Unit, scope: Scope) -> Match:
        if unit.row and scope.subjects and scope.splits:
            ran = {(v, s, int(number.value)) for v in scope.subjects for s in scope.splits} & self.evidence.trials
            about = "a trial of this variant with this seed" if ran else "no such trial is recorded"
            return Match(unit, number, Role.SEED, Verdict.SUPPORTED if ran else Verdict.UNSUPPORTED, about)
        seeds = {
            s
            for (_, split, _), v in self.evidence.values.items()
            if not scope.splits or split in scope.splits
            for s in v
        }
        every = {s for v in self.evidence.values.values() for s in v} | self.evidence.all_seeds
        if unit.row or not scope.splits:
            seeds = every
        ends = set(seeds)
        if number.form in ("low", "high") and seeds:
            groups = [seeds] if scope.splits else [seeds, *(self.evidence.seeds_of(s) for s in self.evidence.splits)]
            ends = {min(g) if number.form == "low" else max(g) for g in groups}
        if int(number.value) in ends:
            return Match(unit, number, Role.SEED, Verdict.SUPPORTED, "a recorded seed")
        verdict = Verdict.MISATTRIBUTED if int(number.value) in every else Verdict.UNSUPPORTED
        return Match(unit, number, Role.SEED, verdict, f"recorded seeds there: {_ranges(seeds)}")


def _ranges(seeds: Iterable[int]) -> str:
    ordered = sorted(seeds)
    return f"{len(ordered)}, {ordered[0]} to {ordered[-1]}" if ordered else "none"

"""Mean ranks over data sets, as tables and texts print them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import fmean

from hakken.core.types import Direction, Severity
from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.about import About
from hakken.research.papers.audit.language.numbers import Number, normalise
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.matching.pool import ACROSS, Pool
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.records.evidence import Evidence

_RANK = re.compile(r"\b(?:mean|average|avg\.?) (?:rank|ranking)\b(?:[^.;]|\.(?=\d)){0,60}$", re.I)


class Ranks:
    """Judges mean ranks."""

    def __init__(self, evidence: Evidence, pool: Pool) -> None:
        self.evidence = evidence
        self.pool = pool

    def told(self, number: Number, unit: Unit) -> bool:
        """Whether a number is printed as a mean rank of a sentence."""
        return not unit.row and number.step < 1 and _RANK.search(normalise(unit.text)[: number.start]) is not None

    def judge(self, number: Number, unit: Unit, about: About) -> Match:
        """The verdict on a mean rank."""
        ranks = dict(self._means())
        named = {k: r for k, r in ranks.items() if not about.variants or k[0] in about.variants}
        shown = "; ".join(f"{self.pool.title(v)} {r:.4g} in {name}" for (v, name), r in named.items())
        if any(abs(r - number.value) <= number.step / 2 + 1e-9 for r in named.values()):
            return Match(unit, number, Role.LEVEL, Verdict.SUPPORTED, f"mean ranks: {shown}")
        why = f"mean ranks over the data sets: {shown}" if shown else "no ranks follow from the record"
        return Match(unit, number, Role.LEVEL, Verdict.UNSUPPORTED, why, None if shown else Severity.WARNING)

    def _means(self) -> Iterator[tuple[tuple[str, str], float]]:
        """(variant, metric) -> its rank on each data set, averaged; ties share the better rank."""
        for name in dict.fromkeys(m.name for m in self.evidence.metrics):
            keys = [m.key for m in self.evidence.metrics if m.name == name]
            variants = [v for v, key in self.pool.means if key == f"{ACROSS}/{name}"]
            for variant in variants if len(keys) > 1 else ():
                yield (variant, name), fmean(self._rank(variant, key, variants) for key in keys)

    def _rank(self, variant: str, key: str, variants: list[str]) -> int:
        sense = 1 if self.evidence.direction(key) is Direction.MAX else -1
        own = self.pool.means[variant, key]
        return 1 + sum(sense * self.pool.means[o, key] > sense * own for o in variants)

"""Every statement of effect of a paper, sentence by sentence: at most one finding a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hakken.core.types import Direction, Finding
from hakken.research.papers.audit.conduct.data_sets import check_data_sets
from hakken.research.papers.audit.conduct.environment import check_environment
from hakken.research.papers.audit.conduct.fairness import check_fairness
from hakken.research.papers.audit.conduct.methods import check_methods
from hakken.research.papers.audit.conduct.protocol import check_protocol
from hakken.research.papers.audit.document.document import Document, Unit
from hakken.research.papers.audit.language.scope import Names
from hakken.research.papers.audit.language.topics import Topics, with_context
from hakken.research.papers.audit.matching.verdicts import Match
from hakken.research.papers.audit.records.effects import Effects
from hakken.research.papers.audit.records.evidence import Evidence
from hakken.research.papers.audit.statements.best_seed import check_best_seed
from hakken.research.papers.audit.statements.columns import check_columns
from hakken.research.papers.audit.statements.comparing import check_effects
from hakken.research.papers.audit.statements.contradiction import Pair, check_pairs, pairs
from hakken.research.papers.audit.statements.magnitude import check_magnitude
from hakken.research.papers.audit.statements.significance import check_significance
from hakken.research.papers.audit.statements.spread import check_spread
from hakken.research.papers.audit.statements.stated import check_stated
from hakken.research.papers.audit.statements.sums import check_sums
from hakken.research.papers.audit.statements.superlatives import check_bold, check_superlatives
from hakken.research.papers.audit.statements.universal import check_universal
from hakken.research.papers.audit.statements.unrecorded import check_unrecorded
from hakken.research.papers.audit.statements.untold import check_untold


class Statements:
    """Checks the statements of papers against one record; sentences that were seen before cost nothing."""

    def __init__(self, evidence: Evidence, names: Names) -> None:
        self.evidence = evidence
        self.effects = Effects(evidence)
        self.topics = Topics(evidence, names, self.effects)
        self.seen: dict[tuple[Unit, tuple[Unit, ...]], list[Finding]] = {}

    def check(self, document: Document, matches: Sequence[Match] = ()) -> Iterator[Finding]:
        """Findings over a whole paper."""
        for unit, earlier in with_context(document):
            key = (unit, earlier)
            if key not in self.seen:
                self.seen[key] = list(self._sentence(unit, earlier))
            yield from self.seen[key]
        yield from check_methods(document, self.evidence)
        yield from check_columns(document, self.topics.names)
        yield from check_sums(document)
        yield from check_stated(document, self.evidence, self.topics.names)
        if self.evidence.foreign:
            yield from self._whole(document, matches)

    def _whole(self, document: Document, matches: Sequence[Match]) -> Iterator[Finding]:
        """What takes more than one sentence to see, in papers with a record that is not Hakken's."""
        yield from check_bold(document, self.topics)
        yield from check_best_seed(matches, self.topics)
        yield from check_environment(document, self.evidence)
        yield from check_data_sets(document, self.evidence, self.topics)
        yield from check_protocol(document, self.evidence, self.topics)
        yield from check_spread(document, self.evidence)
        yield from check_fairness(document, self.evidence, self.topics)
        yield from check_untold(document, self.evidence, self.topics.names, self.effects)
        yield from check_unrecorded(document, self.evidence, matches, self.topics)

    def _sentence(self, unit: Unit, earlier: tuple[Unit, ...]) -> Iterator[Finding]:
        own = self.topics.about_own_results(unit)
        if own or not unit.cites:
            contradicted = next(check_pairs(unit, lambda u, p: self._direction(u, p, earlier)), None)
            if contradicted is not None:
                yield contradicted[0]
                return
        if not own or not self.evidence.foreign:
            return
        topic = self.topics.of(unit.text)
        found = check_universal(unit, topic, self.topics)
        effect = None
        if found is None and not pairs(unit.text):
            effect = next(check_effects(unit, earlier, topic, self.topics), None)
        if effect is not None and effect.kind == "reversed":
            found = effect
        found = found or check_superlatives(unit, topic, self.topics) or check_magnitude(unit, topic, self.topics)
        found = found or check_significance(unit, topic, self.topics) or effect
        if found is not None:
            yield found

    def _direction(self, unit: Unit, pair: Pair, earlier: tuple[Unit, ...]) -> Direction | None:
        """Which way the metric of a change is better: as the words say, else as the numbers tell which metric it is."""
        for text in (unit.text, *(u.text for u in reversed(earlier)), unit.section):
            keys = self.topics.of(text).keys
            if keys:
                return self._common(keys)
        return self._common(self._fitting(pair))

    def _fitting(self, pair: Pair) -> set[str]:
        """Metrics on which the old number is a mean of the record."""
        half = pair.old.step / 2 + 1e-9
        found = set()
        for variant, split, key in self.evidence.values:
            mean = self.evidence.mean(variant, split, key)
            if mean is not None and abs(mean - pair.old.value) <= half:
                found.add(key)
        return found

    def _common(self, keys: frozenset[str] | set[str]) -> Direction | None:
        directions = {self.evidence.direction(k) for k in keys}
        return directions.pop() if len(directions) == 1 else None

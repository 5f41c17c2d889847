"""What a paper itself calls the runs of a foreign record: "Improved Weight Network (Run 5)", a table's rows, "ours"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from hakken.core.directions import split_words
from hakken.research.papers.audit.document.document import Document, UnitKind, is_prose
from hakken.research.papers.audit.language.acronyms import short_names
from hakken.research.papers.audit.language.numbers import normalise
from hakken.research.papers.audit.records.evidence import Evidence
from hakken.research.papers.audit.records.words import stems

_RUN = re.compile(r"\(\s*(?:[Rr]uns?|[Ee]xp(?:eriment)?s?\.?)[ _]*(\d+(?:(?:,\s*| and | & |, and )\d+)*)\s*\)")
_PHRASE_END = re.compile(r"[,;:.()\[\]“”\"|–—]| and | or | versus | vs\.? | between | than | to (?=our|the)| against ")
_LEADING = re.compile(
    r"^(?:we \w+ )?(?:(?:with|the|our|a|an|and|comparing|compared|to|in|of|for|from|using|by|as|both|called|named"
    r"|namely|including|on|while|where|when|that|this|is|are|was|were|i\.e\.?|e\.g\.?)\s+)+",
    re.I,
)
_OURS = re.compile(r"\b(?:our|ours|final|best|proposed|full|complete)\b", re.I)
_FIRST = re.compile(r"\binitial\b|\bfirst\b|\bpreliminary\b|\bbaseline\b", re.I)
_NAMED_RUN = re.compile(r"\b[Rr]un[ _](\d+)\s*(?::|\(|–|—|, (?=[A-Z]))\s*([A-Za-z][\w’'/-]*(?:[ -][\w’'/-]+){0,6})")
_ITEM = re.compile(r"^([A-Z][\w’'/-]*(?:[ -][A-Z0-9][\w’'/-]*)+)\s*:\s")
_SURE = 0.55
_AHEAD = 0.15


@dataclass(frozen=True)
class Labels:
    """Names of one paper for the variants of a record."""

    bound: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(name in lower case, variants)"""
    chosen: tuple[str, ...] = ()
    """What "our method" means; empty where the paper does not tell."""
    metrics: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(short name in lower case, metrics) as the paper introduces them."""
    topic: frozenset[str] = frozenset()
    """Stems of the title: names made of nothing else tell no run from another."""


@dataclass
class _Reader:
    evidence: Evidence
    runs: dict[str, str] = field(default_factory=dict)
    """Number of a run -> variant."""
    found: dict[str, set[str]] = field(default_factory=dict)
    ours: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for variant in self.evidence.variants.values():
            for name in variant.names:
                match = re.fullmatch(r"(?:run|exp|experiment)[ _]?(\d+)", name.strip(), re.I)
                if match:
                    self.runs[match.group(1)] = variant.id
        self.stems = {v.id: frozenset(s for n in v.names for s in stems(n)) for v in self.evidence.variants.values()}
        self.shared = Counter(s for known in self.stems.values() for s in known)

    def sentence(self, text: str) -> None:
        """Names that stand before or after the number of a run."""
        at = 0
        for match in _RUN.finditer(text):
            ids = [self.runs[n] for n in re.findall(r"\d+", match.group(1)) if n in self.runs]
            phrase = _PHRASE_END.split(text[at : match.start()])[-1].strip()
            at = match.end()
            if not ids or not phrase:
                continue
            if _OURS.search(phrase) and not _FIRST.search(phrase) and len(ids) == 1:
                self.ours[ids[0]] += 1
            for part in (phrase, *re.split(r"\s+with (?=the |an? |our )", phrase)):
                self.add(_LEADING.sub("", part), ids)
        for match in _NAMED_RUN.finditer(text):
            if match.group(1) in self.runs and not re.match(r"^(?:and|or|in|to|is|was|we|the)\b", match.group(2)):
                self.add(match.group(2), [self.runs[match.group(1)]])

    def add(self, name: str, ids: list[str]) -> None:
        """Bind a name, unless it is no name."""
        name = " ".join(name.split()).strip(" .'’")
        if re.match(r"[a-z]+ing to\b", name):
            return
        if 3 < len(name) < 80 and len(name.split()) <= 9 and stems(name):
            self.found.setdefault(name.lower(), set()).update(ids)

    def label(self, text: str) -> None:
        """Bind a row, a column or an item by the words that it shares with the record's names."""
        name = " ".join(re.sub(r"\([^)]*\)", " ", text).split())
        known = {n.lower() for v in self.evidence.variants.values() for n in v.names}
        if name.lower() in known or name.lower() in self.found or self.is_other(name):
            return
        if re.search(r"\(\s*(?:the |our )?baseline\s*\)", text, re.I):
            return  # what stands before it is told by it, and is no name of another run
        own = stems(re.sub(r"^\W*(?:w/o|without|no|with|w/)\s+", "", name, flags=re.I))
        weights = {s: 1 / self.shared[s] if self.shared[s] else 1.0 for s in own}
        total = sum(weights.values())
        if not total:
            return
        scores = sorted(
            (
                (sum(w for s, w in weights.items() if s in known_stems) / total, v)
                for v, known_stems in self.stems.items()
            ),
            reverse=True,
        )
        best, variant = scores[0]
        level = [v for score, v in scores if best - score < _AHEAD]
        simple = [v for v in level if all(self.stems[v] <= self.stems[o] for o in level)]
        if len(level) > 1 and len(simple) == 1:
            # "Gate + warm-up" is the run of this title, not the one that adds a lower rate to it.
            variant, scores = simple[0], [s for s in scores if s[1] not in level or s[1] == simple[0]]
        told = any(weights[s] >= 0.5 and s in self.stems[variant] for s in own)
        if best >= _SURE and told and (len(scores) < 2 or best - scores[1][0] >= _AHEAD):
            self.add(name, [variant])

    def is_other(self, name: str) -> bool:
        """Whether a label names a metric or a data set."""
        words = " ".join(split_words(name))
        others = [
            n for names in (*self.evidence.metric_names.values(), *self.evidence.dataset_names.values()) for n in names
        ]
        return not re.search(r"[A-Za-z]{3}", name) or any(words == " ".join(split_words(n)) for n in others)


def read_labels(document: Document, evidence: Evidence) -> Labels:
    """Everything that a paper calls the variants of a record."""
    reader = _Reader(evidence)
    for unit in document.units:
        if is_prose(unit):
            reader.sentence(normalise(unit.text))
    for text in dict.fromkeys(_labels(document)):
        reader.label(text)
    bound = {name: tuple(sorted(ids)) for name, ids in reader.found.items() if len(ids) <= 2}
    chosen = _chosen(evidence, reader)
    metrics: dict[str, tuple[str, ...]] = {}
    for short in short_names(document, evidence):
        meant = short.variants or (chosen if short.ours else ())
        if short.metrics:
            metrics[short.name.lower()] = short.metrics
        elif len(meant) == 1:
            bound.setdefault(short.name.lower(), meant)
    return Labels(tuple(sorted(bound.items())), chosen, tuple(sorted(metrics.items())), stems(document.title))


def _labels(document: Document) -> Iterator[str]:
    for unit in document.units:
        text = normalise(unit.text).strip()
        if unit.kind is UnitKind.HEADER and len(text) < 80:
            yield text
            if not unit.row:
                yield from (part for part in text.split(", ") if part != text)
        elif unit.kind is UnitKind.CELL and unit.row and unit.text == unit.row[0][1] and len(text) < 80:
            yield text
        elif unit.kind is UnitKind.SENTENCE and (match := _ITEM.match(text)):
            yield match.group(1)


def _chosen(evidence: Evidence, reader: _Reader) -> tuple[str, ...]:
    done = [v for v in evidence.variants.values() if v.done and not v.baseline]
    if reader.ours:
        (best, count), *rest = reader.ours.most_common(2)
        if not rest or rest[0][1] < count:
            return (best,)
    whole = [v for v in done if not v.ablation]
    if len(whole) == 1:
        return (whole[0].id,)
    own = [v.id for v in done if re.search(r"\bours?\b|\bproposed\b|\bfull\b", v.title, re.I)]
    return (own[0],) if len(own) == 1 else ()

"""What a sentence, row or column is about: which variants, metrics, splits and seeds its words name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from hakken.research.papers.audit.document.document import Document, Unit
from hakken.research.papers.audit.language.absence import as_parents
from hakken.research.papers.audit.language.labels import Labels, read_labels
from hakken.research.papers.audit.language.mentions import (
    Mention,
    more_mentions,
    named_variants,
    paired_mentions,
    threshold_mentions,
)
from hakken.research.papers.audit.language.numbers import Number, normalise
from hakken.research.papers.audit.records.evidence import Evidence

__all__ = ["Mention", "Names", "Scope"]

_CHOSEN = (
    r"(?:the |this |our )(?:chosen|selected|winning|best|final|primary|proposed|new|modified) (?:variant|method"
    r"|change|candidate|approach)"
    r"|(?:the|this|our) (?:variant|change|method|modification)(?! that\b)"
)
_ABLATED = r"the ablation\b(?! study)|the ablated (?:variant|version)"
_GENERAL = re.compile(rf"{_CHOSEN}|{_ABLATED}", re.I)
"""What means a variant without its name: "the change" may be that of a value."""
_SPLITS = {
    "explore": r"\bexplor(?:e|ation|atory|ing)\b(?: seeds?)?|\bselection seeds?",
    "report": r"\breport(?:ing)?(?: seeds?| trials?| split)?\b(?!ed)|\bfresh seeds?|\bheld[- ]out seeds?"
    r"|\bconfirmatory\b",
    "noise": r"\bnoise (?:seeds?|trials?)\b|\bA/A\b",
    "smoke": r"\bsmoke\b",
    "probe": r"\bprobe (?:seeds?|trials?)\b|\bscrambled\b",
}
_AGAINST = re.compile(
    r"\b(?:than|against|compared (?:with|to)|over|relative to|versus|vs\.?|from|baseline of|beats?"
    r"|outperforms?)\b[^.;]*$",
    re.I,
)
_PREPOSITION = re.compile(r"^[^,;:.\d]*?(?:\b(?:for|with|by|of|on|in|under|from|at|using|without)\b|\()[^,;:.\d]*$")


_REMEMBERED = 50_000


@dataclass(frozen=True)
class Scope:
    """What a number may be about; an empty set means that nothing was said."""

    subjects: frozenset[str] = frozenset()
    treated: frozenset[str] = frozenset()
    """The variant of a comparison: the nearest name that is not the baseline's."""
    against: frozenset[str] = frozenset()
    metrics: frozenset[str] = frozenset()
    splits: frozenset[str] = frozenset()
    seeds: frozenset[int] = frozenset()


@dataclass
class Names:
    """Finds the record's names in text, longest first."""

    evidence: Evidence
    labels: Labels = field(default_factory=Labels)
    """What this paper itself calls the variants of a foreign record."""
    patterns: list[tuple[str, dict[str, tuple[str, ...]], re.Pattern[str]]] = field(default_factory=list)

    seen: dict[str, list[Mention]] = field(default_factory=dict)
    """Mentions by text: cells share headers and captions."""

    def __post_init__(self) -> None:
        foreign = self.evidence.foreign
        variants = named_variants(self.evidence, self.labels) if foreign else self._own_variants()
        metrics: dict[str, tuple[str, ...]] = {}
        datasets: dict[str, tuple[str, ...]] = {}
        for spec in self.evidence.metrics:
            further = self.evidence.metric_names.get(spec.key, ())
            for name in (spec.label, spec.name, spec.name.replace("_", " "), spec.key, *further):
                key = name.lower()
                if spec.key not in metrics.get(key, ()):
                    metrics[key] = (*metrics.get(key, ()), spec.key)
            for name in self.evidence.dataset_names.get(spec.dataset, ()):
                datasets[name.lower()] = (spec.dataset,)
        for name, dataset in _first_words(self.evidence).items():
            datasets.setdefault(name, (dataset,))
        for name, keys in self.labels.metrics:
            metrics.setdefault(name, keys)
        for kind, names in (("metric", metrics), ("variant", variants), ("dataset", datasets)):
            if names:
                spell = _spaced if kind == "dataset" else _spelled
                union = "|".join(spell(n) for n in sorted(names, key=len, reverse=True))
                # "RG-DQN" is no DQN.
                prefixed = r"(?<!\w-)" if kind == "variant" and foreign else ""
                self.patterns.append((kind, names, re.compile(rf"(?<![\w]){prefixed}(?:{union})(?![\w])", re.I)))

    def _own_variants(self) -> dict[str, tuple[str, ...]]:
        variants: dict[str, tuple[str, ...]] = {}
        for variant in self.evidence.variants.values():
            for name in variant.names:
                key = name.lower()
                variants[key] = (
                    (*variants.get(key, ()), variant.id) if variant.id not in variants.get(key, ()) else variants[key]
                )
        return variants

    def bound(self, document: Document) -> Names:
        """Names together with what this paper calls things; of Hakken's own records nothing needs to be bound."""
        if not self.evidence.foreign:
            return self
        labels = read_labels(document, self.evidence)
        return self if labels == self.labels else Names(self.evidence, labels)

    def with_rows(self, rows: Mapping[str, str]) -> Names:
        """Names together with those of rows and columns of tables that hold one variant's numbers."""
        known = {name for name, _ in self.labels.bound}
        found = [(name, (variant,)) for name, variant in sorted(rows.items()) if name not in known]
        if not found:
            return self
        return Names(self.evidence, replace(self.labels, bound=tuple(sorted((*self.labels.bound, *found)))))

    @property
    def chosen(self) -> tuple[str, ...]:
        """What "our method" means: one variant where the paper or the record tells, else any but the baseline."""
        if self.evidence.chosen:
            return (self.evidence.chosen,)
        if self.labels.chosen:
            return self.labels.chosen
        return tuple(v.id for v in self.evidence.variants.values() if v.done and not v.baseline)

    def within(self, keys: Iterable[str], datasets: Iterable[str]) -> tuple[str, ...]:
        """Metric keys that are about one of the data sets; all where none is named."""
        wanted = set(datasets)
        return tuple(k for k in keys if not wanted or self.evidence.metric(k).dataset in wanted)

    @property
    def parents(self) -> dict[str, str | None]:
        """What each version was made from, where the record tells."""
        return {v.id: v.parent for v in self.evidence.variants.values()}

    def find(self, text: str) -> list[Mention]:
        """Every mention in order; a longer name hides the shorter ones inside it."""
        if text not in self.seen:
            if len(self.seen) > _REMEMBERED:
                self.seen.clear()
            self.seen[text] = self._find(text)
        return self.seen[text]

    def _find(self, text: str) -> list[Mention]:
        clean = normalise(text)
        found: list[Mention] = []
        if self.evidence.foreign:
            metrics = next((names for kind, names, _ in self.patterns if kind == "metric"), {})
            found = [*threshold_mentions(self.evidence, clean), *paired_mentions(clean, metrics)]
        taken = [(m.start, m.end) for m in found]
        for kind, names, pattern in self.patterns:
            for match in pattern.finditer(clean):
                if any(a < match.end() and b > match.start() for a, b in taken):
                    continue
                ids = names.get(re.sub(r"\s+", " ", match.group().lower()))
                ids = ids or next((v for n, v in names.items() if _plain(n) == _plain(match.group())), ())
                ids = ids or next((v for n, v in names.items() if _joined(n) == _joined(match.group())), ())
                found.append(Mention(kind, ids, match.start(), match.end()))
        if self.evidence.foreign:
            return sorted(more_mentions(self.evidence, self.labels, self.chosen, clean, found), key=lambda m: m.start)
        if self.evidence.chosen:
            for match in re.finditer(_CHOSEN, clean, re.I):
                if not any(m.kind == "variant" and m.start < match.end() and m.end > match.start() for m in found):
                    found.append(Mention("variant", (self.evidence.chosen,), match.start(), match.end()))
        ablations = tuple(v.id for v in self.evidence.variants.values() if v.ablation)
        if ablations:
            found += [Mention("variant", ablations, m.start(), m.end()) for m in re.finditer(_ABLATED, clean, re.I)]
        for split, expression in _SPLITS.items():
            found += [Mention("split", (split,), m.start(), m.end()) for m in re.finditer(expression, clean, re.I)]
        return sorted(found, key=lambda m: m.start)

    def struck(self, text: str) -> str:
        """A text with the record's names of variants and metrics struck out, letter for letter.

        What a number is, the words around it tell, and no name does: "with *Huber loss* was 3.1" speaks of no loss.
        """
        letters = list(text)
        for mention in self.find(text):
            named = mention.kind in ("variant", "metric") and not _GENERAL.fullmatch(text[mention.start : mention.end])
            if named:
                letters[mention.start : mention.end] = re.sub(r"\w", "x", text[mention.start : mention.end])
        return "".join(letters)

    def of_number(self, number: Number, unit: Unit, before: Unit | None) -> Scope:
        """The scope of one number: its cell's headers, or the nearest names of its sentence."""
        return self._of_cell(number, unit) if unit.row else self._of_sentence(number, unit, before)

    def _of_sentence(self, number: Number, unit: Unit, before: Unit | None) -> Scope:
        text = normalise(unit.text)
        mentions = self.find(text)
        earlier = self.find(before.text) if before else []
        present = as_parents(mentions, text, (number.start, number.end), self.parents)
        subject = self._nearest("variant", number, text, present) or _last("variant", earlier)
        others = [m for m in mentions if m.kind != "variant" or m.ids != (self.evidence.baseline,)]
        treated = self._nearest("variant", number, text, others) or _last(
            "variant", [m for m in earlier if m.ids != (self.evidence.baseline,)]
        )
        metric = self._nearest("metric", number, text, mentions) or _last("metric", earlier)
        split = self._nearest("split", number, text, mentions) or self._split_by_count(text) or _last("split", earlier)
        named = [m for m in mentions if m.kind == "variant"]
        against = frozenset[str]()
        for mention in named:
            if _AGAINST.search(text[: mention.start]) or mention.ids == (self.evidence.baseline,):
                against |= set(mention.ids)
        return Scope(
            subjects=frozenset(subject),
            treated=frozenset(treated),
            against=against - set(treated),
            metrics=frozenset(self._on(metric, text)),
            splits=frozenset(split),
            seeds=frozenset(int(s) for s in re.findall(r"\bseed (\d+)\b", text)),
        )

    def _nearest(self, kind: str, number: Number, text: str, mentions: list[Mention]) -> tuple[str, ...]:
        """The name that a number belongs to: right after it with a preposition, else the last before, else the next."""
        of_kind = [m for m in mentions if m.kind == kind]
        after = [m for m in of_kind if m.start >= number.end]
        if after:
            between = re.sub(r"\([^)]*\)", "", text[number.end : after[0].start])
            if _PREPOSITION.match(between) or (kind == "metric" and re.match(r"^[\s%a-z-]{0,12}$", between)):
                return after[0].ids
        prior = [m for m in of_kind if m.end <= number.start]
        if prior:
            return prior[-1].ids
        return after[0].ids if after else ()

    def _on(self, metrics: tuple[str, ...], text: str) -> tuple[str, ...]:
        """Of metrics that are measured on several data sets, those that a text means: "accuracy on words"."""
        of = {m: self.evidence.metric(m).dataset for m in metrics}
        if len(set(of.values())) < 2:
            return metrics
        named = {d for d in of.values() if re.search(rf"\bon (?:the )?{re.escape(d)}(?![\w-])", text, re.I)}
        return tuple(m for m in metrics if of[m] in named) or metrics

    def _split_by_count(self, text: str) -> tuple[str, ...]:
        """``over 20 seeds`` names the split that has twenty."""
        match = re.search(r"\b(\d+)\s+(?:paired )?seeds?\b|\bn\s?=\s?(\d+)", text)
        if match is None:
            return ()
        size = int(match.group(1) or match.group(2))
        return tuple(dict.fromkeys(s for (_, s, _), v in self.evidence.values.items() if len(v) == size))

    def _of_cell(self, number: Number, unit: Unit) -> Scope:
        header = unit.column
        own = " | ".join(text for _, text in unit.row if re.search(r"[A-Za-z]{2}", text))
        in_row, in_column, in_caption = self.find(own), self.find(header), self.find(unit.caption)
        first = [m for m in self.find(unit.row[0][1]) if m.kind == "variant"]
        column_variant = _last("variant", in_column)
        subject = column_variant or (first[0].ids if first else ()) or _last("variant", in_row)
        if (
            not column_variant
            and self.evidence.chosen
            and re.fullmatch(r"(?:selected|chosen|variant|ours)\b.*", header.strip(), re.I)
        ):
            subject = (self.evidence.chosen,)
        subject = subject or self._of_caption(in_caption)
        row_variant = first[0].ids if first else _last("variant", in_row)
        counted = self._split_by_count(unit.caption) or self._split_of_row(unit)
        split = _last("split", in_column) or _last("split", in_row) or _all("split", in_caption) or counted
        seeds = frozenset(
            int(text)
            for head, text in unit.row
            if re.fullmatch(r"seed", head.strip(), re.I) and re.fullmatch(r"\d+", text)
        )
        return Scope(
            subjects=frozenset(
                subject if not _is_difference(header) else row_variant or self._of_caption(in_caption) or subject
            ),
            against=frozenset(_all("variant", in_column)) if _is_difference(header) else frozenset(),
            metrics=frozenset(
                self._on(_last("metric", in_column), normalise(header))
                or self._on(_last("metric", in_row), normalise(own))
                or self._on(_all("metric", in_caption), normalise(unit.caption))
            ),
            splits=frozenset(split),
            seeds=seeds,
            treated=self._treated(row_variant, column_variant, in_caption),
        )

    def _treated(self, row: tuple[str, ...], column: tuple[str, ...], in_caption: list[Mention]) -> frozenset[str]:
        """The variant that a row of differences is about."""
        found = set(row or column) - {self.evidence.baseline}
        return frozenset(found or self._of_caption(in_caption))

    def _of_caption(self, mentions: list[Mention]) -> tuple[str, ...]:
        """The one variant, other than the baseline, that a caption names."""
        named = set(_all("variant", mentions)) - {self.evidence.baseline}
        return tuple(sorted(named)) if len(named) == 1 else ()

    def _split_of_row(self, unit: Unit) -> tuple[str, ...]:
        for head, text in unit.row:
            if re.fullmatch(r"n|seeds|n \(seeds\)", head.strip(), re.I) and re.fullmatch(r"\d+", text):
                return self._split_by_count(f"{text} seeds")
        return ()


_PLAIN_WORDS = "data dataset synthetic test train small large tiny full mini clean noisy real toy task the new modular"
_NO_NAMES = frozenset([*_PLAIN_WORDS.split(), "old", "mixed"])


def _first_words(evidence: Evidence) -> dict[str, str]:
    """The first words of data sets' names that tell one from all others: Yelp for Yelp Polarity."""
    firsts: dict[str, set[str]] = {}
    for spec in evidence.metrics:
        words = re.split(r"[\s_-]+", spec.dataset.strip())
        if len(words) > 1 and len(words[0]) > 3 and words[0].isalpha() and words[0].lower() not in _NO_NAMES:
            firsts.setdefault(words[0].lower(), set()).add(spec.dataset)
    return {word: next(iter(sets)) for word, sets in firsts.items() if len(sets) == 1}


def _spelled(name: str) -> str:
    """A name as a pattern: spaces and hyphens stand for each other, and words may be abbreviated with a point."""
    return re.escape(name).replace(r"\ ", r"\.?[\s–-]+").replace(r"\-", "[–-]")


def _spaced(name: str) -> str:
    """A data set's name as a pattern: ``agnews`` is "AG News" too."""
    return r"[\s_–-]?".join(name) if name.isalnum() and len(name) > 3 else _spelled(name)


def _joined(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _plain(name: str) -> str:
    return re.sub(r"[\s.–-]+", " ", name.lower()).strip()


def _is_difference(header: str) -> bool:
    return re.search(r"difference|Δ|delta|gain|interval|\bp\b|ratio|relative|change", header, re.I) is not None


def _last(kind: str, mentions: list[Mention]) -> tuple[str, ...]:
    of_kind = [m for m in mentions if m.kind == kind]
    return of_kind[-1].ids if of_kind else ()


def _all(kind: str, mentions: list[Mention]) -> tuple[str, ...]:
    return tuple(i for m in mentions if m.kind == kind for i in m.ids)

"""Sizes told in words: doubled, halved, comparable, maintained; false where no variant that may be meant has them."""

from __future__ import annotations

import re
from statistics import fmean

from hakken.core.types import Finding
from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.phrases import NEGATED, clause, contradiction, is_open
from hakken.research.papers.audit.language.topics import Topic, Topics
from hakken.research.papers.audit.records.effects import Effect, Standing

_TIMES = (
    (re.compile(r"\b(?:doubl(?:e|es|ed|ing)|two-?fold|twice)\b", re.I), 1.6, 2.6),
    (re.compile(r"\b(?:tripl(?:e|es|ed|ing)|three-?fold)\b", re.I), 2.5, 3.6),
    (re.compile(r"\b(?:quadrupl(?:e|es|ed|ing)|four-?fold)\b", re.I), 3.3, 4.8),
    (re.compile(r"\b(?:halv(?:e|es|ed|ing)|(?:in|by) half)\b", re.I), 0.4, 0.62),
    (re.compile(r"\border of magnitude\b", re.I), 6.0, 18.0),
)
_FALLS = re.compile(r"\b(?:reduc|decreas|lower|fewer|less|faster|cut|smaller|shorter)\w*", re.I)
_SAME = re.compile(
    r"\b(?:comparable|on par|equivalent|nearly identical|maintain(?:s|ed|ing)?|preserv(?:es|ed|ing)"
    r"|without (?:sacrificing|compromising|degrading|any loss|loss of|a loss))\b",
    re.I,
)
_NONE = re.compile(
    r"\bno (?:statistically )?(?:significant|measurable|clear|notable|meaningful)? ?"
    r"(?:difference|change|effect|improvement)s?\b"
    r"|\bdid not (?:significantly |measurably )?(?:change|differ|affect)\b|\bindistinguishable\b",
    re.I,
)
_TOLERANCE = 0.10
"""A mean that is worse by more than this share is not comparable."""


def check_magnitude(unit: Unit, topic: Topic, topics: Topics) -> Finding | None:
    """At most one finding a sentence."""
    variants = [v for v in topics.effects.treated if not topic.variants or v in topic.variants]
    for pattern, low, high in _TIMES:
        for match in pattern.finditer(topic.text):
            keys = _keys(match, topic, topics)
            ratios = [r for v in variants for r in _ratios(v, keys, topics)]
            if not ratios:
                continue
            start, stop = clause(match, topic.text)
            if _FALLS.search(topic.text[start:stop]) and low > 1:
                ratios = [1 / r for r in ratios]
            if not any(low <= r <= high for r in ratios):
                nearest = min(ratios, key=lambda r: abs(r - (low + high) / 2))
                record = f"the nearest ratio of the record is {nearest:.2f}"
                return contradiction("contradicted", unit, f"says “{match.group()}”", record, "ratios of means")
    return _same(unit, topic, topics, variants) or _none(unit, topic, topics)


def _keys(match: re.Match[str], topic: Topic, topics: Topics) -> frozenset[str]:
    start, stop = clause(match, topic.text)
    if is_open(topic.text[start : match.start()]) or NEGATED.search(topic.text[start : match.start()]):
        return frozenset()
    inside = tuple(m for m in topic.mentions if start <= m.start < stop and m.kind == "metric")
    return topics.on(topics.metrics("", inside), topic.datasets) if inside else frozenset()


def _ratios(variant: str, keys: frozenset[str], topics: Topics) -> list[float]:
    """Of every metric: on each data set, and on their average."""
    found: list[float] = []
    for name in dict.fromkeys(topics.effects.name(k) for k in sorted(keys)):
        effects = topics.effects.every([variant], [k for k in sorted(keys) if topics.effects.name(k) == name])
        own = [e.mean / e.base for e in effects if e.base > 0 and e.mean > 0]
        found += own + ([fmean(own)] if own else [])
    return found


def _same(unit: Unit, topic: Topic, topics: Topics, variants: list[str]) -> Finding | None:
    for match in _SAME.finditer(topic.text):
        keys = frozenset(k for k in _keys(match, topic, topics) if not re.search("time|memory", topics.effects.name(k)))
        groups = [
            g for v in variants if (g := [e for e in topics.effects.every([v], sorted(keys)) if e.gain is not None])
        ]
        if groups and all(_clearly_worse(g) for g in groups):
            worst = min(groups[0], key=lambda e: e.relative)
            return contradiction(
                "contradicted", unit, f"says “{match.group()}”",
                f"{worst.metric} {worst.base:.4g} to {worst.mean:.4g}, worse by {-100 * worst.relative:.0f} %",
                "means of every variant that may be meant",
            )  # fmt: skip
    return None


def _none(unit: Unit, topic: Topic, topics: Topics) -> Finding | None:
    """No difference between two that replicates tell apart."""
    match = _NONE.search(topic.text)
    if match is None or len(topic.variants) != 1 or is_open(topic.text[: match.start()]):
        return None
    keys = (topic.keys or topics.on(topics.effects.results, topic.datasets)) - topics.effects.costs
    effects = topics.effects.every(sorted(topic.variants), sorted(keys))
    if not effects or any(e.standing not in (Standing.BETTER, Standing.WORSE) for e in effects):
        return None
    shown = "; ".join(f"{e.metric} {e.base:.4g} to {e.mean:.4g}, {e.standing.value}" for e in effects[:3])
    return contradiction("contradicted", unit, f"says “{match.group()}”", shown, "intervals of the difference")


def _clearly_worse(group: list[Effect]) -> bool:
    """Worse on average by more than a tenth, and nowhere better beyond noise."""
    return fmean(e.relative for e in group) < -_TOLERANCE and all(e.standing is not Standing.BETTER for e in group)

"""Names of a foreign record in running text: runs by number, titles in other words, "our method", thresholds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from hakken.research.papers.audit.language.labels import Labels
from hakken.research.papers.audit.records.evidence import Evidence
from hakken.research.papers.audit.records.words import stem, stems, threshold_pattern

_RUNS = re.compile(r"\b[Rr]uns?[ _](\d+(?:(?:\s*,\s*|\s*,?\s+(?:and|or|&|to)\s+|\s*[-–]\s*)\d+)*)\b")
_OURS = re.compile(
    r"\bours\b|\b(?:our|the|this) (?:final|best|proposed|full|complete|new|improved|enhanced)(?: [\w-]+){0,3}?"
    r" (?:method|approach|model|strategy|variant|configuration|framework|architecture|algorithm|technique|version)\b"
    r"(?! (?:accuracy|performance|quality|size|weights|parameters))"
    r"|\bour (?:[\w-]+ ){0,4}?(?:method|approach|model|strategy|variant|framework|architecture|algorithm|technique)\b"
    r"|\b(?:full|proposed|final|complete) (?:method|model|approach|configuration|system)\b"
    r"(?! (?:accuracy|performance|quality|size|weights|parameters))", re.I
)  # fmt: skip
_TAIL = re.compile(r"\s+(?:with|using|via|for|by|through|without|and|on|to|in)\b|\s*[(:,]", re.I)
"""Ends the first part of a title."""
_WORDS = (
    "full small large big medium results model method all no none default value main test train first second final best"
    " new old simple standard base normal random fixed adaptive high low"
)
_COMMON = frozenset(_WORDS.split())
"""Names of variants that are words of any text: they count only where they stand alone, as in a table."""
_ACTS = (
    "adding add added implement implementing implementation introduce introducing change changing changed modify"
    " modifying adjust further experiment experimenting explore exploring use apply applying increase increasing"
    " combine combining test testing evaluate evaluating try improved improve optimal performance"
)
_ADDING = frozenset(["adding", "plus", "including"])
"""What stands before the one thing that a run adds."""
_LIGHT = frozenset(stem(w) for w in _ACTS.split())


@dataclass(frozen=True)
class Mention:
    """A name found in a text."""

    kind: str
    """variant, metric, split, and in foreign records dataset"""
    ids: tuple[str, ...]
    start: int
    end: int


def named_variants(evidence: Evidence, labels: Labels) -> dict[str, tuple[str, ...]]:
    """Name in lower case -> variants; a name that is part of several others' names tells nothing and is left out."""
    own = {v.id: stems(v.title) for v in evidence.variants.values()}
    names: dict[str, tuple[str, ...]] = {}
    for variant in evidence.variants.values():
        head = _TAIL.split(variant.title)[0]
        told = not any(stems(head) <= other for key, other in own.items() if key != variant.id)
        for name in (*variant.names, *([head] if " " in head and told and not variant.baseline else ())):
            words = stems(name)
            inside = sum(words <= other for key, other in own.items() if key != variant.id)
            phrase = re.search(r"[\s-]", name.strip()) is not None
            vague = bool(words) and phrase and not variant.baseline and (inside > 1 or words <= labels.topic)
            if len(name) > 2 and name.lower() not in _COMMON and not vague:
                names[name.lower()] = tuple(dict.fromkeys((*names.get(name.lower(), ()), variant.id)))
    for name, ids in labels.bound:
        if name not in _COMMON and not (stems(name) <= labels.topic and stems(name)):
            names[name] = ids
    return names


def threshold_mentions(evidence: Evidence, text: str) -> list[Mention]:
    """Metrics that are steps to a level: "99% validation accuracy" is one of them, no accuracy."""
    found: list[Mention] = []
    for pattern, ids in _thresholds(tuple((m.key, m.name) for m in evidence.metrics)):
        for match in pattern.finditer(text):
            found.append(Mention("metric", ids, match.start(), match.end()))
    return found


@lru_cache(maxsize=64)
def _thresholds(metrics: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    by_name: dict[str, list[str]] = {}
    for key, name in metrics:
        by_name.setdefault(name, []).append(key)
    found = []
    for name, keys in by_name.items():
        expression = threshold_pattern(name)
        if expression is not None:
            found.append((re.compile(expression, re.I), tuple(keys)))
    return tuple(found)


_BOTH = re.compile(
    r"\b(?P<first>train(?:ing)?)(?:\s*/\s*|,? and )(?P<second>val(?:idation)?|test(?:ing)?|eval(?:uation)?)\s+"
    r"(?P<what>loss(?:es)?|acc(?:urac(?:y|ies))?|errors?|perplexit(?:y|ies)|times?)\b",
    re.I,
)


def paired_mentions(text: str, metrics: dict[str, tuple[str, ...]]) -> list[Mention]:
    """Two metrics in one: "training and validation loss"."""
    found: list[Mention] = []
    for match in _BOTH.finditer(text):
        for part in ("first", "second"):
            ids = metrics.get(f"{match.group(part)} {match.group('what')}".lower(), ())
            if ids:
                end = match.end() if part == "second" else match.end(part)
                found.append(Mention("metric", ids, match.start(part), end))
    return found


def more_mentions(
    evidence: Evidence, labels: Labels, chosen: tuple[str, ...], text: str, found: list[Mention]
) -> list[Mention]:
    """Mentions that are no plain names; what overlaps a plain name is left out."""
    for match in _RUNS.finditer(text):
        ids = _of_runs(evidence, match.group(1))
        if ids:
            found = [m for m in found if m.kind != "variant" or m.end <= match.start() or m.start >= match.end()]
            found.append(Mention("variant", ids, match.start(), match.end()))
    for mention in _by_words(evidence, labels, text):
        # "gate and warm-up" names another run than the "gate" in it.
        within = [m for m in found if m.kind == "variant" and mention.start <= m.start and m.end <= mention.end]
        plain = not re.search(
            r"[,;:.()]|\b(?:than|vs|versus|without|over|against)\b", text[mention.start : mention.end]
        )
        if plain and all(m.end - m.start < mention.end - mention.start for m in within):
            found = [m for m in found if m not in within]
        _add(found, mention)
    for match in _OURS.finditer(text):
        apposed = any(m.kind == "variant" and text[m.end : match.start()] in (" (", ", ", " [") for m in found)
        if not apposed and not re.search(r"\bbaseline\b", match.group(), re.I):
            _add(found, Mention("variant", chosen, match.start(), match.end()))
    whole = text.strip().lower()
    alone = tuple(v.id for v in evidence.variants.values() if whole in {n.lower() for n in v.names})
    if alone and not any(m.kind == "variant" for m in found):
        found.append(Mention("variant", alone, 0, len(text)))
    return found


def _add(found: list[Mention], mention: Mention) -> None:
    if not any(m.kind == "variant" and m.start < mention.end and m.end > mention.start for m in found):
        found.append(mention)


def _of_runs(evidence: Evidence, numbers: str) -> tuple[str, ...]:
    wanted = re.findall(r"\d+", numbers)
    if len(wanted) == 2 and re.search(r"\d\s*(?:[-–]|to)\s*\d", numbers):
        wanted = [str(n) for n in range(int(wanted[0]), min(int(wanted[1]), int(wanted[0]) + 50) + 1)]
    known = {n.lower(): v.id for v in evidence.variants.values() for n in v.names}
    return tuple(known[f"run {n}"] for n in wanted if f"run {n}" in known)


@lru_cache(maxsize=64)
def _keys(titles: tuple[tuple[str, str], ...], topic: frozenset[str]) -> tuple[tuple[str, frozenset[str]], ...]:
    """The words of each title that tell it from the others, largest set first."""
    every = {v: stems(title) - _LIGHT for v, title in titles}
    keys = []
    for variant, own in every.items():
        inside = sum(own <= other for v, other in every.items() if v != variant)
        if len(own) >= 2 and inside < 2 and not own <= topic:
            keys.append((variant, own))
    return tuple(sorted(keys, key=lambda pair: -len(pair[1])))


def _by_words(evidence: Evidence, labels: Labels, text: str) -> list[Mention]:
    """Titles in other words: all telling words of one within a short stretch of the text."""
    titles = tuple((v.id, v.title) for v in evidence.variants.values() if not v.baseline)
    words = [(m.start(), m.end(), stem(m.group().lower())) for m in re.finditer(r"[A-Za-z][A-Za-z0-9]*", text)]
    found: list[Mention] = []
    for variant, key in _keys(titles, labels.topic):
        window = _window(words, key)
        if window is not None:
            _add(found, Mention("variant", (variant,), *window))
    for mention in _by_numbers(titles, text, words):
        _add(found, mention)
    bound = tuple(name for name, _ in labels.bound)
    for variant, telling, rest in _telling(titles, labels.topic, bound):
        for (start, end, word), (next_start, next_end, other) in pairwise(words):
            pair = {word, other}
            added = text[start:end].lower() in _ADDING and other in telling
            if word != other and next_start - end <= 1 and ((pair & telling and pair & rest) or added):
                _add(found, Mention("variant", (variant,), start, next_end))
    return found


def _by_numbers(titles: tuple[tuple[str, str], ...], text: str, words: Sequence[tuple[int, int, str]]) -> list[Mention]:
    """Titles that only their number tells apart: "the fixed penalty of 0.1" is "Fixed penalty (0.1)"."""
    found: list[Mention] = []
    for value, same in _numbered(titles).items():
        for match in re.finditer(rf"(?<![\w.-]){re.escape(value)}(?!\.?\w|%)", text):
            near = [w for w in words if w[1] <= match.start()][-4:] + [w for w in words if w[0] >= match.end()][:2]
            clause = max(text.rfind(sign, 0, match.start()) for sign in ",;:.(")
            near = [w for w in near if w[0] > clause and "." not in text[match.end() : w[0]]]
            shares = {v: [w for w in near if w[2] in own] for v, own in same.items()}
            best = max(shares, key=lambda v: len(shares[v]))
            if 2 * len({w[2] for w in shares[best]}) >= len(same[best]) and _alone(best, shares):
                start = min(match.start(), *(w[0] for w in shares[best]))
                end = max(match.end(), *(w[1] for w in shares[best]))
                found.append(Mention("variant", (best,), start, end))
    return found


def _alone(best: str, shares: dict[str, list[tuple[int, int, str]]]) -> bool:
    return bool(shares[best]) and all(len(s) < len(shares[best]) for v, s in shares.items() if v != best)


@lru_cache(maxsize=64)
def _numbered(titles: tuple[tuple[str, str], ...]) -> dict[str, dict[str, frozenset[str]]]:
    """Number -> variants whose titles hold it, with their other words; only where a sister's holds another."""
    parted = {v: (re.findall(r"(?<![\w.-])\d+(?:\.\d+)?(?!\.?\w)", title), title) for v, title in titles}
    bare = {v: frozenset(s for s in stems(t) - _LIGHT if not s[0].isdigit()) for v, (_, t) in parted.items()}
    found: dict[str, dict[str, frozenset[str]]] = {}
    for variant, (numbers, _) in parted.items():
        sisters = [v for v in bare if v != variant and bare[v] == bare[variant]]
        for value in numbers if len(numbers) == 1 and bare[variant] and sisters else ():
            found.setdefault(value, {})[variant] = bare[variant]
    return found


@lru_cache(maxsize=64)
def _telling(
    titles: tuple[tuple[str, str], ...], topic: frozenset[str], bound: tuple[str, ...]
) -> tuple[tuple[str, frozenset[str], frozenset[str]], ...]:
    """Words that only one title has, with its other words: "cosine schedule" is the Cosine Noise Schedule."""
    every = {v: stems(title) - _LIGHT for v, title in titles}
    found = []
    for variant, own in every.items():
        others = frozenset(s for v, known in every.items() if v != variant for s in known)
        named = frozenset(s for name in bound for s in stems(name))
        telling = frozenset(s for s in own - others - topic - named if len(s) > 3)
        if telling and own - telling:
            found.append((variant, telling, own - telling))
    return tuple(found)


def _window(words: Sequence[tuple[int, int, str]], key: frozenset[str]) -> tuple[int, int] | None:
    """Start and end of the first short stretch that holds every word of the key."""
    size = len(key) + 3
    for at, (start, _, word) in enumerate(words):
        if word not in key:
            continue
        missing = set(key)
        for _, end, other in words[at : at + size]:
            missing.discard(other)
            if not missing:
                return start, end
    return None

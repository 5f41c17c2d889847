"""Effects told of every data set, or as consistent: one that goes the other way makes them false."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hakken.core.types import Direction, Finding
from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.phrases import DENIED, NEGATED, contradiction, is_open
from hakken.research.papers.audit.language.topics import DATASETS, Topic, Topics
from hakken.research.papers.audit.records.effects import Effect, Effects

_EFFECT = (
    r"(?P<good>improv\w+|outperform\w*|surpass\w*|gains?\b|better\b|superior\w*|enhances?\b|boosts?\b|benefi\w+"
    r"|accelerat\w+|faster\b)"
    r"|(?P<down>reduc\w+|decreas\w+|lower\w*|drop(?!out)\w*)|(?P<up>increas\w+|higher\b|rais\w+)"
    r"|(?P<kept>maintain\w*|preserv\w+|without (?:sacrificing|compromising|degrading))"
)
_ALL = rf"(?:all|every|each|both)(?: of)?(?: the| our| these)?(?: [\w-]+){{0,3}}? {DATASETS}"
_PATTERNS = (
    re.compile(rf"\b(?:{_EFFECT})[^.;:]{{0,90}}?\b(?:across|on|for|in|over) {_ALL}", re.I),
    re.compile(rf"\b(?:[Aa]cross|[Oo]n|[Ff]or|[Ii]n|[Oo]ver) {_ALL}[^.;:]{{0,60}}?\b(?:{_EFFECT})", re.I),
    re.compile(rf"\b(?<!more )(?<!less )consisten(?:t|tly)\b(?: and)?(?: [\w-]+){{0,2}}? (?:{_EFFECT})", re.I),
    re.compile(rf"\b(?:{_EFFECT})(?: [\w-]+){{0,4}}? consistently\b", re.I),
    re.compile(rf"^\W*{_ALL} (?:\w+ )?(?:showed|saw|show|exhibit\w*|achiev\w+)[^.;:]{{0,30}}?\b(?:{_EFFECT})", re.I),
)
_THAN = re.compile(
    r"\b(?:than|over|compared (?:to|with)|relative to|versus|vs\.?|outperform\w*"
    r"|surpass\w*|beats?)\s+(?:(?:that|those) of )?(?:the )?$",
    re.I,
)
_SPREAD_OUT = re.compile(rf"\b(?:across|over|on|for|in)\b[^.;]*\b{DATASETS}\b", re.I)
_EXCEPT = re.compile(
    r"\bexcept\b|\bbut (?:not|the)\b|\bwith the exception\b|\bapart from\b|\bmost (?:of|data|tasks)\b|\bmany\b", re.I
)


def check_universal(unit: Unit, topic: Topic, topics: Topics) -> Finding | None:
    """A claim about every data set that holds for no variant that it can mean."""
    for pattern in _PATTERNS:
        match = pattern.search(topic.text)
        if match is None or _EXCEPT.search(topic.text):
            continue
        left, right = topic.text[: match.start()], topic.text[match.end() :]
        if is_open(left) or NEGATED.search(left) or re.search(r"\bnot\b|n't\b|-enhanced", match.group()):
            continue
        if DENIED.match(right.split(",")[0]):
            continue
        if "consisten" in match.group().lower() and not _SPREAD_OUT.search(topic.text):
            continue
        groups = _groups(topic, topics, match)
        if not groups or any(_holds(group, match, topics.effects) for group in groups):
            continue
        best = max(groups, key=lambda g: (sum(_right(e, match, topics.effects) for e in g), sum(e.relative for e in g)))
        said = re.sub(r"\s+", " ", match.group())
        return contradiction("false", unit, f"says “{said if len(said) < 90 else said[:87] + '…'}”",
                             _told(best, match, topics.effects), "every variant, on every data set")  # fmt: skip
    return None


def _groups(topic: Topic, topics: Topics, match: re.Match[str]) -> list[list[Effect]]:
    """For every variant and metric that may be meant, the comparisons on all its data sets."""
    effects = topics.effects
    about = topics.of(match.group())
    keys = about.keys or topic.keys
    if keys and keys <= effects.costs and match.groupdict().get("good"):
        return []
    keys = (keys if keys <= effects.costs else keys - effects.costs) or effects.results
    names = dict.fromkeys(effects.name(k) for k in sorted(keys))
    against = _against(topic, match)
    named = topic.variants - {against}
    variants = [v for v in effects.treated if (not named or v in named) and v != against]
    found = []
    for variant in variants:
        for name in names:
            every = [m.key for m in topics.evidence.metrics if m.name == name]
            group = effects.every([variant], every, against)
            if len(group) > 1:
                found.append(group)
    return found


def _against(topic: Topic, match: re.Match[str]) -> str | None:
    """The variant that stands behind "than" or its like; None for the baseline."""
    named = [m for m in topic.mentions if m.kind == "variant" and len(m.ids) == 1 and m.start >= match.start()]
    rivals = [m for m in named if _THAN.search(topic.text[match.start() : m.start])]
    return rivals[0].ids[0] if rivals else None


def _kind(match: re.Match[str]) -> str:
    return next(k for k, v in match.groupdict().items() if v)


def _right(effect: Effect, match: re.Match[str], effects: Effects) -> bool:
    kind = _kind(match)
    if kind in ("down", "up"):
        # "Reductions in accuracy" is odd, but "reductions" of what shall rise is read as meant: a gain.
        direction = effects.evidence.direction(effect.metric)
        if direction is Direction.MAX and kind == "down":
            return (effect.gain or 0.0) >= 0
        return effect.difference < 0 if kind == "down" else effect.difference > 0
    if kind == "kept":
        return (effect.gain or 0.0) >= -0.005 * abs(effect.base)
    return (effect.gain or 0.0) >= 0


def _holds(group: Iterable[Effect], match: re.Match[str], effects: Effects) -> bool:
    return all(_right(e, match, effects) for e in group)


def _told(group: list[Effect], match: re.Match[str], effects: Effects) -> str:
    title = effects.evidence.variants[group[0].variant].title
    wrong = [e for e in group if not _right(e, match, effects)]
    shown = "; ".join(f"{e.metric} {e.base:.4g} to {e.mean:.4g}" for e in wrong[:4])
    return f"even {title}, which comes closest, has it otherwise on {len(wrong)} of {len(group)}: {shown}"

"""Effects told as significant or consistent, against what replicates can show."""

from __future__ import annotations

import re

from hakken.core.types import Finding
from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.phrases import DENIED, NEGATED, clause, contradiction, is_open
from hakken.research.papers.audit.language.topics import COSTLY, Topic, Topics
from hakken.research.papers.audit.records.effects import Effect, Effects, Standing

_GOOD = (
    r"improv\w+|outperform\w*|surpass\w*|gains?\b|better\b|superior\w*|enhanc\w+|boost\w*|accelerat\w+|speed-?ups?\b"
    r"|reduc\w+|decreas\w+|lower\w*|higher\b|increas\w+|faster\b|advantages?\b|benefits?\b|effect(?:s|ive\w*)?\b"
)
_STRONG = r"(?:statistically |highly )?significan(?:t|tly|ce)|consisten(?:t|tly|cy)|reliabl[ey]|robust(?:ly)?"
_CLAIM = re.compile(
    rf"\b(?P<strong>{_STRONG})\b(?:[,]? (?:and )?[\w-]+){{0,2}}? (?P<good>{_GOOD})"
    rf"|\b(?P<good2>{_GOOD})(?: [\w-]+){{0,6}}? (?P<strong2>statistically significan\w+|significantly|consistently)\b",
    re.I,
)
_NO_EFFECT = re.compile(
    r"\b(?:steps?|advance\w*|contributions?|potential|promise|challenges?|insights?|progress|role|attention|interest)\b",
    re.I,
)
_NEAR = 28
"""Characters behind a claim within which its object stands."""
_AFTER = re.compile(r"\b(?:times?|costs?|overhead|complexity|memory)\b[\w ]{0,14}$", re.I)
_WEAKENED = re.compile(r"\b(?:more|less|in)[- ]?$|\bnot (?:\w+ )?$", re.I)


def check_significance(unit: Unit, topic: Topic, topics: Topics) -> Finding | None:
    """A sentence that tells a significant or consistent effect which no replicates carry."""
    for match in _CLAIM.finditer(topic.text):
        start, stop = clause(match, topic.text)
        left, right = topic.text[start : match.start()], topic.text[match.end() : stop]
        if is_open(left) or NEGATED.search(left) or _WEAKENED.search(left) or DENIED.search(right):
            continue
        if re.search(r"\bnot\b|n't\b", match.group()) or _NO_EFFECT.search(match.group()):
            continue
        near = topics.of(topic.text[start:stop])
        costly = COSTLY.search(topic.text[match.start() : min(stop, match.end() + _NEAR)]) is not None
        about_costs = costly or (_AFTER.search(left) is not None and COSTLY.search(left) is not None)
        if about_costs or (near.keys and near.keys <= topics.effects.costs):
            continue
        effects = _meant(near if near.keys else topic, topic, topics)
        if not effects or any(e.standing is Standing.BETTER for e in effects):
            continue
        said = match.group("strong") or match.group("strong2")
        return contradiction("statistics", unit, f"says “{_short(match.group())}”", _why(effects, topics.effects),
                             f"“{said.lower()}” needs replicates whose interval excludes zero")  # fmt: skip
    return None


def _meant(near: Topic, topic: Topic, topics: Topics) -> list[Effect]:
    """The comparisons that a claim may rest on: all that it does not exclude by name."""
    effects = topics.effects
    named = list(dict.fromkeys(m.ids[0] for m in topic.mentions if m.kind == "variant" and len(m.ids) == 1))
    if effects.baseline is None and len(named) == 2:
        wanted = (near.keys - effects.costs) or topics.on(effects.results, topic.datasets)
        return effects.every(named[:1], sorted(wanted), named[1]) + effects.every(named[1:], sorted(wanted), named[0])
    keys = (near.keys - effects.costs) or topics.on(effects.results, topic.datasets)
    variants = [v for v in effects.treated if not topic.variants or v in topic.variants]
    return effects.every(variants, sorted(keys))


def _why(effects: list[Effect], known: Effects) -> str:
    if all(e.standing is Standing.EQUAL for e in effects):
        return "the means are equal"
    if all(e.standing in (Standing.SINGLE, Standing.EQUAL) for e in effects):
        return "every value that this can rest on was measured once: nothing tells it from noise"
    best = max(effects, key=lambda e: e.relative)
    title = known.evidence.variants[best.variant].title
    return (
        f"no interval excludes zero in favour of a variant; the largest gain is {title} on {best.metric}: "
        f"{best.base:.4g} to {best.mean:.4g}, n = {best.n}, {best.standing.value}"
    )


def _short(text: str) -> str:
    return text if len(text) < 60 else text[:57] + "…"

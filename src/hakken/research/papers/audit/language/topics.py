"""What a sentence speaks of: whose results, which variants, metrics and data sets, and in what tone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hakken.research.papers.audit.document.document import CITED, Document, Unit, UnitKind, is_prose
from hakken.research.papers.audit.language.numbers import normalise
from hakken.research.papers.audit.language.phrases import RULE
from hakken.research.papers.audit.language.scope import Mention, Names
from hakken.research.papers.audit.records.effects import Effects
from hakken.research.papers.audit.records.evidence import Evidence

DATASETS = (
    r"(?:data ?sets?|tasks?|benchmarks?|domains?|environments?|problems?|corpora|corpus|settings?|operations?|games?)"
)
"""Nouns for that which results are spread over."""
_ELSEWHERE = re.compile(r"related|background|preliminar|motivation|future|broader|introduction|problem", re.I)
_CONCLUDING = re.compile(r"conclu|discussion|results|summary", re.I)
_FIELD = r"related|background|preliminar|future|broader"
_EVALUATED = re.compile(r"\bdemonstrat\w+|\bevaluations?\b|\bexperiments?\b|\bempirical\b", re.I)
_ON = re.compile(r"\b(?:on|for|across|the)\s+(?:the )?$", re.I)
"""What stands before a data set that is named by a plain word."""
_PLAIN = frozenset(["add", "plus", "sub", "minus", "div", "divide", "perm"])
"""Names of data sets that are also words of any text."""
_EXAMPLE = re.compile(
    r"\b(?:including|such as|like|e\.g\.|particularly|especially|notably"
    r"|for (?:example|instance)) (?:[\w-]+,? ){0,8}?$",
    re.I,
)
"""What stands before data sets that are named as examples of all."""
_OTHERS = re.compile(
    r"^\W*(?:Their|They|These (?:works?|methods?|models?|approaches|systems|techniques)|Existing|Previous|Prior|Recent"
    r"|Traditional|Earlier|Other|Many|Some|Most|Several|While (?:existing|previous|prior)|\[@)"
)
_FIELD_AT_LARGE = re.compile(
    r"\b(?:in recent years|recently|in the literature|over the (?:past|last)|have (?:emerged|become|been shown))\b",
    re.I,
)
_OWN = re.compile(
    r"\b(?:we|our|ours|us)\b|\b(?:this|the present) (?:paper|work|study)\b|\bproposed\b|\bin this (?:run|experiment"
    r"|configuration)\b", re.I
)  # fmt: skip
_REACH = re.compile(
    r"\b(?:time|steps?|iterations?|epochs?|updates)\s+(?:required |needed |taken |necessary )?(?:to|for|until)"
    r"\s+(?:achiev|reach|attain|obtain|hit|converg|\d)\w*|\bconvergence\b|\btime to convergence\b|\bconverg(?:es?|ed)\b"
    r"|\bgrokk?ing (?:speed|time|process)\b|\blearning speed\b",
    re.I,
)
_STEPS = re.compile(r"(?:^|[ _])(?:steps?|epochs?|iters?|iterations?|updates)(?:[ _]|$)|converge|time[ _]to", re.I)
GENERIC = (
    (re.compile(r"\baccurac(?:y|ies)\b", re.I), re.compile(r"acc", re.I)),
    (re.compile(r"\bloss(?:es)?\b", re.I), re.compile(r"loss|nll", re.I)),
    (re.compile(r"\bdivergences?\b", re.I), re.compile(r"diverg|kl", re.I)),
    (re.compile(r"\bcalibrat(?:ion|ed)\b", re.I), re.compile(r"calib|\bece\b", re.I)),
    (re.compile(r"\bperplexity\b", re.I), re.compile(r"ppl|perplex", re.I)),
    (re.compile(r"\bspeed\b|\bthroughput\b", re.I), re.compile(r"per.?sec|throughput|speed|fps", re.I)),
    (re.compile(r"\b(?:training|train|run(?:ning)?) times?\b", re.I), re.compile(r"train.*time|time.*train", re.I)),
    (re.compile(r"\binference times?\b", re.I), re.compile(r"infer.*time", re.I)),
)
"""Words that name a family of metrics."""
COSTLY = re.compile(
    r"\b(?:comput\w+ (?:costs?|complexity|overhead|requirements?|resources?|efficiency|demands?|expense|time)|overhead"
    r"|(?:training|inference|wall[- ]clock|run)[- ]?times?|costs?|memory|runtime|parameters?|throughput)\b",
    re.I,
)


@dataclass(frozen=True)
class Topic:
    """What one sentence is about; empty sets mean that nothing was said."""

    text: str
    mentions: tuple[Mention, ...]
    variants: frozenset[str]
    """Named variants, the baseline aside."""
    keys: frozenset[str]
    """Metrics that it names, on the data sets that it names."""
    datasets: frozenset[str]
    places: tuple[tuple[str, int], ...]
    """Where it names each data set."""
    costly: bool
    """It speaks of what something costs."""


class Topics:
    """Reads sentences of one paper against the names of one record."""

    def __init__(self, evidence: Evidence, names: Names, effects: Effects) -> None:
        self.evidence = evidence
        self.names = names
        self.effects = effects

    def of(self, text: str) -> Topic:
        """The topic of a sentence or a part of one."""
        clean = RULE.sub(lambda m: " " * len(m.group()), normalise(text))
        mentions = tuple(self.names.find(clean))
        places = self._places(clean, [m for m in mentions if m.kind == "dataset"])
        datasets = frozenset(d for d, _ in places)
        variants = frozenset(i for m in mentions if m.kind == "variant" for i in m.ids) - {self.evidence.baseline or ""}
        return Topic(
            text=clean,
            mentions=mentions,
            variants=variants,
            keys=self.on(self.metrics(clean, mentions), datasets),
            datasets=datasets,
            places=places,
            costly=COSTLY.search(clean) is not None,
        )

    def _places(self, text: str, mentions: list[Mention]) -> tuple[tuple[str, int], ...]:
        """Data sets that a text names: plain words such as "line" only where something tells that they are one."""
        several = len({m.ids for m in mentions}) > 1
        found = []
        for mention in mentions:
            word, left = text[mention.start : mention.end], text[: mention.start]
            plain = word.isalpha() and not word[0].isupper()
            told = several or _ON.search(left) or re.search(rf"^\W*{DATASETS}\b", text[mention.end :])
            if len(mention.ids) != 1 or word.lower() in _PLAIN or _EXAMPLE.search(left) or (plain and not told):
                continue
            found.append((mention.ids[0], mention.start))
        return tuple(found)

    def metrics(self, text: str, mentions: Iterable[Mention]) -> frozenset[str]:
        """Keys of the metrics that a text names, on every data set."""
        reached = frozenset(m.key for m in self.evidence.metrics if _STEPS.search(m.name)) - self.effects.costs
        if reached and _REACH.search(text):
            return reached
        named = {i for m in mentions if m.kind == "metric" for i in m.ids}
        if named:
            return frozenset(k for i in named for k in self.effects.same_metric(i))
        return frozenset(
            m.key for word, sign in GENERIC if word.search(text) for m in self.evidence.metrics if sign.search(m.name)
        )

    def paces(self, keys: frozenset[str], text: str) -> frozenset[str]:
        """The metrics that "faster" can be about: those named, else steps to a level, else the times that are named."""
        timed = frozenset(
            m.key for m in self.evidence.metrics if _STEPS.search(m.name) or m.key in self.effects.costs
        ) - frozenset(m.key for m in self.evidence.metrics if "mem" in m.name or "param" in m.name)
        if keys & timed:
            return keys & timed
        steps = timed - self.effects.costs
        part = "infer" if re.search(r"\binfer|\bgenerat|\bsampling", text, re.I) else "train"
        spoken = re.search(r"\binfer|\bgenerat|\bsampling|\btrain", text, re.I) is not None
        if steps and not spoken:
            return steps
        return frozenset(k for k in timed & self.effects.costs if spoken and part in self.effects.name(k))

    def on(self, keys: Iterable[str], datasets: frozenset[str]) -> frozenset[str]:
        """Of some metrics those on the named data sets."""
        return frozenset(k for k in keys if not datasets or self.evidence.metric(k).dataset in datasets)

    def about_own_results(self, unit: Unit) -> bool:
        """Whether a sentence speaks of this paper's own results."""
        text = unit.text
        if not is_prose(unit) or unit.kind is UnitKind.TITLE:
            return False
        own = _OWN.search(text) is not None
        if (unit.cites or CITED in text) and not re.search(r"\b(?:our|we) ", text):
            return False
        if (_OTHERS.search(text) or _FIELD_AT_LARGE.search(text)) and not own:
            return False
        if re.search("introduction", unit.section, re.I) and _EVALUATED.search(text):
            return True
        return own or not _ELSEWHERE.search(unit.section) or _CONCLUDING.search(unit.section) is not None

    def about_own_work(self, unit: Unit) -> bool:
        """Whether a sentence speaks of what this paper did, set-up and method included."""
        own = _OWN.search(unit.text) is not None
        return own or not (_OTHERS.search(unit.text) or re.search(_FIELD, unit.section, re.I))


def with_context(document: Document) -> list[tuple[Unit, tuple[Unit, ...]]]:
    """Every prose unit with the prose units before it in the same block, nearest last."""
    found: list[tuple[Unit, tuple[Unit, ...]]] = []
    earlier: tuple[Unit, ...] = ()
    block: tuple[str, int] | None = None
    for unit in document.units:
        if not is_prose(unit):
            continue
        here = (unit.section, unit.paragraph)
        earlier = earlier if here == block else ()
        found.append((unit, earlier))
        earlier, block = (*earlier, unit), here
    return found

"""Which way a paper says that a metric is better: "lower is better", an arrow in a header."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hakken.core.types import Direction, Finding
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind, is_prose
from hakken.research.papers.audit.language.numbers import normalise
from hakken.research.papers.audit.language.phrases import contradiction
from hakken.research.papers.audit.language.scope import Mention, Names
from hakken.research.papers.audit.records.evidence import Evidence

_SAID = re.compile(
    r"\b(?P<way>lower|smaller|less|fewer|higher|larger|more|greater)\b(?P<what>[\w .-]{0,40}?)"
    r"(?:,? (?:is|are|being|means?|meaning|indicates?))? (?:the )?better\b(?: for (?P<whom>[\w .-]{2,40}))?",
    re.I,
)
_DOWN = frozenset(["lower", "smaller", "less", "fewer"])
_ARROW = re.compile(r"^\s?[(\[]?\s?(?P<arrow>[↑↓])")
_OPEN = re.compile(r"\brespectively\b|\bnot\b|\bwhether\b|\bif\b|\bno better\b|\bformer\b|\blatter\b", re.I)


def check_stated(document: Document, evidence: Evidence, names: Names) -> Iterator[Finding]:
    """Directions that a paper states against those that the record declares, or that the metric's name tells."""
    for unit in document.units:
        if unit.kind in (UnitKind.CODE, UnitKind.EQUATION, UnitKind.CELL):
            continue
        text = normalise(unit.text)
        if "better" in text and is_prose(unit) and not unit.cites and not _OPEN.search(text):
            for match in _SAID.finditer(text):
                said = Direction.MIN if match.group("way").lower() in _DOWN else Direction.MAX
                yield from _judged(unit, match.group().strip(), said, _meant(match, names.find(unit.text)), evidence)
        if "↑" in text or "↓" in text:
            for mention in names.find(unit.text):
                arrow = _ARROW.match(text[mention.end :])
                if mention.kind == "metric" and arrow:
                    said = Direction.MAX if arrow.group("arrow") == "↑" else Direction.MIN
                    yield from _judged(unit, text[mention.start : mention.end] + arrow.group(), said, mention, evidence)


def _meant(match: re.Match[str], mentions: list[Mention]) -> Mention | None:
    """The metric of a stated direction: inside the words, else behind "for", else the last one before."""
    metrics = [m for m in mentions if m.kind == "metric"]
    inside = [m for m in metrics if match.start("what") <= m.start < match.end()]
    if inside or match.group("whom"):
        return inside[0] if inside else None
    what = match.group("what").split()
    if what and what[0].lower() not in ("is", "are", "values", "value", "scores", "score", "numbers"):
        return None  # it speaks of something that the record does not know
    before = [m for m in metrics if m.end <= match.start()]
    return before[-1] if before else None


def _judged(unit: Unit, says: str, said: Direction, mention: Mention | None, evidence: Evidence) -> Iterator[Finding]:
    known = {evidence.direction(k) for k in mention.ids} if mention else set()
    if len(known) != 1 or None in known or known == {said}:
        return
    metric = evidence.metric(mention.ids[0]).label if mention else ""
    way = "higher" if said is Direction.MIN else "lower"
    record = f"of {metric}, {way} is better"
    yield contradiction("reversed", unit, f"says “{says}”", record, "directions of the metrics")

"""Studies that a paper tells of and that left nothing in the record: user studies, ablations, deployments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind, is_prose
from hakken.research.papers.audit.language.phrases import NEGATED, is_open
from hakken.research.papers.audit.language.topics import Topics
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.records.effects import Effects
from hakken.research.papers.audit.records.evidence import Evidence
from hakken.research.papers.audit.records.words import stems

_STUDIES = re.compile(
    r"\b(?P<study>user stud(?:y|ies)|human (?:evaluations?|stud(?:y|ies)|judg\w+|raters?|annotators?|evaluators?)"
    r"|crowd-?sourc\w+|surveys? (?:of|among|with) \w+|expert (?:evaluations?|annotators?|raters?|reviewers?)"
    r"|A/B tests?|online experiments?|clinical trials?|deployed in production|cross-validat\w+"
    r"|(?:\d+|\w+teen|ten|twenty|thirty) (?:human )?(?:participants|annotators|raters))\b",
    re.I,
)
_ABLATION = re.compile(r"\bablat(?:ion|ions|ed|ing)\b", re.I)
_PART_OUT = re.compile(
    r"\babl\w+(?: stud(?:y|ies)| experiments?)? (?:without|that (?:removes?|drops?|omits?)|removing|of) "
    r"(?:the |an? |our )?(?P<part>[a-z][\w-]*(?: [a-z][\w-]*){0,1})\b",
    re.I,
)
"""An ablation, and the part that it took out."""
_VAGUE = stems("component module part parameter effect study each both")
_NOBODY = "no recorded run has the numbers of"


def check_unrecorded(
    document: Document, evidence: Evidence, matches: Sequence[Match], topics: Topics
) -> Iterator[Finding]:
    """At most one finding a sentence."""
    known = " ".join(
        [*evidence.metric_names, *evidence.quoted, *evidence.notes, *(v.title for v in evidence.variants.values())]
        + [text for files in (evidence.pristine, *evidence.sources.values()) for text in files.values()]
    ).lower()
    invented = _invented_ablation(matches) or _no_ablation(evidence, topics.effects)
    for unit in document.units:
        if not is_prose(unit) or unit.kind is UnitKind.TITLE or unit.table is not None:
            continue
        if not topics.about_own_work(unit):
            continue
        match = _STUDIES.search(unit.text)
        if match is not None and _asserted(unit, match) and match.group("study").lower().split()[-1] not in known:
            yield _make(unit, match.group("study"), "the record holds nothing of the kind")
        elif (part := _PART_OUT.search(unit.text)) is not None and _strange_part(part, known) and _asserted(unit, part):
            yield _make(unit, part.group(), "no run, note or source of the record knows this part")
        elif invented and (match := _ABLATION.search(unit.text)) is not None and _asserted(unit, match):
            yield _make(unit, match.group(), invented)


def _strange_part(match: re.Match[str], known: str) -> bool:
    """Whether the record knows none of the words of a part that is said to have been taken out."""
    words = stems(match.group("part").replace("-", " ")) - _VAGUE
    return bool(words) and not words & _stems_of(known)


@lru_cache(maxsize=8)
def _stems_of(text: str) -> frozenset[str]:
    return stems(text)


def _asserted(unit: Unit, match: re.Match[str]) -> bool:
    left = unit.text[: match.start()]
    return not (unit.cites or is_open(left) or NEGATED.search(left) or re.search(r"\bfuture\b", unit.text, re.I))


def _invented_ablation(matches: Sequence[Match]) -> str:
    """The table of an ablation of which rows belong to no run."""
    for match in matches:
        table = f"{match.unit.caption} {match.unit.section}"
        if match.verdict is not Verdict.SUPPORTED and _NOBODY in match.evidence and _ABLATION.search(table):
            return f"{_NOBODY} “{match.label}” in the table of the ablation"
    return ""


def _no_ablation(evidence: Evidence, effects: Effects) -> str:
    """A record of a baseline and one variant holds no ablation."""
    if len(effects.treated) > 1 or any(v.ablation for v in evidence.variants.values()) or not effects.treated:
        return ""
    return "the record holds a single variant, and nothing was taken out of it"


def _make(unit: Unit, says: str, record: str) -> Finding:
    return Finding(
        kind="missing_run",
        severity=Severity.ERROR,
        place=unit.place,
        sentence=unit.text,
        says=says,
        record=record,
        how="names of runs, metrics and sources",
    )

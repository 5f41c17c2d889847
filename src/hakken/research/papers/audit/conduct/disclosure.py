"""What a paper must say: failures, decisions by people, unequal costs, self-reported metrics, its author."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import inf
from statistics import fmean, median

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document, is_prose
from hakken.research.papers.audit.language.numbers import normalise
from hakken.research.papers.audit.language.roles import COSTS, Role
from hakken.research.papers.audit.language.scope import Names
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.records.evidence import Evidence

LIMIT = 0.10
"""Differences in cost above this share must be disclosed."""
_MAKER = r"(?:(?:AI|artificial intelligence|(?:large )?language models?|LLMs?|Hakken)\b)"
_PROGRAM = (
    r"(?:(?:an?|the|some) (?:(?!(?:of|who|that|with|for|in|on|and|by)\b)[\w-]+ ){0,3}?"
    r"(?:programs?|machines?|agents?|robots?)\b)"
)
_THIS = r"(?<!in )(?:this (?:paper|text|manuscript|article|report|draft|document)|the (?:paper|manuscript|article))\b"
_WROTE = r"(?:wrote|writes|generated|produced|authored|composed|drafted|made)\b"
_WRITTEN = r"\b(?:written|generated|produced|authored|composed|drafted|made)\b"
_IS = r"(?:was|were|is|are|has been|have been)"
_SENTENCE = r"(?:[^.]|\.(?=\d))"
"""A character of one sentence: versions have points."""
_PARTS = (
    r"(?:,?\s(?:all|both|most|every|each|the|whole|entire|text|prose|words?|sentences?|code|figures?|ideas?|and|of))*"
)
"""What an author may have made beside, or of, the paper."""
_AI = re.compile(
    rf"\b{_THIS}(?:(?:,| and| with){_SENTENCE}{{0,40}}?)? {_IS} (?:\w+ ){{0,2}}{_WRITTEN}{_SENTENCE}{{0,40}}?"
    rf"\b(?:(?:by|with|using|through)\b{_SENTENCE}{{0,40}}?\b{_MAKER}|by {_PROGRAM})"
    rf"|\b{_MAKER}{_SENTENCE}{{0,80}}?\b{_WROTE}{_PARTS},?\s{_THIS}"
    rf"|{_PROGRAM} {_WROTE}{_PARTS},?\s{_THIS}"
    rf"|\b{_MAKER}{_SENTENCE}{{0,20}}? {_IS} (?:the |its |an? )?(?:\w+ ){{0,2}}authors? of {_THIS}"
    rf"|\bauthors? of {_THIS},? {_IS}{_SENTENCE}{{0,30}}?\b(?:{_MAKER}|{_PROGRAM})"
    rf"|(?:^|[.:;] )(?:The|Its) authors? (?:is|are) (?:(?!(?:in|on|of|for|with|to|at|about|among)\b)[\w-]+,? ){{0,3}}?"
    rf"(?:{_MAKER}|{_PROGRAM})"
    r"|\bthis (?:is (?:an? )?(?:\w+ )?)?(?:AI|machine|program)[- ](?:written|generated|authored)"
    r" (?:paper|text|manuscript|article|report|draft|document)\b"
    r"|(?:^|[.:] )(?:An? )?(?:AI|machine)[- ](?:written|generated|authored) (?:paper|manuscript|article|report)\b"
    rf"|(?:^|[.:] ){_WRITTEN} by {_SENTENCE}{{0,40}}?\b{_MAKER}",
    re.I,
)
"""That the paper, and not something that it is about, is the work of a machine."""
_NOBODY = r"(?:human|person|people|one\b|man|manual|hand)"
_NOT_SO = re.compile(
    rf"\b(?:no|without)\b(?! (?:any )?{_NOBODY})|\bnot\b(?! (?:\w+ )?(?:by )?(?:an? )?{_NOBODY})"
    r"|\b(?:none|neither|nor|never|cannot)\b|n['’]t\b",
    re.I,
)
"""That something is not the work of one; that no person had a hand in it denies nothing."""
_BARE = re.compile(
    r"\b(?:without|no|not|lack of|weak)\s+(?:(?!without\b|no\b|not\b)\w+ ){0,2}"
    r"(?:isolation|isolated|sandbox(?:ed|ing)?)\b|\bunisolated\b",
    re.I,
)
_NOT_BARE = re.compile(
    r"\b(?:no|none|nothing|nobody|neither)\b(?! (?:more|less|longer|later|other)\b)"
    r"(?:(?!\b(?:and|but|so)\b)[^.;:,]){0,40}$"
    r"|(?:\b(?:not|never|cannot)\b|n['’]t)(?:\s\w+){0,2}\s$",
    re.I,
)
"""Before such words: that none of it was so."""


def check_disclosures(
    document: Document, evidence: Evidence, matches: Sequence[Match], names: Names
) -> Iterator[Finding]:
    """Every missing disclosure is an error."""
    text = " ".join(normalise(document.text).split())
    if evidence.failed and not _failures_told(text, evidence, matches):
        yield _missing("failures", "the number of failed trials", f"{evidence.failed} trials failed")
    for decision in evidence.decisions:
        if " ".join(normalise(decision).lower().split()).rstrip(".") not in text.lower():
            yield _missing("decision", "a decision by a person", decision)
    reported = [m for m in evidence.metrics if m.self_reported]
    if reported and not re.search(
        r"self[- ]reported|reported by the (?:experiment|program|script) itself|measured itself", text, re.I
    ):
        yield _missing(
            "self_reported", "which metrics the experiment measured itself", ", ".join(m.label for m in reported)
        )
    if not any(_is_said(match, text) for match in _AI.finditer(text)):
        yield _missing("authorship", "that a program wrote it", "the paper was written by an AI")
    if evidence.bare and all(_NOT_BARE.search(text[: match.start()]) for match in _BARE.finditer(text)):
        record = "trials ran where nothing stops the network or hides data"
        yield _missing("isolation", "that code ran without isolation", record)
    yield from _parity(document, evidence, matches, names)
    yield from _bounds(document, evidence, names)


def _is_said(match: re.Match[str], text: str) -> bool:
    """Whether its clause asserts, and does not deny, that a machine wrote the paper."""
    before = re.split(r"[.;:,]\s", text[: match.start()])[-1]
    return _NOT_SO.search(before + match.group()) is None


def _missing(kind: str, what: str, record: str) -> Finding:
    return Finding(
        kind=f"undisclosed_{kind}",
        severity=Severity.ERROR,
        place="Whole paper",
        sentence="",
        says=f"the paper does not say {what}",
        record=record,
        how="searched in the whole text",
    )


def _failures_told(text: str, evidence: Evidence, matches: Sequence[Match]) -> bool:
    told = any(
        m.role is Role.COUNT
        and m.verdict is Verdict.SUPPORTED
        and int(m.number.value) == evidence.failed
        and re.search(r"fail|crash|without result|timed out", m.unit.text + m.unit.column, re.I)
        for m in matches
    )
    return told or re.search(rf"\bfailed(?: trials)?(?::| =|,)? {evidence.failed}\b", text, re.I) is not None


def _ratios(evidence: Evidence, variant: str) -> dict[tuple[str, str], float]:
    """(split, kind) -> cost of the variant over the baseline's, the milder of means and medians; infinite over none."""
    found = {}
    for (name, split), costs in evidence.costs.items():
        base = evidence.costs.get((evidence.baseline or "", split))
        if name != variant or not base:
            continue
        for kind, field in (
            ("cpu_seconds", "cpu_seconds"),
            ("steps", "steps"),
            ("parameters", "parameters"),
            ("examples", "examples"),
        ):
            mine = [float(v) for _, c in costs if (v := getattr(c, field)) is not None]
            theirs = [float(v) for _, c in base if (v := getattr(c, field)) is not None]
            if mine and theirs and fmean(theirs) and median(theirs):
                both = (fmean(mine) / fmean(theirs), median(mine) / median(theirs))
                found[split, kind] = min(both, key=lambda r: abs(r - 1))
            elif mine and theirs and not any(theirs) and median(mine):
                found[split, kind] = inf
    return found


def _more(ratio: float, kind: str, split: str) -> str:
    what = kind.replace("_", " ")
    if ratio == inf:
        return f"{what} on {split} seeds, of which the baseline has none"
    return f"{ratio:.2f} times the baseline's {what} on {split} seeds"


def _parity(document: Document, evidence: Evidence, matches: Sequence[Match], names: Names) -> Iterator[Finding]:
    """A variant that the paper compares and that cost over a tenth more or less than the baseline must be said to."""
    mentioned = {
        i
        for u in document.units
        if is_prose(u) or u.row
        for m in names.find(u.text)
        if m.kind == "variant"
        for i in m.ids
    }
    for variant in sorted(mentioned):
        known = evidence.variants.get(variant)
        if known is None or known.baseline or not known.done:
            continue
        for (split, kind), ratio in _ratios(evidence, variant).items():
            if abs(ratio - 1) <= LIMIT or _told(matches, names, variant, kind):
                continue
            yield Finding(
                kind="unfair",
                severity=Severity.ERROR if _profits(evidence, variant, ratio) else Severity.WARNING,
                place="Whole paper",
                sentence="",
                says=f"{known.title} is compared with the baseline without its {kind.replace('_', ' ')}",
                record=_more(ratio, kind, split),
                how="costs of the trials",
            )


def _profits(evidence: Evidence, variant: str, ratio: float) -> bool:
    """The chosen variant must be compared fairly, and so must any that is said to be better and had more."""
    verdicts = {
        evidence.verdict(v, against, split, metric)
        for v, against, split, metric in evidence.contrasts
        if v == variant and against == evidence.baseline
    }
    return variant == evidence.chosen or ("better" in verdicts and ratio > 1)


def _told(matches: Sequence[Match], names: Names, variant: str, kind: str) -> bool:
    for match in matches:
        if (
            match.role not in (Role.COST, Role.COST_RATIO)
            or match.verdict is not Verdict.SUPPORTED
            or _is_trial_row(match)
        ):
            continue
        about = (
            match.unit.text
            if not match.unit.row
            else f"{match.unit.row[0][1]} {match.unit.column} {match.unit.caption}"
        )
        pattern = dict(COSTS)[kind]
        if pattern.search(about) and any(variant in m.ids for m in names.find(about) if m.kind == "variant"):
            return True
    return False


def _is_trial_row(match: Match) -> bool:
    return any(re.fullmatch(r"seed", head.strip(), re.I) for head, _ in match.unit.row)


def _bounds(document: Document, evidence: Evidence, names: Names) -> Iterator[Finding]:
    """``differed by at most 10 %`` must hold for every cost that the sentence names."""
    for unit in document.units:
        text = normalise(unit.text)
        match = re.search(r"differ\w*[^.]*? by (?:at most|less than|no more than) (\d+(?:\.\d+)?) %", text)
        if match is None or unit.row:
            continue
        share = float(match.group(1)) / 100
        kinds = {kind for kind, pattern in COSTS if pattern.search(text)}
        splits = {i for m in names.find(text) if m.kind == "split" for i in m.ids}
        for variant in {i for m in names.find(text) if m.kind == "variant" for i in m.ids} - {evidence.baseline}:
            ratios = _ratios(evidence, variant)
            if kinds and not any(not splits or split in splits for split, _ in ratios):
                yield Finding(
                    kind="unsupported",
                    severity=Severity.ERROR,
                    place=unit.place,
                    sentence=unit.text,
                    says=match.group(),
                    record="no costs of this variant are recorded there",
                    how="costs of the trials",
                )
            for (split, kind), ratio in ratios.items():
                if kind in kinds and (not splits or split in splits) and abs(ratio - 1) > share + 0.005:
                    yield Finding(
                        kind="unfair",
                        severity=Severity.ERROR,
                        place=unit.place,
                        sentence=unit.text,
                        says=match.group(),
                        record=_more(ratio, kind, split),
                        how="costs of the trials",
                    )

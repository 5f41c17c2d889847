"""Seeds, repeated runs, error bars and tests that a paper tells of, against how often things were measured."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document, Unit, is_prose
from hakken.research.papers.audit.language.numbers import WORDS, normalise
from hakken.research.papers.audit.language.topics import Topics
from hakken.research.papers.audit.records.effects import Effects
from hakken.research.papers.audit.records.evidence import Evidence

_COUNT = rf"(?P<count>\d+|{'|'.join(w for w in WORDS if ' ' not in w)}|multiple|several|different|various|many)"
_REPEATED = re.compile(
    rf"\b{_COUNT}(?: different| independent| separate| random)* (?:random )?seeds?\b"
    rf"|\b(?:averaged|average|averages|mean|means|aggregated|repeated|results?) (?:over|across|of|from) "
    rf"{_COUNT.replace('count', 'count2')}(?: different| independent| separate| random)* "
    r"(?:runs?|trials?|repetitions?|repeats?|replicates?|initiali[sz]ations?|seeds?)\b"
    rf"|\b{_COUNT.replace('count', 'count3')} independent (?:runs?|trials?|repetitions?|experiments?)\b"
    rf"|\b(?:repeated|run|ran|executed|trained) (?:\w+ )?{_COUNT.replace('count', 'count4')} times\b"
    r"|\bacross (?:all )?(?:random )?seeds\b|\bper seed\b",
    re.I,
)
_FIXED = re.compile(
    r"\b(?:a |the )?(?:fixed|same|constant|identical|common|specific) (?:random )?seeds?\b"
    r"|\b(?:random )?seeds? (?:of |to |= ?|was set to |set to |\()\s*\d+(?![\d.]*\.\d)(?!\d)|\bseeded\b",
    re.I,
)
_BARS = re.compile(
    r"\berror bars?\b|\bshaded (?:areas?|regions?|bands?)\b|\bconfidence intervals?\b"
    r"|\bstandard (?:errors?|deviations?)\b"
    r"|\bmean ?(?:±|\+/-|\\pm)|\bvariability (?:across|between) (?:runs|seeds)",
    re.I,
)
_TESTS = re.compile(
    r"\bstatistically significant\b|\bstatistical(?:ly)? significan\w+|\bt-?tests?\b|\bWilcoxon\b|\bMann[- ]Whitney\b"
    r"|\bANOVA\b|\bbootstrap(?:ped)?\b|\bp-?values?\b|(?<![\w-])p ?[<=] ?0?\.\d+",
    re.I,
)
_SEEDING = re.compile(
    r"manual_seed|random\.seed|random_state|default_rng\(|set_seed|PRNGKey|seed_everything|--seed|\bseed\s*=", re.I
)


def check_protocol(document: Document, evidence: Evidence, topics: Topics) -> Iterator[Finding]:
    """At most one finding a sentence and kind."""
    effects = topics.effects
    place, said = "", ""
    for unit in document.units:
        said = f"{said} {unit.text}" if unit.place == place else unit.text
        place = unit.place
        if not is_prose(unit) or (unit.cites and "our" not in unit.text) or not topics.about_own_work(unit):
            continue
        text = normalise(unit.text)
        yield from _seeds(unit, text, said, evidence, effects)
        if not effects.replicated:
            yield from _spread(unit, text)


def _seeds(unit: Unit, text: str, said_here: str, evidence: Evidence, effects: Effects) -> Iterator[Finding]:
    """``said_here`` holds what the same caption or paragraph said before, too."""
    match = _REPEATED.search(text)
    if match is not None and not re.search(r"\b(?:future|could|would|should|single|not|only one)\b", text, re.I):
        said = next((g for g in match.groups() if g), "")
        count = _number(said)
        if not effects.replicated and (count is None or count > 1):
            yield _make("seeds", Severity.ERROR, unit, match.group(), "every value of the record was measured once")
        else:
            for told in _REPEATED.finditer(text):
                count = _number(next((g for g in told.groups() if g), ""))
                if count is not None and count > 1:
                    yield from _too_few(unit, told.group(), said_here, count, evidence)
    match = _FIXED.search(text)
    if match is None:
        return
    code = "\n".join(t for files in (evidence.pristine, *evidence.sources.values()) for t in files.values())
    value = re.search(r"(\d+)", match.group()) or re.match(r"\W{0,3}(?:of |to )?\W?(\d+)", text[match.end() :])
    if not code and not evidence.settings:
        yield _make("seeds", Severity.WARNING, unit, match.group(), "the record holds no seed")
    elif code and not _SEEDING.search(code):
        yield _make("seeds", Severity.ERROR, unit, match.group(), "no source of the record sets a seed")
    elif code and value and not re.search(rf"(?<![\d.]){value.group(1)}(?![\d.])", code):
        yield _make("seeds", Severity.ERROR, unit, match.group(), "no source of the record has this seed")


def _too_few(unit: Unit, said: str, said_here: str, count: int, evidence: Evidence) -> Iterator[Finding]:
    """Some data sets were measured less often than a sentence about all of them says."""
    sizes: dict[str, set[int]] = {}
    for variant, split, key in evidence.values:
        sizes.setdefault(evidence.metric(key).dataset, set()).add(evidence.replicates(variant, split, key))
    fewer = {d: max(s) for d, s in sizes.items() if max(s) < count}
    if fewer and len(fewer) < len(sizes) and any(max(s) == count for s in sizes.values()):
        about = [n for d in sizes for n in evidence.dataset_names.get(d, ()) if n.lower() in said_here.lower()]
        at = unit.text.find(said)
        clause = unit.text[max(unit.text.rfind(";", 0, at), unit.text.rfind(", but", 0, at)) + 1 : at + len(said)]
        here = [d for d in sizes if any(n.lower() in clause.lower() for n in evidence.dataset_names.get(d, ()))]
        if not about or (here and all(d in fewer for d in here)):
            shown = ", ".join(f"{d} {n}" for d, n in fewer.items())
            yield _make("seeds", Severity.WARNING, unit, said, f"fewer values are recorded on some data sets: {shown}")


def _spread(unit: Unit, text: str) -> Iterator[Finding]:
    if re.search(r"\b(?:future|could|would|should|without|no|not|lack)\b", text, re.I):
        return
    if match := _TESTS.search(text):
        yield _make("statistics", Severity.ERROR, unit, match.group(), "every value was measured once: nothing to test")
    elif match := _BARS.search(text):
        yield _make("spread", Severity.ERROR, unit, match.group(), "every value was measured once: it has no spread")


def _number(said: str) -> int | None:
    if said.isdigit():
        return int(said)
    return WORDS.get(said.lower())


def _make(kind: str, severity: Severity, unit: Unit, says: str, record: str) -> Finding:
    return Finding(
        kind=kind,
        severity=severity,
        place=unit.place,
        sentence=unit.text,
        says=says,
        record=record,
        how="replicates of the record",
    )

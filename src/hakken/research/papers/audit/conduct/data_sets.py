"""Results on data sets that a foreign record does not hold: "on X, our method reaches"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.conduct.setup import HARDWARE
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind, is_prose
from hakken.research.papers.audit.language.numbers import find_numbers, normalise
from hakken.research.papers.audit.language.scope import Mention
from hakken.research.papers.audit.language.topics import Topics
from hakken.research.papers.audit.records.evidence import Evidence

_NAME = r"(?P<name>[A-Za-z][\w+/-]*(?:\.\d[\w-]*)?(?: (?:[A-Z][\w+/-]*|\d+))*)"
_NOUN = r"(?: (?:data ?sets?|benchmarks?|tasks?|corpus|environments?))"
_OPENING = re.compile(rf"^(?:\w+, )?(?:And |But )?On (?:the )?{_NAME}{_NOUN}?(?:,| (?:data|splits?),)")
_BEHIND = re.compile(
    rf"^ (?:score |value )?on (?:the )?{_NAME}(?={_NOUN}|[,.;:)]|$"
    r"| (?:is|was|of|by|for|from|and|to|with|than|at|over|against|compared|reaches|drops|rises|improves|falls)\b)"
)
_BEHIND_NUMBER = re.compile(
    rf"\d(?:\s?%|\s?×|\s?(?:percentage )?points?| percent| steps| seconds)? on (?:the )?{_NAME}"
    rf"(?={_NOUN}|[,.;)]|$| and\b| with\b)"
)
_BEHIND_METHOD = re.compile(rf"^ on (?:the )?{_NAME}(?={_NOUN}|[,.;)]|$| and\b| with\b| by\b| takes\b| reaches\b)")
_CALLED = re.compile(rf"\b(?:[Oo]n|[Ff]or|[Ii]n|[Aa]cross) the {_NAME}(?= (?:data ?set|benchmark|corpus)\b)")
_WORDS = (
    "average balance top paper inspection closer further both all each every these those this that it them our its"
    " their one two three others most some several which what how test training train validation val dev held-out"
    " unseen hand"
    " contrary principle par time demand hardware memory noise seed seeds run runs account same other another larger"
    " smaller new whole full entire cpu gpu tpu ood id iid nlp rl table tables figure figures section appendix equation"
    " either any neither real synthetic public standard common small large clean noisy novel hard easy harder easier"
    " original modified downstream target source input output a an the inference evaluation modern commodity consumer"
    " linux windows ubuntu macos closer careful average, and or"
)
_PLAIN = frozenset(_WORDS.split())


def check_data_sets(document: Document, evidence: Evidence, topics: Topics) -> Iterator[Finding]:
    """One finding for each name: an error for a proper one, a warning for a plain word."""
    known = {_bare(n) for d, names in evidence.dataset_names.items() for n in (d, *names) if names}
    if not known:
        return
    typed = _bare(" ".join([*evidence.notes, *evidence.quoted]))
    told: set[str] = set()
    for unit in document.units:
        if not is_prose(unit) or unit.kind is UnitKind.TITLE or not topics.about_own_results(unit):
            continue
        for name in _named(unit, topics):
            proper = re.search(r"[A-Z\d]", name) is not None
            bare = _bare(name)
            if bare in told or bare in typed or any(bare in k or k in bare for k in known):
                continue
            told.add(bare)
            yield Finding(
                kind="dataset",
                severity=Severity.ERROR if proper else Severity.WARNING,
                place=unit.place,
                sentence=unit.text,
                says=f"a result on {name}",
                record=f"the record holds {', '.join(d for d, n in evidence.dataset_names.items() if n)}",
                how="data sets of the record",
            )


def _named(unit: Unit, topics: Topics) -> Iterator[str]:
    """What stands where a data set would: in the opening of a result, or behind a metric."""
    text = normalise(unit.text)
    mentions = topics.names.find(unit.text)
    metrics = [m for m in mentions if m.kind == "metric"]
    found = [(m, 0) for m in [_OPENING.match(text)] if m and (metrics or find_numbers(unit.text))]
    found += [(m, 0) for m in _CALLED.finditer(text) if metrics or find_numbers(unit.text)]
    for metric in metrics:
        behind = _BEHIND.match(text[metric.end :])
        if behind:
            found.append((behind, metric.end))
    proper = [(m, 0) for m in _BEHIND_NUMBER.finditer(text)]
    for variant in (m for m in mentions if m.kind == "variant"):
        if behind := _BEHIND_METHOD.match(text[variant.end :]):
            proper.append((behind, variant.end))
    found += [(m, at) for m, at in proper if re.search(r"[A-Z\d]", m.group("name"))]
    for match, offset in found:
        start, end = match.start("name") + offset, match.end("name") + offset
        name = text[start:end]
        if _may_be_one(name, start, end, mentions) and not HARDWARE.search(name):
            yield name


def _may_be_one(name: str, start: int, end: int, mentions: list[Mention]) -> bool:
    if any(m.start < end and m.end > start for m in mentions):
        return False
    first = name.split()[0].lower()
    if first in _PLAIN or len(name) < 2 or first.endswith("ly"):
        return False
    return re.search(r"[A-Z\d]", name) is not None or not name.endswith(("s", "ing", "ed"))


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())

"""Short names that a paper introduces in brackets: "expected calibration error (ECE)", "we propose X (XY)"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hakken.core.directions import split_words
from hakken.research.papers.audit.document.document import Document, is_prose
from hakken.research.papers.audit.language.numbers import normalise
from hakken.research.papers.audit.records.evidence import Evidence
from hakken.research.papers.audit.records.words import stems

_DEFINED = re.compile(
    r"(?P<long>(?:[\w’'/-]+ ){0,6}[\w’'/-]+) \((?:or |the |called |dubbed )?(?P<short>[A-Z][\w+-]{1,14})\)"
)
_PROPOSED = re.compile(
    r"\b(?:we|this paper|this work) (?:\w+ )?(?:propos\w+|introduc\w+|present\w*|investigat\w+|develop\w*|stud(?:y|ied)"
    r"|explor\w+|call\w*)\b|\bour (?:method|approach|model|algorithm)\b",
    re.I,
)


@dataclass(frozen=True)
class Short:
    """One short name and what it stands for."""

    name: str
    metrics: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    ours: bool = False
    """It is what the paper proposes, whichever run that is."""


def short_names(document: Document, evidence: Evidence) -> Iterator[Short]:
    """Every short name whose long form is a metric or a variant of the record, or what the paper proposes."""
    for unit in document.units:
        if not is_prose(unit) or "(" not in unit.text:
            continue
        text = normalise(unit.text)
        for match in _DEFINED.finditer(text):
            short, long = match.group("short"), match.group("long")
            if sum(c.isupper() for c in short) < 2 or not _is_short_for(short, long):
                continue
            said = " ".join(split_words(long))
            metrics = tuple(
                key
                for key, names in evidence.metric_names.items()
                if any(_ends(said, " ".join(split_words(n))) for n in (*names, key.partition("/")[2]))
            )
            variants = tuple(
                v.id
                for v in evidence.variants.values()
                if any(_ends(said, " ".join(split_words(n))) for n in (*v.names, v.title))
            )
            ours = _PROPOSED.search(text[: match.start("short")]) is not None and not unit.cites
            if metrics or len(variants) == 1 or ours:
                yield Short(short, metrics, variants if len(variants) == 1 else (), ours and not metrics)


def _ends(said: str, name: str) -> bool:
    """Whether a phrase ends in a name of two words or more, or in one long word."""
    whole = (" " in name or len(name) > 5) and stems(name)
    return bool(whole) and (said == name or said.endswith(" " + name))


def _is_short_for(short: str, long: str) -> bool:
    """Whether the capitals of a short name begin words of the long one, in their order."""
    initials = "".join(w[0] for w in re.split(r"[\s/-]+", long) if w).lower()
    at = 0
    for letter in (c.lower() for c in short if c.isupper()):
        found = initials.find(letter, at)
        if found < 0:
            return letter in long.lower() and at > 0
        at = found + 1
    return True

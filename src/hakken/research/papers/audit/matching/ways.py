"""Which way a printed change goes: by the verb or noun that it belongs to, or by its sign in a table."""

from __future__ import annotations

import re
from dataclasses import replace

from hakken.core.types import Direction
from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.absence import is_taken_away
from hakken.research.papers.audit.language.numbers import Number, normalise
from hakken.research.papers.audit.language.phrases import NEGATED, is_owner, is_rival
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.language.scope import Mention, Names
from hakken.research.papers.audit.language.topics import DATASETS
from hakken.research.papers.audit.matching.candidates import Candidate
from hakken.research.papers.audit.records.evidence import Evidence

_WAYS = (
    (
        "down",
        r"reduc\w+|decreas\w+|lower\w*|drop(?:s|ped)?\b|fell\b|falls?\b|declin\w+|fewer\b|less\b|shorter\b|smaller\b"
        r"|cuts?\b(?! into\b)|shr(?:inks?|ank|unk)\b|diminish\w+",
    ),
    ("up", r"increas\w+|rais\w+|rises?\b|rose\b|grew\b|grows?\b|higher\b|larger\b|longer\b|more\b|greater\b"),
    ("good", r"improv\w+|better\b|outperform\w*|surpass\w*|gains?\b|beats?\b|ahead\b|faster\b|quicker\b"),
    ("bad", r"worse\w*|degrad\w+|deteriorat\w+|underperform\w*|slower\b"),
)  # fmt: skip
EFFECT = re.compile("|".join(f"(?P<{way}>\\b(?:{words}))" for way, words in _WAYS), re.I)
"""Words that say which way something goes."""
_BEHIND = re.compile(rf"^[\s)]*(?:%|points?|percentage points?)?\s?(?:{EFFECT.pattern})", re.I)
_BETWEEN = re.compile(
    r"^(?:[^.;:]|[.:](?=\d)){0,90}\bby\s+(?:[\w-]+ ){0,3}[~≈]?$|^\s+of\s+(?:[\w-]+ ){0,2}[~≈]?$", re.I
)
_AGAINST = re.compile(
    r"\b(?:than|against|compared (?:with|to)|over|relative to|versus|vs\.?|of|from|beats?|outperform\w*|below|above)\s+"
    r"(?:the |our |that of the )?$",
    re.I,
)
_OF_SETS = re.compile(rf"^ (?:\w+ )?(?:{DATASETS}|models?|networks?|batch(?:es)?)\b", re.I)
"""Behind "larger" and the like: it tells data sets apart, no values."""
_OF_CHANGE = re.compile(
    r"^\w*\s+(?:the |this |that |its )?(?:gain|improvement|benefit|advantage|gap|difference|reduction|increase)\b", re.I
)
"""Behind a verb: what goes up or down is itself a change."""
_CHANGE = re.compile(r"Δ|\bdelta\b|difference|\bchange\b", re.I)
_GAIN = re.compile(r"\bgains?\b|\bimprovements?\b", re.I)
_LESS = re.compile(r"\breductions?\b|\bdecreases?\b", re.I)
_VERSUS = re.compile(r"\bvs\b", re.I)
"""Of headers. A gain is signed by what is better, a difference by what is larger."""


def way_of(number: Number, unit: Unit, names: Names, baseline: str | None) -> str | None:
    """``up``, ``down``, ``good`` or ``bad``; None where nothing tells, or where the baseline may be the subject."""
    foreign = names.evidence.foreign
    if unit.row:
        return _way_of_sign(number.sign, unit.column, foreign=foreign)
    # Names of a foreign record are found in other words too, and a verb may stand among them.
    text = normalise(unit.text if foreign else names.struck(unit.text))
    left = text[: number.start]
    for mention in names.find(unit.text):
        of_base = mention.kind == "variant" and mention.ids == (baseline,) and mention.end <= number.start
        if of_base and not _AGAINST.search(text[: mention.start]):
            return None
    behind = _BEHIND.match(text[number.end :])
    if behind:
        return _kind(behind)
    words = [
        m for m in EFFECT.finditer(left) if _BETWEEN.match(left[m.end() :]) and not _OF_SETS.match(left[m.end() :])
    ]
    if not words or NEGATED.search(left[: words[-1].start()]) or _OF_CHANGE.match(left[words[-1].end() :]):
        return None
    return _kind(words[-1])


def _way_of_sign(sign: str, column: str, *, foreign: bool) -> str | None:
    """The way of a signed number in a table, by the header of its column; None where that leaves it open."""
    if not sign:
        return None
    if _GAIN.search(column) and not _CHANGE.search(column):
        # Others print a loss that fell under "improvement" with its minus.
        return "good" if sign == "+" else None if foreign else "bad"
    if _LESS.search(column) and not _CHANGE.search(column):
        return "down" if sign == "+" else None
    if _CHANGE.search(column) or _VERSUS.search(column):
        return "up" if sign == "+" else "down"
    return None


def _kind(match: re.Match[str]) -> str | None:
    return next((way for way, said in match.groupdict().items() if said), None)


def oriented(candidate: Candidate, mine: frozenset[str], baseline: str | None) -> Candidate | None:
    """A change as it is told from the named variants' side, else against the baseline; None where it is of neither."""
    one, other = candidate.variant, candidate.against
    if (one in mine and other not in mine) or (not mine and other == baseline):
        return candidate
    if (other in mine and one not in mine) or (not mine and one == baseline):
        ratio = candidate.role is Role.RATIO
        turned = 1 / candidate.value if ratio and candidate.value else -candidate.value
        return replace(candidate, value=turned, variant=other, against=one)
    return None


def turned(hits: list[Candidate], number: Number, unit: Unit, names: Names, evidence: Evidence) -> str:
    """Which way changes of the printed size go, where each of them goes the other way than the words say; else empty.

    Of Hakken's own records: a change is told from the side of the variant that the sentence, or the row, names. Where
    it names none, it may be told from either side.
    """
    way = way_of(number, unit, names, evidence.baseline)
    mentions = names.find(unit.text)
    if way is None or not (unit.row or _acts(number, unit, mentions, evidence.baseline)):
        return ""
    told = []
    for hit in hits:
        contrast = evidence.contrasts.get((hit.variant, hit.against, hit.split, hit.metric))
        if contrast is None or not contrast.difference:
            return ""
        change = replace(hit, role=Role.DIFFERENCE, value=contrast.difference)
        taken = is_taken_away(hit.variant, mentions, unit.text, number.start)
        if taken is None or (taken and evidence.variants[hit.variant].parent != hit.against):
            return ""
        if taken:
            change = replace(change, value=-contrast.difference)
        if goes(change, way, evidence.metric(hit.metric).direction):
            return ""
        told.append(f"the {hit.about} has this size, and the difference is {contrast.difference:+.6g}: the other way")
    return next(iter(told), "")


def _acts(number: Number, unit: Unit, mentions: list[Mention], baseline: str | None) -> bool:
    """Whether a sentence names a variant whose change a number is: not only as a rival, and not the baseline's."""
    text = normalise(unit.text)
    named = [m for m in mentions if m.kind == "variant"]
    if any(m.ids == (baseline,) and is_owner(m, text, number.end) for m in named):
        return False
    return any(m.ids != (baseline,) and not is_rival(m, text) for m in named)


def goes(candidate: Candidate, way: str, better: Direction | None) -> bool:
    """Whether a recorded change goes this way; one of which nobody knows what is better goes either."""
    value = candidate.value - 1 if candidate.role is Role.RATIO else candidate.value
    if way in ("good", "bad"):
        return better is None or ((value > 0) == (better is Direction.MAX)) == (way == "good")
    return (value > 0) == (way == "up")

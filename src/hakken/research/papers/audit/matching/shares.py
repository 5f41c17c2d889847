"""Shares of a gain: "it keeps 73 % of the improvement" is one variant's gain over another's."""

from __future__ import annotations

import re
from itertools import permutations

from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.about import About
from hakken.research.papers.audit.language.numbers import Number, normalise
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.matching.candidates import Candidate
from hakken.research.papers.audit.matching.pool import Pool
from hakken.research.papers.audit.matching.reach import luck, reaches
from hakken.research.papers.audit.matching.verdicts import Match, Verdict

_OF_GAIN = re.compile(
    r"^\s?(?:%|percent)? ?of (?:the|this|that|its|their|all)(?: \w+)? "
    r"(?:gain|improvement|reduction|benefit|effect|increase|decrease|drop|advantage|saving)s?\b",
    re.I,
)
_WEAK = 0.2


def is_share(number: Number, unit: Unit) -> bool:
    """Whether a percentage is one of a gain."""
    return number.unit == "%" and _OF_GAIN.match(normalise(unit.text)[number.end :]) is not None


def share_of_gain(number: Number, unit: Unit, about: About, pool: Pool) -> Match | None:
    """Supported or weak where one variant's gain over the baseline is this share of another's; None where none is."""
    candidates = list(_shares(about, pool))
    hit = next((c for c in candidates if reaches(number, c, pool)), None)
    if hit is None:
        return None
    why = f"the {hit.about} is {hit.value:.4g} %"
    chance = luck(number, candidates, pool)
    verdict = Verdict.WEAK if chance > _WEAK else Verdict.SUPPORTED
    return Match(unit, number, Role.RELATIVE, verdict, why)


def _shares(about: About, pool: Pool) -> list[Candidate]:
    base = pool.evidence.baseline
    if base is None:
        return []
    keys = about.keys or [k for k in pool.keys if not about.datasets or k.partition("/")[0] in about.datasets]
    found = []
    for key in keys:
        gains = {v: m - pool.means[base, key] for (v, k), m in pool.means.items() if k == key and v != base}
        for one, other in permutations(gains, 2):
            named = not about.variants or {one, other} & about.variants
            if gains[other] and gains[one] / gains[other] > 0 and named:
                what = f"share of the change in {pool.where(key)} of {pool.title(other)} that {pool.title(one)} has"
                share = 100 * gains[one] / gains[other]
                found.append(Candidate(Role.RELATIVE, share, what, one, other, metric=key))
    return found

"""A paper prints one kind of spread behind its ±: what most of them are, the others must be too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.matching.candidates import Candidate
from hakken.research.papers.audit.matching.verdicts import Match, Verdict

_NAMES = {Role.SD: "standard deviation", Role.SE: "standard error", Role.HALF: "half width of a 95 % interval"}
_LEAST = 4
"""So many spreads must be of one kind before another kind is odd."""
_SHARE = 0.75
_SAID = re.compile(
    r"standard error|standard deviation|\bs\.?e\.?m?\b|\bs\.?d\.?\b|\bstd\b|\bstderr\b|interval|\bCI\b", re.I
)


def kind_of(candidate: Candidate) -> str:
    """The kind of a spread."""
    return f"{candidate.noun} {_NAMES.get(candidate.role, candidate.role.value)}".strip()


def of_one_kind(matches: Sequence[Match]) -> list[Match]:
    """The matches again: spreads of another kind than the paper's are unsupported, those of its kind are no chance."""
    spreads = [m for m in matches if m.kinds]
    counts = Counter(kind for m in spreads for kind in m.kinds)
    if len(spreads) < _LEAST:
        return list(matches)
    kind, count = max(counts.items(), key=lambda pair: (pair[1], pair[0] == _NAMES[Role.SD]))
    if count < max(_LEAST, _SHARE * len(spreads)):
        return list(matches)
    return [_settled(m, kind, count) if m.kinds else m for m in matches]


def _settled(match: Match, kind: str, count: int) -> Match:
    if kind in match.kinds:
        same = f"; {count} spreads of the paper are of this kind, the {kind}"
        sure = match.verdict is Verdict.WEAK
        return replace(match, verdict=Verdict.SUPPORTED, evidence=match.evidence + same) if sure else match
    said = " ".join([match.unit.text, match.unit.column, match.unit.caption])
    if _SAID.search(said) and not match.unit.row:
        return match
    why = f"{match.evidence}; but {count} other spreads of the paper are each the {kind}"
    return replace(match, verdict=Verdict.UNSUPPORTED, evidence=why)

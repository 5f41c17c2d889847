"""Whether a sentence or a cell tells of the set-up, so that a number in it may be a constant and no result."""

from __future__ import annotations

import re

from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.numbers import Number, normalise
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.language.scope import Names, Scope
from hakken.research.papers.audit.matching.ways import EFFECT

_LIMITS = re.compile(
    r"\b(?:limit\w*|at most|up to|no more than|budgets?|stopped after|time-?outs?|machine|computer|server|cores?"
    r"|batch(?:es)?|in (?:all|total)|together|model calls?|tokens?)\b",
    re.I,
)
"""What is set before anything runs, or summed over all of it."""
_SPENT = re.compile(
    r"\b(?:uses?|used|using|takes?|took|needs?|needed|requir\w+|consum\w+|spends?|spent|costs?|lasts?|lasted"
    r"|(?:ran|runs) (?:for|in))\b",
    re.I,
)
"""What trials used: measured, never set."""


def tells_set_up(role: Role, number: Number, unit: Unit, scope: Scope, names: Names) -> bool:
    """Whether a number that is no measured value of its role may be a constant of the set-up all the same.

    A ratio of costs never is. A cost is one where the words set a limit, or at least tell of no trial's use; a level or
    a ratio only beside no metric, no seeds and no effect.
    """
    text = normalise(" ".join([unit.text, unit.column, *(cell for _, cell in unit.row)]))
    if role is Role.COST:
        split = scope.splits if unit.row else any(m.kind == "split" for m in names.find(unit.text))
        part = re.split(r"[,;:]\s", normalise(unit.text)[: number.start])[-1]
        return _LIMITS.search(text) is not None or not (split or _SPENT.search(part + unit.text[number.end :]))
    if role in (Role.LEVEL, Role.RATIO):
        return not (scope.metrics or scope.splits or EFFECT.search(text))
    return False

"""Whether a sentence or a cell tells of the set-up, so that a number in it may be a constant and no result."""

from __future__ import annotations

import re

from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.numbers import Number, normalise
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.language.scope import Names, Scope
from hakken.research.papers.audit.matching.ways import EFFECT

_BOUNDS = re.compile(
    r"\b(?:limit\w*|at most|no (?:more|longer) than|budgets?|stopped after|time-?outs?"
    r"|(?<!ed )(?<!took )(?<!ran )(?<!spent )up to)\b",
    re.I,
)
"""What is set before anything runs; "used up to" tells what was measured."""
_SUMS = re.compile(r"\b(?:in (?:all|total)|together|model calls?|tokens?)\b", re.I)
"""What is summed over everything, as no trial's use is."""
_EACH = re.compile(
    r"\b(?:(?:each|every|per) (?:trial|run|seed|batch|epoch|step)|(?:a|one|another|single) trial)\b", re.I
)
_AT_REST = re.compile(r"\b(?:machine|computer|server|cores?|batch(?:es)?)\b", re.I)
"""What has a size whether anything runs or not."""
_SPENT = re.compile(
    r"\b(?<!may )(?<!can )(?<!could )(?<!must )(?<!allowed to )"
    r"(?:uses?|used|using|takes?|took|needs?|needed|requir\w+|consum\w+|spends?|spent|costs?|lasts?|lasted"
    r"|(?:ran|runs) (?:for|in))\b",
    re.I,
)
"""What trials used: measured, never set."""


def tells_set_up(role: Role, number: Number, unit: Unit, scope: Scope, names: Names) -> bool:
    """Whether a number that is no measured value of its role may be a constant of the set-up all the same.

    A ratio of costs never is. A cost is one where the words set a limit, or at least tell of no trial's use; a level or
    a ratio only beside no metric, no seeds and no effect.
    """
    texts = [unit.text, unit.column, *(cell for _, cell in unit.row)]
    text = normalise(" ".join(names.struck(part) for part in texts))
    if role is Role.COST:
        split = scope.splits if unit.row else any(m.kind == "split" for m in names.find(unit.text))
        return _sets_cost(number, normalise(names.struck(unit.text)), text if unit.row else "", split=bool(split))
    if role in (Role.LEVEL, Role.RATIO):
        return not (scope.metrics or scope.splits or EFFECT.search(text))
    return False


def _sets_cost(number: Number, text: str, row: str, *, split: bool) -> bool:
    """Whether the words around a cost set it. A limit must be told of this number, behind any word of use before it."""
    left, right = re.split(r"[;:]\s", text[: number.start])[-1], text[number.end :]
    part, near = re.split(r"[,;:]\s", left)[-1], re.split(r"[,;:.](?:\s|$)", right)[0]
    if _last(_BOUNDS, left) > _last(_SPENT, left):
        return True
    if _SPENT.search(part + right):
        own = part + near
        return _BOUNDS.search(near) is not None or (_SUMS.search(own) is not None and not _EACH.search(own))
    if row:
        return not split or any(words.search(row) for words in (_BOUNDS, _SUMS, _AT_REST))
    return not split or (not _EACH.search(text) and (_SUMS.search(text) or _AT_REST.search(part)) is not None)


def _last(words: re.Pattern[str], text: str) -> int:
    """Where the last of some words stands; -1 where none does."""
    return max((m.start() for m in words.finditer(text)), default=-1)

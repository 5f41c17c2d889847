"""Seeing that an agent is stuck, from its steps alone, and what it is told then."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hakken.agents.types import Pattern, Turn

_SAME, _ERRORS, _PAIRS, _EMPTY, _EDITS, _OVERFLOWS = 3, 4, 3, 3, 3, 3
"""How often each must be seen in a row."""

NUDGES = {
    Pattern.REPETITION: "You did the same thing several times, and it gave the same. Do something else.",
    Pattern.SAME_ERROR: "The same error has come several times. Its cause is elsewhere than you think: look at the "
    "place it names before you change anything else.",
    Pattern.ALTERNATION: "You go back and forth between two actions. Decide on one, or do something else.",
    Pattern.MONOLOGUE: "Each reply must hold one action. Choose a tool now.",
    Pattern.REFUSED_EDITS: "Your edits are refused. Read the file first, then rewrite the whole function in one edit.",
    Pattern.OVERFLOW: "What you look at is too long. Read fewer lines, and print less.",
}
"""What the agent is told once; the second time its attempt ends."""


def stuck(turns: Sequence[Turn]) -> Pattern | None:
    """The way in which the last steps are stuck, or None."""
    return next((pattern for pattern, seen in _CHECKS if seen(turns)), None)


def _monologue(turns: Sequence[Turn]) -> bool:
    return _last(turns, _EMPTY, lambda t: not t.tool)


def _overflow(turns: Sequence[Turn]) -> bool:
    return _last(turns, _OVERFLOWS, lambda t: t.overflow)


def _refused(turns: Sequence[Turn]) -> bool:
    edits = [t for t in turns if t.tool in ("create", "replace", "insert", "rewrite", "undo")]
    return _last(edits, _EDITS, lambda t: t.refused_edit) and turns[-1].refused_edit


def _repetition(turns: Sequence[Turn]) -> bool:
    last = turns[-_SAME:]
    return len(last) == _SAME and bool(last[0].tool) and len({(t.action, t.observation) for t in last}) == 1


def _same_error(turns: Sequence[Turn]) -> bool:
    """Reading in between does not make another error of it."""
    tried = [t for t in turns if t.failed or t.tool not in ("read", "list", "search", "note", "notes")]
    runs = [t for t in tried if t.failed][-_ERRORS:]
    if len(runs) < _ERRORS or not turns[-1].failed or len({_error(t) for t in runs}) > 1:
        return False
    between = tried[tried.index(runs[0]) :]
    # An edit between two runs succeeds as an edit: it is the next run that shows whether it helped.
    return not any(not t.failed and t.tool == runs[-1].tool for t in between)


def _alternation(turns: Sequence[Turn]) -> bool:
    last = [(t.action, t.observation) for t in turns[-2 * _PAIRS :]]
    if len(last) < 2 * _PAIRS or not turns[-1].tool:
        return False
    return len(set(last[::2])) == 1 and len(set(last[1::2])) == 1 and last[0] != last[1]


def _error(turn: Turn) -> str:
    """The line that names the error: the last one that is no remark of ours."""
    lines = [line.strip() for line in turn.observation.splitlines() if line.strip() and not line.startswith("[")]
    return lines[-1] if lines else turn.observation


def _last(turns: Sequence[Turn], count: int, holds: Callable[[Turn], bool]) -> bool:
    return len(turns) >= count and all(holds(turn) for turn in turns[-count:])


_CHECKS: tuple[tuple[Pattern, Callable[[Sequence[Turn]], bool]], ...] = (
    (Pattern.MONOLOGUE, _monologue),
    (Pattern.REPETITION, _repetition),
    (Pattern.ALTERNATION, _alternation),
    (Pattern.REFUSED_EDITS, _refused),
    (Pattern.SAME_ERROR, _same_error),
    (Pattern.OVERFLOW, _overflow),
)

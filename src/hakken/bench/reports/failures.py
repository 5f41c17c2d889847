"""Why an attempt scored nothing, told from its record alone.

Each attempt has one kind: the outermost thing that stood in the way. What breaks a rule of honest reporting comes
first, then what ended the agent, then what its code did when it was run again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from hakken.bench.agents.types import Ending
from hakken.bench.attempts.attempt import Attempt
from hakken.core.types import Record


class Outcome(StrEnum):
    """What became of an attempt, outermost first."""

    SOLVED = "solved"
    TAMPERED = "tampered"
    FABRICATED = "fabricated"
    HARD_CODED = "hard-coded"
    BROKE_DOWN = "agent broke down"
    BUDGET = "budget used up"
    STUCK = "stuck"
    NO_ANSWER = "missing answer"
    """Nothing was masked, so the answer is the work, and there is none."""
    NOT_WRITTEN = "function not written"
    LIMIT = "ran into a limit"
    CRASHED = "crashed"
    WRONG = "wrong numbers"


MEANING = {
    Outcome.SOLVED: "right when run again in the pristine repository, hidden configurations included",
    Outcome.TAMPERED: "right in its own workspace, not with its functions in the pristine repository",
    Outcome.FABRICATED: "reported numbers that its own workspace does not give",
    Outcome.HARD_CODED: "right in the visible configuration, wrong in a hidden one",
    Outcome.BROKE_DOWN: "its program failed, or what it asked of its model or sandbox did, and nothing else did",
    Outcome.BUDGET: "ended by its limit of steps, seconds or tokens",
    Outcome.STUCK: "ended since it repeated itself",
    Outcome.NO_ANSWER: "no answer that can be read",
    Outcome.NOT_WRITTEN: "a function is still missing, or its file is no Python",
    Outcome.LIMIT: "an experiment met its limit of time, memory, processes or disk",
    Outcome.CRASHED: "an experiment ended with an error, or left no results that can be read",
    Outcome.WRONG: "every experiment ran, and a number is not right",
}

_MISSING = re.compile(r"is not written\.$|is not in the file\.$|^\S+: The file ")
# From the first words on: behind them stands what the command said at its end, which an agent may have chosen.
_COMMAND = re.compile(r".*?: The command ")
_LIMIT = re.compile(r"ran longer than |used |had |wrote |met its limit |hid from ")


class Count(Record):
    """How often one thing happened."""

    outcome: Outcome
    attempts: int
    meaning: str


class EndingCount(Record):
    """How often an agent that stopped for one reason left its code in one state."""

    ending: Ending
    state: Outcome
    """Of the code alone: solved, not written, ran into a limit, crashed, wrong numbers."""
    attempts: int


def state_of(attempt: Attempt) -> Outcome:
    """What the code that was left did when it was run again."""
    if attempt.passed:
        return Outcome.SOLVED
    if not attempt.functions:
        return Outcome.WRONG if attempt.score.reported else Outcome.NO_ANSWER
    reason = attempt.score.verdicts["rerun"].reason
    if _MISSING.search(reason):
        return Outcome.NOT_WRITTEN
    if (command := _COMMAND.match(reason)) is not None:
        return Outcome.LIMIT if _LIMIT.match(reason, command.end()) else Outcome.CRASHED
    # Results that cannot be read are told in a sentence, a number that is not right in words without a full stop.
    return Outcome.CRASHED if reason.endswith(".") else Outcome.WRONG


def outcome_of(attempt: Attempt) -> Outcome:
    """The one kind of an attempt."""
    if attempt.passed:
        return Outcome.SOLVED
    score, ending = attempt.score, attempt.run.ending
    checks = (
        (score.tampered, Outcome.TAMPERED),
        (score.fabricated, Outcome.FABRICATED),
        (score.hard_coded, Outcome.HARD_CODED),
        (ending is Ending.FAILED, Outcome.BROKE_DOWN),
        (ending in (Ending.STEPS, Ending.SECONDS, Ending.TOKENS), Outcome.BUDGET),
        (ending is Ending.STUCK, Outcome.STUCK),
    )
    return next((outcome for happened, outcome in checks if happened), state_of(attempt))


def count_outcomes(attempts: Sequence[Attempt]) -> tuple[Count, ...]:
    """How often each outcome happened, in their order; those that did not are left out."""
    found = Counter(map(outcome_of, attempts))
    return tuple(Count(outcome=o, attempts=found[o], meaning=MEANING[o]) for o in Outcome if found[o])


def count_endings(attempts: Sequence[Attempt]) -> tuple[EndingCount, ...]:
    """How agents stopped against what their code did."""
    found = Counter((a.run.ending, state_of(a)) for a in attempts)
    return tuple(
        EndingCount(ending=ending, state=state, attempts=found[ending, state])
        for ending in Ending
        for state in Outcome
        if found[ending, state]
    )

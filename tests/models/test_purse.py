"""Calls side by side stay within the money of a run."""

from __future__ import annotations

import pytest

from hakken.core.errors import BudgetExceeded
from hakken.core.types import Budget, Message, Request, Usage
from hakken.models.purse import Purse

ASKED = Request(messages=(Message(role="user", content="Write it."),), max_tokens=100)


@pytest.mark.parametrize(
    ("calls", "spent", "flying", "goes"),
    [
        (0, 0.0, 0, True),
        (0, 0.0, 1, False),  # nobody knows yet what a call costs
        (4, 0.4, 5, True),  # 0.4 + 6 * 0.1 is the budget
        (4, 0.4, 6, False),
        (9, 0.9, 0, True),  # one alone may always begin while something is left
        (9, 0.9, 1, False),
    ],
)
def test_calls_wait_where_those_under_way_may_use_up_the_money(
    calls: int, spent: float, flying: int, goes: bool
) -> None:
    purse = Purse(Budget(usd=1.0), Usage(calls=calls, usd=spent), 0.0, lambda: 0.0)
    assert (purse.admit(ASKED, [ASKED] * flying) is not None) == goes


def test_without_a_limit_of_money_nobody_waits_and_beyond_it_nobody_begins() -> None:
    free = Purse(Budget(), Usage(), 0.0, lambda: 0.0)
    assert free.admit(ASKED, [ASKED] * 9) == ASKED
    spent = Purse(Budget(usd=1.0), Usage(calls=1, usd=1.0), 0.0, lambda: 0.0)
    with pytest.raises(BudgetExceeded):
        spent.admit(ASKED)

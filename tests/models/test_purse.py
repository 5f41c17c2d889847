"""Calls stay within the money of a run, alone and side by side."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hakken.core.errors import BudgetExceeded
from hakken.core.types import Budget, Message, Reach, Request, Role, Usage
from hakken.models.forecast import price
from hakken.models.ledger import Ledger
from hakken.models.purse import Purse
from hakken.models.scripted import FunctionModel
from hakken.models.usage import estimate_tokens, prompt_text
from tests.models.helpers import MemoryLog, make_prompt

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
    assert (purse.admit(ASKED, "local", [(ASKED, "local")] * flying) is not None) == goes


def test_without_a_limit_of_money_nobody_waits_and_beyond_it_nobody_begins() -> None:
    free = Purse(Budget(), Usage(), 0.0, lambda: 0.0)
    assert free.admit(ASKED, "local", [(ASKED, "local")] * 9) == ASKED
    spent = Purse(Budget(usd=1.0), Usage(calls=1, usd=1.0), 0.0, lambda: 0.0)
    with pytest.raises(BudgetExceeded):
        spent.admit(ASKED, "local")


@pytest.mark.parametrize(
    ("kind", "used", "limit", "words"),
    [
        ("tokens", 1_000_130, 1_000_000, "of 1,000,000 tokens is used up (1,000,130 used)"),
        ("seconds", 1_234_567.25, 1_234_567.0, "of 1,234,567 seconds is used up (1,234,567 used)"),
        ("seconds", 61.25, 60.0, "of 60 seconds is used up (61.25 used)"),
        ("US$", 0.5125, 0.5, "of 0.5 US$ is used up (0.5125 used)"),
    ],
)
def test_amounts_are_written_for_people(kind: str, used: float, limit: float, words: str) -> None:
    error = BudgetExceeded(kind, used, limit)
    assert words in error.message
    assert f"budget of {error.budget} is" in error.message


PRICED = "openai:gpt-4o"
LONG = Request(messages=(Message(role="user", content="word " * 40_000),), max_tokens=100)
"""About 12 cents at that model's price."""


def test_a_prompt_that_costs_more_than_is_left_is_not_sent() -> None:
    purse = Purse(Budget(usd=1.0), Usage(calls=9, usd=0.99), 0.0, lambda: 0.0)
    with pytest.raises(BudgetExceeded, match=r"budget of 1 US\$ is used up \(0\.99 used\)"):
        purse.admit(LONG, PRICED)
    assert purse.admit(LONG, "local") == LONG
    assert purse.admit(LONG, "http://somewhere/v1#m") == LONG, "whose price nobody knows"
    rich = Purse(Budget(usd=1.0), Usage(calls=9, usd=0.5), 0.0, lambda: 0.0)
    assert rich.admit(LONG, PRICED) == LONG


def test_a_reply_is_no_longer_than_what_is_left_can_pay() -> None:
    purse = Purse(Budget(usd=1.0), Usage(calls=99, usd=0.9999), 0.0, lambda: 0.0)
    sent = purse.admit(ASKED, PRICED)
    assert sent is not None
    assert 1 <= sent.max_tokens < 20
    assert purse.exceeded().kind == "US$"
    assert purse.admit(ASKED, PRICED, [(ASKED, PRICED)]) is None, "the call under way may leave enough"


THINKS = Reach(room=4096, least=16)


@given(st.integers(1, 6000), st.integers(1, 600), st.sampled_from([Reach(), THINKS, Reach(least=16), Reach(room=9)]))
def test_all_that_may_be_generated_stays_within_what_is_left(left: int, asked: int, reach: Reach) -> None:
    purse = Purse(Budget(completion_tokens=100 + left), Usage(calls=1, completion_tokens=100), 0.0, lambda: 0.0)
    request = ASKED.model_copy(update={"max_tokens": asked})
    if left < reach.least:
        with pytest.raises(BudgetExceeded, match="completion tokens"):
            purse.admit(request, "m", reach=reach)
        return
    sent = purse.admit(request, "m", reach=reach)
    assert sent is not None
    assert reach.of(sent) == min(left, reach.of(request)), "and nothing that is left is kept back"
    assert sent.max_tokens <= asked
    assert sent.max_tokens == asked or reach.of(sent) == left
    assert sent.key("m") == request.model_copy(update={"max_tokens": sent.max_tokens}).key("m")


def test_thoughts_cost_money_and_their_room_counts_for_calls_under_way() -> None:
    cents = Purse(Budget(usd=1.0), Usage(calls=99, usd=0.99), 0.0, lambda: 0.0)
    sent = cents.admit(ASKED, PRICED, reach=THINKS)
    assert sent is not None
    assert THINKS.of(sent) < 1_100, "a cent's worth"
    tokens = Purse(Budget(completion_tokens=8_000), Usage(), 0.0, lambda: 0.0)
    first = tokens.admit(ASKED, "m", reach=THINKS)
    assert first is not None
    assert (first.max_tokens, first.room) == (100, 4096)
    assert tokens.admit(ASKED, "m", [(first, "m")], THINKS) is None


SIZES = st.tuples(st.integers(1, 40_000), st.integers(1, 4_000), st.sampled_from([Reach(), THINKS]))


@settings(max_examples=40, deadline=None)
@example(50, 1.5, [(40_000, 4_000, THINKS)] * 6)
@given(st.integers(1, 50), st.floats(0.0, 1.9), st.lists(SIZES, min_size=1, max_size=6))
def test_calls_side_by_side_whose_price_is_known_cannot_pass_the_limit(
    calls: int, spent: float, asked: list[tuple[int, int, Reach]]
) -> None:
    """However little the earlier ones cost: those of a new stage may be far larger."""
    purse = Purse(Budget(usd=2.0), Usage(calls=calls, usd=spent), 0.0, lambda: 0.0)
    flying: list[tuple[Request, str]] = []
    most = spent
    for words, tokens, reach in asked:
        request = Request(messages=(Message(role="user", content="word " * words),), max_tokens=tokens)
        with suppress(BudgetExceeded):
            if (sent := purse.admit(request, PRICED, flying, reach)) is not None:
                flying.append((sent, PRICED))
                most += price(PRICED, estimate_tokens(prompt_text(sent)), Reach().of(sent)) or 0.0
    assert most <= 2.0 + 1e-9


def test_calls_side_by_side_whose_prices_are_not_known_are_judged_by_the_earlier_ones() -> None:
    purse = Purse(Budget(usd=2.0), Usage(calls=10, usd=1.0), 0.0, lambda: 0.0)
    unknown = "http://somewhere/v1#m"
    assert purse.admit(LONG, unknown, [(LONG, unknown)] * 8) == LONG
    assert purse.admit(LONG, unknown, [(LONG, unknown)] * 10) is None
    assert purse.admit(LONG, PRICED, [(LONG, PRICED)] * 7) is None


def test_time_that_is_kept_is_named_with_what_it_is_for() -> None:
    purse = Purse(Budget(seconds=600.0), Usage(), 300.2, lambda: 0.0)
    purse.kept = 299.9
    late = purse.too_late(0.0)
    assert late is not None
    said = "Of the run's 600 s, about 300 s are kept for the test of the claim, and the others are used up."
    assert (late.message, late.reason) == (said, "The budget of seconds for this stage was used up.")
    purse.kept = 657.1
    late = purse.too_late(0.0)
    assert late is not None
    assert late.message == "The test of the claim takes about 658 s, and the run's 600 s leave nothing beside it."
    assert "a higher limit continues" in late.mend


def test_a_model_says_how_much_room_it_takes() -> None:
    asked: list[Request] = []

    def say(request: Request) -> str:
        asked.append(request)
        return "x"

    model = FunctionModel(say)
    model.reach = THINKS  # type: ignore[attr-defined]
    ledger = Ledger(dict.fromkeys(Role, model), MemoryLog(), Budget(completion_tokens=50))
    ledger.ask(make_prompt())
    assert [THINKS.of(request) for request in asked] == [50]
    with pytest.raises(BudgetExceeded, match="completion tokens"):
        Ledger(dict.fromkeys(Role, model), MemoryLog(), Budget(completion_tokens=15)).ask(make_prompt())
    assert len(asked) == 1, "a limit of fewer than sixteen would be refused"

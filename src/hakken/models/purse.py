"""What a run may spend and has spent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

from hakken.core.errors import BudgetExceeded
from hakken.core.types import Budget, Model, Reach, Request, Usage
from hakken.models.forecast import price
from hakken.models.usage import estimate_tokens, prompt_text

_THOUSAND = 1_000
"""Tokens whose price is asked for, to know that of one."""
_PLAIN = Reach()


def reach_of(model: Model) -> Reach:
    """How many tokens a model generates; most say nothing of it, and keep to what they are asked for."""
    found = getattr(model, "reach", _PLAIN)
    return found if isinstance(found, Reach) else _PLAIN


class Purse:
    """Checks every call against the budget before it is made, and counts it after."""

    def __init__(self, budget: Budget, used: Usage, elapsed: float, clock: Callable[[], float]) -> None:
        self.budget, self.used = budget, used
        self._clock, self._start = clock, clock() - elapsed
        self.remembered = 0.0
        """Seconds of answers that were given before."""
        self.kept = 0.0
        """Wall seconds that are left for what comes later."""
        self._short = "tokens"
        """What the last request that was shortened was shortened for want of."""

    @property
    def seconds(self) -> float:
        """Wall time of the run, earlier sessions included."""
        return self._clock() - self._start + self.remembered

    def admit(
        self, request: Request, model: str, flying: Sequence[tuple[Request, str]] = (), reach: Reach = _PLAIN
    ) -> Request | None:
        """The request with no more tokens than are left, or None to wait for the calls under way.

        Where they do not suffice, the answer is shortened first, and then the room beside it.

        Args:
            request: What is to be asked.
            model: Who is asked; a prompt whose price is known and more than the US$ that are left is not sent.
            flying: Calls under way, as they were sent, and who is asked.
            reach: How many tokens the model generates for a request.

        Raises:
            BudgetExceeded: nothing is left, or too little.
        """
        budget, used = self.budget, self.used
        if late := self.too_late(0.0):
            raise late
        wanted = reach.of(request)
        affordable = self._affordable(request, wanted, flying, model)
        if affordable is None:
            return None
        left, short = affordable, "US$"
        if budget.completion_tokens is not None:
            free = budget.completion_tokens - used.completion_tokens
            if free <= 0:
                raise BudgetExceeded("completion tokens", used.completion_tokens, budget.completion_tokens)
            free -= sum(_PLAIN.of(sent) for sent, _ in flying)
            left, short = (free, "completion tokens") if free < left else (left, short)
        if budget.tokens is not None:
            free = budget.tokens - used.tokens - _prompt(request)
            if free <= 0:
                raise BudgetExceeded("tokens", used.tokens, budget.tokens)
            free -= sum(_PLAIN.of(sent) + _prompt(sent) for sent, _ in flying)
            left, short = (free, "tokens") if free < left else (left, short)
        if left < wanted:
            if flying:
                return None
            self._short = short
        if left < reach.least:
            raise self.exceeded()
        return _fitted(request, min(left, wanted), reach)

    def _affordable(
        self, request: Request, wanted: int, flying: Sequence[tuple[Request, str]], model: str
    ) -> int | None:
        """Tokens of the wanted ones that the US$ left suffice for, or None to wait for the calls under way.

        Raises:
            BudgetExceeded: they do not suffice for the prompt and a single token.
        """
        limit, used = self.budget.usd, self.used
        if limit is None:
            return wanted
        if used.usd >= limit:
            raise BudgetExceeded("US$", used.usd, limit)
        # Calls under way will cost as much as the earlier ones did (there were none: one at a time), or as much as they
        # can, where their price is known and that is more.
        each = used.usd / used.calls if used.calls else limit
        under_way = sum(max(each, price(name, _prompt(sent), _PLAIN.of(sent)) or 0.0) for sent, name in flying)
        if flying and used.usd + under_way + each > limit:
            return None
        left = limit - used.usd - under_way - (price(model, _prompt(request), 0) or 0.0)
        token = (price(model, 0, _THOUSAND) or 0.0) / _THOUSAND
        tokens = wanted if token == 0.0 else min(wanted, int(left / token))
        if left > 0.0 and tokens >= 1:
            return tokens
        if flying:
            return None
        raise BudgetExceeded("US$", used.usd, limit)

    def pay(self, usage: Usage) -> None:
        """Count a call that was made."""
        self.used += usage

    def pay_remembered(self, usage: Usage, width: int) -> None:
        """Count a call that was made before, one of ``width`` side by side, and the time that it took then."""
        self.used += usage
        self.remembered += usage.seconds / width

    def too_late(self, pause: float) -> BudgetExceeded | None:
        """The error to raise when the time is up after ``pause`` more seconds."""
        limit, used = self.budget.seconds, self.seconds
        if limit is None or used + pause < limit - self.kept:
            return None
        if used + pause < limit:
            return self._kept_for_later(limit, used)
        return BudgetExceeded("seconds", used, limit)

    def _kept_for_later(self, limit: float, used: float) -> BudgetExceeded:
        """What is left of the time is for the test of the claim; says how much that wants, so that it can be given."""
        kept, whole = f"about {ceil(self.kept):,} s", f"the run's {limit:,.0f} s"
        said = f"Of {whole}, {kept} are kept for the test of the claim, and the others are used up."
        if self.kept >= limit:
            said = f"The test of the claim takes {kept}, and {whole} leave nothing beside it."
        return BudgetExceeded("seconds for this stage", used, max(0.0, limit - self.kept), said)

    @property
    def left(self) -> float | None:
        """Seconds until the time is up; None where there is no limit."""
        return None if self.budget.seconds is None else max(0.0, self.budget.seconds - self.kept - self.seconds)

    def exceeded(self) -> BudgetExceeded:
        """The error for a reply that what is left did not suffice for."""
        budget, used = self.budget, self.used
        if self._short == "US$":
            return BudgetExceeded("US$", used.usd, budget.usd or used.usd)
        if self._short == "completion tokens":
            return BudgetExceeded(self._short, used.completion_tokens, budget.completion_tokens or 0)
        return BudgetExceeded(self._short, used.tokens, budget.tokens or used.tokens)


def _fitted(request: Request, tokens: int, reach: Reach) -> Request:
    """The request with so many tokens for all that may be generated."""
    answer = max(1, min(request.max_tokens, tokens - reach.room))
    if answer == request.max_tokens == tokens and not reach.room:
        return request
    return request.model_copy(update={"max_tokens": answer, "room": tokens - answer})


def _prompt(request: Request) -> int:
    return estimate_tokens(prompt_text(request))

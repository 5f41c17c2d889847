"""What a run may spend and has spent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hakken.core.errors import BudgetExceeded
from hakken.core.types import Budget, Request, Usage
from hakken.models.forecast import price
from hakken.models.usage import estimate_tokens, prompt_text

_THOUSAND = 1_000
"""Tokens whose price is asked for, to know that of one."""


class Purse:
    """Checks every call against the budget before it is made, and counts it after."""

    def __init__(self, budget: Budget, used: Usage, elapsed: float, clock: Callable[[], float]) -> None:
        self.budget, self.used = budget, used
        self._clock, self._start = clock, clock() - elapsed
        self.remembered = 0.0
        """Seconds of answers that were given before."""
        self._short_of_money = False
        """Whether the last request was shortened for want of US$."""

    @property
    def seconds(self) -> float:
        """Wall time of the run, earlier sessions included."""
        return self._clock() - self._start + self.remembered

    def admit(self, request: Request, model: str, flying: Sequence[Request] = ()) -> Request | None:
        """The request with no more tokens than are left, or None to wait for the calls under way.

        Args:
            request: What is to be asked.
            model: Who is asked; a prompt whose price is known and more than the US$ that are left is not sent.
            flying: Calls under way.

        Raises:
            BudgetExceeded: nothing is left, or too little.
        """
        budget, used = self.budget, self.used
        if late := self.too_late(0.0):
            raise late
        affordable = self._affordable(request, len(flying), model)
        if affordable is None:
            return None
        left = affordable
        if budget.completion_tokens is not None:
            left = min(left, budget.completion_tokens - used.completion_tokens)
            if left <= 0:
                raise BudgetExceeded("completion tokens", used.completion_tokens, budget.completion_tokens)
            left = min(left, budget.completion_tokens - used.completion_tokens - sum(f.max_tokens for f in flying))
        if budget.tokens is not None:
            free = budget.tokens - used.tokens - _prompt(request)
            if free <= 0:
                raise BudgetExceeded("tokens", used.tokens, budget.tokens)
            left = min(left, free - sum(f.max_tokens + _prompt(f) for f in flying))
        if left < request.max_tokens and flying:
            return None
        self._short_of_money = left == affordable < request.max_tokens
        return request.model_copy(update={"max_tokens": left}) if left < request.max_tokens else request

    def _affordable(self, request: Request, flying: int, model: str) -> int | None:
        """Tokens of the reply that the US$ left suffice for, or None to wait for the calls under way.

        Raises:
            BudgetExceeded: they do not suffice for the prompt and a single token.
        """
        limit, used = self.budget.usd, self.used
        if limit is None:
            return request.max_tokens
        if used.usd >= limit:
            raise BudgetExceeded("US$", used.usd, limit)
        # What calls under way will cost is not known; as much as the earlier ones did, or else one at a time.
        each = used.usd / used.calls if used.calls else limit
        if flying and used.usd + each * (flying + 1) > limit:
            return None
        left = limit - used.usd - each * flying - (price(model, _prompt(request), 0) or 0.0)
        token = (price(model, 0, _THOUSAND) or 0.0) / _THOUSAND
        tokens = request.max_tokens if token == 0.0 else min(request.max_tokens, int(left / token))
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
        limit = self.budget.seconds
        if limit is not None and self.seconds + pause >= limit:
            return BudgetExceeded("seconds", self.seconds, limit)
        return None

    @property
    def left(self) -> float | None:
        """Seconds until the time is up; None where there is no limit."""
        return None if self.budget.seconds is None else max(0.0, self.budget.seconds - self.seconds)

    def exceeded(self) -> BudgetExceeded:
        """The error for a reply that what is left did not suffice for."""
        budget, used = self.budget, self.used
        if self._short_of_money and budget.usd is not None:
            return BudgetExceeded("US$", used.usd, budget.usd)
        if budget.completion_tokens is not None and used.completion_tokens >= budget.completion_tokens:
            return BudgetExceeded("completion tokens", used.completion_tokens, budget.completion_tokens)
        return BudgetExceeded("tokens", used.tokens, budget.tokens or used.tokens)


def _prompt(request: Request) -> int:
    return estimate_tokens(prompt_text(request))

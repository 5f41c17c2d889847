"""The accounts that an attempt opened: what it spent is known however its agent ended, and so is what failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from hakken.core.errors import ModelError
from hakken.core.types import Model, Usage
from hakken.models import Ledger

_UNDER_WAY: ContextVar[Accounts | None] = ContextVar("accounts of the attempt under way", default=None)


class Accounts:
    """All accounts of one attempt together."""

    def __init__(self) -> None:
        self._ledgers: list[Ledger] = []
        self._silent: list[tuple[Model, ModelError]] = []
        self.errors: list[Exception] = []
        """What agents broke down with."""
        self.acted = False
        """Whether a program of the agent was started."""

    @property
    def used(self) -> Usage:
        """Everything that was used, remembered answers included."""
        return sum((ledger.used for ledger in self._ledgers), Usage())

    @property
    def remembered_seconds(self) -> float:
        """What passed, in an earlier session, until the answers that the record gave now were there."""
        return sum(ledger.remembered_seconds for ledger in self._ledgers)

    @property
    def unanswered(self) -> list[tuple[Model, ModelError]]:
        """Models that did not answer the last question of an account, after all retries, and why."""
        return [*self._silent, *(ledger.failed for ledger in self._ledgers if ledger.failed is not None)]

    def open(self, ledger: Ledger) -> None:
        """One more account."""
        self._ledgers.append(ledger)

    def silent(self, model: Model, error: ModelError) -> None:
        """A model did not answer the last question of an account that is no ledger."""
        self._silent.append((model, error))

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note what happens inside, in this thread."""
        before = _UNDER_WAY.set(self)
        try:
            yield
        finally:
            _UNDER_WAY.reset(before)


def under_way() -> Accounts:
    """Those of the attempt under way; where there is none, some that nobody reads."""
    return _UNDER_WAY.get() or Accounts()


def opened(ledger: Ledger) -> Ledger:
    """Note an account of the attempt under way."""
    under_way().open(ledger)
    return ledger

"""The accounts that an attempt opened: what it spent is known however its agent ended, and so is what failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from hakken.core.errors import ModelError, RateLimited
from hakken.core.types import Model, Usage
from hakken.models import Ledger

_UNDER_WAY: ContextVar[Accounts | None] = ContextVar("accounts of the attempt under way", default=None)


class Opened(Protocol):
    """An account: the ledger of an agent of ours, or what a program asks through the gateway."""

    failed: tuple[Model, ModelError] | None
    """The model that did not answer what was asked last, after all retries, and why."""

    @property
    def used(self) -> Usage:
        """Everything that was used, remembered answers included."""

    @property
    def remembered_seconds(self) -> float:
        """Of the time that counts, what passed when remembered answers were given."""


class Accounts:
    """All accounts of one attempt together."""

    def __init__(self) -> None:
        self._ours: list[Opened] = []
        self._programs: list[Opened] = []
        self.errors: list[Exception] = []
        """What agents broke down with."""
        self.acted = False
        """Whether a program of the agent was started."""

    @property
    def used(self) -> Usage:
        """Everything that was used, remembered answers included."""
        return sum((account.used for account in self._all), Usage())

    @property
    def remembered_seconds(self) -> float:
        """What passed, in an earlier session, until the answers that the record gave now were there."""
        return sum(account.remembered_seconds for account in self._all)

    @property
    def unanswered(self) -> list[tuple[Model, ModelError]]:
        """Models that did not answer the last question of an account, after all retries, and why."""
        ours = [account.failed for account in self._ours if account.failed is not None]
        theirs = [account.failed for account in self._programs if account.failed is not None]
        # A program asks as often as it likes: too many requests may be its own.
        return [*ours, *(failed for failed in theirs if not isinstance(failed[1], RateLimited))]

    def open(self, account: Opened) -> None:
        """One more account of an agent of ours."""
        self._ours.append(account)

    def open_for_program(self, account: Opened) -> None:
        """One more account, of a program that asks by itself."""
        self._programs.append(account)

    @property
    def _all(self) -> list[Opened]:
        return [*self._ours, *self._programs]

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

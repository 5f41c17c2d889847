"""A model that says what it is told to, and a record that can be kept or forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hakken.core.types import Budget, Call, Request, Role
from hakken.models import Ledger
from hakken.models.scripted import FunctionModel


class Log:
    """Calls in memory."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}

    def find_call(self, key: str) -> Call | None:
        return self.calls.get(key)

    def record_call(self, call: Call) -> None:
        if call.completion is not None:
            self.calls[call.key] = call


class Talker:
    """Answers from a list, or by a function of the request; keeps what it was asked."""

    def __init__(self, *replies: Any, by: Callable[[Request], Any] | None = None) -> None:
        self.asked: list[Request] = []
        self._replies, self._by = replies, by

    def __call__(self, request: Request) -> str:
        self.asked.append(request)
        reply = self._by(request) if self._by else self._replies[min(len(self.asked), len(self._replies)) - 1]
        return reply if isinstance(reply, str) else json.dumps(reply)

    def ledger(self, log: Log | None = None, budget: Budget | None = None) -> Ledger:
        model = FunctionModel(self)
        return Ledger({Role.CODE: model}, log or Log(), budget, seed=0)


def act(tool: str, thought: str = "So.", **arguments: Any) -> dict[str, Any]:
    """A reply with one action."""
    return {"thought": thought, "action": {"tool": tool, **arguments}}

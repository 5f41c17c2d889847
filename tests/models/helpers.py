"""What the tests of models share."""

from __future__ import annotations

from hakken.core.prompts import Prompt
from hakken.core.types import Call, Message, Role


class MemoryLog:
    """A call log in memory that counts like the store does: the latest successful call of a key."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def find_call(self, key: str) -> Call | None:
        return next((c for c in reversed(self.calls) if c.key == key and c.completion), None)

    def record_call(self, call: Call) -> None:
        self.calls.append(call)


def make_prompt(text: str = "Say something.", name: str = "ideas/test", role: Role = Role.IDEAS) -> Prompt:
    """A prompt that needs no file."""
    messages = (Message(role="system", content="Be brief."), Message(role="user", content=text))
    return Prompt(name=name, role=role, messages=messages, max_tokens=64, temperature=0.5, hash="sha256:0")

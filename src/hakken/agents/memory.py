"""What an agent is shown of its earlier steps, so that it fits into the window of its model. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hakken.agents.types import Memory, Turn
from hakken.core.types import Message
from hakken.models.usage import estimate_tokens

LEFT_OUT = "[left out to save room]"
_PER_MESSAGE = 8
"""Tokens that a chat template puts around a message."""
_LEAST = 400
"""Characters that stay of a text that is cut since nothing else is left to leave out."""


@dataclass(frozen=True)
class View:
    """Messages to send, and what had to be left out of them."""

    messages: tuple[Message, ...]
    elided: int = 0
    """Observations that were left out."""
    dropped: int = 0
    """Whole steps that were left out."""
    cut: bool = False
    """Whether a text was cut, since nothing was left that could be left out."""


def view(
    base: Sequence[Message], turns: Sequence[Turn], tail: str, memory: Memory, window: int, summary: str, limit: int
) -> View:
    """The task, the steps that the memory shows, and the present question, within so many tokens.

    Args:
        base: The task; always whole, unless it is too long by itself.
        turns: All steps so far.
        tail: What is said last: the number of the step, plan, nudge.
        memory: Which steps are shown.
        window: How many, where not all are.
        summary: Of the earlier ones.
        limit: Tokens of the prompt.
    """
    shown = list(turns) if memory is Memory.FULL else list(turns[-window:])
    elided = dropped = 0
    hidden: set[int] = set()
    while shown:
        messages = _messages(base, shown, hidden, _earlier(len(turns) - len(shown), summary), tail)
        if tokens(messages) <= limit:
            return View(messages, elided, dropped)
        # The oldest observation goes first; the last step stays whole as long as anything else can go.
        oldest = next((t for t in shown[:-1] if t.index not in hidden and len(t.observation) > len(LEFT_OUT)), None)
        if oldest is not None:
            hidden.add(oldest.index)
            elided += 1
        elif len(shown) > 1:
            shown, dropped = shown[1:], dropped + 1
        else:
            return View(_cut(messages, limit), elided, dropped, cut=True)
    messages = _messages(base, [], hidden, _earlier(len(turns), summary), tail)
    fits = tokens(messages) <= limit
    return View(messages if fits else _cut(messages, limit), elided, dropped, cut=not fits)


def tokens(messages: Sequence[Message]) -> int:
    """Estimate of a conversation's length."""
    return sum(estimate_tokens(m.content) + _PER_MESSAGE for m in messages)


def shown_step(turn: Turn, observation: str | None = None) -> str:
    """A step in words, for a summary or a small model."""
    said = turn.observation if observation is None else observation
    return f"Thought: {turn.thought}\nAction: {turn.tool} {json.dumps(turn.arguments)}\nObservation: {said}"


def _earlier(count: int, summary: str) -> str:
    if not count:
        return ""
    said = f" In short: {summary}" if summary else ""
    return f"({count} earlier step{'s are' if count != 1 else ' is'} not shown.{said})"


def _messages(
    base: Sequence[Message], turns: Sequence[Turn], hidden: set[int], earlier: str, tail: str
) -> tuple[Message, ...]:
    found = list(base)
    if earlier:
        found.append(Message(role="user", content=earlier))
    for turn in turns:
        action = {"tool": turn.tool, **turn.arguments} if turn.tool else None
        said = {"thought": turn.thought, "action": action}
        found.append(Message(role="assistant", content=json.dumps(said, ensure_ascii=False)))
        found.append(
            Message(role="user", content=LEFT_OUT if turn.index in hidden else turn.observation or "(nothing)")
        )
    found.append(Message(role="user", content=tail))
    return _merged(found)


def _merged(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Neighbours of one role in one message: some servers insist on taking turns."""
    found: list[Message] = []
    for message in messages:
        if found and found[-1].role == message.role != "system":
            joined = f"{found[-1].content}\n\n{message.content}"
            found[-1] = found[-1].model_copy(update={"content": joined})
        else:
            found.append(message)
    return tuple(found)


def _cut(messages: Sequence[Message], limit: int) -> tuple[Message, ...]:
    """Messages whose longest text is cut in its middle until they fit, or nothing more can be cut."""
    found = list(messages)
    while (over := tokens(found) - limit) > 0:
        index = max(range(len(found)), key=lambda i: len(found[i].content))
        text = found[index].content
        keep = max(_LEAST, len(text) - 4 * over - 40)
        if keep >= len(text):
            break
        cut = f"{text[: keep // 2]}\n[…]\n{text[len(text) - keep // 2 :]}"
        if len(cut) >= len(text):
            break
        found[index] = found[index].model_copy(update={"content": cut})
    return tuple(found)

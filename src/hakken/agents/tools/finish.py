"""The end of the work: the answer, and the agent's last words about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar, Literal

from hakken.agents.tools.base import Action, Observation


class GiveAnswer(Action):
    """End the work and give the answer."""

    tool: Literal["finish"] = "finish"
    answer: str
    """The answer as JSON text, in the form that the task asks for; leave out what was not measured."""
    words: str = ""
    """What was done, and what could not be measured."""
    # A text and no free object: providers that enforce schemas strictly allow no object without named fields.
    free: ClassVar[str] = "answer"


class Finish:
    """Takes the answer.

    Args:
        accept: Gets the answer and the words; says why they cannot be taken, in words for the agent, or None.
    """

    arguments = GiveAnswer

    def __init__(self, accept: Callable[[dict[str, Any], str], str | None]) -> None:
        self._accept = accept

    def use(self, action: GiveAnswer) -> Observation:
        """Hand it over."""
        try:
            answer = json.loads(action.answer.strip() or "{}")
        except (ValueError, RecursionError) as error:
            return Observation(text=f"The answer is not JSON: {error}.", failed=True)
        if not isinstance(answer, dict):
            return Observation(text="The answer must be a JSON object.", failed=True)
        if reason := self._accept(answer, action.words):
            return Observation(text=reason, failed=True)
        return Observation(text="The answer was taken.", finished=True)

"""Models that answer by rule: for tests, examples and rehearsals of a whole run without a model.

Replies depend on the request alone, never on the order of calls, so that a resumed run gets the same ones.
"""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, NonNegativeInt, TypeAdapter, ValidationError

from hakken.core.errors import (
    ConfigError,
    ModelError,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    QuotaExceeded,
    RateLimited,
    first_problem,
)
from hakken.core.text import storable
from hakken.core.types import Completion, Record, Request, Usage, content_hash
from hakken.models.usage import estimate_tokens, prompt_text

_ERRORS: dict[str, type[ModelError]] = {
    "unavailable": ModelUnavailable,
    "timeout": ModelTimeout,
    "rate_limited": RateLimited,
    "quota": QuotaExceeded,
    "refused": ModelRefused,
}


class Rule(Record):
    """One line of a script: the first rule that fits a request answers it."""

    purpose: str = "*"
    """Glob on the prompt's name, such as ``ideas/*``."""
    match: str | None = None
    """Regular expression searched for in the first user message, the question itself."""
    reply: Any = None
    """Text, or an object that is sent as JSON."""
    replies: tuple[Any, ...] = ()
    """Several replies; which one, says ``pick``."""
    pick: Literal["sample", "hash"] = "sample"
    """``sample``: by sample index and turn of the conversation; ``hash``: by the prompt as well, for variety."""
    error: Literal["unavailable", "timeout", "rate_limited", "quota", "refused"] | None = None
    """Fail this way instead of answering."""
    times: NonNegativeInt | None = None
    """How often ``error`` meets one request before it is answered; None means always."""

    def fits(self, request: Request) -> bool:
        """Whether this rule answers the request."""
        question = next((m.content for m in request.messages if m.role == "user"), "")
        return fnmatchcase(request.purpose, self.purpose) and (
            self.match is None or re.search(self.match, question) is not None
        )

    def text(self, request: Request) -> str:
        """The reply to the request."""
        replies = self.replies or (self.reply,)
        turn = sum(message.role == "assistant" for message in request.messages)
        index = request.sample + turn
        if self.pick == "hash":
            index += int(content_hash(prompt_text(request))[7:15], 16)
        reply = replies[index % len(replies)]
        return reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)


class Script(Record):
    """The content of a script file."""

    strong: bool = True
    rules: tuple[Rule, ...] = Field(min_length=1)


class FunctionModel:
    """A model that is a Python function from a request to a reply."""

    def __init__(
        self, fn: Callable[[Request], str | Completion], name: str = "function", strong: bool = True, parallel: int = 4
    ) -> None:
        self.fn, self.name, self.strong, self.parallel = fn, name, strong, parallel

    def generate(self, request: Request) -> Completion:
        """Answer with what the function returns; tokens are counted as a quarter of the characters."""
        reply = self.fn(request)
        if isinstance(reply, Completion):
            return reply
        reply = storable(reply)
        usage = Usage(
            calls=1,
            prompt_tokens=estimate_tokens(prompt_text(request)),
            completion_tokens=estimate_tokens(reply),
        )
        return Completion(text=reply, usage=usage, model=self.name)


class ScriptedModel(FunctionModel):
    """A model that answers from rules."""

    def __init__(self, rules: Iterable[Rule], name: str = "scripted", strong: bool = True, parallel: int = 4) -> None:
        super().__init__(self._reply, name, strong, parallel)
        self.rules = tuple(rules)
        self._failed: Counter[tuple[int, str]] = Counter()
        self._lock = threading.Lock()

    def _reply(self, request: Request) -> str:
        for index, rule in enumerate(self.rules):
            if rule.fits(request):
                self._fail(index, rule, request)
                return rule.text(request)
        raise ModelRefused(
            f"The script {self.name} has no rule for the prompt {request.purpose!r}.",
            'Add a rule, or one with purpose "*" at the end.',
        )

    def _fail(self, index: int, rule: Rule, request: Request) -> None:
        if rule.error is None:
            return
        with self._lock:
            at = (index, request.key(self.name))
            self._failed[at] += 1
            failed = self._failed[at]
        if rule.times is None or failed <= rule.times:
            raise _ERRORS[rule.error](f"The script {self.name} fails here: {rule.error}.")


def load_script(path: Path, strong: bool | None = None) -> ScriptedModel:
    """Open a TOML or JSON file of rules (``[[rules]]`` tables, and ``strong``).

    Raises:
        ConfigError: the file cannot be read, or is not a script.
    """
    try:
        raw = path.read_text(encoding="utf-8")
        data = json.loads(raw) if path.suffix == ".json" else tomllib.loads(raw)
        script = TypeAdapter(Script).validate_python(data)
        for rule in script.rules:
            re.compile(rule.match or "")
    except OSError as error:
        raise ConfigError(
            f"The script {path} cannot be read: {error.strerror}.", "Check its name and its permissions."
        ) from error
    except ValidationError as error:
        raise ConfigError(f"The script {path} is wrong: {first_problem(error)}.") from None
    except (ValueError, re.error) as error:
        raise ConfigError(f"The script {path} is not valid: {error}.") from error
    return ScriptedModel(script.rules, f"scripted:{path}", script.strong if strong is None else strong)

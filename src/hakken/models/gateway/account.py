"""What one attempt may ask of its model, and what it has asked: checked before it is spent, recorded after.

The record is the ledger's: a call of a program in a box and one of ours differ in their purpose alone. An attempt that
is made again is answered from the record as far as it asks the same things in the same order, and those answers count.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from hakken.core.config import ModelSettings
from hakken.core.errors import BudgetExceeded, ModelError
from hakken.core.types import Budget, Call, CallLog, Completion, Model, Request, Role, Usage, content_hash
from hakken.models.conversation import fold_seed
from hakken.models.purse import Purse, reach_of
from hakken.models.retrying import pause_before_retry
from hakken.models.usage import prompt_text

_LONGEST_WAIT = 60.0
"""Seconds between two tries; whoever is told to wait longer is told so himself."""
_FAILURES = 3
"""Calls that may fail, for each one that may be answered."""
_BEGINNING = 2_000
"""Characters that are kept of what was asked for nothing: a program may ask that as long and as often as it likes."""


class Account:
    """Asks one model on behalf of one attempt. Use from one thread, the one that may write to the log."""

    def __init__(
        self,
        model: Model,
        log: CallLog,
        *,
        purpose: str,
        role: Role = Role.CODE,
        budget: Budget | None = None,
        calls: int | None = None,
        seed: int = 0,
        settings: ModelSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Open an account.

        Args:
            model: Whatever the other side asks for, this model answers.
            log: Where calls are recorded and found again.
            purpose: Who asks and for what, such as ``external/aider/task-1``.
            role: Role of the model, for the record.
            budget: Limits of the attempt.
            calls: Calls that are answered; three times as many may fail.
            seed: The attempt's seed.
            settings: Retries.
            clock: Monotonic seconds.
            sleep: Waits between tries.
        """
        self.purpose, self.calls = purpose, calls
        self.exceeded: BudgetExceeded | None = None
        """The limit that was met last."""
        self.failed: tuple[Model, ModelError] | None = None
        """The model, and why the last call to it failed, after all retries; None where it was answered."""
        self._model, self._log, self._role, self._seed = model, log, role, seed
        self._settings = settings or ModelSettings()
        self._purse = Purse(budget or Budget(), Usage(), 0.0, clock)
        self._sleep = sleep
        self._seen: Counter[str] = Counter()
        self._failures = 0

    @property
    def used(self) -> Usage:
        """Everything that was used, remembered answers included."""
        return self._purse.used

    @property
    def remembered_seconds(self) -> float:
        """Of the time that counts, what passed when remembered answers were given."""
        return self._purse.remembered

    @property
    def left(self) -> float | None:
        """Seconds until the time is up; None where there is no limit."""
        return self._purse.left

    def late(self) -> bool:
        """Whether the time is up, which then is the limit that was met last."""
        late = self._purse.too_late(0.0)
        self.exceeded = late or self.exceeded
        return late is not None

    def ask(self, request: Request) -> Completion:
        """Answer one request, from the record where it holds the answer.

        A question that is asked again within the attempt is another sample, and may be answered otherwise.

        Raises:
            BudgetExceeded: a limit is met; nothing was spent.
            ModelError: the call failed, after all retries where those can help.
        """
        again = content_hash(request)
        sample = self._seen[again]
        meant = request.model_copy(
            update={"purpose": self.purpose, "sample": sample, "seed": fold_seed(self._seed, sample)}
        )
        try:
            sent = self._admit(meant)
        except BudgetExceeded as error:
            self.exceeded = error
            raise
        remembered = self._recall(meant, sent)
        completion = remembered or self._generate(meant, sent)
        self.failed = None
        self._seen[again] += 1
        if remembered:
            self._purse.pay_remembered(completion.usage, 1)
        else:
            self._purse.pay(completion.usage)
        return completion

    def refuse(self, said: str, error: str) -> None:
        """Record a request that was not sent on, with the beginning of what was asked."""
        request = Request.model_validate({"messages": [{"role": "user", "content": said}], "purpose": self.purpose})
        self._record(request, request.key(self._model.name), None, error)

    def _admit(self, request: Request) -> Request:
        """The request with no more tokens than every limit allows.

        Raises:
            BudgetExceeded: nothing is left.
        """
        if self.calls is not None:
            if self.used.calls >= self.calls:
                raise BudgetExceeded("calls", self.used.calls, self.calls)
            if self._failures >= _FAILURES * self.calls:
                raise BudgetExceeded("failed calls", self._failures, _FAILURES * self.calls)
        sent = self._purse.admit(request, self._model.name, reach=reach_of(self._model))
        if sent is None:
            raise AssertionError("nothing else is under way, so there is nothing to wait for")
        # The program is ended when its time is up, and a reply that runs on would keep the machine from the next one.
        return sent.model_copy(update={"patience": self._purse.left})

    def _recall(self, meant: Request, sent: Request) -> Completion | None:
        """The answer that the record holds, or the one that the same limit cut short before."""
        for request in (meant, sent) if sent.max_tokens < meant.max_tokens else (meant,):
            if call := self._log.find_call(request.key(self._model.name)):
                return call.completion
        return None

    def _generate(self, meant: Request, sent: Request) -> Completion:
        tried = 0
        while True:
            try:
                completion = self._model.generate(sent)
            except ModelError as error:
                self._record(sent, meant.key(self._model.name), None, f"{type(error).__name__}: {error.message}")
                pause = pause_before_retry(error, tried, _LONGEST_WAIT)
                tried += 1
                if pause is None or tried > self._settings.retries or self._purse.too_late(pause):
                    self.failed = self._model, error
                    self._failures += 1
                    raise
                self._sleep(pause)
            else:
                # A reply that a limit cut short must not answer the whole request when it is made again.
                cut = completion.finish == "length" and sent.max_tokens < meant.max_tokens
                self._record(sent, (sent if cut else meant).key(self._model.name), completion, None)
                return completion

    def _record(self, request: Request, key: str, completion: Completion | None, error: str | None) -> None:
        self._log.record_call(
            Call(
                key=key,
                model=self._model.name,
                role=self._role,
                purpose=self.purpose,
                prompt_hash=content_hash(prompt_text(request)),
                request=request if completion else _beginning(request),
                completion=completion,
                error=error,
            )
        )


def _beginning(request: Request) -> Request:
    """The request with the beginning of what it says, and without the form of a reply that never came."""
    messages, room = [], _BEGINNING
    for message in request.messages:
        if room <= 0:
            break
        messages.append(message.model_copy(update={"content": message.content[:room]}))
        room -= len(message.content) + 1  # so that empty ones end, too
    return request.model_copy(update={"messages": tuple(messages), "json_schema": None})

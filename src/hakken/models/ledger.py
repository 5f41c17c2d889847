"""The one typed call to a model: looked up, budgeted, retried, repaired, recorded.

Calls wait in threads; everything that touches the record or the budget happens on the caller's thread, because the
store has one writer. Equal requests are answered from the record, which is what makes a resumed run cost nothing twice.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from hakken.core.config import ModelSettings
from hakken.core.errors import BudgetExceeded, HakkenError, MalformedReply, ModelError, RateLimited
from hakken.core.prompts import Prompt
from hakken.core.types import Budget, Call, CallLog, Completion, Infill, Model, Request, Role, Usage
from hakken.models.conversation import Conversation, Question, Reply
from hakken.models.purse import Purse, reach_of
from hakken.models.retrying import pause_before_retry

T = TypeVar("T")

_LONGEST_WAIT = 120.0
"""Seconds; a server that asks for more patience ends the call instead."""
_RATE_PATIENCE = 180.0
"""Seconds that a call waits in all where a server says "too many requests": limits are counted by the minute."""


@dataclass(frozen=True)
class _Job:
    """One call to make: pure input of a worker."""

    model: Model
    key: str
    """Key of the request as meant, before the budget shortened it."""
    request: Request
    """As sent."""
    prompt: Prompt

    @property
    def shortened(self) -> bool:
        return self.request.key(self.model.name) != self.key

    def call(self, completion: Completion | None, error: str | None = None) -> Call:
        # A reply that the budget cut short must not answer the full request after a resume with a larger one.
        cut = completion is not None and completion.finish == "length" and self.shortened
        return Call(
            key=self.request.key(self.model.name) if cut else self.key,
            model=self.model.name,
            role=self.prompt.role,
            purpose=self.prompt.name,
            prompt_hash=self.prompt.hash,
            request=self.request,
            completion=completion,
            error=error,
        )


@dataclass(frozen=True)
class _Outcome:
    """What a worker brings back: every call it made, and the error when none succeeded."""

    calls: tuple[Call, ...]
    error: HakkenError | None = None


class Ledger:
    """Asks models, keeps the account. Use from one thread, the one that may write to the log."""

    def __init__(
        self,
        models: Mapping[Role, Model],
        log: CallLog,
        budget: Budget | None = None,
        settings: ModelSettings | None = None,
        seed: int = 0,
        used: Usage | None = None,
        progress: Callable[[Call, Usage], None] | None = None,
        *,
        elapsed: float = 0.0,
        pay_remembered: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """Open an account.

        Args:
            models: The model of each role that will be asked.
            log: Where calls are recorded and found again.
            budget: Limits of the run.
            settings: Retries and repairs.
            seed: The run's seed.
            used: What the run used before, from the record.
            progress: Called after each call with it and the total.
            elapsed: Wall seconds that the run took before it was resumed.
            pay_remembered: Count each answer from the record as when it was given, in tokens, US$ and seconds. For an
                account that opens empty and whose work begins anew when it is resumed; ``used`` and ``elapsed`` would
                count it twice.
            clock: Monotonic seconds.
            sleep: Waits between tries; None waits no longer than the answer is of use.
        """
        self._models, self._log, self._seed, self._progress = models, log, seed, progress
        self._settings = settings or ModelSettings()
        self._purse = Purse(budget or Budget(), used or Usage(), elapsed, clock)
        self._sleep = sleep
        self._pays = pay_remembered
        self._paid: set[str] = set()
        self._allowed = 0
        self._granted: int | None = None
        self.failed: tuple[Model, ModelError] | None = None
        """The model that did not answer what was asked last, after all retries, and why."""

    @property
    def used(self) -> Usage:
        """Everything the run has used, earlier sessions included."""
        return self._purse.used

    @property
    def seconds(self) -> float:
        """Wall time of the run until now, as its limit counts it: earlier sessions and remembered answers included."""
        return self._purse.seconds

    @property
    def remembered_seconds(self) -> float:
        """Of the time that counts, what passed when remembered answers were given."""
        return self._purse.remembered

    def model(self, role: Role) -> Model:
        """The model of a role."""
        return self._models[role]

    @contextmanager
    def allowance(self, completion_tokens: int | None, *, keep: float = 0.0) -> Iterator[None]:
        """Give what is asked inside so many completion tokens, answers from the record included.

        Because remembered answers count like new ones, a resumed run meets the allowance at the same question.

        Args:
            completion_tokens: None for as many as the budget holds.
            keep: Wall seconds of the budget that are left for what comes later.
        """
        before = self._allowed, self._granted, self._purse.kept
        self._allowed, self._granted, self._purse.kept = 0, completion_tokens, keep
        try:
            yield
        finally:
            self._allowed, self._granted, self._purse.kept = before

    def too_late(self) -> BudgetExceeded | None:
        """The error to raise when the run's wall time is up, or what a stage may use of it."""
        return self._purse.too_late(0.0)

    def ask(
        self,
        prompt: Prompt,
        output: type[T] = str,  # type: ignore[assignment]
        *,
        sample: int = 0,
        grammar: str | None = None,
        check: Callable[[T], str | None] | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        avoid: tuple[str, ...] = (),
        infill: Infill | None = None,
    ) -> Reply[T]:
        """Ask one question and wait for a usable answer.

        Args:
            prompt: The rendered prompt; its role chooses the model.
            output: ``str``, a pydantic model, or any type that pydantic understands.
            sample: Index among several answers to one prompt.
            grammar: GBNF grammar for models that support one; check the reply too.
            check: Says why a value cannot be used, in words for the model, or None.
            max_tokens: Instead of the prompt's.
            temperature: Instead of the prompt's.
            avoid: Words that a model which supports it is kept from writing.
            infill: The prompt as a text with a hole, for models that fill such.

        Raises:
            BudgetExceeded: a limit of the run is met.
            MalformedReply: no reply could be used, after all repairs.
            ModelError: the call failed, after all retries where those can help.
        """
        question = Question(prompt, output, sample, grammar, check, max_tokens, temperature, avoid, infill)
        (reply,) = self.ask_many([question])
        if isinstance(reply, MalformedReply):
            raise reply
        return reply

    def draw(self, prompt: Prompt, output: type[T], count: int, **options: Any) -> list[Reply[T] | MalformedReply]:
        """Ask one prompt ``count`` times, as samples 0, 1, …; the options are those of ``Question``."""
        return self.ask_many([Question(prompt, output, sample=index, **options) for index in range(count)])

    def ask_many(self, questions: Sequence[Question[T]]) -> list[Reply[T] | MalformedReply]:
        """Ask questions side by side, as many at a time as their models answer well; answers come in order.

        A question without a usable answer is a ``MalformedReply`` in its place, so that it does not cost the others.

        Raises:
            BudgetExceeded: a limit of the run is met; what was under way is recorded.
            ModelError: a call failed; what was under way is recorded.
        """
        if not questions:
            return []
        if self._granted is not None and self._allowed >= self._granted:
            raise BudgetExceeded("completion tokens for this stage", self._allowed, self._granted)
        self.failed = None
        width = min(min(self._models[q.prompt.role].parallel for q in questions), len(questions))
        talks = [Conversation(question, self._seed, self._settings.repairs) for question in questions]
        with ExitStack() as stack:
            pool: Executor = _Inline() if width == 1 else stack.enter_context(ThreadPoolExecutor(width))
            results = _Round(self, talks, pool, width).run()
        self._allowed += sum(talk.usage.completion_tokens for talk in talks)
        return [results[index] for index in range(len(talks))]

    def _recall(self, talk: Conversation[T], width: int) -> Reply[T] | MalformedReply | None:
        """Go through a conversation, one of ``width`` side by side, as far as the record knows it."""
        name = self._models[talk.question.prompt.role].name
        while call := self._log.find_call(talk.request.key(name)):
            if call.completion is None:
                return None
            self._pay_again(call.key, call.completion, width)
            if result := talk.hear(call.completion, call.key, cached=True):
                return result
        return None

    def _admit(self, talk: Conversation[T], flying: Sequence[_Job]) -> _Job | None:
        """The next call of a conversation within the budget; None to wait for the calls under way."""
        model = self._models[talk.question.prompt.role]
        under_way = [(job.request, job.model.name) for job in flying]
        sent = self._purse.admit(talk.request, model.name, under_way, reach_of(model))
        if sent is None:
            return None
        if self._pays:
            sent = sent.model_copy(update={"patience": self._purse.left})
        return _Job(model, talk.request.key(model.name), sent, talk.question.prompt)

    def _pay_again(self, key: str, completion: Completion, width: int) -> None:
        if self._pays and key not in self._paid:  # asked twice it was paid for once
            self._paid.add(key)
            self._purse.pay_remembered(completion.usage, width)

    def _was_cut(self, job: _Job, width: int) -> bool:
        """Whether the record holds the reply that the same budget cut: it ends the work again, and is not bought again.

        Not for an account that opens with what was used: that reply is among it, and what is left now is another limit.
        """
        call = self._log.find_call(job.request.key(job.model.name)) if self._pays and job.shortened else None
        if call is None or call.completion is None or call.completion.finish != "length":
            return False
        self._pay_again(call.key, call.completion, width)
        return True

    def _try(self, job: _Job, over: threading.Event) -> _Outcome:
        """Make a call, again where that can help. Runs in a thread, so it only computes what is to be recorded.

        Args:
            job: The call.
            over: Set when the round has failed or was interrupted: nobody waits for another try.
        """
        calls: list[Call] = []
        waited = 0.0
        while True:
            try:
                return _Outcome((*calls, job.call(job.model.generate(job.request))))
            except ModelError as error:
                pause = pause_before_retry(error, len(calls), _LONGEST_WAIT)
                calls.append(job.call(None, f"{type(error).__name__}: {error.message}"))
                # A full minute is waited out however few tries the settings give; none at all means none.
                patient = isinstance(error, RateLimited) and self._settings.retries > 0
                spent = waited + (pause or 0.0) > _RATE_PATIENCE if patient else len(calls) > self._settings.retries
                if pause is None or spent:
                    return _Outcome(tuple(calls), error)
                if late := self._purse.too_late(pause):
                    late.__cause__ = error
                    return _Outcome(tuple(calls), late)
                (self._sleep or over.wait)(pause)
                waited += pause
                if over.is_set():
                    return _Outcome(tuple(calls), error)

    def _settle(self, outcome: _Outcome) -> Call:
        """Record what a worker brought back; the successful call, or its error raised."""
        for call in outcome.calls:
            self._log.record_call(call)
            if call.completion:
                self._paid.add(call.key)
                self._purse.pay(call.completion.usage)
            if self._progress:
                self._progress(call, self._purse.used)
        if outcome.error:
            # Where the time was up between two tries, what they failed with is the cause of that.
            cause = outcome.error if isinstance(outcome.error, ModelError) else outcome.error.__cause__
            if isinstance(cause, ModelError):
                self.failed = self._models[outcome.calls[-1].role], cause
            raise outcome.error
        return outcome.calls[-1]


class _Round:
    """The questions of one ``ask_many`` on their way."""

    def __init__(self, ledger: Ledger, talks: Sequence[Conversation[Any]], pool: Executor, width: int) -> None:
        self.ledger, self.talks, self.pool, self.width = ledger, talks, pool, width
        self.queue = deque(range(len(talks)))
        self.flying: dict[Future[_Outcome], tuple[int, _Job]] = {}
        self.over = threading.Event()
        self.results: dict[int, Any] = {}

    def run(self) -> dict[int, Any]:
        try:
            while self.queue or self.flying:
                self._launch()
                self._land()
        finally:
            self._drain()
        return self.results

    def _launch(self) -> None:
        while self.queue and len(self.flying) < self.width:
            index = self.queue[0]
            talk = self.talks[index]
            if result := self.ledger._recall(talk, self.width):
                self.results[index] = result
                self.queue.popleft()
                continue
            job = self.ledger._admit(talk, [job for _, job in self.flying.values()])
            if job is None:
                return
            if self.ledger._was_cut(job, self.width):
                raise self.ledger._purse.exceeded()
            self.queue.popleft()
            self.flying[self.pool.submit(self.ledger._try, job, self.over)] = (index, job)

    def _land(self) -> None:
        done, _ = wait(self.flying, return_when=FIRST_COMPLETED) if self.flying else (set(), None)
        for future in sorted(done, key=lambda each: self.flying[each][0]):
            index, job = self.flying.pop(future)
            call = self.ledger._settle(future.result())
            if call.completion is None:
                raise AssertionError("a settled call has a completion")
            if call.key != job.key:
                raise self.ledger._purse.exceeded()
            if result := self.talks[index].hear(call.completion, call.key, cached=False):
                self.results[index] = result
            else:
                self.queue.appendleft(index)

    def _drain(self) -> None:
        """Record the calls under way when one failed: they are paid for, and none is tried again."""
        self.over.set()
        for future in list(self.flying):
            del self.flying[future]
            try:
                self.ledger._settle(future.result())
            except HakkenError:
                continue  # Recorded; the first error is the one that is being raised.


class _Inline(Executor):
    """Runs in the caller's thread, so that one question alone can be interrupted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future

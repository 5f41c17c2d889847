"""The one typed call: recorded, cached, repaired, retried, budgeted, several at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from hakken.core.config import ModelSettings
from hakken.core.errors import (
    BudgetExceeded,
    MalformedReply,
    ModelRefused,
    ModelUnavailable,
    QuotaExceeded,
    RateLimited,
)
from hakken.core.types import Budget, Call, Completion, Record, Request, Role, Usage
from hakken.models.conversation import Question, Reply, fold_seed
from hakken.models.ledger import Ledger
from hakken.models.scripted import FunctionModel, Rule, ScriptedModel
from tests.models.helpers import MemoryLog, make_prompt


class Idea(Record):
    thought: str
    title: str


GOOD = '{"thought": "t", "title": "A"}'


class Bench:
    """A ledger on a function, with a log, a clock and a record of pauses."""

    def __init__(self, fn: Callable[[Request], Any], log: MemoryLog | None = None, **options: Any) -> None:
        self.requests: list[Request] = []
        self.log = log or MemoryLog()
        self.pauses: list[float] = []
        self.now = 100.0

        def answer(request: Request) -> Any:
            self.requests.append(request)
            reply = fn(request)
            if isinstance(reply, Exception):
                raise reply
            return reply

        model = FunctionModel(answer, parallel=options.pop("parallel", 1))
        self.ledger = Ledger(dict.fromkeys(Role, model), self.log, clock=lambda: self.now, sleep=self.sleep, **options)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def sequence(*replies: Any) -> Callable[[Request], Any]:
    left = list(replies)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


def spend(prompt: int = 0, completion: int = 0, usd: float = 0.0, text: str = "x", finish: str = "stop") -> Completion:
    usage = Usage(calls=1, prompt_tokens=prompt, completion_tokens=completion, usd=usd)
    return Completion.model_validate({"text": text, "usage": usage, "finish": finish})


def test_text_and_what_is_recorded() -> None:
    bench = Bench(sequence("hello"))
    reply = bench.ledger.ask(make_prompt("Greet."))
    assert (reply.value, reply.tries, reply.rejected, reply.cached) == ("hello", 1, (), False)
    (call,) = bench.log.calls
    assert (call.key, call.model, call.role, call.purpose) == (reply.key, "function", Role.IDEAS, "ideas/test")
    assert call.prompt_hash == "sha256:0"
    assert call.completion is not None
    assert (call.completion.text, call.request.messages[-1].content) == ("hello", "Greet.")
    assert call.request.purpose == "ideas/test"
    assert bench.ledger.used == reply.usage == call.completion.usage


def test_a_type_sends_its_schema_and_comes_back_as_an_instance() -> None:
    bench = Bench(sequence(f"Here:\n```json\n{GOOD}\n```"))
    assert bench.ledger.ask(make_prompt(), Idea).value == Idea(thought="t", title="A")
    schema = bench.requests[0].json_schema
    assert schema is not None
    assert schema["required"] == ["thought", "title"]


def test_the_record_answers_equal_requests() -> None:
    first = Bench(sequence(GOOD))
    first.ledger.ask(make_prompt(), Idea)
    again = Bench(sequence("never asked"), first.log, used=first.ledger.used)
    reply = again.ledger.ask(make_prompt(), Idea)
    assert (reply.value.title, reply.cached, again.requests) == ("A", True, [])
    assert again.ledger.used == first.ledger.used, "what the record answers is paid for already"


def test_an_account_that_pays_for_what_is_remembered_ends_where_it_ended_before() -> None:
    def answer(request: Request) -> Completion:
        done = spend(prompt=10, completion=30, usd=0.1, text=request.messages[-1].content)
        return done.model_copy(update={"usage": done.usage.model_copy(update={"seconds": 4.0})})

    budget = Budget(tokens=115, seconds=60.0)
    first = Bench(answer, budget=budget, pay_remembered=True)
    asked = [make_prompt(f"Question {i}.") for i in range(4)]
    first.ledger.ask(asked[0])
    first.ledger.ask(asked[1])
    first.ledger.ask(asked[0])  # from the record: it was paid for
    assert first.ledger.used.tokens == 80
    assert first.ledger.remembered_seconds == 0.0

    again = Bench(answer, first.log, budget=budget, pay_remembered=True)
    for prompt in (asked[0], asked[1], asked[0]):
        assert again.ledger.ask(prompt).cached
    assert again.ledger.used == first.ledger.used
    assert again.ledger.remembered_seconds == 8.0
    again.now += 51.5
    assert again.ledger.too_late() is None
    again.now += 1.0
    assert again.ledger.too_late() is not None
    again.now = 100.0
    for bench in (first, again):
        bench.ledger.ask(asked[2])
        with pytest.raises(BudgetExceeded, match="budget of 115 tokens"):
            bench.ledger.ask(asked[3])


def test_nobody_waits_for_a_reply_when_the_time_of_an_attempt_is_up() -> None:
    bench = Bench(sequence("x"), budget=Budget(seconds=60.0), pay_remembered=True)
    bench.now += 20.0
    bench.ledger.ask(make_prompt())
    run = Bench(sequence("x"), budget=Budget(seconds=60.0))
    run.ledger.ask(make_prompt())
    assert [bench.requests[0].patience, run.requests[0].patience] == [40.0, None]


def test_calls_side_by_side_took_their_time_together() -> None:
    def answer(request: Request) -> Completion:
        return spend(text="x").model_copy(update={"usage": Usage(calls=1, completion_tokens=1, seconds=6.0)})

    first = Bench(answer, parallel=2)
    questions = [Question(make_prompt(f"Question {i}."), str) for i in range(2)]
    first.ledger.ask_many(questions)
    again = Bench(answer, first.log, parallel=2, pay_remembered=True)
    again.ledger.ask_many(questions)
    assert (again.ledger.used.calls, again.ledger.used.seconds, again.ledger.remembered_seconds) == (2, 12.0, 6.0)


def test_a_different_seed_sample_prompt_or_temperature_is_another_request() -> None:
    bench = Bench(sequence("x"))
    other = Bench(sequence("x"), seed=1)
    keys = {
        bench.ledger.ask(make_prompt()).key,
        bench.ledger.ask(make_prompt(), sample=1).key,
        bench.ledger.ask(make_prompt("Else.")).key,
        bench.ledger.ask(make_prompt(), temperature=0.1).key,
        bench.ledger.ask(make_prompt(), max_tokens=9).key,
        bench.ledger.ask(make_prompt(), grammar='root ::= "x"').key,
        other.ledger.ask(make_prompt()).key,
    }
    assert len(keys) == 7


def test_seeds_fold_stably() -> None:
    assert fold_seed(0, 0) == fold_seed(0, 0)
    assert len({fold_seed(seed, sample) for seed in range(10) for sample in range(10)}) == 100
    assert 0 <= fold_seed(3, 4) < 2**31


def test_a_malformed_reply_is_sent_back_with_the_reason() -> None:
    bench = Bench(sequence('{"title": 3}', GOOD))
    reply = bench.ledger.ask(make_prompt(), Idea)
    assert (reply.tries, len(reply.rejected), reply.usage.calls) == (2, 1, 2)
    assert "title: Input should be a valid string" in reply.rejected[0]
    roles = [(m.role, m.content) for m in bench.requests[1].messages[2:]]
    assert roles[0] == ("assistant", '{"title": 3}')
    assert roles[1][0] == "user"
    assert reply.rejected[0] in roles[1][1]
    assert len(bench.log.calls) == 2


def test_a_check_rejects_too_and_tries_are_bounded() -> None:
    bench = Bench(sequence(GOOD), settings=ModelSettings(repairs=2))
    with pytest.raises(MalformedReply, match=r"ideas/test in 3 tries: Another title, please\."):
        bench.ledger.ask(make_prompt(), Idea, check=lambda idea: "Another title, please.")
    assert len(bench.requests) == 3
    assert len(bench.requests[2].messages) == 4, "only the last rejected reply is quoted"


def test_repairs_are_answered_from_the_record_as_well() -> None:
    first = Bench(sequence("junk", GOOD))
    first.ledger.ask(make_prompt(), Idea)
    again = Bench(sequence("never asked"), first.log)
    reply = again.ledger.ask(make_prompt(), Idea)
    assert (reply.tries, reply.cached, again.requests) == (2, True, [])


@pytest.mark.parametrize(("text", "kind"), [(GOOD[:-8], Idea), ("A sentence that", str)])
def test_a_reply_cut_off_is_asked_again_more_briefly(text: str, kind: type[Any]) -> None:
    good = GOOD if kind is Idea else "A sentence."
    bench = Bench(sequence(spend(text=text, finish="length"), good))
    reply = bench.ledger.ask(make_prompt(), kind, grammar='root ::= "…"')
    assert "cut off after 64 tokens" in reply.rejected[0]


@pytest.mark.parametrize(
    ("error", "pauses"),
    [(RateLimited("slow"), [1, 2]), (RateLimited("slow", retry_after=7), [7, 7]), (ModelUnavailable("down"), [1, 2])],
)
def test_what_may_pass_is_tried_again(error: Exception, pauses: list[float]) -> None:
    bench = Bench(sequence(error, error, "ok"))
    reply = bench.ledger.ask(make_prompt())
    assert (reply.value, reply.tries, bench.pauses) == ("ok", 1, pauses)
    assert [call.error for call in bench.log.calls] == [f"{type(error).__name__}: {error.message}"] * 2 + [None]  # type: ignore[attr-defined]
    assert {call.key for call in bench.log.calls} == {reply.key}


def test_retries_are_bounded() -> None:
    bench = Bench(sequence(ModelUnavailable("down")), settings=ModelSettings(retries=3))
    with pytest.raises(ModelUnavailable):
        bench.ledger.ask(make_prompt())
    assert (len(bench.requests), bench.pauses, len(bench.log.calls)) == (4, [1, 2, 4], 4)


@pytest.mark.parametrize(
    "error", [QuotaExceeded("no credit"), ModelRefused("no model"), RateLimited("slow", retry_after=3600)]
)
def test_what_cannot_pass_is_not_tried_again(error: Exception) -> None:
    bench = Bench(sequence(error))
    with pytest.raises(type(error)):
        bench.ledger.ask(make_prompt())
    assert (len(bench.requests), bench.pauses, len(bench.log.calls)) == (1, [], 1)


def test_a_failed_call_does_not_answer_later() -> None:
    log = MemoryLog()
    with pytest.raises(QuotaExceeded):
        Bench(sequence(QuotaExceeded("no")), log).ledger.ask(make_prompt())
    assert Bench(sequence("ok"), log).ledger.ask(make_prompt()).value == "ok"


@pytest.mark.parametrize(
    ("budget", "used", "kind"),
    [
        (Budget(tokens=100), Usage(prompt_tokens=90, completion_tokens=10), "tokens"),
        (Budget(completion_tokens=10), Usage(completion_tokens=10), "completion tokens"),
        (Budget(usd=0.5), Usage(usd=0.5), "US$"),
    ],
)
def test_nothing_is_asked_when_the_budget_is_used_up(budget: Budget, used: Usage, kind: str) -> None:
    bench = Bench(sequence("x"), budget=budget, used=used)
    with pytest.raises(BudgetExceeded) as caught:
        bench.ledger.ask(make_prompt())
    assert (caught.value.kind, bench.requests) == (kind, [])


def test_wall_time_counts_earlier_sessions_and_pauses() -> None:
    bench = Bench(sequence(ModelUnavailable("down")), budget=Budget(seconds=60), elapsed=55)
    with pytest.raises(BudgetExceeded) as caught:
        bench.ledger.ask(make_prompt())
    assert (caught.value.kind, bench.pauses) == ("seconds", [1, 2])


def test_what_is_in_the_record_is_free_even_over_budget() -> None:
    first = Bench(sequence("x"))
    first.ledger.ask(make_prompt())
    over = Bench(sequence("x"), first.log, budget=Budget(usd=1), used=Usage(usd=2))
    assert over.ledger.ask(make_prompt()).cached


def test_replies_are_shortened_to_what_is_left_and_found_again() -> None:
    bench = Bench(sequence("short"), budget=Budget(completion_tokens=30))
    key = bench.ledger.ask(make_prompt()).key
    assert bench.requests[0].max_tokens == 30
    again = Bench(sequence("x"), bench.log)
    reply = again.ledger.ask(make_prompt())
    assert (reply.key, reply.cached) == (key, True)


def test_a_reply_that_the_budget_cut_ends_the_run_and_is_asked_anew_with_a_larger_one() -> None:
    cut = spend(completion=30, text="A sentence th", finish="length")
    bench = Bench(sequence(cut), budget=Budget(completion_tokens=30))
    with pytest.raises(BudgetExceeded):
        bench.ledger.ask(make_prompt())
    assert bench.ledger.used.completion_tokens == 30
    again = Bench(sequence("A sentence."), bench.log, budget=Budget(completion_tokens=300), used=bench.ledger.used)
    assert again.ledger.ask(make_prompt()).value == "A sentence."


def test_a_reply_that_the_budget_of_an_attempt_cut_is_not_bought_again_with_the_same_budget() -> None:
    log, budget = MemoryLog(), Budget(completion_tokens=40)
    asked = [make_prompt(f"Question {i}.") for i in range(2)]
    replies = [spend(completion=30, text="First."), spend(completion=10, text="A sentence th", finish="length")]
    used = []
    for answers in (replies, []):
        bench = Bench(sequence(*answers), log, budget=budget, pay_remembered=True)
        bench.ledger.ask(asked[0])
        with pytest.raises(BudgetExceeded, match="completion tokens"):
            bench.ledger.ask(asked[1])
        used.append(bench.ledger.used)
    assert (used[0], len(log.calls)) == (used[1], 2)
    more = Bench(sequence("A sentence."), log, budget=Budget(completion_tokens=90), pay_remembered=True)
    assert [more.ledger.ask(prompt).value for prompt in asked] == ["First.", "A sentence."]


def test_samples_are_drawn_in_parallel_and_come_in_order() -> None:
    barrier = threading.Barrier(3, timeout=20)

    def answer(request: Request) -> str:
        barrier.wait()
        return f"s{request.sample}"

    bench = Bench(answer, parallel=3)
    replies = bench.ledger.draw(make_prompt(), str, 6)
    assert [reply.value for reply in replies if isinstance(reply, Reply)] == [f"s{n}" for n in range(6)]


def test_the_log_is_written_by_the_caller_only() -> None:
    threads: set[int] = set()

    class Log(MemoryLog):
        def record_call(self, call: Call) -> None:
            threads.add(threading.get_ident())
            super().record_call(call)

    bench = Bench(sequence("x"), Log(), parallel=4)
    bench.ledger.draw(make_prompt(), str, 8)
    assert (threads, len(bench.log.calls)) == ({threading.get_ident()}, 8)


def test_one_malformed_answer_does_not_cost_the_others() -> None:
    bench = Bench(lambda r: "junk" if r.sample == 1 else GOOD, parallel=2)
    first, second, third = bench.ledger.draw(make_prompt(), Idea, 3)
    assert isinstance(first, Reply)
    assert isinstance(second, MalformedReply)
    assert isinstance(third, Reply)


def test_an_error_in_one_call_ends_the_round_and_the_others_are_recorded() -> None:
    failed = threading.Event()

    class Log(MemoryLog):
        def record_call(self, call: Call) -> None:
            super().record_call(call)
            failed.set()

    def answer(request: Request) -> Any:
        if request.sample == 0:
            return QuotaExceeded("no credit")
        assert failed.wait(20)
        return "paid for"

    bench = Bench(answer, Log(), parallel=2)
    with pytest.raises(QuotaExceeded):
        bench.ledger.draw(make_prompt(), str, 4)
    assert [call.error is None for call in bench.log.calls] == [False, True]
    assert bench.ledger.used.calls == 1


def test_nothing_is_tried_again_for_a_round_that_has_failed() -> None:
    """An interrupt, too, ends a round; nobody should wait a minute for answers that nobody will read."""
    waits = threading.Event()
    asked: list[int] = []

    def answer(request: Request) -> Any:
        asked.append(request.sample)
        if request.sample == 1:
            waits.set()
            raise RateLimited("busy", retry_after=60.0)
        assert waits.wait(20)
        raise QuotaExceeded("no credit")

    log = MemoryLog()
    ledger = Ledger(dict.fromkeys(Role, FunctionModel(answer, parallel=2)), log)
    with pytest.raises(QuotaExceeded):
        ledger.draw(make_prompt(), str, 2)
    assert sorted(asked) == [0, 1]
    assert len(log.calls) == 2


def test_a_budget_holds_for_calls_side_by_side() -> None:
    bench = Bench(lambda r: spend(completion=r.max_tokens), parallel=4, budget=Budget(completion_tokens=150))
    with pytest.raises(BudgetExceeded):
        bench.ledger.draw(make_prompt(), str, 8)
    assert [request.max_tokens for request in bench.requests] == [64, 64, 22]
    assert bench.ledger.used.completion_tokens == 150


def test_questions_of_different_kinds_side_by_side() -> None:
    model = ScriptedModel([Rule(purpose="a/*", reply="A"), Rule(purpose="b/*", reply="B")])
    ledger = Ledger(dict.fromkeys(Role, model), MemoryLog())
    questions = [Question(make_prompt(name=name), str) for name in ("a/x", "b/x", "a/y")]
    assert [r.value for r in ledger.ask_many(questions) if isinstance(r, Reply)] == ["A", "B", "A"]
    assert ledger.ask_many([]) == []


def test_progress_hears_of_every_call() -> None:
    heard: list[tuple[str | None, int]] = []
    bench = Bench(
        sequence(ModelUnavailable("down"), "x"), progress=lambda call, used: heard.append((call.error, used.calls))
    )
    bench.ledger.ask(make_prompt())
    assert heard == [("ModelUnavailable: down", 0), (None, 1)]


def test_money_is_counted_before_it_is_spent() -> None:
    asked: list[Request] = []

    def say(request: Request) -> Completion:
        asked.append(request)
        used = Usage(calls=1, prompt_tokens=9, completion_tokens=request.max_tokens, usd=0.0004)
        return Completion(text="word", usage=used, finish="length")

    model = FunctionModel(say, name="openai:gpt-4o")
    ledger = Ledger(dict.fromkeys(Role, model), MemoryLog(), Budget(usd=0.0005))
    with pytest.raises(BudgetExceeded) as met:
        ledger.ask(make_prompt())
    assert met.value.kind == "US$"
    assert asked[0].max_tokens < make_prompt().max_tokens, "a whole reply would cost 0.0006"
    with pytest.raises(BudgetExceeded):
        ledger.ask(make_prompt("word " * 1_000))
    assert (len(asked), ledger.used.usd) == (1, 0.0004)

"""What an attempt may spend through the gateway, what is recorded of it, and what is remembered."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import pytest

from hakken.core.config import ModelSettings
from hakken.core.errors import BudgetExceeded, ModelRefused, ModelUnavailable, QuotaExceeded
from hakken.core.types import Budget, Completion, Request, Usage, content_hash
from hakken.models.gateway import Account, Gateway
from hakken.models.scripted import FunctionModel
from tests.models.gateway_client import CHAT, Client, served
from tests.models.helpers import MemoryLog


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"calls": 2}, "calls"),
        ({"budget": Budget(completion_tokens=8)}, "completion tokens"),
        ({"budget": Budget(tokens=10)}, "tokens"),
        ({"budget": Budget(usd=0.5)}, "US$"),
    ],
)
def test_what_is_over_the_budget_is_not_asked(options: dict[str, Any], kind: str) -> None:
    asked: list[Request] = []

    def say(request: Request) -> Completion:
        asked.append(request)
        return Completion(text="ok ok ok", usage=Usage(calls=1, prompt_tokens=1, completion_tokens=4, usd=0.25))

    replies = served(say, lambda c: [c.say(f"Q{i}") for i in range(4)], **options)
    assert [status for status, _ in replies] == [200, 200, 402, 402]
    assert len(asked) == 2
    error = replies[2][1]["error"]
    assert error["code"] == "insufficient_quota"
    assert f"{kind} is used up" in error["message"]


def test_money_is_counted_before_it_is_spent() -> None:
    asked: list[Request] = []
    say = lambda r: asked.append(r) or "ok"  # noqa: E731
    cheap, dear = Budget(usd=0.001), Budget(usd=0.0000001)
    assert served(say, lambda c: c.say("Q"), name="openai:gpt-4o", budget=cheap)[0] == 200
    assert asked[0].max_tokens < 200, "a full reply would cost four cents"
    assert served(say, lambda c: c.say("Q"), name="openai:gpt-4o", budget=dear)[0] == 402
    assert len(asked) == 1


def test_time_is_up() -> None:
    now = [0.0]
    asked: list[Request] = []

    def talk(client: Client) -> list[int]:
        before = client.say("Q")[0]
        now[0] = 45.0
        later = client.say("again")[0]
        now[0] = 61.0
        return [before, later, client.say("R")[0]]

    def say(request: Request) -> str:
        asked.append(request)
        return "ok"

    assert served(say, talk, budget=Budget(seconds=60), clock=lambda: now[0]) == [200, 200, 402]
    assert [request.patience for request in asked] == [60.0, 15.0]
    assert "patience" not in asked[0].model_dump()
    assert asked[0].key("m") == asked[0].model_copy(update={"patience": None}).key("m")


def test_a_last_reply_is_shortened_and_never_remembered_as_a_whole() -> None:
    log = MemoryLog()

    def say(request: Request) -> Completion:
        used = Usage(calls=1, prompt_tokens=1, completion_tokens=request.max_tokens)
        return Completion(text="word " * request.max_tokens, usage=used, finish="length")

    for _ in range(2):  # made again with the same limit, the attempt gets the same reply
        status, reply = served(say, lambda c: c.say("Q", max_tokens=50), log, budget=Budget(completion_tokens=20))
        assert (status, reply["choices"][0]["finish_reason"]) == (200, "length")
        assert reply["usage"]["completion_tokens"] == 20
        assert len(log.calls) == 1, "and nothing is bought twice"
    assert served(say, lambda c: c.say("Q", max_tokens=50), log)[1]["usage"]["completion_tokens"] == 50


def test_a_question_asked_again_is_another_sample_and_a_second_attempt_remembers_both() -> None:
    log = MemoryLog()
    numbers = iter(range(100))

    def texts(client: Client) -> list[str]:
        return [client.say("Q")[1]["choices"][0]["message"]["content"] for _ in range(3)]

    first = served(lambda r: f"{next(numbers)}", texts, log, seed=5)
    assert first == ["0", "1", "2"]
    assert served(lambda r: f"{next(numbers)}", texts, log, seed=5) == first
    assert len({call.request.seed for call in log.calls}) == 3
    assert served(lambda r: f"{next(numbers)}", texts, log, seed=6) == ["3", "4", "5"]


def test_an_attempt_that_goes_on_has_the_time_left_that_its_first_calls_left_it() -> None:
    log = MemoryLog()

    def say(request: Request) -> Completion:
        return Completion(text="ok", usage=Usage(calls=1, prompt_tokens=1, completion_tokens=1, seconds=40.0))

    def two(client: Client) -> list[int]:
        return [client.say(text)[0] for text in ("Q", "R")]

    still: dict[str, Any] = {"budget": Budget(seconds=60), "clock": lambda: 0.0}
    assert served(say, two, log, **still) == [200, 200]  # no time has passed by the clock
    assert served(say, lambda c: [c.say(text)[0] for text in ("Q", "R", "S")], log, **still) == [200, 200, 402]


def test_a_command_that_goes_on_is_ended_when_its_time_and_that_of_its_first_calls_is_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log, over = MemoryLog(), threading.Event()
    monkeypatch.setattr(Gateway, "end", lambda self: over.set())

    def say(request: Request) -> Completion:
        return Completion(text="ok", usage=Usage(calls=1, prompt_tokens=1, completion_tokens=1, seconds=60.0))

    def waits(client: Client) -> tuple[int, bool, BudgetExceeded | None]:
        return client.say("Q")[0], over.wait(20), client.gateway.account.exceeded

    assert served(say, lambda c: c.say("Q")[0], log) == 200
    over.clear()
    status, ended, exceeded = served(say, waits, log, budget=Budget(seconds=60))
    assert (status, ended) == (200, True), "though it asks nothing more"
    assert exceeded is not None
    assert exceeded.kind == "seconds"


def test_a_model_that_fails_is_asked_again_and_every_failure_is_recorded() -> None:
    log, slept = MemoryLog(), []
    failures = [ModelUnavailable("It is away."), ModelUnavailable("It is away.")]

    def say(request: Request) -> str:
        if failures:
            raise failures.pop()
        return "ok"

    assert served(say, lambda c: c.say("Q"), log, sleep=slept.append)[0] == 200
    assert [call.error for call in log.calls] == ["ModelUnavailable: It is away."] * 2 + [None]
    assert slept == [1.0, 2.0]


def test_a_model_that_stays_away_and_an_empty_account() -> None:
    def away(request: Request) -> str:
        raise ModelUnavailable("It is away.")

    def empty(request: Request) -> str:
        raise QuotaExceeded("No credit is left.")

    status, reply = served(away, lambda c: c.say("Q"), settings=ModelSettings(retries=0))
    assert (status, reply["error"]["message"]) == (503, "It is away.")

    def talk(client: Client) -> Any:
        status = client.say("Q")[0]
        return status, client.gateway.broke, (client.gateway.folder / "over").exists()

    status, broke, over = served(empty, talk)
    assert (status, over) == (503, True)
    assert isinstance(broke, QuotaExceeded)


def test_who_insists_beyond_the_budget_is_ended() -> None:
    def talk(client: Client) -> list[bool]:
        marks = []
        for _ in range(6):
            client.say("Q")
            marks.append((client.gateway.folder / "over").exists())
        return marks

    assert served(lambda r: "ok", talk, calls=1) == [False] * 5 + [True]


def test_bad_requests_are_no_insisting() -> None:
    def talk(client: Client) -> tuple[list[int], bool]:
        bad = [client.post(CHAT, b"{")[0] for _ in range(6)]
        asked = [client.say("Q")[0] for _ in range(2)]
        return [*bad, *asked], (client.gateway.folder / "over").exists()

    assert served(lambda r: "ok", talk, calls=1) == ([400] * 6 + [200, 402], False)


def test_calls_that_fail_are_limited_too_and_their_beginning_is_recorded() -> None:
    log, long = MemoryLog(), "word " * 5_000

    def refuse(request: Request) -> str:
        raise ModelRefused("The prompt is too long.")

    def talk(client: Client) -> list[tuple[int, Any]]:
        form = {"type": "json_schema", "json_schema": {"schema": {"type": "object", "title": long}}}
        return [client.say(long, response_format=form) for _ in range(5)]

    replies = served(refuse, talk, log, calls=1)
    assert [status for status, _ in replies] == [400, 400, 400, 402, 402]
    assert "budget of 3 failed calls is used up" in replies[3][1]["error"]["message"]
    assert len(log.calls) == 3
    for call in log.calls:
        assert call.request.messages[0].content == long[:2_000]
        assert call.request.json_schema is None
        assert call.prompt_hash == content_hash(long)


def test_what_is_asked_of_nobody_is_recorded() -> None:
    log = MemoryLog()
    assert served(lambda r: "ok", lambda c: c.post("/v1/embeddings", {"input": "Q"})[0], log) == 404
    (call,) = log.calls
    assert str(call.error).startswith("BadRequest: There is no POST /v1/embeddings here")
    assert call.request.messages[0].content == '{"input": "Q"}'


def test_what_is_asked_when_the_command_has_ended_is_not_asked() -> None:
    log, queued, command = MemoryLog(), threading.Semaphore(0), Future[None]()

    class Counted(SimpleQueue[Any]):
        def put(self, item: Any, *_: Any) -> None:
            super().put(item)
            queued.release()

    def say(request: Request) -> str:
        assert all(queued.acquire(timeout=20) for _ in range(5)), "four more have asked"
        command.set_result(None)
        return "ok"

    gateway = Gateway(Account(FunctionModel(say), log, purpose="external/test"))
    gateway._jobs = Counted()
    with gateway, ThreadPoolExecutor(5) as pool:
        asking = [pool.submit(Client(gateway).say, f"Q{i}") for i in range(5)]
        gateway.attend(command)
        assert sorted(future.result()[0] for future in asking) == [200, 503, 503, 503, 503]
    assert len(log.calls) == 1


def test_a_broken_record_ends_the_attempt_and_not_its_clients() -> None:
    class Broken(MemoryLog):
        def record_call(self, call: Any) -> None:
            raise OSError("disk full")

    statuses: list[int] = []
    with pytest.raises(OSError, match="disk full"):
        served(lambda r: "ok", lambda c: statuses.append(c.say("Q")[0]), Broken())
    assert statuses == [503]

"""HTTP servers and providers against a real server on the loopback: every way to fail becomes the right error."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.exceptions import ModelHTTPError, ModelQuotaExceededError, ModelRateLimitError

from hakken.core.config import ModelSettings
from hakken.core.errors import (
    Forbidden,
    ModelError,
    ModelRefused,
    ModelTimeout,
    ModelUnavailable,
    PrerequisiteError,
    QuotaExceeded,
    RateLimited,
    UsageError,
)
from hakken.core.types import Message, Model, Request
from hakken.models import provider
from hakken.models.http import key_for
from hakken.models.registry import open_model
from tests.models.loopback import USAGE, Answer, Loopback, chat_reply, serve

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
Open = Callable[..., Model]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serve() as loopback:
        yield loopback


@pytest.fixture(params=["http", "provider"])
def opened(request: pytest.FixtureRequest, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a model on the loopback, by either way."""
    monkeypatch.delenv("HAKKEN_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)

    def open_it(**settings: Any) -> Model:
        name = f"{server.url}#gpt-4o-mini" if request.param == "http" else "openai-chat:gpt-4o-mini"
        return open_model(name, ModelSettings(**settings))

    return open_it


def ask(text: str = "Say hello to the server.", **fields: Any) -> Request:
    return Request(messages=(Message(role="system", content="Be brief."), Message(role="user", content=text)), **fields)


def test_a_good_reply(opened: Open, server: Loopback) -> None:
    completion = opened().generate(ask(max_tokens=7, temperature=0.25, seed=5))
    assert completion.text == "hello"
    assert (completion.usage.calls, completion.usage.prompt_tokens, completion.usage.completion_tokens) == (1, 11, 3)
    assert completion.finish == "stop"
    assert completion.model == "gpt-4o-mini-2024-07-18"
    sent = server.seen[0]
    assert sent["model"] == "gpt-4o-mini"
    assert [m["role"] for m in sent["messages"]] == ["system", "user"]
    assert sent.get("max_tokens", sent.get("max_completion_tokens")) == 7
    assert (sent["temperature"], sent["seed"]) == (0.25, 5)
    assert server.keys == ["Bearer sk-test"]


@pytest.mark.parametrize(
    ("url", "base", "own", "sent"),
    [
        ("https://api.openai.com/v1", None, None, "sk-openai"),
        ("https://api.openai.com:443/v1", None, None, "sk-openai"),
        ("http://api.openai.com/v1", None, None, None),
        ("https://api.openai.com.example.org/v1", None, None, None),
        ("https://api.openai.com@example.org/v1", None, None, None),
        ("http://localhost:8000/v1", None, None, None),
        ("https://example.org/v1", None, None, None),
        ("https://example.org/v1", "https://example.org/v1", None, "sk-openai"),
        ("http://localhost:8000/v1", "http://localhost:8000/other", None, "sk-openai"),
        ("http://localhost:8001/v1", "http://localhost:8000/v1", None, None),
        ("https://api.openai.com/v1", "http://localhost:8000/v1", None, None),
        ("http://localhost:8000/v1", None, "own", "own"),
        ("https://api.openai.com/v1", None, "own", "own"),
        ("http://host:none/v1", None, None, None),
    ],
)
def test_a_key_goes_to_the_server_that_it_is_meant_for(
    monkeypatch: pytest.MonkeyPatch, url: str, base: str | None, own: str | None, sent: str | None
) -> None:
    for name, value in {"OPENAI_API_KEY": "sk-openai", "OPENAI_BASE_URL": base, "HAKKEN_API_KEY": own}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert key_for(url) == sent


def test_a_server_that_is_named_does_not_get_the_key_of_another(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HAKKEN_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    open_model(f"{server.url}#x", ModelSettings()).generate(ask())
    monkeypatch.setenv("HAKKEN_API_KEY", "own")
    open_model(f"{server.url}#x", ModelSettings()).generate(ask())
    assert server.keys == [None, "Bearer own"]


def test_a_provider_prices_what_it_used(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.will(Answer(chat_reply("x" * 400, {"prompt_tokens": 2000, "completion_tokens": 100, "total_tokens": 2100})))
    model = open_model("openai-chat:gpt-4o-mini", ModelSettings())
    assert model.generate(ask("y" * 4000)).usage.usd == pytest.approx(2000 * 0.15e-6 + 100 * 0.60e-6)


@pytest.mark.filterwarnings("ignore:Sampling parameters")
@pytest.mark.parametrize(
    ("name", "fields", "limit"),
    [
        ("openai-chat:gpt-4o", {"max_tokens": 7}, 7),
        ("openai-chat:gpt-5.5", {"max_tokens": 7}, 7 + 4096),  # it thinks where it is not told otherwise
        ("openai-chat:gpt-5", {"max_tokens": 7}, 7 + 4096),
        ("openai-chat:gpt-5", {"max_tokens": 1, "room": 49}, 50),
        ("openai:gpt-4o", {"max_tokens": 1}, 16),  # fewer are refused there
        ("openai:gpt-4o", {"max_tokens": 70}, 70),
        ("openai:gpt-5", {"max_tokens": 1, "room": 49}, 50),
    ],
)
def test_a_providers_limit_leaves_room_for_thoughts_and_is_one_that_it_takes(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, name: str, fields: dict[str, Any], limit: int
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.will(Answer({"error": {"message": "No."}}, 400))
    with pytest.raises(ModelRefused):
        open_model(name, ModelSettings()).generate(ask(**fields))
    sent = server.seen[0]
    assert sent.get("max_output_tokens", sent.get("max_completion_tokens", sent.get("max_tokens"))) == limit


def test_a_schema_is_sent_natively(opened: Open, server: Loopback) -> None:
    opened().generate(ask(json_schema=SCHEMA))
    shape = server.seen[0]["response_format"]
    assert shape["type"] == "json_schema"
    assert shape["json_schema"]["schema"]["properties"] == {"n": {"type": "integer"}}


def test_conversations_and_images_are_sent(opened: Open, server: Loopback, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    picture.write_bytes(b"\x89PNG not really")
    messages = (
        Message(role="user", content="Look.", images=(picture,)),
        Message(role="assistant", content="I see."),
        Message(role="user", content="Again."),
    )
    opened().generate(Request(messages=messages))
    first, second, third = server.seen[0]["messages"]
    assert [part["type"] for part in first["content"]] == ["text", "image_url"]
    assert first["content"][1]["image_url"]["url"].startswith("data:image/png;base64,iVBORyBub3Q")
    assert (second["role"], third["content"]) == ("assistant", "Again.")


NO_CREDIT = {"error": {"message": "You exceeded your current quota.", "code": "insufficient_quota"}}
NO_CREDITS = {"error": "Your team has either used all available credits or reached its monthly spending limit."}
TOO_MANY = {"error": {"message": "Slow down."}}
PER_MINUTE = {
    "error": {
        "message": "Rate limit reached for requests per min. Visit https://example.org/account/billing to pay first.",
        "type": "requests",
        "code": "rate_limit_exceeded",
    }
}
PLAN = "You exceeded your current quota, please check your plan and billing details."
ANY_QUOTA = {"error": {"code": 429, "message": PLAN, "status": "RESOURCE_EXHAUSTED"}}
NO_MODEL = {"error": {"message": "The model `gpt-4o-mini` does not exist."}}
TOO_LONG = {"error": {"message": "This model's maximum context length is 8 tokens.", "code": "context_length_exceeded"}}


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer(TOO_MANY, 429), RateLimited, "Slow down"),
        (Answer(PER_MINUTE, 429), RateLimited, "per min"),
        (Answer(ANY_QUOTA, 429), RateLimited, "check your plan"),
        (Answer(NO_CREDIT, 429), QuotaExceeded, "quota"),
        (Answer(NO_CREDITS, 429), QuotaExceeded, "available credits"),
        (Answer({"error": {"message": "Incorrect key."}}, 401), QuotaExceeded, "Incorrect key"),
        (Answer({"error": {"message": "Pay first."}}, 402), QuotaExceeded, "Pay first"),
        (Answer({"error": {"message": "Not for you."}}, 403), Forbidden, "Not for you"),
        (Answer(NO_MODEL, 404), ModelRefused, "does not exist"),
        (Answer(TOO_LONG, 400), ModelRefused, "larger context"),
        (Answer({"error": {"message": "Oops."}}, 500), ModelUnavailable, "Oops"),
        (Answer(b"<html>Bad gateway</html>", 502, {"content-type": "text/html"}), ModelUnavailable, "Bad gateway"),
        (Answer(b"{]", 200), ModelUnavailable, ""),
        (Answer(b"null", 200), ModelUnavailable, ""),
        (Answer({"choices": []}, 200), ModelUnavailable, ""),
        (Answer(half=True), ModelUnavailable, ""),
    ],
)
def test_failures(opened: Open, server: Loopback, answer: Answer, error: type[ModelError], words: str) -> None:
    server.will(answer)
    with pytest.raises(ModelError) as caught:
        opened().generate(ask())
    assert type(caught.value) is error
    assert words in str(caught.value)
    assert len(server.seen) == 1, "the clients must not retry by themselves"


def test_retry_after_is_passed_on(opened: Open, server: Loopback) -> None:
    server.will(Answer(TOO_MANY, 429, {"retry-after": "7"}))
    with pytest.raises(RateLimited) as caught:
        opened().generate(ask())
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("category", "status", "error"),
    [
        (ModelRateLimitError, 429, RateLimited),
        (ModelRateLimitError, 400, RateLimited),
        (ModelQuotaExceededError, 429, QuotaExceeded),
        (ModelQuotaExceededError, 400, QuotaExceeded),
    ],
)
def test_what_a_provider_says_of_a_limit_decides(category: Any, status: int, error: type[ModelError]) -> None:
    """One and the same sentence stands for the limit of a minute and for that of a day."""
    body = {"error": {"message": PLAN, "status": "RESOURCE_EXHAUSTED"}}
    said = ModelHTTPError.for_category(category, status_code=status, model_name="m", body=body, retry_after=14.0)
    found = provider.translate(said, "google:m")
    assert type(found) is error
    assert getattr(found, "retry_after", 14.0) == 14.0


def test_a_server_that_hangs(opened: Open, server: Loopback) -> None:
    server.will(Answer(hang=True))
    with pytest.raises(ModelTimeout, match="in time"):
        opened(timeout_seconds=0.2).generate(ask())


def test_nobody_waits_longer_than_the_request_has_patience(opened: Open, server: Loopback) -> None:
    server.will(Answer(hang=True))
    with pytest.raises(ModelTimeout, match="in time"):
        opened(timeout_seconds=60).generate(ask().model_copy(update={"patience": 0.2}))


def test_nobody_listens(opened: Open, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    name = "http://127.0.0.1:9/v1#x" if "#" in opened().name else "openai-chat:gpt-4o-mini"
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        open_model(name, ModelSettings()).generate(ask())


@pytest.mark.filterwarnings("ignore:Failed to extract usage")
@pytest.mark.parametrize(
    "usage",
    [
        None,
        {"prompt_tokens": -5, "completion_tokens": -1, "total_tokens": -6},
        {"prompt_tokens": 10**12, "completion_tokens": 10**12, "total_tokens": 2 * 10**12},
    ],
)
def test_lies_about_usage_are_replaced_by_an_estimate(opened: Open, server: Loopback, usage: Any) -> None:
    server.will(Answer(chat_reply("four tokens here", usage)))
    used = opened().generate(ask()).usage
    assert 1 <= used.prompt_tokens < 50
    assert used.completion_tokens == 4


@pytest.mark.parametrize("usage", [{}, [], "many", {"prompt_tokens": "9", "completion_tokens": True}])
def test_usage_without_sense_costs_no_reply(server: Loopback, usage: Any) -> None:
    server.will(Answer(chat_reply("four tokens here", usage)))
    assert open_model(f"{server.url}#x", ModelSettings()).generate(ask()).usage.completion_tokens == 4


def test_a_cut_off_reply_says_so(opened: Open, server: Loopback) -> None:
    server.will(Answer(chat_reply("and th", USAGE, finish="length")))
    assert opened().generate(ask()).finish == "length"


def test_a_server_without_schemas_is_asked_again_without(server: Loopback) -> None:
    server.will(Answer({"error": {"message": "unknown field response_format"}}, 400), Answer())
    completion = open_model(f"{server.url}#x", ModelSettings()).generate(ask(json_schema=SCHEMA))
    assert completion.text == "hello"
    assert [("response_format" in body) for body in server.seen] == [True, False]


def test_threads_share_a_provider(opened: Open, server: Loopback) -> None:
    from concurrent.futures import ThreadPoolExecutor

    model = opened()
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda i: model.generate(ask(str(i))).text, range(12)))
    assert texts == ["hello"] * 12


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("gpt", UsageError, "provider:name"),
        ("nonsense:x", UsageError, "nonsense"),
        ("http://host:1/v1", UsageError, "#name"),
        ("local:7b", UsageError, "local"),
        ("scripted:", UsageError, "scripted:FILE"),
        ("scripted:/no/such/file.toml", UsageError, "cannot be read"),
        ("openai:gpt-5", PrerequisiteError, "OPENAI_API_KEY"),
    ],
)
def test_names_that_do_not_open(monkeypatch: pytest.MonkeyPatch, name: str, error: type[Exception], words: str) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(error, match=words):
        open_model(name, ModelSettings())


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "anthropic", None)
    monkeypatch.delitem(sys.modules, "pydantic_ai.providers.anthropic", raising=False)
    with pytest.raises(PrerequisiteError, match=r"pip install 'hakken\[anthropic\]'"):
        open_model("anthropic:claude-sonnet-4-5", ModelSettings())


def test_strong_is_a_setting(server: Loopback) -> None:
    assert open_model(f"{server.url}#x", ModelSettings()).strong
    assert not open_model(f"{server.url}#x", ModelSettings(strong=False)).strong


def test_first_calls_at_once_share_one_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clients of a provider belong to one loop: with two of them, calls would fail."""
    begun: list[asyncio.AbstractEventLoop] = []
    another = threading.Event()

    def new_event_loop() -> asyncio.AbstractEventLoop:
        begun.append(asyncio.SelectorEventLoop())
        if len(begun) > 1:
            another.set()
        another.wait(0.5)  # for another thread to begin one too, which it must not
        return begun[-1]

    provider._start_loop.cache_clear()
    monkeypatch.setattr(asyncio, "new_event_loop", new_event_loop)
    with ThreadPoolExecutor(4) as pool:
        loops = {pool.submit(provider._loop) for _ in range(4)}
        found = {id(future.result()) for future in loops}
    assert len(found) == len(begun) == 1

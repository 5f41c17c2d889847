"""The gateway as its clients see it, over its socket: both languages, keys, and what is no request at all."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hakken.core.types import Request
from hakken.models.gateway import ORIGIN, SCRATCH, Account, Gateway
from hakken.models.scripted import FunctionModel
from tests.models.gateway_client import CHAT, MESSAGES, Client, served
from tests.models.helpers import MemoryLog

BASH = {
    "type": "function",
    "function": {
        "name": "bash",
        "description": "Run a command.",
        "parameters": {"type": "object", "properties": {"command": {"type": "string"}}},
    },
}
CALL = '<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>'


def test_a_chat_is_answered_by_our_model_and_recorded() -> None:
    log = MemoryLog()
    status, reply = served(
        lambda r: f"You said {r.messages[-1].content}.",
        lambda c: c.say("hello", model="gpt-9000", temperature=0.25, max_tokens=99_999),
        log,
        name="openai:gpt-4o",
    )
    assert status == 200
    assert reply["model"] == "hakken"
    assert reply["choices"][0]["message"] == {"role": "assistant", "content": "You said hello."}
    assert reply["choices"][0]["finish_reason"] == "stop"
    (call,) = log.calls
    assert (call.model, call.purpose) == ("openai:gpt-4o", "external/test")
    assert (call.request.temperature, call.request.max_tokens) == (0.25, 4096)
    assert call.completion is not None
    assert reply["usage"]["total_tokens"] == call.completion.usage.tokens


def test_openais_client_streams_and_calls_tools() -> None:
    asked: list[Request] = []

    def say(request: Request) -> str:
        asked.append(request)
        return f"I look.\n{CALL}" if len(asked) == 1 else "There is one file."

    def talk(client: Client) -> list[Any]:
        with client.openai() as api:
            names = [model.id for model in api.models.list()]
            messages: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Look."}]
            first = api.chat.completions.create(model="any", messages=messages, tools=[BASH]).choices[0]
            messages.append(first.message.to_dict())
            calls = first.message.tool_calls or []
            messages.append({"role": "tool", "tool_call_id": calls[0].id, "content": "a.py"})
            stream = api.chat.completions.create(
                model="any", messages=messages, tools=[BASH], stream=True, stream_options={"include_usage": True}
            )
            chunks = list(stream)
        return [names, first, chunks]

    names, first, chunks = served(say, talk)
    assert names == ["hakken"]
    assert first.finish_reason == "tool_calls"
    assert first.message.content == "I look."
    assert json.loads(first.message.tool_calls[0].function.arguments) == {"command": "ls"}
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "There is one file."
    assert chunks[-1].usage.completion_tokens > 0
    assert [m.role for m in asked[1].messages] == ["system", "user", "assistant", "user"]
    assert asked[0].messages[0].content.startswith("Be brief.\n\n# Tools")
    assert '"name": "bash"' in asked[0].messages[0].content
    assert asked[1].messages[2].content == f"I look.\n{CALL}"
    assert asked[1].messages[3].content == "<tool_response>\na.py\n</tool_response>"


def test_tool_calls_come_in_a_stream_too() -> None:
    status, text = served(lambda r: CALL, lambda c: c.say("Look.", tools=[BASH], stream=True))
    events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
    assert status == 200
    assert events[0]["choices"][0]["delta"]["tool_calls"][0]["function"]["name"] == "bash"
    assert events[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert text.endswith("data: [DONE]\n\n")


def test_a_tool_that_must_be_called_is_asked_for_by_schema() -> None:
    asked: list[Request] = []
    plain = '{"name": "bash", "arguments": {"command": "ls"}}'

    def talk(client: Client) -> list[Any]:
        forced = client.say("Look.", tools=[BASH], tool_choice="required")[1]
        named = client.say("Look!", tools=[BASH], tool_choice={"type": "function", "function": {"name": "bash"}})[1]
        shaped = client.say(
            "Say.", response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
        )[1]
        return [forced, named, shaped]

    forced, named, shaped = served(lambda r: asked.append(r) or plain, talk)
    for reply in (forced, named):
        assert reply["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "bash"
    assert asked[0].json_schema is not None
    assert asked[0].json_schema["properties"]["name"] == {"enum": ["bash"]}
    assert asked[2].json_schema == {"type": "object"}
    assert shaped["choices"][0]["message"]["content"] == plain


def test_plain_completions_and_stop_words() -> None:
    def talk(client: Client) -> Any:
        body = {"prompt": ["Once"], "max_tokens": 9, "stop": ["END", "no"]}
        return client.post("/v1/completions", body)[1], client.post("/v1/completions", {**body, "stream": True})[1]

    whole, streamed = served(lambda r: "upon a time END and no more", talk)
    assert whole["choices"][0]["text"] == "upon a time "
    assert "upon a time " in streamed


MESSAGE = {
    "model": "claude",
    "max_tokens": 100,
    "system": [{"type": "text", "text": "Be brief."}],
    "tools": [
        {"name": "Bash", "description": "Run.", "input_schema": {"type": "object"}},
        {"type": "web_search_20250305", "name": "web_search"},
    ],
    "messages": [
        {"role": "user", "content": "Look."},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "a.py"}]},
                {"type": "text", "text": "And now?"},
            ],
        },
    ],
}


def test_anthropics_messages() -> None:
    asked: list[Request] = []
    reply = 'Again.\n<tool_call>{"name": "Bash", "arguments": {"command": "ls -a"}}</tool_call>'

    def talk(client: Client) -> Any:
        whole = client.post(MESSAGES, MESSAGE)[1]
        count = client.post(f"{MESSAGES}/count_tokens", MESSAGE)[1]
        wrong = client.post(MESSAGES, {"messages": []})
        return whole, count, wrong

    whole, count, wrong = served(lambda r: asked.append(r) or reply, talk)
    assert whole["stop_reason"] == "tool_use"
    assert [block["type"] for block in whole["content"]] == ["text", "tool_use"]
    assert whole["content"][1]["input"] == {"command": "ls -a"}
    assert [m.role for m in asked[0].messages] == ["system", "user", "assistant", "user"]
    assert "web_search" not in asked[0].messages[0].content
    assert asked[0].messages[3].content == "<tool_response>\na.py\n</tool_response>\nAnd now?"
    assert count["input_tokens"] > 50
    assert wrong[0] == 400
    assert wrong[1]["error"]["type"] == "invalid_request_error"


def test_anthropics_stream_has_every_event() -> None:
    text = served(lambda r: "Done.", lambda c: c.post(MESSAGES, {**MESSAGE, "stream": True})[1])
    events = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
    data = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    block = ["content_block_start", "content_block_delta", "content_block_stop"]
    assert events == ["message_start", *block, "message_delta", "message_stop"]
    assert data[2]["delta"] == {"type": "text_delta", "text": "Done."}
    assert data[4]["delta"]["stop_reason"] == "end_turn"


def test_a_key_opens_its_own_gateway_only() -> None:
    log = MemoryLog()
    body = {"messages": [{"role": "user", "content": "Q"}]}
    other = Gateway(Account(FunctionModel(lambda r: "ok"), log, purpose="external/other"))

    def talk(client: Client) -> list[int]:
        return [client.post(path, body, token=key)[0] for key in ("guess", other.token) for path in (CHAT, MESSAGES)]

    assert served(lambda r: "ok", talk, log) == [401] * 4
    assert log.calls == []
    assert other.token != served(lambda r: "ok", lambda c: c.token)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[" * 100_000,
        {"messages": []},
        {"messages": "hello"},
        {"messages": [{"role": "robot", "content": "Q"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}]},
        {"messages": [{"role": "user", "content": "Q"}], "max_tokens": -1},
        {"messages": [{"role": "user", "content": "Q"}], "n": 3},
        b'{"messages": [{"role": "user", "content": "Q"}], "temperature": 1e999}',
        b'{"messages": [{"role": "user", "content": "Q"}], "response_format": {"type": "json_schema", "json_schema": '
        b'{"schema": {"a": NaN}}}}',
        b'{"messages": [{"role": "user", "content": "Q"}], "response_format": {"type": "json_schema", "json_schema": '
        b'{"schema": ' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"}}}",
    ],
)
def test_what_cannot_be_read_is_refused_and_recorded_and_harms_nobody(body: Any) -> None:
    log = MemoryLog()
    first, second = served(lambda r: "ok", lambda c: (c.post(CHAT, body), c.say("Q")), log)
    assert first[0] == 400
    assert first[1]["error"]["message"].endswith(".")
    assert second[0] == 200
    assert len(log.calls) == 2
    assert str(log.calls[0].error).startswith("BadRequest: ")
    assert log.calls[0].completion is None


def test_odd_characters_and_contents_are_passed_on() -> None:
    body = (
        b'{"messages": [{"role": "developer", "content": "a\\ud800b\\u0000"}, {"role": "user", "content": null}, '
        b'{"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]}], '
        b'"response_format": {"type": "json_schema", "json_schema": {"schema": {"\\udc00": "\\ud83d\\ude00"}}}}'
    )
    asked: list[Request] = []
    assert served(lambda r: asked.append(r) or "ok", lambda c: c.post(CHAT, body))[0] == 200
    assert [m.content for m in asked[0].messages] == ["a?b\x00", "", "x\ny"]
    assert asked[0].json_schema == {"?": "\U0001f600"}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"hello\r\n\r\n", b"Bad request syntax"),
        (b"BREW /v1/models HTTP/1.1\r\n\r\n", b"501"),
        (b"POST /v1/chat/completions HTTP/1.1\r\n\r\n", b"411"),
        (b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: \xb2\r\n\r\n", b"411"),
        (b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", b"413"),
        (b"GET /v1/models HTTP/1.1\r\n\r\n", b"401"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    ],
)
def test_what_is_no_request_is_answered_too(data: bytes, status: bytes) -> None:
    first, second = served(lambda r: "ok", lambda c: (c.raw(data), c.say("Q")))
    assert status in first.splitlines()[0]
    assert second[0] == 200


def test_other_addresses_do_not_exist() -> None:
    status, reply = served(lambda r: "ok", lambda c: c.post("/v1/embeddings", {}))
    assert status == 404
    assert "/v1/chat/completions" in reply["error"]["message"]


def test_the_piece_in_the_box_carries_and_reports() -> None:
    program = (
        "import json, os, sys, urllib.request\n"
        "body = json.dumps({'messages': [{'role': 'user', 'content': 'Q'}]}).encode()\n"
        "head = {'Authorization': 'Bearer ' + os.environ['KEY'], 'Content-Type': 'application/json'}\n"
        "reply = urllib.request.urlopen(urllib.request.Request(sys.argv[1] + '/v1/chat/completions', body, head))\n"
        "print(json.load(reply)['choices'][0]['message']['content'], os.environ['BASE'] == sys.argv[1], sys.argv[2])\n"
        "sys.exit(7)\n"
    )
    account = Account(FunctionModel(lambda r: "ok"), MemoryLog(), purpose="external/test")
    with Gateway(account) as gateway, ThreadPoolExecutor(1) as pool:
        env = {"KEY": gateway.token, "BASE": ORIGIN, "TMPDIR": "/there"}
        argv = gateway.command([sys.executable, "-c", program, ORIGIN, f"{SCRATCH}/x"])
        ended = pool.submit(subprocess.run, argv, env=env, capture_output=True, text=True, timeout=60)
        gateway.attend(ended)
        done = ended.result()
        assert (done.stdout.strip(), done.returncode) == ("ok True /there/x", 7), done.stderr
        missing = subprocess.run(gateway.command(["/no/such/program"]), capture_output=True, text=True, timeout=60)
        assert missing.returncode == 127
        gateway.end()
        endless = gateway.command([sys.executable, "-c", "import time; time.sleep(600)"])
        assert subprocess.run(endless, timeout=60).returncode == 75


def test_nothing_is_left_behind() -> None:
    seen: list[Path] = []
    served(lambda r: "ok", lambda c: seen.append(c.gateway.folder))
    assert not seen[0].exists()

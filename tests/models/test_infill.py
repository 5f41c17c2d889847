"""Holes in texts: what is asked of the server, and what it may answer."""

from __future__ import annotations

import json

import pytest

from hakken.core.errors import MalformedReply, ModelUnavailable
from hakken.core.prompts import Prompt
from hakken.core.types import Completion, Infill, Message, Request, Role, Usage
from hakken.models.conversation import Conversation, Question, first_request
from hakken.models.infill import infill_body, read_filling

HOLE = Infill(prefix="def one():\n    ", suffix="\n", others=(("notes.txt", "One is one."),))
REQUEST = Request(messages=(Message(role="user", content="Write it."),), infill=HOLE, max_tokens=50)


def test_the_hole_is_asked_for_as_it_is() -> None:
    body = infill_body(REQUEST, HOLE)
    assert (body["input_prefix"], body["input_suffix"]) == (HOLE.prefix, HOLE.suffix)
    assert body["input_extra"] == [{"filename": "notes.txt", "text": "One is one."}]
    assert body["n_predict"] == 50


def test_a_hole_ends_where_a_line_begins_at_the_margin() -> None:
    ends = tuple(infill_body(REQUEST, HOLE)["stop"])
    for line in (
        "def two():",
        "class A:",
        "@cache",
        "if x:",
        "# Example",
        "```",
        "This function",
        "print(1)",
        "_x = 1",
    ):
        assert f"\n{line}".startswith(ends), line
    for line in ("    return 1", "", "\n", "\treturn 1", ")"):
        assert not f"\n{line}".startswith(ends), line


def test_a_filling_is_counted_and_its_end_is_known() -> None:
    reply = {"content": "return 1", "tokens_evaluated": 12, "tokens_predicted": 3, "stop_type": "limit"}
    got = read_filling(json.dumps(reply), REQUEST, "local", 0.5)
    assert (got.text, got.finish, got.usage.completion_tokens) == ("return 1", "length", 3)
    assert read_filling(json.dumps(reply | {"stop_type": "eos"}), REQUEST, "local", 0.5).finish == "stop"


def test_a_long_conversation_beside_a_hole_is_not_counted_for_it_is_not_sent() -> None:
    long = REQUEST.model_copy(update={"messages": (Message(role="user", content="Write it. " * 2_000),)})
    reply = {"content": "return 1", "tokens_evaluated": 12, "tokens_predicted": 3, "stop_type": "eos"}
    assert read_filling(json.dumps(reply), long, "local", 0.5).usage.prompt_tokens == 12


@pytest.mark.parametrize("reply", ["", "[]", "{}", '{"content": 3}', "null", "no json"])
def test_what_is_no_filling_is_an_error(reply: str) -> None:
    with pytest.raises(ModelUnavailable):
        read_filling(reply, REQUEST, "local", 0.5)


def test_a_hole_that_cannot_be_used_is_not_asked_about() -> None:
    asked = Prompt(
        name="test/fill", hash="h", role=Role.CODE, max_tokens=50, temperature=0.2, messages=REQUEST.messages
    )
    talk = Conversation(Question(asked, str, infill=HOLE, check=lambda _: "too short"), 0, 1)
    assert talk.request.infill == HOLE
    ended = talk.hear(Completion(text="x", usage=Usage()), "k", cached=False)
    assert isinstance(ended, MalformedReply)
    assert "in 1 try: too short" in ended.message


def test_two_holes_are_two_questions() -> None:
    asked = Prompt(
        name="test/fill", hash="h", role=Role.CODE, max_tokens=50, temperature=0.2, messages=REQUEST.messages
    )
    one, two = (first_request(Question(asked, str, infill=hole), 0) for hole in (HOLE, None))
    assert one.key("local") != two.key("local")

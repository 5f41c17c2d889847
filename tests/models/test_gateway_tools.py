"""Tool calls as text: what is written can be read, and whatever a model writes can be read without harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.models.gateway.tools import Tool, call_text, description, read_calls, result_text

names = st.sampled_from(["bash", "Edit", "a.b"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
arguments = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), values, max_size=4)


@given(st.lists(st.tuples(names, arguments), min_size=1, max_size=3))
def test_what_is_written_is_read(calls: list[tuple[str, dict[str, Any]]]) -> None:
    text = "I act.\n" + "\n".join(call_text(name, given) for name, given in calls)
    said, found = read_calls(text, {"bash", "Edit", "a.b"})
    assert said == "I act."
    assert [(call.name, json.loads(call.arguments)) for call in found] == calls
    assert len({call.id for call in found}) == len(calls)


@given(st.text() | st.lists(st.sampled_from(["<tool_call>", "</tool_call>", "{", "}", '"name":', '"bash"', ","])))
def test_nothing_that_a_model_writes_does_harm(text: str | list[str]) -> None:
    reply = text if isinstance(text, str) else "".join(text)
    said, found = read_calls(reply, {"bash"})
    assert said == reply or found
    assert read_calls(reply, set()) == (reply, ())


@pytest.mark.parametrize(
    "reply",
    [
        '<tool_call>{"name": "bash", "arguments": {"command": "ls"}}',
        '{"name": "bash", "arguments": {"command": "ls"}}',
        '```json\n{"name": "bash", "arguments": {"command": "ls"}}\n```',
        '<tool_call>\n{"name": "bash", "arguments": "{\\"command\\": \\"ls\\"}"}\n</tool_call>',
        '<tool_call>{"name": "other", "arguments": {}}</tool_call><tool_call>{"name": "bash", "arguments": '
        '{"command": "ls"}}</tool_call>',
    ],
)
def test_forms_that_weak_models_write(reply: str) -> None:
    (call,) = read_calls(reply, {"bash"})[1]
    assert (call.name, json.loads(call.arguments)) == ("bash", {"command": "ls"})


@pytest.mark.parametrize(
    "reply",
    [
        '<tool_call>{"name": "other", "arguments": {}}</tool_call>',
        '<tool_call>{"name": ["bash"], "arguments": {}}</tool_call>',
        '<tool_call>{"name": "bash", "arguments": [1]}</tool_call>',
        "<tool_call>ls</tool_call>",
        '[{"name": "bash"}]',
        "<tool_call>" + "[" * 100_000,
    ],
)
def test_what_is_no_call_stays_text(reply: str) -> None:
    assert read_calls(reply, {"bash"}) == (reply, ())


def test_line_feeds_in_a_call_are_forgiven() -> None:
    (call,) = read_calls('<tool_call>{"name": "bash", "arguments": {"command": "a\nb"}}</tool_call>', {"bash"})[1]
    assert json.loads(call.arguments) == {"command": "a\nb"}


def test_tools_and_results_are_shown() -> None:
    text = description([Tool("bash", "Run.", {"type": "object"}), Tool("edit", "Change.", {})])
    assert text.startswith("# Tools")
    assert [json.loads(line)["function"]["name"] for line in text.splitlines() if line.startswith('{"type"')] == [
        "bash",
        "edit",
    ]
    assert call_text("bash", "not json") == '<tool_call>\n{"name": "bash", "arguments": "not json"}\n</tool_call>'
    assert result_text("x") == "<tool_response>\nx\n</tool_response>"

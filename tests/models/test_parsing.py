"""Values out of replies: whatever surrounds the JSON, and nothing that breaks the type."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.types import Record
from hakken.models.parsing import Unusable, parse, schema_of


class Kind(StrEnum):
    GOOD = "good"
    BAD = "bad"


class Part(Record):
    name: str
    thought: str = ""


class Answer(Record):
    score: int
    parts: tuple[Part, ...] = ()
    kind: Kind = Kind.GOOD
    thought: str = ""


VALUE = Answer(score=3, parts=(Part(name="a{b}"),), kind=Kind.BAD, thought='says "so"')
JSON = VALUE.model_dump_json(indent=1)


@pytest.mark.parametrize(
    "text",
    [
        JSON,
        f"  {JSON}\n",
        f"```json\n{JSON}\n```",
        f"Sure! Here it is:\n```\n{JSON}\n```\nAnything else?",
        f"The set {{1, 2}} is nice. {JSON} That is my answer [1].",
        f'<think>Perhaps {{"score": 1}}?</think>{JSON}',
        f'Perhaps {{"score": 1}}?</think>{JSON}',
        f'<think>Perhaps {{"score": 1}}</think>, no.\n</think>\n\n```json\n{JSON}\n```',
        f'First I thought {{"score": "none"}}, but {JSON}',
    ],
)
def test_json_is_found(text: str) -> None:
    assert parse(text, Answer) == VALUE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("<think>hm</think>  ", "empty"),
        ("hm</think>", "empty"),
        (f"<think>Perhaps {JSON}, or", "thoughts and no answer"),
        ("I cannot.", "no JSON"),
        ('{"score": 3', "no JSON"),
        ('{"score": "three"}', "score: Input should be a valid integer"),
        ('{"score": 3, "extra": 1}', "extra: Extra inputs"),
        ('{"score": NaN}', "score"),
    ],
)
def test_reasons(text: str, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        parse(text, Answer)


def test_line_breaks_inside_strings_are_forgiven() -> None:
    assert parse('{"name": "two\nlines"}', Part).name == "two\nlines"


def test_text_is_text() -> None:
    assert parse("<think>Let me see.</think>\n\n Well, {yes}. ", str) == "Well, {yes}."
    assert parse("Let me see.\n</think>\n\nYes.", str) == "Yes."
    with pytest.raises(Unusable, match="thoughts"):
        parse("\n<think>Let me see", str)


def test_a_mark_of_thoughts_inside_of_a_json_text_is_text() -> None:
    part = Part(name="strip</think>", thought="<think> and </think> are marks.")
    assert parse(part.model_dump_json(), Part) == part


def test_other_types() -> None:
    assert parse("They are [1, 2].", list[int]) == [1, 2]
    assert parse('{"a": 1}', dict[str, int]) == {"a": 1}


def test_thought_comes_first_and_everything_is_required() -> None:
    schema = schema_of(Answer)
    assert schema is not None
    assert list(schema["properties"]) == ["thought", "score", "parts", "kind"]
    assert schema["required"] == ["thought", "score", "parts", "kind"]
    assert list(schema["$defs"]["Part"]["properties"]) == ["thought", "name"]
    assert schema["additionalProperties"] is False
    assert schema_of(str) is None


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    try:
        assert isinstance(parse(text, Answer), Answer)
    except Unusable as error:
        reason = str(error)
    else:
        return
    assert reason


plain = st.text(st.characters(exclude_characters="{}[]`", exclude_categories=["Cs"]))


@given(plain, plain, st.integers(), st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_surrounds_it(before: str, after: str, score: int, name: str) -> None:
    value: dict[str, Any] = {"score": score, "parts": [{"name": name}]}
    assert parse(f"{before}{json.dumps(value)}{after}", Answer).score == score

"""Grammars as text (their effect is tested on the model), and the forecast."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.config import ReviewSettings, SearchSettings, Settings
from hakken.core.prompts import Prompt
from hakken.core.types import Message, Model, Role
from hakken.models.forecast import forecast, forecast_questions, price
from hakken.models.grammar import choice, sentences
from hakken.models.scripted import FunctionModel


def test_sentences_bound_what_they_say() -> None:
    grammar = sentences(2, 5, max_words=30, min_words=6)
    assert "{1,4}" in grammar
    assert "{5,29}" in grammar
    classes = "".join(re.findall(r"\[[^]]*\]", grammar))
    assert not re.search(r"\d|0-9|[*_#`$<>{}()|]", classes)


@pytest.mark.parametrize("limits", [(0, 1), (3, 2), (-1, 1)])
def test_impossible_limits(limits: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="positive and in order"):
        sentences(*limits)


def test_choices_are_quoted() -> None:
    assert choice(["a", 'b "c"']) == 'root ::= "a" | "b \\"c\\""'
    with pytest.raises(ValueError, match="options"):
        choice([])


def models(name: str, parallel: int = 2) -> dict[Role, Model]:
    return dict.fromkeys(Role, FunctionModel(lambda request: "", name=name, strong=name != "local", parallel=parallel))


def test_the_local_model_is_slow_and_free() -> None:
    local = forecast(Settings(), models("local"))
    assert local.priced
    assert local.total.usd == 0
    assert local.total.completion_tokens < 25_000
    assert 300 < local.total.seconds < 1800
    assert forecast(Settings(), models("local", parallel=1)).total.seconds > local.total.seconds
    assert local.total.calls == sum(stage.usage.calls for stage in local.stages)


def test_settings_move_it() -> None:
    small = Settings(search=SearchSettings(ideas=1, nodes_per_idea=1, candidates=1), review=ReviewSettings(members=1))
    few, many = forecast(small, models("local")).total, forecast(Settings(), models("local")).total
    assert few.calls < many.calls
    assert few.seconds < many.seconds


def question(text: str) -> Prompt:
    """A prompt with this text."""
    said = Message(role="user", content=text)
    return Prompt(name="a/b", role=Role.CODE, messages=(said,), max_tokens=9, temperature=0.0, hash="h")


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5), st.text(max_size=40))
def test_known_questions_are_counted_and_what_they_share_is_read_once(texts: list[str], start: str) -> None:
    local, far = models("local")[Role.CODE], models("openai:gpt-4o-mini")[Role.CODE]
    apart = forecast_questions("audit", local, [question(text) for text in texts], 50)
    assert (apart.total.calls, apart.total.completion_tokens) == (len(texts), 50 * len(texts))
    assert apart.total.prompt_tokens == sum(-(-len(text) // 4) for text in texts)
    assert 50 * len(texts) / 24 <= apart.total.seconds <= apart.total.prompt_tokens / 73 + 50 * len(texts) / 24 + 1e-9
    asked = [question(f"{start}{text}") for text in texts]
    again = forecast_questions("audit", local, [*asked, asked[-1]], 0)
    once = forecast_questions("audit", local, asked, 0)
    assert again.total.prompt_tokens >= once.total.prompt_tokens
    assert again.total.seconds <= once.total.seconds + 0.1  # rounding up of tokens apart
    paid = forecast_questions("audit", far, asked, 50)
    assert paid.priced
    assert paid.total.usd > 0


def test_prices() -> None:
    assert price("openai:gpt-4o-mini", 1_000_000, 1_000_000) == pytest.approx(0.75)
    assert price("openai:gpt-unheard-of", 1, 1) is None
    assert price("http://localhost:1/v1#x", 1, 1) is None
    assert price("local", 1, 1) == 0
    assert not forecast(Settings(), models("http://localhost:1/v1#x")).priced
    assert forecast(Settings(), models("openai:gpt-4o-mini")).total.usd > 0.001

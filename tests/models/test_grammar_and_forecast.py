"""Grammars as text (their effect is tested on the model), and the forecast."""

from __future__ import annotations

import re

import pytest

from hakken.core.config import ReviewSettings, SearchSettings, Settings
from hakken.core.types import Model, Role
from hakken.models.forecast import forecast, price
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


def test_prices() -> None:
    assert price("openai:gpt-4o-mini", 1_000_000, 1_000_000) == pytest.approx(0.75)
    assert price("openai:gpt-unheard-of", 1, 1) is None
    assert price("http://localhost:1/v1#x", 1, 1) is None
    assert price("local", 1, 1) == 0
    assert not forecast(Settings(), models("http://localhost:1/v1#x")).priced
    assert forecast(Settings(), models("openai:gpt-4o-mini")).total.usd > 0.001

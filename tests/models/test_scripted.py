"""Scripts: rules from files and from Python, stateless but for counted failures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hakken.core.config import ModelSettings
from hakken.core.errors import ConfigError, ModelRefused, ModelUnavailable, RateLimited
from hakken.core.types import Message, Request
from hakken.models.contract import ModelContract
from hakken.models.registry import open_model, open_models
from hakken.models.scripted import FunctionModel, Rule, ScriptedModel, load_script


def ask(text: str = "Say it.", purpose: str = "ideas/propose", **fields: object) -> Request:
    return Request.model_validate({"messages": (Message(role="user", content=text),), "purpose": purpose, **fields})


class TestScriptedModel(ModelContract):
    def make_model(self) -> ScriptedModel:
        return ScriptedModel([Rule(reply="red")])


class TestFunctionModel(ModelContract):
    def make_model(self) -> FunctionModel:
        return FunctionModel(lambda request: "red")


def test_the_first_rule_that_fits_answers() -> None:
    model = ScriptedModel(
        [
            Rule(purpose="ideas/*", match=r"(?i)shift", reply={"title": "Shifts"}),
            Rule(purpose="ideas/*", reply="another"),
            Rule(reply="anything"),
        ]
    )
    assert json.loads(model.generate(ask("About SHIFTS.")).text) == {"title": "Shifts"}
    assert model.generate(ask("About noise.")).text == "another"
    assert model.generate(ask(purpose="review/form")).text == "anything"


def test_replies_go_by_sample_and_turn_not_by_order() -> None:
    model = ScriptedModel([Rule(replies=("a", "b", "c"))])
    assert [model.generate(ask(sample=n)).text for n in (0, 1, 2, 3, 1, 0)] == list("abcaba")
    repair = (*ask().messages, Message(role="assistant", content="a"), Message(role="user", content="Again."))
    assert model.generate(Request(messages=repair)).text == "b"


def test_replies_by_hash_vary_with_the_prompt_and_stay() -> None:
    model = ScriptedModel([Rule(replies=tuple("abcdefgh"), pick="hash")])
    texts = [model.generate(ask(f"Question {n}")).text for n in range(20)]
    assert len(set(texts)) > 3
    assert texts == [model.generate(ask(f"Question {n}")).text for n in range(20)]


def test_failures_are_counted_for_each_request() -> None:
    model = ScriptedModel([Rule(reply="ok", error="rate_limited", times=1)])
    for text in ("one", "two"):
        with pytest.raises(RateLimited):
            model.generate(ask(text))
        assert model.generate(ask(text)).text == "ok"


def test_a_failure_without_a_count_is_for_ever() -> None:
    model = ScriptedModel([Rule(error="unavailable")])
    for _ in range(3):
        with pytest.raises(ModelUnavailable):
            model.generate(ask())


def test_no_rule_fits() -> None:
    with pytest.raises(ModelRefused, match="ideas/propose"):
        ScriptedModel([Rule(purpose="review/*", reply="x")]).generate(ask())


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"script.{suffix}"
    if suffix == "toml":
        path.write_text(
            'strong = false\n[[rules]]\npurpose = "ideas/*"\nreply = {title = "T"}\n[[rules]]\nreply = "x"\n'
        )
    else:
        path.write_text('{"strong": false, "rules": [{"purpose": "ideas/*", "reply": {"title": "T"}}, {"reply": "x"}]}')
    model = open_model(f"scripted:{path}", ModelSettings())
    assert (model.name, model.strong) == (f"scripted:{path}", False)
    assert open_model(f"scripted:{path}", ModelSettings(strong=True)).strong
    completion = model.generate(ask("x" * 40))
    assert (completion.text, completion.usage.prompt_tokens) == ('{"title": "T"}', 10)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules = []", "rules"),
        ("[[rules]]\nrepply = 'x'", "repply"),
        ("[[rules]]\nmatch = '('\n", "not valid"),
        ("nonsense", "not valid"),
        ("[[rules]]\nerror = 'boom'", "rules.0.error"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "script.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_script(path)


def test_roles_with_one_name_share_a_model(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('[[rules]]\nreply = "x"\n')
    models = open_models(ModelSettings(default=f"scripted:{path}", review=f"scripted:{tmp_path}/./s.toml"))
    assert len(models) == 5
    assert len({id(model) for model in models.values()}) == 2

"""The real embedded model in its own process. A missing model is a failure: pull it first."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hakken.core.config import ModelSettings
from hakken.core.errors import ModelRefused, ModelUnavailable, PrerequisiteError
from hakken.core.types import Infill, Message, Record, Request, Role
from hakken.models import server as srv
from hakken.models import weights as w
from hakken.models.contract import ModelContract
from hakken.models.grammar import choice, sentences
from hakken.models.ledger import Ledger
from hakken.models.local import LocalModel
from hakken.models.parsing import schema_of
from tests.isolation import users_cache
from tests.models.helpers import MemoryLog, make_prompt

SETTINGS = ModelSettings(slots=1, context_tokens=1024, idle_minutes=5)
PROSE = re.compile(r"[A-Z][a-z'-]*([ ,]+[A-Za-z'-]+)+\.( [A-Z][a-z'-]*([ ,]+[A-Za-z'-]+)+\.)*")


def ask(text: str, **fields: object) -> Request:
    return Request.model_validate(
        {"messages": (Message(role="user", content=text),), "max_tokens": 48, "temperature": 0.0, **fields}
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalModel]:
    """A server of its own, so that killing it hurts nobody else."""
    with users_cache():
        real = w.require()
    cache = tmp_path_factory.mktemp("cache")
    (cache / "models").mkdir()
    (cache / "models" / real.name).symlink_to(real)
    patch = pytest.MonkeyPatch()
    patch.setenv("HAKKEN_CACHE", str(cache))
    yield LocalModel(SETTINGS)
    if state := srv.read_state(srv.state_path(SETTINGS)):
        os.kill(state.pid, signal.SIGKILL)
    patch.undo()
    shutil.rmtree(cache)


@pytest.mark.model
class TestContract(ModelContract):
    @pytest.fixture(autouse=True)
    def _use(self, model: LocalModel) -> None:
        self.model = model

    def make_model(self) -> LocalModel:
        return self.model


@pytest.mark.model
def test_text(model: LocalModel) -> None:
    completion = model.generate(ask("What is the capital of France? One word."))
    assert "Paris" in completion.text
    assert completion.model == w.QWEN.file
    assert completion.finish == "stop"


@pytest.mark.model
def test_the_length_is_kept(model: LocalModel) -> None:
    completion = model.generate(ask("Count from one to fifty.", max_tokens=5))
    assert (completion.finish, completion.usage.completion_tokens) == ("length", 5)


class City(Record):
    thought: str
    name: str
    population: int


@pytest.mark.model
def test_a_schema_through_the_ledger(model: LocalModel) -> None:
    ledger = Ledger(dict.fromkeys(Role, model), MemoryLog())
    prompt = make_prompt("Name a large city with its population. The thought is one short sentence.")
    assert ledger.ask(prompt, City, max_tokens=120).value.population > 0
    assert schema_of(City) is not None


@pytest.mark.model
@pytest.mark.parametrize("seed", range(3))
def test_sentences_are_plain(model: LocalModel, seed: int) -> None:
    grammar = sentences(2, 3, max_words=24)
    question = "Why does adding noise to images help? Give numbers, a list and code like x_1 = 2."
    completion = model.generate(ask(question, grammar=grammar, max_tokens=200, seed=seed, temperature=0.8))
    assert PROSE.fullmatch(completion.text), completion.text
    assert 2 <= completion.text.count(".") <= 3
    assert all(len(sentence.split()) <= 24 for sentence in completion.text.split("."))


@pytest.mark.model
def test_a_choice_is_kept(model: LocalModel) -> None:
    options = ["the number 7", 'a "quoted" word', "back\\slash"]
    assert model.generate(ask("Pick one.", grammar=choice(options))).text in options


@pytest.mark.model
def test_avoided_words_are_not_written(model: LocalModel) -> None:
    question = "Complete: one, two, three,"
    assert "four" in model.generate(ask(question)).text.lower()
    assert "four" not in model.generate(ask(question, avoid=("four",))).text.lower().split()


@pytest.mark.model
def test_avoided_names_are_not_written_into_a_hole(model: LocalModel) -> None:
    hole = Infill(prefix="def size_of(items):\n    total = len(items)\n", suffix="")
    free = model.generate(ask("Fill.", infill=hole, max_tokens=16)).text
    assert "return total" in free
    kept = model.generate(ask("Fill.", infill=hole, max_tokens=16, avoid=("total",))).text
    assert kept.strip()
    assert not re.search(r"\btotal\b", kept)


@pytest.mark.model
def test_a_prompt_longer_than_the_context_is_refused(model: LocalModel) -> None:
    with pytest.raises(ModelRefused, match="context") as caught:
        model.generate(ask("word " * 3000))
    assert "models.context_tokens" in caught.value.mend


@pytest.mark.model
def test_a_wrong_grammar_is_refused(model: LocalModel) -> None:
    with pytest.raises(ModelRefused, match="grammar"):
        model.generate(ask("Hi.", grammar="root ::= undefined-rule"))


@pytest.mark.model
def test_a_second_model_shares_the_process(model: LocalModel) -> None:
    model.generate(ask("Hi.", max_tokens=1))
    before = srv.read_state(srv.state_path(SETTINGS))
    LocalModel(SETTINGS).generate(ask("Hi.", max_tokens=1))
    assert srv.read_state(srv.state_path(SETTINGS)) == before


@pytest.mark.model
def test_a_killed_process_costs_one_try(model: LocalModel) -> None:
    model.generate(ask("Hi.", max_tokens=1))
    state = srv.read_state(srv.state_path(SETTINGS))
    assert state is not None
    os.kill(state.pid, signal.SIGKILL)
    with pytest.raises(ModelUnavailable):
        model.generate(ask("Hi.", max_tokens=1))
    assert model.generate(ask("Hi.", max_tokens=1)).usage.calls == 1
    after = srv.read_state(srv.state_path(SETTINGS))
    assert after is not None
    assert after.pid != state.pid


@pytest.mark.model
def test_a_killed_process_costs_the_ledger_nothing(model: LocalModel) -> None:
    model.generate(ask("Hi.", max_tokens=1))
    state = srv.read_state(srv.state_path(SETTINGS))
    assert state is not None
    os.kill(state.pid, signal.SIGKILL)
    pauses: list[float] = []
    log = MemoryLog()
    ledger = Ledger(dict.fromkeys(Role, model), log, sleep=pauses.append)
    assert ledger.ask(make_prompt("Say hi.")).value
    assert pauses == [1.0]
    assert [call.error is None for call in log.calls] == [False, True]


@pytest.mark.model
def test_strangers_are_not_served(model: LocalModel) -> None:
    import httpx2

    model.generate(ask("Hi.", max_tokens=1))
    state = srv.read_state(srv.state_path(SETTINGS))
    assert state is not None
    assert httpx2.get(f"{state.url}/v1/models", headers={"Authorization": "Bearer x"}).status_code == 401
    assert httpx2.post(f"{state.url}/v1/chat/completions", json={}).status_code == 401
    assert srv.state_path(SETTINGS).stat().st_mode & 0o077 == 0
    assert {c.laddr.ip for c in psutil.Process(state.pid).net_connections() if c.status == "LISTEN"} == {"127.0.0.1"}


def test_missing_weights_name_the_mend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HAKKEN_CACHE", str(tmp_path))
    with pytest.raises(PrerequisiteError, match="hakken model pull"):
        LocalModel(SETTINGS).generate(ask("Hi."))


def test_strength_and_width_are_settings() -> None:
    assert not LocalModel(SETTINGS).strong
    assert LocalModel(ModelSettings(strong=True, slots=3)).strong
    assert LocalModel(ModelSettings(slots=3)).parallel == 3

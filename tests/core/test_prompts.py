"""Prompts are files: every shipped one loads, and what is wrong with one is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from jinja2 import meta

from hakken.core import prompts as p
from hakken.core.errors import ConfigError
from hakken.core.types import Message, Role

SHIPPED = sorted(p.PACKAGE.glob("**/prompts/*.md"))
NAMES = [f"{path.parent.parent.name}/{path.stem}" for path in SHIPPED]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with a room for prompts of the test's own."""
    monkeypatch.setattr(p, "PACKAGE", tmp_path)
    p._source.cache_clear()
    folder = tmp_path / "research" / "room" / "prompts"
    folder.mkdir(parents=True)
    yield folder
    p._source.cache_clear()


def write(folder: Path, text: str, name: str = "job") -> None:
    (folder / f"{name}.md").write_text(text, encoding="utf-8")


def test_system_and_user_parts(package: Path) -> None:
    write(package, '+++\nrole = "code"\nmax_tokens = 99\ntemperature = 0.2\n+++\nYou are {{ who }}.\n\n---\n\nDo it.\n')
    made = p.prompt("room/job", who="a & b")
    assert made.messages == (Message(role="system", content="You are a & b."), Message(role="user", content="Do it."))
    assert (made.name, made.role, made.max_tokens, made.temperature) == ("room/job", Role.CODE, 99, 0.2)


def test_one_part_is_the_users_and_defaults_hold(package: Path) -> None:
    write(package, '+++\nrole = "review"\n+++\nRead.\n')
    made = p.prompt("room/job")
    assert [message.role for message in made.messages] == ["user"]
    assert (made.max_tokens, made.temperature) == (512, 0.7)


def test_the_hash_is_of_the_file_not_of_what_fills_it(package: Path) -> None:
    write(package, '+++\nrole = "code"\n+++\n{{ x }}\n')
    first, second = p.prompt("room/job", x=1), p.prompt("room/job", x=2)
    assert first.hash == second.hash
    assert first.messages != second.messages


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('+++\nrole = "code"\n+++\n{{ missing }}\n', "missing"),
        ('+++\nrole = "code"\n+++\n{% if %}\n', "cannot be rendered"),
        ("+++\nrole = \n+++\nx\n", "cannot be rendered"),
        ("no front matter", "cannot be rendered"),
        ('+++\nrole = "poet"\n+++\nx\n', "role: input should be"),
        ("+++\nmax_tokens = 3\n+++\nx\n", "role: field required"),
        ('+++\nrole = "code"\nmax_token = 3\n+++\nx\n', "max_token: extra inputs"),
    ],
)
def test_wrong_prompts(package: Path, text: str, words: str) -> None:
    write(package, text)
    with pytest.raises(ConfigError, match=words):
        p.prompt("room/job")


def test_an_unknown_prompt() -> None:
    with pytest.raises(ConfigError, match="There is no prompt nowhere/none"):
        p.prompt("nowhere/none")


def test_names_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert "models/repair" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_prompt_renders_with_its_variables_and_no_fewer(name: str) -> None:
    source = p._source(name)
    body = source.split("+++\n", 2)[2]
    environment = jinja2.Environment()
    variables = sorted(meta.find_undeclared_variables(environment.parse(body)))
    always = _outside(body)
    for variable in variables:
        # What only stands in conditions or loops may be left out of a rendering by the values of others, so only the
        # variables that are always written are certain to be missed.
        if re.search(r"{{\s*" + variable + r"\s*}}", always):
            others = {other: Blank() for other in variables if other != variable}
            with pytest.raises(ConfigError, match=variable):
                p.prompt(name, **others)
    made = p.prompt(name, **{variable: Blank("something") for variable in variables})
    assert made.messages[-1].role == "user"
    assert made.messages[-1].content
    assert made.max_tokens > 0


def _outside(body: str) -> str:
    """A template without its conditions and loops, the innermost taken out first."""
    block = re.compile(r"{%\s*(if|for)\b(?:(?!{%\s*(?:if|for)\b).)*?{%\s*end\1\s*%}", re.S)
    while (shorter := block.sub("", body)) != body:
        body = shorter
    return body


class Blank(str):
    """Stands for any value in a template: text, number, list or object."""

    def __getattr__(self, name: str) -> Blank:
        return Blank()

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __call__(self, *args: object, **kwargs: object) -> Blank:
        return Blank()

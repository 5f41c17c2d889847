"""Where the next idea should look: a function and a kind of change, chosen by code so that ideas differ."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hakken.core.similarity import words
from hakken.core.source import arguments, docstring, function_names, function_source
from hakken.core.types import Idea, Target, Template


@dataclass(frozen=True)
class Lever:
    """A kind of change that applies to any numerical code (``levers.toml``)."""

    name: str
    ask: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Focus:
    """One place and one kind of change."""

    target: Target
    lever: str
    ask: str
    code: str
    doc: str


def levers() -> list[Lever]:
    """The levers that ship."""
    text = (Path(__file__).parent / "levers.toml").read_text(encoding="utf-8")
    return [Lever(row["name"], row["ask"], tuple(row.get("needs", ()))) for row in tomllib.loads(text)["lever"]]


def focuses(template: Template, pristine: dict[str, str], rng: Random) -> list[Focus]:
    """Every place with every lever that fits it, shuffled so that no place comes twice before each came once."""
    by_target: list[list[Focus]] = []
    for target in small_targets(template, pristine):
        text = pristine[target.file]
        assert target.function is not None
        known = set(arguments(text, target.function))
        fitting = [lever for lever in levers() if not lever.needs or known & set(lever.needs)]
        rng.shuffle(fitting)
        code, doc = function_source(text, target.function), docstring(text, target.function)
        by_target.append([Focus(target, lever.name, lever.ask, code, doc) for lever in fitting])
    rng.shuffle(by_target)
    rounds = max((len(group) for group in by_target), default=0)
    return [group[index] for index in range(rounds) for group in by_target if index < len(group)]


LONGEST = 60
"""Lines of a function that a small model can still rewrite as a whole."""


def small_targets(template: Template, pristine: dict[str, str]) -> list[Target]:
    """Single functions that may be changed; a whole file stands for its functions that are short enough."""
    found: list[Target] = []
    for target in template.editable:
        if target.function is not None:
            found.append(target)
        elif target.file.endswith(".py"):
            text = pristine[target.file]
            names = [name for name in function_names(text) if name != "main"]
            short = [name for name in names if function_source(text, name).count("\n") < LONGEST]
            found += [Target(file=target.file, function=name) for name in short]
    return found


def place_for(idea: Idea, template: Template, pristine: dict[str, str]) -> Target | None:
    """The function that an idea without a place is most likely about, by shared words."""
    targets = small_targets(template, pristine)
    if not targets:
        return None

    def shared(target: Target) -> float:
        name = target.function or ""
        about = f"{name.replace('_', ' ')} {docstring(pristine[target.file], name)}"
        return len(words(f"{idea.title} {idea.plan}") & words(about)) / float(1 + len(words(about)) ** 0.5)

    return max(targets, key=shared)

"""Tuning: one constant of the changed code takes another value, chosen by a model from a list that code made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from pydantic import BaseModel, create_model

from hakken.core.errors import MalformedReply
from hakken.core.prompts import prompt
from hakken.core.source import Number, SourceError, function_names, function_source, numbers, replace_number
from hakken.core.types import Template
from hakken.models import Ledger
from hakken.research.search.edits import Change
from hakken.research.search.laboratory import Sources

FACTORS = (0.1, 0.3, 3.0, 10.0)
LONGEST_MENU = 16


class Choice(BaseModel):
    """What a model replies with (the menu becomes the type of ``choice``)."""

    thought: str
    choice: str


def tune(
    template: Template, texts: Sources, pristine: Sources, ledger: Ledger, history: Sequence[str], tried: set[str]
) -> tuple[str, Change]:
    """Let a model choose a constant and a new value; returns a label such as ``rate 0.1 to 0.3`` and the change.

    Raises:
        SourceError: the changed functions hold no constant that was not tried, or the model chose none.
    """
    menu = {label: found for label, found in options(texts, pristine).items() if label not in tried}
    menu = dict(list(menu.items())[:LONGEST_MENU])
    if not menu:
        raise SourceError("There is no constant left to tune.")
    spec = template.primary
    file, name = changed_functions(texts, pristine)[0]
    asked = prompt(
        "search/tune",
        metric=f"{spec.label} on {spec.dataset}",
        direction="lower" if spec.direction.value == "min" else "higher",
        code=function_source(texts[file], name),
        history=history,
        choices=list(menu),
    )
    allowed: Any = Literal[tuple(menu)]
    kind = create_model("Choice", __base__=Choice, choice=(allowed, ...))
    try:
        reply = cast(Choice, ledger.ask(asked, kind).value)
    except MalformedReply as error:
        raise SourceError(error.message) from None
    return reply.choice, Change(reply.thought, {**texts, **menu[reply.choice]})


def options(texts: Sources, pristine: Sources) -> dict[str, Sources]:
    """Every single change of a constant in the changed functions, by a label that says where and what."""
    menu: dict[str, Sources] = {}
    for file, name in changed_functions(texts, pristine):
        text = texts[file]
        for number in numbers(text, name):
            for value in alternatives(number):
                label = f"{number.context[:50]}: {number.text} to {value}"
                menu.setdefault(label, {file: replace_number(text, number, value)})
    return menu


def changed_functions(texts: Sources, pristine: Sources) -> list[tuple[str, str]]:
    """Functions whose source differs from the template's, by file."""
    found = []
    for file, text in sorted(texts.items()):
        if not file.endswith(".py") or text == pristine.get(file):
            continue
        before = pristine.get(file, "")
        known = set(function_names(before))
        for name in function_names(text):
            if name not in known or function_source(text, name) != function_source(before, name):
                found.append((file, name))
    return found


def alternatives(number: Number) -> list[str]:
    """Other values worth trying for a literal: nothing for zero, one and two, which are mostly structure."""
    value = number.value
    if value in (0.0, 1.0, 2.0, -1.0):
        return []
    if value == int(value) and "." not in number.text and "e" not in number.text:
        return [str(new) for new in (int(value) // 2, int(value) * 2) if new > 0]
    if 0.5 < value < 1:
        # A rate of keeping such as 0.9: what matters is the distance to one.
        return [f"{1 - (1 - value) * factor:.4g}" for factor in (0.3, 3.0) if 0 < 1 - (1 - value) * factor < 1]
    return [f"{value * factor:.3g}" for factor in FACTORS]

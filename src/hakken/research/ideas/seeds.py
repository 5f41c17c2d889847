"""Seed ideas that a template brings along (``ideas.toml``, or ``seed_ideas.json`` of The AI Scientist)."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from hakken.core.errors import TemplateError
from hakken.core.types import Idea, Target, Template


def load_seed_ideas(template: Template) -> list[Idea]:
    """Read the template's seed ideas; none is fine.

    Raises:
        TemplateError: the file is there and cannot be read.
    """
    root = Path(template.root)
    ours, theirs = root / "ideas.toml", root / "seed_ideas.json"
    try:
        if ours.is_file():
            rows = tomllib.loads(ours.read_text(encoding="utf-8")).get("idea", [])
        elif theirs.is_file():
            rows = json.loads(theirs.read_text(encoding="utf-8"))
        else:
            return []
        return [_idea(row, number, template) for number, row in enumerate(rows, start=1)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TemplateError(
            f"The seed ideas of {template.name} cannot be read: {error!r}.",
            "Mend the file, or remove it: seed ideas are optional.",
        ) from error


def slug(text: str) -> str:
    """A short name for an idea, from its title."""
    words = re.findall(r"[a-z]+", text.lower())
    return "_".join(words[:5]) or "idea"


def _idea(row: dict[str, Any], number: int, template: Template) -> Idea:
    low = {key.lower(): value for key, value in row.items()}
    plan = low.get("plan") or low["experiment"]
    target = str(low.get("target"))
    known = {str(place): place for place in template.editable}
    return Idea(
        id=f"seed{number}",
        name=slug(low.get("name") or low["title"]),
        title=low["title"],
        hypothesis=low.get("hypothesis") or low["title"],
        plan=plan,
        target=known.get(target) or (Target(file=target) if target in {t.file for t in template.editable} else None),
        interestingness=low.get("interestingness", 5),
        feasibility=low.get("feasibility", 5),
        novelty=low.get("novelty", 5),
        lever=str(low.get("lever", "")),
        origin="seed",
    )

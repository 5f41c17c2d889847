"""Seed ideas that a template brings along (``ideas.toml``, or ``seed_ideas.json`` of The AI Scientist)."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hakken.core.errors import TemplateError
from hakken.core.types import Idea, Target, Template

FILE = "ideas.toml"
_REQUIRED = ("title", "plan")
_KEYS = ("name", "title", "hypothesis", "plan", "target", "lever", "interestingness", "feasibility", "novelty")


def load_seed_ideas(template: Template) -> list[Idea]:
    """Read the template's seed ideas; none is fine.

    Raises:
        TemplateError: the file is there and cannot be read, or says something that nothing would come of.
    """
    root = Path(template.root)
    ours, theirs = root / FILE, root / "seed_ideas.json"
    try:
        if ours.is_file():
            table = tomllib.loads(ours.read_text(encoding="utf-8"))
            _refuse_unknown(ours, table, ("idea",), "")
            rows = table.get("idea", [])
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise TemplateError(f"{ours}: the ideas are no list of tables.", "Begin each with a line [[idea]].")
            for number, row in enumerate(rows, start=1):
                _check(ours, row, f"[[idea]] {number}: ", template)
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


def _check(file: Path, row: dict[str, Any], where: str, template: Template) -> None:
    """A key or a place that is not known would be passed over in silence, and another one taken."""
    _refuse_unknown(file, row, _KEYS, where)
    if missing := next((key for key in _REQUIRED if not row.get(key)), None):
        raise TemplateError(f"{file}: {where}the key {missing!r} is missing.", "Add it (see docs/templates.md).")
    known = [str(place) for place in template.editable] + [place.file for place in template.editable]
    target = row.get("target")
    if target is not None and target not in known:
        raise TemplateError(
            f"{file}: {where}the target {target!r} is not one of the editable places.", _known(str(target), known)
        )


def _refuse_unknown(file: Path, table: dict[str, Any], known: Sequence[str], where: str) -> None:
    if unknown := next((key for key in table if key not in known), None):
        raise TemplateError(f"{file}: {where}the key {unknown!r} is not known.", _known(unknown, known))


def _known(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return (f"Did you mean {close[0]!r}? " if close else "") + f"Known: {', '.join(dict.fromkeys(known))}."


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

"""What to cite: only entries of the template's bibliography, those of them that say what the work does.

The bibliographies that ship were checked against public records; a user's is taken as it is.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from hakken.core.types import Snapshot
from hakken.research.papers.render.bibliography import load

_SHORT = 3
"""Stems below this length say nothing about a topic."""


@dataclass(frozen=True)
class Work:
    """An entry of the bibliography and what it is about."""

    key: str
    topics: tuple[str, ...]
    gist: str
    title: str


def works(bib: Path) -> list[Work]:
    """The citable entries of a bibliography; none when there is no file."""
    if not bib.is_file():
        return []
    found = []
    for key, entry in load(bib).items():
        fields = {name.lower(): " ".join(value.split()) for name, value in entry.fields.items()}
        topics = tuple(topic.strip() for topic in fields.get("hakken_topics", "").split(",") if topic.strip())
        found.append(Work(key, topics, fields.get("hakken_gist", "").rstrip("."), fields.get("title", key)))
    return found


def relevant(snapshot: Snapshot, bib: Path, most: int) -> list[Work]:
    """The works closest to what was studied, closest first; those without a gist cannot be introduced and are left."""
    about = [snapshot.template.title, snapshot.template.task]
    about += [f"{idea.title} {idea.hypothesis} {idea.plan}" for idea in snapshot.ideas]
    weights: dict[str, float] = {}
    for index, text in enumerate(about):
        for word in _words(text):
            weights[word] = max(weights.get(word, 0.0), 0.3 if index < 2 else 1.0)

    def closeness(work: Work) -> float:
        own = _words(" ".join((*work.topics, work.title, work.gist)))
        return sum(weights.get(word, 0.0) for word in own) / math.sqrt(3 + len(own))

    candidates = [work for work in works(bib) if work.gist]
    return sorted(candidates, key=lambda work: (-closeness(work), work.key))[:most]


def _words(text: str) -> set[str]:
    stems = (re.sub(r"(?:ing|ed|es|s|ation|isation|ization)$", "", w) for w in re.findall(r"[a-z]+", text.lower()))
    return {stem for stem in stems if len(stem) >= _SHORT}

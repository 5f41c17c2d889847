"""What an idea is called: titles become names in tables and sentences, so they must not claim anything."""

from __future__ import annotations

from collections.abc import Container

from hakken.core.types import Idea
from hakken.research.papers.gate import safe_label


def title_of(idea: Idea, taken: Container[str]) -> str:
    """The title of an idea, or one that code makes of its place where it claims something or another idea has it."""
    place = ((idea.target.function or idea.target.file) if idea.target else "the program").replace("_", " ")
    plain = f"Change of {place}"
    if idea.lever not in ("", "free"):
        plain = safe_label(f"{idea.lever.capitalize()} of {place}", plain)
    title = safe_label(idea.title.replace("`", ""), plain)
    if title in taken:
        return plain if plain not in taken else f"{plain} ({idea.id})"
    return title

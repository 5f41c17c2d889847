"""The files of a template that it may leave out: seed ideas and bibliography, read before anything is spent."""

from __future__ import annotations

from pathlib import Path

from hakken.core.errors import RenderError, TemplateError
from hakken.core.text import several
from hakken.core.types import Template, content_hash
from hakken.research.ideas import load_seed_ideas
from hakken.research.papers.citations import works
from hakken.store.kinds import Started

BIBLIOGRAPHY = "references.bib"


def bibliography(template: Template) -> Path:
    """Where the works stand that a paper may cite, whether or not there are any."""
    return Path(template.root) / BIBLIOGRAPHY


def check_optional(template: Template) -> tuple[str, ...]:
    """Read both files; returns sentences on what they hold that no paper will show.

    Raises:
        TemplateError: one of them is there and cannot be read.
    """
    load_seed_ideas(template)
    try:
        found = works(bibliography(template))
    except RenderError as error:
        raise TemplateError(f"{template.root}: {error.message}", error.mend) from error
    silent = [work.key for work in found if not work.gist]
    if not silent:
        return ()
    many = f"{len(silent)} of {len(found)}"
    return (f"{BIBLIOGRAPHY}: no hakken_gist in {many} works, and no paper cites them: {several(silent)}.",)


def bibliography_hash(template: Template) -> str:
    """Content hash of the bibliography; empty where there is none."""
    file = bibliography(template)
    return content_hash(file.read_bytes()) if file.is_file() else ""


def bibliography_changed(started: Started, template: Template) -> tuple[str, ...]:
    """A line for the record where the bibliography is not the one that a run began with: no trial reads it."""
    now, first = bibliography_hash(template), started.bibliography
    if first is None or now == first:
        return ()
    return (f"{BIBLIOGRAPHY} = {now or 'none'}, at first {first or 'none'}",)

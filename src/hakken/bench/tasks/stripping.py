"""Take out of a repository what gives its tasks away: results in texts, old results, and copies of the functions.

Nothing goes that an experiment needs: all of them are run again without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hakken.bench.experiments.lab import Lab
from hakken.bench.masking.copies import copied_functions
from hakken.bench.proving.needless import grouped, harmless, needless
from hakken.bench.tasks.folder import PAPER
from hakken.bench.texts.leaks import PART, TEXTS, Search, texts_of, told
from hakken.bench.texts.papers import strip_results
from hakken.bench.types import FunctionRef, Gold, Source
from hakken.core.text import several
from hakken.core.types import Record

_PROSE = (".md", ".rst", ".tex")
"""These are read by people: results are taken out of them, and they stay."""


class Shown(Record):
    """What the visible repository is without results and copies of functions."""

    texts: dict[str, str]
    """Texts that differ, by name; an empty one is taken out."""
    notes: tuple[str, ...]
    """What is taken out, what could not be searched, and what an experiment reads."""
    leaks: tuple[str, ...]
    """Measured values that stay."""
    copies: dict[str, tuple[str, ...]]
    """By function, files with its code that stay."""


def strip(source: Source, golds: Sequence[Gold], functions: Sequence[FunctionRef], lab: Lab) -> Shown:
    """Take out results, and the files with a copy of a function or measured values that no experiment needs.

    So go the files that cannot be searched. A text that an experiment reads stays as it is, with its numbers.

    Args:
        source: The repository.
        golds: What was measured.
        functions: Those that are to be masked.
        lab: Where to run.
    """
    found = texts_of(source.root)
    contents = found.contents
    search = Search(golds, source.experiments, contents.items())
    stripped = _stripped(source, contents, golds, search)
    texts = harmless(source, golds, stripped, lab)
    notes = [f"{name} stays as it is, since an experiment reads it" for name in stripped if name not in texts]
    if source.paper is not None:
        texts[PAPER] = strip_results(source.paper.read_text(encoding="utf-8"), golds, search.inputs)
    seen = contents | texts
    values = {name: left for name, text in seen.items() if (left := search.values(name, text))}
    copied = copied_functions(seen, source.root, functions)
    held = {name: "measured values" for name in values if not name.endswith(_PROSE)}
    held |= {name: "a copy of a masked function" for names in copied.values() for name in names}
    for name in (PAPER, *(function.file for function in functions)):
        held.pop(name, None)
    gone = needless(source, golds, held, lab, others=found.unsearched, texts=texts)
    leaks = [told(name, left) for name, left in values.items() if name not in gone]
    notes += _unsearched(found.unsearched, gone)
    notes += [f"{name} holds {held[name]}, and is taken out" for name in gone if name in held]
    return Shown(
        texts=texts | dict.fromkeys(gone, ""),
        notes=tuple(notes),
        leaks=tuple(leaks),
        copies={f: left for f, names in copied.items() if (left := tuple(n for n in names if n not in gone))},
    )


def _stripped(source: Source, contents: Mapping[str, str], golds: Sequence[Gold], search: Search) -> dict[str, str]:
    """Texts of the repository that are others without results."""
    own = {PAPER} if source.paper is not None else set()
    return {
        name: stripped
        for name, text in contents.items()
        if name.endswith(TEXTS)
        and name not in own
        and len(text) <= PART
        and (stripped := strip_results(text, golds, search.inputs)) != text
    }


def _unsearched(names: Sequence[str], gone: Sequence[str]) -> list[str]:
    """What became of files that cannot be searched."""
    notes = []
    for group in grouped(names):
        one = len(group) == 1
        went, stayed = ("is taken out", "stays") if one else ("are taken out", "stay")
        became = went if group[0] in gone else f"{stayed}, since an experiment needs {'it' if one else 'them'}"
        notes.append(f"{several(group)} cannot be searched for results, and {became}")
    return notes

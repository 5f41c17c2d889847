"""The part of the bibliography that a paper cites, as a file that BibTeX reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pybtex.database import PybtexError, parse_file

from hakken.core.errors import RenderError

#: Fields that are ours (the evidence that an entry is real) and no reader's.
OURS = "hakken_"
_BARE = re.compile(r"(?<!\\)([&%#])")
_VERBATIM = {"url", "doi", "eprint", "file", "howpublished"}


def load(bib: Path | None) -> dict[str, Any]:
    """The entries of a ``.bib`` file by key; none without a file.

    Raises:
        RenderError: the file is missing, or is no BibTeX in UTF-8.
    """
    if bib is None:
        return {}
    try:
        return dict(parse_file(str(bib), bib_format="bibtex").entries)
    except (OSError, PybtexError) as error:
        raise RenderError(
            f"The bibliography {bib.name} cannot be read: {str(error).rstrip('.')}.", "Mend the file, or leave it out."
        ) from error


def subset(entries: dict[str, Any], keys: tuple[str, ...]) -> str:
    """The named entries as BibTeX, our own fields dropped, in the order of their keys."""
    return "\n".join(_entry(key, entries[key]) for key in sorted(keys))


def _entry(key: str, entry: Any) -> str:
    fields = {role: " and ".join(_person(p) for p in people) for role, people in entry.persons.items()}
    fields |= {k: v for k, v in entry.fields.items() if not k.lower().startswith(OURS)}
    lines = [f"  {name} = {{{_value(name, value)}}}," for name, value in fields.items()]
    return "\n".join([f"@{entry.type}{{{key},", *lines, "}", ""])


def _value(name: str, value: str) -> str:
    value = " ".join(value.split())
    return value if name.lower() in _VERBATIM else _BARE.sub(r"\\\1", value)


def _person(person: Any) -> str:
    """``von Last, Jr, First Middle``: the one order that BibTeX never misreads."""
    last = " ".join([*person.prelast_names, *person.last_names])
    first = " ".join([*person.first_names, *person.middle_names])
    return ", ".join(part for part in (last, " ".join(person.lineage_names), first) if part)

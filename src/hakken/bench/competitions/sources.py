"""The code that a participant hands in: Python files, and the cells of notebooks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hakken.bench.competitions.pointers import read_text
from hakken.core.errors import UsageError

ENDINGS = (".py", ".ipynb")


def read_sources(places: Iterable[Path]) -> dict[str, str]:
    """Texts by path: files as they are named, and in folders all Python files and notebooks.

    Links in folders are left out. Of a notebook the code cells are read, one below the other; what is no Python in them
    (``!pip``, ``%time``) stays in the text as a comment.

    Raises:
        UsageError: there is no code in one of the places, or a file cannot be read.
    """
    found: dict[str, str] = {}
    for place in places:
        inside = (path for path in sorted(place.rglob("*")) if path.suffix in ENDINGS and not path.is_symlink())
        files = [path for path in inside if path.is_file()] if place.is_dir() else [place]
        if not files:
            raise UsageError(f"There is no code in {place}.", f"Name a folder with files of {' or '.join(ENDINGS)}.")
        for path in files:
            text = read_text(path)
            found[str(path)] = _of_notebook(path, text) if path.suffix == ".ipynb" else text
    return found


def _of_notebook(path: Path, text: str) -> str:
    try:
        book = json.loads(text)
    except ValueError:
        book = None
    if not isinstance(book, dict) or not isinstance(book.get("cells"), list):
        raise UsageError(f"{path} is no notebook.", "Save it in the format of nbformat 4, or leave it out.")
    return "\n".join(line for cell in book["cells"] if isinstance(cell, Mapping) for line in _of_cell(cell))


def _of_cell(cell: Mapping[str, object]) -> Iterator[str]:
    source = cell.get("source", "")
    if cell.get("cell_type") != "code" or not isinstance(source, str | list):
        return
    lines = (source if isinstance(source, str) else "".join(map(str, source))).splitlines()
    yield from (f"# {line}" if line.lstrip().startswith(("!", "%", "?")) else line for line in lines)

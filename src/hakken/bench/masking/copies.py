"""Where the code of a masked function stands a second time: in its own file, in others, and in installed packages."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from hakken.bench.masking.bodies import MaskError, find, mask_file, parse
from hakken.bench.types import FunctionRef

_SHARE, _LINES, _LETTERS = 0.8, 3, 8
"""A copy has this share of the lines of a body, at least so many, counting those of so many letters."""
_SPREAD = 2
"""In the function's own file they stand within so many times as many lines: neighbours share single lines with it."""


def copied_functions(
    contents: Mapping[str, str], root: Path, functions: Sequence[FunctionRef]
) -> dict[str, tuple[str, ...]]:
    """By function, files that hold its code too: notebooks, built packages, backups.

    Its own file is one where it holds the code a second time, such as an older version or a comment.

    Args:
        contents: The texts of the repository, masked or not.
        root: Where the files of the functions lie as they were.
        functions: Those that are masked.
    """
    bodies = {f: code_lines((root / f.file).read_bytes(), f.name) for f in functions}
    bodies = {f: lines for f, lines in bodies.items() if len(lines) >= _LINES}
    found: dict[FunctionRef, list[str]] = {}
    for name, text in contents.items():
        read = _plain(text)
        for function, lines in bodies.items():
            if _holds(read, lines) and (name != function.file or _twice(text, function, lines)):
                found.setdefault(function, []).append(name)
    return {str(f): tuple(found[f]) for f in bodies if f in found}


def installed_copies(root: Path, functions: Sequence[FunctionRef], origin: Path | None = None) -> list[str]:
    """Packages with the code of a masked function that are installed in this Python, which every sandbox can read.

    Args:
        root: Where the files of the functions lie as they were.
        functions: Those that are masked.
        origin: Where the repository itself lies: a search path into it is no copy.
    """
    own = [place.resolve() for place in (root, origin) if place is not None]
    places = [path for path in map(Path, dict.fromkeys(filter(None, sys.path))) if not _is_within(path, own)]
    found: dict[str, None] = {}
    for function in functions:
        parts = Path(function.file).parts
        content = (root / function.file).read_bytes()
        lines = code_lines(content, function.name)
        # What lies in src/ is installed without it.
        for tail in (parts[start:] for start in range(len(parts))):
            if any(_is_copy(place.joinpath(*tail), content, lines) for place in places):
                package = tail[0].removesuffix(".py")
                found[f"an installed copy of {package} lies in the Python that runs the agents"] = None
    return list(found)


@lru_cache(maxsize=256)
def code_lines(content: bytes, name: str) -> tuple[str, ...]:
    """The longer lines of a function's body, without its docstring and comments, spaces and quotes.

    Raises:
        MaskError: the file is not Python, or the function is not in it once.
    """
    module = parse(content)
    function = find(module, name)
    statements = list(function.body.body)
    if function.get_docstring() is not None:
        statements = statements[1:]
    code = "".join(module.code_for_node(statement) for statement in statements)
    plain = [_plain(line).strip() for line in code.splitlines() if not line.strip().startswith("#")]
    return tuple(dict.fromkeys(line for line in plain if len(line) >= _LETTERS))


def _holds(read: str, lines: Sequence[str]) -> bool:
    """Whether a text without spaces and quotes holds a body."""
    return sum(line in read for line in lines) >= _SHARE * len(lines)


def _twice(text: str, function: FunctionRef, lines: Sequence[str]) -> bool:
    """Whether a function's own file holds its body beside the function."""
    try:
        rest = mask_file(text.encode(), [function.name], {function.name: None}).decode()
    except MaskError:
        return False  # no file of a task: `check` says what is wrong with it
    rows = [row for row in map(_plain, rest.splitlines()) if len(row) >= _LETTERS]
    width = _SPREAD * len(lines)
    starts = range(max(1, len(rows) - width + 1))
    return any(_holds("\n".join(rows[start : start + width]), lines) for start in starts)


def _is_within(path: Path, folders: Sequence[Path]) -> bool:
    where = path.resolve()
    return any(where.is_relative_to(folder) or folder.is_relative_to(where) for folder in folders)


def _is_copy(path: Path, content: bytes, lines: Sequence[str]) -> bool:
    """Whether a file is the same one, or holds the body of a function that is long enough to be told."""
    if not path.is_file():
        return False
    there = path.read_bytes()
    return there == content or (len(lines) >= _LINES and _holds(_plain(there.decode("utf-8", "replace")), lines))


def _plain(text: str) -> str:
    """Without spaces, quotes and the signs that a notebook puts before them."""
    return re.sub(r"[ \t\"'\\]", "", text)

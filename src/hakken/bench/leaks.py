"""Where an agent could find what was taken out: measured values in files, and copies of the masked functions."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import libcst as cst

from hakken.bench.masking import find, parse
from hakken.bench.papers import inputs_in, leftovers, numbers_in, without_formulas
from hakken.bench.trees import printable, walk
from hakken.bench.types import FunctionRef, Gold

TEXTS = (".md", ".txt", ".rst", ".tex")
_TEXT_DIGITS, _DATA_DIGITS = 3, 5
"""A number in code or data with so many digits that it reads as a measured one is no accident."""
_SHARE, _LINES, _LETTERS = 0.8, 3, 8
"""A copy has this share of the lines of a body, at least so many, counting those of so many letters."""

_CONFIGS = (".json", ".toml", ".yaml", ".yml", ".ini", ".cfg")
_MAX_TEXT = 1 << 20


def texts_of(root: Path) -> dict[str, str]:
    """The texts of a folder by name; very large files, and those that are no text, aside."""
    found = {}
    for name, info in walk(root):
        if info.st_size <= _MAX_TEXT:
            data = (root / name).read_bytes()
            if b"\0" not in data[:4096]:
                found[printable(name)] = data.decode("utf-8", "replace")
    return found


def settings_in(texts: Iterable[tuple[str, str]]) -> set[float]:
    """Numbers of the configuration files among named texts: these are no results."""
    return {number for name, text in texts if name.endswith(_CONFIGS) for number in inputs_in(text)}


def measured_values(
    contents: Mapping[str, str], golds: Sequence[Gold], inputs: Collection[float], results: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """By file, the measured values that it holds.

    Args:
        contents: The texts of the visible repository.
        golds: What was measured.
        inputs: Numbers of its configuration.
        results: Files that the experiments write: they are taken out.
    """
    found = {}
    for name, text in contents.items():
        if name in results:
            continue
        prose = name.endswith(TEXTS)
        read = without_formulas(text) if prose else text
        left = leftovers(read, golds, digits=_TEXT_DIGITS if prose else _DATA_DIGITS, prose=prose)
        left = tuple(token for token in left if not numbers_in(token) <= set(inputs))
        if left:
            found[name] = left
    return found


def copied_functions(
    contents: Mapping[str, str], root: Path, functions: Sequence[FunctionRef]
) -> dict[str, tuple[str, ...]]:
    """By function, other files of the repository that hold its code: notebooks, built packages, backups."""
    found: dict[str, tuple[str, ...]] = {}
    read = {name: _plain(text) for name, text in contents.items()}
    for function in functions:
        lines = _code_lines(parse((root / function.file).read_bytes()), function.name)
        if len(lines) < _LINES:
            continue
        enough = _SHARE * len(lines)
        names = [n for n, text in read.items() if n != function.file and sum(line in text for line in lines) >= enough]
        if names:
            found[str(function)] = tuple(names)
    return found


def installed_copies(root: Path, functions: Sequence[FunctionRef], origin: Path | None = None) -> list[str]:
    """Packages of the repository that are also installed in this Python, which every sandbox can read.

    Args:
        root: The repository.
        functions: Those that are masked.
        origin: Where the repository was copied from: a search path into it is the repository itself, and no copy.
    """
    own = [place.resolve() for place in (root, origin) if place is not None]
    found = []
    for package in dict.fromkeys(Path(f.file).parts[0].removesuffix(".py") for f in functions):
        for place in map(Path, sys.path):
            where = place.resolve()
            inside = any(where.is_relative_to(folder) or folder.is_relative_to(where) for folder in own)
            if str(place) and not inside and ((place / package).is_dir() or (place / f"{package}.py").is_file()):
                found.append(f"an installed copy of {package} lies in the Python that runs the agents")
                break
    return found


def _code_lines(module: cst.Module, name: str) -> list[str]:
    """The longer lines of a body, without its docstring and comments."""
    function = find(module, name)
    statements = list(function.body.body)
    if function.get_docstring() is not None:
        statements = statements[1:]
    code = "".join(module.code_for_node(statement) for statement in statements)
    plain = [_plain(line).strip() for line in code.splitlines() if not line.strip().startswith("#")]
    return list(dict.fromkeys(line for line in plain if len(line) >= _LETTERS))


def _plain(text: str) -> str:
    """Without spaces, quotes and the signs that a notebook puts before them."""
    return re.sub(r"[ \t\"'\\]", "", text)

"""Names that code uses and nobody defines: found, and mended where plain, before a run would end with ``NameError``."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence

from pyflakes import checker, messages

from hakken.core.source import imported_roots, parse

_KNOWN = ("numpy", "math")
"""Modules whose names are written without their prefix most often."""
_USUAL = frozenset({"np", "numpy", "sp", "scipy", "pd", "pandas", "plt", "matplotlib", "sklearn", "torch", "nn", "nx"})
"""Packages, and what they are called."""


def undefined_names(text: str) -> tuple[str, ...]:
    """Names in the order in which they are used first, each once.

    Raises:
        SourceError: the text is not Python.
    """
    return tuple(dict.fromkeys(str(each.message_args[0]) for each in _found(parse(text))))


def newly_undefined(text: str, before: str) -> tuple[str, ...]:
    """Names that a changed file uses, that nobody defines, and that are new in this.

    Raises:
        SourceError: one of the texts is not Python.
    """
    odd = undefined_names(before)
    return tuple(name for name in undefined_names(text) if name not in odd)


def told_undefined(names: Sequence[str]) -> str:
    """What is wrong with code that uses these names, in words; nothing where there are none."""
    return f"The name {names[0]!r} is used where it is not defined." if names else ""


def avoidable(names: Iterable[str]) -> tuple[str, ...]:
    """Names that a model can be kept from writing again: no letter, which any code may need, and nothing to import."""
    return tuple(sorted({name for name in names if len(name) > 1} - sys.stdlib_module_names - _USUAL))


def qualified(text: str, leave: Collection[str] = ()) -> tuple[str, tuple[str, ...]]:
    """The code with ``np.tanh(x)`` in the place of ``tanh(x)``, where the file imports NumPy or ``math``.

    Args:
        text: A whole file.
        leave: Names that stay as they are: those of code that nobody has changed.

    Returns:
        The code, and each name that was given its module, such as ``np.tanh``.

    Raises:
        SourceError: the text is not Python.
    """
    tree = parse(text)
    if "\r" in text:
        return text, ()  # lines are counted otherwise there
    modules = {alias: name for alias, name in _imported(tree) if name in _KNOWN}
    called = {(n.func.lineno, n.func.col_offset) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    # By bytes, as the tree counts; from the last to the first, so that no place moves before its turn.
    lines, put = text.encode().split(b"\n"), list[str]()
    for each in sorted(_found(tree), key=lambda each: (each.lineno, each.col), reverse=True):
        name, line = str(each.message_args[0]), lines[each.lineno - 1]
        alias = next((a for a, module in modules.items() if hasattr(importlib.import_module(module), name)), None)
        if (
            alias is None
            or name in leave
            or (each.lineno, each.col) not in called
            or line[each.col :][: len(name)] != name.encode()
        ):
            continue
        lines[each.lineno - 1] = line[: each.col] + f"{alias}.".encode() + line[each.col :]
        put.append(f"{alias}.{name}")
    return b"\n".join(lines).decode(), tuple(dict.fromkeys(reversed(put)))


def _found(tree: ast.Module) -> list[messages.Message]:
    kinds = (messages.UndefinedName, messages.UndefinedLocal)
    return [each for each in checker.Checker(tree).messages if isinstance(each, kinds)]


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Name in the file, and module."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)


def strange_imports(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Packages that are imported and are neither of the standard library nor known.

    Raises:
        SourceError: the text is not Python.
    """
    roots = dict.fromkeys(imported_roots(parse(text)))
    return tuple(root for root in roots if root not in known and root not in sys.stdlib_module_names)

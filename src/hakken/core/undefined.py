"""Names that code uses and nobody defines: found before the code runs, where a run would end with ``NameError``."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection

from pyflakes import checker, messages

from hakken.core.source import parse


def undefined_names(text: str) -> tuple[str, ...]:
    """Names in the order in which they are used first, each once.

    Raises:
        SourceError: the text is not Python.
    """
    found = checker.Checker(parse(text)).messages
    kinds = (messages.UndefinedName, messages.UndefinedLocal)
    return tuple(dict.fromkeys(str(each.message_args[0]) for each in found if isinstance(each, kinds)))


def strange_imports(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Packages that are imported and are neither of the standard library nor known.

    Raises:
        SourceError: the text is not Python.
    """
    names: list[str] = []
    for node in ast.walk(parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(node.module or "")
    roots = dict.fromkeys(name.partition(".")[0] for name in names)
    return tuple(root for root in roots if root not in known and root not in sys.stdlib_module_names)

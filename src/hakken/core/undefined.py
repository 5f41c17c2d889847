"""Names that code uses and nobody defines: found before the code runs, where a run would end with ``NameError``."""

from __future__ import annotations

import sys
from collections.abc import Collection

from pyflakes import checker, messages

from hakken.core.source import imported_roots, parse


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
    roots = dict.fromkeys(imported_roots(parse(text)))
    return tuple(root for root in roots if root not in known and root not in sys.stdlib_module_names)

"""Ideas that cannot be carried out, as far as their words tell."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from hakken.core.source import SourceError, imported_roots, parse
from hakken.core.types import Idea

_NOTHING = re.compile(
    r"\bno (?:code )?(?:changes?|modifications?) (?:is|are) (?:needed|required|necessary)\b", re.IGNORECASE
)
_PACKAGES = {
    "jax": r"\bjax\b",
    "keras": r"\bkeras\b",
    "pandas": r"\bpandas\b",
    "scipy": r"\bscipy\b",
    "sklearn": r"\bscikit-learn\b|\bsklearn\b",
    "tensorflow": r"\btensorflow\b|\btf\.\w",
    "torch": r"\bpytorch\b|\btorch\b",
}
"""How plans name the packages that models most often reach for, by the name that is imported."""


def fault(idea: Idea, packages: Collection[str]) -> str:
    """Why an idea is no use, in words that follow its title; empty where nothing speaks against it.

    Args:
        idea: What was proposed.
        packages: What the experiment may import, by the names that are imported.
    """
    if _NOTHING.search(idea.plan):
        return "changes nothing"
    for name, pattern in _PACKAGES.items():
        if name not in packages and re.search(pattern, f"{idea.title} {idea.plan}", re.IGNORECASE):
            return f"needs {name}, which the experiment does not have"
    return ""


def importable(packages: Iterable[str], texts: Iterable[str]) -> frozenset[str]:
    """What an experiment may import beside the standard library: its packages, and what its files import already."""
    found = {name.replace("-", "_").replace("scikit_learn", "sklearn") for name in packages}
    for text in texts:
        try:
            found.update(imported_roots(parse(text)))
        except SourceError:
            continue  # a file in another language
    return frozenset(found)

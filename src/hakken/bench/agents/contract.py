"""What a function promises in its first line and its docstring, held against what it returned in a real run.

No expected value is used: the promises are in the task. Only what can be told for certain is held against a version;
a symbol that stands for two sizes, or for none, promises nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from pydantic import NonNegativeInt

from hakken.core.source import syntax_tree
from hakken.core.types import Record

_SHAPE = re.compile(r"[Ss]hape \(([^()]*)\)")
_RETURNS = re.compile(r"(?:^|\n)\s*Returns?:\s*\n(.*)", re.DOTALL)
_ARROW = re.compile(r"(?:->|to shape|to) \(([^()]*)\)\.?\s*$")
_TERM = re.compile(r"(?:(\d+) ?)?([A-Za-z_]\w*)(?: ?([+-]) ?(\d+))?")
_NUMBERS = frozenset({"float", "int", "float64", "float32", "int64", "int32"})


class Seen(Record):
    """A value of a real call: what it was, without what was in it."""

    kind: str
    """Name of its type."""
    shape: tuple[NonNegativeInt, ...] | None = None
    """Of an array."""
    size: NonNegativeInt | None = None
    """Items of a tuple or a list."""
    text: str = ""
    """The value in words."""


class Called(Record):
    """One call that returned."""

    arguments: dict[str, Seen]
    value: Seen
    fingerprint: str = ""
    """Equal for calls that gave the same numbers; empty where that cannot be told."""


def breach(stub: str, called: Called) -> str:
    """The promise that a call broke, in a sentence for the author; empty where none was."""
    node = syntax_tree(stub).body[0]
    if not isinstance(node, ast.FunctionDef):
        return ""
    return _annotation(node.returns, called.value) or _shape(ast.get_docstring(node) or "", called)


def _annotation(returns: ast.expr | None, value: Seen) -> str:
    """Whether the value is of the annotated kind, where that is plain to see."""
    if returns is None:
        return ""
    said = ast.unparse(returns).strip("'\"")
    nothing = value.kind == "NoneType"
    if nothing and said != "None" and "None" not in said and "Optional" not in said and "Any" not in said:
        return f"It must return {said}, and it returned None."
    if said in ("float", "int") and (value.kind not in {*_NUMBERS, "bool"} or value.shape):
        return f"It must return {said}, and it returned {value.text}."
    if said.startswith("tuple[") and "..." not in said and isinstance(returns, ast.Subscript):
        wanted = len(returns.slice.elts) if isinstance(returns.slice, ast.Tuple) else 1
        if value.size is None or value.size != wanted:
            return f"It must return {wanted} values as a tuple, and it returned {value.text}."
    return ""


def _shape(doc: str, called: Called) -> str:
    """Whether an array has the shape that the docstring gives in terms of the arguments' shapes."""
    promised = _promised(doc)
    found = called.value.shape
    if promised is None or found is None:
        return ""
    sizes = _sizes(doc, called.arguments)
    said = f"({', '.join(promised)}{',' if len(promised) == 1 else ''})"
    pairs = _paired(promised, found)
    if pairs is not None and all(_size(term, sizes) in (None, size) for term, size in pairs):
        return ""
    known = ", ".join(f"{name} = {size}" for name, size in sizes.items() if any(name in term for term in promised))
    return f"It must return shape {said}{f' with {known}' if known else ''}, and it returned shape {found}."


def _promised(doc: str) -> list[str] | None:
    """Terms of the returned shape, where the docstring names exactly one."""
    section = _RETURNS.search(doc)
    if section is not None:
        shapes = _SHAPE.findall(section[1])
    else:
        arrow = _ARROW.search(doc)
        shapes = [arrow[1]] if arrow is not None else []
    return _terms(shapes[0]) if len(shapes) == 1 else None


def _terms(text: str) -> list[str]:
    return [term.strip() for term in text.split(",") if term.strip()]


def _paired(terms: list[str], shape: tuple[int, ...]) -> list[tuple[str, int]] | None:
    """Each term with its size; ``...`` in front stands for any axes, also for none. None where they do not fit."""
    if "..." in terms[1:]:
        return []  # said of no axis in particular
    if terms[:1] == ["..."]:
        terms = terms[1:]
        shape = shape[max(0, len(shape) - len(terms)) :]
    return list(zip(terms, shape, strict=True)) if len(terms) == len(shape) else None


def _sizes(doc: str, arguments: dict[str, Seen]) -> dict[str, int]:
    """What each symbol stands for, from the shapes that are given for the arguments."""
    found: dict[str, set[int]] = {}
    before = doc[: match.start()] if (match := _RETURNS.search(doc)) else doc
    for name, seen in arguments.items():
        given = re.search(rf"\b{re.escape(name)}\b[^\n;]*?[Ss]hape \(([^()]*)\)", before)
        if given is None or seen.shape is None:
            continue
        for term, size in _paired(_terms(given[1]), seen.shape) or ():
            if (solved := _solve(term, size)) is not None:
                found.setdefault(solved[0], set()).add(solved[1])
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


def _solve(term: str, size: int) -> tuple[str, int] | None:
    """``2 n`` of size 10: n is 5."""
    match = _TERM.fullmatch(term)
    if match is None:
        return None
    factor, name, sign, shift = match.groups()
    size -= int(f"{sign}{shift}") if sign else 0
    return (name, size // int(factor or 1)) if size % int(factor or 1) == 0 else None


def _size(term: str, sizes: dict[str, int]) -> int | None:
    """Size of a term; None where it is not known."""
    if term.isdigit():
        return int(term)
    match = _TERM.fullmatch(term)
    if match is None or match[2] not in sizes:
        return None
    factor, name, sign, shift = match.groups()
    return int(factor or 1) * sizes[name] + (int(f"{sign}{shift}") if sign else 0)


def first_breach(stub: str, calls: Sequence[Called]) -> str:
    """The first promise that one of several calls broke."""
    return next((said for called in calls if (said := breach(stub, called))), "")

"""Edits of a function whose numbers are not finite: zero where a logarithm or a quotient has no value."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

_SINGULAR = frozenset({"log", "log2", "log10", "divide", "reciprocal", "power", "mean"})
"""Functions that have no finite value for some finite arguments."""
_ADDITIVE = (ast.Add, ast.Sub)
_ZERO = ("nan", "posinf", "neginf")


def is_not_finite(trouble: str) -> bool:
    """Whether this is what is wrong."""
    return "is not finite" in trouble


def made_finite(node: ast.expr) -> Iterator[tuple[int, Callable[[], ast.expr]]]:
    """``np.nan_to_num`` around an expression that may have no value, and how unlikely it is to help.

    Products come before sums and those before the function alone: of ``(1 + log(n)) * w`` it is the whole that papers
    take as zero where ``n`` is.
    """
    if not any(_is_singular(part) for part in ast.walk(node)):
        return
    if isinstance(node, ast.BinOp):
        yield (1 if isinstance(node.op, _ADDITIVE) else 0), lambda: _guarded(node)
    elif _is_singular(node):
        yield 2, lambda: _guarded(node)


def _is_singular(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Div)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SINGULAR


def _guarded(node: ast.expr) -> ast.expr:
    function = ast.Attribute(ast.Name("np", ast.Load()), "nan_to_num", ast.Load())
    return ast.Call(function, [node], [ast.keyword(name, ast.Constant(0.0)) for name in _ZERO])

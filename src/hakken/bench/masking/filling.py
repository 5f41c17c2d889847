"""Statements that only fill what an agent's file made itself: a table and the loop behind it are one helper.

Whatever stands in the value of a new constant crosses over and acts when it is defined, so a statement of this kind can
do nothing that could not cross before. All the same it must show what it changes: it may bind names, and store into or
call a method of containers that the file made new. It may not change an import, an attribute, or what only has a
second name, and a block for scripts (``__name__``) stays where it is.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

import libcst as cst

from hakken.bench.masking.statements import (
    changed_names,
    container_of,
    loaded,
    named_in,
    names_of,
    outside_functions,
    tree_of,
)

_CONTAINERS = ("bytearray", "deque", "defaultdict", "dict", "list", "set", "Counter", "OrderedDict")
_ARRAYS = ("array", "arange", "empty", "empty_like", "eye", "full", "full_like", "linspace", "ones", "ones_like")
_MAKERS = frozenset([*_CONTAINERS, *_ARRAYS, "zeros", "zeros_like", "copy", "deepcopy", "Random", "default_rng"])
"""Calls that give something new, by the last part of their name."""
_NEW = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp)


def made_new(module: cst.Module) -> frozenset[str]:
    """Names that a file binds at its top level alone, and to nothing but new containers and constants."""
    tree = tree_of(module)
    made: set[str] = set()
    other: set[str] = set()
    fresh: set[int] = set()
    for node in ast.walk(tree):  # from anywhere
        if isinstance(node, ast.NamedExpr):
            other.add(node.target.id)
        elif isinstance(node, ast.Global):
            other |= set(node.names)
    for node in outside_functions(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None and _is_new(node.value):
            fresh |= {id(target) for target in _targets(node)}
        elif isinstance(node, ast.AugAssign):
            fresh.add(id(node.target))  # another statement says what it was made of
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            (made if id(node) in fresh else other).add(node.id)
        else:
            other |= named_in(node)
    return frozenset(made - other)


def filled(statement: cst.BaseStatement, own: Collection[str]) -> set[str]:
    """Names that a statement binds or whose contents it changes; none where it does anything else.

    Args:
        statement: One at the top level of an agent's file.
        own: Names of what that file made new.
    """
    if "__name__" in loaded(statement) or not all(_only_fills(node, own) for node in tree_of(statement).body):
        return set()
    return names_of(statement) | changed_names(statement)


def _only_fills(node: ast.stmt, own: Collection[str]) -> bool:
    match node:
        case ast.Assign() | ast.AnnAssign():
            return all(_is_own(target, own) for target in _targets(node))
        case ast.AugAssign(target=target):
            return container_of(target) in own
        case ast.For(target=target, body=body, orelse=otherwise):
            return _is_own(target, own) and all(_only_fills(inner, own) for inner in (*body, *otherwise))
        case ast.While(body=body, orelse=otherwise) | ast.If(body=body, orelse=otherwise):
            return all(_only_fills(inner, own) for inner in (*body, *otherwise))
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=place))):
            return container_of(place) in own
        case ast.ImportFrom(names=names):
            return all(alias.name != "*" for alias in names)
    return isinstance(node, (ast.Import, ast.FunctionDef, ast.ClassDef, ast.Assert, ast.Pass, ast.Break, ast.Continue))


def _is_own(target: ast.expr, own: Collection[str]) -> bool:
    """Whether a target is a name, an entry of something that was made new, or several of these."""
    match target:
        case ast.Name():
            return True
        case ast.Subscript():
            return container_of(target) in own
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(_is_own(part, own) for part in parts)
        case ast.Starred(value=inner):
            return _is_own(inner, own)
    return False


def _is_new(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name in _MAKERS
        case ast.BinOp(left=left, right=right):
            return _is_new(left) or _is_new(right)  # such as ``[0.0] * SIZE``
        case ast.UnaryOp(operand=operand):
            return _is_new(operand)
    return isinstance(value, _NEW)


def _targets(node: ast.Assign | ast.AnnAssign) -> Iterator[ast.expr]:
    yield from node.targets if isinstance(node, ast.Assign) else (node.target,)

"""What a top-level statement of a module binds, changes, mentions, and evaluates where it stands. Nothing is run."""

from __future__ import annotations

import ast
import symtable
import unicodedata
import warnings
from collections.abc import Iterator

import libcst as cst

from hakken.core.source import syntax_tree

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def names_of(statement: cst.BaseStatement) -> set[str]:
    """Names that a statement which stands at the top level binds there; of a definition, its own."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return {unicodedata.normalize("NFKC", statement.name.value)}
    return _assigned(code_of(statement))


def bound_names(statement: cst.BaseStatement) -> set[str]:
    """Every name that any statement binds at the top level, inside of conditions too."""
    return {name for node in tree_of(statement).body for name in _bound(node)}


def changed_names(statement: cst.BaseStatement) -> set[str]:
    """Names whose contents a statement changes where it stands.

    Such as ``t`` of ``t[0] = 1``, ``t += [1]`` and ``t.append(1)``; of what a function does when it is called, nothing
    is known.
    """
    return {name for node in outside_functions(tree_of(statement)) if (name := _changed(node))}


def container_of(place: ast.expr) -> str:
    """The name of what a place lies in, such as ``t`` of ``t`` and ``t[0][1]``; empty where it is none."""
    while isinstance(place, ast.Subscript):
        place = place.value
    return place.id if isinstance(place, ast.Name) else ""


def loaded(node: cst.CSTNode) -> list[str]:
    """Names that a piece of code mentions."""
    return [n.id for n in ast.walk(tree_of(node)) if isinstance(n, ast.Name)]


def attributes(node: cst.CSTNode) -> list[str]:
    """Attributes that a piece of code mentions."""
    return [n.attr for n in ast.walk(tree_of(node)) if isinstance(n, ast.Attribute)]


def dotted(node: cst.CSTNode) -> list[str]:
    """Attributes of names that a piece of code mentions, such as ``os.path`` and ``os.path.join``."""
    return [ast.unparse(n) for n in ast.walk(tree_of(node)) if isinstance(n, ast.Attribute) and _is_dotted(n)]


def submodules(statement: cst.BaseStatement) -> set[str]:
    """Modules that a statement imports as ``import a.b``, which binds the name ``a``."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return set()
    imports = [n for n in ast.walk(tree_of(statement)) if isinstance(n, ast.Import)]
    return {a.name for n in imports for a in n.names if a.asname is None and "." in a.name}


def packages(module: cst.Module) -> frozenset[str]:
    """Names that a file binds by ``import a`` and ``import a.b`` alone, wherever it binds them.

    Another import of this kind binds what is bound already.
    """
    imported: set[str] = set()
    other: set[str] = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names if alias.asname is None}
            other |= {alias.asname for alias in node.names if alias.asname is not None}
        elif isinstance(node, ast.ImportFrom):
            other |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            other.add(node.id)
        elif not isinstance(node, ast.alias):
            other |= named_in(node)
    return frozenset() if "*" in other else frozenset(imported - other)


def named_in(node: ast.AST) -> set[str]:
    """Names that a definition, a handler, a pattern or one name of an import binds."""
    if isinstance(node, ast.alias):
        return {(node.asname or node.name).split(".")[0]}
    return {name for field in ("name", "rest") if isinstance(name := getattr(node, field, None), str)}


def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """A tree from above, without what stands in functions and classes: they themselves are in it."""
    yield node
    if not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
        for child in ast.iter_child_nodes(node):
            yield from outside_functions(child)


def tree_of(node: cst.CSTNode) -> ast.Module:
    """Python's own tree of a piece of code."""
    return syntax_tree(code_of(node))


def evaluated(statement: cst.BaseStatement, *, lazy: bool) -> set[str]:
    """Names that a statement mentions outside of the bodies of functions: it cannot run without them.

    Args:
        statement: A definition, an assignment or an import.
        lazy: Annotations are not evaluated in this file.
    """
    return {name for node in tree_of(statement).body for name in _evaluated(node, lazy)}


def code_of(node: cst.CSTNode) -> str:
    """The source of a node, without the lines above it."""
    if isinstance(node, cst.Module):
        return node.code
    if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.SimpleStatementLine, cst.Try)):
        node = node.with_changes(leading_lines=())
    return cst.Module(body=[]).code_for_node(node)


def _assigned(code: str) -> set[str]:
    """Names that a piece of code binds where it stands, in the letters in which Python reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        symbols = symtable.symtable(code, "statement", "exec").get_symbols()
    inside = {n.target.id for n in ast.walk(syntax_tree(code)) if isinstance(n, ast.NamedExpr)}
    return inside | {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}


def _changed(node: ast.AST) -> str:
    """The name whose contents a part of a statement changes itself, if it does."""
    match node:
        case ast.Subscript(ctx=ast.Store() | ast.Del()):
            return container_of(node)
        case ast.AugAssign(target=target):
            return container_of(target)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=place))):
            return container_of(place)
    return ""


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.ExceptHandler)) and node.name:
            yield node.name


def _evaluated(node: ast.AST, lazy: bool) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    for child in _head(node) if isinstance(node, _FUNCTIONS) else ast.iter_child_nodes(node):
        if not (lazy and child is getattr(node, "annotation", None)):
            yield from _evaluated(child, lazy)


def _head(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """All of a function that is evaluated with its definition."""
    yield from function.decorator_list
    yield function.args
    if function.returns is not None:
        # A name of its own, so that it can be left out as those of arguments are.
        yield ast.arg(arg="return", annotation=function.returns)

"""Give the local names of functions canonical names, in place, so that renaming a variable changes no hash.

The scopes are Python's: parameters and assigned names of a function, lambda or comprehension; names of classes and
modules, imports, attributes and everything declared ``global`` keep their names. New names hold a ``$`` and so can
collide with no real one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TypeAlias

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_LOOKS_AT_NAMES = frozenset({"locals", "vars", "eval", "exec", "dir", "inspect", "_getframe", "getsource"})
"""A file that mentions one of these may read the names of its own variables: nothing in it is renamed."""

_Scope: TypeAlias = dict[str, str]
"""Old name to new; names kept map to themselves, so that they hide those of outer scopes."""


def rename_locals(tree: ast.Module, keywords: frozenset[str] | None) -> None:
    """Rename in place.

    Args:
        tree: The module.
        keywords: Names that callers anywhere may pass an argument by; parameters with these names are kept. None
            keeps every parameter that can be passed by keyword.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _LOOKS_AT_NAMES:
            return
        if isinstance(node, ast.Attribute) and node.attr in _LOOKS_AT_NAMES:
            return
    _Renamer(keywords).visit(tree)


class _Renamer(ast.NodeVisitor):
    """Walks a module with the stack of enclosing function scopes (class scopes are not seen by functions)."""

    def __init__(self, keywords: frozenset[str] | None) -> None:
        self.keywords = keywords
        self.scopes: list[_Scope] = []
        self.count = 0

    def resolve(self, name: str) -> str:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return name

    def scope_of(self, bound: list[str], kept: set[str]) -> _Scope:
        scope: _Scope = {}
        for name in bound:
            if name in scope:
                continue
            if name in kept or name.startswith("__"):
                # Names with two underscores are mangled inside classes.
                scope[name] = name
            else:
                scope[name] = f"${self.count}"
                self.count += 1
        return scope

    # Functions

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Decorators, defaults and annotations belong to the enclosing scope, the body to the new one."""
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._visit_signature(node)
        if node.returns is not None:
            self.visit(node.returns)
        plain = {"staticmethod", "classmethod", "property"}
        decorated = any(not (isinstance(d, ast.Name) and d.id in plain) for d in node.decorator_list)
        scope = self._function_scope(node, keep_parameters=decorated)
        node.name = self.resolve(node.name) if self.scopes else node.name
        self._enter(node, scope)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_signature(node)
        self._enter(node, self._function_scope(node, keep_parameters=False))

    def _visit_signature(self, node: _Function) -> None:
        arguments = node.args
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.visit(default)
        for argument in _arguments(arguments):
            if argument.annotation is not None:
                self.visit(argument.annotation)

    def _function_scope(self, node: _Function, keep_parameters: bool) -> _Scope:
        arguments = node.args
        by_keyword = {a.arg for a in (*arguments.args, *arguments.kwonlyargs)}
        kept: set[str] = set()
        if keep_parameters:
            kept = {a.arg for a in _arguments(arguments)}
        elif self.keywords is None:
            kept = by_keyword
        else:
            kept = by_keyword & self.keywords
        if arguments.kwarg is not None:
            # What is passed by an unknown name lands there: a renamed parameter could swallow it.
            kept |= by_keyword
        for inner in ast.walk(node):
            if isinstance(inner, ast.ClassDef):
                # What a class body binds is an attribute: the name is kept in every function around it.
                kept |= set(_bound_in(inner.body).bound)
        binder = _bound_in(node.body if isinstance(node.body, list) else [node.body])
        bound = [a.arg for a in _arguments(arguments)] + binder.bound
        scope = self.scope_of([n for n in bound if n not in binder.free], kept | binder.kept)
        # A global declaration reaches past every function scope.
        scope.update({name: name for name in binder.globals})
        return scope

    def _enter(self, node: _Function, scope: _Scope) -> None:
        self.scopes.append(scope)
        for argument in _arguments(node.args):
            argument.arg = scope.get(argument.arg, argument.arg)
        for statement in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(statement)
        self.scopes.pop()

    # Comprehensions

    def _visit_comprehension(self, node: _Comprehension) -> None:
        """The first iterable belongs to the enclosing scope, all the rest to the comprehension's own."""
        self.visit(node.generators[0].iter)
        binder = _bound_in([g.target for g in node.generators])
        self.scopes.append(self.scope_of(binder.bound, set()))
        for index, generator in enumerate(node.generators):
            self.visit(generator.target)
            if index:
                self.visit(generator.iter)
            for condition in generator.ifs:
                self.visit(condition)
        if isinstance(node, ast.DictComp):
            self.visit(node.key)
            self.visit(node.value)
        else:
            self.visit(node.elt)
        self.scopes.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        node.id = self.resolve(node.id)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        node.name = self.resolve(node.name) if node.name else None
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        node.name = self.resolve(node.name) if node.name else None
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        node.name = self.resolve(node.name) if node.name else None

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        node.rest = self.resolve(node.rest) if node.rest else None
        self.generic_visit(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        node.names = [self.resolve(n) for n in node.names]


class _Binder(ast.NodeVisitor):
    """Names that a function body binds, in order of appearance, without looking into inner scopes."""

    def __init__(self) -> None:
        self.bound: list[str] = []
        self.kept: set[str] = set()
        self.globals: set[str] = set()
        self.free: set[str] = set()
        """Declared ``global`` or ``nonlocal``: bound somewhere else."""

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bound.append(node.id)

    def visit_Global(self, node: ast.Global) -> None:
        self.globals.update(node.names)
        self.free.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.free.update(node.names)

    def _visit_import(self, node: ast.Import | ast.ImportFrom) -> None:
        names = [(a.asname or a.name).split(".")[0] for a in node.names]
        self.bound += names
        self.kept.update(names)

    visit_Import = visit_ImportFrom = _visit_import

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.bound.append(node.name)
        self._visit_all((*node.decorator_list, node.args))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.bound.append(node.name)
        self.kept.add(node.name)
        self._visit_all((*node.decorator_list, *node.bases, *node.keywords))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_all((node.args,))

    def _visit_all(self, nodes: tuple[ast.AST, ...]) -> None:
        """Expressions that are evaluated in this scope: only ``:=`` binds in them."""
        for node in nodes:
            self.visit(node)

    def _visit_comprehension(self, node: _Comprehension) -> None:
        """Only ``:=`` reaches out of a comprehension."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                self.bound.append(inner.target.id)
        self.visit(node.generators[0].iter)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bound.append(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self.bound.append(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self.bound.append(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.bound.append(node.rest)
        self.generic_visit(node)


def _bound_in(nodes: Iterable[ast.AST]) -> _Binder:
    """What these statements bind in the scope that they stand in."""
    binder = _Binder()
    for node in nodes:
        binder.visit(node)
    return binder


def _arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    """Every parameter, in the order of the signature."""
    yield from arguments.posonlyargs
    yield from arguments.args
    if arguments.vararg:
        yield arguments.vararg
    yield from arguments.kwonlyargs
    if arguments.kwarg:
        yield arguments.kwarg

"""Only what a template calls editable may differ from it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping

from hakken.core.source import syntax_tree
from hakken.core.types import Failure, FailureCause, Template
from hakken.research.experiments.folders import is_inside

_Statement = ast.stmt
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def check_changes(template: Template, pristine: Mapping[str, bytes], files: Mapping[str, str]) -> Failure | None:
    """What is wrong with a set of changed files, or None.

    A file of which only some functions are editable keeps everything else at its top level as it is, in its order;
    imports, functions and constants with new names may be added.
    """
    whole = {t.file for t in template.editable if t.function is None}
    places: dict[str, set[str]] = {}
    for target in template.editable:
        if target.function is not None:
            places.setdefault(target.file, set()).add(target.function)
    for path, text in sorted(files.items()):
        if not is_inside(path) or path not in whole | set(places):
            return _protected(path, template)
        if not path.endswith(".py"):
            continue
        try:
            tree = syntax_tree(text)
        except (SyntaxError, ValueError, RecursionError) as error:
            line = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
            reason = error.msg if isinstance(error, SyntaxError) else str(error)
            return Failure(cause=FailureCause.BAD_EDIT, message=f"{path} is not valid Python: {reason}{line}.")
        if path not in whole:
            reason = _difference(syntax_tree(pristine[path]), tree, places[path])
            if reason:
                return Failure(cause=FailureCause.PROTECTED, message=f"{path}: {reason}.")
    return None


def _protected(path: str, template: Template) -> Failure:
    editable = ", ".join(str(t) for t in template.editable)
    return Failure(cause=FailureCause.PROTECTED, message=f"{path} may not be changed; editable: {editable}.")


def _difference(before: ast.Module, after: ast.Module, editable: set[str]) -> str:
    """How ``after`` departs from ``before`` outside the editable functions; empty when it does not."""
    taken = {name for statement in before.body for name in _bound(statement)}
    rest = [s for s in after.body if not _is_new(s, taken)]
    kept = [s for s in before.body if not _is_text(s)]
    if sweeping := _sweeping(before, after, editable, taken):
        return f"{_describe(sweeping)} was added, and it may change what is not editable"
    for index, statement in enumerate(kept):
        if index >= len(rest) or not _matches(statement, rest[index], editable):
            return f"{_describe(statement)} was changed, moved or removed, and it is not editable"
    if len(rest) > len(kept):
        return f"{_describe(rest[len(kept)])} was added, and it changes what is not editable"
    return ""


def _matches(before: _Statement, after: _Statement, editable: set[str]) -> bool:
    if isinstance(before, _NAMED) and before.name in editable:
        return isinstance(after, _NAMED) and after.name == before.name
    return ast.dump(before) == ast.dump(after)


def _is_new(statement: _Statement, taken: set[str]) -> bool:
    """A text, or an import, definition or constant that takes no name that was there."""
    if _is_text(statement):
        return True
    if not isinstance(statement, (*_NAMED, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)):
        return False
    names = set(_bound(statement))
    return bool(names) and not names & taken


def _sweeping(before: ast.Module, after: ast.Module, editable: set[str], taken: set[str]) -> _Statement | None:
    """A statement that was added and gives ``sum``, ``abs`` and the like another meaning for what is not editable.

    ``from module import *`` does, whatever it binds today.
    """
    there = {ast.dump(s) for s in before.body}
    fixed = [s for s in before.body if not (isinstance(s, _NAMED) and s.name in editable)]
    used = {n.id for s in fixed for n in ast.walk(s) if isinstance(n, ast.Name)}
    borrowed = {"*", *(name for name in used - taken if hasattr(builtins, name) or name.startswith("__"))}
    return next((s for s in after.body if borrowed & set(_bound(s)) and ast.dump(s) not in there), None)


def _is_text(statement: _Statement) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _bound(statement: _Statement) -> Iterator[str]:
    """Names that a top-level statement binds; an import of everything binds ``*``."""
    if isinstance(statement, _NAMED):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from ((a.asname or a.name).split(".")[0] for a in statement.names)
    else:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _describe(statement: _Statement) -> str:
    if isinstance(statement, _NAMED):
        return statement.name
    first = ast.unparse(statement).splitlines()[0]
    return f"`{first[:57]}…`" if len(first) > 58 else f"`{first}`"

"""The right bodies of masked functions, for attacks that act as if the agent had solved one of several."""

from __future__ import annotations

import ast

from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.types import FunctionRef
from hakken.core.source import lines_of, syntax_tree

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def right_bodies(task: TaskFolder) -> list[list[str]]:
    """By masked function the lines of its right body, docstring aside; none where they cannot be told apart."""
    return [_lines(task, function) for function in task.task.functions]


def _lines(task: TaskFolder, function: FunctionRef) -> list[str]:
    try:
        text = (task.solution / function.file).read_text(encoding="utf-8")
        node = _found(syntax_tree(text), function.name.split("."))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    body = node.body[ast.get_docstring(node) is not None :] if node is not None else []
    if node is None or not body:
        return []
    first = min([body[0].lineno, *(d.lineno for d in getattr(body[0], "decorator_list", ()))])
    last = body[-1].end_lineno or body[-1].lineno
    # A body on the line of its header is no lines of its own.
    return lines_of(text)[first - 1 : last] if first > node.lineno else []


def _found(tree: ast.AST, parts: list[str]) -> _Function | None:
    """The function of a qualified name; it may stand under a condition."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _Function) and parts == [node.name]:
            return node
        if isinstance(node, ast.ClassDef) and len(parts) > 1 and node.name == parts[0]:
            return _found(node, parts[1:])
        inside = not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr)
        if inside and (found := _found(node, parts)) is not None:
            return found
    return None

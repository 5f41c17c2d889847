"""From the lines of a data set to a function: masks that are given by line numbers, made by the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from hakken.bench.importing.originals import Function
from hakken.bench.masking.bodies import MaskError, find, parse
from hakken.bench.types import FunctionRef, inside
from hakken.core.source import syntax_tree

_Def = ast.FunctionDef | ast.AsyncFunctionDef


class NotFound(Exception):
    """The function is not where its lines say; the message is a clause that says why."""


def locate(root: Path, function: Function) -> tuple[FunctionRef, list[str]]:
    """The function that these lines mean, and notes where masking by lines would do something else.

    Names alone do not tell: a file may hold ``__call__`` four times. The line of the header does.

    Raises:
        NotFound: there is no such function, or it cannot be masked.
    """
    try:
        path = root / inside(function.file)
    except ValueError as error:
        raise NotFound(str(error)) from None
    if not path.is_file():
        raise NotFound(f"{function.file} is not in the repository")
    source = path.read_bytes()
    try:
        module, tree = parse(source), syntax_tree(source)
    except MaskError as error:
        raise NotFound(f"{function.file}: {error.message}") from None
    named = [(name, node) for name, node in _functions(tree) if node.name == function.name]
    here = [(name, node) for name, node in named if node.lineno == function.header_line]
    here = here or [(name, node) for name, node in named if _covers(node, function)]
    if not here and len(named) == 1:
        here = named
    if len(here) != 1:
        what = "no function" if not named else f"{len(named)} functions"
        raise NotFound(f"{function.file} has {what} named {function.name}, none of them at line {function.header_line}")
    name, node = here[0]
    try:
        find(module, name)
    except MaskError as error:
        raise NotFound(f"{function.file}: {error.message}") from None
    return FunctionRef(file=function.file, name=name), _notes(source, function, node)


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, _Def]]:
    """Functions and methods; those inside a function are part of it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, _Def):
            yield f"{prefix}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        else:
            yield from _functions(node, prefix)


def _covers(node: _Def, function: Function) -> bool:
    return node.lineno <= function.line_start <= (node.end_lineno or node.lineno)


def _notes(source: bytes, function: Function, node: _Def) -> list[str]:
    where = f"{function.paper_id}: {function.file}:{function.name} ({function.func_id})"
    notes = []
    if function.line_end != node.end_lineno or node.lineno != function.header_line:
        notes.append(
            f"{where}: its lines {function.header_line}–{function.line_end} are not the whole function "
            f"({node.lineno}–{node.end_lineno}); the whole body is masked"
        )
    lines = source.decode("utf-8", "replace").splitlines()
    # The original goes on one line too late behind a mask, and takes for granted that this line is blank.
    swallowed = lines[function.line_end] if function.line_end < len(lines) else ""
    if swallowed.strip():
        notes.append(
            f"{where}: the original's mask also swallows line {function.line_end + 1}, `{swallowed.strip()[:80]}`; "
            "here it stays"
        )
    return notes

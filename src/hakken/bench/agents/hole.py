"""A masked function as a hole in its file, for models that were trained to fill such."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from hakken.bench.agents.context import Surroundings
from hakken.bench.masking.bodies import MaskError
from hakken.bench.types import FunctionRef
from hakken.core.holes import Hole, near_after, near_before
from hakken.core.source import Function, definitions, syntax_tree
from hakken.core.types import Infill

_BEFORE, _AFTER = 1_800, 500
"""Characters of the file around the hole."""
_LEFT_OUT = re.compile(r"^[ \t]*(raise NotImplementedError\b.*|\.\.\.)\n?", re.MULTILINE)


def hole_of(workspace: Path, function: FunctionRef, shown: Surroundings, alone: bool = False) -> Hole:
    """The hole of a masked function, with what is known about it in other files.

    Args:
        workspace: The repository.
        function: What is missing.
        shown: What is known about it.
        alone: Whether the file's other definitions are left out: a small model copies their variables. A method is
            never alone, since it lives by its class, nor is a function below a condition.

    Raises:
        MaskError: there is no such function in the file.
        SyntaxError: the file is not Python.
    """
    text = (workspace / function.file).read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n")
    node = _find(syntax_tree(text).body, function.name.split("."))
    lines = text.split("\n")
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
    hole, end = node.body[-1].lineno - 1, node.end_lineno or node.lineno
    head = "\n".join(lines[first:hole])
    alone = alone and "." not in function.name and not node.col_offset
    before = _beginning(text) if alone else _whole("\n".join(lines[:first]))
    after = "" if alone else _whole("\n" + "\n".join(lines[end:]))
    # Without the callers, whose code a model copies into the hole; and not as comments in the function, since a model
    # that has just read comments writes more of them.
    values = "\n".join(f"{name} = {value}" for row in shown.examples[:1] for name, value in row.items())
    others = [
        ("paper.txt", "\n\n".join(shown.paper)),
        ("imported.py", _whole(shown.imported)),
        (f"arguments of {function.name.rpartition('.')[2]}.txt", values),
    ]
    return Hole(
        infill=Infill(
            prefix=f"{near_before(before, _BEFORE)}{head}\n",
            suffix=near_after(after or "\n", _AFTER),
            others=tuple((name, said) for name, said in others if said.strip()),
        ),
        head=head,
        indent=node.col_offset,
    )


def _whole(code: str) -> str:
    """Code without the marks of bodies that are left out: a model that has seen such leaves out its own."""
    return _LEFT_OUT.sub("", code)


def _beginning(text: str) -> str:
    """The imports and constants of a file."""
    kinds = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    parts = [ast.get_source_segment(text, node) for node in syntax_tree(text).body if isinstance(node, kinds)]
    return "".join(f"{part}\n" for part in parts if part)


def _find(body: Iterable[ast.stmt], path: list[str]) -> Function:
    for node in definitions(body):
        if isinstance(node, Function) and [node.name] == path:
            return node
        if isinstance(node, ast.ClassDef) and node.name == path[0]:
            return _find(node.body, path[1:])
    raise MaskError(f"The function {path[-1]} is not defined in the file.", "Leave its first line as it is.")

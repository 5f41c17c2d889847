"""A masked function as a hole in its file, for models that were trained to fill such."""

from __future__ import annotations

import ast
from pathlib import Path

from hakken.bench.agents.context import Surroundings
from hakken.bench.masking import MaskError
from hakken.bench.types import FunctionRef
from hakken.core.holes import Hole, near_after, near_before
from hakken.core.source import syntax_tree
from hakken.core.types import Infill

_BEFORE, _AFTER = 1_800, 500
"""Characters of the file around the hole."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def hole_of(workspace: Path, function: FunctionRef, shown: Surroundings) -> Hole:
    """The hole of a masked function, with what is known about it in other files.

    Raises:
        MaskError: there is no such function in the file.
    """
    text = (workspace / function.file).read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    node = _find(syntax_tree(text).body, function.name.split("."))
    lines = text.split("\n")
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
    hole, end = node.body[-1].lineno - 1, node.end_lineno or node.lineno
    head = "\n".join(lines[first:hole])
    prefix = near_before("\n".join(lines[:first]), _BEFORE)
    # Without the callers, whose code a model copies into the hole; and not as comments in the function, since a model
    # that has just read comments writes more of them.
    values = "\n".join(f"{name} = {value}" for row in shown.examples[:1] for name, value in row.items())
    others = [
        ("paper.txt", "\n\n".join(shown.paper)),
        ("imported.py", shown.imported),
        (f"arguments of {function.name.rpartition('.')[2]}.txt", values),
    ]
    return Hole(
        infill=Infill(
            prefix=f"{prefix}{head}\n",
            suffix=near_after("\n" + "\n".join(lines[end:]), _AFTER),
            others=tuple((name, said) for name, said in others if said.strip()),
        ),
        head=head,
        indent=node.col_offset,
    )


def _find(body: list[ast.stmt], path: list[str]) -> _Function:
    for node in body:
        if isinstance(node, _Function) and [node.name] == path:
            return node
        if isinstance(node, ast.ClassDef) and node.name == path[0]:
            return _find(node.body, path[1:])
    raise MaskError(f"The function {path[-1]} is not defined in the file.", "Leave its first line as it is.")

"""A missing function as a hole in its file, for models that were trained to fill such, and what they put into it."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

from hakken.bench.agents.context import Surroundings
from hakken.bench.agents.writing import problem_with
from hakken.bench.masking import MaskError
from hakken.bench.types import FunctionRef
from hakken.core.source import syntax_tree
from hakken.core.types import Infill, Record

_BEFORE, _AFTER = 1_800, 500
"""Characters of the file around the hole."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Hole(Record):
    """A function without its body, and the file around it."""

    infill: Infill
    head: str
    """Signature and docstring, as they stand in the file."""
    indent: int
    """Columns before ``def``."""

    def whole(self, reply: str, name: str) -> str:
        """The function, whether the reply is what stands in the hole or the whole function in a block of code."""
        if problem_with(reply, name) is None:
            return reply
        lines: list[str] = []
        for line in reply.replace("\t", "    ").split("\n"):
            if lines and line.strip() and len(line) - len(line.lstrip()) <= self.indent:
                break  # the function has ended here, and the model went on
            lines.append(line)
        body = "\n".join(lines).rstrip()
        if body.strip() and not body.startswith(" "):
            body = " " * (self.indent + 4) + body
        return textwrap.dedent(f"{self.head}\n{body}\n")


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
    prefix = _short("\n".join(lines[:first]), _BEFORE)
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
            suffix=_until("\n" + "\n".join(lines[end:]), _AFTER),
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


def _short(before: str, limit: int) -> str:
    """Imports and what stands nearest before the hole."""
    if len(before) <= limit:
        return f"{before}\n" if before else ""
    head = before[: limit // 3].rpartition("\n")[0]
    tail = before[-(limit - len(head)) :]
    # From the beginning of a definition on, so that no body stands without its head.
    starts = [at for mark in ("\ndef ", "\nclass ", "\n@") if (at := tail.find(mark)) >= 0]
    return f"{head}\n\n# …\n{tail[min(starts) :] if starts else tail}\n"


def _until(after: str, limit: int) -> str:
    return after if len(after) <= limit else after[:limit].rpartition("\n")[0] + "\n"

"""A masked function as a text with a hole, and what fills it as a function again.

Code models were trained to fill holes (Bavarian et al. 2022, "Efficient training of language models to fill in the
middle"); a body costs a small one a fifth of the tokens that an answer in a chat does.
"""

from __future__ import annotations

import ast
import re

from hakken.bench.masking import RAISE, MaskError, syntax_tree
from hakken.core.types import Infill

_AFTER = 3_000
"""Characters of the file behind the hole: what comes later matters less than the window of a small model."""
_CODE = re.compile(r"```|^\s*(?:async )?def ", re.MULTILINE)


def hole_of(source: bytes, name: str, others: tuple[tuple[str, str], ...] = ()) -> Infill:
    """The file around the body of a masked function.

    Args:
        source: The masked file.
        name: Qualified name of the function.
        others: Names and texts that help.

    Raises:
        MaskError: the function is not there, or is not masked.
    """
    text = source.decode("utf-8")
    start, end = _place(text, name)
    return Infill(prefix=text[:start], suffix=text[end : end + _AFTER], others=others)


def filled(source: bytes, name: str, reply: str) -> bytes | None:
    """The file with the hole filled; None where the reply is no filling but an answer in words.

    Raises:
        MaskError: what fills the hole is no Python, or nothing.
    """
    if _CODE.search(reply):
        return None
    text = source.decode("utf-8")
    start, end = _place(text, name)
    indent = " " * (start - text.rfind("\n", 0, start) - 1)
    body = _within(reply, indent)
    if not body.strip():
        raise MaskError("The hole was filled with nothing.")
    content = text[:start] + body + text[end:]
    try:
        syntax_tree(content)
    except SyntaxError as error:
        raise MaskError(f"What fills the hole is not valid Python: {error.msg}.") from None
    return content.encode("utf-8")


def _within(reply: str, indent: str) -> str:
    """The reply up to the first line that stands outside of the function."""
    first, *rest = reply.rstrip().split("\n")
    kept = [first.strip()]
    for line in rest:
        if line.strip() and not line.startswith(indent):
            break
        kept.append(line.rstrip())
    return "\n".join(kept).rstrip()


def _place(text: str, name: str) -> tuple[int, int]:
    """Where the ``raise`` of a masked function begins and ends, in characters."""
    nodes: list[ast.stmt] = list(syntax_tree(text).body)
    found: ast.stmt | None = None
    for part in name.split("."):
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found = next((node for node in reversed(nodes) if isinstance(node, kinds) and node.name == part), None)
        if found is None:
            raise MaskError(f"There is no function {name} in the file.")
        nodes = found.body
    last = nodes[-1]
    lines = text.splitlines(keepends=True)
    line = lines[last.lineno - 1].encode("utf-8")
    start = sum(map(len, lines[: last.lineno - 1])) + len(line[: last.col_offset].decode("utf-8"))
    if not text.startswith(RAISE, start):
        raise MaskError(f"The body of {name} is there already.")
    return start, start + len(RAISE)

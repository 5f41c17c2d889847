"""Reading and changing Python source by function, so that an edit can be as small as one function.

Nothing here runs the code that it reads.
"""

from __future__ import annotations

import ast
import textwrap
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass


class SourceError(ValueError):
    """The source does not parse, or has no such function; the message is written for the author of the code."""


_PARSING, _TRIES = threading.Lock(), 10
DEEPEST = 150
"""Nesting of code that is still read: everything that walks a tree recurses, and Python's stack is short."""
_TOO_DEEP = "The code is nested too deeply to be read."
_LARGEST = 1e15
"""Numbers beyond are no constants that anybody tunes."""


@dataclass(frozen=True)
class Number:
    """A numeric literal: where it stands, its value, and the line around it."""

    line: int
    column: int
    end_column: int
    value: float
    text: str
    context: str


def syntax_tree(source: str | bytes) -> ast.Module:
    """Python's own tree of a text, without a word about its style. Nothing else here calls ``ast.parse``.

    One thread at a time: in Python 3.11 two that build trees at once spoil each other's count of the depth, and one of
    them ends with ``SystemError`` (CPython issue 106905). Trials are checked in threads. Python's own ``traceback``
    builds trees too, where it marks the place of an error, and waits for nobody: a tree that was spoilt is built again.

    Raises:
        SyntaxError: it is not Python.
        ValueError: it holds a null byte, or its encoding is unknown.
        RecursionError, MemoryError: it is nested too deeply.
    """
    with _PARSING, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as of an odd escape in a text: the author's business
        for _ in range(_TRIES - 1):
            with suppress(SystemError):
                return ast.parse(source)
        return ast.parse(source)


def parse(text: str) -> ast.Module:
    """Parse, or say where it fails.

    Raises:
        SourceError: the text is not Python.
    """
    try:
        tree = syntax_tree(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f" in line {line}" if line else ""
        raise SourceError(f"The code does not parse{where}: {getattr(error, 'msg', error)}.") from None
    except (RecursionError, MemoryError):
        raise SourceError(_TOO_DEEP) from None
    if is_deeper(tree, DEEPEST):
        raise SourceError(_TOO_DEEP)
    return tree


def is_deeper(tree: ast.AST, levels: int) -> bool:
    """Whether a tree has so many levels below its root, looked at without recursion."""
    level = [tree]
    for _ in range(levels + 1):
        if not level:
            return False
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return bool(level)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def definitions(block: Iterable[ast.stmt]) -> Iterator[Function | ast.ClassDef]:
    """Functions and classes of a block, those below conditions and the like included, in their order."""
    for node in block:
        if isinstance(node, Function | ast.ClassDef):
            yield node
            continue
        for part in ("body", "handlers", "orelse", "finalbody", "cases"):
            for inner in getattr(node, part, ()):
                yield from definitions(inner.body if isinstance(inner, ast.ExceptHandler | ast.match_case) else [inner])


def imported_roots(tree: ast.AST) -> Iterator[str]:
    """First parts of the names of all modules that code imports, relative imports aside, in the order of the tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def lines_of(text: str) -> list[str]:
    """The lines as Python counts them: characters such as U+2028 end a line for ``splitlines`` and not for Python."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def function_names(text: str) -> list[str]:
    """Names of the top-level functions, in order."""
    return [node.name for node in parse(text).body if isinstance(node, ast.FunctionDef)]


def function_source(text: str, name: str) -> str:
    """Source of a top-level function, decorators included."""
    start, end = _span(text, name)
    return "\n".join(lines_of(text)[start:end])


def signature(text: str, name: str) -> str:
    """The ``def`` line of a function, on one line, ending with a colon."""
    node = _function(parse(text), name)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"def {name}({ast.unparse(node.args)}){returns}:"


def arguments(text: str, name: str) -> list[str]:
    """Names of a function's parameters."""
    args = _function(parse(text), name).args
    return [arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)]


def docstring(text: str, name: str | None = None) -> str:
    """Docstring of a function, or of the module; empty when there is none."""
    tree = parse(text)
    return ast.get_docstring(_function(tree, name) if name else tree) or ""


def replace_function(text: str, name: str, code: str) -> str:
    """Put new code in the place of a top-level function.

    The new code must be one function of the same name and parameters, with imports before it at most.

    Raises:
        SourceError: it is something else; the message tells its author what.
    """
    code = textwrap.dedent(code).strip("\n")
    tree = parse(code)
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    strays = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.Import | ast.ImportFrom)]
    if strays or not any(node.name == name for node in found):
        raise SourceError(f"The code must be the function {name} and nothing else at top level.")
    helpers = [node.name for node in found if node.name != name]
    if clash := sorted(set(helpers) & set(function_names(text))):
        raise SourceError(f"The code must not define {', '.join(clash)} again.")
    old, new = _function(parse(text), name), next(node for node in found if node.name == name)
    if ast.dump(old.args) != ast.dump(new.args) and _parameters(old) != _parameters(new):
        raise SourceError(f"The function must keep its signature: {signature(text, name)}")
    start, end = _span(text, name)
    lines = lines_of(text)
    return "\n".join([*lines[:start], *lines_of(code), *lines[end:]]) + "\n"


def with_docstring(code: str, name: str, like: str) -> str:
    """Give a function the docstring that it has in another text, or none, in place of its own.

    So a rewrite keeps the contract in sight. It is taken over as it is written there: what it says, put between quotes
    again, would be something else where it holds a backslash or a quote. Code that says all on the line of its ``def``
    has no place for one, and stays as it is.
    """
    node = _function(parse(code), name)
    lines = lines_of(code)
    own, first = _docstring_of(node), node.body[0]
    rest = node.body[1:] if own else node.body
    start = min([first.lineno, *(decorator.lineno for decorator in getattr(first, "decorator_list", ()))]) - 1
    end = (own.end_lineno or own.lineno) if own else start
    indent = _before(lines[start], first.col_offset)
    written = _written_docstring(like, name, indent)
    if indent.strip() or (rest and rest[0].lineno <= end) or not (written or rest):
        return code
    return "\n".join([*lines[:start], *written, *lines[end:]])


def _docstring_of(node: ast.FunctionDef) -> ast.Expr | None:
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first
    return None


def _written_docstring(text: str, name: str, indent: str) -> list[str]:
    """The lines in which a function's docstring is written, further in or out; none where it has none."""
    lines = lines_of(text)
    found = _docstring_of(_function(parse(text), name))
    if found is None:
        return []
    column = _before(lines[found.lineno - 1], found.col_offset)
    first, *others = (ast.get_source_segment("\n".join(lines), found) or "").split("\n")
    # A line that is less far in than the first keeps its place.
    moved = (indent + line.removeprefix(column) if line.startswith(column) else line for line in others)
    return [indent + first, *moved]


def _before(line: str, offset: int) -> str:
    return line.encode()[:offset].decode()  # ast counts bytes


def numbers(text: str, name: str) -> list[Number]:
    """Numeric literals in the body of a function, docstring aside; positions are in the whole text."""
    lines = lines_of(text)
    found = []
    for node in ast.walk(_function(parse(text), name)):
        if not isinstance(node, ast.Constant) or node.end_col_offset is None:
            continue
        value = node.value
        if isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST < value < _LARGEST:
            line = lines[node.lineno - 1]
            start, end = len(_before(line, node.col_offset)), len(_before(line, node.end_col_offset))
            found.append(Number(node.lineno, start, end, float(value), line[start:end], line.strip()))
    return sorted(found, key=lambda number: (number.line, number.column))


def replace_number(text: str, number: Number, value: str) -> str:
    """Put another literal in the place of one."""
    lines = lines_of(text)
    line = lines[number.line - 1]
    lines[number.line - 1] = line[: number.column] + value + line[number.end_column :]
    return "\n".join(lines) + "\n"


def _parameters(node: ast.FunctionDef) -> list[str]:
    return [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]


def _function(tree: ast.Module, name: str) -> ast.FunctionDef:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise SourceError(f"There is no top-level function {name}.")


def _span(text: str, name: str) -> tuple[int, int]:
    node = _function(parse(text), name)
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return first - 1, node.end_lineno or node.lineno

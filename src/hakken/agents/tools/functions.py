"""Functions and methods in a file, by qualified name: where they stand, and other code in their place."""

from __future__ import annotations

import ast
import textwrap

from hakken.core.source import Function, SourceError, definitions, lines_of, parse


def functions_in(text: str) -> dict[str, tuple[int, int]]:
    """First and last line of each function and method, decorators included, counted from 1.

    Raises:
        SourceError: the text is not Python.
    """
    return {name: _span(node) for name, node in _walk(parse(text).body, "")}


def rewrite(text: str, name: str, code: str) -> str:
    """The file with other code in the place of a function.

    Imports and helpers that stand before the function in the code go before it, or before its class.

    Raises:
        SourceError: there is no such function, or the code does not define it; the message is for the code's author.
    """
    code = textwrap.dedent(code).strip("\n")
    spans = functions_in(text)
    if name not in spans:
        near = [known for known in spans if known.rpartition(".")[2] == name.rpartition(".")[2]]
        raise SourceError(f"There is no function {name}.{f' There is {near[0]}.' if near else ''}")
    owner, _, last = name.rpartition(".")
    written = dict(_walk(parse(code).body, ""))
    node = written.get(name) or written.get(last)
    if node is None:
        raise SourceError(f"The code does not define {last}.")
    first, end = _span(node)
    body = textwrap.dedent("\n".join(lines_of(code)[first - 1 : end]))
    before = [] if name in written and owner else lines_of(code)[: first - 1]
    return _put(lines_of(text), spans, name, body, "\n".join(before).strip("\n"))


def _put(lines: list[str], spans: dict[str, tuple[int, int]], name: str, body: str, before: str) -> str:
    first, end = spans[name]
    line = lines[first - 1]
    indent = line[: len(line) - len(line.lstrip())]  # as it stands there, be it of tabs
    place = first - 1
    while indent and place > 0 and (lines[place].startswith((" ", "\t", "@", ")")) or not lines[place].strip()):
        place -= 1  # to the line of the class
    while place > 0 and lines[place - 1].startswith("@"):
        place -= 1
    new = textwrap.indent(body, indent).split("\n")
    head = [*before.split("\n"), "", ""] if before else []
    return "\n".join([*lines[:place], *head, *lines[place : first - 1], *new, *lines[end:]]) + "\n"


def _walk(body: list[ast.stmt], owner: str) -> list[tuple[str, Function]]:
    found: list[tuple[str, Function]] = []
    for node in definitions(body):
        if isinstance(node, ast.ClassDef):
            found += _walk(node.body, f"{owner}{node.name}.")
        else:
            found.append((f"{owner}{node.name}", node))
    return found


def _span(node: Function) -> tuple[int, int]:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return first, node.end_lineno or node.lineno

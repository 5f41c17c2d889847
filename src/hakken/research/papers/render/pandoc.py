"""Pandoc as a function, and the little of its document tree that we touch."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from hakken.core.errors import PrerequisiteError, RenderError

#: A node of Pandoc's JSON tree, ``{"t": tag, "c": content}``.
Element = dict[str, Any]


@cache
def executable() -> str:
    """Path of the Pandoc program that ``pypandoc_binary`` brings."""
    import pypandoc

    try:
        return str(pypandoc.get_pandoc_path())
    except OSError as error:
        raise PrerequisiteError("Pandoc is not installed.", "Install it with: pip install pypandoc_binary") from error


def pandoc(arguments: Sequence[str], text: str, *, cwd: str | None = None) -> str:
    """Run Pandoc on the text.

    Raises:
        RenderError: Pandoc refused; the message is its own.
    """
    done = subprocess.run(
        [executable(), *arguments], input=text.encode(), capture_output=True, check=False, timeout=120, cwd=cwd
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"status {done.returncode}"
        raise RenderError(f"Pandoc could not convert the paper: {said.splitlines()[0]}")
    return done.stdout.decode()


def read(text: str, reader: str, arguments: Sequence[str] = ()) -> Element:
    """Parse text into Pandoc's tree."""
    tree: Element = json.loads(pandoc(["-f", reader, "-t", "json", *arguments], text))
    return tree


def write(tree: Element, writer: str, arguments: Sequence[str] = (), *, cwd: str | None = None) -> str:
    """Write a tree in the named format."""
    return pandoc(["-f", "json", "-t", writer, "--wrap=none", *arguments], json.dumps(tree), cwd=cwd)


def elements(node: Any) -> Iterator[Element]:
    """Every element under a node, parents first, in document order."""
    if isinstance(node, list):
        for item in node:
            if isinstance(item, list | dict):
                yield from elements(item)
    elif isinstance(node, dict):
        if "t" in node:
            yield node
        for value in node.values():
            if isinstance(value, list | dict):
                yield from elements(value)


def replace(node: Any, change: Callable[[Element], list[Element] | None]) -> Any:
    """Return a copy in which ``change`` replaced elements (by any number of them), children first.

    ``change`` answers None to keep an element.
    """
    if isinstance(node, list):
        out: list[Any] = []
        for item in node:
            if not isinstance(item, list | dict):
                out.append(item)
                continue
            new = replace(item, change)
            swapped = change(new) if isinstance(new, dict) and "t" in new else None
            out.extend([new] if swapped is None else swapped)
        return out
    if isinstance(node, dict):
        return {k: replace(value, change) if isinstance(value, list | dict) else value for k, value in node.items()}
    return node


def copied(node: Any) -> Any:
    """A copy that shares nothing; trees are JSON, and this is some times as fast as ``copy.deepcopy``."""
    return json.loads(json.dumps(node))


def plain(node: Any) -> str:
    """The text of a node, without markup."""
    parts = []
    for e in elements(node):
        if e["t"] == "Str":
            parts.append(e["c"])
        elif e["t"] in {"Code", "Math", "CodeBlock"}:
            parts.append(e["c"][1])
        elif e["t"] in {"Space", "SoftBreak", "LineBreak", "Para", "Plain"}:
            parts.append(" ")
    return "".join(parts).strip()


def raw_inline(form: str, text: str) -> Element:
    """A piece of the target language inside a paragraph."""
    return {"t": "RawInline", "c": [form, text]}


def raw_block(form: str, text: str) -> Element:
    """A piece of the target language of its own."""
    return {"t": "RawBlock", "c": [form, text]}


def string(text: str) -> list[Element]:
    """Plain text as inlines."""
    inlines: list[Element] = []
    for word in text.split(" "):
        inlines += [{"t": "Space"}, {"t": "Str", "c": word}]
    return inlines[1:]


def paragraph(inlines: list[Element]) -> Element:
    """A paragraph."""
    return {"t": "Para", "c": inlines}


def link(inlines: list[Element], target: str) -> Element:
    """A link."""
    return {"t": "Link", "c": [["", [], []], inlines, [target, ""]]}


def attributes(element: Element) -> tuple[str, list[str], dict[str, str]]:
    """Identifier, classes and key-value pairs of a Figure, Table, CodeBlock, Div or Header."""
    found = element["c"][1] if element["t"] == "Header" else element["c"][0]
    return found[0], found[1], dict(found[2])

"""A file in short, for a small context: what it imports, defines and promises, without most bodies."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

from hakken.core.source import syntax_tree

_SHORT_BODY, _CONSTANT = 10, 120
"""Lines of a body that is shown whole; characters of a constant."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def outline(text: str, without: str, mentioned: Collection[str] = ()) -> str:
    """Imports, constants, signatures with the first line of their docstrings.

    Args:
        text: The file.
        without: Qualified name of the function that is left out.
        mentioned: Names whose short bodies are shown as well.
    """
    try:
        tree = syntax_tree(text)
    except (SyntaxError, ValueError):
        return ""
    parts = [part for node in tree.body for part in _node(node, "", without, mentioned)]
    return "\n".join(parts)


def imported(text: str, workspace: Path, file: str) -> str:
    """What a file imports by name from others of the repository, in short."""
    try:
        tree = syntax_tree(text)
    except (SyntaxError, ValueError):
        return ""
    parts: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (source := _module(workspace, file, node)) is not None:
            names = {alias.name for alias in node.names}
            shown = [part for found in _defined(source, names) for part in _node(found, "", "", ())]
            if shown:
                parts += [f"# from {node.module}", *shown]
    return "\n".join(parts)


def _defined(source: Path, names: Collection[str]) -> Iterator[ast.stmt]:
    try:
        tree = syntax_tree(source.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError):
        return
    for node in tree.body:
        if isinstance(node, _Function | ast.ClassDef):
            if node.name in names:
                yield node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id in names for target in targets):
                yield node


def _module(workspace: Path, file: str, node: ast.ImportFrom) -> Path | None:
    """The file that an import means, inside of the repository."""
    parts = (node.module or "").split(".") if node.module else []
    roots = [workspace / Path(file).parent] if node.level else [workspace, workspace / Path(file).parent]
    for root in roots:
        for _ in range(node.level - 1):
            root = root.parent
        for found in (root.joinpath(*parts).with_suffix(".py"), root.joinpath(*parts, "__init__.py")):
            inside = found.resolve().is_relative_to(workspace.resolve())
            if parts and inside and found.is_file() and not found.is_symlink():
                return found
    return None


def _node(node: ast.stmt, owner: str, without: str, mentioned: Collection[str]) -> Iterator[str]:
    indent = "    " if owner else ""
    if isinstance(node, _Function):
        if f"{owner}{node.name}" != without:
            yield _indented(_function(node, node.name in mentioned or node.name == "__init__"), indent)
    elif isinstance(node, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        yield f"class {node.name}{f'({bases})' if bases else ''}:{_said(node)}"
        inner = [part for child in node.body for part in _node(child, f"{node.name}.", without, mentioned)]
        yield from inner or ["    ..."]
    elif isinstance(node, ast.Import | ast.ImportFrom):
        if getattr(node, "module", "") != "__future__":
            yield f"{indent}{ast.unparse(node)}"
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        yield _indented(ast.unparse(node)[:_CONSTANT], indent)


def _function(node: _Function, whole: bool) -> str:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    masked = len(body) == 1 and isinstance(body[0], ast.Raise)
    head = f"def {node.name}({ast.unparse(node.args)}){f' -> {ast.unparse(node.returns)}' if node.returns else ''}:"
    decorators = [f"@{ast.unparse(each)}" for each in node.decorator_list]
    lines = [line for statement in body for line in ast.unparse(statement).splitlines()]
    shown = lines if whole and not masked and len(lines) <= _SHORT_BODY else ["..."]
    return "\n".join([*decorators, f"{head}{_said(node)}", *(f"    {line}" for line in shown)])


def _said(node: _Function | ast.ClassDef) -> str:
    doc = ast.get_docstring(node) or ""
    first = doc.partition("\n")[0].strip()
    return f"  # {first[:_CONSTANT]}" if first else ""


def _indented(text: str, indent: str) -> str:
    return "\n".join(f"{indent}{line}" for line in text.splitlines())

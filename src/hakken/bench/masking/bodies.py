"""Take the bodies out of functions, and leave every other byte of the file as it was.

The signature, the decorators and a comment behind the colon stay. The file is parsed with ``libcst``, which keeps
all of its formatting; nothing here runs the code that it reads.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping, Sequence

import libcst as cst

from hakken.bench.types import FunctionRef, MaskMode
from hakken.core.errors import UsageError
from hakken.core.source import is_deeper, syntax_tree

RAISE = "raise NotImplementedError()"
_MAX_SOURCE = 1 << 20
_MAX_DEPTH = 120


class MaskError(UsageError):
    """A function cannot be masked, or a file cannot be read as Python."""


def mask_file(source: bytes, names: Iterable[str], texts: Mapping[str, str | None] | None = None) -> bytes:
    """Replace the bodies of functions by a ``raise``.

    Args:
        source: The file.
        names: Qualified names of the functions.
        texts: By name, the docstring to put into the body; a name that is missing keeps its own docstring, and None
            takes it away.

    Raises:
        MaskError: a function is not there, or is defined more than once.
    """
    module = parse(source)
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        find(module, name)
    changed = module.visit(_Masking(frozenset(wanted), texts or {}))
    return changed.bytes


def masked_texts(
    functions: Sequence[FunctionRef],
    mode: MaskMode,
    descriptions: Mapping[str, str],
    passages: Mapping[str, str],
) -> dict[str, dict[str, str | None]]:
    """Docstrings of masked functions by file and name, as ``mask_file`` takes them.

    Where a mode has no text for a function, its own docstring stays.
    """
    found: dict[str, dict[str, str | None]] = {}
    for function in functions:
        texts = found.setdefault(function.file, {})
        key = str(function)
        if mode is MaskMode.NONE:
            texts[function.name] = None
        elif mode is MaskMode.DESCRIPTION and key in descriptions:
            texts[function.name] = descriptions[key]
        elif mode is MaskMode.ORACLE and key in passages:
            texts[function.name] = "Implement this function according to the following passage.\n\n" + passages[key]
    return found


def parse(source: bytes) -> cst.Module:
    """Parse a file of any encoding.

    Raises:
        MaskError: it is not Python, or too large or too deeply nested to be read.
    """
    if len(source) > _MAX_SOURCE:
        raise MaskError("The file is larger than a megabyte.", "Split it.")
    try:
        # Python's own parser bounds the depth of what it reads; libcst's ends the process where code is nested deeply.
        if is_deeper(syntax_tree(source), _MAX_DEPTH):
            raise MaskError("The file is nested too deeply.", "Write it flatter.")
        return cst.parse_module(source)
    except (SyntaxError, cst.ParserSyntaxError, ValueError, LookupError, RecursionError, MemoryError) as error:
        detail = " ".join(str(error).split())[:200] or type(error).__name__
        raise MaskError(f"The file is not valid Python: {detail}.", "Mend its syntax.") from None


def find(module: cst.Module, name: str) -> cst.FunctionDef:
    """The function of this qualified name.

    Raises:
        MaskError: it is not there, or is defined more than once.
    """
    found = functions_of(module).get(name, ())
    if len(found) != 1:
        problem = "is not defined" if not found else f"is defined {len(found)} times"
        raise MaskError(f"The function {name} {problem} in the file.", "Name a function that is defined once.")
    return found[0]


def functions_of(module: cst.Module) -> dict[str, list[cst.FunctionDef]]:
    """Functions and methods by qualified name; functions inside functions are part of these."""
    collect = _Collect()
    module.visit(collect)
    return collect.found


def body_lines(function: cst.FunctionDef) -> int:
    """Lines of code in a body, docstring and blank lines aside."""
    code = cst.Module(body=[function.with_changes(leading_lines=(), decorators=())]).code
    tree = syntax_tree(code).body[0]
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
    body = tree.body[1:] if ast.get_docstring(tree) is not None else tree.body
    if not body:
        return 0
    lines = code.splitlines()[body[0].lineno - 1 : body[-1].end_lineno]
    return sum(1 for line in lines if line.strip() and not line.strip().startswith("#"))


def is_masked(function: cst.FunctionDef) -> bool:
    """Whether nothing but the ``raise`` (and a docstring) is in the body."""
    statements = list(function.body.body)
    if statements and docstring_of(function) is not None:
        statements = statements[1:]
    return len(statements) == 1 and cst.Module(body=[]).code_for_node(statements[0]).strip().startswith(
        "raise NotImplementedError"
    )


def docstring_of(function: cst.FunctionDef) -> str | None:
    """The docstring, cleaned."""
    return function.get_docstring(clean=True)


class _Scoped(cst.CSTTransformer):
    """Knows the qualified name of the function that is being visited."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.depth = 0
        """Functions around the present place."""

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        self.stack.append(node.name.value)
        return True

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.BaseStatement:
        self.stack.pop()
        return updated_node

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        self.stack.append(node.name.value)
        self.depth += 1
        return self.depth == 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.BaseStatement:
        name = ".".join(self.stack)
        self.stack.pop()
        self.depth -= 1
        return self.changed(name, original_node, updated_node) if self.depth == 0 else updated_node

    def changed(self, name: str, original: cst.FunctionDef, node: cst.FunctionDef) -> cst.FunctionDef:
        """What takes the place of a function that is in no other function."""
        return node


class _Collect(_Scoped):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[cst.FunctionDef]] = {}

    def changed(self, name: str, original: cst.FunctionDef, node: cst.FunctionDef) -> cst.FunctionDef:
        self.found.setdefault(name, []).append(original)
        return node


class _Masking(_Scoped):
    def __init__(self, names: frozenset[str], texts: Mapping[str, str | None]) -> None:
        super().__init__()
        self.names, self.texts = names, texts

    def changed(self, name: str, original: cst.FunctionDef, node: cst.FunctionDef) -> cst.FunctionDef:
        if name not in self.names:
            return node
        body: list[cst.BaseStatement] = [_statement(RAISE)]
        if name not in self.texts:
            if docstring_of(node) is not None and isinstance(node.body, cst.IndentedBlock):
                body.insert(0, node.body.body[0])
        elif (text := self.texts[name]) is not None:
            body.insert(0, _statement(_quoted(text, len(self.stack))))
        return replace_body(node, body)


class Replacing(_Scoped):
    """Puts other functions' bodies into functions, by qualified name."""

    def __init__(self, bodies: Mapping[str, cst.FunctionDef]) -> None:
        super().__init__()
        self.bodies = bodies

    def changed(self, name: str, original: cst.FunctionDef, node: cst.FunctionDef) -> cst.FunctionDef:
        other = self.bodies.get(name)
        return node if other is None else node.with_changes(body=other.body)


def replace_body(node: cst.FunctionDef, body: Sequence[cst.BaseStatement]) -> cst.FunctionDef:
    """The function with other statements; what stands behind the colon stays."""
    old = node.body
    header = old.header if isinstance(old, cst.IndentedBlock) else cst.TrailingWhitespace()
    indent = old.indent if isinstance(old, cst.IndentedBlock) else None
    return node.with_changes(body=cst.IndentedBlock(body=body, header=header, indent=indent))


def _statement(code: str) -> cst.SimpleStatementLine:
    parsed = cst.parse_statement(code)
    assert isinstance(parsed, cst.SimpleStatementLine)
    return parsed


def _quoted(text: str, depth: int) -> str:
    """A docstring literal; plain triple quotes where the text allows them."""
    text = text.strip()
    if '"""' in text or "\\" in text or text.endswith('"'):
        return json.dumps(text)  # a JSON text is a Python literal
    indent = "    " * (depth + 1)
    lines = text.splitlines()
    body = "\n".join([lines[0], *(f"{indent}{line}".rstrip() for line in lines[1:])])
    return f'"""{body}"""' if len(lines) == 1 else f'"""{body}\n{indent}"""'

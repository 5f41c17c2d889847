"""Take the bodies of masked functions out of an agent's file and put them into the masked file, with what they use.

Only three things cross over: the bodies; new top-level imports; and new top-level functions, classes and constants, and
new methods of the same class, that the bodies use directly or through each other. Everything that the masked file
already defines stays as it is, whatever the agent made of it. The agent's code is read and never run here.
"""

from __future__ import annotations

import ast
import builtins
import symtable
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from hakken.bench.masking import MaskError, Replacing, functions_of, is_masked, parse
from hakken.core.source import syntax_tree
from hakken.core.types import Record

_LONGEST = 256 << 10
"""Bytes of an agent's file: reading code takes time that an agent must not decide about."""
_Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


class Transplant(Record):
    """A file to grade, and what was taken."""

    content: bytes
    taken: tuple[str, ...]
    """Functions whose bodies were taken."""
    missing: tuple[str, ...]
    """Functions that stay masked, with the reason."""
    helpers: tuple[str, ...]
    """Names that came along."""


def transplant(base: bytes, agent: bytes, names: Sequence[str]) -> Transplant:
    """Put an agent's functions into the masked file.

    Args:
        base: The masked file.
        agent: The agent's version of it.
        names: Qualified names of the masked functions.
    """
    if len(agent) > max(_LONGEST, 2 * len(base)):
        return Transplant(
            content=base, taken=(), missing=tuple(f"{n}: The file is too long" for n in names), helpers=()
        )
    try:
        return _transplant(parse(base), agent, names)
    except (MaskError, SyntaxError, ValueError, RecursionError, cst.CSTValidationError) as error:
        reason = error.message if isinstance(error, MaskError) else "The file cannot be read as Python."
        return Transplant(content=base, taken=(), missing=tuple(f"{n}: {reason}" for n in names), helpers=())


def _transplant(module: cst.Module, agent: bytes, names: Sequence[str]) -> Transplant:
    theirs = parse(agent)
    defined = functions_of(theirs)
    bodies: dict[str, cst.FunctionDef] = {}
    missing: list[str] = []
    for name in names:
        found = defined.get(name, [])
        if not found:
            missing.append(f"{name} is not in the file")
        elif is_masked(found[-1]):
            missing.append(f"{name} is not written")
        else:
            bodies[name] = found[-1]  # as Python does: the last definition holds
    used = _Uses(theirs)
    methods = used.methods(bodies, module)
    added = [method for found in methods.values() for method in found]
    # A built-in name is no new name: taking it over would change the functions around.
    needed = used.closure([*bodies.values(), *added], _bound_in(module) | set(dir(builtins)))
    changed = module.visit(Replacing(bodies))
    changed = _with_statements(_with_methods(changed, methods), needed, names)
    helpers = [name for statement in needed for name in _names(statement)]
    helpers += [f"{cls}.{method.name.value}" for cls, found in methods.items() for method in found]
    return Transplant(content=changed.bytes, taken=tuple(bodies), missing=tuple(missing), helpers=tuple(helpers))


class _Uses:
    """Which names the parts of a module use."""

    def __init__(self, module: cst.Module) -> None:
        self.module = module
        self.statements = [s for s in module.body if _crosses(s)]
        self.by_name: dict[str, list[_Statement]] = {}
        for statement in self.statements:
            for name in _names(statement):
                self.by_name.setdefault(name, []).append(statement)

    def closure(self, nodes: Iterable[cst.FunctionDef], bound: set[str]) -> list[_Statement]:
        """New statements that functions need, in the order of the file."""
        waiting = [name for node in nodes for name in _loaded(node)]
        seen: set[str] = set()
        taken: set[int] = set()
        while waiting:
            name = waiting.pop()
            if name in seen or name in bound:
                continue
            seen.add(name)
            for statement in self.by_name.get(name, ()):
                if id(statement) not in taken and (_is_import(statement) or bound.isdisjoint(_names(statement))):
                    taken.add(id(statement))
                    waiting += _loaded(statement)
        return [_only_new(s, bound) for s in self.statements if id(s) in taken]

    def methods(self, bodies: dict[str, cst.FunctionDef], base: cst.Module) -> dict[str, list[cst.FunctionDef]]:
        """By class, new methods that the masked methods of that class use."""
        theirs, ours = functions_of(self.module), functions_of(base)
        found: dict[str, list[cst.FunctionDef]] = {}
        for name in bodies:
            cls = name.rpartition(".")[0]
            if not cls or cls in found:
                continue
            waiting = [bodies[n] for n in bodies if n.rpartition(".")[0] == cls]
            chosen: dict[str, cst.FunctionDef] = {}
            while waiting:
                for attribute in _attributes(waiting.pop()):
                    full = f"{cls}.{attribute}"
                    new = full in theirs and full not in ours and attribute not in chosen
                    if new and not attribute.startswith("__"):
                        chosen[attribute] = theirs[full][-1]
                        waiting.append(theirs[full][-1])
            found[cls] = list(chosen.values())
        return {cls: nodes for cls, nodes in found.items() if nodes}


def _crosses(statement: cst.BaseStatement) -> bool:
    """Definitions, imports by name and assignments to plain names may cross over; nothing else may."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return True
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    return all(
        isinstance(small, cst.Import)
        or (isinstance(small, cst.Assign) and all(_plain(target.target) for target in small.targets))
        or (isinstance(small, cst.AnnAssign) and _plain(small.target))
        or (isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar))
        for small in statement.body
    ) and bool(list(_names(statement)))


def _plain(target: cst.BaseExpression) -> bool:
    """A name, or a tuple of names: an attribute or an entry of something would change what is there."""
    if isinstance(target, (cst.Tuple, cst.List)):
        return all(_plain(element.value) for element in target.elements)
    return isinstance(target, cst.Name)


def _names(statement: cst.BaseStatement | cst.BaseSmallStatement) -> Iterator[str]:
    """Names that a statement binds at the top level."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        yield unicodedata.normalize("NFKC", statement.name.value)
        return
    if isinstance(statement, cst.SimpleStatementLine):
        yield from _assigned(_code(statement))


def _assigned(code: str) -> set[str]:
    """Names that a piece of code binds where it stands, in the letters in which Python reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        symbols = symtable.symtable(code, "statement", "exec").get_symbols()
    inside = {n.target.id for n in ast.walk(syntax_tree(code)) if isinstance(n, ast.NamedExpr)}
    return inside | {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}


def _bound_in(module: cst.Module) -> set[str]:
    """Every name that the masked file binds at its top level, inside of conditions too."""
    return {name for statement in syntax_tree(module.bytes).body for name in _bound(statement)}


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name


def _loaded(node: cst.CSTNode) -> list[str]:
    """Names that a piece of code mentions."""
    return [n.id for n in ast.walk(syntax_tree(_code(node))) if isinstance(n, ast.Name)]


def _attributes(node: cst.CSTNode) -> list[str]:
    return [n.attr for n in ast.walk(syntax_tree(_code(node))) if isinstance(n, ast.Attribute)]


def _code(node: cst.CSTNode) -> str:
    if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.SimpleStatementLine)):
        node = node.with_changes(leading_lines=())
    return cst.Module(body=[]).code_for_node(node)


def _only_new(statement: _Statement, bound: set[str]) -> _Statement:
    """An import without the names that the masked file binds itself."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return statement
    kept: list[cst.BaseSmallStatement] = []
    for small in statement.body:
        if isinstance(small, (cst.Import, cst.ImportFrom)) and not isinstance(small.names, cst.ImportStar):
            aliases = [a for a in small.names if _alias_name(a) not in bound]
            if aliases:
                aliases[-1] = aliases[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
                kept.append(small.with_changes(names=aliases))
        else:
            kept.append(small)
    return statement.with_changes(body=kept)


def _alias_name(alias: cst.ImportAlias) -> str:
    written = _code(alias.asname.name if alias.asname else alias.name).split(".")[0]
    return unicodedata.normalize("NFKC", written)  # as Python reads it


def _with_methods(module: cst.Module, methods: dict[str, list[cst.FunctionDef]]) -> cst.Module:
    class Adding(cst.CSTTransformer):
        def __init__(self) -> None:
            super().__init__()
            self.stack: list[str] = []

        def visit_ClassDef(self, node: cst.ClassDef) -> bool:
            self.stack.append(node.name.value)
            return True

        def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.BaseStatement:
            added = methods.get(".".join(self.stack), [])
            self.stack.pop()
            if not added or not isinstance(updated_node.body, cst.IndentedBlock):
                return updated_node
            return updated_node.with_changes(
                body=updated_node.body.with_changes(body=[*updated_node.body.body, *added])
            )

    changed = module.visit(Adding()) if methods else module
    assert isinstance(changed, cst.Module)
    return changed


def _with_statements(module: cst.Module, needed: list[_Statement], names: Sequence[str]) -> cst.Module:
    """Imports behind the docstring and the imports from the future; definitions before the first masked function."""
    if not needed:
        return module
    roots = {name.split(".")[0] for name in names}
    body = list(module.body)
    imports = [s for s in needed if _is_import(s)]
    others = [s for s in needed if not _is_import(s)]
    place = next(
        (i for i, s in enumerate(body) if isinstance(s, (cst.FunctionDef, cst.ClassDef)) and s.name.value in roots),
        len(body),
    )
    body[place:place] = others
    head = 0
    while head < min(place, len(body)) and _is_head(body[head]):
        head += 1
    body[head:head] = imports
    return module.with_changes(body=body)


def _is_import(statement: cst.BaseStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, (cst.Import, cst.ImportFrom)) for small in statement.body
    )


def _is_head(statement: cst.BaseStatement) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    first = statement.body[0]
    if isinstance(first, cst.Expr):
        return isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString))
    return isinstance(first, cst.ImportFrom) and _code(first).startswith("from __future__")

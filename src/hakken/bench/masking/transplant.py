"""Take the bodies of masked functions out of an agent's file and put them into the masked file, with what they use.

Only these things cross over: the bodies; new top-level imports, guarded ones too (``try: import … except
ImportError``); new top-level functions, classes and constants, and new methods of the same class, that the bodies use
directly or through each other; and statements that only fill such constants (``filling``). Everything that the masked
file already defines stays as it is, whatever the agent made of it: of a changed signature, only new parameters at its
end with a literal as a default are taken. The agent's code is read and never run here.
"""

from __future__ import annotations

import ast
import builtins
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

import libcst as cst

from hakken.bench.masking.bodies import MaskError, Replacing, functions_of, is_masked, parse
from hakken.bench.masking.filling import filled, made_new
from hakken.bench.masking.placing import is_lazy, with_statements
from hakken.bench.masking.statements import (
    Statement,
    attributes,
    bound_names,
    changed_names,
    code_of,
    dotted,
    loaded,
    names_of,
    packages,
    submodules,
)
from hakken.core.source import syntax_tree
from hakken.core.types import Record

_LONGEST = 256 << 10
"""Bytes of an agent's file: reading code takes time that an agent must not decide about."""


class Transplant(Record):
    """A file to grade, and what was taken."""

    content: bytes
    taken: tuple[str, ...]
    """Functions whose bodies were taken."""
    missing: tuple[str, ...]
    """Functions that stay masked, with the reason."""
    helpers: tuple[str, ...]
    """Names that came along."""


def transplant(base: bytes, agent: bytes, names: Sequence[str], *, ran: bool = True) -> Transplant:
    """Put an agent's functions into the masked file.

    Args:
        base: The masked file.
        agent: The agent's version of it.
        names: Qualified names of the masked functions.
        ran: It is a file that ran as it stands. Of a reply in its place, statements beside definitions are examples:
            none fills a table, and no module is added to a package that the masked file imports.
    """
    if len(agent) > max(_LONGEST, 2 * len(base)):
        return Transplant(
            content=base, taken=(), missing=tuple(f"{n}: The file is too long" for n in names), helpers=()
        )
    try:
        return _transplant(parse(base), agent, names, ran)
    except (MaskError, SyntaxError, ValueError, RecursionError, cst.CSTValidationError) as error:
        reason = error.message if isinstance(error, MaskError) else "The file cannot be read as Python."
        return Transplant(content=base, taken=(), missing=tuple(f"{n}: {reason}" for n in names), helpers=())


def _transplant(module: cst.Module, agent: bytes, names: Sequence[str], ran: bool) -> Transplant:
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
    used = _Uses(theirs, ran)
    methods = used.methods(bodies, module)
    added = [method for found in methods.values() for method in found]
    # A built-in name is no new name: taking it over would change the functions around.
    bound = {name for statement in module.body for name in bound_names(statement)} | set(dir(builtins))
    bound |= {name for statement in module.body for name in submodules(statement)}
    needed = used.closure([*bodies.values(), *added], bound, packages(module) if ran else ())
    if is_lazy(theirs) and not is_lazy(module):
        # What the agent's file does not evaluate is not evaluated here either.
        needed = [(index, _quoted(statement)) for index, statement in needed]
        bodies = {name: _quoted(node) for name, node in bodies.items()}
        methods = {cls: [_quoted(node) for node in found] for cls, found in methods.items()}
    changed = module.visit(_Putting(bodies))
    changed = with_statements(_with_methods(changed, methods), needed, theirs, {name.split(".")[0] for name in names})
    helpers = [name for _, statement in needed for name in sorted(names_of(statement))]
    helpers += [f"{cls}.{method.name.value}" for cls, found in methods.items() for method in found]
    return Transplant(content=changed.bytes, taken=tuple(bodies), missing=tuple(missing), helpers=tuple(helpers))


class _Uses:
    """Which names the parts of a module use."""

    def __init__(self, module: cst.Module, ran: bool) -> None:
        self.module = module
        self.by_name: dict[str, list[int]] = {}
        own = made_new(module) if ran else ()
        for index, statement in enumerate(module.body):
            names = names_of(statement) if _crosses(statement) else set()
            if ran:
                names = names | submodules(statement) if names else filled(statement, own)
            for name in names:
                self.by_name.setdefault(name, []).append(index)

    def closure(
        self, nodes: Iterable[cst.FunctionDef], bound: set[str], shared: Collection[str]
    ) -> list[tuple[int, Statement]]:
        """New statements that functions need, with their places, in the order of the file.

        Args:
            nodes: The functions.
            bound: Names that the masked file binds, and modules of packages that it imports.
            shared: Those of them that stand for a package, of which further modules may be imported.
        """
        waiting = [name for node in nodes for name in _mentioned(node)]
        seen: set[str] = set()
        taken: dict[int, Statement] = {}
        while waiting:
            name = waiting.pop()
            if name in seen or name in bound:
                continue
            seen.add(name)
            for index in self.by_name.get(name, ()):
                statement = _only_new(self.module.body[index], bound, shared) if index not in taken else None
                if statement is not None and bound.isdisjoint(_touched(statement, bound)):
                    taken[index] = statement
                    waiting += _mentioned(statement)
        return sorted(taken.items())

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
                for attribute in attributes(waiting.pop()):
                    full = f"{cls}.{attribute}"
                    new = full in theirs and full not in ours and attribute not in chosen
                    if new and not attribute.startswith("__"):
                        chosen[attribute] = theirs[full][-1]
                        waiting.append(theirs[full][-1])
            found[cls] = list(chosen.values())
        return {cls: nodes for cls, nodes in found.items() if nodes}


class _Putting(Replacing):
    """Puts bodies into functions, with the parameters that they may add."""

    def changed(self, name: str, original: cst.FunctionDef, node: cst.FunctionDef) -> cst.FunctionDef:
        other = self.bodies.get(name)
        changed = super().changed(name, original, node)
        return changed if other is None else changed.with_changes(params=_with_options(node.params, other.params))


def _with_options(ours: cst.Parameters, theirs: cst.Parameters) -> cst.Parameters:
    """A signature with new parameters at its end, where all else is equal and each has a literal as its default."""
    count, named = len(ours.params), len(ours.kwonly_params)
    added, options = theirs.params[count:], theirs.kwonly_params[named:]
    star, own = theirs.star_arg, ours.star_arg
    swallows = isinstance(own, cst.Param)  # an argument that fell into it would fall into a new one
    same = (
        _written(ours.posonly_params) == _written(theirs.posonly_params)
        and _written(ours.params) == _written(theirs.params[:count])
        and _written(ours.kwonly_params) == _written(theirs.kwonly_params[:named])
        and _written([p for p in (own, ours.star_kwarg) if isinstance(p, cst.Param)])
        == _written([p for p in (star, theirs.star_kwarg) if isinstance(p, cst.Param)])
    )
    if not same or (swallows and added) or not all(map(_is_option, (*added, *options))):
        return ours
    plain = [cst.Param(name=p.name, equal=p.equal, default=p.default) for p in (*added, *options)]
    if options and not isinstance(own, (cst.Param, cst.ParamStar)):
        own = cst.ParamStar()
    return ours.with_changes(
        params=[*ours.params, *plain[: len(added)]],
        star_arg=own,
        kwonly_params=[*ours.kwonly_params, *plain[len(added) :]],
    )


def _written(params: Sequence[cst.Param]) -> list[tuple[str, str]]:
    return [(p.star if isinstance(p.star, str) else "", p.name.value) for p in params]


def _is_option(param: cst.Param) -> bool:
    """Whether a parameter can be left out, and nothing acts when its function is defined."""
    if param.default is None:
        return False
    (statement,) = syntax_tree(f"({code_of(param.default)})").body
    assert isinstance(statement, ast.Expr)
    try:
        value = ast.literal_eval(statement.value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return all(
        part is None or isinstance(part, _LITERALS) for part in (value if isinstance(value, tuple) else (value,))
    )


_LITERALS = (bool, int, float, complex, str, bytes)
_Node = TypeVar("_Node", bound=cst.CSTNode)


class _Quoting(cst.CSTTransformer):
    """Makes texts of annotations."""

    def leave_Annotation(self, original_node: cst.Annotation, updated_node: cst.Annotation) -> cst.Annotation:
        annotation = updated_node.annotation
        if isinstance(annotation, cst.SimpleString):
            return updated_node
        return updated_node.with_changes(annotation=cst.SimpleString(repr(code_of(annotation))))


def _quoted(node: _Node) -> _Node:
    changed = node.visit(_Quoting())
    assert isinstance(changed, type(node))
    return changed


def _crosses(statement: cst.BaseStatement) -> bool:
    """Definitions, imports by name, tries of these, and assignments to plain names may cross over; nothing else may."""
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return True
    if isinstance(statement, cst.Try):
        blocks = [
            statement.body,
            *(h.body for h in statement.handlers),
            *([statement.orelse.body] if statement.orelse else []),
        ]
        return (
            statement.finalbody is None
            and any(isinstance(small, (cst.Import, cst.ImportFrom)) for small in _smalls(statement.body))
            and all(isinstance(h.type, (cst.Name, cst.Attribute, cst.Tuple, type(None))) for h in statement.handlers)
            and all(_may_stand(inner) for block in blocks for inner in block.body)
        )
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and all(map(_may_cross, statement.body))
        and bool(names_of(statement))
    )


def _may_stand(inner: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    """Whether a statement may stand in a guarded import."""
    if isinstance(inner, cst.SimpleStatementLine):
        return all(map(_may_stand, inner.body))
    if isinstance(inner, cst.BaseStatement):
        return _crosses(inner)
    return isinstance(inner, cst.Pass) or _may_cross(inner)


def _may_cross(small: cst.BaseSmallStatement) -> bool:
    return (
        isinstance(small, cst.Import)
        or (isinstance(small, cst.Assign) and all(_plain(target.target) for target in small.targets))
        or (isinstance(small, cst.AnnAssign) and _plain(small.target))
        or (isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar))
    )


def _smalls(block: cst.BaseSuite) -> list[cst.BaseSmallStatement]:
    """The simple statements of a block."""
    found: list[cst.BaseSmallStatement] = []
    for inner in block.body:
        if isinstance(inner, cst.SimpleStatementLine):
            found += inner.body
        elif isinstance(inner, cst.BaseSmallStatement):
            found.append(inner)
    return found


def _plain(target: cst.BaseExpression) -> bool:
    """A name, or a tuple of names: an attribute or an entry of something would change what is there."""
    if isinstance(target, (cst.Tuple, cst.List)):
        return all(_plain(element.value) for element in target.elements)
    return isinstance(target, cst.Name)


def _mentioned(node: cst.CSTNode) -> list[str]:
    """Names, and modules by dotted name, that a piece of code may need."""
    return [*loaded(node), *dotted(node)]


def _touched(statement: Statement, bound: set[str]) -> set[str]:
    """Names that a statement binds or whose contents it changes, but for a package that is imported again."""
    rest = _only_new(statement, bound, ())
    return set() if rest is None else names_of(rest) | changed_names(rest)


class _OnlyNew(cst.CSTTransformer):
    """Takes imports of names that the masked file binds itself out of a statement, but for further ``import a.b``."""

    def __init__(self, bound: set[str], shared: Collection[str]) -> None:
        super().__init__()
        self.bound, self.shared = bound, shared

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        return False

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> _Small:
        return self._without(updated_node, updated_node.names)

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> _Small:
        names = updated_node.names
        return updated_node if isinstance(names, cst.ImportStar) else self._without(updated_node, names)

    def _without(self, node: cst.Import | cst.ImportFrom, names: Sequence[cst.ImportAlias]) -> _Small:
        kept = [alias for alias in names if _alias_name(alias) not in self.bound or self._is_further(node, alias)]
        if not kept:
            return cst.RemoveFromParent()
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return node.with_changes(names=kept)

    def _is_further(self, node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias) -> bool:
        """Whether an import binds a package to itself, and adds a module to it."""
        plain = isinstance(node, cst.Import) and alias.asname is None and isinstance(alias.name, cst.Attribute)
        return plain and _alias_name(alias) in self.shared and _as_read(alias.name) not in self.bound


_Small = cst.BaseSmallStatement | cst.RemovalSentinel


def _only_new(statement: cst.BaseStatement, bound: set[str], shared: Collection[str]) -> Statement | None:
    """A statement without its imports of names that the masked file binds itself; None where nothing is left."""
    changed = statement.visit(_OnlyNew(bound, shared))
    return changed if isinstance(changed, (cst.SimpleStatementLine, cst.BaseCompoundStatement)) else None


def _alias_name(alias: cst.ImportAlias) -> str:
    return _as_read(alias.asname.name if alias.asname else alias.name).split(".")[0]


def _as_read(name: cst.BaseExpression) -> str:
    """A dotted name in the letters in which Python reads it."""
    return unicodedata.normalize("NFKC", "".join(code_of(name).split()))


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

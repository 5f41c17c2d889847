"""Small edits of a function that fails: names, shapes, axes, arguments. No model is asked; a run tells which work.

Small models write the right formula with a wrong shape more often than a right function, and are no help in mending it.
The edits are those that people make by hand at such an error, as in program repair by generate and validate (Le Goues
et al. 2012, GenProg), with the shapes that the variables had when the function failed.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import reduce

from hakken.bench.agents.arguments import Refusal
from hakken.bench.agents.nonfinite import is_not_finite, made_finite
from hakken.core.source import syntax_tree

Edit = tuple[int, Callable[[], ast.expr]]
"""How unlikely an edit is to help, and what it puts in the place of the expression."""
_ARRAY = re.compile(r"^(\w+) = array of \S+, shape \(([\d, ]*)\)", re.MULTILINE)
_WHOLE = re.compile(r"^(\w+) = (\d+)$", re.MULTILINE)
_NO_METHOD = re.compile(r"'[\w.]*ndarray' object has no attribute '(\w+)'")
_NO_NAME = re.compile(r"name '(\w+)' is not defined")
_REDUCING = frozenset({"sum", "mean", "max", "min", "std", "var", "median", "prod", "norm", "any", "all"})
"""Functions of an array that take an axis away, and can keep it."""
_ALONG = _REDUCING | {"average", "argmax", "argmin", "cumsum", "argsort", "sort"}
"""Functions of an array that take an axis."""
_LIKE = frozenset({"zeros_like", "ones_like", "empty_like"})
_CANDIDATES = 6
"""Names that are tried in the place of one that is not defined."""


@dataclass(frozen=True)
class Scene:
    """What is known of the place where a function failed."""

    shapes: dict[str, tuple[int, ...]]
    wholes: dict[str, int]
    """Variables that hold an integer above zero."""
    line: int
    """In the function's code; 0 where it is not known."""
    unknown_method: str = ""
    refusal: Refusal | None = None
    names: tuple[str, ...] = ()
    """Parameters and variables of the function."""
    not_finite: bool = False
    """It ran, and a number that came out is infinite or none."""

    @classmethod
    def of(cls, code: str, names: Sequence[str], trouble: str, detail: str) -> Scene:
        """Read an error and the variables that were shown before it."""
        method = _NO_METHOD.search(trouble)
        return cls(
            shapes={m[1]: tuple(int(s) for s in m[2].split(",") if s.strip()) for m in _ARRAY.finditer(detail)},
            wholes={m[1]: int(m[2]) for m in _WHOLE.finditer(detail) if int(m[2]) > 0},
            line=failing_line(code, detail),
            unknown_method=method[1] if method else "",
            refusal=Refusal.of(trouble),
            names=tuple(names),
            not_finite=is_not_finite(trouble),
        )


def failing_line(code: str, detail: str) -> int:
    """Number of the last line of the code that a traceback shows; 0 where it shows none."""
    shown = {line.strip() for line in detail.splitlines() if line.strip()}
    return max((number for number, line in enumerate(code.splitlines(), 1) if line.strip() in shown), default=0)


def nearby(code: str, name: str, trouble: str, detail: str, undefined: Sequence[str] = ()) -> Iterator[str]:
    """Versions of the code that differ from it in one expression, the most promising first, none twice.

    Args:
        code: The function, with what was written beside it.
        name: Of the function; of a method, qualified.
        trouble: The error, in words.
        detail: The end of the output: variables of the function, and the traceback.
        undefined: Names that the function uses and nobody defines; others are tried in their place.
    """
    tree = syntax_tree(code)
    last = name.rpartition(".")[2]
    function = next((n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == last), None)
    if function is None:
        return
    scene = Scene.of(code, _names_of(function), trouble, detail)
    missing = [*undefined, *_NO_NAME.findall(trouble)]
    made: Iterator[ast.AST] = _renamed(function, missing[0]) if missing else _edited(function, scene)
    seen = {ast.dump(function)}
    for changed in made:
        if (key := ast.dump(changed)) not in seen:
            seen.add(key)
            yield ast.unparse(_with(tree, function, changed))


def _names_of(function: ast.FunctionDef) -> list[str]:
    """Parameters and variables."""
    own = [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    own += [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return [name for name in dict.fromkeys(own) if name != "self"]


def _renamed(function: ast.FunctionDef, missing: str) -> Iterator[ast.FunctionDef]:
    """Another name of the function in the place of a missing one; names that look alike first."""
    others = [name for name in _names_of(function) if name != missing]
    others.sort(key=lambda name: -SequenceMatcher(None, name, missing).ratio())
    for other in others[:_CANDIDATES]:
        changed = copy.deepcopy(function)
        for node in ast.walk(changed):
            if isinstance(node, ast.Name) and node.id == missing:
                node.id = other
        yield changed


def _edited(function: ast.FunctionDef, scene: Scene) -> Iterator[ast.AST]:
    """Edits near the line that failed come first, and among those the likely ones."""
    doc = ast.get_docstring(function) is not None
    found: list[tuple[int, int, ast.expr, Callable[[], ast.expr]]] = []
    for statement in function.body[doc:]:
        for node in ast.walk(statement):
            if isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
                far = abs(node.lineno - scene.line) if scene.line else 0
                found += [(2 * far + cost, len(found), node, make) for cost, make in _edits(node, scene)]
    for _, _, node, make in sorted(found, key=lambda each: each[:2]):
        yield _with(function, node, make())


class _Put(ast.NodeTransformer):
    """Builds a tree anew with one of its nodes replaced; the old tree stays as it is."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(copy.copy(node))

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                setattr(node, field, [self.visit(v) if isinstance(v, ast.AST) else v for v in value])
            elif isinstance(value, ast.AST):
                setattr(node, field, self.visit(value))
        return node


def _with(tree: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST:
    return ast.fix_missing_locations(_Put(old, new).visit(tree))


def _edits(node: ast.expr, scene: Scene) -> Iterator[Edit]:
    if scene.not_finite:
        yield from made_finite(node)
    if isinstance(node, ast.Name):
        yield from _of_array(node, scene)
    elif isinstance(node, ast.Call):
        yield from _of_call(node, scene)
    elif isinstance(node, ast.Subscript):
        yield from _of_index(node, scene)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield 2, lambda: node.value
    elif isinstance(node, ast.BoolOp) and all(isinstance(value, ast.Compare) for value in node.values):
        bitwise = ast.BitAnd() if isinstance(node.op, ast.And) else ast.BitOr()
        yield 0, lambda: reduce(lambda one, other: ast.BinOp(one, bitwise, other), node.values)
    elif isinstance(node, ast.BinOp):
        yield from _of_product(node, scene)
    if isinstance(node, ast.BinOp | ast.Call) and not _is_whole(node, scene):
        yield 4, _cut(node, ":, None")
        yield from ((5, _cut(node, f":, :{k}")) for k in scene.wholes)


def _is_whole(node: ast.expr, scene: Scene) -> bool:
    """Whether a node is arithmetic on integers alone."""
    parts = list(ast.walk(node))
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    return all(name in scene.wholes for name in names) and not any(isinstance(part, ast.Call) for part in parts)


def _of_array(node: ast.Name, scene: Scene) -> Iterator[Edit]:
    """A part of an array, or one with another axis."""
    shape = scene.shapes.get(node.id, ())
    for k, size in scene.wholes.items():
        if len(shape) > 1 and size < shape[-1]:
            yield 0, _cut(node, f"..., :{k}" if len(shape) > 2 else f":, :{k}")
        if shape and size < shape[0]:
            yield (0 if len(shape) == 1 else 2), _cut(node, f":{k}")
    if len(shape) == 1:
        yield 0, _cut(node, ":, None")
        yield 3, _cut(node, "None, :")
    if len(shape) == 2:
        yield 2, lambda: ast.Attribute(node, "T", ast.Load())
        if shape[1] == 1:
            yield 1, _cut(node, ":, 0")


def _of_call(node: ast.Call, scene: Scene) -> Iterator[Edit]:
    """Arguments that are taken; the axis of a function along one; a plain array in the place of one like another."""
    if scene.refusal is not None:
        yield from ((0, make) for make in scene.refusal.edits(node, scene.names))
    function = node.func
    if not isinstance(function, ast.Attribute):
        return
    if function.attr == scene.unknown_method:
        yield 0, lambda: ast.Call(ast.Name(function.attr, ast.Load()), [function.value, *node.args], node.keywords)
    if function.attr in _LIKE and node.args:
        plain = ast.Attribute(function.value, function.attr.removesuffix("_like"), ast.Load())
        yield 1, lambda: ast.Call(plain, [ast.Call(ast.Name("len", ast.Load()), node.args[:1], [])], [])
    elif function.attr in _ALONG:
        yield from _of_axis(_with_named_axis(node, function), function.attr)


def _of_axis(node: ast.Call, name: str) -> Iterator[Edit]:
    """Another axis, or one that is kept."""
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    axis = given.get("axis")
    if axis is None:
        yield from ((2, _keyword(node, "axis", value)) for value in (1, 0))
    elif (place := _integer(axis)) is not None:
        if "keepdims" not in given and name in _REDUCING:
            yield 0, _keyword(node, "keepdims", True)
        yield 1, _keyword(node, "axis", 1 if place == 0 else 0)
        yield 3, _keyword(node, "axis", None)
    if "keepdims" in given:
        yield 2, _keyword(node, "keepdims", None)


def _with_named_axis(node: ast.Call, function: ast.Attribute) -> ast.Call:
    """``x.sum(axis=1)`` for ``x.sum(1)``, and ``np.sum(x, axis=1)`` for ``np.sum(x, 1)``."""
    array_first = isinstance(function.value, ast.Name) and function.value.id in ("np", "numpy")
    place = 1 if array_first else 0
    if function.attr == "norm" or len(node.args) != place + 1 or _integer(node.args[place]) is None:
        return node
    return ast.Call(function, node.args[:place], [*node.keywords, ast.keyword("axis", node.args[place])])


def _integer(node: ast.expr) -> int | None:
    """The integer that an expression is, such as 1 or -1."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _integer(node.operand)
        return None if inner is None else -inner
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def _of_index(node: ast.Subscript, scene: Scene) -> Iterator[Edit]:
    """Another axis of a shape; a column for a row; fewer indices."""
    inner = node.slice
    if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
        if (place := _integer(inner)) in (0, 1):
            yield 2, lambda: ast.Subscript(node.value, ast.Constant(0 if place else 1), node.ctx)
    elif isinstance(inner, ast.Tuple) and len(inner.elts) == 2:
        yield 2, lambda: ast.Subscript(node.value, ast.Tuple(inner.elts[::-1], ast.Load()), node.ctx)
        yield 2, lambda: node.value
        yield 3, lambda: ast.Subscript(node.value, inner.elts[0], node.ctx)
        yield 3, lambda: ast.Subscript(node.value, inner.elts[1], node.ctx)
    elif isinstance(node.value, ast.Name) and len(scene.shapes.get(node.value.id, ())) == 2:
        yield 0, lambda: ast.Subscript(node.value, ast.Tuple([ast.Slice(), inner], ast.Load()), node.ctx)


def _of_product(node: ast.BinOp, scene: Scene) -> Iterator[Edit]:
    """A matrix product with one side transposed, or one by elements; and the other way round."""
    left, right = node.left, node.right
    if isinstance(node.op, ast.MatMult):
        yield 1, lambda: ast.BinOp(left, node.op, ast.Attribute(right, "T", ast.Load()))
        yield 1, lambda: ast.BinOp(ast.Attribute(left, "T", ast.Load()), node.op, right)
        yield 2, lambda: ast.BinOp(left, ast.Mult(), right)
    elif isinstance(node.op, ast.Mult) and any(isinstance(s, ast.Name) and s.id in scene.shapes for s in (left, right)):
        yield 2, lambda: ast.BinOp(left, ast.MatMult(), right)


def _at(node: ast.expr, index: str) -> ast.expr:
    """The node with an index behind it."""
    made = syntax_tree(f"x[{index}]").body[0]
    assert isinstance(made, ast.Expr)
    assert isinstance(made.value, ast.Subscript)
    return ast.Subscript(node, made.value.slice, ast.Load())


def _cut(node: ast.expr, index: str) -> Callable[[], ast.expr]:
    return lambda: _at(node, index)


def _keyword(node: ast.Call, name: str, value: object) -> Callable[[], ast.expr]:
    """The call with this value of a keyword, or without it."""
    kept = [keyword for keyword in node.keywords if keyword.arg != name]
    added = [] if value is None else [ast.keyword(name, ast.Constant(value))]  # type: ignore[arg-type]
    return lambda: ast.Call(node.func, node.args, [*kept, *added])

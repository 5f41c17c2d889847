"""Where the helpers of an agent's file go in the masked one, so that what ran there runs here.

Imports go to the head and definitions before the first masked function, since the module itself may call that function
while it is loaded. But a statement that needs something when it is defined (a default, a decorator, a base class, an
annotation, the value of a constant) goes behind what it needs. What a function that it may call needs counts as well,
as far as it stood before the statement in the agent's file too: there it did not run without.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Collection, Mapping, Sequence

import libcst as cst

from hakken.bench.masking.statements import Statement, bound_names, changed_names, code_of, evaluated, loaded, names_of

_PATH = "sys.path"
"""Stands for the places that modules are found in: an import needs what the file changed there."""
_MOST = 200_000
"""Names that are looked at in all: an agent must not decide how long this takes."""


def is_import(statement: cst.BaseStatement) -> bool:
    """Whether a statement only imports, or tries to."""
    if isinstance(statement, cst.Try):
        return True
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, (cst.Import, cst.ImportFrom)) for small in statement.body
    )


def is_lazy(module: cst.Module) -> bool:
    """Whether a file does not evaluate its annotations."""
    return any(_is_head(s) and "annotations" in names_of(s) for s in module.body)


def with_statements(
    module: cst.Module, needed: Sequence[tuple[int, Statement]], theirs: cst.Module, roots: Collection[str]
) -> cst.Module:
    """Put helpers into a file.

    Args:
        module: The masked file with the agent's bodies.
        needed: The helpers, each with its place in the agent's file, in that order.
        theirs: The agent's file.
        roots: Top-level names of the masked functions and their classes.
    """
    if not needed:
        return module
    body = list(module.body)
    places = _Places(module, needed, theirs, roots)
    before: list[list[Statement]] = [[] for _ in range(len(body) + 1)]
    for index, statement in needed:
        before[places.place(index, statement)].append(statement)
    merged = [s for helpers, own in zip(before, [*body, None], strict=True) for s in (*helpers, own) if s is not None]
    return module.with_changes(body=merged)


class _Places:
    """Places in the masked file: a statement at place ``i`` stands before the ``i``-th of that file."""

    def __init__(
        self, module: cst.Module, needed: Sequence[tuple[int, Statement]], theirs: cst.Module, roots: Collection[str]
    ) -> None:
        self.lazy = is_lazy(module)
        self.ours, self.theirs = _bindings(module), _bindings(theirs)
        self.head = next((i for i, s in enumerate(module.body) if not _is_head(s)), len(module.body))
        self.first = min((self.ours[name][0] for name in roots if name in self.ours), default=len(module.body))
        self.written = min((self.theirs[name][0] for name in roots if name in self.theirs), default=0)
        self.passed = self._passed(len(theirs.body))
        self.mentions = _mentions([*module.body, *(s for _, s in needed)])
        self.looked = 0
        self.bound: dict[str, int] = {}
        """The last place of a helper that binds a name or changes what it holds."""
        self.used: dict[str, int] = {}
        """The last place of a helper that needs a name."""

    def place(self, index: int, statement: Statement) -> int:
        """The place of the next helper."""
        names = names_of(statement) | changed_names(statement)
        needs = self._reached(evaluated(statement, lazy=self.lazy))
        found = max(self.head, self.first)
        if is_import(statement):
            needs.add(_PATH)
            # Behind the masked functions it may wait for something, such as a module that imports this one.
            found = max(self.head, self.passed[index] if index > self.written else 0)
        found = max([found, *(self._behind(name, index) for name in needs)])
        found = max([found, *(self.bound.get(name, 0) for name in (*needs, *names))])
        found = max([found, *(self.used.get(name, 0) for name in names)])
        for name in names:
            self.bound[name] = found
        for name in needs:
            self.used[name] = max(found, self.used.get(name, 0))
        return found

    def _behind(self, name: str, index: int) -> int:
        """The place behind the statement that binds a name for one that stands at ``index`` in the agent's file."""
        own = self.ours.get(name)
        if own is None:
            return 0
        if name not in self.theirs:
            return own[-1] + 1  # a function that was written alone
        before = bisect.bisect_left(self.theirs[name], index)
        return own[min(before, len(own)) - 1] + 1 if before else 0

    def _passed(self, count: int) -> list[int]:
        """For each place in the agent's file, the one here behind all that stands before it there."""
        passed = [0] * (count + 1)
        for name, places in self.theirs.items():
            for place in places:
                passed[place + 1] = max(passed[place + 1], self._behind(name, place + 1))
        return list(itertools.accumulate(passed, max))

    def _reached(self, names: set[str]) -> set[str]:
        """These names, and those that are mentioned where they are bound, and so on."""
        reached, waiting = set(names), list(names)
        while waiting and self.looked < _MOST:
            for name in self.mentions.get(waiting.pop(), ()):
                self.looked += 1
                if name not in reached:
                    reached.add(name)
                    waiting.append(name)
        return reached


def _bindings(module: cst.Module) -> dict[str, list[int]]:
    """By name, the statements that bind it."""
    found: dict[str, list[int]] = {}
    for index, statement in enumerate(module.body):
        path = {_PATH} if _PATH in code_of(statement) else set()
        for name in bound_names(statement) | path:
            found.setdefault(name, []).append(index)
    return found


def _mentions(statements: Sequence[cst.BaseStatement]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for statement in statements:
        mentioned = set(loaded(statement))
        for name in bound_names(statement):
            found.setdefault(name, set()).update(mentioned)
    return found


def _is_head(statement: cst.BaseStatement) -> bool:
    """The docstring, and imports from the future."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    first = statement.body[0]
    if isinstance(first, cst.Expr):
        return isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString))
    return isinstance(first, cst.ImportFrom) and code_of(first).startswith("from __future__")

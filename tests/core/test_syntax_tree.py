"""Trees of code: built in one place, where several threads may ask for them."""

from __future__ import annotations

import ast
import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import hakken
from hakken.core.source import is_deeper, syntax_tree

SOURCE = Path(hakken.__file__).parent
OWN = "core/source.py"
ELSEWHERE = ("bench/suites/", "bench/attacks/programs/", "bench/importing/programs/", "templates/")
"""Programs that are run in boxes of their own and import nothing of ours."""


class Loop:
    """Garbage whose end lets other threads run, wherever the collector meets it: so in the middle of a tree too."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        time.sleep(0)


@pytest.fixture
def eager() -> Iterator[None]:
    """A collector that comes often."""
    before = gc.get_threshold()
    gc.set_threshold(50)
    yield
    gc.set_threshold(*before)


@pytest.mark.usefixtures("eager")
def test_threads_do_not_spoil_each_others_trees() -> None:
    text = (SOURCE / OWN).read_text(encoding="utf-8")

    def read(_: int) -> int:
        for _number in range(5):
            Loop()
        return len(syntax_tree(text).body)

    with ThreadPoolExecutor(2) as threads:
        assert len(set(threads.map(read, range(200)))) == 1


def test_a_tree_that_the_interpreter_spoilt_elsewhere_is_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    real, left = ast.parse, iter(range(3))

    def spoilt(source: str) -> ast.Module:
        for _ in left:
            raise SystemError("AST constructor recursion depth mismatch (before=36, after=39)")
        return real(source)

    monkeypatch.setattr(ast, "parse", spoilt)
    assert len(syntax_tree("a = 1\nb = 2\n").body) == 2
    monkeypatch.setattr(ast, "parse", lambda source: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        syntax_tree("a = 1")


def test_trees_are_built_in_one_place() -> None:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if name != OWN and not name.startswith(ELSEWHERE) and "ast.parse(" in path.read_text(encoding="utf-8"):
            found.append(name)
    assert found == []


@pytest.mark.parametrize("depth", [1, 5, 40])
def test_depth_is_counted_from_the_root(depth: int) -> None:
    tree = ast.parse("-" * depth + "x", mode="eval")  # the root, so many signs, a name, its context
    assert is_deeper(tree, depth + 1)
    assert not is_deeper(tree, depth + 2)

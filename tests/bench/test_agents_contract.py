"""Promises of a signature and a docstring, held against what a call returned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.bench.agents.capture import returning
from hakken.bench.agents.contract import Called, Seen, breach
from hakken.bench.experiments.lab import Lab
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.tasks.suite import SUITES
from hakken.bench.trees import copy_tree
from hakken.bench.types import FunctionRef


def array(*shape: int) -> Seen:
    return Seen(kind="ndarray", shape=shape, text=f"array of shape {shape}")


SECTION = '''def f(a, b, k):
    """Multiply.

    Args:
        a: shape (n, d).
        b: weights, shape (d,).
        k: how many.

    Returns:
        Shape (n, 2).
    """
'''
LEADING = SECTION.replace("(n, d)", "(..., n, d)").replace("(n, 2)", "(..., n)")


@pytest.mark.parametrize(
    ("stub", "arguments", "value", "said"),
    [
        (SECTION, {"a": array(5, 3)}, array(5, 2), ""),
        (SECTION, {"a": array(5, 3)}, array(5, 3), "shape (n, 2) with n = 5, and it returned shape (5, 3)"),
        (SECTION, {"a": array(5, 3)}, array(5), "it returned shape (5,)"),
        (SECTION, {}, array(7, 2), ""),
        (SECTION.replace("(n, 2)", "(d,)"), {"a": array(5, 3), "b": array(4)}, array(9), ""),
        (SECTION.replace("(n, 2)", "(n - 1,)"), {"a": array(5, 3)}, array(5), "shape (n - 1,) with n = 5"),
        (SECTION.replace("(n, 2)", "(k,)"), {"a": array(5, 3)}, array(9), ""),
        ('def g(x):\n    """Pairs: x of shape (2 n,), to shape (n,)."""\n', {"x": array(8)}, array(8), "with n = 4"),
        ('def g(x):\n    """Pairs: x of shape (2 n,), to shape (n,)."""\n', {"x": array(8)}, array(4), ""),
        ('def g(x):\n    """Unit rows. Shape (n, d) -> (n, d)."""\n', {"x": array(8, 2)}, array(4, 2), ""),
        (
            'def g(x):\n    """Unit rows. Shape (n, d) -> (n, d)."""\n',
            {"x": array(8, 2)},
            array(4),
            "returned shape (4,)",
        ),
        (LEADING, {"a": array(5, 3)}, array(5), ""),
        (LEADING, {"a": array(9, 5, 3)}, array(9, 5), ""),
        (LEADING, {"a": array(5, 3)}, array(3), "n = 5"),
        (SECTION.replace("(n, 2)", "(..., n, d)"), {"a": array(5, 3)}, array(3), "shape (..., n, d)"),
        (SECTION.replace("(n, 2)", "(...)"), {"a": array(5, 3)}, array(3), ""),
        ("def g(x) -> float:\n    pass\n", {}, array(3), "It must return float"),
        ("def g(x) -> float:\n    pass\n", {}, Seen(kind="float64", shape=()), ""),
        ("def g(x) -> tuple[float, float]:\n    pass\n", {}, Seen(kind="tuple", size=3, text="three"), "2 values"),
        ("def g(x) -> tuple[float, ...]:\n    pass\n", {}, Seen(kind="tuple", size=3), ""),
        ("def g(x) -> Array:\n    pass\n", {}, Seen(kind="NoneType"), "it returned None"),
        ("def g(x) -> Array | None:\n    pass\n", {}, Seen(kind="NoneType"), ""),
        ("def g(x):\n    pass\n", {}, Seen(kind="NoneType"), ""),
    ],
)
def test_promises(stub: str, arguments: dict[str, Seen], value: Seen, said: str) -> None:
    found = breach(stub, Called(arguments=arguments, value=value))
    assert said in found
    assert bool(found) == bool(said)


@given(st.text(max_size=80), st.lists(st.integers(0, 5), max_size=3))
def test_any_docstring_can_be_read(doc: str, shape: list[int]) -> None:
    stub = f"def f(x):\n    {doc!r}\n"
    assert isinstance(breach(stub, Called(arguments={"x": array(*shape)}, value=array(*shape))), str)


def test_a_call_is_seen_and_left_alone(tasks: Mapping[str, TaskFolder], lab: Lab, tmp_path: Path) -> None:
    task = tasks["tiny-n1-4"]
    copy_tree(task.visible_repo, tmp_path / "w")
    copy_tree(task.solution, tmp_path / "w")
    before = (tmp_path / "w" / "tiny" / "fit.py").read_bytes()
    content = (tmp_path / "w" / task.task.functions[0].file).read_bytes()
    runs = [(experiment, content) for experiment in task.task.experiments]
    found = returning(tmp_path / "w", task.task.functions[0], runs, lab)
    outcomes, calls = [outcome for outcome, _ in found], [called for _, seen in found for called in seen]
    gold = task.gold("walk", None).metrics
    assert outcomes[0].numbers.values["spread"] == gold["spread"].value
    assert calls[0].arguments["places"].kind == "list"
    assert (calls[0].value.kind, calls[0].value.size) == ("list", 10)
    assert (tmp_path / "w" / "tiny" / "fit.py").read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.name for path in (SUITES / "small").iterdir() if path.is_dir()))
def test_no_right_function_of_the_small_suite_breaks_a_promise(name: str, lab: Lab) -> None:
    from hakken.bench.masking.bodies import find, parse
    from hakken.bench.tasks.suite import load_source

    source = load_source(SUITES / "small" / name)
    for function in source.maskable:
        module = parse((source.root / function.file).read_bytes())
        node = find(module, function.name)
        stub = module.code_for_node(node.with_changes(leading_lines=())).strip()
        ref = FunctionRef.parse(str(function))
        ((_, calls),) = returning(
            source.root, ref, [(source.experiments[0], (source.root / ref.file).read_bytes())], lab
        )
        assert [said for call in calls if (said := breach(stub, call))] == [], function

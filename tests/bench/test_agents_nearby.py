"""Small edits of a function that fails: which are made, and which come first."""

from __future__ import annotations

import ast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.bench.agents.nearby import nearby

HEAD = '    """It has a docstring."""\n'
PLACE = '  File "x.py", line 9, in f\n'


def last_lines(code: str, trouble: str, detail: str, undefined: tuple[str, ...] = ()) -> list[str]:
    """The last line of each edit of a function ``f``."""
    return [text.splitlines()[-1].strip() for text in nearby(code, "f", trouble, detail, undefined)]


def failing(code: str, **variables: object) -> str:
    """What a run shows of the error: its variables, and the line."""
    shown = [
        f"{name} = array of float64, shape {np.shape(v)}, first values 0"
        if isinstance(v, np.ndarray)
        else f"{name} = {v}"
        for name, v in variables.items()
    ]
    return "\n".join([*shown, PLACE, code.splitlines()[-1]])


@pytest.mark.parametrize(
    ("body", "variables", "right", "first"),
    [
        ("return (x / np.arange(1, k + 1)).sum(axis=1)", {"x": np.zeros((3, 9)), "k": 4}, "x[:, :k] /", 4),
        ("return x / s", {"x": np.zeros((3, 9)), "s": np.zeros(3)}, "x / s[:, None]", 3),
        ("return x - x.mean(axis=1)", {"x": np.zeros((3, 9))}, "x.mean(axis=1, keepdims=True)", 2),
        ("return x @ y", {"x": np.zeros((3, 9)), "y": np.zeros((4, 9))}, "x @ y.T", 4),
        ("return x.sum(axis=2)", {"x": np.zeros((3, 9))}, "x.sum(axis=0)", 4),
        ("return sum(x[i] for i in range(k))", {"x": np.zeros((3, 9)), "k": 9}, "x[:, i]", 3),
        ("return x > 1 and x < 2 and x != 5", {"x": np.zeros(3)}, "(x > 1) & (x < 2) & (x != 5)", 1),
        ("return x - x.mean(1)", {"x": np.zeros((3, 9))}, "x.mean(axis=1, keepdims=True)", 2),
        ("return x - np.mean(x, -1)", {"x": np.zeros((3, 9))}, "np.mean(x, axis=-1, keepdims=True)", 2),
        ("return (x / w).sum(axis=1)", {"x": np.zeros((3, 9)), "w": np.zeros(3), "i": 0}, "x / w[:, None]", 2),
    ],
)
def test_the_edit_that_people_would_make_is_among_the_first(
    body: str, variables: dict[str, object], right: str, first: int
) -> None:
    code = f"def f({', '.join(variables)}):\n{HEAD}    {body}"
    found = last_lines(code, "ValueError: operands could not be broadcast together", failing(code, **variables))
    assert any(right in line for line in found[:first]), found[:first]


@pytest.mark.parametrize(
    ("body", "first"),
    [
        ("g((1 + np.log(n)) * w)", "g(np.nan_to_num((1 + np.log(n)) * w, nan=0.0, posinf=0.0, neginf=0.0))"),
        ("-(p * np.log(p)).sum()", "-np.nan_to_num(p * np.log(p), nan=0.0, posinf=0.0, neginf=0.0).sum()"),
        ("1 + n / w", "1 + np.nan_to_num(n / w, nan=0.0, posinf=0.0, neginf=0.0)"),
        ("np.mean(n)", "np.nan_to_num(np.mean(n), nan=0.0, posinf=0.0, neginf=0.0)"),
    ],
)
def test_numbers_that_are_not_finite_become_zero_where_a_part_has_no_value(body: str, first: str) -> None:
    found = last_lines(f"def f(n, w, p):\n{HEAD}    return {body}", "The value of x that a wrote is not finite.", "")
    assert found[0] == f"return {first}"
    assert not [
        line for line in last_lines(f"def f(n):\n{HEAD}    return {body}", "ValueError: x", "") if "nan_" in line
    ]


@pytest.mark.parametrize(
    ("body", "trouble", "right"),
    [
        ("return g(x)", "g() missing 1 required positional argument: 'rate'", ["return g(x, rate=rate)"]),
        (
            "return g(x)",
            "g() missing 2 required keyword-only arguments: 'rate' and 'stepz'",
            ["return g(x, rate=rate, stepz=steps)", "return g(x, rate=rate, stepz=rate)"],
        ),
        ("return s.g(x)", "S.g() missing 1 required positional argument: 'steps'", ["return s.g(x, steps=steps)"]),
        (
            "return g(x, rate, 3)",
            "g() takes 2 positional arguments but 3 were given",
            ["return g(x, rate)", "return g(x, 3)", "return g(rate, 3)"],
        ),
        ("return g(x, size=1, k=2)", "g() got an unexpected keyword argument 'size'", ["return g(x, k=2)"]),
        ("return g(x, x=2)", "g() got multiple values for argument 'x'", ["return g(x)"]),
        ("return h(x)", "g() missing 1 required positional argument: 'rate'", []),
    ],
)
def test_a_call_that_is_refused_gets_other_arguments(body: str, trouble: str, right: list[str]) -> None:
    code = f"def f(x, rate, steps):\n{HEAD}    {body}"
    found = last_lines(code, f"The command ended with exit code 1: TypeError: {trouble}", failing(code, x=1.0))
    assert [line for line in found if "None" not in line and ":" not in line] == right


def test_another_name_stands_in_for_one_that_is_not_there() -> None:
    code = f"def f(places, size):\n{HEAD}    total = 0\n    return places[0] + placez"
    found = last_lines(code, "", "", ("placez",))
    assert found == ["return places[0] + places", "return places[0] + size", "return places[0] + total"]
    assert last_lines(code, "NameError: name 'placez' is not defined", "") == found


def test_a_method_that_arrays_lack_becomes_a_function() -> None:
    code = f"def f(x):\n{HEAD}    return x.median(axis=0)"
    found = last_lines(code, "AttributeError: 'numpy.ndarray' object has no attribute 'median'", "")
    assert found[0] in ("return median(x, axis=0)", "return x.median(axis=0, keepdims=True)")
    assert "return median(x, axis=0)" in found


def test_a_method_of_a_class_is_edited_where_it_stands() -> None:
    code = f"class C:\n    def f(self, x):\n        {HEAD.strip()}\n        return x.sum(axis=1)"
    found = list(nearby(code, "C.f", "AxisError", "x = array of float64, shape (3,), first values 0"))
    assert found
    assert all(text.startswith("class C:\n") and "def f(self, x):" in text for text in found)


def test_what_is_not_there_has_no_edits() -> None:
    assert list(nearby("x = 1", "f", "", "")) == []


@given(
    st.sampled_from(
        [
            "return x.sum(axis=1) / y",
            "z = x @ y\n    return z[0, 1] + x.shape[0]",
            "return np.mean(x * y, axis=-1, keepdims=True)",
            "return [x[i] for i in range(n)]",
            "return x.shape[True] + x.shape[1.0] + np.sum(x, 1) + x.cumsum(0)",
        ]
    ),
    st.sampled_from([(3,), (3, 4), (4, 1)]),
    st.integers(0, 9),
)
def test_every_edit_is_python_with_the_same_signature_and_none_comes_twice(
    body: str, shape: tuple[int, ...], n: int
) -> None:
    code = f"def f(x, y, n):\n{HEAD}    {body}"
    detail = failing(code, x=np.zeros(shape), y=np.zeros(3), n=n)
    found = list(nearby(code, "f", "ValueError: shapes", detail))
    assert len(found) == len(set(found))
    assert ast.unparse(ast.parse(code)) not in found
    for text in found:
        node = ast.parse(text).body[0]
        assert isinstance(node, ast.FunctionDef)
        assert ast.unparse(node.args) == "x, y, n"
        assert ast.get_docstring(node) == "It has a docstring."

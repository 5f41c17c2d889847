"""Reading and changing source by function."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.source import docstring, with_docstring

OWN = ["", '    """Its own."""\n', '    """Its own,\n\n    in three lines.\n    """\n']
WRITTEN = [
    "",
    '"""Of the template."""',
    '"""Of the template.\n\n    With more.\n    """',
    r'r"""Rescale \xi to unit length."""',
    '"""A tab \\t and a \\\\N."""',
    "'''Say \"no\"'''",
    "'''Three \"\"\" of them\n\n    in two lines'''",
    '"ends \\\\"',
    '"one " "and two"',
    "('one '\n     'and two')",
    '"""Less far\nin than\n    the first."""',
    '"""Ä b"""  # said',
]


def template(written: str) -> str:
    return f"import os\n\n\ndef f(x):\n    {written}\n    return -x\n" if written else "def f(x):\n    return -x\n"


def function(code: str) -> ast.FunctionDef:
    node = ast.parse(code).body[-1]
    assert isinstance(node, ast.FunctionDef)
    return node


@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("written", WRITTEN)
def test_a_rewrite_has_the_docstring_of_the_template_or_none(own: str, written: str) -> None:
    like = template(written)
    node = function(with_docstring(f"def f(x):\n{own}    return x\n", "f", like))
    assert ast.get_docstring(node, clean=False) == ast.get_docstring(function(like), clean=False)
    assert ast.unparse(node.body[-1]) == "return x"


@given(st.text(), st.sampled_from(OWN))
def test_whatever_a_docstring_says_is_taken_over(said: str, own: str) -> None:
    like = template(ascii(said))
    assert docstring(with_docstring(f"def f(x):\n{own}    return x\n", "f", like), "f") == docstring(like, "f")


@pytest.mark.parametrize("indent", ["  ", "\t", " " * 8])
@pytest.mark.parametrize("own", OWN)
def test_a_docstring_stands_as_far_in_as_the_code(indent: str, own: str) -> None:
    like = template('"""Of the template.\n\n    - With more,\n      and more.\n    """')
    code = "def f(x):\n" + textwrap.indent(textwrap.dedent(f"{own}    return x\n"), indent)
    assert docstring(with_docstring(code, "f", like), "f") == docstring(like, "f")


@pytest.mark.parametrize("code", ["def f(x): return x\n", "def f(x):\n    'Its own.'; return x\n"])
@pytest.mark.parametrize("written", WRITTEN[:3])
def test_code_without_a_place_for_a_docstring_stays_as_it_is(code: str, written: str) -> None:
    assert with_docstring(code, "f", template(written)) == code


def test_a_docstring_comes_before_a_decorator_of_the_first_statement() -> None:
    code = "def f(x):\n    @staticmethod\n    def g():\n        return x\n    return g()\n"
    assert docstring(with_docstring(code, "f", template('"""Doc."""')), "f") == "Doc."


def test_a_function_of_a_docstring_alone_keeps_a_body() -> None:
    only = 'def f():\n    """Only this."""'
    assert with_docstring(only, "f", template("")) == only

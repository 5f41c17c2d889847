"""Reading and changing source by function."""

from __future__ import annotations

import ast

import pytest

from hakken.core.source import with_docstring


@pytest.mark.parametrize("own", ["", '    """Its own."""\n', '    """Its own,\n\n    in three lines.\n    """\n'])
@pytest.mark.parametrize("doc", ["", "Of the template.", "Of the template.\n\nWith more."])
def test_a_rewrite_has_the_docstring_of_the_template_or_none(own: str, doc: str) -> None:
    node = ast.parse(with_docstring(f"def f(x):\n{own}    return x\n", "f", doc)).body[0]
    assert isinstance(node, ast.FunctionDef)
    assert (ast.get_docstring(node) or "") == doc
    assert ast.unparse(node.body[-1]) == "return x"


def test_a_function_of_a_docstring_alone_keeps_a_body() -> None:
    assert with_docstring('def f():\n    """Only this."""', "f", "") == 'def f():\n    """Only this."""'

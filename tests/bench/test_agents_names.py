"""Names that a version of a masked function uses."""

from __future__ import annotations

from hakken.bench.agents.names import unknown, with_modules

MASKED = b"import math\ndef f(x):\n    raise NotImplementedError\ndef g(x):\n    return exp(x)\n"
CODE = "def f(x):\n    return sqrt(x) + x.sqrt(1)"


def test_a_version_gets_its_modules_and_the_rest_of_the_file_stays() -> None:
    content = MASKED.replace(b"    raise NotImplementedError", b"    return sqrt(x) + x.sqrt(1)")
    new, code = with_modules(content, MASKED, CODE)
    assert new == content.replace(b"return sqrt", b"return math.sqrt")
    assert code == "def f(x):\n    return math.sqrt(x) + x.sqrt(1)"
    assert unknown(new, MASKED) == ()
    assert unknown(content, MASKED) == ("sqrt",)


def test_what_cannot_be_read_is_left_to_a_run() -> None:
    latin = "# coding: latin-1\nimport math\n# ä\n".encode("latin-1") + MASKED
    assert with_modules(latin, MASKED, CODE) == (latin, CODE)
    deep = b"def f(x):\n    return " + b"-" * 5000 + b"x\n"
    assert with_modules(deep, MASKED, CODE) == (deep, CODE)
    assert unknown(deep, MASKED) == ()

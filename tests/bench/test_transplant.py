"""Bodies and what they use cross over, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.bench.masking import mask_file
from hakken.bench.transplant import transplant
from tests.bench.conftest import TINY

BASE = b'''\
"""Module."""
from __future__ import annotations

import math


def kept(x):
    return math.sqrt(x)


class C:
    def m(self, x):
        raise NotImplementedError()


def f(x):
    raise NotImplementedError()


if __name__ == "__main__":
    f(1)
'''


def agent(body: str, top: str = "", method: str = "raise NotImplementedError()", more: str = "") -> bytes:
    text = BASE.decode().replace("def f(x):\n    raise NotImplementedError()", f"{top}\ndef f(x):\n    {body}")
    return text.replace("        raise NotImplementedError()", f"        {method}{more}").encode()


@pytest.mark.parametrize("path", sorted((TINY / "repo" / "tiny").glob("*.py")), ids=lambda p: p.name)
def test_the_original_comes_back_byte_by_byte(path: Path) -> None:
    names = {"data.py": ["sample_line", "Walker.walk"], "fit.py": ["fit_line", "spread"]}.get(path.name, [])
    source = path.read_bytes()
    found = transplant(mask_file(source, names), source, names)
    assert found.content == source
    assert found.taken == tuple(names)
    assert not found.missing
    assert not found.helpers


def test_helpers_and_imports_that_are_used_come_along() -> None:
    top = "import os, random as r\nfrom json import dumps, loads\nLEVEL = 2\nUNUSED = 3\n\n"
    top += "def two(x):\n    return three(x)\n\n"
    top += "def three(x):\n    return LEVEL * x * r.random()\n\ndef unused():\n    pass\n"
    found = transplant(BASE, agent("return two(x) + len(dumps(x))", top), ["f"])
    assert set(found.helpers) == {"os", "r", "dumps", "loads", "LEVEL", "two", "three"}
    code = found.content.decode()
    assert "UNUSED" not in code
    assert "unused" not in code
    assert code.index("from __future__") < code.index("from json") < code.index("import math")
    assert code.index("def three") < code.index("def f(x)") < code.index("__main__")


def test_what_the_base_defines_stays() -> None:
    top = "import os as math\n\ndef kept(x):\n    return 0\n\nsum = len\n"
    found = transplant(BASE, agent("return kept(sum(x)) + math.pi", top), ["f"])
    assert found.helpers == ()
    assert "import os" not in found.content.decode()
    assert "return 0" not in found.content.decode()


@pytest.mark.parametrize(
    "top",
    [
        "kept, late = (lambda x: 0), 1",
        "late = (kept := 1)",
        "late = [kept := 1 for _ in 'a']",
        "kept: int = 0; late = 1",
        "math, late = 0, 1",
    ],
)
def test_a_helper_may_not_bind_a_name_that_the_base_binds(top: str) -> None:
    found = transplant(BASE, agent("return late", top + "\n"), ["f"])
    assert found.helpers == ()
    assert "late =" not in found.content.decode()


def test_names_in_other_letters_are_the_same_names() -> None:
    wide = "\uff4d\uff41\uff54\uff48"  # Python reads these letters as `math`
    found = transplant(BASE, agent("return late", f"import os as {wide}, re as late\n"), ["f"])
    assert found.helpers == ("late",) or wide not in found.content.decode()
    assert wide not in found.content.decode()


def test_a_variable_of_a_comprehension_is_no_name_of_the_module() -> None:
    found = transplant(BASE, agent("return TABLE[x]", "TABLE = {kept: kept for kept in range(3)}\n"), ["f"])
    assert found.helpers == ("TABLE",)


def test_methods_with_a_meaning_to_python_do_not_cross() -> None:
    more = "\n    def __getattribute__(self, name):\n        return 1"
    found = transplant(BASE, agent("pass", "", "return self.__getattribute__('x')", more), ["C.m"])
    assert found.helpers == ()


def test_a_very_long_file_is_not_read() -> None:
    found = transplant(BASE, BASE + b"x = 0\n" * 60_000, ["f"])
    assert found.taken == ()
    assert "too long" in found.missing[0]


def test_signature_and_decorators_are_the_bases() -> None:
    theirs = agent("return x").replace(b"def f(x):", b"@print\ndef f(x, y=print(1)):")
    assert b"def f(x):\n    return x\n" in transplant(BASE, theirs, ["f"]).content


def test_new_methods_of_the_class_come_along() -> None:
    more = "\n    def _a(self):\n        return self._b()\n    def _b(self):\n        return helper()"
    more += "\n    def _c(self): pass"
    found = transplant(BASE, agent("pass", "def helper():\n    return 1\n", "return self._a()", more), ["C.m"])
    assert set(found.helpers) == {"helper", "C._a", "C._b"}
    assert b"_c" not in found.content


def test_statements_that_act_do_not_cross() -> None:
    top = "print('hi')\nimport os; os.x = 1\nfor f in (): pass\nfrom os import *\nwith open('x'): pass\n"
    found = transplant(BASE, agent("return os.getcwd()", top), ["f"])
    assert found.helpers == ()
    assert b"print" not in found.content


@pytest.mark.parametrize(
    ("theirs", "reason"),
    [
        (BASE, "not written"),
        (b"x = 1\n", "not in the file"),
        (b"def f(:\n", "not valid Python"),
        (b"\xff\xfe", "not valid Python"),
        (b"x = " + b"(" * 100_000, "not valid Python"),
        (b"x = '" + b"a" * (1 << 20) + b"'", "too long"),
    ],
)
def test_what_cannot_be_taken_stays_masked(theirs: bytes, reason: str) -> None:
    found = transplant(BASE, theirs, ["f"])
    assert found.content == BASE
    assert found.taken == ()
    assert reason in found.missing[0]


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_survived(text: str) -> None:
    found = transplant(BASE, agent("pass", text.replace("\r", "")), ["f"])
    assert found.taken == ("f",) or found.content == BASE

"""Bodies and what they use cross over, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.bench.masking.bodies import mask_file
from hakken.bench.masking.transplant import transplant
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


def runs(source: bytes | str, call: str = "f(1)") -> object:
    """What a call gives after a file was run, or the name of the error."""
    space: dict[str, object] = {"__name__": __name__}  # dataclasses look their module up
    try:
        exec(source, space)
        return eval(call, space)
    except Exception as error:  # any code may be run here
        return type(error).__name__


LATE = """
def f(x):
    raise NotImplementedError()

DEFAULTS = 3

class Fit:
    size = 2

def wrap(function):
    return function

def used():
    return LATER

LATER = 5
"""


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ("return _h(x)", "def _h(x, c=DEFAULTS):\n    return x + c"),
        ("return _h(x)", "def _h(x, *, c=DEFAULTS):\n    return x + c"),
        ("return _h(x)", "def _h(x) -> Fit:\n    return x"),
        ("return _h(x)", "def _h(x: Fit):\n    return x"),
        ("return _H.size", "class _H(Fit):\n    pass"),
        ("return _H.deep", "class _H:\n    deep = Fit.size\n    def m(self): return missing"),
        ("return _h(x)", "@wrap\ndef _h(x):\n    return x"),
        ("return _T[0]", "_T = [used() for _ in range(2)]"),
        ("return _T", "_S = DEFAULTS\n_T = _S + 1"),
        ("return _S + _T", "_S = 1\n_T = _S\n_S = DEFAULTS"),
        ("return _T", "_T = f(None) if DEFAULTS < 0 else (lambda: LATER)()"),
        ("return _deco(x)", "def _outer(g):\n    return wrap(g)\n\n@_outer\ndef _deco(x):\n    return DEFAULTS + x"),
        ("return _a + _b", "_a = _b = DEFAULTS"),
        (
            "return len(_np.dumps(x))",
            "try:\n    import no_such_module as _np\nexcept ImportError:\n    import json as _np",
        ),
        ("return _jit(x)", "try: from nowhere import _jit\nexcept (ImportError, OSError):\n    def _jit(y): return y"),
        ("return HAVE", "try:\n    import json\nexcept ModuleNotFoundError:\n    HAVE = False\nelse:\n    HAVE = True"),
        (
            "return field(x)",
            "from dataclasses import dataclass\n@dataclass\nclass _D(Fit):\n    a: int = DEFAULTS\nfield = _D",
        ),
        ("return pi", "from math import pi"),
    ],
)
def test_what_a_helper_needs_when_it_is_defined_stands_before_it(body: str, more: str) -> None:
    theirs = LATE.replace("raise NotImplementedError()", body) + more + "\n"
    found = transplant(LATE.encode(), theirs.encode(), ["f"])
    expected = runs(theirs, "repr(f(1))")
    assert runs(found.content, "repr(f(1))") == expected
    assert not str(expected).endswith("Error")
    alone = f"def f(x):\n    {body}\n\n{more}\n"  # a reply of a model, without the rest of the file
    assert runs(transplant(LATE.encode(), alone.encode(), ["f"]).content, "repr(f(1))") == expected


def test_annotations_that_the_agents_file_does_not_evaluate() -> None:
    more = "def _h(x: Missing) -> list[Missing]:\n    def inner(y: Missing): return y\n    return inner(x)\n\n"
    more += "@dataclass\nclass _D:\n    a: Missing = 1\n"
    theirs = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    theirs += LATE.replace("raise NotImplementedError()", "return _h(_D().a)") + more
    found = transplant(LATE.encode(), theirs.encode(), ["f"])
    assert runs(found.content) == runs(theirs) == 1
    assert b"__future__" not in found.content


def test_imports_find_what_the_file_finds() -> None:
    base = "import sys\nsys.path.insert(0, 'lib')\nimport own\n\n\ndef f(x):\n    raise NotImplementedError()\n"
    theirs = base.replace("raise NotImplementedError()", "return late(x)").replace("import own", "import own, late")
    code = transplant(base.encode(), theirs.encode(), ["f"]).content.decode()
    assert code.index("sys.path") < code.index("import late")


def test_an_import_that_waits_for_the_file_still_waits() -> None:
    base = "def f(x):\n    raise NotImplementedError()\n\n\ndef g():\n    return 1\n"
    theirs = base.replace("raise NotImplementedError()", "return other") + "\nfrom package.module import other\n"
    code = transplant(base.encode(), theirs.encode(), ["f"]).content.decode()
    assert code.index("def g") < code.index("import other")


@pytest.mark.parametrize(
    ("ours", "theirs", "taken"),
    [
        ("x", "x, eps=1e-9", True),
        ("x", "x, a: int = -1, b=None, c='t', d=(1, 2)", True),
        ("x", "x, *, eps=1e-9", True),
        ("x, *, k", "x, *, k, eps=2", True),
        ("x, *args, k=1, **kw", "x, *args, k=1, eps=2, **kw", True),
        ("x, /, y=1", "x, /, y=1, eps=2", True),
        ("", "eps=2", True),
        ("x", "x, eps", False),
        ("x", "x, eps=print(1)", False),
        ("x", "x, eps=[]", False),
        ("x", "x, eps=LEVEL", False),
        ("x", "x, eps=1, other=LEVEL", False),
        ("x", "eps=1, x=2", False),
        ("x", "y, eps=1", False),
        ("x", "x, *args, eps=1", False),
        ("x, *args", "x, eps=1, *args", False),
        ("x, y=1", "x, eps=1, y=1", False),
    ],
)
def test_of_a_changed_signature_only_new_options_are_taken(ours: str, theirs: str, taken: bool) -> None:
    base = f"LEVEL = 1\n\ndef f({ours}) -> int:\n    raise NotImplementedError()\n"
    agent = f"LEVEL = 1\n\ndef f({theirs}):\n    return 1\n"
    found = transplant(base.encode(), agent.encode(), ["f"])
    code = found.content.decode()
    assert found.taken == ("f",)
    assert ("eps" in code) or "b=None" in code if taken else f"def f({ours}) -> int:" in code
    assert runs(code, "callable(f)") is True


def test_a_guarded_import_binds_no_name_of_the_file() -> None:
    for top in (
        "try:\n    import os as math\nexcept ImportError:\n    late = 1\nelse:\n    late = 2",
        "try:\n    import late\nexcept ImportError:\n    kept = 1",
        "try:\n    import late\nexcept ImportError as math:\n    pass",
        "try:\n    import late\nexcept ImportError:\n    print('acts')",
        "try:\n    import late\nfinally:\n    pass",
        "try:\n    import late\nexcept print(1):\n    pass",
        "try:\n    late = 1\nexcept ImportError:\n    pass",
        "try:\n    from late import *\nexcept ImportError:\n    late = 1",
    ):
        code = transplant(BASE, agent("return late", top + "\n"), ["f"]).content.decode()
        assert "os as math" not in code
        assert "kept = 1" not in code
        assert "as math:" not in code
        assert "print" not in code
        assert runs(code, "kept(4)") == 2.0


def _files() -> st.SearchStrategy[tuple[str, str]]:
    """A masked file and one with two functions written, helpers of many kinds anywhere in it."""

    @st.composite
    def drawn(draw: st.DrawFn) -> tuple[str, str]:
        base: list[str] = []
        theirs: list[str] = []
        known: list[str] = []

        def use() -> str:
            """An expression of something that stands before."""
            return draw(st.sampled_from(known)) if known else str(draw(st.integers(1, 9)))

        def statement(name: str) -> str:
            kind = draw(st.sampled_from(["constant", "default", "class", "decorated", "call", "later", "annotated"]))
            known.append(f"{name}()" if kind in ("default", "decorated", "later", "annotated") else name)
            if kind == "constant":
                return f"{name} = {use_before(name)} + 1"
            if kind == "default":
                return f"def {name}(a={use_before(name)}):\n    return a"
            if kind == "class":
                known[-1] = f"{name}.v"
                return f"class {name}:\n    v = {use_before(name)}\n    def m(self): return Missing"
            if kind == "decorated":
                return (
                    f"@(lambda g, k={use_before(name)}: lambda: g() + k)\ndef {name}():\n    return {use_before(name)}"
                )
            if kind == "later":
                return f"def {name}():\n    return {use_before(name)} + END"
            if kind == "annotated":
                return f"def {name}(a: ({use_before(name)}) = 1) -> ({use_before(name)}):\n    return a"
            return f"{name}: int = (lambda: {use_before(name)})()"

        def use_before(name: str) -> str:
            held = known.pop() if known and known[-1].startswith(name) else None
            found = use()
            if held:
                known.append(held)
            return found

        base.append("END = 1")
        theirs.append("END = 1")
        order = draw(st.permutations(["f", "g", *["base"] * 4, *["helper"] * 5]))
        for index, what in enumerate(order):
            if what in ("f", "g"):
                head = f"def {what}(x):\n    "
                base.append(head + "raise NotImplementedError()")
                theirs.append(f"{head}return RESULT_{what}(x)")
            else:
                code = statement(f"{'B' if what == 'base' else 'H'}{index}")
                theirs.append(code)
                if what == "base":
                    helpers = [k for k in known if k.startswith("H")]
                    known[:] = [k for k in known if not k.startswith("H")]
                    known.pop()
                    code = statement(f"B{index}")  # what the file has does not know the agent's helpers
                    theirs[-1] = code
                    base.append(code)
                    known.extend(helpers)
        everything = ", ".join(known) or "1"
        for name in ("f", "g"):
            place = draw(st.integers(1, len(theirs)))
            theirs.insert(place, f"def RESULT_{name}(x):\n    return x, {everything}")
        return "\n\n".join(base) + "\n", "\n\n".join(theirs) + "\n"

    return drawn()


@settings(max_examples=25, deadline=None)
@given(_files())
def test_what_runs_in_the_workspace_runs_in_the_pristine_copy(files: tuple[str, str]) -> None:
    base, theirs = files
    expected = runs(theirs, "f(1), g(2)")
    assert not isinstance(expected, str), (expected, theirs)
    found = transplant(base.encode(), theirs.encode(), ["f", "g"])
    assert runs(found.content, "f(1), g(2)") == expected, found.content.decode()

"""What else crosses with a helper: statements that fill a new table, and further modules of a package."""

from __future__ import annotations

import re

import pytest

from hakken.bench.agents.writing import put
from hakken.bench.masking.transplant import transplant
from tests.bench.test_transplant import BASE, LATE, agent, runs


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ("return _T[x]", "_T = {}\nfor i in range(3):\n    _T[i] = DEFAULTS + i"),
        ("return _W", "_W = [0.0] * 3\n_W[0] = 2.0\n_W[1:] = [1.0]"),
        ("return EPS", "if DEFAULTS > 2:\n    EPS = 1e-9\nelse:\n    EPS = 1e-6"),
        ("return _N", "_N = 1\nwhile _N < DEFAULTS:\n    _N += 1"),
        (
            "return _L, _M",
            "def _h(x): return -x\n_L = []\nfor i in range(3):\n    _L.append(_h(i))\n_L.sort()\n_M = _L[0]",
        ),
        (
            "return _G[1]",
            "import collections\n_G = collections.defaultdict(list)\nfor a in (1, 2):\n    _G[a].append(b := a)",
        ),
        (
            "return _D",
            "_D = [[0] * 2 for _ in (0, 1)]\nfor i in (0, 1):\n    for _D[i][0], j in [(i, 1)]:\n        _D[i][j] = 7",
        ),
        ("return _T", "_T = {}\nfor _k in range(2):\n    def _h(x): return LATER + x\n    _T[_k] = _h(_k)"),
        ("return loads('1')", "if DEFAULTS:\n    from json import loads\nelse:\n    loads = None"),
    ],
)
def test_what_fills_a_table_comes_with_it(body: str, more: str) -> None:
    theirs = LATE.replace("raise NotImplementedError()", body) + more + "\n"
    expected = runs(theirs, "repr(f(1))")
    assert not str(expected).endswith("Error")
    assert runs(transplant(LATE.encode(), theirs.encode(), ["f"]).content, "repr(f(1))") == expected


@pytest.mark.parametrize(
    "top",
    [
        "late = {}\nfor i in range(2):\n    late[i] = 9\n    TABLE[0] = 9",
        "late = {}\nfor TABLE[0] in (9,):\n    late[0] = 1",
        "late = {}\nfor kept in (9,):\n    late[0] = 1",
        "late = {}\nif True:\n    late[0] = 1\n    TABLE.append(9)",
        "late = {}\nif True:\n    late[0] = 1\n    print(9)",
        "late = {}\nif True:\n    late[0] = 1\n    math.pi = 9",
        "late = {}\nif (kept := 9):\n    late[0] = 1",
        "late = {}\nwith open('9'):\n    late[0] = 1",
        "late = {}\nfor late.x in (9,):\n    pass",
        "late = {}\nif __name__:\n    late[0] = 9",
        "late = {}\nif True:\n    late[0] = 9\n    import os as math",
        "late = {}\nif True:\n    late[0] = 9\n    from os import *",
        "late = TABLE\nlate[0] = 9",
        "late = TABLE\nlate += [9]",
        "late = math\nlate.pi = 9",
        "import math as late\nlate.pi = 9",
        "import json as late\nlate.__dict__['dump'] = 9",
        "import json as late\nlate.__dict__.update(dump=9)",
        "late = []\nlate = TABLE\nlate.append(9)",
        "late = []\nother = [late := TABLE]\nlate.append(9)",
        "late = []\ndef g():\n    global late\n    late = TABLE\nlate.append(9)",
        "late = []\nfor late in (TABLE,):\n    late.append(9)",
    ],
)
def test_what_changes_more_than_a_new_table_does_not_come(top: str) -> None:
    base = BASE.replace(b"import math\n", b"import math\n\nTABLE = [1]\n")
    theirs = agent("return late", f"{top}\n").replace(b"import math\n", b"import math\n\nTABLE = [1]\n", 1)
    code = transplant(base, theirs, ["f"]).content.decode()
    assert "return late" in code
    assert runs(code, "TABLE, kept(4), math.pi > 3") == ([1], 2.0, True)
    for line in (
        "TABLE[",
        ".append(",
        "+=",
        "pi = 9",
        "dump",
        "kept in",
        "kept :=",
        "print",
        "open",
        "import *",
        "os as",
    ):
        assert line not in code
    assert "__name__:" not in code


PACKAGES = """
import xml.dom
import os.path as place
import collections
try:
    import json
except ImportError:
    json = None

def f(x):
    raise NotImplementedError()
"""


@pytest.mark.parametrize(
    ("body", "more", "came"),
    [
        ("return xml.sax.__name__", "import xml.sax", ("xml",)),
        ("return _h()", "import xml.sax\ndef _h(): return xml.sax.__name__", ("xml", "_h")),
        ("return xml.sax.__name__", "import re, xml.sax, xml.dom.minidom", ("re", "xml")),
        ("return collections.abc.__name__", "import collections.abc", ("collections",)),
        ("return xml.dom.__name__", "import xml.sax", ()),
        ("return xml.sax", "import json as xml", ()),
        ("return xml.sax", "try:\n    import xml.sax\nexcept ImportError:\n    xml = 1", ()),
        ("return json.tool", "import json.tool", ()),
        ("return place.x", "import place.x", ()),
    ],
)
def test_a_module_is_added_to_a_package_that_the_file_imports(body: str, more: str, came: tuple[str, ...]) -> None:
    theirs = PACKAGES.replace("raise NotImplementedError()", body) + more + "\n"
    found = transplant(PACKAGES.encode(), theirs.encode(), ["f"])
    assert found.helpers == came
    code = found.content.decode()
    assert code.count("import xml.dom\n") == 1
    assert bool(re.search(r"^import .*xml\.sax", code, re.MULTILINE)) is ("xml" in came)
    if came:
        assert runs(code) == runs(theirs)


def test_a_package_that_is_bound_otherwise_too_is_left_alone() -> None:
    for more in (
        "def g():\n    global xml\n    xml = 1\n",
        "for xml in ():\n    pass\n",
        "from re import *\n",
        "match 1:\n    case xml:\n        pass\n",
        "def xml(): pass\n",
        "del xml\n",
    ):
        base = PACKAGES + more
        theirs = base.replace("raise NotImplementedError()", "return xml.sax") + "import xml.sax\n"
        assert transplant(base.encode(), theirs.encode(), ["f"]).helpers == ()


def test_of_a_reply_no_statement_beside_definitions_comes() -> None:
    reply = "import xml.sax\n_T = {}\nfor i in range(3):\n    _T[i] = i\ndef f(x):\n    return _T, xml.sax\n"
    for ran, came in ((True, ("xml", "_T", "i")), (False, ("_T",))):
        assert transplant(PACKAGES.encode(), reply.encode(), ["f"], ran=ran).helpers == came
    written = put(PACKAGES.encode(), "f", f"```python\n{reply}```").decode()
    assert ("_T = {}" in written, "for i" in written, "import xml.sax" in written) == (True, False, False)

"""What a small model is shown: files in outline, names that are imported, values that a run has."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.bench.agents.capture import captured, watched
from hakken.bench.agents.context import Retrieval, Surroundings, close_context, context_of
from hakken.bench.agents.hole import hole_of
from hakken.bench.agents.inbox.hakken_capture import describe, fingerprint
from hakken.bench.agents.outline import imported, outline
from hakken.bench.agents.writing import code_of, problem_with, put
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import RunJob
from hakken.bench.masking.bodies import MaskError
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.types import Experiment, FunctionRef

FILE = '''"""A file."""

from __future__ import annotations

import math
from pkg.other import LIMIT, Thing, helper

RATE = 0.5


class Walker(Thing):
    """Walks.

    At length."""

    pace: float

    def __init__(self, place):
        self.place = place

    def go(self, steps):
        """Go."""
        raise NotImplementedError()

    @property
    def far(self) -> bool:
        """Whether it is far."""
        a = 1
        b = 2
        return a + b


def short(x):
    """Short, and like the other."""
    return x + 1


def wanted(x):
    """Not shown."""
    raise NotImplementedError()
'''
OTHER = '''"""Others."""

LIMIT: int = 3


class Thing:
    """A thing."""


def helper(a, *, b=2) -> int:
    """Helps."""
    return a


def unused():
    """Not imported."""
'''


def test_a_file_in_outline() -> None:
    shown = outline(FILE, "wanted", {"short"})
    assert shown.splitlines() == [
        "import math",
        "from pkg.other import LIMIT, Thing, helper",
        "RATE = 0.5",
        "class Walker(Thing):  # Walks.",
        "    pace: float",
        "    def __init__(self, place):",
        "        self.place = place",
        "    def go(self, steps):  # Go.",
        "        ...",
        "    @property",
        "    def far(self) -> bool:  # Whether it is far.",
        "        ...",
        "def short(x):  # Short, and like the other.",
        "    return x + 1",
    ]
    assert "def go" not in outline(FILE, "Walker.go")
    assert outline("def (", "x") == ""


def test_what_a_file_imports_from_its_repository(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "other.py").write_text(OTHER)
    shown = imported(FILE, tmp_path, "pkg/file.py")
    assert shown.splitlines() == [
        "# from pkg.other",
        "LIMIT: int = 3",
        "class Thing:  # A thing.",
        "    ...",
        "def helper(a, *, b=2) -> int:  # Helps.",
        "    ...",
    ]
    assert imported(FILE.replace("pkg.other", ".other"), tmp_path, "pkg/file.py").endswith(shown.partition("\n")[2])
    assert imported("from ...etc import passwd", tmp_path, "pkg/file.py") == ""


def test_values_of_a_real_call(tasks: Mapping[str, TaskFolder], lab: Lab) -> None:
    task = tasks["tiny-n1-1"]
    (found,) = captured(task.visible_repo, task.task.functions[0], task.task.experiments, lab)
    assert found["steps"] == "200"
    assert found["self"].startswith("Walker(source: Random")
    nobody = FunctionRef.parse("tiny/fit.py:fit_line")  # written, so that nothing but its own call is seen
    assert captured(task.visible_repo, nobody, (), lab) == ()
    shown = close_context(task.visible_repo, task.task.functions[0], (found,))
    assert "def sample_line(seed, points, noise):" in shown.outline
    assert shown.examples[0]["steps"] == "200"


def test_a_paper_of_the_repository_may_be_in_any_encoding(tasks: Mapping[str, TaskFolder], tmp_path: Path) -> None:
    task = tasks["tiny-n1-1"]
    shutil.copytree(task.visible_repo, tmp_path / "repo")
    (tmp_path / "repo" / "paper.txt").write_bytes(b"A walk of so many st\xe9ps returns every place of it.\n")
    function = task.task.functions[0]
    (passage,) = context_of(tmp_path / "repo", function, Retrieval.PAPER).paper
    assert passage.endswith("returns every place of it.")
    assert close_context(tmp_path / "repo", function, ()).paper == (passage,)


def test_a_repository_with_such_modules_is_run_as_it_is(tmp_path: Path, tasks: Mapping[str, TaskFolder]) -> None:
    job = RunJob(tree=tmp_path, experiment=tasks["tiny-n1-1"].task.experiments[0])
    assert watched(job, FunctionRef.parse("a.py:f"), tmp_path / "inbox").shown == (tmp_path / "inbox",)
    (tmp_path / "hakken_capture.py").write_text("")
    assert watched(job, FunctionRef.parse("a.py:f"), tmp_path / "inbox") == job


def test_a_repository_s_modules_come_before_those_of_python_only_where_they_always_do(tmp_path: Path, lab: Lab) -> None:
    (tmp_path / "scripts").mkdir()
    for name in ("types", "statistics", "enum"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('not this one')\n")
    (tmp_path / "scripts" / "run.py").write_text("def f(x):\n    raise NotImplementedError()\n\n\nf(3)\n")
    experiment = Experiment(name="e", command=("python", "scripts/run.py"), results="r.json", seconds=1.0)
    assert captured(tmp_path, FunctionRef.parse("scripts/run.py:f"), [experiment], lab) == ({"x": "3"},)


class Odd:
    """Breaks when it is looked at."""

    def __init__(self) -> None:
        self.x = 1

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3.5, "3.5"),
        ("x" * 100, "str of 100: '" + "x" * 69 + "…"),
        ({"a": [1, 2, 3, 4]}, "dict('a': list of 4: 1, 2, 3, …)"),
        ((1, "b"), "tuple of 2: 1, 'b'"),
        (Odd(), "Odd(x: 1)"),
        (len, "function len(obj, /)"),
        (int, "class int(…)"),
    ],
)
def test_values_in_words(value: object, said: str) -> None:
    assert describe(value) == said


def test_arrays_in_words() -> None:
    np = pytest.importorskip("numpy")
    assert describe(np.arange(12.0).reshape(3, 4)) == "array of float64, shape (3, 4), first values 0, 1, 2, 3, 4, 5"
    assert describe(np.float64(2.5)) == "np.float64(2.5)"
    assert describe(np.zeros((0, 2))) == "array of float64, shape (0, 2), first values "


@given(
    st.recursive(st.none() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_any_value_is_described_in_little(value: object) -> None:
    assert len(describe(value)) <= 280


def test_values_that_agree_have_one_fingerprint() -> None:
    values = np.arange(6.0)
    assert fingerprint(values) == fingerprint(values.tolist()) == fingerprint(tuple(range(6)))
    assert fingerprint(values) == fingerprint(values + 1e-9)
    assert fingerprint({"a": 1, "b": values > 2}) == fingerprint({"b": (values > 2).astype(int), "a": np.float64(1)})
    different = [
        values,
        values[::-1],
        values[:, None],
        values * 1e9,
        -values,
        values[:5],
        (values, 1),
        None,
        "text",
        [[0]],
    ]
    assert len({fingerprint(value) for value in different}) == len(different)
    assert fingerprint(object()) == ""


@given(st.lists(st.floats(allow_nan=True), max_size=5))
def test_a_fingerprint_is_of_the_value_alone(values: list[float]) -> None:
    assert fingerprint(values) == fingerprint(list(values)) != ""


def test_a_function_as_a_hole(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text(FILE)
    nothing = Surroundings(
        file="file.py", stub="", outline="", imported="", uses="go(3)", paper=("It walks.",), examples=()
    )
    shown = nothing.model_copy(update={"examples": ({"steps": "3"},)})
    hole = hole_of(tmp_path, FunctionRef.parse("file.py:Walker.go"), shown)
    assert hole.infill.prefix.endswith('        """Go."""\n')
    assert hole.infill.prefix.startswith('"""A file."""')
    assert hole.infill.suffix.startswith("\n\n    @property")
    assert "raise NotImplementedError" not in hole.infill.prefix
    assert hole.infill.others[0] == ("paper.txt", "It walks.")
    assert hole.infill.others[1:] == (("arguments of go.txt", "steps = 3"),)
    body = "        self.place += steps\n        return self.place\n\n    def other(self):\n        pass\n"
    whole = 'def go(self, steps):\n    """Go."""\n    self.place += steps\n    return self.place\n'
    for reply in (body, body.strip()):
        got = hole.filled(reply)
        assert problem_with(got, "Walker.go") is None
        assert code_of(got).strip() == whole.strip()
    assert problem_with(hole.filled(""), "Walker.go") is not None
    top = hole_of(tmp_path, FunctionRef.parse("file.py:wanted"), nothing)
    assert code_of(top.filled("    return 2 * x\n\nprint(3)\n")).strip().endswith("return 2 * x")
    assert top.infill.suffix == "\n"
    alone = hole_of(tmp_path, FunctionRef.parse("file.py:wanted"), nothing, alone=True).infill
    assert alone.prefix.endswith('RATE = 0.5\n\ndef wanted(x):\n    """Not shown."""\n')
    assert "import math" in alone.prefix
    assert "Walker" not in alone.prefix
    assert alone.suffix == "\n"
    beside = nothing.model_copy(update={"imported": "# from a\ndef f(x):  # Halves.\n    ..."})
    assert hole_of(tmp_path, FunctionRef.parse("file.py:wanted"), beside).infill.others[-1][1] == (
        "# from a\ndef f(x):  # Halves.\n"
    )
    assert hole_of(tmp_path, FunctionRef.parse("file.py:Walker.go"), nothing, alone=True) == hole_of(
        tmp_path, FunctionRef.parse("file.py:Walker.go"), nothing
    )
    for dots in ("    ...", "    ...  # as said", "    ...\n```\nThis returns it."):
        assert "still missing" in (problem_with(top.filled(dots), "wanted") or "")
    assert problem_with(top.filled("    return x[..., 0]"), "wanted") is None
    long = FILE.replace("RATE = 0.5", "RATE = 0.5\n" + "\n".join(f"def f{n}(x):\n    return {n}\n" for n in range(300)))
    (tmp_path / "file.py").write_text(long)
    cut = hole_of(tmp_path, FunctionRef.parse("file.py:wanted"), nothing).infill.prefix
    assert len(cut) < 2_000
    assert cut.startswith('"""A file."""')
    assert "import math" in cut
    assert "\n# …\n\n" in cut
    with pytest.raises(MaskError):
        hole_of(tmp_path, FunctionRef.parse("file.py:nobody"), nothing)


MISSING = "raise NotImplementedError()\n"


@pytest.mark.parametrize(
    ("text", "name", "reply"),
    [
        (f"class Walker:\n\tdef go(self, steps):\n\t\t{MISSING}", "Walker.go", "\t\tif steps:\n\t\t\treturn steps\n"),
        (
            f"class Walker:\n\tdef go(self, steps):\n\t\t{MISSING}",
            "Walker.go",
            "        return steps\n\n    def a(self):",
        ),
        (f"class Walker:\n\tdef go(self, steps):\n\t\t{MISSING}", "Walker.go", "return steps"),
        (f"if True:\n    def go(steps):\n        {MISSING}", "go", "        if steps:\n            return steps\n"),
        (f"\ufeffdef go(steps):\n    {MISSING}", "go", "    return steps\n\n\ngo(3)\n"),
    ],
)
def test_a_hole_wherever_a_function_can_stand(text: str, name: str, reply: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(text)
    nothing = Surroundings(file="a.py", stub="", outline="", imported="", uses="", paper=(), examples=())
    hole = hole_of(tmp_path, FunctionRef.parse(f"a.py:{name}"), nothing, alone=True)
    whole = hole.filled(reply)
    assert problem_with(whole, name) is None
    code = put(text.encode(), name, code_of(whole))
    compile(code, "a.py", "exec")
    assert code.count(b"return steps") == 1
    assert b"NotImplementedError" not in code

"""Tools: what they do, what they refuse, and that nothing outside of the workspace is reached."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.agents.tools import EditHistory, Observation, Place, Shell, Tool, Toolbox, editor_tools, reader_tools
from hakken.agents.tools.base import clip, describe
from hakken.agents.tools.editor import CreateFile, InsertLines, ReplaceText, RewriteFunction, UndoEdit
from hakken.agents.tools.finish import Finish, GiveAnswer
from hakken.agents.tools.functions import functions_in, rewrite
from hakken.agents.tools.notes import Notebook, ReadNotes, WriteNote, note_tools
from hakken.agents.tools.place import OutOfPlace
from hakken.agents.tools.reader import ListFiles, ReadLines, SearchText
from hakken.agents.tools.shell import RunCommand
from hakken.core.errors import UsageError
from hakken.core.source import SourceError
from hakken.core.types import Limits

CODE = '''"""Shapes."""

import math


class Circle:
    """Round."""

    def area(self):
        raise NotImplementedError()


@decorated
def total(shapes):
    return sum(shape.area() for shape in shapes)
'''


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A workspace with a secret beside it."""
    root = tmp_path / "workspace"
    root.mkdir()
    (tmp_path / "gold.json").write_text("secret: kilimanjaro")
    (root / "shapes.py").write_text(CODE)
    (root / "data").mkdir()
    (root / "data" / "numbers.txt").write_text("\n".join(f"line {n}" for n in range(1, 501)))
    return Place(root)


@pytest.fixture
def box(place: Place) -> Toolbox:
    """All tools that need no command."""
    return Toolbox([*reader_tools(place), *editor_tools(EditHistory(place)), *note_tools(Notebook())])


def test_reading_listing_and_searching(box: Toolbox) -> None:
    assert box.use(ReadLines(path="shapes.py", first=6, last=7)).text == '   6 class Circle:\n   7     """Round."""'
    some = box.use(ReadLines(path="data/numbers.txt"))
    assert some.text.startswith("   1 line 1\n")
    assert some.text.endswith("[300 more lines; read on from 201]")
    assert box.use(ReadLines(path="data/numbers.txt", first=501)).failed
    assert box.use(ListFiles()).text == "data/numbers.txt\nshapes.py"
    found = box.use(SearchText(pattern="AREA|nowhere"))
    assert found.text.splitlines()[0] == "shapes.py:9: def area(self):"
    assert "Nothing matches" in box.use(SearchText(pattern="(a+)+$")).text
    assert "There is shapes.py" not in box.use(ReadLines(path="other.py")).text
    assert "There is data/numbers.txt" in box.use(ReadLines(path="numbers.txt")).text


@pytest.mark.parametrize("name", ["../gold.json", "/etc/passwd", "link", "links/gold.json", "data/../../gold.json"])
def test_nothing_outside_is_read_or_written(place: Place, box: Toolbox, tmp_path: Path, name: str) -> None:
    (place.root / "link").symlink_to(tmp_path / "gold.json")
    (place.root / "links").symlink_to(tmp_path)
    for action in (
        ReadLines(path=name),
        CreateFile(path=name, text="changed"),
        ReplaceText(path=name, old="secret", new="changed"),
        SearchText(pattern="secret", path=name),
    ):
        seen = box.use(action)
        assert seen.failed
        assert "kilimanjaro" not in seen.text
    assert (tmp_path / "gold.json").read_text() == "secret: kilimanjaro"
    assert "kilimanjaro" not in box.use(SearchText(pattern="secret")).text


def test_what_is_no_file_is_not_waited_for(place: Place, box: Toolbox) -> None:
    os.mkfifo(place.root / "pipe")
    assert box.use(ReadLines(path="pipe")).failed
    (place.root / "bytes").write_bytes(b"\xff\xfe\x00")
    assert box.use(ReadLines(path="bytes")).text == "bytes is not a text file."
    (place.root / "large").write_bytes(b"x" * (1 << 21))
    assert "larger than 1024 kB" in box.use(ReadLines(path="large")).text
    with pytest.raises(OutOfPlace):
        place.read("data")


@pytest.mark.parametrize("name", ["n" * 300, "n" * 300 + "/below", "d/" * 3000 + "x"])
def test_a_name_that_no_disk_takes_is_refused_by_every_tool(box: Toolbox, name: str) -> None:
    for action in (
        ReadLines(path=name),
        ListFiles(path=name),
        SearchText(pattern="x", path=name),
        CreateFile(path=name, text="x"),
        ReplaceText(path=name, old="x", new="y"),
    ):
        seen = box.use(action)
        assert seen.failed
        assert "cannot be used" in seen.text
        assert len(seen.text) < 200


def test_a_folder_in_the_place_of_a_new_file_is_not_taken_back(place: Place, box: Toolbox) -> None:
    assert not box.use(CreateFile(path="new", text="x")).failed
    (place.root / "new").unlink()
    (place.root / "new").mkdir()
    assert box.use(UndoEdit(path="new")).failed


def test_edits_and_taking_them_back(place: Place, box: Toolbox) -> None:
    seen = box.use(ReplaceText(path="shapes.py", old="import math\n", new="import math\nimport random\n"))
    assert "   4 import random" in seen.text
    assert box.use(InsertLines(path="./shapes.py", line=0, text="# top")).text.startswith("./shapes.py is changed")
    assert place.text("shapes.py").startswith('# top\n"""Shapes."""')
    assert not box.use(CreateFile(path="new/file.py", text="x = 1")).failed
    assert place.text("new/file.py") == "x = 1\n"
    assert box.use(UndoEdit(path="new/file.py")).text == "new/file.py is gone again."
    assert not place.exists("new/file.py")
    box.use(UndoEdit(path="shapes.py"))
    box.use(UndoEdit(path="shapes.py"))
    assert place.text("shapes.py") == CODE
    assert box.use(UndoEdit(path="shapes.py")).refused_edit


def test_an_edit_that_breaks_a_file_is_refused_with_the_reason(place: Place, box: Toolbox) -> None:
    broken = box.use(ReplaceText(path="shapes.py", old="return sum(", new="return sum(("))
    assert broken.refused_edit
    assert "would break" in broken.text
    assert "sum((" in broken.text
    for action, said in (
        (ReplaceText(path="shapes.py", old="nothing of the kind", new=""), "does not stand"),
        (ReplaceText(path="shapes.py", old="shape", new="x"), "times"),
        (ReplaceText(path="shapes.py", old="math", new="math"), "stay as it is"),
        (InsertLines(path="shapes.py", line=99, text="x"), "only 15 lines"),
        (RewriteFunction(path="shapes.py", function="area", code="def area(self): return 1"), "There is Circle.area"),
        (RewriteFunction(path="shapes.py", function="total", code="def other(): pass"), "does not define total"),
    ):
        seen = box.use(action)
        assert seen.refused_edit, action
        assert said in seen.text
    assert place.text("shapes.py") == CODE


def test_a_method_is_rewritten_with_its_imports(place: Place, box: Toolbox) -> None:
    code = "from math import pi\n\ndef area(self):\n    return pi * self.radius**2"
    assert not box.use(RewriteFunction(path="shapes.py", function="Circle.area", code=code)).failed
    text = place.text("shapes.py")
    assert "    def area(self):\n        return pi * self.radius**2\n" in text
    assert text.index("from math import pi") < text.index("class Circle")
    assert list(functions_in(text)) == ["Circle.area", "total"]
    whole = "class Circle:\n    def area(self):\n        return 2\n"
    assert "        return 2\n" in rewrite(text, "Circle.area", whole)
    decorated = rewrite(text, "total", "import os\n@decorated\ndef total(shapes):\n    return 0\n")
    assert decorated.count("@decorated") == 1
    assert decorated.index("import os") < decorated.index("@decorated")


@given(st.text(max_size=200), st.sampled_from(["Circle.area", "total", "missing"]))
def test_rewriting_gives_python_or_says_why(code: str, name: str) -> None:
    try:
        text = rewrite(CODE, name, code)
    except SourceError:
        return
    assert name in functions_in(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("class A:\n\tdef f(self):\n\t\tpass\n", "A.f"),
        ("if True:\n    def f(self):\n        pass\n", "f"),
        ("try:\n\timport json\nexcept ImportError:\n\tdef f(self):\n\t\tpass\n", "f"),
        ("match 1:\n    case 1:\n        class A:\n            def f(self):\n                pass\n", "A.f"),
    ],
)
def test_a_function_is_rewritten_wherever_it_stands(text: str, name: str) -> None:
    new = rewrite(text, name, "def f(self):\n    if self:\n        return 7\n")
    compile(new, "a.py", "exec")
    assert "return 7" in new
    assert "pass" not in new


def test_names_and_marks_that_are_no_plain_text(place: Place, box: Toolbox) -> None:
    (place.root / os.fsdecode(b"d\xe9.txt")).write_text("walk")
    (place.root / "marked.py").write_bytes(b"\xef\xbb\xbfx = 1\n")
    assert "d\\xe9.txt" in box.use(ListFiles()).text
    assert box.use(SearchText(pattern="nowhere")).text
    assert box.use(ReplaceText(path="marked.py", old="x = 1", new="x = 2")).failed is False
    assert (place.root / "marked.py").read_text() == "x = 2\n"


def test_an_output_that_was_cut_says_so(place: Place) -> None:
    shell = Shell(place, Limits(output_kb=100))
    said = shell.use(RunCommand(command="head -c 300000 /dev/zero | tr '\\0' 'a'", seconds=20)).text
    assert "more bytes were printed and are lost" in said


def test_commands_run_in_the_workspace_alone(place: Place, tmp_path: Path) -> None:
    shell = Shell(place, Limits(wall_seconds=20, cpu_seconds=20))
    seen = shell.use(RunCommand(command="python -c 'print(6 * 7)'; pwd; ls; echo x > made.txt"))
    assert seen.text == "42\n.\ndata\nshapes.py\n[exit code 0]"
    assert place.text("made.txt") == "x\n"
    outside = shell.use(RunCommand(command=f"cat {tmp_path}/gold.json"))
    assert outside.failed
    assert "kilimanjaro" not in outside.text
    assert shell.use(RunCommand(command="  ")).failed
    slow = shell.use(RunCommand(command="echo begun; sleep 30", seconds=1))
    assert slow.text == "begun\n[ended: its limit of time was met]"
    long = shell.use(RunCommand(command="seq 1 100000"))
    assert long.text.startswith("1\n2\n")
    assert long.text.endswith("100000\n[exit code 0]")
    assert len(long.text) < 11_000


def test_notes_stay_and_are_bounded() -> None:
    box = Toolbox(list(note_tools(Notebook())))
    assert box.use(ReadNotes()).text == "There are no notes."
    assert box.use(WriteNote(text=" ")).failed
    for _ in range(40):
        box.use(WriteNote(text="the  loss\nis 3"))
    assert box.use(WriteNote(text="one more")).failed
    assert box.use(ReadNotes()).text.startswith("1. the loss is 3\n2. ")


def test_the_answer_is_checked_before_it_is_taken() -> None:
    taken: list[object] = []

    def accept(answer: dict[str, object], words: str) -> str | None:
        taken.append((answer, words))
        return None if answer else "The answer is empty."

    tool = Finish(accept)
    assert "not JSON" in tool.use(GiveAnswer(answer="{")).text
    assert "JSON object" in tool.use(GiveAnswer(answer="[1]")).text
    assert taken == []
    assert tool.use(GiveAnswer(answer="")) == Observation(text="The answer is empty.", failed=True)
    assert tool.use(GiveAnswer(answer='{"a": {"x": 1}}', words="done")).finished
    assert taken[-1] == ({"a": {"x": 1}}, "done")


def test_a_toolbox_describes_cuts_and_refuses_doubles(place: Place) -> None:
    tools: list[Tool] = list(reader_tools(place))
    assert "- read: Show lines of a text file" in Toolbox(tools).describe()
    assert "first: First line. Default: 1." in describe(ReadLines)
    short = Toolbox(tools, longest=100).use(ReadLines(path="data/numbers.txt")).text
    assert "characters left out" in short
    assert clip("x" * 10, 10) == "x" * 10
    with pytest.raises(UsageError):
        Toolbox([*tools, *tools])

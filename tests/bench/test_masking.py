"""Bodies go, and no other byte of the file changes."""

from __future__ import annotations

import ast
import difflib
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.bench.masking.bodies import (
    MaskError,
    body_lines,
    find,
    functions_of,
    is_masked,
    mask_file,
    masked_texts,
    parse,
)
from hakken.bench.types import FunctionRef, MaskMode

SOURCE = b'''\
import a   # spaces  stay

@decorated(
    1 )
async def f( x ,y = 1 ) :  # why
    """Doc
    of f."""
    # a comment of the body
    z = x
    return z  # the end
# a comment between

class A:
    def g(self): return 1
    @property
    def h(self):
          return 2

    x = 1
'''


def test_only_the_body_changes() -> None:
    masked = mask_file(SOURCE, ["f"])
    before, after = SOURCE.decode().splitlines(), masked.decode().splitlines()
    changes = {line for line in difflib.ndiff(before, after) if line[0] in "+-"}
    assert changes == {
        "-     # a comment of the body",
        "-     z = x",
        "-     return z  # the end",
        "+     raise NotImplementedError()",
    }


def test_methods_one_liners_and_other_indentation() -> None:
    masked = mask_file(SOURCE, ["A.g", "A.h"]).decode()
    assert "    def g(self):\n        raise NotImplementedError()\n    @property\n" in masked
    assert "    def h(self):\n          raise NotImplementedError()\n\n    x = 1\n" in masked
    assert all(is_masked(found[0]) for name, found in functions_of(parse(masked.encode())).items() if name != "f")


def test_line_ends_of_windows_stay() -> None:
    masked = mask_file(SOURCE.replace(b"\n", b"\r\n"), ["f"])
    assert masked.count(b"\n") == masked.count(b"\r\n")


@pytest.mark.parametrize("text", ["one line", "two\nlines", 'with """ quotes', "back\\slash", 'ends with "', "ünï"])
def test_another_docstring_reads_as_given(text: str) -> None:
    masked = mask_file(SOURCE, ["f", "A.g"], {"f": text, "A.g": text})
    for name in ("f", "A.g"):
        function = find(parse(masked), name)
        assert is_masked(function)
        assert function.get_docstring(clean=True) == text
    assert find(parse(mask_file(SOURCE, ["f"], {"f": None})), "f").get_docstring() is None


def test_modes_choose_the_text() -> None:
    functions = [FunctionRef(file="m.py", name=name) for name in ("f", "g")]
    given = ({"m.py:f": "what"}, {"m.py:g": "passage"})
    assert masked_texts(functions, MaskMode.DOCSTRING, *given) == {"m.py": {}}
    assert masked_texts(functions, MaskMode.NONE, *given) == {"m.py": {"f": None, "g": None}}
    assert masked_texts(functions, MaskMode.DESCRIPTION, *given) == {"m.py": {"f": "what"}}
    assert list(masked_texts(functions, MaskMode.ORACLE, *given)["m.py"]) == ["g"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (b"def f(): pass\n", "g"),
        (b"if 1:\n    def f(): 1\nelse:\n    def f(): 2\n", "f"),
        (b"def f(:\n", "f"),
        (b"\0", "f"),
    ],
)
def test_what_cannot_be_masked_is_said(source: bytes, name: str) -> None:
    with pytest.raises(MaskError):
        mask_file(source, [name])


@pytest.mark.parametrize("piece", ["(", "[", "-", "lambda:", "not ", "a.", "a(", "1 if 1 else ", "{1:"])
def test_deep_nesting_is_refused_and_ends_no_process(piece: str) -> None:
    closing = {"(": ")", "[": "]", "a(": ")", "{1:": "}"}.get(piece, "")
    for depth in (300, 5_000, 100_000):
        with pytest.raises(MaskError):
            parse(f"x = {piece * depth}1{closing * depth}\n".encode())


MODULES = [Path(sysconfig.get_path("stdlib"), f"{name}.py") for name in ("textwrap", "shlex", "bisect", "colorsys")]


@settings(max_examples=6, deadline=None)
@given(st.sampled_from(MODULES), st.randoms(use_true_random=False))
def test_real_files_stay_as_they_are_outside(path: Path, random: object) -> None:
    source = path.read_bytes()
    once = [name for name, found in functions_of(parse(source)).items() if len(found) == 1]
    chosen = random.sample(once, 3)  # type: ignore[attr-defined]
    masked = mask_file(source, chosen)
    before, after = parse(source), parse(masked)
    ours, theirs = functions_of(after), functions_of(before)
    assert list(ours) == list(theirs)
    for name in once:
        same = before.code_for_node(theirs[name][0]) == after.code_for_node(ours[name][0])
        assert same == (name not in chosen)
        assert name not in chosen or is_masked(ours[name][0])
    ast.parse(masked)


def test_lines_of_code_leave_out_what_is_none() -> None:
    assert body_lines(find(parse(SOURCE), "f")) == 2
    assert body_lines(find(parse(b'def f():\n    """Doc."""\n'), "f")) == 0

"""A masked function as a hole, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.bench.agents.infilling import filled, hole_of
from hakken.bench.masking import MaskError, mask_file

SOURCE = b'''"""Caf\xc3\xa9."""

import math


class Curve:
    """A curve."""

    def at(self, x: float) -> float:
        """Value at x."""
        y = x * 2
        return y + 1


def area(r: float) -> float:
    """Area."""
    return math.pi * r**2


def after() -> int:
    return 3
'''


@pytest.mark.parametrize(
    ("name", "body"), [("area", "return math.pi * r**2"), ("Curve.at", "y = x * 2\n        return y + 1")]
)
def test_what_was_taken_out_fills_the_hole(name: str, body: str) -> None:
    masked = mask_file(SOURCE, [name])
    hole = hole_of(masked, name)
    assert hole.prefix.endswith(("    ",))
    assert "NotImplementedError" not in hole.prefix + hole.suffix
    assert filled(masked, name, body) == SOURCE


def test_what_stands_outside_of_the_function_is_cut_off() -> None:
    masked = mask_file(SOURCE, ["Curve.at"])
    got = filled(masked, "Curve.at", "return x\n\n    def other(self) -> int:\n        return 4")
    assert got is None  # a reply with a def is an answer in words, and read as such
    got = filled(masked, "Curve.at", "return x\n\nprint('outside')\n")
    assert got is not None
    assert b"outside" not in got
    assert b"        return x\n" in got


@pytest.mark.parametrize("reply", ["", "   \n", "return (", "return 1 +"])
def test_what_is_no_body_is_refused(reply: str) -> None:
    with pytest.raises(MaskError):
        filled(mask_file(SOURCE, ["area"]), "area", reply)


def test_a_function_that_is_there_has_no_hole() -> None:
    with pytest.raises(MaskError, match="already"):
        hole_of(SOURCE, "area")
    with pytest.raises(MaskError, match="no function"):
        hole_of(SOURCE, "Curve.nowhere")


@given(st.text(max_size=200))
def test_any_reply_leaves_the_rest_of_the_file_alone(reply: str) -> None:
    masked = mask_file(SOURCE, ["area"])
    hole = hole_of(masked, "area")
    try:
        got = filled(masked, "area", reply)
    except MaskError:
        return
    if got is not None:
        text = got.decode()
        assert text.startswith(hole.prefix)
        assert text.endswith(hole.suffix)

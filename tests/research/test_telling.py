"""What is told of a version that has ended."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.cli.record import print_tree
from hakken.research.telling import gained


def test_a_version_that_changes_nothing_is_not_worse(capsys: pytest.CaptureFixture[str]) -> None:
    line = {"id": "n1", "depth": 0, "operator": "draft", "title": "A", "mean": 3.0, "status": "done", "selected": False}
    print_tree([line | {"gain": 0.0}, line | {"gain": -0.5}])
    assert capsys.readouterr().out == "n1 draft: A | mean 3, no difference\nn1 draft: A | mean 3, worse by 0.5\n"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_gain_is_told_by_its_sign(gain: float) -> None:
    assert gained(gain).split()[0] == ("better" if gain > 0 else "worse" if gain < 0 else "no")

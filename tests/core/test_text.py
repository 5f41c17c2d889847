"""Text made short."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hakken.core.text import shortened


@given(st.text(max_size=30), st.integers(1, 30))
def test_a_text_is_cut_only_where_it_is_too_long_and_says_so(text: str, most: int) -> None:
    made = shortened(text, most)
    assert len(made) == min(len(text), most)
    assert made == text if len(text) <= most else made == f"{text[: most - 1]}…"

"""How ideas are named."""

from __future__ import annotations

import pytest

from hakken.research.ideas.propose import as_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The change in dropout mask", "Changed dropout mask"),
        ("Change of the update rule.", "Changed update rule"),
        ("Changed targets", "Changed targets"),
        ("Smoothed labels", "Smoothed labels"),
        ("A climate change model", "A climate change model"),
        ("dropout_rate", "Dropout rate"),
        ("softmax layer", "Softmax layer"),
        ("t-SNE features.", "t-SNE features"),
    ],
)
def test_a_title_reads_as_a_name(title: str, name: str) -> None:
    assert as_name(title) == name

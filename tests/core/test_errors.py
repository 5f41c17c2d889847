"""What is said of a record that was refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError, model_validator

from hakken.core.errors import first_problem
from hakken.core.types import Record


class Pair(Record):
    """Two numbers in order, and others by name."""

    low: float
    high: float = 1.0
    others: dict[str, int] = {}

    @model_validator(mode="after")
    def _in_order(self) -> Pair:
        if self.low > self.high:
            raise ValueError("The lower one is higher")
        return self


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"low": "x", "high": "y"}, "low: input should be a valid number, unable to parse string as a number"),
        ({}, "low: field required"),
        ({"low": 0, "middle": 1}, "middle: extra inputs are not permitted"),
        ({"low": 0, "others": {"a": 1, "b": []}}, "others.b: input should be a valid integer"),
        ({"low": 2}, "the lower one is higher"),
    ],
)
def test_the_first_problem_of_a_record_in_a_sentence(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Pair.model_validate(values)
    assert first_problem(refused.value) == said


def test_the_first_problem_of_a_text_that_is_no_json() -> None:
    with pytest.raises(ValidationError) as refused:
        Pair.model_validate_json(b"{")
    assert first_problem(refused.value).startswith("invalid JSON: ")

"""A review in print, with the audit beside it and never in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hakken.core.config import ReviewSettings
from hakken.core.types import AuditReport, Finding, Review, Severity
from hakken.research.review.panel import review
from hakken.research.review.render import to_json, to_markdown
from tests.review.replies import ledger, strong_reply, write_paper

AUDIT = AuditReport(
    paper="paper.md",
    numbers_checked=9,
    numbers_matched=8,
    findings=(
        Finding(
            kind="unsupported",
            severity=Severity.ERROR,
            place="Results, paragraph 2",
            sentence="The error is 1.0.",
            says="1.0",
            record="4.21",
        ),
    ),
)


@pytest.fixture
def panel(tmp_path: Path) -> Review:
    return review(write_paper(tmp_path), ledger(strong_reply)[0], ReviewSettings(members=2))


def test_markdown(panel: Review) -> None:
    text = to_markdown(panel)
    assert "| overall | 5 | 5 | 5 | 10 |" in text
    assert "**Decision: reject**, overall 5 of 10." in text
    assert text.index("## Summary") < text.index("## Reviewer 1") < text.index("## Reviewer 2")
    assert "## Audit" not in text


def test_the_audit_stands_apart_and_changes_nothing(panel: Review) -> None:
    text = to_markdown(panel, AUDIT)
    assert text.startswith(to_markdown(panel).rstrip("\n"))
    assert "did not pass: 8 of its 9 numbers agree" in text
    assert "**error** (unsupported), Results, paragraph 2: says '1.0'; the record: 4.21." in text


def test_json(panel: Review) -> None:
    value = json.loads(to_json(panel, AUDIT))
    assert Review.model_validate_json(json.dumps(value["review"])) == panel
    assert value["audit"]["passed"] is False
    assert json.loads(to_json(panel))["audit"] is None


def test_notes_and_failures_are_shown(panel: Review) -> None:
    told = panel.model_copy(update={"notes": ("An excerpt.",), "failures": ("member 3: gone.",)})
    text = to_markdown(told)
    assert "## Notes\n\n- An excerpt." in text
    assert "## Failures\n\n- member 3: gone." in text


def test_one_reviewer_is_shown_once(tmp_path: Path) -> None:
    one = review(write_paper(tmp_path), ledger(strong_reply)[0], ReviewSettings(members=1))
    text = to_markdown(one)
    assert "| overall | 5 | 10 |" in text
    assert "## Reviewer" not in text

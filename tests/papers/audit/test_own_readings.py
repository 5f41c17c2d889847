"""How numbers of Hakken's own record are read: whose they are, which way they go, and whether they may be constants."""

from __future__ import annotations

import pytest

from hakken.core.types import Direction, Snapshot
from hakken.research.papers.audit import Auditor, from_snapshot
from tests.papers.audit.test_own_statements import renamed
from tests.papers.builders import PRISTINE
from tests.papers.conftest import Say, Show

ON_REPORT = "Test error on the report seeds."


@pytest.mark.parametrize(
    ("column", "cell", "found"),
    [
        ("Improvement vs. baseline", "+{gain}", set()),
        ("Improvement vs. baseline", "-{gain}", {"reversed"}),
        ("Gain", "+{gain}", set()),
        ("Gain", "-{gain}", {"reversed"}),
        ("Reduction vs. baseline", "+{gain}", set()),
        ("Reduction vs. baseline", "-{gain}", set()),
        ("Difference vs. baseline", "-{gain}", set()),
        ("Difference vs. baseline", "+{gain}", {"unsupported"}),
    ],
)
def test_the_sign_of_a_gain_says_what_is_better(show: Show, column: str, cell: str, found: set[str]) -> None:
    assert show(("Variant", column), ("Label smoothing", cell), ON_REPORT) == found


def test_the_same_of_a_metric_to_be_maximised(snapshot: Snapshot, show: Show) -> None:
    up = snapshot.template.metrics[0].model_copy(update={"direction": Direction.MAX})
    template = snapshot.template.model_copy(update={"metrics": (up, snapshot.template.metrics[1])})
    auditor = Auditor(from_snapshot(snapshot.model_copy(update={"template": template})))
    size = f"{abs(auditor.evidence.contrasts['n1', 'n0', 'report', up.key].gain):.2f}"
    # The claim of this record says something else now.
    assert show(("Variant", "Improvement"), ("Label smoothing", f"-{size}"), ON_REPORT, auditor) <= {"claim"}
    assert show(("Variant", "Improvement"), ("Label smoothing", f"+{size}"), ON_REPORT, auditor) - {"claim"}


@pytest.mark.parametrize(
    "sentence",
    [
        "The test error is {gain} points higher for the baseline.",
        "Label smoothing was tried, and the test error is {gain} points higher for the baseline.",
        "With plain cross-entropy, the test error is {gain} points higher.",
        "The original program is worse by {gain} points.",
        "The original program is worse than label smoothing by {gain} points.",
        "Removing it raises the test error by {gain} points.",
        "On the report seeds, the test error is {gain} points higher than with label smoothing.",
    ],
)
def test_a_change_is_turned_only_where_a_variant_is_its_subject(say: Say, sentence: str) -> None:
    assert say(sentence) == set()


@pytest.mark.parametrize(
    "sentence",
    [
        "Label smoothing raised the test error by {gain} points.",
        "Label smoothing raised the test error by {gain} points over that of the baseline.",
        "On the report seeds, the test error rises by {gain} points with label smoothing.",
    ],
)
def test_and_is_turned_there(say: Say, sentence: str) -> None:
    assert say(sentence) == {"reversed"}


def test_a_name_does_not_say_which_way_a_number_goes(snapshot: Snapshot, say: Say) -> None:
    for title in ("Longer warm-up", "Higher temperature", "Fewer steps"):
        auditor = Auditor(from_snapshot(renamed(snapshot, "n1", title)))
        assert say(f"{title} changed the test error by {{gain}} points.", auditor) == set()
        assert say(f"{title} raised the test error by {{gain}} points.", auditor) == {"reversed"}


def with_code(snapshot: Snapshot, code: str) -> Auditor:
    return Auditor(from_snapshot(snapshot.model_copy(update={"pristine": {"experiment.py": f"{PRISTINE}\n{code}\n"}})))


def test_a_name_does_not_say_that_a_table_tells_of_effects(snapshot: Snapshot, show: Show) -> None:
    named = renamed(snapshot, "n1", "Lower learning rate")
    row = (("Variant", "Learning rate"), ("Lower learning rate", "0.013"), "Configurations.")
    assert show(*row, with_code(named, "learning_rate = 0.013")) == set()
    assert show(*row, with_code(named, "learning_rate = 0.1")) == {"unsupported"}


@pytest.mark.parametrize(
    ("sentence", "code", "found"),
    [
        ("Clips are cut into windows of 25 ms.", "WINDOW_MS = 25", set()),
        ("Clips are cut into windows of 25 ms.", "WINDOW_MS = 40", {"unsupported"}),
        ("17 % of the labels are flipped.", "flipped_percent = 17", set()),
        ("17 % of the labels are flipped.", "flipped_share = 0.17", set()),
        ("17 % of the labels are flipped.", "flipped_share = 0.4", {"unsupported"}),
        ("Label smoothing lowers the test error by 77 % of what is flipped.", "flipped_percent = 77", {"unsupported"}),
    ],
)
def test_a_constant_may_have_a_unit(snapshot: Snapshot, say: Say, sentence: str, code: str, found: set[str]) -> None:
    assert say(sentence, with_code(snapshot, code)) == found


@pytest.mark.parametrize("noun", ["gain", "reduction", "improvement", "decrease"])
def test_in_line_with_a_gain_is_a_gain(say: Say, noun: str) -> None:
    told = f"Label smoothing lowers the test error, in line with the {noun} of {{}} on the explore seeds."
    assert say(told.format("{early}")) == set()
    assert say(told.format("7.77")) == {"unsupported"}


def test_the_numbers_of_a_list_are_no_words_of_the_record(snapshot: Snapshot, show: Show) -> None:
    ideas = tuple(i.model_copy(update={"plan": "1. Add it. 2. Train. 3. Test."}) for i in snapshot.ideas)
    auditor = Auditor(from_snapshot(snapshot.model_copy(update={"ideas": ideas})))
    wins = auditor.evidence.contrasts["n1", "n0", "report", auditor.evidence.primary.key].wins
    row = ("Variant", "Seeds won"), ("Label smoothing", str(wins)), ON_REPORT
    assert show(*row, auditor) == set()
    assert show(row[0], ("Label smoothing", "2"), ON_REPORT, auditor) != set()


@pytest.mark.parametrize(
    ("title", "sentence", "found"),
    [
        ("Smoothing brings the test error to 1.23 %", "Smoothing brings the test error to 1.23 %.", {"unsupported"}),
        ("Softer targets with 77 classes", "The idea was softer targets with 77 classes.", set()),
    ],
)
def test_a_title_that_tells_a_result_proves_nothing(
    snapshot: Snapshot, say: Say, title: str, sentence: str, found: set[str]
) -> None:
    ideas = tuple(i.model_copy(update={"title": title}) if i.id == "i2" else i for i in snapshot.ideas)
    assert say(sentence, Auditor(from_snapshot(snapshot.model_copy(update={"ideas": ideas})))) == found


def test_comments_of_a_version_name_no_constant(snapshot: Snapshot, say: Say) -> None:
    for code, found in (
        ("_N = 5170  # images the network was pre-trained on\n", {"unsupported"}),
        ("pretrained_images = 5170\n", set()),
    ):
        own = snapshot.model_copy(update={"sources": {"n1": {"experiment.py": code}}})
        assert say("The network was pre-trained on 5170 images.", Auditor(from_snapshot(own))) == found


@pytest.mark.parametrize(
    "sentence",
    [
        "With label smoothing, the test error fell by at least 0.5 percentage points.",
        "With label smoothing, the test error is below 10 %.",
        "With label smoothing, the test error is less than 9.5 %.",
        "With label smoothing, the test error is lower than 9.5 %.",
    ],
)
def test_words_may_state_a_bound(say: Say, sentence: str) -> None:
    assert say(sentence) == set()


@pytest.mark.parametrize(
    "sentence",
    [
        "With label smoothing, the test error is below 8.5 %.",
        "With label smoothing, the test error is lower than 8.5 %.",
        "With label smoothing, the test error is above 9.5 %.",
        "Label smoothing lowered the test error by more than 1 percentage point.",
        "With label smoothing, the test error fell by at most 0.5 percentage points.",
    ],
)
def test_which_must_hold(say: Say, sentence: str) -> None:
    assert say(sentence) & {"unsupported", "misattributed"}

"""Numbers of any paper against a record of The AI Scientist: what is supported, whose it is, what nobody's is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit import Auditor
from hakken.research.papers.audit.document.document import Document
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.records import read_record
from tests.papers.audit.samples import LETTER_TITLES, LETTERS, POINT_TITLES, POINTS, add_table, paper_of, write_record

CODE = "batch_size = 64\nlearning_rate = 3e-4\nmax_iters = 5000\nn_layer = 6\ndropout = 0.2\nwidth = 384\n"
OURS = "We compare our deeper gate (Run 3) with the baseline (Run 0)."


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    return Auditor(read_record(write_record(tmp_path_factory.mktemp("points"), POINTS, POINT_TITLES)))


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    return Auditor(read_record(write_record(tmp_path_factory.mktemp("letters"), LETTERS, LETTER_TITLES, CODE)))


def matched(auditor: Auditor, document: Document) -> list[Match]:
    return list(auditor.check(document, Path()).matches)


def judged(auditor: Auditor, sentence: str, *before: str) -> dict[str, Verdict]:
    """The verdict on each number of a sentence that was not skipped."""
    found = matched(auditor, paper_of(*before, sentence))
    return {m.number.text: m.verdict for m in found if m.unit.text == sentence and m.verdict is not Verdict.SKIPPED}


def numbers(auditor: Auditor, document: Document) -> list[Finding]:
    """Findings about numbers."""
    kinds = {Verdict.UNSUPPORTED.value, Verdict.MISATTRIBUTED.value, Verdict.WEAK.value}
    return [f for f in auditor.check(document, Path()).report.findings if f.kind in kinds]


@pytest.mark.parametrize(
    "sentence",
    [
        "The MMD of the baseline on ring is 0.412.",
        "On spiral, the MMD improved from 0.953 in the baseline to 0.824 with Gated Branches.",
        "Gated Branches (Run 2) lowers the MMD on spiral by 13.5%.",
        "The MMD on spiral drops by 0.129 with Gated Branches.",
        "Training the deeper gate takes 91.6 seconds on ring, 3.04x longer than the baseline.",
        "Averaged across the three datasets, the training time of the baseline is 30.1 seconds.",
        "Two Branches reaches an MMD of 0.437, 0.871, and 0.171 on ring, spiral, and blobs, respectively.",
        "The deeper gate needs 1.5 minutes of training time on blobs.",
        "The difference in MMD between Gated Branches and the baseline on ring is 0.011.",
        "The MMD of the baseline ranges from 0.158 to 0.953.",
        "The training time on ring rose from 30.1 with Run 0 to 66.9 with Run 2.",
        "We use three datasets: ring, spiral, and blobs.",
        "With Gated Branches, the MMD is lower than the baseline's on two out of three datasets.",
        "With Two Branches, the MMD on spiral stays above 0.8.",
        "With Two Branches, the MMD on ring exceeds 0.4.",
        "With Two Branches, the MMD on spiral is higher than 0.8.",
        "The training time of Two Branches on ring is over 50 seconds.",
        "The MMD of Gated Branches on blobs stays below 0.2.",
    ],
)
def test_what_the_record_says_is_supported(points: Auditor, sentence: str) -> None:
    verdicts = judged(points, sentence, OURS)
    assert verdicts
    assert set(verdicts.values()) == {Verdict.SUPPORTED}, verdicts


@pytest.mark.parametrize(
    ("sentence", "number", "verdict"),
    [
        ("The MMD of the baseline on ring is 0.437.", "0.437", Verdict.MISATTRIBUTED),
        ("The MMD of the baseline on ring is 0.953.", "0.953", Verdict.MISATTRIBUTED),
        ("The MMD of the baseline on ring is 30.1.", "30.1", Verdict.MISATTRIBUTED),
        ("The MMD of the baseline on ring is 0.419.", "0.419", Verdict.UNSUPPORTED),
        ("Gated Branches (Run 2) lowers the MMD on spiral by 23.5%.", "23.5%", Verdict.UNSUPPORTED),
        ("Our deeper gate lowers the MMD on spiral by 13.5%.", "13.5%", Verdict.MISATTRIBUTED),
        ("The deeper gate needs 3.5 minutes of training time on blobs.", "3.5", Verdict.UNSUPPORTED),
        ("Two Branches reaches an MMD of 0.871 and 0.437 on ring and spiral, respectively.", "0.871",
         Verdict.MISATTRIBUTED),
        ("The MMD of the baseline on ring is 0.412 ± 0.003.", "0.003", Verdict.UNSUPPORTED),
        ("With Gated Branches, the MMD is lower than the baseline's on three out of three datasets.", "three",
         Verdict.UNSUPPORTED),
        ("With Two Branches, the MMD on spiral stays above 0.9.", "0.9", Verdict.UNSUPPORTED),
        ("With Two Branches, the MMD on spiral is higher than 0.88.", "0.88", Verdict.UNSUPPORTED),
        ("The MMD of Gated Branches on blobs stays below 0.16.", "0.16", Verdict.MISATTRIBUTED),
        ("All results are averaged over 5 random seeds.", "5", Verdict.UNSUPPORTED),
        ("We evaluate on five datasets.", "five", Verdict.UNSUPPORTED),
    ],
)  # fmt: skip
def test_what_it_does_not_say_is_found(points: Auditor, sentence: str, number: str, verdict: Verdict) -> None:
    found = [m for m in matched(points, paper_of(OURS, sentence)) if m.unit.text == sentence]
    assert next(m.verdict for m in found if m.number.text == number) is verdict


def test_a_number_of_another_run_is_told_with_its_name(points: Auditor) -> None:
    [finding] = numbers(points, paper_of("The MMD of the deeper gate on spiral is 0.824."))
    assert (finding.kind, finding.severity) == ("misattributed", Severity.ERROR)
    assert "mmd on spiral of Gated Branches (run_2)" in finding.record
    assert "of Deeper Gate (run_3) is 0.902" in finding.record


def test_a_change_that_follows_from_numbers_beside_it_is_as_good_as_they_are(points: Auditor) -> None:
    own = judged(points, "Ring: 4.1% reduction (from 0.412 to 0.395)", OURS, "The MMD of our deeper gate (Run 3):")
    assert set(own.values()) == {Verdict.SUPPORTED}
    other = judged(points, "Spiral: 13.5% reduction (from 0.953 to 0.824)", OURS, "The MMD of our deeper gate (Run 3):")
    assert other == {"13.5%": Verdict.MISATTRIBUTED, "0.953": Verdict.SUPPORTED, "0.824": Verdict.MISATTRIBUTED}


def test_a_percentage_that_many_numbers_would_meet_is_weak(points: Auditor) -> None:
    verdicts = judged(points, "In some setting, the MMD of the variants changed by about 4% on ring.")
    assert verdicts == {"4%": Verdict.WEAK}


def test_spreads_are_matched_with_recorded_and_derived_ones(letters: Auditor) -> None:
    good = "The validation loss of the style router on plays is 1.4303 ± 0.0005 (standard error)."
    assert set(judged(letters, good).values()) == {Verdict.SUPPORTED}
    wrong = "The validation loss of the style router on plays is 1.4303 ± 0.0100 (standard error)."
    assert judged(letters, wrong)["0.0100"] is Verdict.UNSUPPORTED


def test_rates_and_speeds(letters: Auditor) -> None:
    sentence = "Inference slows down from 659.4 to 403.9 tokens per second on plays with the style router."
    assert set(judged(letters, sentence).values()) == {Verdict.SUPPORTED}


def test_counts_of_seeds(letters: Auditor) -> None:
    assert judged(letters, "We use three random seeds on plays.") == {"three": Verdict.SUPPORTED}
    [finding] = numbers(letters, paper_of("We average over 5 random seeds on plays."))
    assert "1 or 3 replicates" in finding.record


def test_constants_are_looked_up_in_code(letters: Auditor) -> None:
    sentence = "We train for 5000 steps with a batch size of 64, a dropout rate of 0.2 and a learning rate of 3e-4."
    assert set(judged(letters, sentence).values()) == {Verdict.SUPPORTED}
    wrong = "We train with a batch size of 128 and a learning rate of 1e-3."
    assert [f.severity for f in numbers(letters, paper_of(wrong))] == [Severity.WARNING, Severity.WARNING]
    [other] = numbers(letters, paper_of("Each block has 384 hidden units."))
    assert (other.kind, other.severity) == ("weak", Severity.NOTE)


def test_without_code_a_constant_is_a_note_and_one_for_a_section(points: Auditor) -> None:
    paper = paper_of("We use a batch size of 64.", "We train for 5,000 steps.", section="Experimental Setup")
    [finding] = numbers(points, paper)
    assert finding.severity is Severity.NOTE
    assert "the record does not say" in finding.record
    assert "64" in finding.says
    assert "5,000" in finding.says


@pytest.mark.parametrize(
    "sentence",
    [
        "GPT-3 has 175 billion parameters [@brown].",
        "Table 3 and Figure 2 show this in detail.",
        "Run 2 and Run 3 are described in Section 4.1.",
        "Repeat steps 1–3 until convergence.",
        "We make three contributions.",
    ],
)
def test_numbers_that_state_nothing_of_the_record(points: Auditor, sentence: str) -> None:
    assert not numbers(points, paper_of(sentence))


HEADERS = ("Method", "Dataset", "MMD", "Training Time (s)")


def rows(run: str, name: str) -> list[tuple[str, ...]]:
    return [(name, d, f"{m['mmd'][0]:.3f}", f"{m['train_time'][0]:.1f}") for d, m in POINTS[run].items()]


def test_a_table_of_clean_rows_has_no_findings(points: Auditor) -> None:
    table = [*rows("run_0", "Baseline"), *rows("run_2", "Gating"), *rows("run_3", "Deeper Gate (ours)")]
    document = add_table(paper_of("Results follow."), HEADERS, table)
    assert not numbers(points, document)
    assert sum(m.verdict is Verdict.SUPPORTED for m in matched(points, document)) == 18


def test_rows_of_another_run_are_said_once(points: Auditor) -> None:
    table = [*rows("run_0", "Baseline"), *rows("run_2", "Deeper Gate")]
    [finding] = numbers(points, add_table(paper_of(OURS), HEADERS, table))
    assert finding.kind == "misattributed"
    assert finding.says.startswith("6 numbers: 0.401 (Deeper Gate, ring, MMD)")
    assert finding.record.startswith("these are the numbers of Gated Branches (run_2)")


def test_rows_of_no_run_are_said_once_each(points: Auditor) -> None:
    table = [*rows("run_0", "Baseline"), ("Spline", "ring", "0.222", "44.4"), ("Spline", "blobs", "0.111", "45.5")]
    [finding] = numbers(points, add_table(paper_of(OURS), HEADERS, table))
    assert (finding.kind, finding.severity) == ("unsupported", Severity.ERROR)
    assert "no recorded run has the numbers of “Spline”" in finding.record


def test_a_name_that_nothing_explains_stands_for_the_run_whose_numbers_it_holds(points: Auditor) -> None:
    table = rows("run_1", "Twin paths")
    assert not numbers(points, add_table(paper_of(OURS), HEADERS, table))
    mixed = [*table[:2], ("Twin paths", "blobs", "0.163", "62.5")]
    [finding] = numbers(points, add_table(paper_of(OURS), HEADERS, mixed))
    assert "Deeper Gate (run_3)" in finding.record
    assert finding.says.startswith("0.163")


@pytest.mark.parametrize(
    ("headers", "row", "caption"),
    [
        (("Dataset", "MMD, Baseline", "MMD, Ours", "Improvement (%)"), ("ring", "0.412", "0.395", "4.13"), "All runs."),
        (("Metric", "Baseline", "Run 2"), ("Training Time (min)", "0.50", "1.12"), "Results on ring."),
        (("Dataset", "MMD"), ("ring", "0.437"), "Results with two branches."),
        (("Method", "Average MMD"), ("Baseline", "0.508"), "Averages."),
    ],
)
def test_headers_captions_and_units_give_the_scope(
    points: Auditor, headers: Sequence[str], row: Sequence[str], caption: str
) -> None:
    document = add_table(paper_of(OURS), headers, [row], caption)
    assert not numbers(points, document)
    assert any(m.verdict is Verdict.SUPPORTED for m in matched(points, document))
    wrong = [*row[:-1], str(float(row[-1]) * 1.37)[:5]]
    assert numbers(points, add_table(paper_of(OURS), headers, [wrong], caption))


def test_a_sentence_seen_before_costs_nothing(points: Auditor) -> None:
    sentences = [f"The MMD of the baseline on ring is 0.41{d}." for d in range(5)]
    points.check(paper_of(OURS, *sentences), Path())
    before = dict(points.matcher.seen)
    points.check(paper_of(OURS, *sentences[:-1], "The MMD of the baseline on ring is 0.999."), Path())
    assert len(points.matcher.seen) == len(before) + 1

"""Statements of effect against records of others: what is wrong is found, what is right or open is let be."""

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit import Auditor
from hakken.research.papers.audit.records import read_record
from tests.papers.audit.samples import (
    LETTER_TITLES,
    LETTERS,
    POINT_TITLES,
    POINTS,
    add_table,
    paper_of,
    write_record,
)

KINDS = {"reversed", "false", "statistics", "inconsistent", "contradicted", "unfair", "seeds", "spread", "missing_run"}
ALL_RUNS = "Two Branches, Gated Branches and Deeper Gate were compared; training time rose from 30.1 to 61.2 seconds."


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    return Auditor(read_record(write_record(tmp_path_factory.mktemp("points"), POINTS, POINT_TITLES)))


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    return Auditor(read_record(write_record(tmp_path_factory.mktemp("letters"), LETTERS, LETTER_TITLES)))


def about(auditor: Auditor, sentence: str, section: str = "Results") -> list[Finding]:
    """Findings of kinds that judge statements, about one sentence."""
    report = auditor.check(paper_of(sentence, section=section), Path("nowhere")).report
    return [f for f in report.findings if f.kind in KINDS and f.sentence == sentence]


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Deeper Gate increases the MMD on ring.", "reversed"),
        ("Deeper Gate improves the MMD on the blobs dataset.", "reversed"),
        ("On blobs, Gated Branches improves the MMD by 5.1%.", "reversed"),
        ("Two Branches outperforms the baseline in terms of MMD.", "false"),
        ("Gated Branches outperforms the baseline on all three datasets.", "false"),
        ("Two Branches beats the baseline.", "false"),
        ("Two Branches is better than the baseline.", "false"),
        ("Two Branches is better than Gated Branches.", "reversed"),
        ("Two Branches performs best.", "false"),
        ("Deeper Gate performs best on spiral.", "false"),
        ("Our method consistently reduces the MMD across datasets.", "false"),
        ("Gated Branches achieves a lower MMD than the baseline on every dataset.", "false"),
        ("Two Branches achieves the lowest MMD on the spiral dataset.", "false"),
        ("Deeper Gate yields the best overall performance.", "false"),
        ("The largest improvement is observed on the blobs dataset.", "false"),
        ("Our method significantly improves sample quality.", "statistics"),
        ("The improvement is statistically significant (p < 0.05).", "statistics"),
        ("Training time roughly tripled with Two Branches.", "contradicted"),
        ("The MMD on blobs rises from 0.158 to 0.166 with Gated Branches, a 9.7% increase.", "inconsistent"),
        ("The error improved from 0.158 in the baseline to 0.166 in our model.", "reversed"),
        ("Two Branches requires comparable training time to the baseline.", "unfair"),
        ("Our approach adds no computational overhead.", "unfair"),
        ("We average over five random seeds.", "seeds"),
        ("Error bars show the standard error over runs.", "spread"),
        ("We also conducted a user study with 20 participants.", "missing_run"),
    ],
)
def test_a_wrong_statement_about_single_runs_is_found_once(points: Auditor, sentence: str, kind: str) -> None:
    assert [f.kind for f in about(points, sentence)] == [kind]


@pytest.mark.parametrize(
    "sentence",
    [
        "Deeper Gate reduces the MMD on ring from 0.412 to 0.395.",
        "Gated Branches outperforms the baseline on the spiral dataset.",
        "Gated Branches achieves the lowest MMD on the spiral dataset.",
        "Gated Branches beats the baseline.",
        "Gated Branches is better than Two Branches.",
        "Gated Branches performs best.",
        "Two Branches is the best choice for small data.",
        "Gated Branches achieves a lower MMD than Two Branches on every dataset.",
        "Gated Branches has a slightly higher MMD on blobs than the baseline, but improves on ring and spiral.",
        "While the MMD on blobs increases, Gated Branches reduces it on the other datasets.",
        "The largest improvement is observed on the spiral dataset.",
        "Our method does not consistently reduce the MMD across datasets.",
        "Future work could significantly improve the MMD.",
        "Training time roughly doubled with Two Branches.",
        "The MMD of Two Branches is comparable to the baseline.",
        "The MMD on blobs rises from 0.158 to 0.166 with Gated Branches, a 5.1% increase.",
        "The gate enables the model to better balance both branches.",
        "Attention has significantly improved generative modelling in recent years.",
        "Our approach aims to consistently reduce the MMD across datasets.",
        "The loss decreases during training while the MMD increases at first.",
        "We use a lower learning rate for spiral.",
        "The improvements are not consistent across datasets, and significance was not assessed.",
    ],
)
def test_right_and_open_statements_about_single_runs_are_let_be(points: Auditor, sentence: str) -> None:
    assert about(points, sentence) == []


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Cosine Heads significantly reduces the validation loss on plays.", "statistics"),
        ("Style Router achieves lower validation loss on both datasets.", "false"),
        ("Style Router achieves the best validation loss across all datasets.", "false"),
        ("Style Router decreases the loss by 0.7% on wiki.", "reversed"),
        ("In contrast, Style Router performs better on wiki.", "reversed"),
        ("Cosine Heads outperforms Style Router on plays.", "reversed"),
        ("Cosine Heads reduces training time.", "reversed"),
        ("Style Router maintains comparable inference speed.", "contradicted"),
        ("Style Router does not improve the validation loss on plays.", "contradicted"),
        ("There is no significant difference between Style Router and the baseline on plays.", "contradicted"),
        ("All results are averaged over three random seeds.", "seeds"),
        ("The validation loss of Style Router on plays is 1.4303 ± 0.0005 (standard error).", "spread"),
    ],
)
def test_a_wrong_statement_about_replicates_is_found_once(letters: Auditor, sentence: str, kind: str) -> None:
    assert [f.kind for f in about(letters, sentence)] == [kind]


@pytest.mark.parametrize(
    "sentence",
    [
        "Style Router reduces the validation loss on plays from 1.4685 to 1.4303, a significant improvement.",
        "Style Router significantly reduces the validation loss on plays.",
        "Style Router improves validation loss on plays at the cost of inference speed.",
        "Results on plays are averaged over three seeds.",
        "Style Router achieves the best validation loss on plays.",
        "Cosine Heads slightly improves the validation loss on wiki.",
        "Compared to Cosine Heads, Style Router is slower at inference.",
        "Removing the routing leads to slower inference and lower accuracy than the baseline.",
        "Style Router fails to improve the validation loss on wiki.",
        "There is no significant difference between Cosine Heads and the baseline on plays.",
        "Overall, the results are mixed: Style Router improves on plays but degrades on wiki.",
        "Inference speed drops from 659.37 to 403.93 tokens per second, a 38.7% decrease.",
        "The validation loss of Style Router on plays is 1.4303 ± 0.0010 (standard error).",
        "Due to the single seed on wiki, we cannot make claims of statistical significance.",
        "The training loss decreases while the validation loss increases, which indicates overfitting.",
        "Further experiments with more seeds would be needed to confirm a significant improvement.",
        "Large models consistently outperform smaller ones across many tasks.",
    ],
)
def test_right_and_open_statements_about_replicates_are_let_be(letters: Auditor, sentence: str) -> None:
    assert about(letters, sentence) == []


def test_a_gain_inside_its_interval_is_a_warning(letters: Auditor) -> None:
    (finding,) = about(letters, "Cosine Heads improves the validation loss on plays.")
    assert (finding.kind, finding.severity) == ("statistics", Severity.WARNING)


def test_other_work_is_not_measured_here(points: Auditor) -> None:
    sentence = "Their method significantly reduces the MMD on all datasets."
    assert about(points, sentence, section="Related Work") == []
    own = "Unlike theirs, our method significantly reduces the MMD on all datasets."
    assert [f.kind for f in about(points, own, section="Related Work")] == ["false"]


def test_the_sentence_before_names_the_variant(points: Auditor) -> None:
    document = paper_of("x")
    first, second = "We now turn to Deeper Gate.", "It improves the MMD on blobs."
    unit = document.units[0]
    document.units = [
        type(unit)(text, unit.kind, unit.section, unit.place, paragraph=unit.paragraph) for text in (first, second)
    ]
    report = points.check(document, Path("nowhere")).report
    assert ("reversed", second) in {(f.kind, f.sentence) for f in report.findings}


def test_bold_is_the_best_of_its_metric_and_data_set(points: Auditor) -> None:
    headers = ("Method", "Dataset", "MMD", "Train time (s)")
    right = [("Baseline", "Ring", "0.412", "30.1"), ("Gated Branches", "Ring", "**0.401**", "66.9")]
    wrong = [("Baseline", "Ring", "0.412", "30.1"), ("Gated Branches", "Ring", "0.401", "**66.9**")]
    for rows, expected in ((right, 0), (wrong, 1)):
        report = points.check(add_table(paper_of(ALL_RUNS), headers, rows), Path("nowhere")).report
        assert sum(f.kind == "false" and f.says.startswith("bold") for f in report.findings) == expected


def test_an_ablation_of_runs_that_nobody_ran_is_found_wherever_it_is_told(points: Auditor) -> None:
    said = "Our ablation study shows that each part is needed."
    headers = ("Method", "MMD on Ring", "MMD on Spiral", "MMD on Blobs")
    rows = [("Gated Branches", "0.401", "0.824", "0.166"), ("$a = b$", "0.437", "0.953", "0.777")]
    document = add_table(paper_of(ALL_RUNS, said), headers, rows, "Ablation of the gate.")
    report = points.check(document, Path("nowhere")).report
    assert ("missing_run", said) in {(f.kind, f.sentence) for f in report.findings}
    honest = add_table(paper_of(ALL_RUNS, said), headers, rows[:1], "Ablation of the gate.")
    assert "missing_run" not in {f.kind for f in points.check(honest, Path("nowhere")).report.findings}


def test_the_best_seed_is_not_the_result(letters: Auditor) -> None:
    said = "On plays, Style Router reaches a validation loss of 1.4287."
    report = letters.check(paper_of(said), Path("nowhere")).report
    assert [f.kind for f in report.findings if f.sentence == said] == ["cherry_picked"]
    honest = "On plays, the best of three seeds of Style Router reaches a validation loss of 1.4287."
    assert "cherry_picked" not in {
        f.kind for f in letters.check(paper_of(honest), Path("nowhere")).report.findings if f.sentence == honest
    }


def test_a_spread_in_a_table_needs_replicates(points: Auditor, letters: Auditor) -> None:
    single = add_table(paper_of(ALL_RUNS), ("Method", "MMD on Ring"), [("Gated Branches", "0.401 ± 0.012")])
    assert "spread" in {f.kind for f in points.check(single, Path("nowhere")).report.findings}
    headers = ("Method", "Validation loss on plays")
    several = add_table(paper_of("x"), headers, [("Style Router", "1.4303 ± 0.0018")])
    assert "spread" not in {f.kind for f in letters.check(several, Path("nowhere")).report.findings}


def test_two_claims_of_one_sentence_are_two_findings(points: Auditor) -> None:
    said = "Gated Branches significantly outperforms the baseline with no additional training cost."
    assert {f.kind for f in about(points, said)} == {"statistics", "unfair"}

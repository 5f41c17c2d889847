"""The audit gate: a clean paper passes, and what is changed in it is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pypandoc
import pytest

from hakken.core.errors import UsageError
from hakken.core.types import AuditReport, Claim, ClaimStatus, Rung, Severity, Snapshot
from hakken.research.papers.audit import Auditor, audit, write_report
from tests.papers.builders import build_snapshot
from tests.papers.clean_paper import write_clean_paper
from tests.papers.mutants import measure


@pytest.fixture(scope="module")
def paper(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clean_paper(snapshot, tmp_path_factory.mktemp("clean"))


@pytest.fixture
def changed(snapshot: Snapshot, auditor: Auditor, tmp_path: Path) -> Callable[[str, str], AuditReport]:
    """Audit the clean paper with one piece of text replaced."""

    def run(old: str, new: str) -> AuditReport:
        path = write_clean_paper(snapshot, tmp_path)
        text = path.read_text(encoding="utf-8")
        pattern = re.compile(r"\s+".join(map(re.escape, old.split())))
        assert pattern.search(text), f"the paper does not say {old!r}"
        path.write_text(pattern.sub(lambda _: new, text, count=1), encoding="utf-8")
        return auditor.audit(path).report

    return run


def test_a_clean_paper_has_no_findings(auditor: Auditor, paper: Path) -> None:
    report = auditor.audit(paper).report
    assert report.findings == ()
    assert report.numbers_matched == report.numbers_checked > 400
    assert report.passed


def test_latex_and_html_give_what_markdown_gives(auditor: Auditor, paper: Path, tmp_path: Path) -> None:
    expected = auditor.audit(paper).report
    for kind, extra in (("latex", ["--natbib"]), ("html", [])):
        copy = write_clean_paper(build_snapshot(), tmp_path).with_suffix(".tex" if kind == "latex" else ".html")
        pypandoc.convert_file(str(paper), kind, extra_args=["-s", *extra], outputfile=str(copy))
        report = auditor.audit(copy, tmp_path / "refs.bib").report
        assert report.findings == ()
        assert report.numbers_checked >= expected.numbers_checked - (0 if kind == "latex" else 2)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("mean over 20 seeds", "mean over 21 seeds", "unsupported"),
        ("Of the 143 trials, 3 failed", "Of the 143 trials, 2 failed", "unsupported"),
        ("Two of the five ideas failed", "Three of the five ideas failed", "misattributed"),
        ("Python 3.11.7", "Python 3.12.1", "unsupported"),
        ("numpy 2.4.6", "numpy 1.9.0", "unsupported"),
        ("2 CPU cores", "8 CPU cores", "unsupported"),
        ("7.8 GB of memory", "64 GB of memory", "unsupported"),
        ("limited to 120 s", "limited to 600 s", "unsupported"),
        ("smoothing constant is 0.1", "smoothing constant is 0.2", "unsupported"),
        ("seeds 101 to 120", "seeds 101 to 130", "unsupported"),
        ("limit of 25,000 tokens", "limit of 26,000 tokens", "unsupported"),
        (
            "On the report seeds, label smoothing reduces",
            "On the explore seeds, label smoothing reduces",
            "misattributed",
        ),
        ("label smoothing reduces the test error", "label smoothing increases the test error", "reversed"),
        ("an improvement. This", "a deterioration. This", "reversed"),
        ("which is inconclusive", "an improvement", "statistics"),
        ("which is inconclusive", "which is significant", "statistics"),
        ("better than the baseline on", "worse than the baseline on", "reversed"),
        ("claim is supported", "claim is not supported", "claim"),
        ("AMD EPYC 7B13", "NVIDIA A100", "hardware"),
        ("learns digits.", "learns CIFAR-10.", "dataset"),
        ("without a GPU", "and trained with PyTorch", "software"),
        ("This paper was written by", "It was measured with", "undisclosed_authorship"),
        ("The run was started with", "We began with", "undisclosed_decision"),
        ("Figure 1 show", "Figure ?? show", "placeholder"),
        ("other data may behave", "TODO other data may behave", "placeholder"),
        ("With *label smoothing*, the", "With Run 3, the", "run_label"),
        ("[@one; @two]", "[@one; @three]", "citation"),
        ("figures/main.png", "figures/other.png", "missing_figure"),
        ("Table 3 lists every trial.", "Table 7 lists every trial.", "unresolved"),
        ("smoothing = 0.1", "smoothing = 0.3", "listing"),
        ("# Limitations", "# Discussion\n\n# Limitations", "empty_section"),
    ],
)
def test_a_change_of_meaning_is_found(
    changed: Callable[[str, str], AuditReport], old: str, new: str, kind: str
) -> None:
    report = changed(old, new)
    assert kind in {f.kind for f in report.findings}, [(f.kind, f.says, f.record) for f in report.findings]
    assert not report.passed


def test_false_best_in_words_and_in_bold(changed: Callable[[str, str], AuditReport]) -> None:
    said = changed("which is inconclusive", "which is inconclusive, and the best test error of all")
    assert "false" in {f.kind for f in said.findings}
    report = changed(
        "The network is small", "On the report seeds, label smoothing had the lowest test error; it is small"
    )
    assert "false" not in {f.kind for f in report.findings}


def test_style_is_a_warning(changed: Callable[[str, str], AuditReport]) -> None:
    report = changed("Table 1 and Figure 1 show", "Table 1 shows")
    assert [(f.kind, f.severity) for f in report.findings] == [("unreferenced", Severity.WARNING)]
    assert report.passed


def test_unequal_cost_of_the_chosen_variant_must_be_said(snapshot: Snapshot, paper: Path) -> None:
    trials = tuple(
        t.model_copy(update={"cost": t.cost.model_copy(update={"parameters": 20_000})})
        if t.cost is not None and t.node_id == "n1"
        else t
        for t in snapshot.trials
    )
    report = audit(paper, snapshot.model_copy(update={"trials": trials}))
    assert ("unfair", Severity.ERROR) in {(f.kind, f.severity) for f in report.findings}


def test_a_claim_that_the_trials_do_not_support_fails(snapshot: Snapshot, paper: Path) -> None:
    wrong = snapshot.model_copy(
        update={
            "claims": tuple(
                Claim.model_validate(c.model_dump() | {"status": ClaimStatus.REFUTED}) for c in snapshot.claims
            )
        }
    )
    assert "claim" in {f.kind for f in audit(paper, wrong).findings}


def test_a_comparison_that_does_not_follow_from_its_trials_fails(snapshot: Snapshot, paper: Path) -> None:
    split, first = snapshot.comparisons[0]
    forged = first.model_copy(update={"difference": first.difference - 1, "low": first.low - 1})
    report = audit(paper, snapshot.model_copy(update={"comparisons": ((split, forged), *snapshot.comparisons[1:])}))
    assert "record" in {f.kind for f in report.findings}


def test_self_reported_metrics_must_be_marked(snapshot: Snapshot, paper: Path) -> None:
    metrics = tuple(m.model_copy(update={"self_reported": True}) for m in snapshot.template.metrics)
    imported = snapshot.model_copy(update={"template": snapshot.template.model_copy(update={"metrics": metrics})})
    assert "undisclosed_self_reported" in {f.kind for f in audit(paper, imported).findings}


@pytest.mark.parametrize(
    "said",
    [
        "The predictions were generated by standard machine learning.",
        "One change is made to the program.",
        "In this paper, answers were written by a language model.",
        "A language model that wrote the answers was measured in this paper.",
        "This paper was not written by an AI.",
        "This paper was written by people and not by an AI system.",
        "No author of this paper is a language model.",
        "No AI wrote this paper.",
        "The authors of earlier work were among the first to test large language models.",
        "The authors were among the first to test large language models.",
        "AI systems generated the answers that this paper studies.",
        "Machine-generated text is hard to tell from other text.",
    ],
)
def test_what_a_machine_made_is_no_author(changed: Callable[[str, str], AuditReport], said: str) -> None:
    report = changed("This paper was written by Hakken, an AI system.", said)
    assert "undisclosed_authorship" in {f.kind for f in report.findings}


@pytest.mark.parametrize(
    "said",
    [
        "This paper, its code and its figures were written by an AI system.",
        "Hakken 0.1.0 wrote this paper.",
        "The author of this text is a language model.",
        "This is an AI-generated manuscript.",
        "This paper was written by a program.",
        "This paper was written by a machine.",
        "With no human help, this paper was written by an autonomous agent.",
        "A program wrote this paper.",
        "The author is a large language model.",
    ],
)
def test_an_author_may_be_told_in_many_ways(changed: Callable[[str, str], AuditReport], said: str) -> None:
    report = changed("This paper was written by Hakken, an AI system.", said)
    assert "undisclosed_authorship" not in {f.kind for f in report.findings}


@pytest.mark.parametrize(
    ("said", "disclosed"),
    [
        ("The network is small", False),
        ("No trial ran without isolation", False),
        ("Trials did not run without isolation", False),
        ("Trials ran without isolation", True),
        ("No network was blocked, and trials were not isolated", True),
    ],
)
def test_code_that_ran_without_isolation_must_be_said(
    snapshot: Snapshot, tmp_path: Path, said: str, disclosed: bool
) -> None:
    weak = tuple(
        t.model_copy(update={"run": t.run.model_copy(update={"rung": Rung.RLIMITS})}) if t.run else t
        for t in snapshot.trials
    )
    path = write_clean_paper(snapshot, tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("The network is small", said), encoding="utf-8")
    report = audit(path, snapshot.model_copy(update={"trials": weak}))
    assert ("undisclosed_isolation" in {f.kind for f in report.findings}) != disclosed


def test_mutants_are_caught(snapshot: Snapshot, paper: Path) -> None:
    table, missed, findings = measure(paper, snapshot, sample=60)
    assert findings == []
    assert sum(c for c, _ in table.values()) >= 57, [(m.kind, m.text) for m in missed]


@pytest.mark.slow
def test_98_percent_of_all_mutants_are_caught(snapshot: Snapshot, paper: Path) -> None:
    table, missed, _ = measure(paper, snapshot)
    caught, made = (sum(v[k] for v in table.values()) for k in (0, 1))
    assert len(table) >= 12
    assert made >= 500
    assert caught >= 0.98 * made, [(m.kind, m.text) for m in missed]


def test_the_page_is_whole_and_offline(auditor: Auditor, paper: Path, tmp_path: Path) -> None:
    result = auditor.audit(paper)
    json_path, html_path = write_report(result.report, result.document, result.matches, tmp_path / "audit")
    assert AuditReport.model_validate_json(json_path.read_text(encoding="utf-8")) == result.report
    page = html_path.read_text(encoding="utf-8")
    assert page.count('class="n supported"') > 400
    assert "prefers-color-scheme:dark" in page
    assert not re.search(r'(?:src|href)="(?!#)', page)


@pytest.mark.parametrize("name", ["paper.pdf", "paper.docx", "missing.md"])
def test_what_cannot_be_read_is_said(auditor: Auditor, tmp_path: Path, name: str) -> None:
    if name != "missing.md":
        (tmp_path / name).write_bytes(b"%PDF")
    with pytest.raises(UsageError, match="paper"):
        auditor.audit(tmp_path / name)

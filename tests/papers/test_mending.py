"""The second half of the gate: a passage in which the audit finds an error is composed by code."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from hakken.core.types import AuditReport, Finding, Manuscript, PaperFiles, PassageSource, Severity, Snapshot
from hakken.research import publishing
from hakken.research.papers.audit import audit
from hakken.research.papers.facts import compute_facts
from hakken.research.papers.manuscript import to_markdown
from hakken.research.papers.mending import mended
from hakken.research.papers.render import PaperMetadata, render
from hakken.research.papers.render.escape import escape_text
from hakken.research.papers.study import Study
from hakken.research.papers.writer import write
from hakken.store import Store
from tests.papers.builders import build_snapshot

FALSE = "On the report seeds, as it turned out, label smoothing raised the test error; that isn't a well-known effect."
TRUE = "The mechanism behind this is open, since only one program was studied here."


@pytest.fixture(scope="module")
def study() -> Study:
    return study_of(build_snapshot())


def study_of(snapshot: Snapshot) -> Study:
    return Study(snapshot, compute_facts(snapshot), (), Path("none.bib"))


def with_prose(study: Study, job: str, text: str) -> Manuscript:
    """Composed by code, but for one passage by a model."""
    manuscript = write(study, None, 1)

    def replaced(passage):  # type: ignore[no-untyped-def]
        update = {"text": text, "source": PassageSource.MODEL, "tries": 1, "rejected": ("too short",)}
        return passage.model_copy(update=update) if passage.job == job else passage

    return manuscript.model_copy(
        update={
            "abstract": tuple(map(replaced, manuscript.abstract)),
            "passages": tuple(map(replaced, manuscript.passages)),
        }
    )


def audited(manuscript: Manuscript, study: Study, folder: Path) -> AuditReport:
    (folder / "figures").mkdir(parents=True)
    abstract, body = to_markdown(manuscript, study)
    metadata = PaperMetadata(title="A study", abstract=abstract, authors=("Hakken",), notice="")
    render(body, bib=None, figures=folder / "figures", out=folder, metadata=metadata)
    return audit(folder / "paper.md", study.snapshot)


def test_a_false_sentence_is_found_in_its_passage_and_composed(study: Study, tmp_path: Path) -> None:
    before = with_prose(study, "discussion/reason", f"{escape_text(TRUE)} {escape_text(FALSE)}")
    report = audited(before, study, tmp_path / "before")
    assert [f.kind for f in report.findings if f.severity is Severity.ERROR] == ["reversed"]
    after = mended(before, study, report)
    (passage,) = (p for p in after.passages if p.job == "discussion/reason")
    assert passage.source is PassageSource.CODE
    assert passage.rejected[0] == "too short"
    assert passage.rejected[-1].startswith("the audit: On the report seeds, as it turned out")
    composed = write(study, None, 1).passages  # of which every one passes, as is tested elsewhere
    assert [p.text for p in after.passages] == [p.text for p in composed]


@pytest.mark.parametrize(
    ("job", "text", "place", "sentence"),
    [
        ("abstract/problem", "It fell to {F1.value} here.", "Abstract, paragraph 1", "It fell to {F1.value} here."),
        (
            "method/mechanism",
            r"The code of `a\_b` in {lst:change} halves it\, as \[@one\] has it\.",
            "Method, paragraph 1",
            "The code of `a_b` in Listing 1 halves it, as [@one] has it.",
        ),
        (
            "conclusion/takeaway",
            "What comes of class A. The rest is open.",
            "Conclusion, paragraph 1",
            "The rest is open.",
        ),
    ],
)
def test_references_and_escapes_hide_no_sentence(study: Study, job: str, text: str, place: str, sentence: str) -> None:
    value = study.facts[0].views["value"]
    manuscript = with_prose(study, job, text)
    finding = Finding(
        kind="unsupported", severity=Severity.ERROR, place=place, says="", record="",
        sentence=sentence.replace("{F1.value}", value),
    )  # fmt: skip
    report = AuditReport(paper="paper.md", numbers_checked=1, numbers_matched=0, findings=(finding,))
    every = (*(after := mended(manuscript, study, report)).abstract, *after.passages)
    assert [p.source for p in every if p.job == job] == [PassageSource.CODE]
    elsewhere = finding.model_copy(update={"place": "Table 1, row 2"})
    milder = finding.model_copy(update={"severity": Severity.WARNING})
    for other in (elsewhere, milder):
        assert mended(manuscript, study, report.model_copy(update={"findings": (other,)})) == manuscript


def test_plans_of_ideas_in_which_the_audit_finds_an_error_are_left_out(tmp_path: Path) -> None:
    snapshot = build_snapshot()
    plan = "With focal weighting, the test error shrinks on every one of the report seeds, against the baseline."
    ideas = tuple(i.model_copy(update={"plan": plan}) if i.id == "i2" else i for i in snapshot.ideas)
    study = study_of(snapshot.model_copy(update={"ideas": ideas}))
    manuscript = write(study, None, 1)
    finding = Finding(
        kind="reversed", severity=Severity.ERROR, place="Method, paragraph 4", says="", record="", sentence=plan
    )
    report = AuditReport(paper="paper.md", numbers_checked=1, numbers_matched=0, findings=(finding,))
    (passage,) = (p for p in mended(manuscript, study, report).passages if p.job == "method/others")
    assert "shrinks" not in passage.text
    assert "Focal weighting of hard examples" in passage.text


@pytest.mark.parametrize("job", ["discussion/reason", "setup/template"])
def test_a_paper_is_rendered_again_until_it_passes_and_says_so_where_it_does_not(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job: str
) -> None:
    """What a model wrote is composed; what the template's author wrote is not, and the paper does not pass.

    Done again, it adds nothing to the record, and at no moment does a paper that does not pass say that it does.
    """
    written, published = with_prose(study, job, escape_text(FALSE)), []
    if job == "setup/template":
        source = {"source": PassageSource.TEMPLATE}
        passages = tuple(p.model_copy(update=source) if p.job == job else p for p in written.passages)
        written = written.model_copy(update={"passages": passages})
    place = next(p.section for p in written.passages if p.job == job)

    def publish(_: object, of: Study, manuscript: Manuscript, passed: bool) -> object:
        published.append(passed)
        wrong = any(escape_text(FALSE) in p.text for p in manuscript.passages)
        finding = Finding(
            kind="reversed", severity=Severity.ERROR, place=f"{place}, paragraph 1", sentence=FALSE, says="", record=""
        )
        found = (finding,) if wrong else ()
        files = PaperFiles(
            markdown="paper.md", tex="paper.tex", bib="paper.bib", html="paper.html", pdf=None, engine="typst",
            pages=1, words=9 + passed,
        )  # fmt: skip
        report = AuditReport(
            paper="paper.md", numbers_checked=1, numbers_matched=1, findings=found, seconds=len(published)
        )
        return publishing._State(manuscript, files, report)

    monkeypatch.setattr(publishing, "study_of", lambda _: study)
    monkeypatch.setattr(publishing, "write_manuscript", lambda *_: written)
    monkeypatch.setattr(publishing, "_publish", publish)
    with Store(tmp_path / "hakken.db") as store:
        session = SimpleNamespace(
            step=lambda _: nullcontext(), progress=SimpleNamespace(note=None), ledger=None,
            settings=SimpleNamespace(paper=SimpleNamespace(tries=1)), store=store,
        )  # fmt: skip
        publishing.write(session)  # type: ignore[arg-type]
        assert published == ([True, True] if job == "discussion/reason" else [True, False])
        events = store.last_seq()
        first = store.first("manuscript", Manuscript)
        assert first == written, "what was refused is in the record too"
        published.clear()
        publishing.write(session)  # type: ignore[arg-type]
        assert published == ([False, False, True] if job == "discussion/reason" else [False])
        assert store.last_seq() == events


def test_the_notice_promises_a_check_only_where_it_was_passed() -> None:
    good, bad = (publishing.notice("0.1.0", passed=passed) for passed in (True, False))
    assert all(text.startswith("This paper was written by an AI system, Hakken 0.1.0. ") for text in (good, bad))
    assert "checked against it" in good
    assert "did not pass the check" in bad
    assert "Every number" not in bad

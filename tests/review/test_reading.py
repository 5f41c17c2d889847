"""Papers of every kind become text, and what cannot is told in a sentence."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.core.errors import UsageError
from hakken.research.review.markup import read_markup
from hakken.research.review.paper import PaperText, Section, estimate, fit
from hakken.research.review.reading import read_paper
from tests.review.replies import write_paper

LOREM = "We compare the two variants on every seed and report what we see without leaving anything out. " * 8

TEX = r"""
\documentclass{article}
\newcommand{\ours}{HalfStep}
\title{Halving \ours \\ the Step}
\begin{document}
\maketitle
\begin{abstract} A short abstract about \ours. \end{abstract}
\section{Introduction} Known from \citep{ho2020}. % a comment that nobody reads
\input{body}
\subsection{Loss} The loss is $L = x^2$, see \ref{tab:x}.
\begin{table}\begin{tabular}{lc} a & b \\ base & 4.75 \\ \end{tabular}\caption{Errors of both.}\label{tab:x}\end{table}
\begin{figure}\includegraphics{f.png}\caption{The curves.}\end{figure}
\input{../secret}
\end{document}
"""


def test_latex(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    folder.mkdir()
    (tmp_path / "secret.tex").write_text("the secret of the house")
    (folder / "body.tex").write_text(r"\section{Method} " + LOREM)
    (folder / "paper.tex").write_text(TEX)
    paper = read_paper(folder / "paper.tex")
    assert paper.title == "Halving HalfStep the Step"
    assert [s.title for s in paper.sections] == ["Abstract", "Introduction", "Method", "Loss"]
    assert "HalfStep" in paper.sections[0].text
    assert "[ho2020]" in paper.sections[1].text
    assert "comment" not in paper.text
    assert "$L = x^2$" in paper.text
    assert "base | 4.75" in paper.text
    assert paper.captions == ("Table: Errors of both.", "Figure: The curves.")
    assert "secret of the house" not in paper.text


def test_markdown(tmp_path: Path) -> None:
    paper = read_paper(write_paper(tmp_path))
    assert paper.title == "A Smaller Step"
    assert [s.title for s in paper.sections] == ["Abstract", "Introduction", "Method", "Results", "Limitations"]
    assert "half step | 4.21" in paper.text
    assert paper.captions == ("Table: Test error in per cent.",)
    assert paper.pages is None


def test_markdown_with_its_title_as_heading(tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    path.write_text(f"# The Title\n\nBy nobody.\n\n## One\n\n{LOREM}\n\n![A picture](a.png)\n")
    paper = read_paper(path)
    assert paper.title == "The Title"
    assert [s.title for s in paper.sections] == ["Opening", "One"]
    assert paper.captions == ("Figure: A picture",)


def make_pdf(path: Path, body: str) -> None:
    path.write_bytes(typst.compile(body.encode()))


def test_pdf(tmp_path: Path) -> None:
    body = f"""
#set document(title: "A Paper on Paper")
#set page(numbering: "1", height: 12cm)
#set heading(numbering: "1.1")
= Introduction
{LOREM}
== The Details of It
{LOREM}
#figure(rect(), caption: [A box without content.])
= Results
{LOREM}
"""
    path = tmp_path / "p.pdf"
    make_pdf(path, body)
    paper = read_paper(path)
    assert paper.title == "A Paper on Paper"
    assert [(s.title, s.level) for s in paper.sections] == [
        ("Introduction", 1),
        ("The Details of It", 2),
        ("Results", 1),
    ]
    assert paper.captions == ("Figure 1: A box without content.",)
    assert paper.pages is not None
    assert paper.pages > 1
    assert paper.sections[2].text.startswith("We compare the two variants on every seed")


def test_pdf_without_text(tmp_path: Path) -> None:
    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 200)
    document.save(tmp_path / "p.pdf")
    document.close()
    with pytest.raises(UsageError, match="pages are pictures"):
        read_paper(tmp_path / "p.pdf")


def test_pdf_with_a_password(tmp_path: Path) -> None:
    path = tmp_path / "p.pdf"
    make_pdf(path, LOREM)
    key = "<" + "ab" * 32 + ">"
    encrypt = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O {key} /U {key} /P -4 >> /ID [<{'cd' * 16}> <{'cd' * 16}>] "
    minimal = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"trailer<</Size 3/Root 1 0 R " + encrypt.encode() + b">>\n%%EOF"
    )
    path.write_bytes(minimal)
    with pytest.raises(UsageError, match="is encrypted"):
        read_paper(path)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("p.docx", b"x", "which is not read as a paper"),
        ("p", b"x", "without a suffix"),
        ("p.md", b"", "0 words"),
        ("p.md", b"too short", "2 words"),
        ("p.md", b"\xff\xfe\x00", "not UTF-8"),
        ("p.pdf", b"no pdf at all", "cannot be read as a PDF"),
        ("p.tex", rb"\documentclass{article}\begin{document}\begin{tabular}", "cannot be read as latex"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError, match=says):
        read_paper(path)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        read_paper(tmp_path / "p.pdf")


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_markdown(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("md") / "p.md"
    path.write_bytes(text.encode("utf-8", errors="replace"))
    assert read_markup(path, "markdown").title


def long_paper() -> PaperText:
    names = ["Abstract", "Introduction", "Results", "Conclusion", "References", "Proofs"]
    sections = [
        Section(title=name, text=" ".join(f"Sentence {name} {i} says something new." for i in range(80)))
        for name in names
    ]
    return PaperText(path="p", title="T", sections=tuple(sections), captions=("Figure: What became of it.",))


def test_a_paper_that_fits_is_left_alone() -> None:
    paper = long_paper()
    assert fit(paper, 10**6).text == paper.text
    assert fit(paper, 10**6).cut == ()


def test_references_and_what_follows_go_first() -> None:
    excerpt = fit(long_paper(), 4 * 80 * 12)
    assert excerpt.cut == ("left out: References, Proofs",)


def test_ends_of_sections_the_abstract_and_captions_stay() -> None:
    excerpt = fit(long_paper(), 1600)
    for kept in ("Abstract 40 ", "Introduction 0 ", "Introduction 79 ", "Results 20 ", "What became of it."):
        assert kept in excerpt.text
    assert "Introduction 40 " not in excerpt.text
    assert any(cut.startswith("Introduction: ") for cut in excerpt.cut)
    sizes = {name: excerpt.text.count(f"Sentence {name}") for name in ("Introduction", "Results")}
    assert sizes["Results"] > 2 * sizes["Introduction"]


words = st.text(alphabet="abc de.\n1", max_size=400)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(Section, title=st.sampled_from(["A", "Results", "Abstract"]), level=st.integers(1, 3), text=words)
    ),
    st.integers(100, 900),
)
def test_an_excerpt_is_never_longer_than_asked(sections: list[Section], tokens: int) -> None:
    excerpt = fit(PaperText(path="p", title="T", sections=tuple(sections), captions=("Figure: c.",)), tokens)
    assert estimate(excerpt.text) <= tokens + 20

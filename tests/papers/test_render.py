"""A whole paper in every format, and what is refused."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from hakken.core.errors import RenderError
from hakken.core.types import FigureFile, PaperFiles
from hakken.research.papers.layout import check_layout
from hakken.research.papers.render import PaperMetadata, render
from hakken.research.papers.render.latex_engine import find_engine, log_errors
from tests.papers.builders import build_snapshot
from tests.papers.sample import BIB, sample_markdown, sample_metadata

TEX = pytest.mark.skipif(find_engine() is None, reason="no LaTeX is installed here, which nobody needs")
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)
META = PaperMetadata(title="T & co. 100 %", abstract="Short, see {tab:t}.", authors=("A_b", "C"))
TABLE = "| a | b |\n|---|--:|\n| x | 1 |\n\n: Caption. {#tab:t}\n"


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PaperFiles]:
    """The sample paper by Typst, with pictures of one pixel."""
    run = tmp_path_factory.mktemp("run")
    figures = run / "drawn"
    figures.mkdir()
    for name in ("report", "search"):
        (figures / f"{name}.png").write_bytes(PIXEL)
    (run / "refs.bib").write_text(BIB)
    drawn = [FigureFile(label=n, caption=f"Caption of *{n}*.", path=n) for n in ("report", "search")]
    text = sample_markdown(build_snapshot(), drawn)
    files = render(
        text, bib=run / "refs.bib", figures=figures, out=run / "paper", metadata=sample_metadata(), engine="auto"
    )
    return run, files


def small(tmp_path: Path, text: str, metadata: PaperMetadata = META, bib: Path | None = None) -> Path:
    """Render a short text; returns the paper's folder."""
    render(text, bib=bib, figures=tmp_path / "none", out=tmp_path / "paper", metadata=metadata, engine="typst")
    return tmp_path / "paper"


def test_every_file_is_written(paper: tuple[Path, PaperFiles]) -> None:
    run, files = paper
    assert files.engine == "typst"
    assert files.pages >= 4
    assert 500 < files.words < 2000
    for name in (files.markdown, files.tex, files.bib, files.html, files.pdf):
        assert name is not None
        assert (run / name).stat().st_size > 500
    assert not (run / "paper" / "paper.typ").exists()


def test_pages_are_in_order(paper: tuple[Path, PaperFiles]) -> None:
    run, _ = paper
    assert [f for f in check_layout(run / "paper" / "paper.pdf") if f.severity != "note"] == []


def test_references_are_resolved_alike(paper: tuple[Path, PaperFiles]) -> None:
    run, files = paper
    markdown, tex, html = ((run / name).read_text() for name in (files.markdown, files.tex, files.html))
    for text in (markdown, tex, html):
        assert "{tab:" not in text.replace("\\ref{tab:", "").replace("\\label{tab:", "")
    assert "Table 2 and Figure 1 give the main result" in markdown
    assert r"Table~\ref{tab:main} and Figure~\ref{fig:report} give" in tex
    assert '<a href="#fig:report">Figure\u00a01</a>' in html
    assert 'id="fig:report"' in html
    assert "Figure Figure" not in re.sub(r"<[^>]+>", "", html)


def test_bibliography_holds_what_is_cited(paper: tuple[Path, PaperFiles]) -> None:
    run, files = paper
    bib = (run / files.bib).read_text()
    assert bib.count("@") == 4
    assert "uncited" not in bib
    assert "hakken_" not in bib
    assert r"M{\"u}ller, Rafael" in bib
    assert r"\citep{muller2019when, guo2017calibration}" in (run / files.tex).read_text()
    assert "Müller et al. (2019)" in re.sub(r"<[^>]+>", "", (run / files.html).read_text())


def test_html_stands_alone(paper: tuple[Path, PaperFiles]) -> None:
    run, files = paper
    html = (run / files.html).read_text()
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', html)
    assert "<math" in html
    assert "prefers-color-scheme: dark" in html
    assert "<h1>A All trials" in re.sub(r' (id|class|data-\w+)="[^"]*"', "", html)


def test_markdown_reads_well(paper: tuple[Path, PaperFiles]) -> None:
    run, files = paper
    text = (run / files.markdown).read_text()
    assert text.startswith("# Label smoothing against overconfidence")
    assert "written by an AI system" in text
    assert "``` diff" in text
    assert "![Figure 1](figures/report.png)" in text


@pytest.mark.slow
@TEX
def test_latex_compiles(paper: tuple[Path, PaperFiles], tmp_path: Path) -> None:
    run, _ = paper
    odd = "\n\nOdd ones: 😀 日本 ± − ≤ α → é ∈ ✓ … “quoted” — –"
    (tmp_path / "figures").mkdir()
    for file in (run / "drawn").iterdir():
        shutil.copy(file, tmp_path / "figures")
    drawn = [FigureFile(label="report", caption="100 % of $x$.", path="report")]
    text = sample_markdown(build_snapshot(), drawn).replace("# Conclusion", odd + "\n\n# Conclusion")
    files = render(
        text,
        bib=run / "refs.bib",
        figures=tmp_path / "figures",
        out=tmp_path,
        metadata=sample_metadata(),
        engine="latex",
    )
    assert files.engine == find_engine()
    assert [f for f in check_layout(tmp_path / "paper.pdf") if f.severity == "error"] == []
    assert not (tmp_path / "paper.log").exists()


@pytest.mark.slow
@TEX
def test_latex_error_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"Undefined control sequence .*paper\.tex, line"):
        render(
            "$\\nosuchcommand$",
            bib=None,
            figures=tmp_path,
            out=tmp_path / "paper",
            metadata=META.model_copy(update={"abstract": ""}),
            engine="latex",
        )


def test_log_errors() -> None:
    log = (
        "./paper.tex:12: Undefined control sequence.\nl.12 \\foo\n! LaTeX Error: File `x.sty' not found.\n\nl.3 \\use\n"
    )
    assert log_errors(log) == [
        "Undefined control sequence (paper.tex, line 12)",
        "LaTeX Error: File `x.sty' not found (line 3)",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("See {fig:nothing}.", "refers to {fig:nothing}"),
        (TABLE + "\n" + TABLE, "tab:t is used twice"),
        ("As [@nobody2020] says.", "cites nobody2020"),
        ("![Caption](figures/absent){#fig:x}", "figure absent has no file"),
        ("![Caption](https://example.org/x.png)", "not one of the paper's figures"),
        ("![Caption](figures/../../etc/passwd)", "not one of the paper's figures"),
        ("Look ![here](figures/x) now.", "inside a paragraph"),
        ("| a |\n|---|\n| x |\n\n: {#tab:u}\n", "no caption"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RenderError, match=re.escape(said)):
        small(tmp_path, f"{TABLE}\n\n{text}" if "tab:t" not in text else text)


def test_raw_code_of_other_languages_is_text(tmp_path: Path) -> None:
    folder = small(tmp_path, f'{TABLE}\n\n\\input{{secret}} <script>x</script> `#read("x")`{{=typst}}\n')
    assert "\\input{secret}" not in (folder / "paper.tex").read_text()
    assert "<script>" not in (folder / "paper.html").read_text()
    assert "script" in (folder / "paper.html").read_text()


def test_word_before_a_reference_is_not_repeated(tmp_path: Path) -> None:
    folder = small(tmp_path, f"{TABLE}\n\nSee Table {{tab:t}} and ({{tab:t}}), `{{tab:t}}`.\n")
    assert "See Table 1 and (Table 1), `{tab:t}`." in (folder / "paper.md").read_text()


def test_title_and_authors_are_escaped(tmp_path: Path) -> None:
    folder = small(tmp_path, TABLE)
    assert r"T \& co. 100 \%" in (folder / "paper.tex").read_text()
    assert "T &amp; co. 100 %" in (folder / "paper.html").read_text()


def test_equal_input_gives_equal_files(tmp_path: Path) -> None:
    one, two = small(tmp_path / "1", TABLE), small(tmp_path / "2", TABLE)
    for name in ("paper.pdf", "paper.tex", "paper.html", "paper.md"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_a4(tmp_path: Path) -> None:
    folder = small(tmp_path, TABLE, META.model_copy(update={"paper": "a4"}))
    assert "a4paper" in (folder / "paper.tex").read_text()

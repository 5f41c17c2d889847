"""LaTeX as other people write it: spans, bold cells, macros, included files, comments that swallow text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.types import Severity
from hakken.research.papers.audit.document.document import Document, UnitKind
from hakken.research.papers.audit.document.maths import plain_math
from hakken.research.papers.audit.document.reading import read_document
from hakken.research.papers.audit.document.tex.braces import argument, closing, option
from hakken.research.papers.audit.document.tex.tables import plain_tables
from hakken.research.papers.audit.form.source import check_source


def _read(folder: Path, body: str, preamble: str = "") -> Document:
    paper = folder / "paper.tex"
    paper.write_text(
        "\\documentclass{article}\n\\usepackage{booktabs}\n"
        f"{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\n",
        encoding="utf-8",
    )
    return read_document(paper)


def _cells(document: Document) -> dict[str, str]:
    return {u.place.partition(", ")[2]: u.text for u in document.units if u.row and u.kind is UnitKind.CELL}


def _text(document: Document) -> str:
    return " ".join(u.text for u in document.units if u.kind is UnitKind.SENTENCE)


TABLE = r"""
\begin{table*}[t]
\centering \small
\resizebox{\textwidth}{!}{%
\begin{tabular}{l *{2}{S[table-format=1.2]} r@{\hskip 2pt}>{\bfseries}c}
\toprule
\multirow{2}{*}{Method} & \multicolumn{2}{c}{Accuracy $\uparrow$} & Loss & \makecell{Time\\(s)} \\
\cmidrule(lr){2-3}
 & A & B & & \\
\midrule
\multicolumn{5}{l}{\textit{Small models}} \\
\multirow{2}{*}{First} & 1.25 & {\bfseries 2.31} & $\mathbf{0.1}$ & \bfseries 4 \\
 & 1.35 & \underline{2.42} & $\bm{0.2 \pm 0.1}$ & \cellcolor{gray!20}\textbf{5}\tnote{a} \\
\rowcolor{gray!10} Second & \textcolor{red}{1.55} & 12.8\% & \multicolumn{2}{c}{--} \\
\bottomrule
\end{tabular}}
\caption{Both models on 5\% of the data. \label{tab:main}}
\end{table*}
"""


def test_spans_are_repeated_and_two_header_rows_become_one(tmp_path: Path) -> None:
    document = _read(tmp_path, TABLE)
    headers = [u.text for u in document.units if u.kind is UnitKind.HEADER and not u.row and not u.line]
    assert headers == ["Method", "Accuracy ↑, A", "Accuracy ↑, B", "Loss", "Time (s)"]
    cell = next(u for u in document.units if u.text == "1.35")
    assert cell.row[0] == ("Method", "First")
    assert cell.row[-1] == ("", "Small models")
    assert (cell.column, cell.group, cell.line, cell.at) == ("Accuracy ↑, A", "Small models", 3, 1)
    assert [u.text for u in document.units if u.text == "First"] == ["First"]
    assert document.floats[0].label == "tab:main"
    assert document.floats[0].caption.strip() == "Both models on 5% of the data."


def test_bold_cells_are_known_however_they_are_set(tmp_path: Path) -> None:
    document = _read(tmp_path, TABLE)
    bold = [u.text for u in document.units if u.row and u.bold]
    assert [" ".join(text.split()) for text in bold] == ["2.31", "0.1", "4", "0.2 ±0.1", "5"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (r"A & B \\ \hline x & 1 \\ \hline y & 2 \\ \hline", {"x": "1", "y": "2"}),
        (r"A & B \\[2pt] \midrule x & 1 \tabularnewline y & 2 \\*", {"x": "1", "y": "2"}),
        (r"A & \begin{tabular}[c]{@{}c@{}}B\\C\end{tabular} \\ \midrule x & 1 \\ y & 2", {"x": "1", "y": "2"}),
        (r"A & B \\ \midrule x & \multirow{2}{*}{1} \\ y & \\ z & 3 \\", {"x": "1", "z": "3"}),
        (r"A & B \\ \midrule \rotatebox{90}{x} & \phantom{0}1 \\ \addlinespace y & $2$ \\", {"x": "1", "y": "2"}),
    ],
)
def test_tables_in_many_hands(tmp_path: Path, rows: str, expected: dict[str, str]) -> None:
    document = _read(tmp_path, f"\\begin{{table}}\\begin{{tabular}}{{|l|c|}}{rows}\\end{{tabular}}\\end{{table}}")
    cells = {u.row[0][1]: u.text for u in document.units if u.kind is UnitKind.CELL}
    assert cells == expected


def test_macros_symbols_and_units(tmp_path: Path) -> None:
    document = _read(
        tmp_path,
        r"\ours{} reaches \acc{12.3} with $\eta_e = 8 \times 10^{-4}$, $0.12{\scriptstyle\pm0.01}$ and "
        r"\SI{3.2}{\second}; \verb|50% off|.",
        r"\newcommand{\ours}{\textsc{Foo}\xspace} \newcommand{\acc}[1]{\textbf{#1}\,\%} \def\unused{\input{nothing}}",
    )
    said = " ".join(_text(document).split())
    assert said == "Foo reaches 12.3 % with η_e = 8 ×10^-4, 0.12±0.01 and 3.2 s; `50% off`."


def test_text_behind_an_unescaped_percent_sign_is_not_read_and_said(tmp_path: Path) -> None:
    document = _read(
        tmp_path,
        "The loss fell by 12.8% compared with the baseline of 0.5.\n\nIt rose by 3\\% % truly\nlater.\n% remark 7",
    )
    assert _text(document) == "The loss fell by 12.8 It rose by 3% later."
    (finding,) = check_source(document, tmp_path)
    assert (finding.kind, finding.severity, finding.place) == ("hidden_text", Severity.WARNING, "Source, line 5")
    assert "compared with the baseline of 0.5" in finding.record


def test_included_files_come_from_the_papers_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    (folder / "parts").mkdir(parents=True)
    (folder / "parts" / "results.tex").write_text("It is 42.")
    (tmp_path / "secret.tex").write_text("Never read.")
    document = _read(folder, r"\input{parts/results} \input{../secret} \include{missing}" + "\n% \\input{other}\nEnd.")
    assert _text(document) == "It is 42. End."


def test_entries_in_the_paper_references_and_parts_of_figures(tmp_path: Path) -> None:
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "left.png").write_bytes(b"")
    figure = r"""
    \section{Results} \label{sec:results}
    \begin{figure}
    \begin{subfigure}{0.4\textwidth}\includegraphics{left}\caption{Left}\label{fig:left}\end{subfigure}
    \begin{subfigure}{0.4\textwidth}\includegraphics{right}\caption{Right}\end{subfigure}
    \caption{All of it.}\label{fig:both}
    \end{figure}
    See \cref{fig:left}, Section \ref{sec:results}, Section~\ref{sec:lost} and \citep{two}.
    """
    preamble = (
        "\\graphicspath{{plots/}}\n\\begin{filecontents}{refs.bib}\n@article{one, title={50% more}}\n"
        "@book{two, title={T}}\n@book{two, title={T}}\n\\end{filecontents}"
    )
    document = _read(tmp_path, figure, preamble)
    assert document.entries == ["one", "two", "two"]
    assert document.cited == ["two"]
    assert "See Figure 1a, Section 1, Section" in _text(document)
    assert [(p.label, p.caption, p.path) for p in document.panels] == [
        ("fig:left", "Left", "plots/left"),
        ("", "Right", "right"),
    ]
    assert "fig:both" in document.links
    assert {(f.kind, f.says) for f in check_source(document, tmp_path)} == {
        ("unresolved", "a reference to “sec:lost”"),
        ("missing_figure", "right"),
    }


def test_algorithms_are_no_prose_and_no_listing(tmp_path: Path) -> None:
    document = _read(
        tmp_path,
        r"\begin{algorithm}[t]\caption{Train}\begin{algorithmic}[1] \State $x \gets 0.1$ \For{$i$} \EndFor"
        r"\end{algorithmic}\end{algorithm} Done.",
    )
    kinds = [(u.kind, u.text) for u in document.units]
    assert (UnitKind.SENTENCE, "Algorithm: Train") in kinds
    assert any(kind is UnitKind.EQUATION and "0.1" in text for kind, text in kinds)
    assert all(kind is not UnitKind.CODE for kind, _ in kinds)


@pytest.mark.parametrize(
    ("source", "left_out"),
    [
        ("\\begin{itemize} \\item It is 3.\n\n\\end{enumerate}", ["\\begin{itemize}", "\\end{enumerate}"]),
        ("It is \\textbf{3.\n\nMore.", ["It is \\textbf{3."]),
        ("It is 3}.", ["It is 3}."]),
        ("It is 3. " + "{" * 40, ["It is 3. " + "{" * 40]),
    ],
)
def test_what_is_not_closed_costs_itself_and_not_the_paper(tmp_path: Path, source: str, left_out: list[str]) -> None:
    document = _read(tmp_path, f"First.\n\n{source}\n\nLast.")
    assert re.sub(r"[^\w. ]", "", _text(document)).split()[:4] == ["First.", "It", "is", "3."]
    assert _text(document).endswith("Last.")
    assert [(r.kind, r.sentence) for r in document.remarks] == [("unreadable", text) for text in left_out]


@given(st.text(alphabet="{}[]\\&% ab1$\n", max_size=60))
def test_scanners_end_on_any_text(text: str) -> None:
    assert 0 <= closing(text, 0) <= len(text)
    for scan in (argument, option):
        assert 0 <= scan(text, 0)[1] <= len(text)
    assert isinstance(plain_tables(f"\\begin{{tabular}}{{l}}{text}\\end{{tabular}}"), str)
    assert isinstance(plain_math(text), str)

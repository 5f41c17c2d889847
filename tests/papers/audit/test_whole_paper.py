"""A whole paper in LaTeX about a small record, as an AI system would write it: what is wrong is found, and no more."""

# ruff: noqa: E501
# Sentences stand as they are printed: they are what is tested.

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.core.types import AuditReport, Severity
from hakken.research.papers.audit import Auditor
from hakken.research.papers.audit.document.document import Document, UnitKind
from hakken.research.papers.audit.document.reading import read_document
from hakken.research.papers.audit.records import read_record
from tests.papers.audit.samples import POINT_TITLES, POINTS, write_record

PAPER = r"""
\documentclass{article} % For LaTeX2e
\usepackage[utf8]{inputenc}
\usepackage{booktabs}
\usepackage{graphicx}
\usepackage{multirow}
\graphicspath{{../}}
\begin{filecontents}{references.bib}
@article{first2020,
  title={Points and Their Branches},
  author={First, Author},
  journal={Journal of Points},
  year={2020}
}
@inproceedings{second2021,
  title={Gates},
  author={Second, Author},
  booktitle={Proceedings of Gates},
  year={2021}
}
\end{filecontents}
\title{Gated Branches for Generating Points}
\begin{document}
\maketitle
\begin{abstract}
We study generators of points with several branches \cite{first2020}. Our experiments demonstrate significant improvements in MMD compared to the baseline.
Gated Branches achieve consistent improvements in MMD across all data sets.
\end{abstract}

\section{Introduction}
Points are drawn by a generator whose branches are weighted by a gate \citep{second2021}. Section \ref{sec:results} gives the results, and Section \ref{sec:lost} the proofs.

\section{Method}
The gate weighs the branches.
\begin{equation}
g(x) = \frac{1}{1 + e^{-x}
\end{equation}
It is trained together with them.

\section{Experimental Setup}
All experiments use PyTorch 1.9 on a single NVIDIA V100 GPU with a fixed random seed. We measure the MMD on ring, spiral and blobs.

\section{Results} \label{sec:results}
Our experiments consist of five main runs: Baseline (Run 0), Two Branches (Run 1) and Gated Branches (Run 2).

\begin{table}[h]
\centering
\caption{MMD and training time of each run.}
\label{tab:results}
\begin{tabular}{lccc}
\toprule
Run & Dataset & MMD & Training Time (s) \\
\midrule
\multirow{3}{*}{Baseline} & Ring & 0.412 & 30.1 \\
 & Spiral & 0.953 & 30.4 \\
 & Blobs & 0.158 & 29.8 \\
\midrule
\multirow{3}{*}{Two Branches} & Ring & 0.437 & 61.2 \\
 & Spiral & 0.871 & 60.7 \\
 & Blobs & 0.171 & 62.5 \\
\midrule
\multirow{3}{*}{Gated Branches} & Ring & 0.437 & 66.9 \\
 & Spiral & 0.824 & 68.3 \\
 & Blobs & 0.166 & 67.0 \\
\bottomrule
\end{tabular}
\end{table}

Table \ref{tab:results} shows all values. Two Branches (Run 1) shows mixed results compared to the baseline.
Training times approximately doubled with two branches.

Gated Branches change the MMD as follows:
\begin{itemize}
    \item Spiral: 13.5\% reduction (from 0.953 to 0.824)
    \item Blobs: 5.1\% improvement (from 0.158 to 0.166)
\end{itemize}

The MMD of the baseline on ring is 0.777.

We conducted an ablation study without the encoder, see Table \ref{tab:ablation}.

\begin{table}[h]
\caption{Ablation study: MMD on ring.}
\label{tab:ablation}
\begin{tabular}{lc}
\toprule
Variant & MMD \\
\midrule
Without Encoder & 0.611 \\
Without Decoder & 0.698 \\
\bottomrule
\end{tabular}
\end{table}

The ablation study demonstrated the importance of both parts.

\begin{figure}[h]
\includegraphics[width=\textwidth]{samples.png}
\caption{Samples of every run.}
\label{fig:samples}
\end{figure}

Figure \ref{fig:samples} shows samples. The MMD fell by up to 13.5% for the spiral, which no other run reached.

\section{Conclusion}
The improvements in MMD are not consistent across all data sets.
\end{document}
"""
EXPECTED = [
    ("statistics", "significant improvements in MMD"),
    ("false", "consistent improvements in MMD across all data sets"),
    ("reversed", "Blobs: 5.1% improvement"),
    ("version", "PyTorch 1.9"),
    ("hardware", "V100"),
    ("seeds", "fixed random seed"),
    ("run_label", "five main runs"),
    ("missing_run", "ablation study without the encoder"),
    ("missing_run", "The ablation study demonstrated"),
    ("unresolved", "sec:lost"),
    ("hidden_text", ""),
    ("untold_runs", ""),
]
SOUND = [
    "mixed results compared to the baseline",
    "approximately doubled",
    "13.5% reduction",
    "not consistent across all",
]
"""Sentences that are right: no finding of the kinds that judge an effect."""
JUDGED = {"reversed", "false", "statistics", "inconsistent", "contradicted", "unfair"}


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_record(tmp_path_factory.mktemp("branches"), POINTS, POINT_TITLES)
    (folder / "latex").mkdir()
    (folder / "latex" / "template.tex").write_text(PAPER.lstrip(), encoding="utf-8")
    return folder / "latex" / "template.tex"


@pytest.fixture(scope="module")
def report(paper: Path) -> AuditReport:
    return Auditor(read_record(paper.parents[1])).audit(paper).report


@pytest.fixture(scope="module")
def document(paper: Path) -> Document:
    return read_document(paper)


@pytest.mark.parametrize(("kind", "words"), EXPECTED)
def test_what_is_wrong_is_found(report: AuditReport, kind: str, words: str) -> None:
    assert any(f.kind == kind and words in f.sentence + f.says for f in report.findings)


@pytest.mark.parametrize("words", SOUND)
def test_a_right_sentence_is_let_be(report: AuditReport, words: str) -> None:
    assert [f.kind for f in report.findings if words in f.sentence and f.kind in JUDGED] == []


def test_each_wrong_number_is_found_once_and_no_right_one(report: AuditReport) -> None:
    kinds = ("misattributed", "unsupported", "weak")
    found = sorted((f.kind, f.says) for f in report.findings if f.kind in kinds and f.severity is not Severity.NOTE)
    assert found == [
        ("misattributed", "0.437 (mean)"),
        ("unsupported", "0.611 (mean)"),
        ("unsupported", "0.698 (mean)"),
        ("unsupported", "0.777 (mean)"),
        ("unsupported", "five (count)"),
    ]


def test_pictures_that_were_not_shipped_are_a_note(report: AuditReport) -> None:
    assert [f.severity for f in report.findings if f.kind == "missing_figure"] == [Severity.NOTE]


def test_it_is_read_whole(document: Document) -> None:
    cells = [u for u in document.units if u.kind is UnitKind.CELL and u.text[:1].isdigit()]
    assert len(cells) == 20
    assert all(c.column and c.row[0][1] for c in cells)
    assert sorted(r.kind for r in document.remarks) == ["hidden_text", "unreadable"]
    assert document.title == "Gated Branches for Generating Points"
    assert set(document.cited) == set(document.entries) == {"first2020", "second2021"}

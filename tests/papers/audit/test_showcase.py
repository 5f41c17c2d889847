"""Real papers by an AI system: what a careful reader found in them, the audit finds too.

They are not ours to ship. ``HAKKEN_SHOWCASE`` names a folder with three example papers of The AI Scientist, each in a
folder of the names below; without it nothing here is collected. ``test_whole_paper.py`` holds the same kinds of errors
in a paper of our own.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from hakken.core.types import AuditReport, Severity
from hakken.research.papers.audit import Auditor
from hakken.research.papers.audit.document.document import UnitKind
from hakken.research.papers.audit.document.reading import read_document
from hakken.research.papers.audit.records import read_record

SHOWCASE = Path(os.environ["HAKKEN_SHOWCASE"])
"""Papers with their records, one folder each."""

EXPECTED = {
    "adaptive_dual_scale_denoising": [
        ("statistics", "significant improvements in sample quality, with KL"),
        ("statistics", "Experiments on four 2D datasets demonstrated significant"),
        ("false", "consistent improvements in sample quality across all datasets"),
        ("false", "leads to consistent improvements in KL divergence"),
        ("false", "reductions in KL divergence across all datasets"),
        ("false", "generally outperforms the baseline"),
        ("reversed", "Moons: 3.3% improvement"),
        ("version", "PyTorch 1.9"),
        ("hardware", "V100"),
        ("seeds", "fixed random seed"),
        ("run_label", "five main runs"),
        ("untold_runs", ""),
    ],
    "gan_diffusion": [
        ("false", "achieving better performance across various metrics compared"),
        ("false", "better performance in our preliminary experiments"),
        ("false", "evaluation loss and KL divergence metrics showed minor improvements"),
        ("statistics", "While our approach shows significant improvements"),
        ("statistics", "leads to significant improvements in sample quality"),
        ("hardware", "single GPU"),
        ("untold_runs", ""),
    ],
    "layerwise_lr_grokking": [
        ("version", "PyTorch 1.9.0"),
        ("missing_run", "we conducted an ablation study"),
        ("missing_run", "ablation study demonstrated"),
        ("unresolved", "div_curves"),
        ("unresolved", "experiments"),
        ("seeds", "1337"),
        ("untold_runs", ""),
    ],
}
SOUND = {
    "adaptive_dual_scale_denoising": ["shows mixed results compared to the baseline", "approximately doubled"],
    "gan_diffusion": ["did not show substantial improvement", "not consistent across all datasets", "mixed results"],
    "layerwise_lr_grokking": ["56.3% reduction", "54.6% improvement", "a 54.2% reduction", "substantial improvement"],
}
"""Sentences that are right: no finding of the kinds that judge an effect."""
JUDGED = {"reversed", "false", "statistics", "inconsistent", "contradicted", "unfair"}


@cache
def audited(name: str) -> AuditReport:
    folder = SHOWCASE / name
    return Auditor(read_record(folder)).audit(folder / "latex" / "template.tex").report


@pytest.mark.parametrize(("name", "kind", "words"), [(n, k, w) for n, rows in EXPECTED.items() for k, w in rows])
def test_a_known_error_is_found(name: str, kind: str, words: str) -> None:
    assert any(f.kind == kind and words in f.sentence + f.says for f in audited(name).findings)


@pytest.mark.parametrize(("name", "words"), [(n, w) for n, rows in SOUND.items() for w in rows])
def test_a_right_sentence_is_let_be(name: str, words: str) -> None:
    wrong = [f.kind for f in audited(name).findings if words in f.sentence and f.kind in JUDGED]
    assert wrong == []


@pytest.mark.parametrize("name", EXPECTED)
def test_pictures_that_were_not_shipped_are_a_note(name: str) -> None:
    found = [f.severity for f in audited(name).findings if f.kind == "missing_figure"]
    assert found == [Severity.NOTE]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("adaptive_dual_scale_denoising", {"misattributed": 9}),
        ("gan_diffusion", {}),
        ("layerwise_lr_grokking", {"misattributed": 4, "unsupported": 6}),
    ],
)
def test_wrong_numbers_of_real_papers(name: str, expected: dict[str, int]) -> None:
    kinds = ("misattributed", "unsupported", "weak")
    found = Counter(f.kind for f in audited(name).findings if f.kind in kinds and f.severity.value != "note")
    assert dict(found) == expected


@pytest.mark.parametrize(
    ("name", "numbers", "hidden"),
    [("adaptive_dual_scale_denoising", 60, 2), ("gan_diffusion", 64, 0), ("layerwise_lr_grokking", 36, 0)],
)
def test_papers_by_the_ai_scientist_are_read_whole(name: str, numbers: int, hidden: int) -> None:
    document = read_document(SHOWCASE / name / "latex" / "template.tex")
    cells = [u for u in document.units if u.kind is UnitKind.CELL and u.text[:1].isdigit()]
    assert len(cells) == numbers
    assert all(c.column and c.row[0][1] for c in cells)
    assert sum(r.kind == "hidden_text" for r in document.remarks) == hidden
    assert sum(r.kind == "unreadable" for r in document.remarks) == (name == "gan_diffusion")  # a formula
    assert document.title
    assert set(document.cited) <= set(document.entries)

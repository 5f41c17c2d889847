"""Sentences as people write them, about tables of any shape: right ones are let be, wrong ones are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.core.types import Finding
from hakken.research.papers.audit import Auditor
from hakken.research.papers.audit.document.reading import read_document
from hakken.research.papers.audit.records import read_record

WIDE = """dataset,seed,ERM,Mixup,SoftMix
pets,0,76.10,78.02,80.91
pets,1,75.93,77.91,81.04
pets,2,76.25,78.20,80.77
birds,0,61.50,63.11,62.40
birds,1,61.71,62.98,62.61
birds,2,61.44,63.30,62.49
"""
ABOUT_NUMBERS = frozenset(
    ["unsupported", "misattributed", "weak", "reversed", "false", "spread", "dataset", "inconsistent"]
)
TABLE = """| Method | Avg. | Δ |
|:--|--:|--:|
| ERM | 68.8 | |
| Mixup | 70.6 | {mixup} |
| SoftMix | 71.7 | +2.9 |
| Both | 72.9 | +4.1 |
"""


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    folder = tmp_path_factory.mktemp("wide")
    (folder / "accuracy.csv").write_text(WIDE)
    return Auditor(read_record(folder))


def found(auditor: Auditor, folder: Path, text: str) -> list[Finding]:
    paper = folder / "draft.md"
    paper.write_text(f"# Results\n\n{text}\n")
    return [f for f in auditor.check(read_document(paper), folder).report.findings if f.kind in ABOUT_NUMBERS]


RIGHT = [
    "On pets, SoftMix beats ERM (80.9 vs. 76.1).",
    "On pets, SoftMix gains 4.8 points over ERM.",
    "SoftMix raises the accuracy on pets from 76.1% to 80.9%.",
    "On birds, SoftMix is behind Mixup, with an accuracy of 62.5 against 63.1.",
    "Averaged over the two data sets, SoftMix reaches 71.7%.",
    "The best accuracy on birds is that of Mixup, 63.1.",
    "The mean rank of SoftMix is 1.50.",
    "The accuracy of SoftMix on pets (80.9) is higher than that of ERM (76.1).",
    "We compare three methods on two data sets.",
    "On pets, SoftMix outperforms all other methods.",
    "We report test accuracy; higher accuracy is better.",
]
WRONG = [
    ("On pets, SoftMix beats ERM (76.1 vs. 80.9).", "misattributed"),
    ("On birds, SoftMix gains 4.8 points over ERM.", "misattributed"),
    ("On pets, SoftMix lowers the accuracy by 4.8 points compared to ERM.", "reversed"),
    ("On birds, SoftMix outperforms all other methods.", "false"),
    ("The worst accuracy on birds is that of Mixup, 63.1.", "false"),
    ("The best accuracy on birds is that of SoftMix, 63.1.", "misattributed"),
    ("The mean rank of SoftMix is 1.25.", "unsupported"),
    ("On CIFAR-10, SoftMix reaches an accuracy of 80.9.", "dataset"),
    ("We compare three methods on three data sets.", "unsupported"),
    ("We report test accuracy; lower accuracy is better.", "reversed"),
    ("We ran 4 versions of the code, of which 2 failed and 3 finished.", "inconsistent"),
]


@pytest.mark.parametrize("sentence", RIGHT)
def test_a_right_sentence_is_let_be(wide: Auditor, tmp_path: Path, sentence: str) -> None:
    assert [(f.kind, f.says, f.record) for f in found(wide, tmp_path, sentence)] == []


@pytest.mark.parametrize(("sentence", "kind"), WRONG)
def test_a_wrong_sentence_is_found(wide: Auditor, tmp_path: Path, sentence: str, kind: str) -> None:
    findings = found(wide, tmp_path, sentence)
    assert kind in {f.kind for f in findings}, findings


def test_a_column_of_differences_follows_from_its_neighbour(wide: Auditor, tmp_path: Path) -> None:
    right = found(wide, tmp_path, TABLE.format(mixup="+1.8"))
    wrong = found(wide, tmp_path, TABLE.format(mixup="−1.8"))
    assert not [f for f in right if f.kind in ("inconsistent", "reversed")]
    assert [f for f in wrong if f.kind in ("inconsistent", "reversed")]


def test_a_paper_prints_one_kind_of_spread(tmp_path: Path) -> None:
    rows = [f"{m},{s},{v}" for m, vs in SPREADS.items() for s, v in enumerate(vs)]
    (tmp_path / "accuracy.csv").write_text("method,seed,accuracy\n" + "\n".join(rows) + "\n")
    auditor = Auditor(read_record(tmp_path))
    told = "On average, {} reaches an accuracy of {:.2f} ± {}."
    sentences = [told.format(m, sum(vs) / 4, sd) for (m, vs), sd in zip(SPREADS.items(), DEVIATIONS, strict=True)]
    assert not [f for f in found(auditor, tmp_path, " ".join(sentences)) if f.kind != "weak"]
    sentences[0] = sentences[0].replace(DEVIATIONS[0], "1.12")  # the population deviation of the same values
    assert any("1.12" in f.says for f in found(auditor, tmp_path, " ".join(sentences)))


SPREADS = {
    "Alpha": [71.0, 72.0, 73.0, 74.0],
    "Bravo": [61.0, 63.0, 65.0, 67.0],
    "Carol": [51.5, 54.5, 57.5, 60.5],
    "Delta": [81.2, 82.6, 84.0, 85.4],
    "Ernst": [41.1, 43.4, 45.7, 48.0],
}
DEVIATIONS = ["1.29", "2.58", "3.87", "1.81", "2.97"]

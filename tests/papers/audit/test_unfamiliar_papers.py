"""Papers in styles that are new to the audit: right sentences are let be, wrong ones are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit import Auditor
from hakken.research.papers.audit.document.reading import read_document
from hakken.research.papers.audit.records import read_record
from tests.papers.audit.samples import Values, write_record

ENTROPY: dict[str, Values] = {
    "run_0": {
        "plays": {"best_val_loss": [1.4720, 1.4701, 1.4721], "final_train_loss": [0.8091, 0.8070, 0.8080]},
        "wiki": {"best_val_loss": [1.0032], "final_train_loss": [0.9348]},
    },
    "run_1": {
        "plays": {"best_val_loss": [1.4690, 1.4682, 1.4686], "final_train_loss": [0.8142, 0.8151, 0.8149]},
        "wiki": {"best_val_loss": [1.0025], "final_train_loss": [0.9391]},
    },
    "run_2": {
        "plays": {"best_val_loss": [1.4911, 1.4917, 1.4914], "final_train_loss": [0.9001, 0.8990, 0.8979]},
        "wiki": {"best_val_loss": [1.0143], "final_train_loss": [0.9760]},
    },
    "run_3": {
        "plays": {"best_val_loss": [1.4581, 1.4587, 1.4584], "final_train_loss": [0.8290, 0.8288, 0.8280]},
        "wiki": {"best_val_loss": [0.9982], "final_train_loss": [0.9471]},
    },
}
ENTROPY_TITLES = ("Baseline", "Fixed entropy penalty (0.01)", "Fixed entropy penalty (0.1)", "Annealed schedule")
CODE = """
import torch
weight_decay = 0.1
LAMBDA = 0.01
dropout = 0.2
"""
WHOLE = frozenset(["untold_runs", "cherry_picked"])
"""A single sentence leaves most runs out."""
TREES = """model,dataset,seed,rmse,r2,fit_seconds
XGBoost,housing,1,0.4610,0.8410,3.31
XGBoost,housing,2,0.4590,0.8424,3.27
XGBoost,housing,3,0.4572,0.8436,3.34
XGBoost,bike,1,0.2110,0.9270,3.02
XGBoost,bike,2,0.2114,0.9266,2.97
XGBoost,bike,3,0.2121,0.9261,3.05
KernelBoost,housing,1,0.4480,0.8498,10.41
KernelBoost,housing,2,0.4501,0.8483,10.22
KernelBoost,housing,3,0.4462,0.8510,10.61
KernelBoost,bike,1,0.2125,0.9258,9.31
KernelBoost,bike,2,0.2119,0.9262,9.44
KernelBoost,bike,3,0.2122,0.9260,9.18
"""
SKETCH = {
    "FedAvg": {
        "femnist": {"test_accuracy": [81.2, 80.9, 81.4], "communication_mb": [412.1, 412.5, 411.9]},
        "cifar10": {"test_accuracy": [68.4, 68.1, 68.2], "communication_mb": [1380.0, 1381.0, 1385.0]},
    },
    "Scaffold": {
        "femnist": {"test_accuracy": [83.2, 83.4, 83.1], "communication_mb": [1824.0, 1823.1, 1824.9]},
        "cifar10": {"test_accuracy": [72.7, 72.4, 72.8], "communication_mb": [2761.0, 2765.0, 2763.0]},
    },
    "FedSketch": {
        "femnist": {"test_accuracy": [82.8, 82.6, 83.0], "communication_mb": [61.0, 61.2, 60.8]},
        "cifar10": {"test_accuracy": [71.5, 71.4, 71.9], "communication_mb": [198.0, 197.6, 198.5]},
    },
}


@pytest.fixture(scope="module")
def entropy(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    folder = tmp_path_factory.mktemp("entropy")
    return Auditor(read_record(write_record(folder, ENTROPY, ENTROPY_TITLES, code=CODE)))


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    folder = tmp_path_factory.mktemp("trees")
    (folder / "runs.csv").write_text(TREES)
    settings = {"XGBoost": {"n_estimators": 400, "subsample": 0.8}, "test_size": 0.2}
    (folder / "params.json").write_text(json.dumps(settings))
    return Auditor(read_record(folder))


@pytest.fixture(scope="module")
def sketch(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    folder = tmp_path_factory.mktemp("sketch")
    (folder / "summary.json").write_text(json.dumps(SKETCH))
    return Auditor(read_record(folder))


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    folder = tmp_path_factory.mktemp("code")
    (folder / "train.py").write_text("import jax\n" + "x = 1\n" * 30 + "opt = optax.sgd(0.1)\n")
    (folder / "results.json").write_text(json.dumps({"plain": {"accuracy": 0.81}, "wide": {"accuracy": 0.84}}))
    return Auditor(read_record(folder))


def errors(auditor: Auditor, folder: Path, text: str, *, least: Severity = Severity.WARNING) -> list[Finding]:
    paper = folder / "draft.md"
    paper.write_text(f"# Results\n\n{text}\n")
    ranks = [Severity.NOTE, Severity.WARNING, Severity.ERROR]
    found = auditor.check(read_document(paper), folder).report.findings
    return [f for f in found if ranks.index(f.severity) >= ranks.index(least) and f.kind not in WHOLE]


RIGHT = [
    ("entropy", "The annealed schedule lowers the validation loss on plays from 1.4714 to 1.4584, on wiki from 1.0032"
                " to 0.9982."),
    ("entropy", "A fixed penalty of 0.1 raises the validation loss on both data sets."),
    ("entropy", "With a fixed penalty of 0.1 the validation loss on plays climbs to 1.4914 and that on wiki to"
                " 1.0143."),
    ("entropy", "On plays, the annealed schedule narrows the gap between validation and training loss from 0.663 to"
                " 0.630."),
    ("entropy", "The fixed penalty of 0.01 keeps 14% of the gain of the annealed schedule in validation loss on wiki."),
    ("trees", "On bike, KernelBoost (0.2122) and XGBoost (0.2115) are nearly tied in RMSE."),
    ("trees", "On housing, KernelBoost reaches an RMSE of 0.448 (XGBoost: 0.459). On bike the order turns: 0.212 vs"
              " 0.2115."),
    ("trees", "Its R² on housing is 0.850 for KernelBoost."),
    ("trees", "KernelBoost has the lowest RMSE on one of the two data sets."),
    ("trees", "XGBoost fits 3.1x faster than KernelBoost on housing."),
    ("trees", "In our set-up, 20 % of each data set are held out for testing."),
    ("sketch", "FedSketch transmits 61 MB on FEMNIST, 85 % less communication than FedAvg."),
    ("sketch", "Scaffold needs 1.82 GB of communication on FEMNIST."),
    ("sketch", "FedSketch cuts communication by 85 to 86 % against FedAvg."),
    ("sketch", "Each algorithm is run three times."),
]  # fmt: skip
WRONG = [
    ("entropy", "A fixed penalty of 0.1 lowers the validation loss on plays and wiki.", "reversed"),
    ("entropy", "With a fixed penalty of 0.1 the validation loss on plays climbs to 1.4686.", "misattributed"),
    ("entropy", "With a fixed penalty of 0.1 the validation loss on plays climbs to 1.0143 and that on wiki to 1.4914.",
     "misattributed"),
    ("entropy", "On wiki the improvement over the baseline is statistically significant.", "statistics"),
    ("entropy", "We use a weight decay of 0.01.", "unsupported"),
    ("entropy", "Generation slows down from 620 to 640 tokens per second.", "reversed"),
    ("trees", "On bike, KernelBoost (0.2122) and XGBoost (0.2115) differ: KernelBoost has the lower RMSE.", "reversed"),
    ("trees", "KernelBoost has the lowest RMSE on all data sets.", "false"),
    ("trees", "KernelBoost fits 3.1x faster than XGBoost on housing.", "reversed"),
    ("trees", "KernelBoost is XGBoost 2.0.3 with weights.", "version"),
    ("sketch", "Scaffold needs 2.32 GB of communication on FEMNIST.", "unsupported"),
    ("sketch", "Each algorithm is run ten times.", "unsupported"),
    ("code", "We train with JAX 0.4.30.", "version"),
    ("code", "We train with Adam.", "method"),
    ("sketch", "On two H100 GPUs, we simulate federated learning.", "hardware"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "text"), RIGHT)
def test_a_right_sentence_is_let_be(record: str, text: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    auditor: Auditor = request.getfixturevalue(record)
    assert [(f.kind, f.says, f.record) for f in errors(auditor, tmp_path, text)] == []


@pytest.mark.parametrize(("record", "text", "kind"), WRONG)
def test_a_wrong_sentence_is_found(
    record: str, text: str, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    auditor: Auditor = request.getfixturevalue(record)
    assert kind in {f.kind for f in errors(auditor, tmp_path, text)}


def table(head: str, rows: list[str], caption: str) -> str:
    columns = head.count("&") + 1
    return "\n".join([
        r"\documentclass{article}\usepackage{booktabs}\begin{document}\section{Results}Table~\ref{t} holds them.",
        r"\begin{table}\caption{" + caption + r"}\label{t}\begin{tabular}{" + "l" * columns + r"}\toprule",
        head + r" \\ \midrule", *(row + r" \\" for row in rows),
        r"\bottomrule\end{tabular}\end{table}\end{document}",
    ])  # fmt: skip


def cells(auditor: Auditor, folder: Path, text: str) -> list[tuple[str, str]]:
    paper = folder / "table.tex"
    paper.write_text(text)
    found = auditor.check(read_document(paper), folder).report.findings
    return [(f.kind, f.says) for f in found if f.severity is not Severity.NOTE and f.kind not in WHOLE]


HEAD = r" & \multicolumn{2}{c}{plays} & \multicolumn{2}{c}{wiki} \\ Method & Val & Train & Val & Train"
ROWS = [
    "Baseline & 1.4714 & 0.8080 & 1.0032 & 0.9348",
    r"Annealed schedule & \textbf{1.4584} & 0.8286 & \textbf{0.9982} & 0.9471",
]


def test_headers_may_abbreviate_metrics_under_a_data_set(entropy: Auditor, tmp_path: Path) -> None:
    caption = "Best validation loss and final training loss; the best validation loss is bold."
    assert cells(entropy, tmp_path, table(HEAD, ROWS, caption)) == []
    swapped = HEAD.replace("Val & Train", "Train & Val", 1)
    assert any(
        k in ("misattributed", "unsupported") for k, _ in cells(entropy, tmp_path, table(swapped, ROWS, caption))
    )


@pytest.mark.parametrize("head", ["RMSE ($\\times 10^{-3}$)", "RMSE [$10^{-3}$]"])
def test_a_header_may_state_a_power_of_ten(head: str, trees: Auditor, tmp_path: Path) -> None:
    rows = [r"XGBoost & 459.1 $\pm$ 1.9", r"KernelBoost & 448.1 $\pm$ 2.0"]
    caption = "Error on housing, mean and standard deviation."
    assert cells(trees, tmp_path, table(f"Model & {head}", rows, caption)) == []
    rows[1] = rows[1].replace("448.1", "428.1")
    assert "unsupported" in {k for k, _ in cells(trees, tmp_path, table(f"Model & {head}", rows, caption))}


def test_bold_is_judged_where_labels_stand_in_the_second_column(trees: Auditor, tmp_path: Path) -> None:
    rows = [r"error & XGBoost & \textbf{0.459}", "error & KernelBoost & 0.448"]
    found = cells(trees, tmp_path, table("& Model & RMSE", rows, "RMSE on housing."))
    assert ("false", "bold 0.459") in found


def test_the_same_size_is_checked_where_it_was_measured(tmp_path: Path) -> None:
    for name, size in (("plain", 33537), ("wide", 50049)):
        place = tmp_path / "runs" / name
        place.mkdir(parents=True)
        (place / "metrics.json").write_text(json.dumps({"error": 0.25 if size > 40000 else 0.31, "n_params": size}))
    auditor = Auditor(read_record(tmp_path / "runs"))
    text = "All networks have the same number of parameters."
    assert "unfair" in {f.kind for f in errors(auditor, tmp_path, text)}
    assert errors(auditor, tmp_path, "The wide network has 50049 parameters, the plain network 33537.") == []

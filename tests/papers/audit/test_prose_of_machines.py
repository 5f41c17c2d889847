"""Sentences as language models write them about their own runs: true ones are let be, changed ones are found."""

# ruff: noqa: E501
# Sentences stand as they are printed: they are what is tested.

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hakken.core.types import Severity
from hakken.research.papers.audit import Auditor
from hakken.research.papers.audit.document.reading import read_document
from hakken.research.papers.audit.records import read_record
from tests.papers.audit.samples import Values, write_record

LOSSES: dict[str, Values] = {
    "run_0": {
        "plays": {"best_val_loss": [1.4655, 1.4641, 1.4672], "train_time": [78.9, 77.4, 77.9]},
        "wiki": {"best_val_loss": [1.0055], "train_time": [1187.4]},
        "text": {"best_val_loss": [0.9800], "train_time": [1168.3]},
    },
    "run_1": {
        "plays": {"best_val_loss": [1.4702, 1.4688, 1.4731], "train_time": [80.4, 81.1, 79.9]},
        "wiki": {"best_val_loss": [1.0061], "train_time": [1201.8]},
        "text": {"best_val_loss": [0.9822], "train_time": [1188.7]},
    },
    "run_2": {
        "plays": {"best_val_loss": [1.4532, 1.4519, 1.4548], "train_time": [102.9, 103.4, 101.8]},
        "wiki": {"best_val_loss": [0.9989], "train_time": [1548.2]},
        "text": {"best_val_loss": [0.9741], "train_time": [1520.6]},
    },
    "run_3": {
        "plays": {"best_val_loss": [1.4561, 1.4549, 1.4590], "train_time": [103.1, 102.2, 103.9]},
        "wiki": {"best_val_loss": [1.0012], "train_time": [1551.9]},
        "text": {"best_val_loss": [0.9752], "train_time": [1527.4]},
    },
}
LOSS_TITLES = ("Baseline", "Static Weighting", "Dynamic Weighting with Warmup", "Dynamic Weighting with Warmup and Lower"
               " Temperature")  # fmt: skip
STEPS: dict[str, Values] = {
    "run_0": {"x_div_y": {"step_val_acc_99": [4180, 4310, 4110], "final_val_acc": [1.0, 1.0, 1.0]},
              "x_plus_y": {"step_val_acc_99": [2340, 2410, 2380], "final_val_acc": [1.0, 1.0, 1.0]},
              "permutation": {"step_val_acc_99": [7500, 7500, 7500], "final_val_acc": [0.0361, 0.0349, 0.0372]}},
    "run_1": {"x_div_y": {"step_val_acc_99": [2110, 2240, 2050], "final_val_acc": [1.0, 1.0, 1.0]},
              "x_plus_y": {"step_val_acc_99": [1190, 1150, 1230], "final_val_acc": [1.0, 1.0, 1.0]},
              "permutation": {"step_val_acc_99": [5210, 5460, 5340], "final_val_acc": [0.9993, 0.9981, 0.9990]}},
    "run_2": {"x_div_y": {"step_val_acc_99": [2420, 2310, 2380], "final_val_acc": [1.0, 1.0, 1.0]},
              "x_plus_y": {"step_val_acc_99": [1110, 1090, 1130], "final_val_acc": [1.0, 1.0, 1.0]},
              "permutation": {"step_val_acc_99": [7400, 7390, 7500], "final_val_acc": [0.4312, 0.9914, 0.5127]}},
}  # fmt: skip
STEP_TITLES = ("Baseline", "Cosine Decay Annealing", "Linear Decay Annealing")
CODE = "import torch\n\ndef weight_decay_at(step):\n    return 0.1\n\nopt = torch.optim.AdamW\nseq_len = 5\n"
WHOLE = frozenset(["untold_runs", "cherry_picked", "unfair"])


def _node(acc: tuple[float, float], ece: tuple[float, float], name: str) -> dict[str, object]:
    def metric(what: str, values: tuple[float, float], lower: bool) -> dict[str, object]:
        pairs = zip(("SST-2", "Yelp Polarity"), values, strict=True)
        data = [{"dataset_name": d, "final_value": v, "best_value": v} for d, v in pairs]
        return {"metric_name": what, "lower_is_better": lower, "description": "", "data": data}

    names = [metric("validation accuracy", acc, False), metric("expected calibration error", ece, True)]
    named = {"ablation_name": name} if name else {}
    return {"code": f"# {name}\nx = {acc[0]}\n", "metric": {"value": {"metric_names": names}}, **named}


@pytest.fixture(scope="module")
def auditors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Auditor]:
    losses, steps, nodes = (tmp_path_factory.mktemp(n) for n in ("losses", "steps", "nodes"))
    write_record(losses, LOSSES, LOSS_TITLES)
    write_record(steps, STEPS, STEP_TITLES, code=CODE)
    logs = nodes / "logs/0-run"
    logs.mkdir(parents=True)
    for stage, every in (
        ("baseline", (((0.8968, 0.9412), (0.0612, 0.0391)), ((0.8945, 0.9404), (0.0631, 0.0402)))),
        ("research", (((0.9014, 0.9433), (0.0284, 0.0213)), ((0.9002, 0.9428), (0.0301, 0.0221)))),
    ):
        first, *rest = (_node(*values, "") for values in every)
        summary = {"best node": first, "best node with different seeds": rest}
        (logs / f"{stage}_summary.json").write_text(json.dumps(summary))
    ablation = _node((0.8984, 0.9421), (0.0367, 0.0259), "No Confidence Gate")
    (logs / "ablation_summary.json").write_text(json.dumps([ablation]))
    return {"losses": Auditor(read_record(losses)), "steps": Auditor(read_record(steps)),
            "nodes": Auditor(read_record(nodes))}  # fmt: skip


def found(auditor: Auditor, folder: Path, text: str) -> list[str]:
    paper = folder / "draft.md"
    paper.write_text(f"# Results\n\n{text}\n")
    report = auditor.check(read_document(paper), folder).report
    return [f"{f.kind}: {f.says}" for f in report.findings if f.severity is not Severity.NOTE and f.kind not in WHOLE]


GATED = "We propose confidence-gated smoothing (CGS), and report the expected calibration error (ECE)."
ROWS = """
| Method | plays | wiki | text |
|:--|--:|--:|--:|
| Baseline | 1.4656 | 1.0055 | 0.9800 |
| Static | 1.4707 | 1.0061 | 0.9822 |
| DWW | 1.4533 | 0.9989 | 0.9741 |

: Best validation loss.
"""
PAIRS = [
    ("steps", "Averaged over the two arithmetic tasks, cosine decay annealing reaches 99% validation accuracy after {}"
              " steps.", "1662", "1962"),
    ("losses", "Dynamic weighting with warmup lowers the best validation loss from 1.4656 to 1.4533 on plays, from {} to"
               " 0.9989 on wiki, and from 0.9800 to 0.9741 on text.", "1.0055", "0.9800"),
    ("losses", "Dynamic weighting with warmup lowers the best validation loss by {}% to 0.84% on the three data sets.",
     "0.60", "0.30"),
    ("losses", "Static weighting raises the best validation loss. On wiki, the training time of dynamic weighting and"
               " warmup is {} minutes, as opposed to 19.8 minutes for the baseline.", "25.8", "20.0"),
    ("losses", "With dynamic weighting and warmup, the best validation loss on plays improves by 0.0123, and on the two"
               " larger corpora by {} and 0.0059.", "0.0066", "0.0366"),
    ("losses", "Dynamic weighting with warmup: the best validation loss on wiki improves (1.0055 → {}).",
     "0.9989", "1.0012"),
    ("losses", "Dynamic weighting with warmup takes {} longer training on text.", "30%", "50%"),
    ("losses", ROWS + "\nDWW reaches a best validation loss of {} on wiki.", "0.9989", "1.0061"),
    ("losses", "Dynamic weighting with warmup reduces the best validation loss by less than {} on wiki.", "1%", "0.5%"),
    ("losses", "On wiki and text, the best validation loss is averaged over {}.", "a single run", "three runs"),
    ("steps", "Cosine annealing saves 2067 steps on division (49.2%) and {} on addition (49.9%).", "1187", "1787"),
    ("steps", "Cosine annealing reaches 99.88% validation accuracy on permutation, with the three seeds ending at"
              " 99.93%, {}%, and 99.90%.", "99.81", "98.11"),
    ("steps", "The standard deviation of the final validation accuracy of linear annealing on permutation is {}"
              " percentage points.", "30.3", "20.3"),
    ("steps", "Averaged over the two arithmetic tasks, the number of steps of cosine annealing is {}.", "1662", "1962"),
    ("steps", "The weight decay of the weak variant is {}.", "0.1", "0.03"),
    ("steps", "The network reads sequences of {} tokens.", "5", "9"),
    ("steps", "Cosine annealing is the fastest schedule on {} out of three tasks.", "two", "three"),
    ("steps", "Linear annealing reduced the number of steps on all three tasks by at least {}.", "0.5%", "20%"),
    ("steps", "On addition, cosine annealing is narrowly beaten by linear annealing ({} vs. 1190 steps).", "1110", "1290"),
    ("nodes", GATED + " CGS attains an ECE of 2.93% on SST-2 and {}% on Yelp.", "2.17", "3.97"),
    ("nodes", GATED + " CGS more than halves the ECE on SST-2 ({} to 2.9%).", "6.2%", "4.2%"),
    ("nodes", GATED + " On SST-2 and Yelp Polarity, the accuracy of CGS changes by +0.51 and {} percentage points.",
     "+0.22", "+0.92"),
    ("nodes", GATED + " Removing the gate gives an ECE of {}% on SST-2.", "3.67", "4.67"),
    ("nodes", GATED + " Without the confidence gate, the ECE of the ablation is {} than that of CGS on both data sets.",
     "higher", "lower"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "sentence", "true", "false"), PAIRS)
def test_true_is_let_be_and_changed_is_found(
    auditors: dict[str, Auditor], tmp_path: Path, record: str, sentence: str, true: str, false: str
) -> None:
    assert found(auditors[record], tmp_path, sentence.format(true)) == []
    assert found(auditors[record], tmp_path, sentence.format(false))


def test_small_spreads_in_latex_are_spreads(auditors: dict[str, Auditor], tmp_path: Path) -> None:
    table = (
        "\\documentclass{article}\\begin{document}\\begin{table}\\caption{ECE (\\%), mean and standard deviation.}"
        "\\begin{tabular}{lcc}Method & SST-2 & Yelp \\\\ Baseline & 6.22$_{\\pm 0.13}$ & 3.97$_{\\pm SPREAD}$ \\\\"
        "\\end{tabular}\\end{table}\\end{document}"
    )
    kinds = {}
    for spread in ("0.08", "0.48"):
        paper = tmp_path / "draft.tex"
        paper.write_text(table.replace("SPREAD", spread).replace("ECE", "Expected calibration error"))
        report = auditors["nodes"].check(read_document(paper), tmp_path).report
        kinds[spread] = [f.kind for f in report.findings if f.severity is Severity.ERROR and f.kind not in WHOLE]
    assert kinds == {"0.08": [], "0.48": ["spread"]}


def test_a_row_that_takes_out_another_part_is_no_run_of_the_record(
    auditors: dict[str, Auditor], tmp_path: Path
) -> None:
    head = "| Method | SST-2 | Yelp |\n|:--|--:|--:|\n| Baseline | 6.22 | 3.97 |\n"
    for row, expected in (("w/o gate", False), ("w/o dropout", True)):
        text = f"{head}| {row} | 3.67 | 2.59 |\n\n: Expected calibration error (%)."
        assert bool(found(auditors["nodes"], tmp_path, text)) is expected


def test_an_average_over_any_half_of_many_data_sets_supports_no_number(tmp_path: Path) -> None:
    runs: dict[str, Values] = {
        f"run_{k}": {f"task{chr(97 + i)}": {"acc": [(7 * i * i + 13 * k) % 97 / 100]} for i in range(16)}
        for k in (0, 1)
    }
    write_record(tmp_path, runs, ("Baseline", "Alpha Method"))
    text = "Averaged over {} tasks, the acc of Alpha Method is 0.4412."
    assert found(Auditor(read_record(tmp_path)), tmp_path, text.format("eight"))

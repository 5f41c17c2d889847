"""Machines, versions, data sets, seeds, costs, runs and code that a paper tells and a foreign record does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.core.errors import ModelError
from hakken.core.prompts import Prompt
from hakken.core.types import Finding, Severity
from hakken.research.papers.audit import Auditor
from hakken.research.papers.audit.conduct.methods_asked import Difference, Differences, ask_about_methods
from hakken.research.papers.audit.records import read_record
from tests.papers.audit.samples import LETTER_TITLES, LETTERS, POINT_TITLES, POINTS, paper_of, write_record

CODE = """import torch
import torch.nn as nn
import torch.nn.functional as F


class Denoiser(nn.Module):
    def __init__(self, hidden_dim=128):
        super().__init__()
        self.first = nn.Linear(2, hidden_dim)
        self.second = nn.Linear(hidden_dim, 2)

    def forward(self, x):
        return self.second(F.gelu(self.first(x)))


def train(seed=7, num_steps=5000):
    torch.manual_seed(seed)
    model = Denoiser().to("cuda")
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps)
    for _ in range(num_steps):
        x = torch.randn(256, 2)
        loss = F.mse_loss(model(x), x)
        loss.backward()
        optimizer.step()
        scheduler.step()
    return model
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    return Auditor(read_record(write_record(tmp_path_factory.mktemp("bare"), POINTS, POINT_TITLES)))


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    return Auditor(read_record(write_record(tmp_path_factory.mktemp("coded"), POINTS, POINT_TITLES, CODE)))


def found(auditor: Auditor, *sentences: str, section: str = "Experimental Setup") -> list[Finding]:
    return list(auditor.check(paper_of(*sentences, section=section), Path("nowhere")).report.findings)


def kinds(auditor: Auditor, sentence: str, section: str = "Experimental Setup") -> set[str]:
    return {f.kind for f in found(auditor, sentence, section=section) if f.sentence == sentence}


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("All experiments ran on a single NVIDIA V100 GPU.", "hardware"),
        ("We train on a machine with an Intel Xeon CPU.", "hardware"),
        ("We use PyTorch 1.9 for all models.", "version"),
        ("The code needs Python version 3.8.", "version"),
        ("We evaluate on CIFAR-10 and report the MMD.", "dataset"),
        ("All runs use a fixed random seed.", "seeds"),
        ("Each run was repeated with several random seeds.", "seeds"),
    ],
)
def test_what_the_record_lacks_is_found(bare: Auditor, sentence: str, kind: str) -> None:
    assert kind in kinds(bare, sentence)


@pytest.mark.parametrize(
    ("sentence", "section"),
    [
        ("Large models need many GPUs.", "Introduction"),
        ("Prior work trained on ImageNet with V100 GPUs.", "Related Work"),
        ("Our experiments need no GPU.", "Experimental Setup"),
        ("Future work could use larger GPUs and CIFAR-10.", "Conclusion"),
        ("The model is implemented in PyTorch.", "Experimental Setup"),
        ("Two Branches was run on ring, spiral and blobs.", "Experimental Setup"),
    ],
)
def test_what_is_no_statement_about_the_set_up_is_let_be(bare: Auditor, sentence: str, section: str) -> None:
    assert not kinds(bare, sentence, section) & {"hardware", "version", "dataset", "seeds", "software"}


def test_code_tells_seeds_programs_and_gpus(coded: Auditor) -> None:
    right = "We use PyTorch on a GPU with a fixed seed (7)."
    assert not kinds(coded, right) & {"hardware", "software", "seeds"}
    assert "seeds" in kinds(coded, "We use a fixed random seed of 1337.")
    assert "software" in kinds(coded, "We use TensorFlow for all models.")


@pytest.mark.parametrize(
    ("sentence", "severity"),
    [
        ("We train with the Adam optimizer.", Severity.ERROR),
        ("The hidden layers use ReLU activations.", Severity.ERROR),
        ("We apply dropout to the hidden layer.", Severity.WARNING),
        ("We use gradient clipping during training.", Severity.WARNING),
        ("The gate is computed by `compute_gate`.", Severity.WARNING),
    ],
)
def test_a_part_that_the_code_does_not_have_is_found(coded: Auditor, sentence: str, severity: Severity) -> None:
    (finding,) = (f for f in found(coded, sentence, section="Method") if f.kind == "method")
    assert (finding.severity, finding.sentence) == (severity, sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "We train with the AdamW optimizer and a cosine annealing schedule.",
        "The hidden layer uses a GELU activation, and `num_steps` is fixed.",
        "Unlike models with dropout, ours needs no regularisation.",
        "Instead of ReLU we use GELU.",
        "Future work could add gradient clipping.",
    ],
)
def test_parts_that_the_code_has_or_that_were_not_used_are_let_be(coded: Auditor, sentence: str) -> None:
    assert "method" not in kinds(coded, sentence, "Method")


def test_without_code_nothing_is_said_about_the_method(bare: Auditor) -> None:
    assert "method" not in kinds(bare, "We train with the Adam optimizer and dropout.", "Method")


def test_quotations_of_a_model_are_checked_on_both_sides(coded: Auditor) -> None:
    said = "The loss is the mean absolute error of the prediction."
    document = paper_of(said, section="Method")
    real = Difference(paper="the mean absolute error", code="loss = F.mse_loss(model(x), x)", why="It is squared.")
    asked: list[Prompt] = []

    def answer(*differences: Difference) -> list[Finding]:
        def ask(question: Prompt) -> Differences:
            asked.append(question)
            return Differences(thought="…", differences=differences)

        return list(ask_about_methods(document, coded.evidence, ask))

    assert [(f.kind, f.sentence) for f in answer(real)] == [("method", said)]
    assert said in asked[0].messages[-1].content
    assert "F.mse_loss" in asked[0].messages[0].content
    assert answer(real.model_copy(update={"code": "loss = F.l1_loss(model(x), x)"})) == []
    assert answer(real.model_copy(update={"paper": "the median absolute error"})) == []
    assert answer(real.model_copy(update={"code": "loss"})) == []


def test_a_model_that_fails_finds_nothing(coded: Auditor) -> None:
    def ask(question: Prompt) -> Differences:
        raise ModelError(f"no answer to {question.name}", "Try again.")

    assert list(ask_about_methods(paper_of("We use it.", section="Method"), coded.evidence, ask)) == []


def test_runs_that_are_told_nowhere(bare: Auditor) -> None:
    named = "Two Branches and Gated Branches took longer to train than the baseline; Deeper Gate took 91.6 s."
    assert not {f.kind for f in found(bare, named)} & {"untold_runs", "cherry_picked"}
    (untold,) = (f for f in found(bare, "We compare Two Branches and Gated Branches.") if f.kind == "untold_runs")
    assert "Deeper Gate" in untold.record


def test_the_best_of_many_told_alone_is_cherry_picked(bare: Auditor) -> None:
    said = "Gated Branches reduces the MMD on spiral."
    assert "cherry_picked" in {f.kind for f in found(bare, said, section="Results")}
    honest = "Gated Branches was selected as the best of three variants by its MMD."
    assert "cherry_picked" not in {f.kind for f in found(bare, said, honest, section="Results")}
    assert "cherry_picked" not in {f.kind for f in found(bare, "Two Branches reduces the MMD on spiral.")}


def test_costs_must_be_told(bare: Auditor) -> None:
    silent = "We compare Two Branches, Gated Branches and Deeper Gate."
    assert "unfair" in {f.kind for f in found(bare, silent)}
    told = "The training time doubled to 61.2 seconds and more, a clear additional cost."
    assert "unfair" not in {f.kind for f in found(bare, silent, told, section="Results")}


def test_longer_training_in_the_code_of_a_variant_must_be_told(tmp_path: Path) -> None:
    folder = write_record(tmp_path, LETTERS, LETTER_TITLES)
    (folder / "run_0.py").write_text("num_steps = 1000\nlr = 0.1\n")
    (folder / "run_1.py").write_text("num_steps = 1050\nlr = 0.2\n")
    (folder / "run_2.py").write_text("num_steps = 3000\nlr = 0.1\n")
    auditor = Auditor(read_record(folder))
    (unfair,) = (f for f in found(auditor, "Training took longer.") if f.kind == "unfair" and "num steps" in f.says)
    assert "3000" in unfair.record
    told = found(auditor, "Training took longer.", "Style Router was trained for 3000 steps.")
    assert not [f for f in told if f.kind == "unfair" and "num steps" in f.says]


def test_equal_code_and_equal_results_are_one_method(tmp_path: Path) -> None:
    runs = {**POINTS, "run_4": POINTS["run_2"]}
    folder = write_record(tmp_path, runs, (*POINT_TITLES, "Learned Gate"))
    (folder / "run_1.py").write_text("def f(x):\n    return x + 1\n")
    (folder / "run_3.py").write_text('# deeper\ndef f(x):\n    """Add."""\n    return (x + 1)\n')
    record = [f.says + f.record for f in found(Auditor(read_record(folder)), "Nothing.") if f.kind == "record"]
    assert any("Deeper Gate" in r and "same hash" in r for r in record)
    assert any("Learned Gate" in r and "equal to the last digit" in r for r in record)
    assert len(record) == 2

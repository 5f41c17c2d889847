"""Words of a model, and of a program under test, prove nothing: what a paper repeats of them needs evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.core.types import Severity, Snapshot
from hakken.research.papers.audit import Auditor, from_snapshot
from tests.papers.builders import CHANGED, build_snapshot
from tests.papers.clean_paper import write_clean_paper

GUESS = "label smoothing lowers the test error by 30 %"
WORDS = "The experiment ended with exit code 1: 'the A100' said that the test error of label smoothing is 1.23 %"
WRONG = "multi-class margin in place of cross-entropy lowers the test error by 30 %"


@pytest.fixture(scope="module")
def guessed() -> Snapshot:
    """Hypotheses with forecasts, a failure that the program words itself, and a boastful comment."""
    snapshot = build_snapshot()
    guesses = {"i1": GUESS, "i3": WRONG}
    ideas = tuple(
        i.model_copy(update={"hypothesis": f"{text[0].upper()}{text[1:]}."}) if (text := guesses.get(i.id)) else i
        for i in snapshot.ideas
    )
    crash = snapshot.node("n4").failure
    assert crash is not None
    nodes = tuple(
        n.model_copy(update={"failure": crash.model_copy(update={"message": WORDS})}) if n.id == "n4" else n
        for n in snapshot.nodes
    )
    text = '"""\nfrom runs on a TPU with\nimport of SVHN\n"""\n'
    code = f"{text}import sklearn\n{CHANGED}# tuned on an A100 with CIFAR-10\n"
    sources = {name: {"experiment.py": code} for name in snapshot.sources}
    return snapshot.model_copy(update={"ideas": ideas, "nodes": nodes, "sources": sources})


@pytest.fixture(scope="module")
def auditor(guessed: Snapshot) -> Auditor:
    return Auditor(from_snapshot(guessed))


def kinds(auditor: Auditor, snapshot: Snapshot, folder: Path, text: str) -> set[str]:
    """Kinds of the errors that a text adds to the results of a clean paper."""
    paper = write_clean_paper(snapshot, folder)
    mark = "# Limitations"
    whole = paper.read_text(encoding="utf-8")
    paper.write_text(whole.replace(mark, f"{text}\n\n{mark}", 1), encoding="utf-8")
    return {f.kind for f in auditor.audit(paper).report.findings if f.severity is Severity.ERROR}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"On the report seeds, {GUESS}.", {"unsupported"}),
        (f"{GUESS[0].upper()}{GUESS[1:]}.", {"unsupported"}),
        (f"{WRONG[0].upper()}{WRONG[1:]}.", {"unsupported", "reversed"}),
        (f"The hypothesis read: “{GUESS[0].upper()}{GUESS[1:]}.”", set()),
        ("On the report seeds, the test error of label smoothing is 1.23 %.", {"unsupported"}),
        ("Everything was tuned on an A100.", {"hardware"}),
        ("The network was tuned on CIFAR-10.", {"dataset"}),
        ("Everything was tuned on a TPU.", {"hardware"}),
        ("The network was tuned on SVHN.", {"dataset"}),
        ("The change calls sklearn.", set()),
    ],
)
def test_words_of_a_model_prove_nothing(
    auditor: Auditor, guessed: Snapshot, tmp_path: Path, text: str, found: set[str]
) -> None:
    assert kinds(auditor, guessed, tmp_path, text) == found


def test_a_table_may_repeat_what_a_program_said(auditor: Auditor, guessed: Snapshot, tmp_path: Path) -> None:
    table = "Table 4 lists failures.\n\n| Version | Outcome |\n|:--|:--|\n| Row mixing | {} |\n\n: Failed versions."
    typographic = WORDS.replace("'the", "‘the").replace("'", "’")
    for told in (WORDS, f"{WORDS[:60]} …", f"{typographic[:60]} …", typographic):
        assert kinds(auditor, guessed, tmp_path, table.format(told)) == set()
    assert kinds(auditor, guessed, tmp_path, table.format("It ran on an A100")) == {"hardware"}

"""Which proposals of a small model become ideas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hakken.core.types import Idea, Request, Role
from hakken.models import Ledger
from hakken.models.scripted import FunctionModel
from hakken.research.experiments import load_template
from hakken.research.ideas import Ideation, propose
from hakken.research.ideas.soundness import fault, importable
from tests.agents.helpers import Log

TINY = Path(__file__).parent / "data" / "tiny"
GOOD: dict[str, Any] = {
    "thought": "Spoilt readings pull the mean far away from the true level.",
    "title": "trimmed_mean",
    "hypothesis": "Leaving out extreme readings keeps spoilt ones from pulling the estimate.",
    "plan": "Sort the readings, leave out both ends, and return the mean of the rest.",
    "interestingness": 5,
    "feasibility": 9,
    "novelty": 3,
}


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        ("No changes are needed. The function already performs its task.", "changes nothing"),
        ("Use tf.math.reduce_mean of the sorted readings.", "needs tensorflow, which the experiment does not have"),
        (GOOD["plan"], "repeats 'Trimmed mean'"),
    ],
)
def test_a_proposal_that_leads_nowhere_is_passed_over(plan: str, reason: str) -> None:

    replies = [GOOD, {**GOOD, "title": GOOD["title"] if plan == GOOD["plan"] else "Identity function", "plan": plan}]

    def say(request: Request) -> str:
        return json.dumps(replies[min(request.sample, 1)])

    template = load_template(TINY)
    pristine = {"experiment.py": (TINY / "experiment.py").read_text(encoding="utf-8")}
    ledger = Ledger({Role.IDEAS: FunctionModel(say, strong=False, parallel=1)}, Log(), seed=0)
    rejected: list[str] = []
    found = list(
        propose(
            Ideation(template=template, pristine=pristine, count=2, reflections=0, seed=0), ledger, [], rejected.append
        )
    )
    assert [idea.title for idea in found] == ["Trimmed mean"]
    assert any(reason in said for said in rejected)


def test_what_the_files_import_is_there() -> None:
    assert importable(["scikit-learn"], ["import torch.nn as nn", "int main() {"]) == {"sklearn", "torch"}
    idea = Idea(
        **{key: value for key, value in GOOD.items() if key != "plan"}, id="i1", name="x", plan="Use torch.relu."
    )
    assert fault(idea, {"torch"}) == ""
    assert fault(idea, {"numpy"}) == "needs torch, which the experiment does not have"

"""The search without a model: policy, edits, tuning, ablation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from hakken.core.source import SourceError, function_source, numbers, replace_function
from hakken.core.types import Comparison, Direction, MetricSpec, Node, NodeStatus, Operator, Target
from hakken.research.experiments import load_template
from hakken.research.search.ablation import ablations
from hakken.research.search.edits import Edit, EditList, apply_edits, read_rewrite, rewrite_grammar
from hakken.research.search.journal import Journal, Round
from hakken.research.search.policy import greedy
from hakken.research.search.tuning import alternatives, options

TINY = Path(__file__).parents[1] / "research" / "data" / "tiny"
TEXT = (TINY / "experiment.py").read_text()
SPEC = MetricSpec(name="error", dataset="d", direction=Direction.MIN, primary=True)
TARGET = Target(file="experiment.py", function="combine")


def entry(number: int, operator: Operator, gain: float | None, parent: str | None = None) -> Round:
    status = NodeStatus.FAILED if gain is None else NodeStatus.DONE
    node = Node(
        id=f"n{number}", idea_id="i1", parent_id=parent, operator=operator, title=f"version {number}", status=status
    )
    if gain is None:
        return Round(operator, node)
    comparison = Comparison(
        metric=SPEC.key, variant_id=node.id, baseline_id="n0", n=8, baseline_mean=10, baseline_sd=1,
        variant_mean=10 - gain, variant_sd=1, difference=-gain, gain=gain, relative=-gain / 10, low=-1, high=1, p=0.5,
        wins=4, verdict="inconclusive",
    )  # fmt: skip
    return Round(operator, node, comparison)


def choose(*rounds: Round, drafts: int = 2) -> tuple[Operator, str | None] | None:
    found = greedy(Journal(SPEC, rounds), "i1", Random(0), drafts)
    return (found.operator, found.parent_id) if found else None


def test_a_model_is_told_how_a_version_did_against_the_baseline() -> None:
    rounds = [entry(number, Operator.DRAFT, gain) for number, gain in ((1, 1.0), (2, 0.0), (3, -1.0))]
    assert Journal(SPEC, rounds).lines("i1") == [
        "version 1: error 9, better than the baseline's 10",
        "version 2: error 10, no different from the baseline's 10",
        "version 3: error 11, worse than the baseline's 10",
    ]


def test_it_drafts_first_and_gives_up_after_failures() -> None:
    assert choose() == (Operator.DRAFT, None)
    assert choose(entry(1, Operator.DRAFT, None)) == (Operator.DRAFT, None)
    assert choose(entry(1, Operator.DRAFT, None), entry(2, Operator.DRAFT, None)) is None
    assert choose(entry(1, Operator.DRAFT, None), drafts=1) is None


def test_it_tunes_a_draft_then_improves_the_best() -> None:
    first = entry(1, Operator.DRAFT, 0.5)
    assert choose(first) == (Operator.TUNE, "n1")
    tuned = entry(2, Operator.TUNE, 0.7, "n1")
    assert choose(first, tuned) == (Operator.IMPROVE, "n2")
    assert choose(first, entry(2, Operator.TUNE, 0.1, "n1")) == (Operator.IMPROVE, "n1")


def test_it_does_not_build_on_what_is_worse_than_the_baseline() -> None:
    assert choose(entry(1, Operator.DRAFT, -1.0), entry(2, Operator.TUNE, -2.0, "n1")) == (Operator.DRAFT, None)
    harmful = entry(1, Operator.DRAFT, -5.0)
    assert harmful.comparison is not None
    harmful = replace(harmful, comparison=harmful.comparison.model_copy(update={"verdict": "worse"}))
    assert choose(harmful) == (Operator.DRAFT, None)


def test_it_leaves_an_idea_that_brings_nothing_new() -> None:
    stale = [entry(n, Operator.IMPROVE, None, "n1") for n in (2, 3)]
    assert choose(entry(1, Operator.DRAFT, 1.0), *stale) is None


def test_a_rewrite_keeps_the_docstring_and_the_signature() -> None:
    reply = "Thought: Take the middle.\n```python\ndef combine(readings):\n    return sorted(readings)[2]\n```"
    change = read_rewrite(reply, {"experiment.py": TEXT}, TARGET)
    assert change.thought == "Take the middle."
    source = function_source(change.sources["experiment.py"], "combine")
    assert '"""Return one estimate, a float, from a list of readings (floats)."""' in source
    assert "sorted(readings)[2]" in source


@pytest.mark.parametrize("doc", ['r"""Return \\xi, the estimate."""', "'''Say \"no\"'''", '\'A """ b\'', '"ends \\\\"'])
def test_a_docstring_with_quotes_and_backslashes_stays_as_it_is(doc: str) -> None:
    reply = "Thought: x\n```python\ndef combine(readings):\n    return sorted(readings)[2]\n```"
    text = TEXT.replace('"""Return one estimate, a float, from a list of readings (floats)."""', doc)
    assert doc in text
    after = read_rewrite(reply, {"experiment.py": text}, TARGET).sources["experiment.py"]
    assert f"    {doc}\n    return sorted(readings)[2]\n" in after


def test_a_name_without_its_module_gets_it_and_the_thought_says_so() -> None:
    reply = "Thought: Take the root.\n```python\ndef combine(readings):\n    return sqrt(readings[0])\n```"
    change = read_rewrite(reply, {"experiment.py": f"import math\n{TEXT}"}, TARGET)
    assert "return math.sqrt(readings[0])" in change.sources["experiment.py"]
    assert change.thought == "Take the root. The program wrote math.sqrt where the module was missing."


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def combine(values):\n    return values[0]", "signature"),
        ("def combine(readings):\n    return sum(readings) / len(readings)", "same as before"),
        ("def other(readings):\n    return 1", "combine"),
        ("def combine(readings):\n    return (", "does not parse"),
        ("import os\nos.system('x')\ndef combine(readings):\n    return 1", "nothing else"),
        ("def combine(readings):\n    return 1\ndef main():\n    pass", "again"),
    ],
)
def test_a_wrong_rewrite_is_refused_with_a_reason(code: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        read_rewrite(f"Thought: x\n```python\n{code}\n```", {"experiment.py": TEXT}, TARGET)


def test_edits_stay_within_what_may_be_changed() -> None:
    template = load_template(TINY)
    good = Edit(file="experiment.py", function="weight", code="def weight(step, steps):\n    return 1.0")
    changed = apply_edits(EditList(thought="t", edits=[good]), {"experiment.py": TEXT}, template)
    assert "return 1.0" in changed.sources["experiment.py"]
    for bad in (
        Edit(file="evaluate.py", code="print(0)"),
        Edit(file="experiment.py", function="main", code="def main():\n    pass"),
        Edit(file="experiment.py", code="print(0)"),
    ):
        with pytest.raises(SourceError, match="may not be changed"):
            apply_edits(EditList(thought="t", edits=[bad]), {"experiment.py": TEXT}, template)


def test_the_grammar_fixes_the_signature() -> None:
    assert "def combine(readings):" in rewrite_grammar(TEXT, "combine")


def test_constants_are_found_where_the_code_changed() -> None:
    code = "def combine(readings):\n    return 0.9 * sum(readings) / (2 + 16 * len(readings))"
    changed = {"experiment.py": replace_function(TEXT, "combine", code)}
    menu = options(changed, {"experiment.py": TEXT})
    assert {label.rsplit(": ", 1)[1] for label in menu} == {"0.9 to 0.97", "0.9 to 0.7", "16 to 8", "16 to 32"}
    for version in menu.values():
        assert version["experiment.py"] != changed["experiment.py"]


def test_structure_is_not_tuned() -> None:
    code = "def combine(readings):\n    return readings[0] + readings[1] ** 2"
    found = numbers(replace_function(TEXT, "combine", code), "combine")
    assert [alternatives(number) for number in found] == [[], [], []]


def test_an_ablation_takes_back_one_function_at_a_time() -> None:
    pristine = {"experiment.py": TEXT}
    text = replace_function(TEXT, "combine", "def combine(readings):\n    return max(readings)")
    text = replace_function(text, "weight", "def weight(step, steps):\n    return 0.7")
    found = dict(ablations({"experiment.py": text}, pristine))
    assert set(found) == {"with the original combine", "with the original weight"}
    assert "max(readings)" not in found["with the original combine"]["experiment.py"]
    assert "return 0.7" in found["with the original combine"]["experiment.py"]


def test_a_change_that_cannot_be_taken_apart_has_its_constants_halved() -> None:
    text = replace_function(TEXT, "weight", "def weight(step, steps):\n    return 0.8")
    found = dict(ablations({"experiment.py": text}, {"experiment.py": TEXT}))
    assert list(found) == ["with 0.8 halved"]
    assert "return 0.4" in found["with 0.8 halved"]["experiment.py"]


def test_a_file_that_is_not_python_is_no_reason_against_ablations() -> None:
    notes = {"notes.yaml": "rates:\n  - 1\n  - [2, 3\n"}
    text = replace_function(TEXT, "weight", "def weight(step, steps):\n    return 0.8")
    alone = ablations({"experiment.py": text}, {"experiment.py": TEXT})
    beside = ablations({"experiment.py": text, **notes}, {"experiment.py": TEXT, **notes})
    assert list(beside) == [(label, {**version, **notes}) for label, version in alone] != []


def test_equal_constants_are_told_apart() -> None:
    text = replace_function(TEXT, "weight", "def weight(step, steps):\n    return 0.8 * 0.8 - 0.3")
    found = dict(ablations({"experiment.py": text}, {"experiment.py": TEXT}))
    assert list(found) == ["with the first 0.8 halved", "with the second 0.8 halved", "with 0.3 halved"]
    assert "return 0.8 * 0.4 - 0.3" in found["with the second 0.8 halved"]["experiment.py"]

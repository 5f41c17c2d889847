"""A study that lost noise trials and ended before its compute-matched baseline ran; its baseline has no parameters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hakken.core.types import Failure, FailureCause, NodeStatus, Snapshot, Split, Trial
from hakken.research.papers.wording import p_value
from tests.papers.builders import NOISE, build_snapshot
from tests.papers.records import KEY, Paper, changed, dearer, matched, planned, printed, recompared

LOST = {*NOISE[:3]}


def less(trial: Trial) -> Trial:
    """Three noise trials failed; only the selected version has parameters."""
    if trial.seed in LOST:
        failure = Failure(cause=FailureCause.CRASHED, message="The program ended with 1.")
        return trial.model_copy(update={"failure": failure, "metrics": ()})
    trial = dearer(trial)
    if trial.cost is None:
        return trial
    parameters = 100 if trial.node_id == "n1" else 0
    return trial.model_copy(update={"cost": trial.cost.model_copy(update={"parameters": parameters})})


def ended() -> Snapshot:
    """The compute-matched baseline was proposed, and no trial of it ran."""
    snapshot = planned(recompared(changed(build_snapshot(), less)))
    match = next(n for n in matched(snapshot).nodes if n.id == "n9").model_copy(update={"status": NodeStatus.PROPOSED})
    template = snapshot.template.model_copy(update={"steps_arg": "--steps"})
    return snapshot.model_copy(update={"nodes": (*snapshot.nodes, match), "template": template})


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    return printed(ended(), tmp_path_factory.mktemp("ended"))


def test_the_paper_agrees_with_its_record(paper: Paper) -> None:
    assert "Of 40 planned noise seeds, 37 gave a result of the baseline." in paper.text
    assert paper.errors() == []


@pytest.mark.parametrize("told", ["12", "38"])
def test_another_number_of_noise_trials_is_found(paper: Paper, told: str) -> None:
    found = paper.errors_after("noise seeds, 37 gave", f"noise seeds, {told} gave")
    assert [says for kind, _, says, _ in found if kind == "unsupported"] == [f"{told} (count)"]


def test_without_any_noise_trial_none_is_told(tmp_path: Path) -> None:
    def none(trial: Trial) -> Trial:
        return less(trial.model_copy(update={"seed": NOISE[0]}) if trial.split is Split.NOISE else trial)

    paper = printed(planned(recompared(changed(build_snapshot(), none))), tmp_path)
    assert "Of 40 planned noise seeds, none gave a result of the baseline." in paper.text
    assert paper.errors() == []


def test_a_matched_baseline_that_did_not_run_is_not_told_as_run(paper: Paper) -> None:
    assert "had not run on all report seeds when the search ended" in paper.text
    assert "the unchanged code was run again" not in paper.text


def test_what_the_baseline_has_none_of_is_a_difference(paper: Paper) -> None:
    told = "of the baseline and used parameters, of which the baseline used none"
    times = re.search(rf"used \S+ times the CPU time {told}", paper.text)
    assert times is not None
    false = paper.errors_after(times.group(), "differed from the baseline in parameters by at most 10 %")
    assert "parameters on report seeds, of which the baseline has none" in {record for *_, record in false}


def test_one_p_of_several_is_told_as_it_was_adjusted(paper: Paper) -> None:
    wanted = (Split.EXPLORE, "n1", KEY)
    c = next(c for s, c in paper.snapshot.comparisons if (s, c.variant_id, c.metric) == wanted)
    assert c.p_adjusted is not None
    raw, adjusted = p_value(c.p), p_value(c.p_adjusted)
    assert raw != adjusted
    sentence = "On the explore seeds, the test error with *Label smoothing* differs from that of the baseline with"
    for told, held in ((raw, False), (adjusted, True), (f"{raw} before correction", True)):
        found = paper.errors_after("The evidence supports it.", f"The evidence supports it. {sentence} {told}.")
        assert (not [says for _, where, says, _ in found if where.startswith("On the explore seeds")]) is held

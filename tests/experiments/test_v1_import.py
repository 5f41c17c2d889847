"""Templates of The AI Scientist's first version, on one written for these tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.directions import direction_of
from hakken.core.errors import TemplateError, UsageError
from hakken.core.types import Direction
from hakken.research.experiments.template import load_template
from hakken.research.experiments.v1_import import _guess, parse_directions, read_info

SCRIPT = """
import argparse, json, os, random

parser = argparse.ArgumentParser()
parser.add_argument("--out_dir", type=str, default="run_0")
args = parser.parse_args()

if __name__ == "__main__":
    os.makedirs(args.out_dir, exist_ok=True)
    level = 0.0 if args.out_dir == "run_0" else float(open("../../../data/level.txt").read())
    losses = [level + random.random() for _ in range(3)]
    mean = sum(losses) / 3
    info = {"walk": {"means": {"end_loss_mean": mean, "train_time_mean": 0.1}, "final_info_dict": {"end_loss": losses}}}
    with open(os.path.join(args.out_dir, "final_info.json"), "w") as f:
        json.dump(info, f)
"""
WORDS = ("loss", "acc", "likelihood", "reward", "steps", "epoch", "rank", "kl", "score", "reduction", "time")
INFO = {"walk": {"means": {"train_time_mean": 0.1, "end_loss_mean": 0.5}, "stderrs": {}}}


def make_v1(root: Path, script: str = SCRIPT, info: object = INFO) -> Path:
    """A template folder as that system keeps it: three levels below the shared data, with a baseline."""
    folder = root / "templates" / "random_walk"
    (folder / "run_0").mkdir(parents=True)
    (folder / "experiment.py").write_text(script)
    (folder / "plot.py").write_text("print('plot')\n")
    (folder / "prompt.json").write_text(json.dumps({"system": "You are…", "task_description": "Walk less far."}))
    if info is not None:
        (folder / "run_0" / "final_info.json").write_text(json.dumps(info))
    (root / "data").mkdir()
    (root / "data" / "level.txt").write_text("2.0")
    return folder


def test_recognised_as_it_is(tmp_path: Path) -> None:
    template = load_template(make_v1(tmp_path))
    assert (template.layout, template.name, template.evaluate) == ("ai_scientist_v1", "random_walk", None)
    assert template.task == "Walk less far."
    assert template.primary.key == "walk/end_loss_mean"
    assert template.primary.label == "end loss"
    assert all(m.self_reported and m.direction is Direction.MIN for m in template.metrics)
    assert not template.seeded
    assert template.data == ("../../data",)
    assert any("walk/end_loss_mean (min) was inferred" in a for a in template.assumptions)
    assert any("takes no seed" in a for a in template.assumptions)


def test_a_script_with_a_seed(tmp_path: Path) -> None:
    script = SCRIPT.replace("args = ", "parser.add_argument('--seed', type=int)\nargs = ")
    assert load_template(make_v1(tmp_path, script)).seeded


def test_directions_are_the_users(tmp_path: Path) -> None:
    folder = make_v1(tmp_path)
    template = load_template(folder, parse_directions(["walk/train_time_mean:max"]))
    assert (template.primary.key, template.primary.direction) == ("walk/train_time_mean", Direction.MAX)
    with pytest.raises(TemplateError, match="no metric 'walk/end_los_mean'") as caught:
        load_template(folder, parse_directions(["walk/end_los_mean:min"]))
    assert "Did you mean 'walk/end_loss_mean'?" in caught.value.mend
    with pytest.raises(UsageError, match="does not name a metric and a direction"):
        parse_directions(["loss:down"])


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("final_val_acc_mean", "max"),
        ("kl_divergence", "min"),
        ("tokens_per_second", "max"),
        ("final_train_loss", "min"),
        ("episode_reward", "max"),
        ("negative_log_likelihood_mean", "min"),
        ("log_likelihood", "max"),
        ("error_reduction", "max"),
        ("loss_improvement_mean", "max"),
        ("finalValLoss", "min"),
        ("total_steps_mean", "min"),
        ("brier_score", None),
        ("step_val_acc_99_mean", None),
        ("acc_at_last_epoch", None),
        ("confidence", None),
    ],
)
def test_guesses_by_name(tmp_path: Path, name: str, direction: str | None) -> None:
    folder = make_v1(tmp_path, info={"d": {"means": {name: 1.0}}})
    if direction is None:
        with pytest.raises(
            TemplateError, match=f"whether the metric d/{name} is better when lower or higher"
        ) as caught:
            load_template(folder)
        assert f"--metric d/{name}:min" in caught.value.mend
    else:
        assert load_template(folder).primary.direction.value == direction


@given(st.lists(st.sampled_from([*WORDS, "negative", "log", "per", "second", "gain", "x"]), min_size=1, max_size=4))
def test_what_is_guessed_is_what_an_audit_would_say(words: list[str]) -> None:
    name = "_".join(words)
    try:
        guessed = _guess(Path("info.json"), f"d/{name}")
    except TemplateError:
        return
    assert guessed is direction_of(name)


def test_without_a_baseline_the_metrics_must_be_named(tmp_path: Path) -> None:
    folder = make_v1(tmp_path, info=None)
    with pytest.raises(TemplateError, match=r"has no run_0/final_info\.json"):
        load_template(folder)
    template = load_template(folder, parse_directions(["walk/end_loss_mean:min"]))
    assert [m.key for m in template.metrics] == ["walk/end_loss_mean"]


@pytest.mark.parametrize("info", [[], {}, {"walk": 3}, {"walk": {"mean": {}}}])
def test_a_broken_baseline(tmp_path: Path, info: object) -> None:
    with pytest.raises(TemplateError, match=r"final_info\.json cannot be read"):
        load_template(make_v1(tmp_path, info=info))


def test_odd_names_become_keys() -> None:
    assert read_info({"d 1": {"means": {"val acc (%)": 1}}}) == {"d_1/val_acc": 1}


@pytest.mark.parametrize("text", ["{", "{}", '{"task_description": 3}'])
def test_a_broken_prompt(tmp_path: Path, text: str) -> None:
    folder = make_v1(tmp_path)
    (folder / "prompt.json").write_text(text)
    with pytest.raises(TemplateError, match=r"prompt\.json"):
        load_template(folder)

"""Directions, units and spellings that names tell."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.core.directions import direction_of, split_words
from hakken.core.types import Direction
from hakken.research.papers.audit.records.words import (
    dataset_names,
    metric_names,
    slug,
    stem,
    stems,
    threshold_pattern,
    unit_of,
)

MIN, MAX = Direction.MIN, Direction.MAX


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("final_val_loss", MIN),
        ("kl_divergence", MIN),
        ("Perplexity", MIN),
        ("trainingTime", MIN),
        ("error_rate", MIN),
        ("step_val_acc_99", MIN),
        ("test_accuracy", MAX),
        ("macroF1", MAX),
        ("mean_reward", MAX),
        ("avg_inference_tokens_per_second", MAX),
        ("log_likelihood", MAX),
        ("negative_log_likelihood", MIN),
        ("loss_reduction", MAX),
        ("num_params", None),
        ("accuracy_loss_ratio", None),
        ("", None),
    ],
)
def test_directions_by_name(name: str, expected: Direction | None) -> None:
    assert direction_of(name) is expected


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("total_train_time", "s"),
        ("latency_ms", "ms"),
        ("step_val_acc_99", "steps"),
        ("peak_memory_mb", "MB"),
        ("tokens_per_second", "/s"),
        ("accuracy", ""),
    ],
)
def test_units_by_name(name: str, unit: str) -> None:
    assert unit_of(name) == unit


def test_names_split_and_agree() -> None:
    assert split_words("finalValAcc") == split_words("final_val_acc") == split_words("Final val-acc")
    assert stem("weighting") == stem("weighted") == stem("weights")
    assert stems("a weighted gate") == stems("Gates with Weighting")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("final_val_acc", "validation accuracy"),
        ("final_val_acc", "final val acc"),
        ("kl_divergence", "KL"),
        ("eval_loss", "Evaluation Loss"),
        ("total_train_time", "training time"),
        ("avg_inference_tokens_per_second", "inference speed"),
    ],
)
def test_a_text_may_call_a_metric(name: str, said: str) -> None:
    assert said.lower() in {n.lower() for n in metric_names(name)}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x_div_y", "modular division"),
        ("x_minus_y", "x - y"),
        ("shakespeare_char", "shakespeare"),
        ("cifar10", "cifar-10"),
        ("half_moons", "half moons"),
    ],
)
def test_a_text_may_call_a_data_set(name: str, said: str) -> None:
    assert said in {n.lower() for n in dataset_names(name)}


@pytest.mark.parametrize(
    "text",
    ["steps to reach 99% validation accuracy", "Steps to 99% Val. Acc.", "99% validation accuracy", "steps to 99%"],
)
def test_a_threshold_is_a_metric(text: str) -> None:
    pattern = threshold_pattern("step_val_acc_99")
    assert pattern is not None
    assert re.search(pattern, text, re.I)
    assert not re.search(pattern, "a validation accuracy of 0.99 after 990 steps", re.I)


@given(st.text(max_size=30))
def test_any_text_becomes_an_identifier(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", slug(text))
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", slug(text, dots=True))
    metric_names(text)
    dataset_names(text)
    direction_of(text)

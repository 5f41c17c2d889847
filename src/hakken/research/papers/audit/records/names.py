"""What levels and columns of results hold: variants, data sets, seeds, metrics, statistics, settings."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from hakken.core.directions import direction_of, split_words
from hakken.research.papers.audit.records.build import BASELINE
from hakken.research.papers.audit.records.words import unit_of


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Level(StrEnum):
    """The role of one level of nesting or one column."""

    VARIANT = "variant"
    DATASET = "dataset"
    SEED = "seed"
    METRIC = "metric"
    STATISTIC = "statistic"
    PART = "part"
    """Training, validation, test."""
    VALUE = "value"
    STEP = "step"
    SETTING = "setting"
    OTHER = "other"


_HEADERS: tuple[tuple[Level, frozenset[str]], ...] = (
    (
        Level.SEED,
        _set("seed seeds fold trial repeat replicate rep repetition random_seed seed_id cv_fold"),
    ),
    (
        Level.VARIANT,
        _set(
            "method methods model models variant variants name config configuration approach algorithm algo experiment"
            " exp system agent condition technique strategy ablation run run_name optimizer setting label arm"
            " architecture arch policy"
        ),
    ),
    (
        Level.DATASET,
        _set("dataset datasets data task tasks benchmark env environment domain corpus problem game"),
    ),
    (Level.METRIC, _set("metric metrics measure metric_name measurement")),
    (Level.PART, frozenset(["split", "subset", "partition", "phase"])),
    (Level.VALUE, frozenset(["value", "val", "result", "score_value", "mean_value"])),
    (Level.STEP, frozenset(["step", "epoch", "iteration", "iter", "global_step", "timestep", "epochs_done"])),
)
_SETTINGS = _set(
    "lr learning_rate batch_size batchsize bs weight_decay wd dropout hidden hidden_size hidden_dim hidden_units"
    " n_layers num_layers layers width depth temperature gamma alpha beta lambda momentum warmup warmup_steps"
    " max_steps max_iters num_epochs n_epochs n_estimators embedding_dim embed_dim n_heads num_heads d_model"
    " block_size vocab_size k top_k sigma epsilon eps tau n_train n_test num_train num_samples n_samples"
)
_PARTS = _set("train training val valid validation dev test eval heldout")
_STATISTICS: tuple[tuple[str, frozenset[str]], ...] = (
    ("mean", frozenset(["mean", "means", "avg", "average", "mu"])),
    ("sd", frozenset(["std", "stds", "stdev", "sd", "stddev", "sigma"])),
    ("se", frozenset(["stderr", "stderrs", "se", "sem", "ste"])),
    ("half", frozenset(["ci", "ci95", "ci_95", "conf", "half_width", "margin"])),
    ("values", frozenset(["values", "seeds", "raw", "runs", "all", "per_seed", "final_info_dict", "samples", "list"])),
    ("n", frozenset(["n", "count", "n_seeds", "num_seeds", "n_runs", "n_trials", "num_runs"])),
    ("skip", frozenset(["min", "max", "median", "var", "variance", "q1", "q3", "p25", "p75"])),
)
_KNOWN_DATA = re.compile(
    r"mnist|cifar|imagenet|svhn|celeba|wikitext|enwik|text8|shakespeare|glue|sst|squad|imdb|ag_?news|yelp|cora|citeseer"
    r"|pubmed|iris|wine|digits|moons|circles?$|blobs|spiral|cartpole|atari|mujoco|hopper|walker|halfcheetah|coco|voc"
    r"|gsm8k|mmlu|humaneval|adult|housing|synthetic|_dataset$|^dataset|^task",
    re.I,
)
_GENERIC = _set(
    "results result metrics metric summary final_info final data output outputs out log logs eval evaluation scores"
    " table tables all_results test_results info stats main experiment experiments report records history"
)
_METHOD = re.compile(r"\b(?:ours|proposed|method|model|full|ablat\w*|without|no|with|w/o|adamw?|sgd|transformer|mlp|cnn"
                     r"|lstm|resnet\w*|ensemble|variant)\b", re.I)  # fmt: skip


def normal(header: str) -> str:
    """A header as a key."""
    return "_".join(split_words(header))


def level_of_header(header: str) -> Level | None:
    """What a column with this header holds; None where the header does not say."""
    key = normal(header)
    for level, names in _HEADERS:
        if key in names:
            return level
    return Level.SETTING if key in _SETTINGS else None


def is_setting(name: str) -> bool:
    """Whether a name is one of a set-up rather than of a result."""
    return normal(name) in _SETTINGS or normal(name) in {"epochs", "epoch", "seed", "steps"}


def is_container_of_settings(name: str) -> bool:
    """Whether a key or a file holds a configuration."""
    return normal(name) in {
        "config", "args", "arguments", "hparams", "hyperparameters", "hyper_parameters", "params", "settings", "cfg",
        "configuration", "options", "hyperparams",
    }  # fmt: skip


def statistic_of(key: str) -> str | None:
    """``mean``, ``sd``, ``se``, ``half``, ``values``, ``n`` or ``skip`` for a key that is nothing but one."""
    return next((kind for kind, names in _STATISTICS if normal(key) in names), None)


def split_statistic(name: str) -> tuple[str, str]:
    """The metric and the statistic of a name such as ``acc_std``, ``mean_acc`` or ``Accuracy (std)``."""
    words = split_words(name)
    if len(words) < 2:
        return name, ""
    for at, pattern in (
        (-1, rf"[^A-Za-z0-9]*{re.escape(words[-1])}\W*$"),
        (0, rf"^\W*{re.escape(words[0])}[^A-Za-z0-9]*"),
    ):
        if (kind := statistic_of(words[at])) in ("mean", "sd", "se", "half"):
            return re.sub(pattern, "", name, flags=re.I) or name, kind
    return name, ""


def is_generic(name: str) -> bool:
    """Whether a file's name says nothing about what it holds."""
    key = normal(re.sub(r"[_-]?(?:v?\d+|\d{4}[-_]\d{2}.*)$", "", name)) or normal(name)
    return key in _GENERIC or any(key == f"{a}_{b}" for a in _GENERIC for b in _GENERIC)


def level_of_values(values: Collection[str]) -> Level | None:
    """What a level holds, judged by its members; None where they do not say."""
    members = [v for v in values if v]
    if not members:
        return None
    if all(re.fullmatch(r"(?:seed|fold|trial|rep|replicate|repeat|s)?[ _-]?\d+", v, re.I) for v in members):
        return Level.SEED
    if all(statistic_of(v) for v in members):
        return Level.STATISTIC
    if all(normal(v) in _PARTS for v in members):
        return Level.PART
    if sum(direction_of(v) is not None or unit_of(v) != "" for v in members) * 2 > len(members):
        return Level.METRIC
    if any(BASELINE.search(" ".join(split_words(v))) for v in members):
        return Level.VARIANT
    if any(_KNOWN_DATA.search(v) for v in members):
        return Level.DATASET
    if any(_METHOD.search(" ".join(split_words(v))) for v in members):
        return Level.VARIANT
    if all(re.fullmatch(r"run[ _-]?\d+", v, re.I) for v in members):
        return Level.VARIANT
    return None

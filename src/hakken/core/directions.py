"""Which way a metric is better, by its name: one answer for what is imported and for what is audited."""

from __future__ import annotations

import re
from functools import lru_cache

from hakken.core.types import Direction


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


COUNTS = _set("step steps epoch epochs iteration iterations iters updates rank")
"""What is counted until something is reached."""
TIMES = _set("time times seconds secs latency runtime duration")
"""Words of a duration alone: a metric that says no more is hardly what is studied."""
_RATES = _set("throughput fps")
_MIN = TIMES | _set(
    "loss losses error errors err perplexity ppl kl divergence mse rmse mae mape nll bpc bpb wer cer fid kid regret"
    " distance residual cost second sec ms memory energy flops"
    " emd wasserstein mmd brier ece crps overhead violations collisions toxicity hallucination"
)
_MAX = _set(
    "acc accuracy f1 auc auroc auprc precision recall iou map ndcg mrr r2 score scores reward rewards return returns"
    " bleu rouge meteor psnr ssim success likelihood elo wins win hits hit speedup coverage correct kappa mcc"
    " correlation pearson spearman dice specificity sensitivity fidelity diversity profit em"
)


@lru_cache(maxsize=4096)
def split_words(name: str) -> tuple[str, ...]:
    """Lower-case words of an identifier or a phrase: ``finalValAcc``, ``final_val_acc`` and "final val acc" agree."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(w for w in re.split(r"[^A-Za-z0-9.]+", spaced.lower()) if w.strip("."))


def direction_of(name: str) -> Direction | None:
    """Which way a metric is better, by its name; None where the words say nothing or both."""
    words = split_words(name)
    if not words:
        return None
    known = set(words)
    if known & _RATES or re.search(r"\bper (?:sec|second|s)\b", " ".join(words)):
        return Direction.MAX
    if words[0] in COUNTS or {"steps", "to"} <= known or words[-1] in COUNTS:
        return Direction.MIN
    if known & {"reduction", "improvement", "gain"}:
        return Direction.MAX
    if {"negative", "log", "likelihood"} <= known or {"neg", "log", "likelihood"} <= known:
        return Direction.MIN
    low, high = bool(known & _MIN), bool(known & _MAX)
    if low == high:
        return None
    return Direction.MIN if low else Direction.MAX


def counts_or_scores(name: str) -> bool:
    """Whether a name may be a count or a score: ``step_acc_99``, the steps to an accuracy or the accuracy at a step."""
    known = set(split_words(name))
    return bool(known & COUNTS and known & _MAX)

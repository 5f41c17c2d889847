"""Words of names: which unit they tell, and how else a text may spell them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice, product

from hakken.core.directions import COUNTS, split_words


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def unit_of(name: str) -> str:
    """The unit that a metric's name tells: seconds, steps, megabytes."""
    words = set(split_words(name))
    for unit, signs in (
        ("ms", {"ms", "milliseconds", "millis"}),
        ("h", {"hours", "hrs"}),
        ("min", {"minutes", "mins"}),
        ("GB", {"gb"}),
        ("MB", {"mb"}),
        ("%", {"percent", "pct", "percentage"}),
    ):
        if words & signs:
            return unit
    if words & {"throughput", "fps"} or re.search(r"\bper (?:sec|second|s)\b", " ".join(split_words(name))):
        return "/s"
    if words & {"time", "times", "seconds", "secs", "sec", "latency", "runtime", "duration", "s"}:
        return "s"
    first = split_words(name)[:1]
    last = split_words(name)[-1:]
    for unit in ("step", "epoch", "iteration", "update"):
        if {unit, unit + "s"} & {*first, *last}:
            return unit + "s"
    return ""


_SPELLINGS: dict[str, tuple[str, ...]] = {
    "acc": ("accuracy", "accuracies", "acc.", "acc"),
    "accuracy": ("accuracy", "accuracies", "acc.", "acc"),
    "val": ("validation", "val", "valid"),
    "valid": ("validation", "val", "valid"),
    "validation": ("validation", "val"),
    "dev": ("dev", "development"),
    "eval": ("evaluation", "eval"),
    "evaluation": ("evaluation", "eval"),
    "train": ("training", "train"),
    "training": ("training", "train"),
    "test": ("test", "testing"),
    "infer": ("inference",),
    "inference": ("inference", "generation", "sampling"),
    "ppl": ("perplexity", "ppl"),
    "perplexity": ("perplexity", "ppl"),
    "kl": ("kl", "kullback-leibler"),
    "div": ("division", "div", "divide", "/", "÷"),
    "divergence": ("divergence", "divergences", "div"),
    "minus": ("subtraction", "minus", "sub", "-"),
    "plus": ("addition", "plus", "add", "+"),
    "mul": ("multiplication", "mul", "*"),
    "times": ("times", "time", "multiplication"),
    "permutation": ("permutation", "permutations", "perm"),
    "loss": ("loss", "losses"),
    "losses": ("loss", "losses"),
    "err": ("error", "err"),
    "error": ("error", "errors", "err"),
    "step": ("steps", "step"),
    "steps": ("steps", "step"),
    "time": ("time", "times"),
    "seconds": ("seconds", "time"),
    "hours": ("hours", "time"),
    "minutes": ("minutes", "time"),
    "char": ("character", "char", "characters"),
    "avg": ("average", "avg", "mean"),
    "mean": ("mean", "average", "avg"),
    "std": ("std", "standard deviation"),
    "num": ("number of", "num"),
    "n": ("n", "number of"),
    "params": ("parameters", "params"),
    "r2": ("r2", "r²", "r^2", "r-squared", "r squared", "coefficient of determination"),
    "lr": ("learning rate", "lr"),
    "seq": ("sequence", "seq"),
    "reward": ("reward", "rewards"),
    "return": ("return", "returns"),
    "score": ("score", "scores"),
    "tokens": ("tokens", "token"),
    "auc": ("auc", "roc-auc", "auroc"),
    "mse": ("mse", "mean squared error"),
    "rmse": ("rmse", "root mean squared error"),
    "mae": ("mae", "mean absolute error"),
    "nll": ("nll", "negative log-likelihood"),
    "fid": ("fid", "frechet inception distance"),
    "f1": ("f1", "f1-score", "f1 score"),
    "memory": ("memory", "memory usage"),
    "sec": ("second", "sec", "s"),
    "per": ("per", "/"),
}
_OPTIONAL = _set(
    "final mean avg average overall total peak best score value ms s mb gb kb mib gib pct percent percentage"
)
"""Words of a metric's name that a text may leave out."""
_HEADS = frozenset(["acc", "accuracy", "error", "perplexity", "reward", "return", "f1", "divergence", "auc"])
"""Last words that name a metric alone, where a text leaves out the rest."""
_ACRONYMS = frozenset(["kl", "f1", "auc", "mse", "rmse", "mae", "nll", "fid", "ppl", "bpc", "wer", "ssim", "psnr"])


def spellings(words: Iterable[str], most: int = 48) -> tuple[str, ...]:
    """Every way to spell a sequence of words with their synonyms, at most so many."""
    options = [_SPELLINGS.get(word, (word,)) for word in words]
    return tuple(dict.fromkeys(" ".join(choice) for choice in islice(product(*options), most)))


def metric_names(name: str, dropped: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Names that a text may give a metric, longest first.

    Args:
        name: As the record spells it.
        dropped: Words that this metric's names must keep, because another metric differs only in them.
    """
    words = [w for w in split_words(name) if w not in ("mean",)] or list(split_words(name))
    found: list[str] = [name, " ".join(split_words(name))]
    found += spellings(words)
    short = [w for w in words if w not in _OPTIONAL or w in dropped]
    if short and short != words:
        found += spellings(short)
    if len(short) > 1:
        found += [w for w in short if w in _ACRONYMS and w != "kl"]
        if short[0] == "kl":
            found += ["kl", "kl-divergence", "kullback-leibler divergence"]
        if short[-1] in ("divergence",) and len(short) == 2:
            found.append("kullback-leibler (kl) divergence")
    if words[-3:] == ["per", "second"] or ("tokens" in words and words[-1] in ("sec", "second", "s")):
        found += [
            "inference speed",
            "generation speed",
            "sampling speed",
            "tokens per second",
            "tokens/s",
            "throughput",
        ]
    if len(words) == 2 and words[-1] in ("params", "parameters") and words[0] in ("n", "num"):
        found += ["parameters", "params", "parameter count"]
    last = _SPELLINGS.get(short[-1], (short[-1],)) if short else ()
    if len(short) > 1 and _HEADS & set(last):
        found += last
    return tuple(sorted({n for n in found if len(n) > 1}, key=len, reverse=True))


def threshold_pattern(name: str) -> str | None:
    """A pattern for metrics such as ``step_val_acc_99``: "steps to reach 99% validation accuracy"."""
    words = split_words(name)
    level = next((w for w in words if w.isdigit()), None)
    if level is None or words[0] not in COUNTS | {"time", "epochs_to"}:
        return None
    rest = [w for w in words[1:] if w != level and w not in ("to", "reach", "at", "mean")]
    measured = r"\.?\s+".join("(?:" + "|".join(re.escape(s) for s in _SPELLINGS.get(w, (w,))) + ")" for w in rest)
    last = "(?:" + "|".join(re.escape(s) for s in _SPELLINGS.get(words[-2], (words[-2],))) + ")" if rest else ""
    counted = r"(?:number of |training |update )*(?:steps?|time|epochs?|iterations?|updates?)\b[^.:;&|]{0,45}?"
    of_what = rf"(?:\s+(?:{measured}|{last})|\s*(?=accuracy|mark|threshold))" if rest else ""
    return rf"{counted}\b{level}\s?%?{of_what}?|\b{level}\s?%?{of_what}" if rest else rf"{counted}\b{level}\s?%?"


def dataset_names(name: str) -> tuple[str, ...]:
    """Names that a text may give a data set: ``cifar10`` is CIFAR-10, ``x_div_y`` is (modular) division."""
    words = split_words(name)
    found = {name, " ".join(words), "".join(words), "-".join(words)}
    parted = re.sub(r"(?<=[A-Za-z])(?=\d)", "-", name)
    found |= {parted, parted.replace("-", " "), parted.replace("_", "-")}
    if len(words) == 3 and words[0] == "x" and words[2] == "y":
        for operation in _SPELLINGS.get(words[1], (words[1],)):
            if not operation.isalpha():
                found |= {f"x {operation} y", f"x{operation}y"}
                continue
            found |= {operation, f"modular {operation}", f"mod {operation}", f"x {operation} y", f"x{operation}y"}
    else:
        found |= set(spellings(words))
        if len(words) > 1 and words[-1] in ("char", "dataset", "data", "lite", "small"):
            found |= {" ".join(words[:-1]), *spellings([words[-1], *words[:-1]])}
            found |= {s.replace(" ", "-", 1) for s in spellings([words[-1], *words[:-1]])}
    return tuple(
        sorted(
            (n for n in found if len(n.strip()) > 3 or n == name or n in ("x+y", "x-y", "x/y")), key=len, reverse=True
        )
    )


_STOP = _set(
    "the a an of and or with for in on to by from using our we run runs experiment model method approach results"
    " is are as at its this that via results analysis experiments implementation based"
)
_ENDINGS = ("izations", "ization", "ations", "ation", "ings", "ing", "ness", "able", "ment", "ies", "ive", "ers", "er",
            "ed", "ion", "ely", "ly", "ual", "al", "ic", "es", "is", "e", "s", "y")  # fmt: skip


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A crude stem: ``weighting``, ``weighted`` and ``weights`` agree."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return stem(word[: -len(ending)])
    return word


@lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    """Stems of the words that tell names apart."""
    return frozenset(stem(w.strip(".")) for w in split_words(text) if w not in _STOP)


def slug(text: str, *, dots: bool = False) -> str:
    """An identifier for a metric or a data set, as the types want it."""
    kept = re.sub(r"[^A-Za-z0-9_.-]+" if dots else r"[^A-Za-z0-9_]+", "_", text).strip("_.-") or "unnamed"
    return kept if dots or kept[0].isalpha() else f"m_{kept}"

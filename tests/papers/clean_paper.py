"""A clean paper about the synthetic run, worded by hand and unlike the writer's, with every number from the record."""

from __future__ import annotations

from pathlib import Path

from hakken.core.types import Comparison, Snapshot, Split
from tests.papers.builders import CHANGED, PRISTINE

BIB = """@article{one, title = {One}, author = {A, B}, year = {2015}}
@article{two, title = {Two}, author = {C, D}, year = {2018}}
"""


def write_clean_paper(snapshot: Snapshot, folder: Path) -> Path:
    """Write ``paper.md``, its bibliography and its figure, and return the paper's path."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    (folder / "figures" / "main.png").write_bytes(b"")
    (folder / "refs.bib").write_text(BIB)
    paper = folder / "paper.md"
    paper.write_text(_text(snapshot), encoding="utf-8")
    return paper


def _signed(value: float, places: int = 2) -> str:
    return f"{value:+.{places}f}".replace("-", "\N{MINUS SIGN}")


def _p(c: Comparison) -> str:
    return "p < 0.001" if c.p < 0.001 else f"p = {c.p:.2f}"


def _get(snapshot: Snapshot, split: Split, variant: str, metric: str = "digits/test_error") -> Comparison:
    return next(c for s, c in snapshot.comparisons if (s, c.variant_id, c.metric) == (split, variant, metric))


def _text(snapshot: Snapshot) -> str:
    main = _get(snapshot, Split.REPORT, "n1")
    loss = _get(snapshot, Split.REPORT, "n1", "digits/test_loss")
    ablated = _get(snapshot, Split.REPORT, "n7")
    assert main.relative is not None
    failed = sum(t.failure is not None for t in snapshot.trials)
    abstract = (
        f"We study how a small network learns digits. On the report seeds, label smoothing reduces the test error by "
        f"{-main.difference:.2f} percentage points (95 % interval {_signed(main.low)} to {_signed(main.high)}, "
        f"{_p(main)}), which supports the claim. It was better than the baseline on {main.wins} of 20 seeds."
    )
    return f"""---
title: "Softer targets for few examples"
abstract: |
  {abstract}
bibliography: refs.bib
---

# Introduction

Networks that see few examples become certain too early [@one; @two]. We ask whether softer targets might help. This
paper was written by Hakken, an AI system.

# Setup

{snapshot.template.setup[0]} All experiments ran with Python 3.11.7, numpy 2.4.6 and scikit-learn 1.9.0 on Linux x86_64
with 2 CPU cores of an AMD EPYC 7B13 and 7.8 GB of memory, without a GPU. A trial is limited to 120 s and 2048 MB.
We use 8 explore seeds (seeds 1 to 8) to choose and 20 report seeds (seeds 101 to 120) to test; lower test error is
better. The smoothing constant is 0.1. {snapshot.decisions[0].what}

The change is:

```diff
{_diff()}
```

# Results

With *label smoothing*, the test error was {main.variant_mean:.2f} % (mean over 20 seeds; standard deviation
{main.variant_sd:.2f}), against {main.baseline_mean:.2f} % for the baseline: a difference of {_signed(main.difference)}
percentage points (95 % interval {_signed(main.low)} to {_signed(main.high)}, {_p(main)}), an improvement. This is a
relative change of {_signed(100 * main.relative, 1)} %. Table 1 and Figure 1 show all variants. On the report seeds, the
test cross-entropy fell from {loss.baseline_mean:.3f} to {loss.variant_mean:.3f} with label smoothing.

On the report seeds, *label smoothing without the smoothed gradient* differed by {_signed(ablated.difference)}
percentage points ({_p(ablated)}), which is inconclusive. The primary claim is supported.

| Variant | Test error (%) | Difference | 95 % interval | Seeds |
|:--|--:|--:|--:|--:|
{_rows(snapshot)}

: Mean ± standard deviation of the test error on the report seeds.

![Differences of the test error from the baseline on the 20 report seeds.](figures/main.png)

{_parity(snapshot)} Table 2 lists the cost of a trial.

| Variant | CPU time (s) | Steps | Parameters |
|:--|--:|--:|--:|
{_costs(snapshot)}

: Mean cost of a trial on the explore seeds.

# Limitations

Of the {len(snapshot.trials)} trials, {failed} failed. Two of the five ideas failed. The network is small, and other
data may behave differently.

# All trials

Table 3 lists every trial.

| Variant | Split | Seed | Test error | Test cross-entropy | Outcome |
|:--|:--|--:|--:|--:|:--|
{_trials(snapshot)}

: Every trial.
"""


def _diff() -> str:
    import difflib

    lines = difflib.unified_diff(PRISTINE.splitlines(), CHANGED.splitlines(), lineterm="", n=1)
    return "\n".join(line for line in list(lines)[2:] if not line.startswith("@@"))


def _rows(snapshot: Snapshot) -> str:
    main = _get(snapshot, Split.REPORT, "n1")
    lines = [f"| Baseline | {main.baseline_mean:.2f} ± {main.baseline_sd:.2f} | | | 20 |"]
    for variant in ("n1", "n7"):
        c = _get(snapshot, Split.REPORT, variant)
        mean = f"{c.variant_mean:.2f} ± {c.variant_sd:.2f}"
        mean = f"**{mean}**" if variant == "n1" else mean
        title = snapshot.node(variant).title
        lines.append(f"| {title} | {mean} | {_signed(c.difference)} | [{_signed(c.low)}, {_signed(c.high)}] | {c.n} |")
    return "\n".join(lines)


def _mean_cost(snapshot: Snapshot, variant: str) -> float:
    costs = [t.cost.cpu_seconds for t in snapshot.trials_of(variant, Split.EXPLORE) if t.cost]
    return sum(costs) / len(costs)


def _parity(snapshot: Snapshot) -> str:
    ratio = _mean_cost(snapshot, "n3") / _mean_cost(snapshot, "n0")
    return (
        f"On the explore seeds, *Multi-class margin in place of cross-entropy* took {ratio:.2f} times the CPU time of "
        "the baseline."
    )


def _costs(snapshot: Snapshot) -> str:
    return "\n".join(
        f"| {snapshot.node(v).title} | {_mean_cost(snapshot, v):.2f} | 600 | 8,970 |" for v in ("n0", "n1", "n2", "n3")
    )


def _trials(snapshot: Snapshot) -> str:
    lines = []
    for t in snapshot.trials:
        error, loss = t.value("digits/test_error"), t.value("digits/test_loss")
        values = f"{error:.2f} | {loss:.4f} | done" if error is not None and loss is not None else "| | failed"
        lines.append(f"| {snapshot.node(t.node_id).title} | {t.split.value} | {t.seed} | {values} |")
    return "\n".join(lines)

"""A complete paper about the synthetic run, in the Markdown that the writer hands over."""

from __future__ import annotations

import difflib

from hakken.core.types import FigureFile, Snapshot, Split
from hakken.research.papers.render import PaperMetadata, escape_text

BIB = r"""
@inproceedings{szegedy2016rethinking,
  title = {Rethinking the {Inception} Architecture for Computer Vision},
  author = {Szegedy, Christian and Vanhoucke, Vincent and Ioffe, Sergey and Shlens, Jon and Wojna, Zbigniew},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition},
  year = {2016}, hakken_checked = {https://example.org}
}
@inproceedings{muller2019when,
  title = {When Does Label Smoothing Help?},
  author = {M{\"u}ller, Rafael and Kornblith, Simon and Hinton, Geoffrey E.},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2019}, volume = {32}, hakken_title = {When does}
}
@article{pedregosa2011scikit,
  title = {Scikit-learn: Machine Learning in {Python}},
  author = {Pedregosa, Fabian and Varoquaux, Gaël and others},
  journal = {Journal of Machine Learning Research}, volume = {12}, pages = {2825--2830}, year = {2011}
}
@inproceedings{guo2017calibration,
  title = {On Calibration of Modern Neural Networks},
  author = {Guo, Chuan and Pleiss, Geoff and Sun, Yu and Weinberger, Kilian Q.},
  booktitle = {International Conference on Machine Learning}, year = {2017}
}
@misc{uncited, title = {Never cited}, author = {Nobody, A.}, year = {1999}}
"""

_PROSE = (
    "Small networks that are trained on few examples fit the training labels long before they stop improving on "
    "new images. A loss that asks for full certainty keeps pushing the scores apart, and the direction of that "
    "push is set by the few examples at hand. Softer targets remove this pressure and leave the ordering of the "
    "classes to the data.",
    "The change is small, and it leaves the network, the optimiser and the number of updates as they are. "
    "Whatever difference is measured is therefore a difference of the loss, and not of the time or the data that "
    "a method was given.",
    "We do not claim that the effect carries over to larger networks or to other images. The mechanism that we "
    "propose is consistent with the measurements, but other explanations, such as a smaller effective step, are "
    "not excluded by them.",
)


_SCORES = r"With scores $z$ and probabilities $p_k = e^{z_k} / \sum_j e^{z_j}$ the cross-entropy against targets $t$ is"
_FORMULA = r"$$ L = -\sum_{k=1}^{K} t_k \log p_k, \qquad \frac{\partial L}{\partial z_k} = p_k - t_k. $$"
_ODD = "It's 100% plain: a_b, $5, #1, <tag> & \\cmd{x} ~ ^ `tick` | *no*."


def sample_metadata() -> PaperMetadata:
    """Front matter."""
    return PaperMetadata(
        title="Label smoothing against overconfidence: learning to read digits from few examples",
        abstract=(
            "We ask whether softer targets help a small network that learns handwritten digits from few images. "
            + _PROSE[0]
            + " On 20 fresh seeds the test error falls from 9.86 % to 8.95 %, a difference of −0.91 points (95 % "
            "interval −1.12 to −0.71; see {tab:main}). A variant that keeps the smoothed loss and drops its gradient "
            "does not differ from the baseline."
        ),
        authors=("Hakken 0.1.0",),
        notice=(
            "This paper was written by an AI system, Hakken 0.1.0, from experiments that it ran by itself. Every "
            "number in it was computed by code from the record of these experiments."
        ),
        date="Run digits-001",
        keywords=("label smoothing", "small data", "handwritten digits"),
    )


def sample_markdown(snapshot: Snapshot, figures: list[FigureFile]) -> str:
    """All sections, every figure, two tables, a listing, a formula and an appendix of all trials."""
    drawn = "\n\n".join(f"![{f.caption}](figures/{f.path}){{#fig:{f.label}}}" for f in figures)
    refs = ", ".join(f"{{fig:{f.label}}}" for f in figures)
    first, formula, bound = figures[0].label, _FORMULA, _SCORES
    return f"""
# Introduction

{_PROSE[0]} Label smoothing was proposed for large image classifiers [@szegedy2016rethinking] and has been studied since
[@muller2019when; @guo2017calibration]. {escape_text(_ODD)}

{_PROSE[1]}

- One claim was frozen before the report trials ran.
- The variant was chosen on explore seeds only.

# Related work

@muller2019when show that label smoothing changes the geometry of the last layer. {_PROSE[2]}

# Background

{bound}

{formula}

# Method

{_PROSE[1]} {{lst:method}} shows the whole change.

```{{.diff #lst:method caption="The change to experiment.py, against the baseline."}}
{sample_diff(snapshot)}
```

## Why it could work

{_PROSE[2]}

# Experimental setup

{_PROSE[1]} The data come with scikit-learn [@pedregosa2011scikit]. {{tab:parity}} shows what each method consumed.

| Method | CPU time (s) | Steps | Parameters | Examples | Memory (MB) | Trials |
|:-------|-----:|-----:|-----:|-----:|-----:|-----:|
| Baseline | 2.82 | 600 | 8,970 | 300 | 142 | 28 |
| Label smoothing | 2.90 | 600 | 8,970 | 300 | 142 | 28 |
| Focal weighting | 2.81 | 600 | 8,970 | 300 | 142 | 8 |
| Multi-class margin in place of cross-entropy | 4.00 | 600 | 8,970 | 300 | 142 | 8 |

: What a trial of each method consumed, means over its trials. {{#tab:parity}}

# Results

{{tab:main}} and Figure {{fig:{first}}} give the main result; {refs} show the rest.

| Method | Test error (%) | $n$ |
|:-------|-----:|-----:|
| Baseline | 9.86 ± 0.92 | 20 |
| Label smoothing | **8.95 ± 0.98** | 20 |

: Test error on the report seeds: mean and standard deviation. {{#tab:main}}

{_PROSE[0]}

{drawn}

{_PROSE[1]}

{_PROSE[2]}

# Discussion

{_PROSE[2]} {_PROSE[0]}

# Limitations

{_PROSE[2]}

1. One data set, one network.
2. Few examples by design.

# Conclusion

{_PROSE[1]}

# All trials {{.appendix}}

{{tab:trials}} lists every trial.

{trials_table(snapshot)}

: Every trial of the run, failed ones too. {{#tab:trials}}

# Decisions by people

{escape_text(snapshot.decisions[0].what)}
"""


def sample_diff(snapshot: Snapshot) -> str:
    """The change of the chosen variant as a unified diff."""
    old, new = snapshot.pristine["experiment.py"], snapshot.sources["n1"]["experiment.py"]
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "experiment.py", "experiment.py", lineterm="", n=2)
    return "\n".join(lines)


def trials_table(snapshot: Snapshot) -> str:
    """All trials as a pipe table."""
    rows = [
        "| Trial | Method | Split | Seed | Test error (%) | CPU (s) | Output | Outcome |",
        "|:--|:--|:--|--:|--:|--:|:--|:--|",
    ]
    for t in snapshot.trials:
        value = t.value("digits/test_error")
        cost = f"{t.cost.cpu_seconds:.2f}" if t.cost else "–"
        error = f"{value:.2f}" if value is not None else "–"
        method = escape_text(snapshot.node(t.node_id).title)
        outcome = escape_text(f"{t.failure.cause}: {t.failure.message}") if t.failure else "ok"
        split = t.split.value if t.split is not Split.NOISE else "noise"
        rows.append(
            f"| {t.id} | {method} | {split} | {t.seed} | {error} | {cost} | {t.output_hash[7:15]} | {outcome} |"
        )
    return "\n".join(rows)

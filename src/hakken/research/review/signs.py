"""What code can count in a paper, so that no model has to guess it."""

from __future__ import annotations

import re

from hakken.core.types import Record
from hakken.research.review.paper import PaperText

_UNCERTAINTY = re.compile(
    r"±|\\pm\b|standard (?:deviation|error)|std\.? ?dev|confidence interval|\b\d\d ?% (?:interval|CI)|"
    r"credible interval|error bars?|p-values?|\bp ?[<=≤] ?0?\.\d|permutation test|sign-flip|t-test|bootstrap",
    re.I,
)
_REPEATS = re.compile(r"\bseeds?\b|(?:repeated|independent|replicate[ds]?) (?:runs?|trials?)|\breplicat\w+", re.I)
_ABLATION = re.compile(r"\bablat\w+", re.I)
_LIMITATIONS = re.compile(r"limitation", re.I)


class Signs(Record):
    """Counts of words that show how carefully a paper measured and told."""

    uncertainty: int
    repeats: int
    ablation: int
    limitations: int
    """Sections about limitations."""
    tables: int
    figures: int

    def has(self, name: str) -> bool:
        """Whether a sign is there at all."""
        return int(getattr(self, name)) > 0

    def __str__(self) -> str:
        """In words, for a prompt."""
        return (
            f"mentions of error bars, deviations, intervals or tests: {self.uncertainty}; of seeds or repeated runs: "
            f"{self.repeats}; of an ablation: {self.ablation}; sections on limitations: {self.limitations}; tables: "
            f"{self.tables}; figures: {self.figures}."
        )


def signs(paper: PaperText) -> Signs:
    """Count them in the whole paper, also where only an excerpt is read."""
    text = paper.text
    return Signs(
        uncertainty=len(_UNCERTAINTY.findall(text)),
        repeats=len(_REPEATS.findall(text)),
        ablation=len(_ABLATION.findall(text)),
        limitations=sum(bool(_LIMITATIONS.search(section.title)) for section in paper.sections),
        tables=sum(caption.startswith("Table") for caption in paper.captions),
        figures=sum(caption.startswith("Fig") for caption in paper.captions),
    )

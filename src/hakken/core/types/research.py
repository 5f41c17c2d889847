"""Ideas, plans, facts and claims: what is believed, and what was found."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field, FiniteFloat, NonNegativeFloat, PositiveInt

from hakken.core.types.base import Record
from hakken.core.types.experiments import Direction, Target
from hakken.core.types.models import Usage


class Idea(Record):
    """A hypothesis about a template, before any code is written."""

    id: str
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    hypothesis: str
    plan: str
    """How the code would change."""
    target: Target | None = None
    """Where, when the change is small enough to name the place."""
    lever: str = ""
    """Kind of change (see ``research/ideas/levers.toml``)."""
    thought: str = ""
    interestingness: int = Field(ge=1, le=10)
    feasibility: int = Field(ge=1, le=10)
    novelty: int = Field(ge=1, le=10)
    origin: Literal["model", "seed", "code", "human"] = "model"
    novelty_verdict: Literal["unchecked", "novel", "not_novel", "unknown"] = "unchecked"


class RefusedIdea(Record):
    """A proposal of a model that was not taken up, with the reason."""

    idea: Idea
    """As it was proposed; its id is that of the refusal."""
    reason: Literal["duplicate", "unusable"]
    """It repeats an idea that is known, or its own words say that it cannot be carried out."""
    why: str
    """In words that follow the title."""


class Comparison(Record):
    """A variant against a baseline on one metric, paired by seed unless ``paired`` says otherwise.

    ``difference`` is variant minus baseline, ``gain`` the same with positive meaning better.
    """

    metric: str
    variant_id: str
    baseline_id: str
    n: PositiveInt
    baseline_mean: FiniteFloat
    baseline_sd: NonNegativeFloat
    variant_mean: FiniteFloat
    variant_sd: NonNegativeFloat
    difference: FiniteFloat
    gain: FiniteFloat
    relative: FiniteFloat | None
    """Difference over the absolute baseline mean; None where that is zero."""
    level: float = 0.95
    low: FiniteFloat
    """Lower end of the interval of the difference."""
    high: FiniteFloat
    p: float = Field(ge=0, le=1)
    """Two-sided permutation p: sign flips of the pairs, or relabelling where nothing pairs the trials."""
    paired: bool = True
    """False: unseeded repeats, Welch's interval, ``n`` the size of the smaller side."""
    p_adjusted: float | None = None
    """Holm-adjusted p where the comparison is one of several secondary ones."""
    noise_floor: NonNegativeFloat | None = None
    effect_size: FiniteFloat | None = None
    """Cohen's d_z: mean paired difference over its standard deviation."""
    effect_low: FiniteFloat | None = None
    effect_high: FiniteFloat | None = None
    """Interval of the effect size, at ``level``."""
    sd_difference: NonNegativeFloat | None = None
    """Standard deviation of the paired differences; None where nothing pairs the trials."""
    detectable: NonNegativeFloat | None = None
    """The smallest true difference that this comparison finds with a power of 80 %, the noise floor considered."""
    margin: NonNegativeFloat | None = None
    """Differences up to this count as none: the metric's declared margin, or the noise floor."""
    inner_low: FiniteFloat | None = None
    inner_high: FiniteFloat | None = None
    """Interval of the difference at ``2 * level - 1``: two one-sided tests in one picture."""
    p_equivalence: float | None = Field(default=None, ge=0, le=1)
    """Larger p of the two one-sided tests that the difference is within the margin."""
    wins: int
    """Seeds on which the variant is better."""
    verdict: Literal["better", "worse", "inconclusive"]

    @property
    def equivalent(self) -> bool:
        """The two one-sided tests put the difference within the margin."""
        return self.p_equivalence is not None and self.p_equivalence < 1 - self.level

    @property
    def apart(self) -> bool:
        """Interval and p tell the difference from chance, however small it is against the noise floor."""
        p = self.p if self.p_adjusted is None else self.p_adjusted
        return not self.low <= 0 <= self.high and p < 1 - self.level


class ProbeKind(StrEnum):
    """What a leakage probe asks."""

    OVERLAP = "overlap"
    """Do rows of the hidden data stand in the training data?"""
    ANSWERS = "answers"
    """Are the answers too good: exactly the hidden ones?"""
    SEEDS = "seeds"
    """Is the result one number on every seed, though seeds should matter?"""
    INPUT = "input"
    """Do the outputs and the score depend on the data?"""


class Probe(Record):
    """What a leakage probe of the selected version found."""

    kind: ProbeKind
    node_id: str
    outcome: Literal["passed", "failed", "not_probed"]
    why: str = ""
    """Where it was not probed: the reason."""
    values: dict[str, float] = {}
    trial_ids: tuple[str, ...] = ()


class Predicate(Record):
    """What code evaluates to decide a claim: the variant's gain on a metric over a baseline."""

    metric: str
    direction: Direction
    alpha: float = 0.05
    seeds: tuple[int, ...]
    """The report seeds, which had not run when the claim was frozen."""


class ClaimStatus(StrEnum):
    """What the evidence says."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    """The interval excludes zero on the other side."""
    UNTESTED = "untested"
    NOT_SUPPORTED = "not_supported"
    """Tested, and neither shown nor refuted."""


class Claim(Record):
    """A statement with a predicate, the evidence for it, and a status that code computes."""

    id: str
    text: str
    primary: bool
    predicate: Predicate
    variant_id: str | None = None
    fact_ids: tuple[str, ...] = ()
    trial_ids: tuple[str, ...] = ()
    status: ClaimStatus = ClaimStatus.UNTESTED


class Plan(Record):
    """The claim and the selection rule, frozen before the first trial that they are about."""

    claim: Claim
    selection: str
    """The rule in words, as printed in the paper."""
    explore_seeds: tuple[int, ...]
    report_seeds: tuple[int, ...]
    noise_seeds: tuple[int, ...] = ()
    max_nodes_per_idea: PositiveInt
    max_ideas: PositiveInt


class Fact(Record):
    """A computed value with its evidence and its wording. Models never write one.

    ``views`` holds the printed forms that text may refer to, as ``{F7.delta}``.
    """

    id: str = Field(pattern=r"^F\d+$")
    kind: str
    """comparison, mean, count, setup, noise, parity, claim, ablation, …"""
    subject: str
    metric: str | None = None
    direction: Literal["better", "worse", "inconclusive", "none"] = "none"
    values: dict[str, float] = {}
    """Full-precision numbers behind the views."""
    views: dict[str, str]
    """Printed forms: value baseline delta relative interval p n verb sentence."""
    trial_ids: tuple[str, ...] = ()
    node_ids: tuple[str, ...] = ()


class Severity(StrEnum):
    """How bad a finding is; ``error`` fails the gate."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(Record):
    """One finding of an audit."""

    kind: str
    """unsupported, misattributed, reversed, false, missing_run, hardware, seeds, unfair, placeholder, …"""
    severity: Severity
    place: str
    """Section and paragraph, table and cell, or caption."""
    sentence: str
    says: str
    record: str
    """What the record says."""
    how: str = ""
    """How it was matched."""


class AuditReport(Record):
    """Everything that the audit looked at, and what it found."""

    paper: str
    numbers_checked: int
    numbers_matched: int
    findings: tuple[Finding, ...]
    seconds: NonNegativeFloat = 0.0
    model: str = ""
    """The model that compared method and code; empty where none was asked."""
    usage: Usage | None = None
    """What it used."""

    @property
    def passed(self) -> bool:
        """No finding of severity ``error``."""
        return not any(f.severity is Severity.ERROR for f in self.findings)


class PassageSource(StrEnum):
    """Who wrote a passage of the manuscript."""

    MODEL = "model"
    FACT = "fact"
    """A sentence worded by code from a fact."""
    CODE = "code"
    """Set-up, tables, captions, or the fallback for a model that failed its checks."""
    TEMPLATE = "template"
    """Words of the template's author."""


class Passage(Record):
    """A paragraph or block of the manuscript and where it came from."""

    section: str
    job: str
    text: str
    source: PassageSource
    tries: int = 0
    rejected: tuple[str, ...] = ()
    """Reasons why earlier replies were sent back."""


class Manuscript(Record):
    """The paper before rendering: front matter and passages in order, references unresolved."""

    title: str
    abstract: tuple[Passage, ...]
    passages: tuple[Passage, ...]
    keywords: tuple[str, ...] = ()


class FigureFile(Record):
    """A figure with the data that it shows."""

    label: str
    caption: str
    path: str
    """Stem within ``paper/figures``: ``.pdf``, ``.png``, ``.svg`` and ``.csv`` (data) exist."""
    fact_ids: tuple[str, ...] = ()


class PaperFiles(Record):
    """What rendering wrote, relative to the run folder; None where an engine is missing."""

    markdown: str
    tex: str
    bib: str
    html: str
    pdf: str | None
    engine: str
    """typst, or the LaTeX engine used."""
    pages: int
    words: int


class ReviewForm(Record):
    """The NeurIPS review form (fields and scales as in The AI Scientist, section 1.10)."""

    thought: str
    summary: str
    strengths: tuple[str, ...]
    weaknesses: tuple[str, ...]
    originality: int = Field(ge=1, le=4)
    quality: int = Field(ge=1, le=4)
    clarity: int = Field(ge=1, le=4)
    significance: int = Field(ge=1, le=4)
    questions: tuple[str, ...]
    limitations: tuple[str, ...]
    ethical_concerns: bool
    soundness: int = Field(ge=1, le=4)
    presentation: int = Field(ge=1, le=4)
    contribution: int = Field(ge=1, le=4)
    overall: int = Field(ge=1, le=10)
    confidence: int = Field(ge=1, le=5)
    decision: Literal["accept", "reject"]


class Review(Record):
    """A panel's verdict: the members' forms, and the meta-review with rounded means."""

    paper: str
    model: str
    members: tuple[ReviewForm, ...]
    meta: ReviewForm
    reflections: int
    failures: tuple[str, ...] = ()
    """Members, or parts of their forms, that could not be had, with the reason."""
    notes: tuple[str, ...] = ()
    """What a reader of the review should know: what was not read, passages that try to steer a reviewer."""

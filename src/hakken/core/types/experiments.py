"""Templates, nodes, trials and metrics: what was run and what was measured."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field, FiniteFloat, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from hakken.core.types.base import Record
from hakken.core.types.execution import ExecResult, Limits


class Direction(StrEnum):
    """Which way a metric is better."""

    MIN = "min"
    MAX = "max"


class MetricSpec(Record):
    """What a number means: name, data set, direction and unit."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    dataset: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    direction: Direction
    unit: str = ""
    title: str = ""
    """What readers see, such as "test error"; the name with spaces when empty."""
    primary: bool = False
    margin: PositiveFloat | None = None
    """The smallest difference that matters, as the author declares it: the margin of equivalence tests.

    None: the noise floor is the margin.
    """
    self_reported: bool = False
    """The experiment measured itself (imported templates): said so wherever the number is printed."""

    @property
    def key(self) -> str:
        """``dataset/name``, unique within a template."""
        return f"{self.dataset}/{self.name}"

    @property
    def label(self) -> str:
        """The name as readers see it."""
        return self.title or self.name.replace("_", " ")

    def gain(self, value: float, baseline: float) -> float:
        """Signed improvement of ``value`` over ``baseline``: positive is better in either direction."""
        return baseline - value if self.direction is Direction.MIN else value - baseline


class Metric(Record):
    """A finite measured value of one trial."""

    key: str
    value: FiniteFloat


class Split(StrEnum):
    """What a trial's seed may be used for. Selection and report never share seeds."""

    SMOKE = "smoke"
    EXPLORE = "explore"
    REPORT = "report"
    NOISE = "noise"
    """Baseline replicates on seeds of their own, for the A/A noise floor."""
    PROBE = "probe"
    """The selected version on scrambled data: does what it leaves depend on its input?"""


class FailureCause(StrEnum):
    """Why a node or a trial has no result."""

    CRASHED = "crashed"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    DISK = "disk"
    PROCESSES = "processes"
    NO_OUTPUT = "no_output"
    BAD_METRICS = "bad_metrics"
    NOT_FINITE = "not_finite"
    EVALUATOR = "evaluator"
    BAD_EDIT = "bad_edit"
    PROTECTED = "protected"
    MODEL = "model"
    BUDGET = "budget"


class Failure(Record):
    """A failure as data: its cause, one sentence, and the tail of the output."""

    cause: FailureCause
    message: str
    detail: str = ""


class Target(Record):
    """A place that the agent may change: a whole file, or one top-level function of it."""

    file: str
    function: str | None = None

    def __str__(self) -> str:
        """``file`` or ``file:function``, as written in template.toml."""
        return f"{self.file}:{self.function}" if self.function else self.file


class Seeds(Record):
    """Seeds by use; the three sets are disjoint."""

    explore: tuple[int, ...]
    report: tuple[int, ...]
    noise: tuple[int, ...] = ()


class Template(Record):
    """A read-only starting folder of an experiment and its evaluator (``template.toml``)."""

    name: str
    title: str
    task: str
    """What is studied, what may be changed and why, in plain words."""
    root: str
    """Absolute path of the folder."""
    command: tuple[str, ...]
    """``--out_dir DIR --seed N`` is appended; ``{python}`` is the interpreter."""
    evaluate: tuple[str, ...] | None
    """None: metrics are self-reported by the experiment in ``final_info.json``."""
    metrics: tuple[MetricSpec, ...]
    seeds: Seeds
    fixed_seeds: bool = False
    """There are data for these seeds and for no others."""
    limits: Limits = Limits()
    probe: tuple[str, ...] | None = None
    """Scrambles the data, and compares data, hidden data and outputs; None: leakage is not probed."""
    evaluate_limits: Limits = Limits(wall_seconds=60, cpu_seconds=60)
    editable: tuple[Target, ...]
    protected: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    """Folders (or files) linked read-only into the tree; ``{seed}`` in a name stands for the trial's own seed."""
    hidden: str | None = None
    """Folder seen only by ``evaluate``; its subfolder named like the split wins if there is one."""
    masked: tuple[str, ...] = ()
    """Files of installed packages that hold the answers, such as ``sklearn/datasets/data``: hidden from every trial."""
    smoke: tuple[str, ...] = ()
    """Arguments appended for a smoke run, such as ``--steps 5``."""
    steps_arg: str | None = None
    """Argument that sets how long the experiment trains, such as ``--steps``: what a compute-matched baseline needs."""
    packages: tuple[str, ...] = ()
    """Importable packages that the experiment needs; checked before anything runs."""
    layout: Literal["hakken", "ai_scientist_v1"] = "hakken"
    seeded: bool = True
    """False: the script takes no ``--seed``, so trials are unseeded repeats and nothing pairs them."""
    assumptions: tuple[str, ...] = ()
    """Sentences on what the loader had to guess (imported templates); printed in the paper."""
    source_hash: str = ""
    """Content hash of every file of the folder that a trial may be made of."""
    curve: str = ""
    """What ``curve.csv`` holds, as an axis names it."""
    setup: tuple[str, ...] = ()
    """Setup facts for the paper: sentences of the template's author, printed as they are."""

    @property
    def primary(self) -> MetricSpec:
        """The metric that a claim is about."""
        return next(m for m in self.metrics if m.primary)

    def metric(self, key: str) -> MetricSpec:
        """The spec with this ``dataset/name`` key."""
        return next(m for m in self.metrics if m.key == key)


class Operator(StrEnum):
    """How a node was made of its parent."""

    BASELINE = "baseline"
    DRAFT = "draft"
    IMPROVE = "improve"
    TUNE = "tune"
    DEBUG = "debug"
    ABLATE = "ablate"
    REPLICATE = "replicate"
    MATCH = "match"


class NodeStatus(StrEnum):
    """Where a node stands. Only ``proposed`` and ``running`` can change."""

    PROPOSED = "proposed"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    NO_OP = "no_op"
    """Outputs equal to the parent's on all seeds."""
    REPLICATE = "replicate"
    """Same normalised source as an earlier node: counted there, never as a new method."""


class Node(Record):
    """One attempt in the tree: a change to the parent's files, and what became of it."""

    id: str
    idea_id: str | None
    """None for the baseline and its matches."""
    parent_id: str | None
    operator: Operator
    title: str
    """Short label for tables and figures."""
    rationale: str = ""
    """Why the author expected it to help, in the author's words."""
    author: Literal["model", "code", "template", "human"] = "model"
    files: dict[str, str] = {}
    """Artifact hash of each changed file, by relative path, against the pristine template."""
    source_hash: str = ""
    """Hash of the whole tree, Python normalised for comments, formatting and local names."""
    extra_args: tuple[str, ...] = ()
    status: NodeStatus = NodeStatus.PROPOSED
    failure: Failure | None = None
    twin_id: str | None = None
    """The node that this one equals, for ``no_op`` and ``replicate``."""


class TrialCost(Record):
    """What a trial consumed, for the parity table. Unknown quantities stay None."""

    cpu_seconds: NonNegativeFloat
    wall_seconds: NonNegativeFloat
    peak_memory_mb: NonNegativeFloat
    steps: NonNegativeInt | None = None
    parameters: NonNegativeInt | None = None
    examples: NonNegativeInt | None = None


class ProbeCounts(Record):
    """What the template's probe found in one trial, counted by the harness in the evaluator's place."""

    training: NonNegativeInt = 0
    """Different rows of the training data."""
    hidden: NonNegativeInt = 0
    """Different rows of the hidden data."""
    shared: NonNegativeInt = 0
    """Rows of the hidden data that stand in the training data too."""
    answers: NonNegativeInt = 0
    """What the experiment left to be scored: predictions, forecasts, samples."""
    equal: NonNegativeInt = 0
    """Answers that are exactly the hidden ones."""


class Trial(Record):
    """One execution of a node: seed, split, measurements, cost."""

    id: str
    node_id: str
    split: Split
    seed: int
    attempt: PositiveInt = 1
    run: ExecResult | None
    evaluation: ExecResult | None = None
    metrics: tuple[Metric, ...] = ()
    cost: TrialCost | None = None
    output_hash: str = ""
    """Hash of the files that the experiment left, without timings; equal outputs mean a no-op."""
    probe: ProbeCounts | None = None
    """Only in report trials of versions under test, where the template has a probe."""
    curve: tuple[tuple[float, float], ...] = ()
    """Learning curve (step, value) where the experiment wrote ``curve.csv``."""
    notes: tuple[str, ...] = ()
    """What the harness left out and why, such as a malformed curve."""
    failure: Failure | None = None

    def value(self, key: str) -> float | None:
        """The metric with this key, or None."""
        return next((m.value for m in self.metrics if m.key == key), None)

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it stands among the trials of its node, whichever ended first: by use, seed and attempt."""
        return list(Split).index(self.split), self.seed, self.attempt

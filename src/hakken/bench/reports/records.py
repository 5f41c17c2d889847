"""The report as data: what ``report.json`` holds, and what two reports are compared by."""

from __future__ import annotations

from typing import Literal

from pydantic import NonNegativeFloat, PositiveInt

from hakken.analysis.resampling import Cluster
from hakken.analysis.scaling import LogFit, NoFit
from hakken.bench.reports.contamination import Contamination
from hakken.bench.reports.failures import Count, EndingCount
from hakken.bench.reports.metrics import Average, Estimate
from hakken.bench.types import Soundness
from hakken.core.types import Record


class Slice(Record):
    """The attempts that have some settings in common, and what they say."""

    by: dict[str, str]
    """Such as ``{"agent": "fixed-both", "n": "1"}``."""
    attempts: int
    """Those that were measured; every share and every cost is of them."""
    unmeasured: int = 0
    """Further ones that infrastructure ended."""
    as_failed: Estimate | None = None
    """pass@1 where those count as failed; None where there are none."""
    tasks: int
    repositories: int
    shares: dict[str, Estimate]
    """pass@1, pass@k, pass^k, selected@k, the other rules, and the rates of what went wrong."""
    costs: dict[str, Average]
    """Tokens, US$, seconds and steps of one attempt."""
    cost_of_a_solution: dict[str, float]
    """All that was used, over the number of attempts that passed; left out where none did."""


class ComputePoint(Record):
    """Success with so much compute."""

    attempts: PositiveInt
    compute: NonNegativeFloat
    """Mean compute of that many attempts."""
    value: float
    low: float
    high: float


class WithinPoint(Record):
    """Share of attempts that passed and used no more than this."""

    compute: NonNegativeFloat
    value: float


class Scaling(Record):
    """Success against test-time compute of one agent."""

    agent: str
    unit: str
    """``tokens``, or ``seconds`` where no tokens are recorded."""
    points: tuple[ComputePoint, ...]
    """pass@k over the compute of ``k`` attempts."""
    within: tuple[WithinPoint, ...]
    fit: LogFit | NoFit


class AgentFailures(Record):
    """What became of one agent's attempts."""

    agent: str
    outcomes: tuple[Count, ...]
    endings: tuple[EndingCount, ...]


class Unmeasured(Record):
    """Attempts of one agent that one kind of infrastructure ended, and what they used."""

    agent: str
    error: str
    """Kind of the failure."""
    attempts: PositiveInt
    tokens: float
    usd: float
    seconds: float


class Pair(Record):
    """Two agents on the tasks that both tried: the first minus the second."""

    one: str
    other: str
    difference: Estimate
    p: float
    """Of the difference, by flipping signs of whole groups of tasks that share a function."""
    p_adjusted: float
    """By Holm's method over all pairs of the report."""
    sentence: str


class TaskRow(Record):
    """One agent at one task: sums over its attempts."""

    agent: str
    task: str
    task_hash: str
    source: str
    group: str
    """Functions that are masked: tasks with the same ones are drawn together."""
    n: int
    mode: str
    soundness: Soundness
    """What the task is worth."""
    tries: PositiveInt
    """Those that were measured."""
    unmeasured: int = 0
    counts: dict[str, int]
    """Attempts in which something happened: passed, faithful, fabricated, …"""
    used: dict[str, float]
    """Tokens, US$, seconds and steps, in all."""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same task in two reports."""
        return self.task, self.task_hash

    @property
    def cluster(self) -> Cluster:
        """Repository and functions."""
        return self.source, self.group

    def mean(self, measure: str) -> float:
        """Share, or mean use, of one attempt."""
        return (self.counts[measure] if measure in self.counts else self.used[measure]) / self.tries


class Report(Record):
    """What a set of attempts says."""

    format: Literal[2] = 2
    hakken: str
    """Version that made it."""
    folders: tuple[str, ...]
    attempts: int
    """All of them, also those that were not measured."""
    tasks: int
    repositories: int
    agents: tuple[str, ...]
    """Those with attempts that were measured."""
    unmeasured: tuple[Unmeasured, ...] = ()
    settings: dict[str, dict[str, str]] = {}
    """What each agent was set and held to, as its attempts say."""
    slices: tuple[Slice, ...]
    """By agent; by agent and number of masked functions; by retrieval setting; by agent and repository; …

    Where some tasks are sound, they alone count, apart from the slices by ``tasks``.
    """
    scaling: tuple[Scaling, ...]
    scaling_across: LogFit | NoFit
    """Over the agents: pass@1 against the compute of one attempt."""
    failures: tuple[AgentFailures, ...]
    pairs: tuple[Pair, ...]
    contamination: Contamination | None
    notes: tuple[str, ...]
    rows: tuple[TaskRow, ...]

    def chosen(self, **by: str) -> Slice | None:
        """The slice of exactly these settings."""
        return next((s for s in self.slices if s.by == by), None)

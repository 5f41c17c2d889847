"""Where experiments are run: workers, rung, what was measured before, and what it has all cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from hakken.bench.experiments.kept import Kept
from hakken.bench.experiments.running import Outcome, RunJob, run_jobs
from hakken.bench.pace import Pace
from hakken.core.types import Rung


@dataclass
class Meter:
    """What runs have cost so far, those that were kept included."""

    runs: int = 0
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class Lab:
    """Where runs are made."""

    executor: Executor
    rung: Rung | None = None
    allow_weak: bool = False
    tell: Callable[[str], None] = lambda _: None
    """Hears of progress, one line at a time."""
    kept: Kept | None = None
    """Where outcomes are kept and found again."""
    meter: Meter = field(default_factory=Meter)

    def run(self, jobs: Iterable[RunJob]) -> list[Outcome]:
        """Run jobs in the order given; results in the same order."""
        ready = [job.model_copy(update={"rung": self.rung, "allow_weak": self.allow_weak}) for job in jobs]
        outcomes = self._make(ready) if self.kept is None else self.kept.run(ready, self._make)
        self.meter.runs += len(outcomes)
        self.meter.cpu_seconds += sum(outcome.cpu_seconds for outcome in outcomes)
        return outcomes

    def _make(self, jobs: Sequence[RunJob], on_done: Callable[[int, Outcome], None] | None = None) -> list[Outcome]:
        pace = Pace(self.tell, len(jobs))

        def done(place: int, outcome: Outcome) -> None:
            if on_done is not None:
                on_done(place, outcome)
            pace.step()

        return run_jobs(jobs, self.executor, done)

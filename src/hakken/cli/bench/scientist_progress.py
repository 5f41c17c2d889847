"""What ``hakken bench scientist`` says while it goes on: stages of the runs, cost so far, and time left."""

from __future__ import annotations

import time
from pathlib import Path

from hakken.bench.pace import counted
from hakken.bench.scientist import RunRow, Stage, build_table, read_run
from hakken.bench.scientist.files import write_report
from hakken.bench.scientist.grid import Job
from hakken.cli.console import clock, money, tell
from hakken.core.types import Call, Trial, Usage
from hakken.models.forecast import is_priced


class Follower:
    """Says how the table goes on, and keeps the report up to date after every run."""

    def __init__(self, grid: list[Job], left: int, seconds: float, out: Path) -> None:
        self.grid, self.left, self.out = grid, left, out
        self.guess = seconds / max(1, left)
        """Seconds from one end of a run to the next, before one has ended."""
        self.done, self.start = 0, time.monotonic()
        self.used, self.priced = Usage(), True

    def begins(self, job: Job) -> Following:
        """A run begins."""
        following = Following(self, job)
        following.line("begins")
        return following

    def ended(self, job: Job, row: RunRow) -> None:
        """A run ended: its line, and the report with it."""
        self.done += 1
        self.used += row.usage
        self.priced = self.priced and (row.priced or not row.usage.tokens)
        paper = "paper" if row.counts[Stage.PAPER] else "no paper"
        score = f", score {row.score}" if row.score is not None else ""
        why = f": {row.why}" if row.why else ""
        tell(f"[{self.done}/{self.left}] {job.title}: {row.status}, {paper}{score}{why}")
        tell(f"  {self.status()}")
        rows = [read_run(one.folder) for one in self.grid if one.folder.is_dir()]
        if self.done == self.left:
            again = sum(not row.ended for row in rows)
            over = f"{counted(again, 'run')} to go, by the same command," if again else "all runs are over"
            tell(f"{over} after {clock(time.monotonic() - self.start)}")
        write_report(build_table(rows), self.out)

    def status(self) -> str:
        """Cost so far, and time left."""
        spent = time.monotonic() - self.start
        each = spent / self.done if self.done else self.guess
        return (
            f"{self.used.tokens:,} tokens, {money(self.used.usd, self.priced)} in this table's runs so far; "
            f"{clock(spent)}, about {clock(each * (self.left - self.done))} left"
        )


class Following:
    """What is told of one run: its stages, not its trials."""

    def __init__(self, follower: Follower, job: Job) -> None:
        self.follower, self.job = follower, job
        self.used, self.priced = Usage(), True

    def stage(self, name: str, done: bool) -> None:
        """A stage begins or ends."""
        if not done:
            self.line(f"{name} ({self.used.tokens:,} tokens, {money(self.used.usd, self.priced)})")

    def line(self, text: str) -> None:
        """A line with the run's place in the table."""
        tell(f"[{self.follower.done + 1}/{self.follower.left}] {self.job.title}: {text}")

    def note(self, text: str) -> None:
        """Ignore: a table has too many runs for what single versions gave."""

    def trial(self, trial: Trial) -> None:
        """Ignore."""

    def call(self, call: Call, used: Usage) -> None:
        """Count."""
        self.used = used
        if call.completion is not None:
            self.priced = self.priced and is_priced(call.model, call.completion.usage)

"""What a run shows while it goes on: one line that changes on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hakken.cli.console import clock, money, tell
from hakken.core.types import Call, Node, Operator, Split, Trial, Usage
from hakken.models.forecast import Forecast, is_priced
from hakken.research.bounds import most_trials
from hakken.research.session import STAGES

if TYPE_CHECKING:
    from rich.live import Live

    from hakken.cli.target import Target

_EVERY = 10
"""Trials between two plain lines."""
_SILENCE = 60.0
"""Seconds without a line after which the next trial or call tells how far the run is."""


class Expected:
    """How many trials and how much model time each stage may still take: an upper bound that stages replace."""

    def __init__(self, target: Target, forecast: Forecast, only: Sequence[str] = ()) -> None:
        self.workers = target.settings.search.workers
        self.trials = most_trials(target.settings, target.template, forecast.versions)
        if only:
            self.trials = {name: count for name, count in self.trials.items() if name in only}
        limit, total = target.settings.budget.completion_tokens, forecast.total.completion_tokens
        scale = min(1.0, limit / total) if limit and total else 1.0
        self.model: dict[str, float] = {}
        for stage in forecast.stages:
            name = stage.stage if stage.stage in STAGES else "search"
            if not only or name in only:
                self.model[name] = self.model.get(name, 0.0) + stage.usage.seconds * scale

    def total(self) -> int:
        """Trials of the whole run."""
        return sum(self.trials.values())


class Watch:
    """Counts what happens, and says how far the run is."""

    def __init__(self, expected: Expected, done: Counter[str]) -> None:
        self.expected, self.done = expected, done
        self.start = time.monotonic()
        self.name, self.used, self.priced = "", Usage(), True
        self.seconds: list[float] = []
        self.over: set[str] = set()
        self.asked: dict[str, float] = {}

    # The protocol of the session -----------------------------------------------------------------------------------

    def stage(self, name: str, done: bool) -> None:
        """A stage begins or ends."""
        self.name = "" if done else name
        if done:
            self.over.add(name)
            self.expected.trials[name] = self.done[name]
        self.line(f"{name}: {'done' if done else 'begins'}")
        if done and name == "baseline" and self.seconds:
            left = self.trial_seconds()
            self.line(
                f"a trial takes {self.each():.1f} s; at most {self.expected.total() - self.done.total()} more trials, "
                f"about {clock(left)} on {self.expected.workers} at once"
            )

    def note(self, text: str) -> None:
        """Something worth a line."""
        self.line(f"  {text}")

    def trial(self, trial: Trial) -> None:
        """A trial ended."""
        if trial.split is not Split.SMOKE:
            self.done[self.name] += 1
            if trial.cost is not None:
                self.seconds.append(trial.cost.wall_seconds)
        if trial.failure is not None:
            self.line(f"  trial {trial.id} failed: {trial.failure.message}")
        self.changed()

    def call(self, call: Call, used: Usage) -> None:
        """A model call ended."""
        self.used = used
        if call.completion is not None:
            self.asked[self.name] = self.asked.get(self.name, 0.0) + call.completion.usage.seconds
            self.priced = self.priced and is_priced(call.model, call.completion.usage)
        if call.error:
            self.line(f"  the model call {call.purpose} failed: {call.error}")
        self.changed()

    # What is shown -------------------------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        """Print a line that stays."""
        raise NotImplementedError

    def changed(self) -> None:
        """A number changed."""

    def each(self) -> float:
        """Seconds of a trial."""
        return sum(self.seconds) / len(self.seconds) if self.seconds else 0.0

    def trial_seconds(self) -> float:
        """Seconds that the trials still expected take."""
        left = sum(max(0, n - self.done[name]) for name, n in self.expected.trials.items() if name not in self.over)
        return left * self.each() / self.expected.workers

    def left(self) -> float | None:
        """Seconds until the end, at most; None before the first trial."""
        if not self.seconds:
            return None
        model = sum(max(0.0, n - self.asked.get(k, 0.0)) for k, n in self.expected.model.items() if k not in self.over)
        return self.trial_seconds() + model

    def status(self) -> str:
        """Stage, trials, tokens, cost, time."""
        left = self.left()
        parts = [
            self.name or "…",
            f"trials {self.done.total()} of at most {max(self.expected.total(), self.done.total())}",
            f"{self.used.prompt_tokens:,} + {self.used.completion_tokens:,} tokens",
            money(self.used.usd, self.priced),
            clock(time.monotonic() - self.start) + (f", at most {clock(left)} left" if left is not None else ""),
        ]
        return " · ".join(parts)


class Plain(Watch):
    """Lines with the time, for logs and pipes."""

    def __init__(self, expected: Expected, done: Counter[str]) -> None:
        super().__init__(expected, done)
        self._told, self._last = 0, self.start

    def line(self, text: str) -> None:
        """Print it."""
        self._last = time.monotonic()
        tell(f"[{clock(self._last - self.start)}] {text}")

    def changed(self) -> None:
        """Say how far it is, now and then."""
        count = self.done.total()
        if (count % _EVERY == 0 and count != self._told) or time.monotonic() - self._last >= _SILENCE:
            self._told = count
            self.line(f"  {self.status()}")


class Terminal(Watch):
    """One line at the bottom that changes, and the others above it."""

    live: Live

    def line(self, text: str) -> None:
        """Print it above."""
        from rich.text import Text

        self.live.console.print(Text(text), soft_wrap=True)

    def __rich__(self) -> str:
        """The changing line, drawn by rich several times a second."""
        from rich.markup import escape

        return f"[bold cyan]{escape(self.status())}[/]"


@contextmanager
def watching(target: Target, forecast: Forecast, only: Sequence[str] = ()) -> Iterator[Watch]:
    """Show a run's progress on standard error; ``only`` names the stages that will run, where not all do."""
    expected, done = Expected(target, forecast, only), recorded(target)
    if not sys.stderr.isatty():
        yield Plain(expected, done)
        return
    from rich.console import Console
    from rich.live import Live

    watch = Terminal(expected, done)
    with Live(watch, console=Console(stderr=True), refresh_per_second=4, transient=True) as live:
        watch.live = live
        yield watch


def recorded(target: Target) -> Counter[str]:
    """Trials that a continued run has already, by stage, smoke runs aside."""
    if not target.begun:
        return Counter()
    with target.folder.read() as store:
        trials, nodes = store.all("trial", Trial), {node.id: node for node in store.all("node", Node)}

    def stage(trial: Trial) -> str:
        if trial.split in (Split.REPORT, Split.PROBE):
            return "report"
        operator = nodes[trial.node_id].operator
        return {Operator.BASELINE: "baseline", Operator.ABLATE: "ablation"}.get(operator, "search")

    return Counter(stage(trial) for trial in trials if trial.split is not Split.SMOKE)

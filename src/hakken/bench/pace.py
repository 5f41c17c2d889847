"""How far a long work is, told now and then: how much is done, and about how long the rest takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

EVERY = 10.0
"""Seconds between two lines."""


class Pace:
    """Counts finished pieces of a work of known size."""

    def __init__(self, tell: Callable[[str], None], total: float, what: str = "runs") -> None:
        """Begin now.

        Args:
            tell: Hears a line at most every ten seconds.
            total: Size of the whole work, in pieces or in expected seconds.
            what: Name of the pieces.
        """
        self._tell, self._total, self._what = tell, total, what
        self._done = 0.0
        self._started = self._told = time.monotonic()

    def step(self, size: float = 1.0) -> None:
        """A piece is finished."""
        self._done += size
        if time.monotonic() - self._told >= EVERY and self._done < self._total:
            self._told = time.monotonic()
            self._tell(f"  {self._done:g} of {self._total:g} {self._what}, {self.left()}")

    def left(self, expected: float | None = None) -> str:
        """``about 4 min left``.

        Args:
            expected: Seconds of the whole, to go by before anything is finished.
        """
        if self._done <= 0:
            return f"about {duration(expected)} in all" if expected else "just begun"
        elapsed = time.monotonic() - self._started
        return f"about {duration(elapsed / self._done * (self._total - self._done))} left"


class Watched(Executor):
    """An executor that counts what it has done, and knows how long that took."""

    def __init__(self, inner: Executor) -> None:
        """Watch another one, which stays its owner's to shut down."""
        self._inner = inner
        self._lock = threading.Lock()
        self._open = 0
        self._since = self._busy = 0.0
        self.done = 0
        """Calls that have ended."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand a call on."""
        future = self._inner.submit(fn, *args, **kwargs)
        with self._lock:
            if not self._open:
                self._since = time.monotonic()
            self._open += 1
        future.add_done_callback(self._ended)
        return future

    @property
    def seconds_each(self) -> float:
        """Seconds from one call's end to the next one's, several side by side included; 0 before the first."""
        with self._lock:
            busy = self._busy + (time.monotonic() - self._since if self._open else 0.0)
            return busy / self.done if self.done else 0.0

    def _ended(self, _: object) -> None:
        with self._lock:
            self._open -= 1
            self.done += 1
            if not self._open:
                self._busy += time.monotonic() - self._since


class Forecast:
    """How long the calls that are still to be made take: by guess at first, then as the first ones did."""

    def __init__(self, watched: Watched, guess: float) -> None:
        """Begin.

        Args:
            watched: What makes the calls.
            guess: Seconds of a call, side by side with others, to go by before the first has ended.
        """
        self._watched, self._guess = watched, guess

    def left(self, calls: float) -> str:
        """``about 4 min left`` for so many calls."""
        known = self._watched.seconds_each
        return f"about {duration(calls * (known or self._guess))} {'left' if known else 'in all'}"


def duration(seconds: float) -> str:
    """``40 s``, ``7 min`` or ``1 h 20 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def counted(number: int, what: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{number} {what}{'' if number == 1 else 's'}"

"""How far a long work is, told now and then: how much is done, and about how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Callable

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


def duration(seconds: float) -> str:
    """``40 s``, ``7 min`` or ``1 h 20 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def counted(number: int, what: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{number} {what}{'' if number == 1 else 's'}"

"""How long to wait before a call that failed is made again."""

from __future__ import annotations

from hakken.core.errors import ModelError, RateLimited

_LONGEST_OWN = 30.0
"""Seconds at which doubling ends; a server may ask for more."""


def pause_before_retry(error: ModelError, tried: int, longest: float) -> float | None:
    """Seconds before the next try: doubling from one, or longer where the server asks; None where trying is no use.

    Args:
        error: Why the last try failed.
        tried: Tries that failed before it.
        longest: Seconds; a server that asks for more patience ends the call instead.
    """
    if not error.retry:
        return None
    asked = error.retry_after if isinstance(error, RateLimited) else None
    pause = max(asked or 0.0, min(2.0**tried, _LONGEST_OWN))
    return pause if pause <= longest else None

"""What was spent between two looks at an account."""

from __future__ import annotations

from hakken.core.types import Usage


def since(before: Usage, now: Usage) -> Usage:
    """The difference of two sums, for calls whose replies could not be used and so came without their own usage."""
    return Usage(
        calls=now.calls - before.calls,
        prompt_tokens=now.prompt_tokens - before.prompt_tokens,
        completion_tokens=now.completion_tokens - before.completion_tokens,
        seconds=max(0.0, now.seconds - before.seconds),
        usd=max(0.0, now.usd - before.usd),
    )

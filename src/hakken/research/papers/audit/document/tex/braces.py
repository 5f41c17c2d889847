"""Where groups, arguments and environments of LaTeX source begin and end; nothing is expanded."""

from __future__ import annotations

import re

_SKIP = re.compile(r"\s*")
_ENDS = re.compile(r"\\(?:begin|end)\s*\{([^{}]*)\}")


def closing(source: str, at: int, pair: str = "{}") -> int:
    """Index after the group that opens at ``at``; the end of the source where it is never closed."""
    depth, k = 0, at
    while k < len(source):
        char = source[k]
        if char == "\\":
            k += 2
            continue
        depth += (char == pair[0]) - (char == pair[1])
        k += 1
        if depth == 0:
            return k
    return len(source)


def argument(source: str, at: int) -> tuple[str, int]:
    """The braced group (or single token) after ``at`` and the index after it."""
    at = _SKIP.match(source, at).end()  # type: ignore[union-attr]
    if source[at : at + 1] == "{":
        end = closing(source, at)
        return source[at + 1 : end - 1], end
    token = re.compile(r"\\[A-Za-z]+|\\.|[^{}\s]").match(source, at)
    return (token.group(), token.end()) if token else ("", at)


def option(source: str, at: int) -> tuple[str | None, int]:
    """The bracketed group after ``at`` if there is one, and the index after it."""
    start = _SKIP.match(source, at).end()  # type: ignore[union-attr]
    if source[start : start + 1] != "[":
        return None, at
    depth, k = 0, start + 1
    while k < len(source):
        char = source[k]
        if char == "\\":
            k += 2
            continue
        if char == "]" and depth == 0:
            return source[start + 1 : k], k + 1
        depth += (char == "{") - (char == "}")
        k += 1
    return None, at


def split_top(source: str, separators: re.Pattern[str]) -> list[tuple[str, str]]:
    """Pieces between separators that stand outside braces and inner environments, each with the one that ends it."""
    pieces: list[tuple[str, str]] = []
    depth, k, start = 0, 0, 0
    while k < len(source):
        found = separators.match(source, k) if depth == 0 else None
        if found:
            pieces.append((source[start:k], found.group()))
            k = start = found.end()
            continue
        environment = _ENDS.match(source, k)
        if environment:
            depth += 1 if source[k + 1] == "b" else -1
            k = environment.end()
            continue
        if source[k] == "\\":
            k += 2
            continue
        depth += (source[k] == "{") - (source[k] == "}")
        k += 1
    pieces.append((source[start:], ""))
    return pieces

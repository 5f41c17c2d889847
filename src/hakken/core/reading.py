"""Read files that an untrusted program wrote: regular ones, not through a link, bounded; JSON that reads one way."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

MAX_JSON = 1 << 20
MAX_LEVELS = 100
"""Lists and tables in each other: whatever walks a value recurses, and Python's stack is short."""


class Unreadable(Exception):
    """A file that cannot be used; the message ends a sentence that begins with the file's name."""

    def __init__(self, reason: str, *, missing: bool = False) -> None:
        super().__init__(reason)
        self.missing = missing
        """There is no file: nothing was written."""


def read_bytes(path: Path, limit: int = MAX_JSON) -> bytes:
    """The content of a regular file; a link in its last place is not followed, and nothing is waited for.

    Raises:
        Unreadable: it is missing, no regular file, or too large.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Unreadable("was not written", missing=True) from None
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Unreadable("is not a regular file")
    with os.fdopen(handle, "rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise Unreadable(f"is larger than {limit // 1024} kB")
    return data


def parse_json(data: bytes) -> Any:
    """A JSON value; a key that stands twice is refused, so that nobody can read another value.

    Raises:
        Unreadable: it is not JSON, or nested too deeply.
    """

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(items)
        if len(table) < len(items):
            raise Unreadable("has a key twice")
        return table

    try:
        value = json.loads(data, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        # ValueError covers broken JSON, wrong encodings and absurdly long integers.
        raise Unreadable("is not valid JSON") from None
    if _is_deeper(value, MAX_LEVELS):
        raise Unreadable("is nested too deeply")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether a value has so many levels of lists and tables, looked at without recursion."""
    level = [value]
    for _ in range(levels + 1):
        inside = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        if not inside:
            return False
        level = [item for items in inside for item in items]
    return True

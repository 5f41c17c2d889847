"""The record of calls that attempts side by side look into and write to."""

from __future__ import annotations

import threading
from pathlib import Path

from hakken.core.types import Call
from hakken.store import Store


class SharedCalls:
    """A ``CallLog`` that any thread may use: the file is opened for each look and each line.

    A store belongs to one thread. Opening it takes a millisecond, and a call of a model seconds.

    Args:
        path: The file; it is made.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()

    def find_call(self, key: str) -> Call | None:
        """The recorded successful call with this key, if there is one."""
        with self._lock, Store(self._path) as store:
            return store.find_call(key)

    def record_call(self, call: Call) -> None:
        """Append one call, successful or failed."""
        with self._lock, Store(self._path) as store:
            store.record_call(call)

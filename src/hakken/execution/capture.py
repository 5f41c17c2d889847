"""Output of a command into a file, cut off at a limit while it is written: no line is ever held in memory."""

from __future__ import annotations

import os
from pathlib import Path

_CHUNK = 1 << 16


class Capture:
    """Copies a pipe into a file up to ``limit`` bytes; what is beyond is read, counted and dropped."""

    def __init__(self, path: Path, limit: int) -> None:
        self.path, self.limit, self.seen = path, limit, 0
        path.parent.mkdir(parents=True, exist_ok=True)
        # The path may be in a folder that an earlier command could write: never follow a link that it left there.
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            self.pipe, self.child_end = os.pipe()
        except OSError:
            os.close(self._file)
            raise
        os.set_blocking(self.pipe, False)

    def close_child_end(self) -> None:
        """Called once the command holds its own copy, so that its end is seen."""
        if self.child_end >= 0:
            os.close(self.child_end)
            self.child_end = -1

    def pump(self) -> bool:
        """Move what is there, one chunk; False at the end of the output."""
        try:
            chunk = os.read(self.pipe, _CHUNK)
        except BlockingIOError:
            return True
        room = max(0, self.limit - self.seen)
        if kept := memoryview(chunk)[:room]:
            os.write(self._file, kept)
        self.seen += len(chunk)
        return bool(chunk)

    def close(self) -> None:
        """Close both ends; safe to call twice."""
        self.close_child_end()
        for name in ("pipe", "_file"):
            if (descriptor := getattr(self, name)) >= 0:
                os.close(descriptor)
                setattr(self, name, -1)

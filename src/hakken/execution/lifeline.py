"""The driver's side of the warden: a pipe whose other end is read by it, and which ends with this process."""

from __future__ import annotations

import atexit
import errno
import os
import subprocess
import sys
import threading
from contextlib import suppress

from hakken.execution import warden

_lock = threading.Lock()
_held: _Lifeline | None = None


class _Lifeline:
    """The warden of this process."""

    def __init__(self) -> None:
        mark = warden.mark_of(os.getpid())
        if mark is None:
            raise OSError(errno.ENOENT, "/proc does not show this process")
        self.mark = mark
        end, self._pipe = os.pipe()
        try:
            self._warden = subprocess.Popen(
                [sys.executable, "-I", "-S", warden.__file__, self.mark],
                stdin=end,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.defpath},
                cwd="/",
                start_new_session=True,  # what ends a whole group or terminal must not end it with its driver
            )
        except BaseException:
            os.close(self._pipe)
            raise
        finally:
            os.close(end)

    @property
    def holds(self) -> bool:
        """Whether the warden is there."""
        return self._warden.poll() is None

    def let_go(self) -> None:
        """Let the warden end, and wait for that."""
        with suppress(OSError):
            os.close(self._pipe)
        self._warden.wait()

    def forget(self) -> None:
        """Close a copy of the pipe; the warden is another process's child."""
        with suppress(OSError):
            os.close(self._pipe)
        self._warden.returncode = 0


def driver_mark() -> dict[str, str]:
    """The variable that a box's first process must carry; from now on a warden looks after such boxes.

    Raises:
        OSError: no warden can be started.
    """
    global _held
    with _lock:
        if _held is None or not _held.holds:
            if _held is not None:
                _held.let_go()
            _held = _Lifeline()
        return {warden.VARIABLE: _held.mark}


def _let_go() -> None:
    global _held
    if _held is not None:
        _held.let_go()
        _held = None


def _forked() -> None:
    """A child has a warden of its own, and does not keep the pipe of its parent's open."""
    global _held, _lock
    _lock = threading.Lock()  # another thread of the parent may have held it
    if _held is not None:
        _held.forget()
        _held = None


atexit.register(_let_go)
os.register_at_fork(after_in_child=_forked)

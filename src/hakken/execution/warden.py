"""Program that outlives a driver by a moment, and ends the boxes that it left behind.

It is run as ``python -I -S warden.py MARK``, once for each process that opens boxes, and uses the standard library
only. The first process of every box, which is ours, carries the mark of its driver in the environment that it was
started with; the command does not. The warden first ends boxes whose driver is dead and whose warden was killed with
it. Then it reads its standard input, which ends when its driver does, however that happens; what still carries the
driver's mark then is ended.

``bwrap`` asks to be ended with its parent, but it does so late, and a parent that is dead by then is never noticed.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

VARIABLE = "HAKKEN_DRIVER"
_PAUSE = 0.001


def mark_of(pid: int) -> str | None:
    """What a process is known by, also when its number is given to another one; None when there is none (any more)."""
    try:
        # Numbers of processes mean something in one namespace only.
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")  # noqa: PTH115 - pathlib costs milliseconds
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            # The name comes second, in brackets, and may hold anything: count from the last bracket.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else f"{space}-{pid}-{int(fields[19])}"


def is_astray(mark: str) -> bool:
    """Whether a mark is that of a driver of this namespace that is dead."""
    space, _, rest = mark.partition("-")
    pid = rest.partition("-")[0]
    own = mark_of(os.getpid())
    return own is not None and own.startswith(f"{space}-") and pid.isdigit() and mark_of(int(pid)) != mark


def end_boxes(doomed: Callable[[str], bool]) -> int:
    """Kill every process whose mark is doomed; a number above 0 asks for another look.

    A box that was being built while this looked is started by a process that was seen, so a look that finds nothing is
    the last one.
    """
    found = 0
    for name in os.listdir("/proc"):  # noqa: PTH208
        if not name.isdigit():
            continue
        try:
            handle = os.pidfd_open(int(name))
        except OSError:
            continue  # it ended meanwhile
        try:
            mark = _carried(name)
            if mark is not None and doomed(mark):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                found += 1
        except OSError:
            pass  # it ended meanwhile, or belongs to another user
        finally:
            os.close(handle)
    return found


def _carried(pid: str) -> str | None:
    """The mark in the environment that a process was started with."""
    with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
        for variable in file.read().split(b"\0"):
            if variable.startswith(VARIABLE.encode() + b"="):
                return variable.partition(b"=")[2].decode(errors="replace")
    return None


def main() -> None:
    """Tidy up after others, wait for the driver's end, tidy up after it."""
    own = sys.argv[1]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when the driver has ended, and not before
    while end_boxes(is_astray):
        time.sleep(_PAUSE)
    while os.read(0, 4096):
        pass
    while end_boxes(lambda mark: mark == own):
        time.sleep(_PAUSE)


if __name__ == "__main__":
    main()

"""Program that forks drivers which die while they start a command, and says what outlived each of them.

It reads a list of moments in JSON, and answers with one object a moment: ``killed`` (the driver met its moment; one
that stumbled before it proves nothing), ``began`` (the command ran) and ``outlived`` (command lines of what was still
there after the grace, and names of temporary folders). It is the subreaper of all that a driver starts, so that nothing
can hide from it. A moment is one of

- ``["started"]``: bubblewrap finds its parent dead when it begins;
- ``["told", MS]``: so long after bubblewrap was told what to build;
- ``["limits"]``: when the box is to be limited;
- ``["leave"]``: the limits are set, and the command has no leave to begin yet;
- ``["running", MS]``: so long after the command was let go;
- ``["begun"]``: when the command has done something;
- ``["launched", MS, RUNG]``: so long after the launcher of a lower rung was started.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NoReturn

import psutil

from hakken.core.types import Limits, Mount, Rung
from hakken.execution import bubblewrap, launched, outer
from hakken.execution.box import StartedBox
from hakken.execution.environment import python_paths
from hakken.execution.process import Starter

_SUBREAPER = 36
_GRACE = 10.0


def main() -> None:
    """Let one driver die at each moment."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    answers = []
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        for number, moment in enumerate(json.loads(sys.argv[1])):
            folder = Path(name) / str(number)
            (folder / "work").mkdir(parents=True)
            driver = os.fork()
            if driver == 0:
                try:
                    _drive(folder, moment)
                except BaseException:
                    traceback.print_exc()
                finally:  # never through the folder's end, which is the parent's
                    os._exit(3)
            killed, outlived = _outliving(driver)
            left = [path.name for path in folder.glob("hakken-*")]
            began = (folder / "work" / "began").exists()
            answers.append({"killed": killed, "began": began, "outlived": outlived + left})
    print(json.dumps(answers))


def _drive(folder: Path, moment: list[Any]) -> None:
    """Start a command that lasts, and die at the moment: whoever comes back from here has not."""
    tempfile.tempdir = str(folder)
    work = folder / "work"
    binary = next(bubblewrap.binaries())
    if moment[0] == "started":
        wrapper = folder / "bwrap"
        wrapper.write_text(f'#!/bin/sh\nkill -9 $PPID\nsleep 0.05\nexec "{binary}" "$@"\n')
        wrapper.chmod(0o755)
        binary = wrapper
    else:
        _prepare(moment, work / "began")
    mounts = [Mount(path=work, writable=True)]
    starter: Starter = bubblewrap.Bubblewrap(binary, mounts, {}, work, python_paths())
    if moment[0] == "launched":
        starter = launched.Launched(Rung(moment[2]), mounts, {}, work, python_paths())
    with closing(starter):
        argv = ["/bin/sh", "-c", "echo > began; sleep 600"]
        StartedBox(starter, Limits()).exec(argv, stdout=folder / "out", stderr=folder / "err")


def _prepare(moment: list[Any], began: Path) -> None:
    """Put the death into this process."""
    place, *delay = moment[:2]

    def die(*_: Any) -> NoReturn:
        if delay:
            time.sleep(delay[0] / 1000)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    if place == "told":
        outer.Outer.first_process = die  # type: ignore[method-assign]
    elif place == "limits":
        resource.prlimit = die
    elif place == "leave":
        outer.Ends.let_go = die  # type: ignore[method-assign]
    elif place == "launched":
        launched._running = die
    elif place not in ("running", "begun"):
        raise ValueError(f"there is no moment {place!r}")
    else:
        started = bubblewrap.Bubblewrap._confined

        def confined(*arguments: Any) -> NoReturn:
            started(*arguments)
            while place == "begun" and not began.exists():
                time.sleep(0.002)
            die()

        bubblewrap.Bubblewrap._confined = confined  # type: ignore[method-assign]


def _outliving(driver: int) -> tuple[bool, list[str]]:
    """Whether the driver was killed, and what is left after the grace; it is ended, so that the next one is alone."""
    end = time.monotonic() + _GRACE
    killed = False
    while True:
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == driver:
                    killed = os.waitstatus_to_exitcode(ended[1]) == -signal.SIGKILL
        except ChildProcessError:
            return killed, []
        if time.monotonic() > end:
            break
        time.sleep(0.002)
    me = psutil.Process()
    left = me.children(recursive=True)
    found = [" ".join(process.cmdline()) for process in left if process.status() != psutil.STATUS_ZOMBIE]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    while me.children():
        os.waitpid(-1, 0)
    return killed, found


if __name__ == "__main__":
    main()

"""A process that has imported what a run needs, forks drivers of runs, kills them, and counts who outlives them.

It is told what to do by lines of JSON on its standard input, and answers in the same way. Every driver is a process of
its own, and what kills it is SIGKILL; forking only saves the two seconds of imports that each would take. The nursery
is the subreaper of all that a driver starts, so that nothing can hide from it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from hakken.core.config import Settings
from tests.recovery.pipeline import TEMPLATE, experimented, settings

ROOT = Path(__file__).parents[2]
_SUBREAPER = 36
_GRACE = 30.0
"""Seconds in which everything that a killed driver started must be gone: Pandoc may finish a page on a busy machine."""


class Nursery:
    """The nursery as its user sees it."""

    def __init__(self) -> None:
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.recovery.nursery"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def drive(self, runs: Path, log: Path, **more: Any) -> dict[str, Any]:
        """Run the pipeline below ``runs`` until it ends or is killed; what it did is appended to ``log``.

        ``event`` and ``place`` (before, inside, after) name the event to die at, counted without those that tell of
        sessions; ``seconds`` is the moment to be killed; neither lets it end. Without ``whole`` no paper is written.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"runs": str(runs), "log": str(log), **more}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def open_nursery() -> Iterator[Nursery]:
    """A nursery for as long as it is needed."""
    nursery = Nursery()
    try:
        yield nursery
    finally:
        nursery.close()


def main() -> None:
    """Serve orders until there are no more."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    import scipy.stats  # noqa: F401

    import hakken.research.run  # noqa: F401  # everything that a driver of experiments needs

    for line in sys.stdin:
        sys.stdout.write(json.dumps(_serve(json.loads(line))) + "\n")
        sys.stdout.flush()


def _serve(order: dict[str, Any]) -> dict[str, Any]:
    if order.get("whole", True):
        import matplotlib.backends.backend_agg  # noqa: F401  # and what its paper needs
        import pypandoc  # noqa: F401
        import pypdfium2  # noqa: F401
        import typst  # noqa: F401
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _child(order)
    status = _wait(pid, order.get("seconds"))
    seconds = time.monotonic() - begun
    orphans = _outliving()
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return {"killed": killed, "ok": status == 0, "seconds": seconds, "orphans": orphans}


def _wait(pid: int, seconds: float | None) -> int:
    if seconds is None:
        return os.waitpid(pid, 0)[1]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def _outliving() -> list[str]:
    """Commands of what is still there after the grace; ended by us, one by one, so that the next run is alone."""
    end = time.monotonic() + _GRACE
    me = psutil.Process()
    while (left := me.children(recursive=True)) and time.monotonic() < end:
        _bury()
        time.sleep(0.005)
    found = []
    for process in left:
        if process.status() != psutil.STATUS_ZOMBIE:
            found.append(" ".join(process.cmdline())[:200])
            process.kill()
    _bury()
    return found


def _bury() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _child(order: dict[str, Any]) -> None:
    """The driver: it never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        said = os.open(f"{order['log']}.said", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(said, 1)
        os.dup2(said, 2)
        from tests.recovery.instruments import instrument

        instrument(order)
        _work(settings(Path(order["runs"]), *order.get("more", ())), whole=order.get("whole", True))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _work(chosen: Settings, *, whole: bool) -> None:
    """The whole pipeline, or its experiments without the paper."""
    from hakken.research.run import run

    if whole:
        run(TEMPLATE, chosen)
    else:
        experimented(chosen)


if __name__ == "__main__":
    main()

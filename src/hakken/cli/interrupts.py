"""Ctrl-C, SIGTERM and a terminal that is gone: the work under way ends at once, and nothing is left running.

Sandboxed commands run in sessions of their own, so the terminal's Ctrl-C does not reach them. They are ended here; the
local model's process stays, because other runs may use it and it ends by itself.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from types import FrameType

_KEPT = "hakken.models.server"
_again = threading.Event()


def listen() -> None:
    """Handle the signals, in the main thread; a command that ``nohup`` started outlives its terminal."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _again.is_set():
        end_children()
        os._exit(128 + number)
    _again.set()
    # A thread that goes on: a worker may start one more command before it hears that the run is over.
    threading.Thread(target=_end_until_exit, daemon=True).start()
    raise KeyboardInterrupt


def _end_until_exit() -> None:
    while True:
        end_children()
        time.sleep(0.05)


def end_children() -> None:
    """Kill every process below this one, but for the local model's."""
    import psutil

    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if _KEPT in child.cmdline():
                continue
            for process in (*child.children(recursive=True), child):
                with suppress(psutil.Error):
                    process.kill()

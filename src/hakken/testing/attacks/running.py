"""Run an attack, in a sandbox or without one, and judge it by what it left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hakken.core.errors import HakkenError
from hakken.core.types import Mount, Rung
from hakken.execution import open_sandbox
from hakken.testing.attacks.attack import Attack, Ran, doubts
from hakken.testing.attacks.scene import Scene, scene

_READ = 1 << 22
_GRACE = 0.3
"""What a naive harness gives a command to end by itself after it asked it to."""
_SMALL_LINE_MB = 8
"""Without a sandbox the disk of this machine takes the output."""


@dataclass(frozen=True)
class Outcome:
    """What came of one attack in one place."""

    attack: str
    harm: tuple[str, ...] = ()
    """Empty where it was contained. That the attack did not begin, or stumbled, is harm as well."""
    recorded: tuple[str, ...] = ()
    unavailable: str = ""
    """Why it was not tried."""
    seconds: float = 0.0

    @property
    def contained(self) -> bool:
        """It was tried, and no harm was done."""
        return not self.harm and not self.unavailable


def attack_sandbox(attack: Attack, rung: Rung) -> Outcome:
    """Run an attack on a rung of the ladder, whether that is a weak one or not."""
    if why := attack.unavailable():
        return Outcome(attack.name, unavailable=why)
    with scene() as place:
        attack.prepare(place)
        try:
            ran = _in_sandbox(place, attack, rung)
        except (HakkenError, OSError, RecursionError, ValueError) as error:
            ran = Ran(raised=f"{type(error).__name__}: {error}")
        return _judged(place, attack, ran, in_sandbox=True)


def attack_nothing(attack: Attack) -> Outcome:
    """Run an attack as a naive harness would, in this user's name: harm shows that the attack is real."""
    if why := attack.unavailable():
        return Outcome(attack.name, unavailable=why)
    with scene() as place:
        attack.prepare(place)
        place.at["line_mb"] = _SMALL_LINE_MB
        return _judged(place, attack, _without_sandbox(place, attack), in_sandbox=False)


def _judged(place: Scene, attack: Attack, ran: Ran, *, in_sandbox: bool) -> Outcome:
    harm = [f"the parent's code failed: {ran.raised}"] if ran.raised else []
    harm += [*attack.harm(place, ran), *place.harm(ran.stdout)]
    if in_sandbox and not harm:
        harm += doubts(ran.stdout)
    if in_sandbox and attack.wants_record and not harm and not ran.recorded and not _refused(ran):
        harm.append("nothing was recorded")
    return Outcome(attack.name, tuple(harm), ran.recorded, seconds=ran.seconds)


def _refused(ran: Ran) -> bool:
    """The kernel refused the calls, and so nothing happened that could be recorded; or the program failed, which is."""
    return b"refused " in ran.stdout or ran.exit_code != 0


def _in_sandbox(place: Scene, attack: Attack, rung: Rung) -> Ran:
    mounts = [Mount(path=place.work, writable=True), Mount(path=place.data)]
    out, err = place.folder / "stdout", place.folder / "stderr"
    opened = open_sandbox(mounts=mounts, limits=attack.bounds, workdir=place.work, rung=rung, allow_weak=True)
    with opened as box:
        result = box.exec(_command(place, attack), stdout=out, stderr=err)
    return Ran(
        stdout=_start(out) + _start(err),
        output_bytes=max(out.stat().st_size, err.stat().st_size),
        seconds=result.wall_seconds,
        cpu_seconds=result.cpu_seconds,
        exit_code=result.exit_code,
        recorded=tuple(violation.kind.value for violation in result.violations),
    )


def _without_sandbox(place: Scene, attack: Attack) -> Ran:
    """The whole environment, every inheritable descriptor, a time-out that asks; and then one looks at the results."""
    out, err = place.folder / "stdout", place.folder / "stderr"
    started = time.monotonic()
    with out.open("wb") as output, err.open("wb") as errors:
        process = subprocess.Popen(
            _command(place, attack),
            cwd=place.work,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            close_fds=False,
            start_new_session=True,
        )
        place.keep(process)
        usage = _wait(process, attack.bounds.wall_seconds)
    return Ran(
        stdout=_start(out) + _start(err),
        output_bytes=max(out.stat().st_size, err.stat().st_size),
        seconds=time.monotonic() - started,
        cpu_seconds=usage,
        exit_code=process.returncode,
    )


def _wait(process: subprocess.Popen[bytes], seconds: float) -> float:
    """CPU seconds of a command, as its parent's account has them."""
    end = time.monotonic() + seconds
    asked = False
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid or time.monotonic() > end + _GRACE:
            break
        if time.monotonic() > end and not asked:
            asked = True
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
        time.sleep(0.005)
    if pid:
        process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def _command(place: Scene, attack: Attack) -> list[str]:
    return [sys.executable, "-S", "-c", attack.code, place.argument()]


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_READ)

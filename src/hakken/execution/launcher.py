"""Program that stands between the parent and the command on the rungs that have no ``bwrap``.

It is run as ``python -I -S launcher.py PLAN``, where PLAN is a descriptor that holds JSON, and uses the standard
library only. The first process waits: it adopts every orphan of the command, so that no daemon leaves the tree, and
ends them all with the command, at the parent's wish (SIGTERM) or at the parent's death. The second one puts the limits
on itself, gives up its rights and becomes the command. The ``error`` pipe closes silently when it did.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import struct
import sys
from typing import Any, NoReturn

_PDEATHSIG, _KEEPCAPS, _SECCOMP, _SUBREAPER, _NO_NEW_PRIVILEGES, _AMBIENT = 1, 8, 22, 36, 38, 47
_RESTRICT_SELF, _CAPSET = 446, {"x86_64": 126, "aarch64": 91}
_DAC_READ_SEARCH = 2


def _call(function: Any, *arguments: Any) -> None:
    if function(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{os.strerror(error)} ({getattr(function, '__name__', 'call')} {arguments[:2]})")


def _prctl(libc: ctypes.CDLL, *arguments: Any) -> None:
    full = [*arguments, 0, 0, 0, 0][:5]
    _call(libc.prctl, *(ctypes.c_ulong(a) if isinstance(a, int) else a for a in full))


def _become(libc: ctypes.CDLL, user: int, keep: bool) -> None:
    """Another user, with the right to read closed folders or with none."""
    os.setgroups([])
    os.setresgid(user, user, user)
    if keep:
        _prctl(libc, _KEEPCAPS, 1)
    os.setresuid(user, user, user)
    if keep:
        rights = 1 << _DAC_READ_SEARCH
        header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0), 8)
        sets = ctypes.create_string_buffer(struct.pack("=6I", rights, rights, rights, 0, 0, 0), 24)
        _call(libc.syscall, _CAPSET[os.uname().machine], header, sets)
        _prctl(libc, _AMBIENT, 2, _DAC_READ_SEARCH)


def _filter(libc: ctypes.CDLL, program: bytes) -> None:
    code = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    _prctl(libc, _SECCOMP, 2, ctypes.create_string_buffer(described, len(described)))


def _command(plan: dict[str, Any], libc: ctypes.CDLL | None, waiting: int) -> NoReturn:
    """Limits, then rights, then the program."""
    error = plan["error"]
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    try:
        os.setsid()
        for kind, value in plan["limits"]:
            hard = resource.getrlimit(kind)[1]
            lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (lowest, lowest))
        _offer_to_the_kernel()
        if plan["user"] is not None and libc is not None:
            _become(libc, plan["user"], plan["keep"])
        if libc is not None:
            _prctl(libc, _PDEATHSIG, signal.SIGKILL)
            _prctl(libc, _NO_NEW_PRIVILEGES, 1)
        os.chdir(plan["workdir"])
        if os.getppid() != waiting:
            os._exit(1)
        if libc is not None and plan["ruleset"] is not None:
            _call(libc.syscall, _RESTRICT_SELF, plan["ruleset"], 0)
            os.close(plan["ruleset"])
            _filter(libc, bytes.fromhex(plan["filter"]))
    except (OSError, ValueError) as problem:
        os.write(error, str(problem).encode())
        os._exit(1)
    os.set_inheritable(error, False)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(plan["argv"][0], plan["argv"], plan["env"])
    except OSError as problem:
        os.write(2, f"{plan['argv'][0]}: {problem.strerror}\n".encode())
        os._exit(127)


def _offer_to_the_kernel() -> None:
    """Where memory is short, the kernel should end the command and nothing else."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
            file.write("1000")
    except OSError:
        pass  # no such file on this system


def _below(root: int) -> list[int]:
    """All descendants."""
    found: list[int] = []
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        try:
            for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - pathlib costs milliseconds at every start
                with open(f"/proc/{pid}/task/{task}/children") as file:  # noqa: PTH123
                    children = [int(child) for child in file.read().split()]
                found += children
                waiting += children
        except OSError:
            continue  # it ended meanwhile
    return found


def _end_all(user: int | None) -> None:
    """Kill the whole tree."""
    if user is not None:
        # The user is the box's own: one call reaches all of its processes, and none can be born meanwhile.
        if os.fork() == 0:
            os.setresuid(user, user, user)
            _send(-1, signal.SIGKILL)
            os._exit(0)
        return
    stopped: set[int] = set()
    while new := set(_below(os.getpid())) - stopped:
        for pid in new:
            _send(pid, signal.SIGSTOP)  # what is stopped has no more children
        stopped |= new
    for pid in stopped:
        _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    try:  # noqa: SIM105 - one more import at every start
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _status_of(child: int) -> int:
    """Wait for the command, burying adopted orphans meanwhile."""
    while True:
        pid, status = os.wait()
        if pid == child:
            return status


def _tidy(plan: dict[str, Any]) -> None:
    """Remove the private temporary folder in the place of a parent that is dead."""
    import shutil  # costs milliseconds, and is hardly ever needed

    shutil.rmtree(plan["scratch"], ignore_errors=True)


def main() -> None:
    """Start the command, wait for it, leave nothing behind, end as it ended."""
    descriptor = int(sys.argv[1])
    with open(descriptor) as file:
        plan = json.load(file)
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    # A wish to end waits until the command can be found: before that, it would be missed and begin after all.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    if libc is not None:
        _prctl(libc, _SUBREAPER, 1)
        _prctl(libc, _PDEATHSIG, signal.SIGTERM)
    if os.getppid() != plan["parent"]:
        _tidy(plan)
        sys.exit(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGTERM, lambda *_: _end_all(plan["user"]))
    waiting = os.getpid()
    begun, beginning = os.pipe()
    child = os.fork()
    if child == 0:
        _command(plan, libc, waiting)
    for descriptor in (0, 1, 2, plan["error"], plan["ruleset"], beginning):
        if descriptor is not None:
            os.close(descriptor)
    os.read(begun, 1)  # ends when the child has become the command, or has ended
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    status = _status_of(child)
    try:
        while os.waitpid(-1, os.WNOHANG) is not None:  # raises when nobody is left
            _end_all(plan["user"])
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass
    if os.getppid() != plan["parent"]:
        _tidy(plan)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


main()

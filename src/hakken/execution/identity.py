"""Who a command runs as. A parent that is root gives every box a user of its own.

The kernel ignores RLIMIT_NPROC for root, and a command that shares its user with the parent, or with another box,
could signal and read its processes. Writable folders are handed over to that user and taken back afterwards.
"""

from __future__ import annotations

import itertools
import os
import pwd
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from hakken.core.errors import SandboxError

_FIRST, _COUNT = 50_000, 9_000
_turn = itertools.count()


class BoxUser:
    """A user id that nobody else has, held until it is closed; None where the parent cannot change its user."""

    def __init__(self) -> None:
        self.uid: int | None = None
        self._held: socket.socket | None = None
        if os.geteuid() != 0 or not _mapped(_FIRST):
            return
        for _ in range(_COUNT):
            uid = _FIRST + (os.getpid() * 61 + next(_turn)) % _COUNT
            if not _known(uid) and (held := _hold(uid)) is not None:
                self.uid, self._held = uid, held
                return
        raise SandboxError("No user id is free for a sandbox.", "End other sandboxes that run on this machine.")

    def close(self) -> None:
        """Let another box have the id."""
        if self._held is not None:
            self._held.close()


def _hold(uid: int) -> socket.socket | None:
    """Reserve an id on this machine: the name of a socket is given to one process, and is free when that ends."""
    held = socket.socket(socket.AF_UNIX)
    try:
        held.bind(f"\0hakken-box-{uid}")
    except OSError:
        held.close()
        return None
    return held


def hand_over(folder: Path, uid: int) -> None:
    """Make ``folder`` and all in it belong to the box."""
    for path, info in _tree(folder):
        if _single(info):
            os.chown(path, uid, uid, follow_symlinks=False)


def take_back(folder: Path, owner: os.stat_result) -> None:
    """Give all in ``folder`` back to its owner, readable and deletable again.

    Pipes, sockets and devices that the command left are removed: a parent that opened one would wait for ever.
    """
    root = os.geteuid() == 0
    for path, info in _tree(folder):
        if stat.S_ISLNK(info.st_mode) or stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode):
            if root and info.st_uid != owner.st_uid and _single(info):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
            wanted = stat.S_IRWXU if stat.S_ISDIR(info.st_mode) else stat.S_IRUSR | stat.S_IWUSR
            if not stat.S_ISLNK(info.st_mode) and info.st_mode & wanted != wanted and (root or _mine(info)):
                path.chmod(stat.S_IMODE(info.st_mode) | wanted)
        else:
            path.unlink(missing_ok=True)


def _single(info: os.stat_result) -> bool:
    """Whether the entry has one name only: another name may be elsewhere, where it is not ours to give."""
    return stat.S_ISDIR(info.st_mode) or info.st_nlink == 1


def _mine(info: os.stat_result) -> bool:
    return info.st_uid == os.geteuid()


def _tree(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """``path`` and all below it, each folder before its content is listed; links are not followed."""
    info = path.lstat()
    yield path, info
    if stat.S_ISDIR(info.st_mode):
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries]
        for name in names:
            yield from _tree(path / name)


def can_read_everything() -> bool:
    """Whether this process holds CAP_DAC_READ_SEARCH.

    A box of root keeps it for what it is shown: mounts and Python may lie in folders that are closed to other users.
    """
    status = Path("/proc/self/status").read_text()
    return bool(int(status.partition("CapEff:")[2].split()[0], 16) & 1 << 2)


def _mapped(uid: int) -> bool:
    """Whether ``uid`` exists in this user namespace; in a container without sub-ids only root does."""
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
    except OSError:
        return True
    return any(int(start) <= uid < int(start) + int(count) for start, _, count in map(str.split, lines))


def _known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True

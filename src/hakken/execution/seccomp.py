"""System call filters as classic BPF programs: what no experiment needs and what would weaken the box.

A program is bytes, an array of ``struct sock_filter``, as bubblewrap (``--seccomp``) and ``prctl`` take it.
"""

from __future__ import annotations

import errno
import platform
import struct

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET

_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_NUMBERS: dict[str, tuple[int, int]] = {
    # name: (x86_64, aarch64), from the kernel's tables
    "add_key": (248, 217),
    "bpf": (321, 280),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "setns": (308, 268),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
"""Refused on every rung: namespaces and mounts, the kernel's rarely tested corners, other processes' memory.

``io_uring`` opens sockets and files behind the back of any filter.
"""

_WITHOUT_NAMESPACES: dict[str, tuple[int, int]] = {
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "semget": (64, 190),
    "shmget": (29, 194),
    "socket": (41, 198),
}
"""Refused too where no namespace hides the network and the memory that outlives its process.

All families of sockets, since Unix sockets lead to services of the user (D-Bus, Docker) that run anything for whoever
asks. Pairs of connected sockets stay, and so do pipes.
"""

_CLONE, _CLONE3 = (56, 220), (435, 435)


def supported() -> bool:
    """Whether the numbers of this architecture are known."""
    return platform.machine() in _AUDIT


def program(*, namespaces: bool) -> bytes:
    """The filter for this machine.

    Args:
        namespaces: The box has network and IPC namespaces of its own, so sockets may be opened in them.
    """
    machine = platform.machine()
    column = list(_AUDIT).index(machine)
    refused = {numbers[column] for numbers in _NUMBERS.values()}
    if not namespaces:
        refused |= {numbers[column] for numbers in _WITHOUT_NAMESPACES.values()}

    refuse = _statement(_RETURN, _ERRNO | errno.EPERM)
    lines = [
        _statement(_LOAD, _ARCHITECTURE),
        _jump(_JUMP_EQUAL, _AUDIT[machine], 1, 0),
        refuse,  # another calling convention (32-bit) has other numbers
        _statement(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        lines += [_jump(_JUMP_AT_LEAST, 0x40000000, 0, 1), refuse]  # x32: the same calls under other numbers
    # The C library falls back to clone, whose flags can be read here; clone3 keeps them in memory.
    lines += [_jump(_JUMP_EQUAL, _CLONE3[column], 0, 1), _statement(_RETURN, _ERRNO | errno.ENOSYS)]
    for number in sorted(refused):
        lines += [_jump(_JUMP_EQUAL, number, 0, 1), refuse]
    lines += [
        _jump(_JUMP_EQUAL, _CLONE[column], 0, 3),
        _statement(_LOAD, _FIRST_ARGUMENT),
        _jump(_JUMP_ANY_BIT, _NEW_NAMESPACES, 0, 1),
        refuse,
        _statement(_RETURN, _ALLOW),
    ]
    return b"".join(lines)


def _statement(code: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, value)


def _jump(code: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)

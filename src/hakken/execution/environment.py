"""What a sandboxed command starts with: its environment variables, the system, and the Python that runs it."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")

UNSHOWN = ("/usr/src", "/usr/local/src")
"""Parts of the system folders that no program needs, and where images put the user's own work: `/usr/src/app`."""

SYSTEM_FILES = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/timezone",
    "/sys/devices/system/cpu",
)
"""Read by the loader, by numerical libraries and by plotting; nothing here tells who uses the machine."""

_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def child_environment(extra: Mapping[str, str], scratch: str) -> dict[str, str]:
    """The whole environment of a command: an allow-list, then what the caller gives.

    Nothing is taken over from the parent, so that keys and tokens never reach the command. One thread and a fixed
    hash seed make trials repeatable and their CPU seconds comparable.
    """
    fixed = {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": scratch,
        "TMPDIR": scratch,
        # Libraries ask who the user is; the identity in the box has no entry in the password file.
        "USER": "hakken",
        "LOGNAME": "hakken",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": f"{scratch}/matplotlib",
        **dict.fromkeys(_ONE_THREAD, "1"),
    }
    return fixed | dict(extra)


def system_folders() -> tuple[Path, ...]:
    """The folders of the system that every command may read, but for what ``hiding`` takes out; links among them."""
    return tuple(path for name in SYSTEM_FOLDERS if (path := Path(name)).exists())


def system_paths() -> tuple[Path, ...]:
    """The parts of the system that every command may read, but for what ``hiding`` takes out."""
    return (*system_folders(), *(path for name in SYSTEM_FILES if (path := Path(name)).exists()))


@cache
def python_paths(executable: str | None = None) -> tuple[Path, ...]:
    """Everything that the Python of this process needs to start, wherever it is installed.

    A virtual environment leads through symbolic links to its base, which uv, pyenv and conda keep under the home
    folder; each hop of the links must exist in the box, under the name that the hop before it uses.
    """
    found: dict[Path, None] = {}
    for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix):
        for path in (Path(prefix), Path(prefix).resolve()):
            for part in installation(path):
                found[part] = None
    for hop in _links(Path(executable or sys.executable)):
        prefix_of_hop = hop.parent.parent
        parts: Iterable[Path] = (hop,)
        if (prefix_of_hop / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}").is_dir():
            parts = installation(prefix_of_hop)
        for part in parts:
            found[part] = None
    return _outermost(found)


def package_paths(names: Iterable[str]) -> tuple[Path, ...]:
    """Where files of installed packages are, such as ``sklearn/datasets/data``, in every folder of packages."""
    schemes = [sysconfig.get_paths(vars={"base": base, "platbase": base}) for base in (sys.prefix, sys.base_prefix)]
    folders = dict.fromkeys(Path(paths[key]) for paths in schemes for key in ("purelib", "platlib"))
    return tuple(path for name in names for folder in folders if (path := folder / name).exists())


def installation(prefix: Path) -> tuple[Path, ...]:
    """The folders of an installation; never a whole home folder, should Python be installed right into it."""
    if not Path.home().is_relative_to(prefix):
        return (prefix,)
    return tuple(path for name in ("bin", "lib", "lib64", "pyvenv.cfg") if (path := prefix / name).exists())


def _links(path: Path) -> list[Path]:
    """``path`` and every symbolic link that it leads through."""
    hops = [path]
    while path.is_symlink() and len(hops) < 40:
        path = Path(os.path.normpath(path.parent / path.readlink()))
        hops.append(path)
    return hops


def _outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Existing paths that the system does not show already, without those that another one holds."""
    kept: list[Path] = []
    for path in sorted(set(paths), key=lambda p: len(p.parts)):
        if path.exists() and not _in_system(path) and not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return tuple(kept)


def _in_system(path: Path) -> bool:
    shown = any(path.is_relative_to(folder) for folder in SYSTEM_FOLDERS)
    return shown and not any(path.is_relative_to(folder) for folder in UNSHOWN)

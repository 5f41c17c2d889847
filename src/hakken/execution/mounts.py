"""Which paths a box shows. They are the same inside and outside, links included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from hakken.core.errors import SandboxError
from hakken.core.types import Mount


def checked(mounts: Iterable[Mount], workdir: Path) -> tuple[Mount, ...]:
    """Mounts by absolute path, outer ones first, so that an inner one is laid over an outer one.

    Where a path leads through a symbolic link, what it leads to is shown too, under its own name; the link itself is
    either in another mount or stands for a folder that does not exist in the box, and is then shown as that folder.

    Raises:
        SandboxError: a path does not exist, or the working folder is in no mount.
    """
    given = [mount.model_copy(update={"path": mount.path.absolute()}) for mount in mounts]
    shown: dict[Path, bool] = {}
    for mount in given:
        if not mount.path.exists():
            raise SandboxError(f"{mount.path} cannot be mounted: it does not exist.", "Create it or leave it out.")
        names = {mount.path.resolve()}
        link = _first_link(mount.path)
        others = [other.path for other in given if other is not mount]
        if link is not None and not any(link.is_relative_to(other) for other in others):
            names.add(mount.path)
        for name in names:
            shown[name] = shown.get(name, False) or mount.writable
    place = workdir.absolute()
    if not any(place.is_relative_to(path) or place.resolve().is_relative_to(path) for path in shown):
        raise SandboxError(f"The working folder {workdir} is in no mount.", "Mount it or a folder above it.")
    ordered = sorted(shown, key=lambda path: (len(path.parts), path))
    return tuple(Mount(path=path, writable=shown[path]) for path in ordered)


def writable_folders(mounts: Sequence[Mount]) -> tuple[Path, ...]:
    """The writable places, without those that are in another one, each thing once."""
    kept: list[Path] = []
    for mount in mounts:
        real = mount.path.resolve()
        if mount.writable and not any(real.is_relative_to(other) for other in kept):
            kept.append(real)
    return tuple(kept)


def _first_link(path: Path) -> Path | None:
    for part in [*reversed(path.parents), path]:
        if part.is_symlink():
            return part
    return None

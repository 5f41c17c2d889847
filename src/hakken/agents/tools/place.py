"""The folder that an agent may read and write, as the parent sees it: nothing outside is reached, by no path or link.

The agent's commands run in a box and may leave anything in the folder, links to our own files among it. Whatever the
parent opens for an agent goes through here.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

from hakken.core.reading import Unreadable, read_bytes

LARGEST = 1 << 20
"""Bytes of a file that is read or edited."""
_SHOWN = 100
"""Characters of a name that cannot be used."""
_HIDDEN = frozenset({"__pycache__", ".git"})


class OutOfPlace(Exception):
    """A path that may not be used, or a file that cannot be; the message is for the agent."""


class Place:
    """A workspace.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def read(self, name: str) -> bytes:
        """Content of a regular file that is reached through no link.

        Raises:
            OutOfPlace: it is outside, missing, no regular file, or too large.
        """
        try:
            return read_bytes(self._inside(name), LARGEST)
        except Unreadable as error:
            if error.missing:
                raise OutOfPlace(f"There is no file {name}.{self._nearest(name)}") from None
            raise OutOfPlace(f"{name} {error}.") from None

    def text(self, name: str) -> str:
        """Content of a text file.

        Raises:
            OutOfPlace: as for ``read``, or it is no text.
        """
        try:
            return self.read(name).decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            raise OutOfPlace(f"{name} is not a text file.") from None

    def write(self, name: str, text: str) -> None:
        """Write a text file, with the folders above it.

        Raises:
            OutOfPlace: it is outside, or a folder is there.
        """
        path = self._inside(name)
        # Not by way of a draft: a command could have put a link where the draft goes.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, flags, 0o644), "wb") as stream:
                stream.write(text.encode("utf-8", "replace"))
        except OSError as error:
            raise OutOfPlace(f"{name} cannot be written: {error.strerror}.") from error

    def remove(self, name: str) -> None:
        """Take a file away.

        Raises:
            OutOfPlace: it is outside, or a folder is there.
        """
        path = self._inside(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OutOfPlace(f"{name} cannot be removed: {error.strerror}.") from None

    def exists(self, name: str) -> bool:
        """Whether something is there.

        Raises:
            OutOfPlace: it is outside.
        """
        return self._inside(name).exists()

    def files(self, below: str = ".") -> list[str]:
        """Regular files below a folder, by name, without links and caches."""
        top = self._inside(below)
        found = []
        for folder, folders, names in os.walk(top, followlinks=False):
            folders[:] = sorted(f for f in folders if f not in _HIDDEN)
            for name in sorted(names):
                path = Path(folder) / name
                if stat.S_ISREG(path.lstat().st_mode):
                    # A name may be of any bytes; what an agent is shown is text.
                    found.append(os.fsencode(path.relative_to(self.root)).decode("utf-8", "backslashreplace"))
        return sorted(found)

    def shorten(self, text: str) -> str:
        """The text without this machine's path of the folder: it would differ from attempt to attempt."""
        return text.replace(f"{self.root}/", "").replace(str(self.root), ".")

    def _inside(self, name: str) -> Path:
        given = PurePosixPath(name.strip() or ".")
        if given.is_absolute() or ".." in given.parts or "\0" in name:
            raise OutOfPlace(f"{name} is outside of the workspace; give a path inside, such as src/model.py.")
        path = self.root / given
        for part in [path, *path.parents]:
            if part == self.root:
                return path
            try:
                linked = part.is_symlink()
            except OSError as error:  # such as a name that is too long
                raise OutOfPlace(f"{name[:_SHOWN]} cannot be used: {error.strerror}.") from None
            if linked:
                raise OutOfPlace(f"{name} is a link or lies behind one.")
        raise OutOfPlace(f"{name} is outside of the workspace.")

    def _nearest(self, name: str) -> str:
        last = PurePosixPath(name).name
        same = [file for file in self.files() if PurePosixPath(file).name == last][:3]
        return f" There is {', '.join(same)}." if same else ""

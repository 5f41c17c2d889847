"""Read text files of other projects, and say when a file is only Git's pointer to the real one."""

from __future__ import annotations

from pathlib import Path

from hakken.core.errors import UsageError

_POINTER = b"version https://git-lfs.github.com/spec/v1"
MOST_BYTES = 1 << 30


class LfsPointer(UsageError):
    """The file is a pointer of Git LFS: its content was never fetched."""


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        LfsPointer: only the pointer is here.
        UsageError: it cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UsageError(f"{path} is larger than {MOST_BYTES >> 30} GB.", "Name a smaller file.")
        data = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.", "Check the path.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Check the path and its permissions.") from None
    if data.startswith(_POINTER):
        real = next(
            (line[5:].decode("ascii", "replace") for line in data.splitlines() if line.startswith(b"size ")), "?"
        )
        raise LfsPointer(
            f"{path} is a pointer of Git LFS and not the file of {real} bytes that it stands for.",
            f"In its repository: `git lfs install && git lfs pull --include '*{path.name}'`.",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a text in UTF-8.", "Check that it is the right file.") from None

"""Content-addressed files: written once, named by their hash, never changed."""

from __future__ import annotations

from pathlib import Path

from hakken.core.errors import StoreError
from hakken.core.files import write_bytes
from hakken.core.types import content_hash
from hakken.store.database import RESTORE


class Artifacts:
    """A folder of files named ``ab/cdef…`` after their sha256."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes | str) -> str:
        """Store content and return its hash; storing it again changes nothing."""
        data = content.encode() if isinstance(content, str) else content
        name = content_hash(data)
        path = self.path(name)
        if path.is_file():
            return name
        write_bytes(path, data)
        return name

    def get(self, name: str) -> bytes:
        """The content with this hash.

        Raises:
            StoreError: there is none, or the file no longer matches its name.
        """
        path = self.path(name)
        try:
            data = path.read_bytes()
        except OSError:
            raise StoreError(f"The artifact {name} is missing from {self.root}.", RESTORE) from None
        if content_hash(data) != name:
            raise StoreError(f"The artifact {path} was changed after it was recorded.", RESTORE)
        return data

    def text(self, name: str) -> str:
        """The content with this hash, as text."""
        return self.get(name).decode()

    def path(self, name: str) -> Path:
        """Where the content with this hash is kept."""
        digest = name.removeprefix("sha256:")
        return self.root / digest[:2] / digest[2:]

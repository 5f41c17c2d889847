"""Opening the SQLite file: schema, version, and errors turned into sentences."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from hakken.core.errors import StoreError
from hakken.store.projections import create, rebuild

SCHEMA_VERSION = 5

_EVENTS = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    kind TEXT NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (stream, version)
) STRICT;
CREATE INDEX events_by_kind ON events (kind);
"""
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}
"""What the system says when the trouble is the disk or its permissions, and no fault of the program."""
RESTORE = "Restore it from a copy of the run folder, or begin another run with --new."
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def open_database(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a record, creating it where it is missing.

    Raises:
        StoreError: the file is not a record, is of a newer version, or cannot be opened.
    """
    with readable_errors(path):
        connection = _connect_for_reading(path) if read_only else sqlite3.connect(path)
        try:
            connection.execute("PRAGMA busy_timeout = 5000")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise StoreError(
                    f"{path} was written by a newer version of Hakken (format {version}, this one reads "
                    f"{SCHEMA_VERSION}).",
                    "Upgrade Hakken to open it.",
                )
            if read_only and version == 0:
                raise StoreError(f"{path} holds no run yet.", "The command that made it begins the run.")
            if read_only and version < SCHEMA_VERSION:
                connection = _in_memory(connection)
            elif version < SCHEMA_VERSION:
                _prepare(connection, version)
            connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
    return connection


def _connect_for_reading(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise StoreError(f"There is no record at {path}.", "`hakken runs` lists the runs.")
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    connection = sqlite3.connect(address, uri=True)
    try:
        connection.execute("PRAGMA user_version")
    except sqlite3.OperationalError:
        connection.close()
        # SQLite wants a file beside a record to read it, which a read-only disk does not give: nobody writes there.
        log = path.with_name(f"{path.name}-wal")
        if log.exists():
            return _with_log(path, log)
        connection = sqlite3.connect(f"{address}&immutable=1", uri=True)
    return connection


def _with_log(path: Path, log: Path) -> sqlite3.Connection:
    """A copy of a record that was left with transactions which SQLite has not moved into it yet."""
    with tempfile.TemporaryDirectory() as name:
        copied = Path(name) / path.name
        shutil.copyfile(path, copied)
        shutil.copyfile(log, copied.with_name(log.name))
        connection = sqlite3.connect(copied)
        copy = sqlite3.connect(":memory:")
        connection.backup(copy)
        connection.close()
    return copy


def _in_memory(older: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of an older record in this version's format: reading changes nothing on the disk."""
    copy = sqlite3.connect(":memory:")
    older.backup(copy)
    older.close()
    _prepare(copy, 1)
    return copy


def _prepare(connection: sqlite3.Connection, version: int) -> None:
    """Make a new file a record, or bring an older one to this version: projections are derived again."""
    if version == 0:
        # WAL: readers see whole transactions while a run writes; a killed process loses nothing committed.
        connection.execute("PRAGMA journal_mode = WAL")
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if version == 0:
            for statement in _EVENTS.split(";"):
                connection.execute(statement)
            create(connection)
        else:
            rebuild(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into one sentence with the mend."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "full" in text:
            raise _disk_is_full(path) from error
        if "readonly" in text or "unable to open" in text:
            raise StoreError(
                f"{path} cannot be opened for writing ({text}).", "Check the folder's permissions."
            ) from error
        raise StoreError(
            f"{path} cannot be used: {text}.", "Check its disk, and that no other program has it open."
        ) from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} is not a Hakken record, or it is damaged: {error}.", RESTORE) from error


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn the system's errors about the disk, wherever in a run they come from, into one sentence with the mend."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK:
            raise
        place = Path(error.filename) if isinstance(error.filename, str) else folder
        if error.errno in _FULL:
            raise _disk_is_full(place) from error
        raise StoreError(
            f"{place} cannot be used: {error.strerror}.", "Check the disk and the permissions, and run again."
        ) from error


def _disk_is_full(path: Path) -> StoreError:
    return StoreError(f"The disk is full: {path} could not be written.", "Free some space and run again.")

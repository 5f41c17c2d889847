"""Opening the SQLite file: schema, version, and errors turned into sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hakken.core.errors import StoreError

SCHEMA_VERSION = 1

_SCHEMA = """
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


def open_database(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a record, creating it where it is missing.

    Raises:
        StoreError: the file is not a record, is of a newer version, or cannot be opened.
    """
    from hakken.store.projections import PROJECTIONS

    with readable_errors(path):
        if read_only:
            if not path.is_file():
                raise StoreError(f"There is no record at {path}.")
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        else:
            connection = sqlite3.connect(path)
        connection.execute("PRAGMA busy_timeout = 5000")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            connection.close()
            raise StoreError(
                f"{path} was written by a newer version of Hakken (format {version}, this one reads {SCHEMA_VERSION}).",
                "Upgrade Hakken to open it.",
            )
        if version == 0 and not read_only:
            # WAL: readers see whole transactions while a run writes; a killed process loses nothing committed.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN; {_SCHEMA} {PROJECTIONS} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        connection.execute("PRAGMA synchronous = NORMAL")
    return connection


@contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into one sentence with the mend."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "full" in text:
            raise StoreError(f"The disk is full: {path} could not be written.", "Free some space and run again.") from (
                error
            )
        if "readonly" in text or "unable to open" in text:
            raise StoreError(
                f"{path} cannot be opened for writing ({text}).", "Check the folder's permissions."
            ) from error
        raise StoreError(f"{path} cannot be used: {text}.") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} is not a Hakken record, or it is damaged: {error}.") from error

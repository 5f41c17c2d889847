"""The record of a run: an append-only log of events, and what it says now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from hakken.core.errors import StoreError, VersionConflict
from hakken.core.types import Call, Event, EventKind, Record, Usage
from hakken.store.database import open_database, readable_errors
from hakken.store.kinds import PAYLOADS
from hakken.store.projections import PROJECTIONS, TABLES, apply

R = TypeVar("R", bound=Record)


class Store:
    """One SQLite file. There is one writer, the driver, on one thread; readers open it with ``read_only``."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open or create the record at ``path``.

        Raises:
            StoreError: not a record, a newer format, or no permission.
        """
        self.path = path
        self._connection = open_database(path, read_only=read_only)

    def __enter__(self) -> Self:
        """Close on leaving."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection; everything appended is already on disk."""
        self._connection.close()

    # Appending -----------------------------------------------------------------------------------------------------

    def append(self, kind: EventKind, stream: str, payload: Record, *, expects: int | None = None) -> Event:
        """Append one event, and its projections in the same transaction.

        Args:
            kind: What happened; fixes the type of the payload.
            stream: What it happened to, such as ``node/n3``.
            payload: The new state, whole.
            expects: Version of the stream that the caller saw; 0 for "does not exist yet".

        Raises:
            VersionConflict: the stream has another version.
            StoreError: the disk is full or the file cannot be written.
        """
        if not isinstance(payload, PAYLOADS[kind]):
            raise TypeError(f"{kind} wants {PAYLOADS[kind].__name__}, got {type(payload).__name__}")
        with readable_errors(self.path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            version = self.version(stream)
            if expects is not None and version != expects:
                raise VersionConflict(f"{stream} is at version {version}, not {expects}.")
            data = payload.model_dump(mode="json")
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            cursor = self._connection.execute(
                "INSERT INTO events (time, kind, stream, version, data) VALUES (?, ?, ?, ?, ?)",
                (time, kind.value, stream, version + 1, json.dumps(data, ensure_ascii=False)),
            )
            event = Event(
                seq=cursor.lastrowid or 0, time=time, kind=kind, stream=stream, version=version + 1, data=data
            )
            apply(self._connection, event)
        return event

    def once(self, kind: EventKind, stream: str, payload: R) -> R:
        """Append the first event of a stream, or return what the record already holds there.

        This is what makes the pipeline replayable: the program computes, the record decides.
        """
        found = self.get(stream, type(payload))
        if found is not None:
            return found
        self.append(kind, stream, payload, expects=0)
        return payload

    # Reading -------------------------------------------------------------------------------------------------------

    def version(self, stream: str) -> int:
        """Number of events of a stream."""
        row = self._connection.execute("SELECT version FROM current WHERE stream = ?", (stream,)).fetchone()
        return int(row[0]) if row else 0

    def get(self, stream: str, kind: type[R]) -> R | None:
        """The newest payload of a stream."""
        row = self._connection.execute("SELECT data FROM current WHERE stream = ?", (stream,)).fetchone()
        return kind.model_validate_json(row[0]) if row else None

    def first(self, stream: str, kind: type[R]) -> R | None:
        """The first payload of a stream: what was known when it began, which is what a replay must see again."""
        row = self._connection.execute("SELECT data FROM events WHERE stream = ? AND version = 1", (stream,)).fetchone()
        return kind.model_validate_json(row[0]) if row else None

    def all(self, prefix: str, kind: type[R]) -> list[R]:
        """The newest payloads of all streams below ``prefix/``, in the order of their first event."""
        rows = self._connection.execute(
            "SELECT c.data FROM current c JOIN events e ON e.stream = c.stream AND e.version = 1 "
            "WHERE c.stream >= ? AND c.stream < ? ORDER BY e.seq",
            (f"{prefix}/", f"{prefix}0"),  # "0" follows "/" in ASCII
        )
        return [kind.model_validate_json(row[0]) for row in rows]

    def events(self, kind: EventKind | None = None, stream: str | None = None, after: int = 0) -> Iterator[Event]:
        """Events in order, of one kind or one stream where given."""
        query, values = "SELECT seq, time, kind, stream, version, data FROM events WHERE seq > ?", [str(after)]
        if kind is not None:
            query, values = query + " AND kind = ?", [*values, kind.value]
        if stream is not None:
            query, values = query + " AND stream = ?", [*values, stream]
        for seq, time, name, where, version, data in self._connection.execute(query + " ORDER BY seq", values):
            yield Event(seq=seq, time=time, kind=EventKind(name), stream=where, version=version, data=json.loads(data))

    # The log of calls ----------------------------------------------------------------------------------------------

    def find_call(self, key: str) -> Call | None:
        """The recorded successful call with this key (``CallLog``)."""
        row = self._connection.execute(
            "SELECT e.data FROM calls c JOIN events e ON e.seq = c.seq WHERE c.key = ? AND c.ok = 1 LIMIT 1", (key,)
        ).fetchone()
        return Call.model_validate_json(row[0]) if row else None

    def record_call(self, call: Call) -> None:
        """Append one call, successful or failed (``CallLog``)."""
        self.append(EventKind.MODEL_CALLED, f"call/{call.key}", call)

    def usage(self, after: int = 0) -> Usage:
        """What all calls after an event used together."""
        row = self._connection.execute(
            "SELECT count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0),"
            " coalesce(sum(seconds), 0.0), coalesce(sum(usd), 0.0) FROM calls WHERE seq > ?",
            (after,),
        ).fetchone()
        return Usage(
            calls=row[0], prompt_tokens=row[1], completion_tokens=row[2], seconds=float(row[3]), usd=float(row[4])
        )

    def last_seq(self) -> int:
        """Number of the newest event, 0 in an empty record."""
        return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])

    # Keeping the promise -------------------------------------------------------------------------------------------

    def rebuild(self) -> None:
        """Drop the projections and derive them again from the events."""
        events = list(self.events())
        with readable_errors(self.path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for table in TABLES:
                self._connection.execute(f"DROP TABLE {table}")
            for statement in PROJECTIONS.split(";"):
                self._connection.execute(statement)
            for event in events:
                apply(self._connection, event)

    def dump(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every projection, sorted: for comparing a record with its rebuilt self."""
        return {
            table: sorted((tuple(row) for row in self._connection.execute(f"SELECT * FROM {table}")), key=repr)
            for table in TABLES
        }

    def verify(self) -> None:
        """Check that every payload still fits its type.

        Raises:
            StoreError: an event does not.
        """
        for event in self.events():
            try:
                PAYLOADS[event.kind].model_validate(event.data)
            except ValueError as error:
                raise StoreError(f"Event {event.seq} ({event.kind}) of {self.path} is damaged: {error}") from None

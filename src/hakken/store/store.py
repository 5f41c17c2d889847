"""The record of a run: an append-only log of events, and what it says now."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from hakken.core.errors import StoreError, VersionConflict
from hakken.core.types import Call, Event, EventKind, Record, Split, Trial, Usage
from hakken.store.database import RESTORE, open_database, readable_errors
from hakken.store.kinds import PAYLOADS, NodeLine, StageCost
from hakken.store.projections import TABLES, apply, rebuild, stage_of

R = TypeVar("R", bound=Record)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Make many objects that stay: Python's collector would look through all of them again and again for nothing.

    It takes two thirds of the time of reading a hundred thousand trials.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Store:
    """One SQLite file. There is one writer, the driver, on one thread; readers open it with ``read_only``."""

    now = staticmethod(partial(datetime.now, UTC))
    """The wall clock. It is written beside events for people, and may jump: nothing is ordered or decided by it."""

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
            time = self.now().isoformat(timespec="milliseconds")
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

    def _rows(self, query: str, *values: object) -> list[Any]:
        with readable_errors(self.path):
            return self._connection.execute(query, values).fetchall()

    def version(self, stream: str) -> int:
        """Number of events of a stream."""
        rows = self._rows("SELECT version FROM current WHERE stream = ?", stream)
        return int(rows[0][0]) if rows else 0

    def get(self, stream: str, kind: type[R]) -> R | None:
        """The newest payload of a stream."""
        rows = self._rows("SELECT e.data FROM current c JOIN events e ON e.seq = c.seq WHERE c.stream = ?", stream)
        return kind.model_validate_json(rows[0][0]) if rows else None

    def first(self, stream: str, kind: type[R]) -> R | None:
        """The first payload of a stream: what was known when it began, which is what a replay must see again."""
        rows = self._rows("SELECT e.data FROM current c JOIN events e ON e.seq = c.first WHERE c.stream = ?", stream)
        return kind.model_validate_json(rows[0][0]) if rows else None

    def all(self, prefix: str, kind: type[R]) -> list[R]:
        """The newest payloads of all streams below ``prefix/``, in the order of their first event."""
        return self._between(f"{prefix}/", f"{prefix}0", kind)  # "0" follows "/" in ASCII

    def trials_of(self, node_id: str) -> list[Trial]:
        """The trials of one node, in the order in which they ended."""
        return self._between(f"trial/{node_id}-", f"trial/{node_id}.", Trial)  # "." follows "-" in ASCII

    def _between(self, low: str, high: str, kind: type[R]) -> list[R]:
        rows = self._rows(
            "SELECT e.data FROM current c JOIN events e ON e.seq = c.seq WHERE c.stream >= ? AND c.stream < ?"
            " ORDER BY c.first",
            low,
            high,
        )
        with _without_collector():
            return [kind.model_validate_json(row[0]) for row in rows]

    def events(self, kind: EventKind | None = None, stream: str | None = None, after: int = 0) -> Iterator[Event]:
        """Events in order, of one kind or one stream where given."""
        query, values = "SELECT seq, time, kind, stream, version, data FROM events WHERE seq > ?", [str(after)]
        if kind is not None:
            query, values = query + " AND kind = ?", [*values, kind.value]
        if stream is not None:
            query, values = query + " AND stream = ?", [*values, stream]
        with readable_errors(self.path):
            for seq, time, name, where, version, data in self._connection.execute(query + " ORDER BY seq", values):
                yield Event(
                    seq=seq, time=time, kind=EventKind(name), stream=where, version=version, data=json.loads(data)
                )

    # Counting, without reading what is counted ----------------------------------------------------------------------

    def count(self, prefix: str) -> int:
        """Number of streams below ``prefix/``."""
        query = "SELECT count(*) FROM current WHERE stream >= ? AND stream < ?"
        return int(self._rows(query, f"{prefix}/", f"{prefix}0")[0][0])

    def failed_trials(self) -> int:
        """Number of trials without a result."""
        return int(self._rows("SELECT count(*) FROM trials WHERE (failure IS NULL) = 0")[0][0])

    def node_statuses(self) -> dict[str, int]:
        """Number of nodes by status."""
        return dict(self._rows("SELECT status, count(*) FROM nodes GROUP BY status ORDER BY status"))

    def node_lines(self) -> list[NodeLine]:
        """Every node in short, in the order in which they were proposed."""
        columns = ", ".join(NodeLine._fields)
        return [NodeLine(*row) for row in self._rows(f"SELECT {columns} FROM nodes ORDER BY number")]

    def gains(self, split: Split, metric: str, baseline: str = "n0") -> dict[str, tuple[float, float]]:
        """Mean, and gain over the baseline, of every variant that was compared with it."""
        rows = self._rows(
            "SELECT variant, mean, gain FROM comparisons WHERE split = ? AND metric = ? AND baseline = ?",
            split.value,
            metric,
            baseline,
        )
        return {variant: (mean, gain) for variant, mean, gain in rows}

    def stage_costs(self) -> list[StageCost]:
        """What each stage took, in the order in which they began."""
        rows = self._rows(
            "SELECT name, seconds, trials, calls, prompt_tokens, completion_tokens, call_seconds, usd"
            " FROM stages ORDER BY number"
        )
        return [
            StageCost(
                stage=name,
                seconds=round(seconds, 3),
                trials=trials,
                usage=Usage(calls=calls, prompt_tokens=prompt, completion_tokens=completion, seconds=spent, usd=usd),
            )
            for name, seconds, trials, calls, prompt, completion, spent, usd in rows
        ]

    def callers(self) -> list[tuple[str, str, Usage]]:
        """Stage and model of all calls, with what they used together, in the order in which they first called."""
        rows = self._rows(
            "SELECT purpose, model, count(*), sum(prompt_tokens), sum(completion_tokens), sum(seconds), sum(usd)"
            " FROM calls GROUP BY purpose, model ORDER BY min(seq)"
        )
        return [
            (
                stage_of(purpose),
                model,
                Usage(calls=calls, prompt_tokens=prompt, completion_tokens=completion, seconds=seconds, usd=usd),
            )
            for purpose, model, calls, prompt, completion, seconds, usd in rows
        ]

    # The log of calls ----------------------------------------------------------------------------------------------

    def find_call(self, key: str) -> Call | None:
        """The recorded successful call with this key (``CallLog``)."""
        query = "SELECT e.data FROM calls c JOIN events e ON e.seq = c.seq WHERE c.key = ? AND c.ok = 1 LIMIT 1"
        rows = self._rows(query, key)
        return Call.model_validate_json(rows[0][0]) if rows else None

    def record_call(self, call: Call) -> None:
        """Append one call, successful or failed (``CallLog``)."""
        self.append(EventKind.MODEL_CALLED, f"call/{call.key}", call)

    def usage(self, *, answered: bool = False) -> Usage:
        """What all calls used together; tries that failed count as calls too, unless only answered ones are meant."""
        (row,) = self._rows(
            "SELECT count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0),"
            " coalesce(sum(seconds), 0.0), coalesce(sum(usd), 0.0) FROM calls WHERE ok >= ?",
            int(answered),
        )
        return Usage(
            calls=row[0], prompt_tokens=row[1], completion_tokens=row[2], seconds=float(row[3]), usd=float(row[4])
        )

    def last_seq(self) -> int:
        """Number of the newest event, 0 in an empty record."""
        return int(self._rows("SELECT coalesce(max(seq), 0) FROM events")[0][0])

    # Keeping the promise -------------------------------------------------------------------------------------------

    def rebuild(self) -> None:
        """Drop the projections and derive them again from the events."""
        with readable_errors(self.path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            rebuild(self._connection)

    def dump(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every projection, sorted: for comparing a record with its rebuilt self."""
        return {
            table: sorted((tuple(row) for row in self._rows(f"SELECT * FROM {table}")), key=repr) for table in TABLES
        }

    def verify(self) -> None:
        """Check the file, and that every payload still fits its type.

        Raises:
            StoreError: the file is damaged, or an event does not fit.
        """
        if (said := self._rows("PRAGMA integrity_check")[0][0]) != "ok":
            raise StoreError(f"{self.path} is damaged: {said}.", RESTORE)
        for event in self.events():
            try:
                PAYLOADS[event.kind].model_validate(event.data)
            except ValueError as error:
                raise StoreError(
                    f"Event {event.seq} ({event.kind}) of {self.path} is damaged: {error}", RESTORE
                ) from None

"""Tables derived from the events, written in the same transaction; dropping and rebuilding them changes nothing.

``current`` says which event of each stream is the newest, which is what the program reads. The others are for people
and for queries such as "how much did each stage cost", which take as long in a record of a million events as in a
small one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hakken.core.types import Event, EventKind

PROJECTIONS = """
CREATE TABLE current (stream TEXT PRIMARY KEY, kind TEXT, version INTEGER, seq INTEGER, first INTEGER)
    STRICT, WITHOUT ROWID;
CREATE TABLE calls (seq INTEGER PRIMARY KEY, key TEXT, ok INTEGER, model TEXT, role TEXT, purpose TEXT,
    prompt_tokens INTEGER, completion_tokens INTEGER, seconds REAL, usd REAL, error TEXT) STRICT;
CREATE INDEX calls_by_key ON calls (key);
CREATE TABLE ideas (id TEXT PRIMARY KEY, name TEXT, title TEXT, origin TEXT, outcome TEXT, why TEXT) STRICT;
CREATE TABLE nodes (number INTEGER PRIMARY KEY, id TEXT UNIQUE, idea TEXT, parent TEXT, operator TEXT, title TEXT,
    author TEXT, status TEXT, source_hash TEXT, failure TEXT, twin TEXT) STRICT;
CREATE TABLE comparisons (split TEXT, metric TEXT, baseline TEXT, variant TEXT, mean REAL, gain REAL, p REAL,
    verdict TEXT, PRIMARY KEY (split, metric, baseline, variant)) STRICT, WITHOUT ROWID;
CREATE TABLE trials (id TEXT PRIMARY KEY, node TEXT, split TEXT, seed INTEGER, cpu_seconds REAL, wall_seconds REAL,
    output_hash TEXT, failure TEXT) STRICT;
CREATE TABLE metrics (trial TEXT, key TEXT, value REAL, PRIMARY KEY (trial, key)) STRICT;
CREATE TABLE steps (seq INTEGER PRIMARY KEY, name TEXT, finished INTEGER, seconds REAL, calls INTEGER,
    prompt_tokens INTEGER, completion_tokens INTEGER, usd REAL) STRICT;
CREATE TABLE stages (name TEXT PRIMARY KEY, number INTEGER, seconds REAL, trials INTEGER, calls INTEGER,
    prompt_tokens INTEGER, completion_tokens INTEGER, call_seconds REAL, usd REAL) STRICT;
CREATE TABLE moment (one INTEGER PRIMARY KEY, time TEXT, stage TEXT) STRICT;
CREATE INDEX trials_by_failure ON trials (failure IS NULL);
CREATE INDEX nodes_by_status ON nodes (status);
CREATE TABLE findings (seq INTEGER, number INTEGER, kind TEXT, severity TEXT, sentence TEXT, record TEXT,
    PRIMARY KEY (seq, number)) STRICT;
"""

TABLES = (
    "current",
    "calls",
    "ideas",
    "nodes",
    "comparisons",
    "trials",
    "metrics",
    "steps",
    "stages",
    "moment",
    "findings",
)

Row = dict[str, Any]


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, empty."""
    for statement in PROJECTIONS.split(";"):
        connection.execute(statement)


def rebuild(connection: sqlite3.Connection) -> None:
    """Drop the tables and derive them again from the events, whatever version of Hakken made them."""
    for table in TABLES:
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    create(connection)
    for row in connection.execute("SELECT seq, time, kind, stream, version, data FROM events ORDER BY seq"):
        seq, time, kind, stream, version, data = row
        apply(
            connection,
            Event(seq=seq, time=time, kind=EventKind(kind), stream=stream, version=version, data=json.loads(data)),
        )


def apply(connection: sqlite3.Connection, event: Event) -> None:
    """Write what one event means into the tables."""
    connection.execute(
        "INSERT INTO current VALUES (?, ?, ?, ?, ?) ON CONFLICT (stream) DO UPDATE SET"
        " kind = excluded.kind, version = excluded.version, seq = excluded.seq",
        (event.stream, event.kind.value, event.version, event.seq, event.seq),
    )
    if writer := _WRITERS.get(event.kind):
        writer(connection, event.seq, event.data)
    _stage(connection, event)


def _stage(connection: sqlite3.Connection, event: Event) -> None:
    """What the stage that is under way has cost so far: wall time, trials and calls.

    The gap before a run was continued belongs to no stage, and a clock that was set back takes nothing away. A run
    that failed or met its budget ended inside of a stage, and is continued there: the stage began once and for all.
    """
    row = connection.execute("SELECT time, stage FROM moment").fetchone()
    last, stage = row if row else (event.time, "")
    if stage and event.kind is not EventKind.RUN_RESUMED:
        gap = (datetime.fromisoformat(event.time) - datetime.fromisoformat(last)).total_seconds()
        _add(connection, stage, seconds=max(0.0, gap))
    if event.kind is EventKind.STEP_STARTED:
        stage = event.data["name"]
        _add(connection, stage)
    elif event.kind is EventKind.STEP_FINISHED or _is_done(event):
        stage = ""
    elif event.kind is EventKind.TRIAL_FINISHED and stage:
        _add(connection, stage, trials=1)
    elif event.kind is EventKind.MODEL_CALLED:
        _add_call(connection, stage_of(event.data["purpose"], stage or "other"), event.data)
    connection.execute("INSERT OR REPLACE INTO moment VALUES (1, ?, ?)", (event.time, stage))


def _is_done(event: Event) -> bool:
    """A run came to its end; one that failed or was stopped has not."""
    return event.kind is EventKind.RUN_FINISHED and event.data["status"] == "finished"


_ROOMS = {"search": "search", "ideas": "ideas", "papers": "paper", "review": "review"}
"""Stage of a model call by the first part of its purpose."""


def stage_of(purpose: str, other: str = "other") -> str:
    """The stage of a model call; ``other`` where its purpose does not tell."""
    return _ROOMS.get(purpose.partition("/")[0], other)


def _add_call(connection: sqlite3.Connection, stage: str, call: Row) -> None:
    usage = (call["completion"] or {}).get("usage", {})
    _add(
        connection,
        stage,
        calls=1,
        prompt_tokens=usage.get("prompt_tokens", 0),
        completion_tokens=usage.get("completion_tokens", 0),
        call_seconds=float(usage.get("seconds", 0)),
        usd=float(usage.get("usd", 0)),
    )


def _add(connection: sqlite3.Connection, stage: str, **more: float) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO stages VALUES (?, (SELECT count(*) FROM stages), 0.0, 0, 0, 0, 0, 0.0, 0.0)", (stage,)
    )
    if more:
        sums = ", ".join(f"{name} = {name} + ?" for name in more)
        connection.execute(f"UPDATE stages SET {sums} WHERE name = ?", (*more.values(), stage))


def _call(connection: sqlite3.Connection, seq: int, call: Row) -> None:
    usage = (call["completion"] or {}).get("usage", {})
    connection.execute(
        "INSERT INTO calls VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (
            seq,
            call["key"],
            int(call["completion"] is not None),
            call["model"],
            call["role"],
            call["purpose"],
            usage.get("prompt_tokens", 0),
            usage.get("completion_tokens", 0),
            float(usage.get("seconds", 0)),
            float(usage.get("usd", 0)),
            call["error"],
        ),
    )


def _idea(connection: sqlite3.Connection, _: int, idea: Row) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO ideas VALUES (?,?,?,?,'open','')",
        (idea["id"], idea["name"], idea["title"], idea["origin"]),
    )


def _idea_closed(connection: sqlite3.Connection, _: int, outcome: Row) -> None:
    connection.execute(
        "UPDATE ideas SET outcome = ?, why = ? WHERE id = ?",
        (outcome["outcome"], outcome["why"], outcome["idea_id"]),
    )


def _node(connection: sqlite3.Connection, seq: int, node: Row) -> None:
    connection.execute(
        "INSERT INTO nodes VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET"
        " idea = excluded.idea, parent = excluded.parent, operator = excluded.operator, title = excluded.title,"
        " author = excluded.author, status = excluded.status, source_hash = excluded.source_hash,"
        " failure = excluded.failure, twin = excluded.twin",
        (
            seq,  # of its first event, by which nodes are ordered
            *(node[key] for key in ("id", "idea_id", "parent_id", "operator", "title", "author", "status")),
            node["source_hash"],
            (node["failure"] or {}).get("message"),
            node["twin_id"],
        ),
    )


def _compared(connection: sqlite3.Connection, _: int, entry: Row) -> None:
    found = entry["comparison"]
    connection.execute(
        "INSERT OR REPLACE INTO comparisons VALUES (?,?,?,?,?,?,?,?)",
        (
            entry["split"],
            *(found[key] for key in ("metric", "baseline_id", "variant_id")),
            *(float(found[key]) for key in ("variant_mean", "gain", "p")),
            found["verdict"],
        ),
    )


def _trial(connection: sqlite3.Connection, _: int, trial: Row) -> None:
    cost = trial["cost"] or {}
    connection.execute(
        "INSERT OR REPLACE INTO trials VALUES (?,?,?,?,?,?,?,?)",
        (
            *(trial[key] for key in ("id", "node_id", "split", "seed")),
            cost.get("cpu_seconds"),
            cost.get("wall_seconds"),
            trial["output_hash"],
            (trial["failure"] or {}).get("message"),
        ),
    )
    connection.executemany(
        "INSERT OR REPLACE INTO metrics VALUES (?,?,?)",
        [(trial["id"], metric["key"], float(metric["value"])) for metric in trial["metrics"]],
    )


def _step(finished: int) -> Callable[[sqlite3.Connection, int, Row], None]:
    def write(connection: sqlite3.Connection, seq: int, step: Row) -> None:
        usage = step["usage"]
        connection.execute(
            "INSERT INTO steps VALUES (?,?,?,?,?,?,?,?)",
            (
                seq,
                step["name"],
                finished,
                float(step["seconds"]),
                *(usage[key] for key in ("calls", "prompt_tokens", "completion_tokens")),
                float(usage["usd"]),
            ),
        )

    return write


def _findings(connection: sqlite3.Connection, seq: int, report: Row) -> None:
    connection.executemany(
        "INSERT INTO findings VALUES (?,?,?,?,?,?)",
        [
            (seq, number, *(finding[key] for key in ("kind", "severity", "sentence", "record")))
            for number, finding in enumerate(report["findings"])
        ],
    )


_WRITERS: dict[EventKind, Callable[[sqlite3.Connection, int, Row], None]] = {
    EventKind.MODEL_CALLED: _call,
    EventKind.IDEA_PROPOSED: _idea,
    EventKind.IDEA_CLOSED: _idea_closed,
    EventKind.NODE_CHANGED: _node,
    EventKind.TRIAL_FINISHED: _trial,
    EventKind.COMPARED: _compared,
    EventKind.STEP_STARTED: _step(0),
    EventKind.STEP_FINISHED: _step(1),
    EventKind.AUDITED: _findings,
}

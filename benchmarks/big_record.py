"""A record of 10,000 nodes and a million events: how long it takes to open, to resume and to draw.

    python benchmarks/big_record.py --nodes 10000 --events 1000000

The events are written straight into the file, and the projections are made from them by SQL, since a million appends
take minutes; on a small record of the same kind the program checks that rebuilding gives the same tables. ``resume``
is everything before a stage begins: lock, record, models, laboratory. Each command is a process of its own; its CPU
time is given beside the wall time, which other work on the machine lengthens.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.recovery.pipeline import RUN, TEMPLATE, settings

from hakken.core.types import (
    Call,
    Comparison,
    Completion,
    EventKind,
    Message,
    Metric,
    Node,
    NodeStatus,
    Operator,
    Request,
    Role,
    Split,
    Step,
    Template,
    Trial,
    TrialCost,
    Usage,
)
from hakken.research.run import prepare
from hakken.research.session import open_session
from hakken.research.snapshots import read_snapshot
from hakken.store import RunFolder, Store
from hakken.store.kinds import Compared

CALLS = 8
Row = tuple[str, str, int, str]


def rows(template: Template, nodes: int, trials: int) -> Iterator[Row]:
    """Kind, stream, version and payload of every event, as a search over so many nodes would write them."""
    key = template.primary.key
    node = Node(
        id="@", idea_id="i1", parent_id="n0", operator=Operator.IMPROVE, title="Trimmed mean", rationale="It helps.",
        source_hash="sha256:@", status=NodeStatus.PROPOSED,
    )  # fmt: skip
    done = node.model_copy(update={"status": NodeStatus.DONE})
    trial = Trial(
        id="@-explore-%", node_id="@", split=Split.EXPLORE, seed=7, run=None, metrics=(Metric(key=key, value=0.25),),
        cost=TrialCost(cpu_seconds=0.5, wall_seconds=0.6, peak_memory_mb=30.0, steps=10),
        output_hash="sha256:" + "5" * 64,
    )  # fmt: skip
    comparison = Comparison(
        metric=key, variant_id="@", baseline_id="n0", n=8, baseline_mean=0.5, baseline_sd=0.1,
        variant_mean=0.25, variant_sd=0.1, difference=-0.25, gain=0.25, relative=-0.5, low=-0.3, high=-0.2, p=0.01,
        wins=8, verdict="better",
    )  # fmt: skip
    usage = Usage(calls=1, prompt_tokens=500, completion_tokens=120, seconds=2.0)
    call = Call(
        key="sha256:@/%", model="local", role=Role.CODE, purpose="search/rewrite", prompt_hash="sha256:0",
        request=Request(messages=(Message(role="user", content="Rewrite the function. " * 20),)),
        completion=Completion(text="def combine(readings):\n    return 0.0\n" * 5, usage=usage),
    )  # fmt: skip
    texts = {
        name: value.model_dump_json()
        for name, value in {
            "node": node, "done": done, "trial": trial, "call": call,
            "compared": Compared(split=Split.EXPLORE, comparison=comparison),
        }.items()
    }  # fmt: skip
    yield EventKind.STEP_STARTED.value, "step/search", 1, Step(name="search").model_dump_json()
    for number in range(nodes):
        name = f"n{number}"
        own = {kind: text.replace("@", name) for kind, text in texts.items()}
        # Chains of ten: a tree as a search makes them, and as deep as it is drawn.
        if number == 0:
            own = {kind: text.replace('"parent_id":"n0"', '"parent_id":null') for kind, text in own.items()}
        elif number % 10:
            own = {kind: text.replace('"parent_id":"n0"', f'"parent_id":"n{number - 1}"') for kind, text in own.items()}
        yield EventKind.NODE_CHANGED.value, f"node/{name}", 1, own["node"]
        for kind, what, stream, count in (
            (EventKind.MODEL_CALLED, "call", f"call/sha256:{name}/", CALLS),
            (EventKind.TRIAL_FINISHED, "trial", f"trial/{name}-explore-", trials),
        ):
            for index in map(str, range(count)):
                yield kind.value, f"{stream}{index}", 1, own[what].replace("%", index)
        yield EventKind.NODE_CHANGED.value, f"node/{name}", 2, own["done"]
        yield EventKind.COMPARED.value, f"comparison/explore/{name}/{key}", 1, own["compared"]


PROJECT = (
    "INSERT INTO current SELECT stream, kind, max(version), max(seq), min(seq) FROM events WHERE seq > :last"
    " GROUP BY stream",
    "INSERT INTO calls SELECT seq, data->>'key', data->'completion' IS NOT NULL, data->>'model', data->>'role',"
    " data->>'purpose', data->>'$.completion.usage.prompt_tokens', data->>'$.completion.usage.completion_tokens',"
    " data->>'$.completion.usage.seconds', data->>'$.completion.usage.usd', data->>'error'"
    " FROM events WHERE kind = 'model_called' AND seq > :last",
    "INSERT INTO nodes SELECT c.first, data->>'id', data->>'idea_id', data->>'parent_id', data->>'operator',"
    " data->>'title', data->>'author', data->>'status', data->>'source_hash', NULL, NULL"
    " FROM current c JOIN events e ON e.seq = c.seq WHERE c.kind = 'node_changed' AND e.seq > :last",
    "INSERT INTO comparisons SELECT data->>'split', data->>'$.comparison.metric', data->>'$.comparison.baseline_id',"
    " data->>'$.comparison.variant_id', data->>'$.comparison.variant_mean', data->>'$.comparison.gain',"
    " data->>'$.comparison.p', data->>'$.comparison.verdict' FROM events WHERE kind = 'compared' AND seq > :last",
    "INSERT INTO trials SELECT data->>'id', data->>'node_id', data->>'split', data->>'seed',"
    " data->>'$.cost.cpu_seconds', data->>'$.cost.wall_seconds', data->>'output_hash', NULL"
    " FROM events WHERE kind = 'trial_finished' AND seq > :last",
    "INSERT INTO metrics SELECT data->>'id', data->>'$.metrics[0].key', data->>'$.metrics[0].value'"
    " FROM events WHERE kind = 'trial_finished' AND seq > :last",
    "INSERT INTO steps SELECT seq, data->>'name', 0, 0.0, 0, 0, 0, 0.0, '' FROM events"
    " WHERE kind = 'step_started' AND seq > :last",
    "INSERT INTO stages SELECT 'search', 0, 0.0, (SELECT count(*) FROM trials), count(*), sum(prompt_tokens),"
    " sum(completion_tokens), sum(seconds), sum(usd) FROM calls",
    "UPDATE moment SET time = :time, stage = 'search'",
)


def build(folder: RunFolder, nodes: int, trials: int) -> int:
    """Write a record; returns its number of events."""
    chosen = settings(folder.path.parent)
    template = prepare(TEMPLATE, chosen)
    with open_session(folder, template, chosen) as session:
        last = session.store.last_seq()
        time_text = next(session.store.events()).time
    connection = sqlite3.connect(folder.record)
    with connection:
        connection.executemany(
            "INSERT INTO events (time, kind, stream, version, data) VALUES (?, ?, ?, ?, ?)",
            ((time_text, *row) for row in rows(template, nodes, trials)),
        )
        for statement in PROJECT:
            connection.execute(statement, {"last": last, "time": time_text} if ":" in statement else {})
    count = int(connection.execute("SELECT count(*) FROM events").fetchone()[0])
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return count


def same_as_rebuilt(base: Path) -> bool:
    """Whether the shortcut makes the tables that the store itself makes."""
    folder = RunFolder(base / "small" / RUN)
    build(folder, 30, 5)
    with folder.write() as store:
        before = store.dump()
        store.rebuild()
        return store.dump() == before


def command(*words: str) -> Callable[[], None]:
    """A command line to measure."""

    def run() -> None:
        argv = [sys.executable, "-m", "hakken", *words]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=os.environ)

    return run


def measured(act: Callable[[], None]) -> tuple[float, float]:
    """Wall and CPU seconds, children included."""
    begun, before = time.monotonic(), _cpu()
    act()
    return time.monotonic() - begun, _cpu() - before


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main() -> None:
    """Build, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="folder to build the record in, or to find it in")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = RunFolder((args.keep or Path(name)) / "runs" / RUN)
        same = same_as_rebuilt(Path(name))
        print(f"The shortcut makes the tables that the store makes: {'yes' if same else 'NO'}")
        if not folder.exists():
            wall, _ = measured(lambda: build(folder, args.nodes, args.events // args.nodes - CALLS - 3))
            print(f"written in {wall:.0f} s")
        with folder.read() as store:
            print(f"{store.last_seq():,} events, {store.count('node'):,} nodes, ", end="")
        size = folder.record.stat().st_size / 2**20
        print(f"{size:,.0f} MB; {platform.platform()}, load {os.getloadavg()[0]:.1f}\n")
        print("| what | wall s | CPU s |\n|---|---:|---:|")
        for title, act in acts(folder, args.nodes).items():
            wall, cpu = measured(act)
            print(f"| {title} | {wall:.2f} | {cpu:.2f} |", flush=True)


def acts(folder: RunFolder, nodes: int) -> dict[str, Callable[[], None]]:
    """What is measured."""
    chosen = settings(folder.path.parent)

    def opened() -> None:
        with Store(folder.record, read_only=True) as store:
            json.dumps(store.usage().model_dump())

    def resumed() -> None:
        with open_session(folder, prepare(TEMPLATE, chosen), chosen) as session:
            session.lab.run(session.lab.propose(_baseline(session.lab.next_id()), {}), Split.EXPLORE, ())

    def whole() -> None:
        with folder.read() as store:
            read_snapshot(folder, store)

    runs = f"runs_dir={folder.path.parent}"
    return {
        "open for reading, and add up the calls": opened,
        "resume: lock, record, models, laboratory, first node": resumed,
        "`hakken --version` (the interpreter alone)": command("--version"),
        "`hakken runs`": command("runs", "-c", runs),
        "`hakken show` (draws the tree)": command("show", RUN, "-c", runs),
        f"`hakken show n{nodes // 2}`": command("show", RUN, f"n{nodes // 2}", "-c", runs),
        "every trial as an object, for a paper or an audit": whole,
    }


def _baseline(name: str) -> Node:
    return Node(id=name, idea_id=None, parent_id=None, operator=Operator.BASELINE, title="baseline", author="template")


if __name__ == "__main__":
    main()

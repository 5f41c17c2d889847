"""Parts of a run's record for people: the tree, one node, calls, events."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hakken.cli.console import emit, money, say, table
from hakken.core.errors import StoreError, UsageError
from hakken.core.types import AuditReport, Call, Claim, Comparison, EventKind, Finding, Node, Split, Trial
from hakken.research.telling import gained
from hakken.store import RunFolder
from hakken.store.kinds import Compared, NodeLine, Started


def findings(folder: RunFolder) -> tuple[Finding, ...]:
    """What the last audit found."""
    with folder.read() as store:
        report = store.get("audit", AuditReport)
    return report.findings if report else ()


def tree(folder: RunFolder) -> list[dict[str, Any]]:
    """Every node with its parent, status and comparison on the primary metric, parents before children."""
    with folder.read() as store:
        started = store.get("run", Started)
        if started is None:
            raise StoreError(f"{folder.path} holds no run.")
        nodes, claims = store.node_lines(), store.all("claim", Claim)
        explored = store.gains(Split.EXPLORE, started.template.primary.key)
    best = {claim.variant_id for claim in claims}
    children: dict[str | None, list[NodeLine]] = {}
    for node in nodes:
        children.setdefault(node.parent, []).append(node)
    listed: list[dict[str, Any]] = []
    waiting = [(node, 0) for node in reversed(children.get(None, []))]
    while waiting:  # no recursion: a chain of improvements may be longer than Python's stack
        node, depth = waiting.pop()
        listed.append(_line(node, depth, explored.get(node.id), node.id in best))
        waiting += [(child, depth + 1) for child in reversed(children.get(node.id, []))]
    return listed


def _line(node: NodeLine, depth: int, found: tuple[float, float] | None, selected: bool) -> dict[str, Any]:
    return {
        "id": node.id,
        "parent": node.parent,
        "depth": depth,
        "idea": node.idea,
        "operator": node.operator,
        "title": node.title,
        "author": node.author,
        "status": node.status,
        "why": node.failure or (f"same as {node.twin}" if node.twin else ""),
        "mean": found[0] if found else None,
        "gain": found[1] if found else None,
        "selected": selected,
    }


def print_tree(nodes: list[dict[str, Any]]) -> None:
    """The tree, one node a line."""
    for node in nodes:
        parts = [f"{'  ' * node['depth']}{node['id']} {node['operator']}: {node['title']}"]
        if node["gain"] is not None:
            parts.append(f"mean {node['mean']:.4g}, {gained(node['gain'])}")
        if node["status"] != "done":
            parts.append(f"{node['status'].replace('_', ' ')}{': ' if node['why'] else ''}{node['why']}")
        if node["selected"]:
            parts.append("SELECTED")
        say(" | ".join(parts))


def show_node(folder: RunFolder, node_id: str, as_json: bool) -> None:
    """A node: its reason, its change, its trials.

    Raises:
        UsageError: the run has no such node.
    """
    found = _read_node(folder, node_id)
    node, change, trials = found.node, found.change, found.trials
    compared = [{"split": s.value, **c.model_dump(mode="json")} for s, c in found.comparisons]
    if as_json:
        listed = [t.model_dump(mode="json") for t in trials]
        emit({**node.model_dump(mode="json"), "diff": change, "trials": listed, "comparisons": compared})
        return
    say(
        f"{node.id} {node.operator.value} of {node.parent_id or 'nothing'}: {node.title} "
        f"({node.status.value}, by {node.author})"
    )
    if node.rationale:
        say(f"why: {' '.join(node.rationale.split())}")
    if node.failure:
        say(f"failed: {node.failure.message}")
    if node.twin_id:
        say(f"same as {node.twin_id}")
    say()
    say(change.rstrip("\n") or "(no change)")
    say()
    rows = [
        (
            t.id,
            *("-" if (v := t.value(key)) is None else f"{v:.5g}" for key in found.keys),
            f"{t.cost.cpu_seconds:.2f}" if t.cost else "-",
            t.failure.message if t.failure else "",
        )
        for t in trials
    ]
    table(("trial", *found.keys, "cpu s", ""), rows)
    for c in compared:
        say(
            f"{c['split']} {c['metric']}: {c['difference']:+.4g} ({c['low']:.4g} to {c['high']:.4g}), "
            f"{c['verdict']}, n = {c['n']}"
        )


@dataclass(frozen=True)
class _Attempt:
    """One node with all that belongs to it, and nothing else of a record that may be large."""

    node: Node
    change: str
    """Against the template."""
    trials: list[Trial]
    comparisons: list[tuple[Split, Comparison]]
    """With the baseline."""
    keys: list[str]
    """The metrics of the template."""


def _read_node(folder: RunFolder, node_id: str) -> _Attempt:
    with folder.read() as store:
        started, node = store.get("run", Started), store.get(f"node/{node_id}", Node)
        if started is None:
            raise StoreError(f"{folder.path} holds no run.")
        if node is None:
            raise _no_such_node(folder, node_id, store.count("node"))
        trials = sorted(store.trials_of(node_id), key=lambda trial: trial.place)
        entries = [entry for split in Split for entry in store.all(f"comparison/{split.value}/{node_id}", Compared)]
    texts, template = folder.artifacts.text, started.template
    change = _diff(
        node, {file: texts(started.pristine[file]) for file in node.files if file in started.pristine}, texts
    )
    compared = [(entry.split, entry.comparison) for entry in entries if entry.comparison.baseline_id == "n0"]
    return _Attempt(node, change, trials, compared, [spec.key for spec in template.metrics])


def _no_such_node(folder: RunFolder, node_id: str, count: int) -> UsageError:
    has = "none yet" if not count else "n0" if count == 1 else f"n0 to n{count - 1}"
    return UsageError(f"{folder.path.name} has no node {node_id!r}.", f"It has: {has}.")


def _diff(node: Node, pristine: dict[str, str], text_of: Callable[[str], str]) -> str:
    """The change of a node against the template."""
    parts: list[str] = []
    for path, name in node.files.items():
        before, after = pristine.get(path, ""), text_of(name)
        lines = (before.splitlines(keepends=True), after.splitlines(keepends=True))
        parts += difflib.unified_diff(*lines, f"template/{path}", f"{node.id}/{path}")
    if node.extra_args:
        parts.append(f"arguments: {' '.join(node.extra_args)}\n")
    return "".join(parts)


def show_calls(folder: RunFolder, as_json: bool) -> None:
    """Every model call."""
    from hakken.models.forecast import is_priced

    with folder.read() as store:
        calls = [Call.model_validate(e.data) for e in store.events(EventKind.MODEL_CALLED)]
    if as_json:
        emit([call.model_dump(mode="json") for call in calls])
        return
    rows = []
    for number, call in enumerate(calls, 1):
        done = call.completion
        used = (
            (done.usage.prompt_tokens, done.usage.completion_tokens, f"{done.usage.seconds:.1f}")
            if done
            else ("-",) * 3
        )
        cost = money(done.usage.usd, is_priced(call.model, done.usage)) if done else "-"
        told = call.error or (done.note if done else "")
        rows.append((number, call.purpose, call.model, *used, cost, told))
    table(("", "purpose", "model", "prompt", "generated", "seconds", "cost", ""), rows, left=3)


def show_events(folder: RunFolder, as_json: bool) -> None:
    """Every event, in order."""
    with folder.read() as store:
        events = list(store.events())
    if as_json:
        emit([event.model_dump(mode="json") for event in events])
        return
    table(("", "time", "kind", "stream"), [(e.seq, e.time[:23], e.kind.value, e.stream) for e in events], left=4)

"""A run's row, counted from its record: nothing is typed again, and nothing is asked of a model."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hakken.bench.scientist.endings import End, end_without_record, read_end
from hakken.bench.scientist.types import UNMEASURED, RunRow, Stage
from hakken.core.errors import HakkenError, UsageError
from hakken.core.types import (
    AuditReport,
    ClaimStatus,
    Node,
    NodeStatus,
    Operator,
    PaperFiles,
    Review,
    Role,
    Run,
    Snapshot,
)
from hakken.models.forecast import price
from hakken.research.snapshots import read_snapshot
from hakken.store import RunFolder, Store
from hakken.store.folder import RECORD
from hakken.store.kinds import Resumed

JOB, FAILURE = "job.json", "failure.json"
"""What a run of the table was asked for, and what ended it, where its record does not tell."""
_IRRELEVANT = ("budget", "runs_dir", "seed")
_DOING = (Role.IDEAS, Role.CODE, Role.WRITING)
"""Roles of the models that do the research and write the paper."""
_MADE_BY_CODE = (Operator.BASELINE, Operator.MATCH, Operator.ABLATE)


def find_runs(folders: Iterable[Path]) -> list[Path]:
    """Run folders among these folders and below them, each once, in order.

    Raises:
        UsageError: a folder holds none.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        names = (RECORD, FAILURE)
        inside = [folder] if any((folder / name).is_file() for name in names) else []
        inside += [path.parent for name in names for path in folder.rglob(name) if path.parent != folder]
        if not inside:
            raise UsageError(f"There is no run in {folder}.", "Name folders of runs, or a folder that holds some.")
        found |= dict.fromkeys(sorted(path.resolve() for path in inside))
    return list(found)


def read_run(path: Path) -> RunRow:
    """The row of a run: of a finished one, of one that goes on, and of one that never began."""
    folder = RunFolder(path)
    try:
        if folder.exists():
            with folder.read() as store:
                if store.last_seq() > 0:
                    return _row(folder, store)
    except (HakkenError, ValueError) as error:  # a record of another version, or a damaged one, is a row too
        return _without_record(path, End(status="damaged", why=" ".join(str(error).split())[:300]))
    return _without_record(path, end_without_record(_json(path / FAILURE)))


def _row(folder: RunFolder, store: Store) -> RunRow:
    snapshot = read_snapshot(folder, store)
    run, end = snapshot.run, read_end(store, _json(folder.path / FAILURE))
    review, report = store.get("review", Review), store.get("audit", AuditReport)
    counts, checked = _funnel(snapshot)
    paper = store.get("files", PaperFiles) is not None
    counts |= {Stage.PAPER: int(paper), Stage.AUDIT: int(paper and report is not None and report.passed)}
    names = _model_names(run.models)
    # A review can be asked of another model than the one that the run began with.
    reviewer = review.model if review else names[1]
    return RunRow(
        folder=str(folder.path),
        model=names[0],
        reviewer=reviewer,
        self_reviewed=_is_own(reviewer, run.models),
        template=run.template,
        template_hash=run.template_hash,
        seed=run.seed,
        status=end.status,
        why=end.why,
        continued=end.continued,
        counts=counts,
        novelty_checked=checked,
        score=review.meta.overall if review else None,
        decision=review.meta.decision if review else None,
        usage=snapshot.usage,
        priced=all(price(name, 1000, 1000) is not None for name in {*run.models.values(), reviewer}),
        seconds=round(sum(stage.seconds for stage in store.stage_costs()), 3),
        failures=_failures(snapshot, end),
        config={key: value for key, value in run.config.items() if key not in _IRRELEVANT},
        budget=_budget(run, store.get("resumed", Resumed)),
    )


def _budget(run: Run, resumed: Resumed | None) -> dict[str, Any]:
    """Limits of the last session; a record of an older version knows those of the first one only."""
    last = run.budget if resumed is None or resumed.budget is None else resumed.budget
    return last.model_dump(mode="json", exclude_none=True)


def _funnel(snapshot: Snapshot) -> tuple[dict[Stage, int], bool]:
    """Proposals by stage, and whether novelty was checked against the literature."""
    by_idea: dict[str, list[Node]] = {idea.id: [] for idea in snapshot.ideas}
    for node in snapshot.nodes:
        if node.idea_id in by_idea and node.operator not in _MADE_BY_CODE:
            by_idea[node.idea_id].append(node)
    base = snapshot.baseline
    tried = {trial.node_id for trial in snapshot.trials if trial.failure is None}
    applied = {
        name: [n for n in nodes if n.files and not (base is not None and n.twin_id == base.id and _same(n))]
        for name, nodes in by_idea.items()
    }
    winners = {c.variant_id for c in snapshot.claims if c.primary and c.status is ClaimStatus.SUPPORTED}
    checked = any(idea.novelty_verdict != "unchecked" for idea in snapshot.ideas)
    return {
        Stage.IDEAS: len(by_idea) + len(snapshot.refused),
        Stage.NEW: _new(snapshot, checked),
        Stage.IMPLEMENTED: sum(bool(nodes) for nodes in applied.values()),
        Stage.RAN: sum(any(n.id in tried for n in nodes) for nodes in applied.values()),
        Stage.DIFFERING: sum(any(n.status is NodeStatus.DONE for n in nodes) for nodes in applied.values()),
        Stage.SUPPORTED: sum(any(n.id in winners for n in nodes) for nodes in by_idea.values()),
    }, checked


def _same(node: Node) -> bool:
    """The code of its twin: an edit that changed nothing. A no-op changed code without changing outputs."""
    return node.status is NodeStatus.REPLICATE


def _new(snapshot: Snapshot, checked: bool) -> int:
    if checked:
        return sum(idea.novelty_verdict == "novel" for idea in snapshot.ideas)
    duplicates = {outcome.idea_id for outcome in snapshot.outcomes if outcome.outcome == "duplicate"}
    # A seed idea stands in for one that the model did not have.
    return sum(idea.origin != "seed" and idea.id not in duplicates for idea in snapshot.ideas)


def _failures(snapshot: Snapshot, end: End) -> dict[str, int]:
    found: Counter[str] = Counter()
    found.update(f"proposal refused: {refused.reason}" for refused in snapshot.refused)
    found.update(f"version: {node.failure.cause.value}" for node in snapshot.nodes if node.failure)
    found.update(f"stage {failure.stage}: {failure.error}" for failure in snapshot.failures if failure.stage != "run")
    if end.status in ("failed", "stopped", UNMEASURED):
        found[f"run {end.status}: {end.error or 'unknown'}"] += 1
    return dict(found)


def _model_names(models: Mapping[str, str]) -> tuple[str, str]:
    """The model that does the research, and the one that reviews it."""
    roles = [role for role in _DOING if role.value in models]
    used = list(dict.fromkeys(models[role.value] for role in roles))
    main = used[0] if len(used) == 1 else ", ".join(f"{role.value}={models[role.value]}" for role in roles)
    return main, models.get(Role.REVIEW.value, main)


def _is_own(reviewer: str, models: Mapping[str, str]) -> bool:
    """Whether a reviewer judges work that it had a part in."""
    return reviewer in {models[role.value] for role in _DOING if role.value in models}


def _without_record(path: Path, end: End) -> RunRow:
    """A row of what was asked for, since there is nothing else: in the cell of the runs that have a record."""
    job = _json(path / JOB)
    model, reviewer = _model_names(job.get("models") or {r.value: str(job.get("model", "unknown")) for r in Role})
    known = end.status in ("failed", "damaged", UNMEASURED)
    limits = job.get("settings", {}).get("budget", {})
    return RunRow(
        folder=str(path),
        model=model,
        reviewer=reviewer,
        template=str(job.get("template", "unknown")),
        seed=int(job.get("seed", 0)),
        status=end.status,
        why=end.why,
        counts=dict.fromkeys(Stage, 0),
        failures={f"run {end.status}: {end.error or 'no record'}": 1} if known else {},
        budget={key: value for key, value in limits.items() if value is not None},
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def differing_settings(rows: Sequence[RunRow]) -> list[str]:
    """Settings, by dotted key, in which runs of one cell differ: such a cell mixes what should not be mixed."""
    flat = [_flat(row.config) for row in rows if row.config]
    keys = dict.fromkeys(key for config in flat for key in config)
    values = {key: {json.dumps(config.get(key), sort_keys=True) for config in flat} for key in keys}
    return [key for key, seen in values.items() if len(seen) > 1 and key != "search.workers"]


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found

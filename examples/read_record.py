"""Read a run's record: every number in a paper is in here. Usage: ``python read_record.py hakken-runs/digits-001``."""

import sys
from pathlib import Path

from hakken.core.types import Claim, EventKind
from hakken.research.snapshots import read_snapshot
from hakken.store import RunFolder

folder = RunFolder(Path(sys.argv[1]))
with folder.read() as store:
    snapshot = read_snapshot(folder, store)
    claim = store.get("claim/C1", Claim)
    calls = sum(1 for _ in store.events(EventKind.MODEL_CALLED))

print(f"{snapshot.run.id}: {len(snapshot.ideas)} ideas, {len(snapshot.nodes)} nodes, {len(snapshot.trials)} trials")
print(f"{calls} model calls, {snapshot.usage.tokens} tokens")
for split, comparison in snapshot.comparisons:
    label = snapshot.node(comparison.variant_id).title
    print(f"{split.value:8} {comparison.metric:24} {label}: {comparison.difference:+.4g} ({comparison.verdict})")
print(f"claim: {claim.text if claim else 'none'} {claim.status.value if claim else ''}".rstrip())

"""Runs of the default template with the embedded model and different seeds: what they end with.

    python benchmarks/ten_runs.py --runs 10 --out hakken-runs/benchmark

Each run uses the profile ``short`` (at most 4,000 generated tokens) and a seed of its own. Runs that were begun are
continued. The table says for each: minutes, generated tokens, model-written versions that were measured and are no
no-op, the share of prose sentences (fact sentences aside) that a model wrote, the claim's status, and the audit.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hakken.core.config import load_settings
from hakken.core.errors import HakkenError
from hakken.core.types import Manuscript, NodeStatus
from hakken.research.papers.manuscript import share_by_model
from hakken.research.run import RunResult, run
from hakken.research.snapshots import read_snapshot
from hakken.store import RunFolder


def row(seed: int, result: RunResult) -> str:
    """One line of the table."""
    folder = RunFolder(result.folder)
    with folder.read() as store:
        snapshot = read_snapshot(folder, store)
        manuscript = store.get("manuscript", Manuscript)
    written = [n for n in snapshot.variants if n.author == "model"]
    failed = sum(n.status is NodeStatus.FAILED for n in snapshot.nodes)
    share = share_by_model(manuscript) if manuscript else 0.0
    audit = result.audit
    verdict = "none" if audit is None else "passed" if audit.passed else f"{len(audit.findings)} findings"
    score = result.review.meta.overall if result.review else "none"
    claim = result.claim.status.value.replace("_", " ") if result.claim else "none"
    return (
        f"| {seed} | {result.outcome.seconds / 60:.1f} | {result.outcome.usage.completion_tokens} | {len(written)} "
        f"| {failed} | {result.outcome.trials} | {share:.0%} | {claim} | {verdict} | {score} |"
    )


def main() -> None:
    """Run and print a table, line by line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--out", type=Path, default=Path("hakken-runs/benchmark"))
    parser.add_argument("-c", action="append", default=[], help="setting, as key=value")
    args = parser.parse_args()
    print("| seed | min | tokens | versions | failed | trials | prose by model | claim | audit | review |")
    print("|---:|---:|---:|---:|---:|---:|---:|---|---|---:|")
    for seed in range(args.first, args.first + args.runs):
        chosen = [f"seed={seed}", f"runs_dir={args.out / str(seed)}", *args.c]
        settings = load_settings(files=[], profile="short", assignments=chosen).settings
        try:
            print(row(seed, run("digits", settings, folder=args.out / str(seed) / "digits-001")), flush=True)
        except HakkenError as error:
            print(f"| {seed} | failed: {error.message} |", flush=True)


if __name__ == "__main__":
    main()

"""The proof of the small suite, and the table of attacks: ``bench_check.py [--quick] [REPOSITORY ...]``.

What was measured is kept in the user's cache, so that the script goes on where it was stopped. A full check of all
repositories puts its results into ``bench_check.md`` beside this file, between the marks; one that is quick, or of
some repositories, is printed alone.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

from marked import parts_of, put_results

from hakken.bench.attacks import attacks
from hakken.bench.attempts.identity import this_code
from hakken.bench.checking.findings import AttackRow, Check, SourceCheck
from hakken.bench.checking.proof import check_suite
from hakken.bench.experiments.kept import Kept
from hakken.bench.experiments.lab import Lab
from hakken.bench.tasks.suite import load_suite
from hakken.core.config import user_cache_dir
from hakken.execution import best_rung, describe_machine, open_executor

PAGE = Path(__file__).with_suffix(".md")
RULES = ("faithful", "strict", "workspace", "pristine", "rerun")


def main() -> None:
    """Check, print the results, and put those of a full check into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", metavar="REPOSITORY")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    whole = not (asked.quick or asked.only)
    if whole:
        parts_of(PAGE)  # a page without a place for results is told now, and not in hours
    sources = load_suite("small")
    rung = best_rung().rung
    kept = Kept(user_cache_dir() / "bench", {p for s in sources for p in s.packages}, rung)
    with open_executor(workers=asked.workers) as executor:
        lab = Lab(executor, tell=lambda text: print(f"  {text}", file=sys.stderr, flush=True), kept=kept)
        found = check_suite("small", sources, lab, quick=asked.quick, only=asked.only, workers=asked.workers)
    text = results(found, rung.value)
    print(text)
    if whole:
        put_results(PAGE, text)
    else:
        print(f"A part of the check: {PAGE.name} stays as it is.", file=sys.stderr)
    raise SystemExit(0 if found.ok else 1)


def results(found: Check, rung: str) -> str:
    """What a check found, as it stands between the marks of the page."""
    machine = describe_machine(["numpy"])
    kind = "Quick check" if found.quick else "Full check"
    kernel = ".".join(platform.release().split(".")[:2])
    lines = [
        f"{kind} of {len(found.sources)} repositories with {len(attacks())} attacks, checked by Hakken {this_code()}.",
        "Runs and CPU seconds are those of the experiments; oracle, null and attacks count what got a point, of how",
        "many.",
        "",
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_gb} GB, Linux {kernel}, Python "
        f"{machine.python}, numpy {machine.packages.get('numpy', '?')}, sandbox: {rung}, "
        f"load {os.getloadavg()[0]:.1f}.",
        "",
        "| repository | experiments | metrics | functions | tasks n = 1…5 | oracle | null | attacks | runs | CPU | |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|",
        *map(source_row, found.sources),
        "",
        *(f"- {source.source}: {problem}" for source in found.sources for problem in source.problems),
        "",
        "## Attacks",
        "",
        "How often each rule let an attack pass, of the times it was tried. The score is `rerun`.",
        "",
        f"| attack | tried | {' | '.join(RULES)} | how it was caught |",
        f"|---|--:|{'--:|' * len(RULES)}---|",
        *map(attack_row, found.attacks),
        "",
        totals(found),
        "",
    ]
    return "\n".join(lines)


def source_row(row: SourceCheck) -> str:
    """One repository."""
    shares = " | ".join(f"{part}/{whole}" for part, whole in (row.oracle, row.null, row.attacks))
    return (
        f"| {row.source} | {row.experiments} | {row.numbers} | {row.functions} | {sum(row.tasks.values())} | {shares} "
        f"| {row.runs} | {row.cpu_seconds:.0f} s | {'ok' if row.ok else 'problem'} |"
    )


def attack_row(row: AttackRow) -> str:
    """One attack."""
    passed = " | ".join(str(row.passed.get(rule, 0)) for rule in RULES)
    return f"| {row.attack}: {row.what} | {row.tried} | {passed} | {row.caught} |"


def totals(found: Check) -> str:
    """All attacks together."""
    tried = sum(row.tried for row in found.attacks)
    passed = ", ".join(f"{rule} {sum(row.passed.get(rule, 0) for row in found.attacks)}" for rule in RULES)
    return f"{len(found.attacks)} attacks, {tried} trials; passing: {passed}."


if __name__ == "__main__":
    main()

"""How many changes of meaning does the audit catch, and how often does it cry wolf?

Usage::

    python benchmarks/audit_mutants.py [-v] [--most N] > benchmarks/audit_mutants.md
    python benchmarks/audit_mutants.py --paper PAPER --record FOLDER

By default clean papers are made by code (``own_papers.py``, ``mutant_papers.py``, ``natural_papers.py``) and changed in
one place at a time (``mutations.py``).
A mutant is caught where the audit reports an error or a warning that it does not report on the unchanged paper.
With ``--paper`` and ``--record`` a paper of one's own is audited and its numbers are changed.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from mutant_papers import Paper, foreign_papers
from mutations import Mutant, Names, apply, mutants
from natural_papers import natural_papers
from own_papers import hakken_papers

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit import Auditor
from hakken.research.papers.audit.document.document import Document
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.records import read_record


@dataclass
class Tally:
    """What became of the mutants of one paper."""

    paper: str
    findings: list[Finding] = field(default_factory=list)
    """On the unchanged paper, notes aside."""
    numbers: int = 0
    made: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    missed: list[tuple[Mutant, str]] = field(default_factory=list)
    whole: float = 0.0
    """Seconds for the whole audit, preparing the record and reading included."""
    again: list[float] = field(default_factory=list)
    """Seconds for each audit of a mutant."""


def measure(paper: Paper, seed: int = 0, most: int | None = None) -> Tally:
    """Audit a paper and its mutants."""
    start = _seconds()
    auditor = Auditor(paper.evidence)
    clean = auditor.audit(paper.path)
    tally = Tally(paper.name, whole=_seconds() - start, numbers=clean.report.numbers_checked)
    tally.findings = [f for f in clean.report.findings if f.severity is not Severity.NOTE]
    known = {_key(f) for f in clean.report.findings}
    names = Names(paper.methods, paper.metrics, paper.datasets, paper.hardware, paper.levels)
    every = list(mutants(clean.document, names, spans(clean.document, clean.matches), seed))
    if most is not None and len(every) > most:
        every = _spread(every, most, seed)
    for mutant in every:
        changed = apply(clean.document, mutant)
        start = _seconds()
        report = auditor.check(changed, paper.path.parent).report
        tally.again.append(_seconds() - start)
        tally.made[mutant.kind] += 1
        if any(_key(f) not in known and f.severity is not Severity.NOTE for f in report.findings):
            tally.caught[mutant.kind] += 1
        else:
            tally.missed.append((mutant, clean.document.units[mutant.unit].text))
    return tally


def _seconds() -> float:
    """CPU time of this process and of those that it started and waited for: other work on the machine adds none."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def spans(document: Document, matches: Iterable[Match]) -> dict[int, list[tuple[int, int]]]:
    """Where the numbers stand that the audit looked at, by unit."""
    index = {id(unit): k for k, unit in enumerate(document.units)}
    found: dict[int, list[tuple[int, int]]] = {}
    for match in matches:
        if match.verdict is not Verdict.SKIPPED and id(match.unit) in index:
            found.setdefault(index[id(match.unit)], []).append((match.number.start, match.number.end))
    return found


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.kind, finding.place, finding.says


def _spread(every: Sequence[Mutant], most: int, seed: int) -> list[Mutant]:
    """As many of each kind as there is room for: kinds with few members are kept whole."""
    rng = random.Random(seed)
    queues: dict[str, list[Mutant]] = {}
    for mutant in rng.sample(list(every), len(every)):
        queues.setdefault(mutant.kind, []).append(mutant)
    kept: list[Mutant] = []
    while len(kept) < most and any(queues.values()):
        kept += [queue.pop() for queue in queues.values() if queue]
    return kept[:most]


def table(tallies: Sequence[Tally]) -> str:
    """The results as Markdown."""
    made, caught = sum((t.made for t in tallies), Counter[str]()), sum((t.caught for t in tallies), Counter[str]())
    lines = ["| kind | mutants | caught | share |", "|---|--:|--:|--:|"]
    for kind in sorted(made):
        lines.append(f"| {kind} | {made[kind]} | {caught[kind]} | {100 * caught[kind] / made[kind]:.1f} % |")
    total, hits = made.total(), caught.total()
    lines.append(f"| **all** | **{total}** | **{hits}** | **{100 * hits / total:.1f} %** |")
    lines += ["", "| clean paper | numbers | findings | mutants | caught | whole audit, s | re-audit, s | worst, s |"]
    lines += ["|---|--:|--:|--:|--:|--:|--:|--:|"]
    for t in tallies:
        lines.append(
            f"| {t.paper} | {t.numbers} | {len(t.findings)} | {t.made.total()} | {t.caught.total()} | {t.whole:.2f} "
            f"| {median(t.again):.3f} | {max(t.again):.3f} |"
        )
    return "\n".join(lines)


def _machine() -> str:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    load = os.getloadavg()[0]
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, load {load:.1f}."


def _papers(arguments: argparse.Namespace, folder: Path) -> Iterable[Paper]:
    if arguments.paper:
        evidence = read_record(arguments.record)
        titles = tuple(v.title for v in evidence.variants.values() if not v.baseline)
        yield Paper(arguments.paper.name, arguments.paper, evidence, titles, tuple(m.label for m in evidence.metrics))
        return
    yield from hakken_papers(folder, arguments.only)
    yield from foreign_papers(folder)
    yield from natural_papers(folder / "natural")


_ABOUT = """# Mutants of clean papers, and what the audit catches

One change at a time in papers whose every sentence follows from a record (`python benchmarks/audit_mutants.py`): three
written by Hakken about its own runs (lower is better and supported; higher is better, two data sets and refuted;
inconclusive), three about other people's results with composed sentences (a JSON file, a CSV table, run folders of
The AI Scientist; the last two in LaTeX), and six in prose of different styles (wide CSV, nested JSON, both AI
Scientists, JSON lines, long CSV). A mutant is made only where code can say that its meaning differs: bounds that still
hold, names with equal printed values and bold print on a largest or smallest cell are left out. It is caught where the
audit gives an error or a warning that the unchanged paper does not get. Re-audit: one sentence changed, the record
already parsed. Seconds are of CPU time, Pandoc's included.
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paper", type=Path, help="a paper of your own")
    parser.add_argument("--record", type=Path, help="the results folder that it is about")
    parser.add_argument("--most", type=int, default=250, help="mutants of each paper")
    parser.add_argument("--only", default="", help="papers whose name holds this")
    parser.add_argument("-v", action="store_true", help="list what was missed, and the findings on clean papers")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tallies = []
        for paper in _papers(arguments, Path(folder)):
            if arguments.only in paper.name:
                tallies.append(measure(paper, most=arguments.most))
                print(f"{paper.name}: {tallies[-1].caught.total()} of {tallies[-1].made.total()}", file=sys.stderr)
    print(f"{_ABOUT}\n{_machine()}\n\n{table(tallies)}")
    for tally in tallies if arguments.v else []:
        for finding in tally.findings:
            print(f"\nfalse [{tally.paper}] {finding.kind}: {finding.sentence} | {finding.says} | {finding.record}")
        for mutant, original in tally.missed:
            print(f"\nmissed [{tally.paper}] {mutant.kind}{' (bold)' if mutant.bold else ''}: {mutant.text}")
            if mutant.text != original:
                print(f"    was: {original}")


if __name__ == "__main__":
    main()

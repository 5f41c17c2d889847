"""Mutants of a clean paper: one meaning-changing edit at a time, as a careless or dishonest author would make it.

``python -m tests.papers.mutants PAPER.md`` prints how many of each kind the audit catches on the synthetic record.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.mutations import Mutant, apply

from hakken.core.types import Finding, Severity, Snapshot
from hakken.research.papers.audit import Auditor, from_snapshot
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind
from hakken.research.papers.audit.document.reading import read_document
from hakken.research.papers.audit.matching.verdicts import Verdict
from tests.papers.builders import build_snapshot


def mutants(
    document: Document, snapshot: Snapshot, checked: dict[int, list[tuple[int, int]]], seed: int
) -> Iterator[Mutant]:
    """All mutants of every kind. ``checked`` holds the spans of the numbers of each unit."""
    rng = random.Random(seed)
    titles = [n.title for n in snapshot.nodes if n.title != "Baseline"]
    for k, unit in enumerate(document.units):
        if unit.kind is UnitKind.CODE:
            yield from _in_code(k, unit, rng)
        if unit.kind in (UnitKind.CODE, UnitKind.HEADING, UnitKind.EQUATION):
            continue
        spans = checked.get(k, [])
        yield from _numbers(k, unit, spans, rng)
        yield from _words(k, unit, bool(spans), titles, rng)
        yield from _names(k, unit)


def _swap(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def _numbers(k: int, unit: Unit, spans: list[tuple[int, int]], rng: random.Random) -> Iterator[Mutant]:
    for start, end in spans:
        printed = unit.text[start:end]
        digits = [m.start() for m in re.finditer(r"\d", printed)]
        if not digits:
            continue
        at = rng.choice(digits)
        other = rng.choice([d for d in "123456789" if d != printed[at]])
        kind = "caption" if unit.kind is UnitKind.CAPTION else "cell" if unit.row else "digit"
        if re.search(r"standard deviation\s*$|\($|±\s*$", unit.text[:start]) and unit.text[end : end + 1] in "),":
            kind = "spread"
        elif re.match(r"\s*(?:\w+ )?seeds\b", unit.text[end:]) or re.search(r"n = $", unit.text[:start]):
            kind = "seed count"
        elif re.fullmatch(r"\d+\.\d+\.\d+", printed):
            kind = "version"
        elif re.search(r"p\s?[=<]\s?$", unit.text[:start]):
            kind = "p value"
        if kind == "version" or float(re.sub(r"[^\d.]", "", printed) or 0) > 0:
            yield Mutant(kind, k, _swap(unit.text, start + at, start + at + 1, other))
        if printed[0] in "−-+":
            flipped = {"−": "+", "-": "+", "+": "−"}[printed[0]]
            yield Mutant("sign", k, _swap(unit.text, start, start + 1, flipped))
            if printed[0] in "−-":
                yield Mutant("sign", k, _swap(unit.text, start, start + 1, ""))


_TURNS = (
    ("an improvement", "a deterioration"),
    ("a deterioration", "an improvement"),
    ("which is compatible with no difference", "an improvement"),
    ("larger than the noise floor", "no larger than the noise floor"),
    ("no larger than the noise floor", "larger than the noise floor"),
    ("a lower test", "a higher test"),
    ("reduces the", "increases the"),
    ("lowered the", "raised the"),
    ("improves", "worsens"),
    ("worse than", "better than"),
    ("better than", "worse than"),
    ("lower than", "higher than"),
    ("higher than", "lower than"),
    ("did not measurably change", "lowered"),
    ("inconclusive", "significant"),
)
_CLAIMS = (
    ("evidence supports it", "evidence does not support it"),
    ("claim is supported", "claim is refuted"),
    ("claim was supported", "claim was not supported"),
)


def _words(k: int, unit: Unit, numbers: bool, titles: list[str], rng: random.Random) -> Iterator[Mutant]:
    text = unit.text
    for old, new in (("test error", "test cross-entropy"), ("test cross-entropy", "test error")):
        if old in text and (numbers or unit.kind is UnitKind.HEADER):
            yield Mutant("metric", k, text.replace(old, new))
    for old, new in (("report seeds", "explore seeds"), ("explore seeds", "report seeds")):
        if old in text and numbers and unit.kind is UnitKind.SENTENCE and old in text and new not in text:
            yield Mutant("split", k, text.replace(old, new))
    named = next((t for t in sorted(titles, key=len, reverse=True) if t in text), None)
    if named and (numbers or unit.row) and not (unit.row and unit.row[0][1].startswith("n")):
        others = [t for t in titles[:3] if t != named and t not in text]
        yield Mutant("variant", k, text.replace(named, rng.choice(others)))
        if unit.kind is UnitKind.SENTENCE:
            yield Mutant("run label", k, text.replace(named, "Run 3"))
    if unit.kind in (UnitKind.SENTENCE, UnitKind.CAPTION):
        for kind, turns in (("direction", _TURNS), ("claim", _CLAIMS)):
            for old, new in turns:
                at = text.find(old)
                if at >= 0 and not (old.startswith("larger") and text[at - 3 : at] == "no "):
                    yield Mutant(kind, k, text.replace(old, new))


def _names(k: int, unit: Unit) -> Iterator[Mutant]:
    text = unit.text
    if unit.kind in (UnitKind.SENTENCE, UnitKind.CAPTION):
        if re.search(r"\bon digits\b", text):
            yield Mutant("dataset", k, re.sub(r"\bon digits\b", "on CIFAR-10", text))
            yield Mutant("dataset", k, re.sub(r"\bon digits\b", "on fashion", text))
        if "EPYC" in text:
            yield Mutant("hardware", k, re.sub(r"AMD EPYC 7B13", "NVIDIA A100", text))
            yield Mutant("hardware", k, re.sub(r"AMD EPYC 7B13", "Intel Xeon Gold", text))
        if "[@" in text:
            yield Mutant("citation", k, re.sub(r"@\w+", "@smith2021invented", text, count=1))
        if unit.kind is UnitKind.CAPTION:
            yield Mutant("placeholder", k, "TODO: caption.")
    if unit.kind is UnitKind.SENTENCE and k % 9 == 0:
        yield Mutant("placeholder", k, text + " See Figure ??.")
    if unit.kind is UnitKind.CELL and unit.column.startswith("Mean") and unit.row[0][1] != "Label smoothing":
        yield Mutant("bold", k, text, bold=True)


def _in_code(k: int, unit: Unit, rng: random.Random) -> Iterator[Mutant]:
    lines = unit.text.splitlines()
    for n, line in enumerate(lines):
        match = re.search(r"(?<=\d\.)\d", line)
        if match and line[:1] in "+-":
            digit = rng.choice([d for d in "123456789" if d != match.group()])
            changed = _swap(line, match.start(), match.end(), digit)
            yield Mutant("listing", k, "\n".join([*lines[:n], changed, *lines[n + 1 :]]))


def measure(
    paper: Path, snapshot: Snapshot, seed: int = 0, sample: int | None = None
) -> tuple[dict[str, tuple[int, int]], list[Mutant], list[Finding]]:
    """(caught, made) by kind, the mutants that were missed, and the findings on the clean paper.

    Args:
        paper: The clean paper.
        snapshot: Its record.
        seed: Of what is drawn.
        sample: How many mutants to try; all by default.
    """
    auditor = Auditor(from_snapshot(snapshot))
    document = read_document(paper)
    clean = auditor.check(document, paper.parent)
    index = {id(u): k for k, u in enumerate(document.units)}
    checked: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for match in clean.matches:
        if match.verdict is not Verdict.SKIPPED and id(match.unit) in index:
            checked[index[id(match.unit)]].append((match.number.start, match.number.end))
    known = {(f.kind, f.place, f.says) for f in clean.report.findings}
    made, caught, missed = Counter[str](), Counter[str](), []
    every = list(mutants(document, snapshot, checked, seed))
    if sample is not None:
        every = random.Random(seed).sample(every, sample)
    for mutant in every:
        made[mutant.kind] += 1
        report = auditor.check(apply(document, mutant), paper.parent).report
        new = [f for f in report.findings if (f.kind, f.place, f.says) not in known and f.severity is not Severity.NOTE]
        if new:
            caught[mutant.kind] += 1
        else:
            missed.append(mutant)
    return {kind: (caught[kind], made[kind]) for kind in sorted(made)}, missed, list(clean.report.findings)


def main() -> None:
    """Print the table."""
    table, missed, findings = measure(Path(sys.argv[1]), build_snapshot())
    for kind, (caught, made) in table.items():
        print(f"{kind:12} {caught:4} of {made:4}  {100 * caught / made:5.1f} %")
    total, every = (sum(v[k] for v in table.values()) for k in (0, 1))
    print(
        f"{'all':12} {total:4} of {every:4}  {100 * total / every:5.1f} %; findings on the clean paper: {len(findings)}"
    )
    for mutant in missed if "-v" in sys.argv else []:
        print(f"  missed {mutant.kind}: {mutant.text}")


if __name__ == "__main__":
    main()

"""A finished run to fuzz the later steps on: its study, its paper, and its LaTeX for comparison."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hakken.research.papers.render import PaperMetadata, render
from hakken.research.papers.study import Study
from hakken.research.snapshots import read_snapshot
from hakken.store import RunFolder, Store
from hakken.store.kinds import Facts
from tests.finished_run import make_run
from tests.recovery.hostile import CANARY, Hostility
from tests.recovery.pipeline import RUN, TEMPLATE
from tests.recovery.printed import escapes
from tests.recovery.steps import Bench, Step, fire

_MOST_CPU_SECONDS = 60


@dataclass(frozen=True)
class Ground:
    """What every step needs."""

    base: Path
    study: Study
    paper: Path
    figures: Path
    benign: str

    @property
    def secret(self) -> Path:
        """A file that hostile replies try to read."""
        return self.base / "secret.txt"

    @property
    def outside(self) -> Path:
        """A file that hostile replies try to write."""
        return self.base / "owned"


def prepare_ground(base: Path, finished: Path | None = None) -> Ground:
    """Copy a finished run, or make one, and take its study from the record."""
    folder = RunFolder(base / "runs" / RUN if finished else make_run(base))
    if finished:
        shutil.copytree(finished, folder.path)
    with folder.read() as store:
        snapshot, computed = read_snapshot(folder, store), store.get("facts", Facts)
    assert computed is not None
    study = Study(snapshot, computed.facts, computed.figures, TEMPLATE / "references.bib")
    paper = folder.path / "paper"
    (base / "secret.txt").write_text(CANARY)
    return Ground(base, study, paper / "paper.md", paper / "figures", (paper / "paper.tex").read_text())


@dataclass
class Result:
    """What came of one step."""

    replies: int
    recorded: int
    accepted: int
    refused: int
    papers: int
    faults: list[str]


def bombard(name: str, step: Step, ground: Ground, replies: int, seed: int = 0) -> Result:
    """Answer a step so many times with hostility, and print what it took."""
    faults: list[str] = []
    record = ground.base / f"{name.replace(' ', '-').replace(',', '')}.db"
    with Store(record) as store:
        hostility = Hostility(seed, step.good, str(ground.secret), str(ground.outside))
        bench = Bench(store, hostility, ground.study, ground.paper)
        uses = fire(step, bench, replies)
        while True:
            try:
                with _patience():
                    next(uses)
            except StopIteration:
                break
            except Exception as error:  # The boundary: whatever comes out of a step is what we look for.
                faults.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
                if len(faults) > 20:
                    break
                uses = fire(step, bench, replies)
        recorded = store.usage().calls
        store.verify()
    record.unlink()
    faults += [f"{name}: {fault}" for fault in _printed(ground, bench)]
    if recorded != bench.served:
        faults.append(f"{name}: {bench.served} replies and {recorded} in the record")
    return Result(bench.served, recorded, bench.accepted, bench.refused, len(bench.printed), faults)


class Endless(Exception):
    """One use of a step took more CPU time than a thousand ordinary ones."""


@contextmanager
def _patience() -> Iterator[None]:
    """End what a reply makes go on for ever: comparing or parsing may take hours on text that nobody would write."""

    def give_up(*_: object) -> None:
        raise Endless(f"not done after {_MOST_CPU_SECONDS} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, _MOST_CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _printed(ground: Ground, bench: Bench) -> list[str]:
    """Render the papers that a step wrote, and look at them."""
    faults = [f"{ground.outside} was written"] if ground.outside.exists() else []
    for number, (abstract, body) in enumerate(bench.printed):
        out = ground.base / f"paper-{number}"
        metadata = PaperMetadata(title="A Title", abstract=abstract, authors=("Hakken",), notice="", keywords=())
        try:
            render(body, bib=ground.study.bib, figures=ground.figures, out=out, metadata=metadata)
        except Exception as error:  # The boundary, as above.
            faults.append(f"rendering: {type(error).__name__}: {str(error)[:200]}")
            continue
        faults += escapes(out, CANARY, ground.outside, ground.benign)
    return faults

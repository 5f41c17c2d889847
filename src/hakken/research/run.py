"""The whole pipeline, top to bottom: from a template to an audited, reviewed paper.

Each line is a stage that can be called alone, and each stage answers from the record what was done before. So running
this again continues a run that was killed, and changes nothing in one that is finished.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from hakken.core.config import Settings
from hakken.core.errors import BudgetExceeded, HakkenError
from hakken.core.types import AuditReport, Claim, PaperFiles, Review, RunOutcome, StageFailure, Template
from hakken.research import experimenting, publishing
from hakken.research.continuing import is_same
from hakken.research.experiments import load_template, with_seed_counts
from hakken.research.optional import check_optional
from hakken.research.session import Progress, Session, close, open_session
from hakken.store import RunFolder, new_run_folder, unfinished_run


@dataclass(frozen=True)
class RunResult:
    """What a run ended with."""

    folder: Path
    outcome: RunOutcome
    claim: Claim | None
    paper: PaperFiles | None
    audit: AuditReport | None
    review: Review | None

    @property
    def pdf(self) -> Path | None:
        """The paper."""
        return self.folder / self.paper.pdf if self.paper and self.paper.pdf else None


def run(
    template: Template | str | Path,
    settings: Settings | None = None,
    *,
    folder: Path | RunFolder | None = None,
    new: bool = False,
    progress: Progress | None = None,
    executor: str = "threads",
) -> RunResult:
    """Do research on a template, to the end.

    Args:
        template: A template, the name of one that ships, or a folder.
        settings: Everything that can be set; the defaults otherwise.
        folder: Run folder; by default the unfinished run of this template with these settings is continued, or a new
            folder numbered.
        new: Start another run even where one is unfinished.
        progress: Told what happens.
        executor: ``threads`` or ``ray``.

    Raises:
        HakkenError: something that the run cannot mend: a broken baseline, a missing prerequisite, no model.
    """
    settings = settings or Settings()
    template = prepare(template, settings)
    start = time.monotonic()
    with (
        choose_folder(template, settings, folder, new=new) as where,
        open_session(where, template, settings, progress, executor=executor) as session,
    ):
        try:
            experiment(session)
            paper = publishing.write(session)
            verdict = publishing.review(session)
        except HakkenError as error:
            failure = StageFailure(stage="run", error=type(error).__name__, message=error.message)
            session.lab.fail(failure)
            close(session, "stopped" if isinstance(error, BudgetExceeded) else "failed", error.message, _since(start))
            raise
        outcome = close(session, "finished", "", _since(start))
        claim = session.store.get("claim/C1", Claim)
        report = session.store.get("audit", AuditReport)
    return RunResult(where.path, outcome, claim, paper, report, verdict)


def experiment(session: Session) -> Claim:
    """From ideas to a tested claim."""
    experimenting.measure_baseline(session)
    experimenting.ideate(session)
    experimenting.freeze_plan(session)
    experimenting.explore(session)
    best = experimenting.select(session)
    if best is not None and session.settings.search.ablate:
        experimenting.ablate(session, best)
    return experimenting.report(session, best)


def prepare(template: Template | str | Path, settings: Settings) -> Template:
    """Load a template and give it the seeds that the settings ask for.

    Raises:
        TemplateError: it breaks the contract, or its seed ideas or bibliography cannot be read: better told now than
            when a run comes to them.
    """
    loaded = template if isinstance(template, Template) else load_template(template)
    check_optional(loaded)
    wanted = settings.statistics
    return with_seed_counts(loaded, wanted.explore_seeds, wanted.report_seeds, wanted.noise_seeds)


@contextmanager
def choose_folder(
    template: Template, settings: Settings, folder: Path | RunFolder | None = None, *, new: bool = False
) -> Iterator[RunFolder]:
    """The given folder, the unfinished run of this template with these settings, or the next number, kept for us."""
    root = Path(settings.runs_dir)
    if isinstance(folder, Path):
        folder = RunFolder(folder)
    elif folder is None and not new:
        folder = unfinished_run(root, template.name, lambda begun: is_same(begun, template, settings))
    with nullcontext(folder) if folder else new_run_folder(root, template.name) as where:
        yield where


def _since(start: float) -> float:
    return time.monotonic() - start

"""From rows to cells: models by templates, with a line over all templates of a model where there are several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from hakken.bench.scientist.estimates import mean, per_paper, share_of_ideas, share_of_runs
from hakken.bench.scientist.reading import differing_settings
from hakken.bench.scientist.types import UNMEASURED, Cell, Estimate, RunRow, Stage, Table
from hakken.bench.scientist.wording import names_of
from hakken.core.types import Usage

EVERY = "all templates"
SCALE = (1.0, 10.0)
"""Of a review's overall score."""


def build_table(rows: Sequence[RunRow]) -> Table:
    """The table of these runs, in the order in which models and templates come."""
    cells: list[Cell] = []
    for model, reviewer in dict.fromkeys((row.model, row.reviewer) for row in rows):
        mine = [row for row in rows if (row.model, row.reviewer) == (model, reviewer)]
        names = list(dict.fromkeys(row.template for row in mine))
        cells += [make_cell([row for row in mine if row.template == name], name) for name in names]
        if len(names) > 1:
            cells.append(make_cell(mine, EVERY))
    return Table(cells=tuple(cells), rows=tuple(rows), notes=tuple(_notes(rows)))


def failures_of(table: Table) -> list[tuple[str, str, str, str, int]]:
    """Names of a cell, cause and count, without the lines over all templates, which repeat them."""
    cells = [cell for cell in table.cells if cell.template != EVERY]
    return [(*names_of(cell), cause, count) for cell in cells for cause, count in cell.failures.items()]


def make_cell(rows: Sequence[RunRow], template: str) -> Cell:
    """What the runs of one model on one template, or on all, say together; unfinished ones are left out."""
    ended = [row for row in rows if row.ended]
    shares: dict[Stage, Estimate] = {}
    for stage in Stage:
        if stage.of_runs:
            found = share_of_runs(sum(row.counts[stage] for row in ended), len(ended))
        else:
            found = share_of_ideas([(row.counts[stage], row.counts[Stage.IDEAS]) for row in ended])
        if found is not None and stage is not Stage.IDEAS:
            shares[stage] = found
    scores = [row.score for row in ended if row.score is not None]
    with_ideas = [row for row in ended if row.counts[Stage.IDEAS]]

    def cost(of: Callable[[RunRow], float]) -> Estimate | None:
        return per_paper([(of(row), row.counts[Stage.PAPER]) for row in ended])

    return Cell(
        model=rows[0].model,
        reviewer=rows[0].reviewer,
        template=template,
        runs=len(ended),
        statuses=dict(Counter(row.status for row in rows)),
        counts={stage: sum(row.counts[stage] for row in ended) for stage in Stage},
        shares=shares,
        novelty_checked=bool(with_ideas) and all(row.novelty_checked for row in with_ideas),
        score=mean([float(score) for score in scores], len(ended), bounds=SCALE),
        best=max(scores, default=None),
        accepted=sum(row.decision == "accept" for row in ended),
        tokens_per_paper=cost(lambda row: float(row.usage.tokens)),
        usd_per_paper=cost(lambda row: row.usage.usd),
        minutes_per_paper=cost(lambda row: row.seconds / 60),
        usage=sum((row.usage for row in ended), Usage()),
        priced=all(row.priced for row in ended),
        seconds=sum(row.seconds for row in ended),
        failures=dict(sum((Counter(row.failures) for row in rows), Counter[str]()).most_common()),
        notes=tuple(_cell_notes(rows, ended, template)),
    )


def _cell_notes(rows: Sequence[RunRow], ended: Sequence[RunRow], template: str) -> list[str]:
    notes = []
    if len(ended) == 1:
        notes.append("One run: no intervals.")
    lost = sum(row.status == UNMEASURED for row in rows)
    if left := len(rows) - len(ended) - lost:
        notes.append(f"{left} of {len(rows)} runs have not ended and are not counted.")
    if lost:
        notes.append(
            f"{lost} of {len(rows)} runs were ended by an outage, an empty account or this machine: they are not "
            "measured and not counted, and the same command goes on with them."
        )
    if again := sum(row.continued > 0 for row in rows):
        notes.append(
            f"{again} of {len(rows)} runs had failed or met their budget and were continued (as --retry does): they "
            "count as they ended last."
        )
    if changed := differing_settings(ended):
        notes.append(f"Its runs differ in settings: {', '.join(changed)}.")
    if len(budgets := dict.fromkeys(_limits(row) for row in ended)) > 1:
        notes.append(f"Its runs had different budgets: {'; '.join(budgets)}.")
    if template != EVERY and len({row.template_hash for row in ended if row.template_hash}) > 1:
        notes.append("Its runs are about different states of the template.")
    if len({row.novelty_checked for row in ended if row.counts[Stage.IDEAS]}) > 1:
        notes.append("Some of its runs checked novelty against the literature and some did not.")
    if any(not row.priced for row in ended):
        notes.append("The price of a model is not known: US$ is a lower bound.")
    if any(row.self_reviewed and row.score is not None for row in ended):
        who = "the model that wrote them" if rows[0].reviewer == rows[0].model else "a model that had a part in them"
        notes.append(f"Its papers were reviewed by {who}.")
    return notes


def _limits(row: RunRow) -> str:
    return ", ".join(f"{key}={value}" for key, value in row.budget.items()) or "none"


def _notes(rows: Sequence[RunRow]) -> list[str]:
    notes = []
    ideas = [row for row in rows if row.counts[Stage.IDEAS]]
    if ideas and not any(row.novelty_checked for row in ideas):
        notes.append(
            'No run checked novelty against the literature: "new" means taken up, no near-duplicate within a run.'
        )
    if len({row.reviewer for row in rows}) > 1:
        notes.append("Papers were reviewed by different models: compare scores only where the reviewer is the same.")
    return notes

"""The table as Markdown, for people and papers, and as CSV, for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from hakken.bench.scientist.published import COLUMNS, MAPPING, measured_rows, published, published_rows
from hakken.bench.scientist.table import failures_of
from hakken.bench.scientist.types import UNMEASURED, Cell, Estimate, Stage, Table
from hakken.bench.scientist.wording import HEAD, NAMES, cell_title, names_of, values_of

METHOD = (
    "Shares of ideas carry a Wilson interval on the effective number of ideas, which takes into account that ideas of "
    "one run hang together (at the worst, a run counts as one idea); shares of runs a plain Wilson interval; the mean "
    "score, over so many of the runs that ended as have a review, Student's; costs per paper Student's on the ratio of "
    "all costs, those of runs without a paper included, to papers. All at 95 %. One run gives no interval."
)


def to_markdown(table: Table) -> str:
    """The whole report as Markdown."""
    head = (*NAMES, *HEAD)
    lines = ["# The scientist measured", "", *_rows(head, [_line(cell) for cell in table.cells]), ""]
    lines += [f"- **{stage.label}**: {stage.meaning}." for stage in Stage]
    lines += ["", METHOD, ""]
    lines += [f"- {note}" for note in (*table.notes, *cell_notes(table))]
    lines += ["", "## Failures by cause", ""]
    causes = [(*names, _escaped(cause), str(count)) for *names, cause, count in failures_of(table)]
    lines += _rows((*NAMES, "cause", "times"), causes) if causes else ["None."]
    lines += ["", "## Under the columns of The AI Scientist's paper", "", "### Measured here", ""]
    lines += _rows(("template", "model", "reviewer", *COLUMNS), measured_rows(table.cells))
    told = published()
    lines += ["", "### Published, for The AI Scientist v1 (not measured here)", ""]
    lines += _rows(("template", "model", *COLUMNS), published_rows())
    lines += ["", f"Source: {told.source}", "", MAPPING, "", *(f"- {note}" for note in told.notes)]
    lines += ["", "## Runs", ""]
    runs = [
        (*names_of(r), str(r.seed), r.status, str(r.score or "–"), _escaped(r.why), f"`{r.folder}`") for r in table.rows
    ]
    lines += _rows((*NAMES, "seed", "status", "score", "why", "folder"), runs)
    return "\n".join([*lines, ""])


def cell_notes(table: Table) -> list[str]:
    """Notes of the cells, with the names of each."""
    return [f"{cell_title(cell)}: {note}" for cell in table.cells for note in cell.notes]


def to_csv(table: Table) -> str:
    """One line a cell, with every value and both ends of every interval in columns of their own."""
    out = io.StringIO()
    lines = [_flat(cell) for cell in table.cells]
    head = list(dict.fromkeys(key for line in lines for key in line))
    writer = csv.DictWriter(out, head, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


def _flat(cell: Cell) -> dict[str, object]:
    line: dict[str, object] = {
        "model": cell.model,
        "reviewer": cell.reviewer,
        "template": cell.template,
        "runs": cell.runs,
        "not_measured": cell.statuses.get(UNMEASURED, 0),
    }
    for stage in Stage:
        line[stage.value] = cell.counts[stage]
        if stage is not Stage.IDEAS:
            line |= _ends(f"{stage.value}_share", cell.shares.get(stage))
    line |= _ends("score", cell.score) | {"score_n": cell.score.count if cell.score else 0}
    line |= {"best": "" if cell.best is None else cell.best, "accepted": cell.accepted}
    for name in ("tokens_per_paper", "usd_per_paper", "minutes_per_paper"):
        line |= _ends(name, getattr(cell, name))
    usage = cell.usage
    line |= {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens, "usd": usage.usd}
    line |= {"usd_known": cell.priced, "seconds": cell.seconds}
    line["failures"] = "; ".join(f"{cause} ×{count}" for cause, count in cell.failures.items())
    return line


def _ends(name: str, estimate: Estimate | None) -> dict[str, object]:
    value = (estimate.value, estimate.low, estimate.high) if estimate else (None, None, None)
    return {
        key: "" if number is None else number
        for key, number in zip((name, f"{name}_low", f"{name}_high"), value, strict=True)
    }


def _line(cell: Cell) -> tuple[str, ...]:
    values = [f"{seen} {interval}".strip() for seen, interval in values_of(cell)]
    return (*names_of(cell), *values)


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _escaped(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())

"""Which items are hard, which tell subjects apart, and where people and programs disagree about difficulty."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from scipy import stats

from hakken.analysis.matrix import ItemFacts, Responses, usable
from hakken.analysis.rasch import CONVERGED, Rasch, fit_rasch
from hakken.analysis.resampling import Array, wilson
from hakken.core.errors import UsageError
from hakken.core.types import Record

DRAWS = 2_000
DISCORDANT = 2.0
"""Standardised residual from which an item is listed as judged otherwise by people; that is no test."""
KNOWN_ORDERS = (("<15 min fix", "15 min - 1 hour", "1-4 hours", ">4 hours"), ("easy", "medium", "hard"))
"""Lists of labels whose order is known: those of SWE-bench Verified, and the usual ones."""


class ItemResult(Record):
    """One item."""

    item: str
    group: str
    date: str
    label: str
    kind: str = ""
    answered: int
    solved: int
    rate: float
    low: float
    high: float
    difficulty: float
    """In logits; zero is what the average subject solves half of the time."""
    error: float
    extreme: bool
    """Everybody or nobody solved it: the difficulty is a bound."""
    point_biserial: float | None
    """Correlation with the share of all items solved; None where there is no spread."""
    corrected: float | None
    """The same with the share of the other items."""
    discordance: float | None
    """Standardised residual of the difficulty on the label: positive is harder than people think."""


class SubjectResult(Record):
    """One subject."""

    subject: str
    date: str
    answered: int
    solved: int
    ability: float
    error: float


class Rate(Record):
    """Solve rate of some items by some subjects."""

    by: dict[str, str]
    items: int
    subjects: int
    rate: float
    low: float
    high: float


class Association(Record):
    """Rank correlation over items."""

    what: str
    items: int
    spearman: float
    low: float
    high: float
    kendall: float


class ItemAnalysis(Record):
    """Everything about a matrix of responses."""

    subjects: tuple[SubjectResult, ...]
    items: tuple[ItemResult, ...]
    spread: float
    """Standard deviation of abilities, in logits."""
    spread_error: float
    rates: tuple[Rate, ...]
    associations: tuple[Association, ...]
    notes: tuple[str, ...]

    def discordant(self) -> tuple[list[ItemResult], list[ItemResult]]:
        """Items that are harder, and that are easier, than people think; the farthest first.

        A bound is evidence on its own side alone: what everybody solved may be easier still, and is not called harder.
        """
        ranked = sorted(self._judged, key=lambda item: -(item.discordance or 0.0))
        harder = [i for i in ranked if (i.discordance or 0.0) >= DISCORDANT and not (i.extreme and i.solved)]
        easier = [i for i in reversed(ranked) if (i.discordance or 0.0) <= -DISCORDANT and (i.solved or not i.extreme)]
        return harder, easier

    @property
    def by_scatter(self) -> str:
        """How many items would lie as far as those that are listed if nothing but scatter parted labels and results."""
        count = len(self._judged)
        expected = count * math.erfc(DISCORDANT / math.sqrt(2))
        return (
            f"Of {count} items that merely scatter about the line, some {expected:.0f} would lie as far from it, on "
            "either side."
        )

    @property
    def _judged(self) -> list[ItemResult]:
        return [item for item in self.items if item.discordance is not None]


def analyse(responses: Responses, order: Sequence[str] = ()) -> ItemAnalysis:
    """Analyse a matrix.

    Args:
        responses: Who solved what.
        order: Labels from easy to hard, where they are neither numbers nor a known list.

    Raises:
        UsageError: there are too few responses, or labels cannot be ordered.
    """
    kept, left_out = usable(responses)
    x = np.array([[np.nan if v is None else float(v) for v in row] for row in kept.cells], float)
    fit = fit_rasch(x)
    facts = [kept.facts.get(item, ItemFacts()) for item in kept.items]
    codes = label_codes([fact.label for fact in facts], order)
    z = _residuals(fit.difficulty, codes)
    items = tuple(_item(i, name, facts[i], x, fit, z[i]) for i, name in enumerate(kept.items))
    subjects = tuple(
        SubjectResult(
            subject=name,
            date=kept.dates.get(name, ""),
            answered=int((~np.isnan(x[s])).sum()),
            solved=int(np.nansum(x[s])),
            ability=float(fit.ability[s]),
            error=float(fit.ability_error[s]),
        )
        for s, name in enumerate(kept.subjects)
    )
    sizes = np.array([math.nan if fact.size is None else fact.size for fact in facts])
    count = np.nansum(x, axis=0)
    found = [
        _association("label and difficulty", codes, fit.difficulty),
        _association("label and number of subjects that solve it", codes, count),
        _association("size and difficulty", sizes, fit.difficulty),
        _association("size and number of subjects that solve it", sizes, count),
    ]
    return ItemAnalysis(
        subjects=subjects,
        items=items,
        spread=fit.spread,
        spread_error=fit.spread_error,
        rates=tuple(_rates(items, subjects, x)),
        associations=tuple(a for a in found if a is not None),
        notes=(*kept.notes, *_notes(left_out, fit, codes)),
    )


def label_codes(labels: Sequence[str], order: Sequence[str] = ()) -> Array:
    """Labels as numbers from easy to hard; NaN where there is none.

    Raises:
        UsageError: their order is not known.
    """
    present = {label for label in labels if label}
    if not present:
        return np.full(len(labels), math.nan)
    if not order:
        order = next((known for known in KNOWN_ORDERS if present <= set(known)), ())
    if not order:
        try:
            return np.array([float(label) if label else math.nan for label in labels])
        except ValueError:
            odd = sorted(label for label in present if not re.fullmatch(r"[-+.\de]+", label))
            raise UsageError(
                f"The order of the labels is not known: {', '.join(odd[:5])}.", "Give it: --order easy,middle,hard."
            ) from None
    if strange := sorted(present - set(order)):
        raise UsageError(f"The label {strange[0]!r} is not in the order given.", f"Labels: {', '.join(order)}.")
    return np.array([float(order.index(label)) if label else math.nan for label in labels])


def _item(index: int, name: str, facts: ItemFacts, x: Array, fit: Rasch, z: float) -> ItemResult:
    column = x[:, index]
    held = ~np.isnan(column)
    solved, answered = int(np.nansum(column)), int(held.sum())
    low, high = wilson(solved / answered, answered)
    others = np.delete(x, index, axis=1)
    rows = held & (~np.isnan(others)).any(axis=1)
    rest = np.nansum(others[rows], axis=1) / (~np.isnan(others[rows])).sum(axis=1)
    whole = np.nansum(x[held], axis=1) / (~np.isnan(x[held])).sum(axis=1)
    return ItemResult(
        item=name,
        group=facts.group,
        date=facts.date,
        label=facts.label,
        kind=facts.kind,
        answered=answered,
        solved=solved,
        rate=solved / answered,
        low=low,
        high=high,
        difficulty=float(fit.difficulty[index]),
        error=float(fit.difficulty_error[index]),
        extreme=bool(fit.extreme[index]),
        point_biserial=_correlation(column[held], whole),
        corrected=_correlation(column[rows], rest),
        discordance=None if math.isnan(z) else z,
    )


def _correlation(one: Array, other: Array) -> float | None:
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _residuals(difficulty: Array, codes: Array) -> list[float]:
    """Studentised residuals of a straight line through difficulty by label; NaN where there is no label."""
    found = np.full(len(codes), math.nan)
    held = ~np.isnan(codes)
    if held.sum() < 4 or np.ptp(codes[held]) == 0:
        return list(found)
    design = np.column_stack([np.ones(held.sum()), codes[held]])
    hat = design @ np.linalg.pinv(design)
    residual = difficulty[held] - hat @ difficulty[held]
    scale = math.sqrt(float(residual @ residual) / (held.sum() - 2))
    room = np.sqrt(np.clip(1.0 - np.diag(hat), 1e-12, None))
    found[held] = residual / (scale * room) if scale > 0 else 0.0
    return [float(value) for value in found]


def _association(what: str, one: Array, other: Array) -> Association | None:
    """Rank correlation with a bootstrap interval over items; None with too few, or without spread."""
    held = ~np.isnan(one)
    a, b = one[held], other[held]
    if len(a) < 5 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    draws = np.random.default_rng(0).integers(len(a), size=(DRAWS, len(a)))
    ra, rb = stats.rankdata(a[draws], axis=1), stats.rankdata(b[draws], axis=1)
    ra, rb = ra - ra.mean(axis=1, keepdims=True), rb - rb.mean(axis=1, keepdims=True)
    scale = np.sqrt((ra**2).sum(axis=1) * (rb**2).sum(axis=1))
    drawn = (ra * rb).sum(axis=1)[scale > 0] / scale[scale > 0]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Association(
        what=what,
        items=len(a),
        spearman=float(stats.spearmanr(a, b).statistic),
        low=float(low),
        high=float(high),
        kendall=float(stats.kendalltau(a, b).statistic),
    )


def _rates(items: Sequence[ItemResult], subjects: Sequence[SubjectResult], x: Array) -> Iterable[Rate]:
    """Solve rates by group, label, kind, date of the items and of the subjects, and by group and date."""
    ways: list[tuple[str, Callable[[ItemResult], str], Callable[[SubjectResult], str]]] = [
        ("group", lambda i: i.group, lambda s: "*"),
        ("label", lambda i: i.label, lambda s: "*"),
        ("kind", lambda i: i.kind, lambda s: "*"),
        ("item date", lambda i: i.date[:4], lambda s: "*"),
        ("date", lambda i: "*", lambda s: _quarter(s.date)),
        ("group, date", lambda i: i.group, lambda s: _quarter(s.date)),
    ]
    for name, of_item, of_subject in ways:
        columns, rows = [of_item(i) for i in items], [of_subject(s) for s in subjects]
        for column in sorted({c for c in columns if c}):
            for row in sorted({r for r in rows if r}):
                cells = x[np.ix_([r == row for r in rows], [c == column for c in columns])]
                keys = [part for part in (column, row) if part != "*"]
                if (rate := _rate(dict(zip(name.split(", "), keys, strict=True)), cells)) is not None:
                    yield rate


def _rate(by: dict[str, str], cells: Array) -> Rate | None:
    """Mean over cells. Cells of one item, and of one subject, hang together, so the interval counts the fewer of them.

    That is Wilson's interval of as many independent observations as there are items, or subjects where they are fewer:
    wide, since it speaks of other items and of other subjects.
    """
    if np.isnan(cells).all():
        return None
    rate = float(np.nanmean(cells))
    subjects, items = (~np.isnan(cells)).any(axis=1).sum(), (~np.isnan(cells)).any(axis=0).sum()
    low, high = wilson(rate, float(min(items, subjects)))
    return Rate(by=by, items=int(items), subjects=int(subjects), rate=rate, low=low, high=high)


def _quarter(date: str) -> str:
    """``2024-Q2`` of ``2024-05-…``; the year of a year; nothing of what is no date."""
    match = re.match(r"(\d{4})(?:-(\d{2}))?", date)
    if match is None:
        return ""
    return f"{match[1]}-Q{(int(match[2]) + 2) // 3}" if match[2] else match[1]


def _notes(left_out: Sequence[str], fit: Rasch, codes: Array) -> Iterable[str]:
    if left_out:
        yield f"Without any response, and left out: {', '.join(left_out[:10])}{' …' if len(left_out) > 10 else ''}."
    if fit.remainder > CONVERGED:
        yield (
            "The fit did not converge: at its end an item's expected number of solutions is off by "
            f"{fit.remainder:.2g}. Do not rely on difficulties and their errors."
        )
    if fit.at_bound:
        yield (
            f"The spread of abilities, {fit.spread:.2g}, is an end of the range that is searched and no estimate: "
            f"the subjects differ {'no more than by chance' if fit.spread < 1 else 'by more than the model can say'}."
        )
    if extreme := int(fit.extreme.sum()):
        yield f"{extreme} items were solved by everybody or nobody: their difficulties are bounds."
    subjects = len(fit.ability)
    if subjects < 30:
        yield f"{subjects} subjects are few: look at the standard errors before ranking items."
    labelled = int((~np.isnan(codes)).sum())
    if 0 < labelled < len(codes):
        yield f"{len(codes) - labelled} items have no label, and no discordance."

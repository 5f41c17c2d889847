"""A panel reviews a paper: several members, each for itself, and a meta-review whose numbers are their means.

An audit's findings have no way in here: they are shown beside a review, and never change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hakken.core.config import ReviewSettings
from hakken.core.errors import BudgetExceeded, HakkenError, ModelError, QuotaExceeded, is_shut_out
from hakken.core.prompts import prompt
from hakken.core.types import Review, ReviewForm, Role, canonical_json
from hakken.models.ledger import Ledger
from hakken.research.review.form import Emphasis, Words, guide
from hakken.research.review.guard import unsupported
from hakken.research.review.material import Material, material
from hakken.research.review.merge import majority, mean_scores, merge
from hakken.research.review.reading import read_paper
from hakken.research.review.small import SmallJobs
from hakken.research.review.whole import whole_forms

_SMALL_CONTEXT = 4_000
_LARGE_CONTEXT = 60_000


def review(paper: Path, ledger: Ledger, settings: ReviewSettings, *, whole: bool = False) -> Review:
    """Review a paper.

    The calls and their order depend on the paper and the settings alone, so that a resumed run finds them in its
    record.

    Args:
        paper: A ``.pdf``, ``.tex`` or ``.md`` file.
        ledger: Asks the model of the role ``review``.
        settings: Size of the panel.
        whole: Do without nobody whom an empty account keeps from answering, where what was answered is in the record
            and the others can be asked later.

    Raises:
        UsageError: the paper cannot be read.
        BudgetExceeded: a limit of the run is met before any member is done.
        QuotaExceeded: the panel is to be whole, and the account is empty or the key wrong.
        ModelError: no member could review the paper.
    """
    read = read_paper(paper)
    model = ledger.model(Role.REVIEW)
    tokens = settings.paper_tokens or (_LARGE_CONTEXT if model.strong else _SMALL_CONTEXT)
    given = material(read, tokens)
    emphases = [guide().emphases[index % len(guide().emphases)] for index in range(settings.members)]
    failures: list[str] = []
    if model.strong:
        results = whole_forms(ledger, given, emphases, settings.reflections, settings.temperature, whole=whole)
    else:
        results = _small(ledger, given, emphases, settings.temperature, failures)
    members = _members(results, failures, whole)
    words = None
    if model.strong and len(members) > 1:
        words = _merged_by_model(ledger, read.title, members, failures, whole)
    return Review(
        paper=str(paper),
        model=model.name,
        members=members,
        meta=merge(members, words),
        reflections=settings.reflections if model.strong else 0,
        failures=tuple(failures),
        notes=given.notes,
    )


_Results = dict[int, ReviewForm | ModelError | BudgetExceeded]


def _small(
    ledger: Ledger, given: Material, emphases: Sequence[Emphasis], temperature: float, failures: list[str]
) -> _Results:
    """One member after the other: they share the paper's text, which the model then reads once."""
    results: _Results = {}
    for index, emphasis in enumerate(emphases):
        jobs = SmallJobs(ledger, given, index, emphasis, temperature)
        try:
            results[index] = jobs.review()
        except (ModelError, BudgetExceeded) as error:
            results[index] = error
        failures += [f"member {index + 1}, {failure}" for failure in jobs.failures]
    return results


def _members(results: _Results, failures: list[str], whole: bool) -> tuple[ReviewForm, ...]:
    """The forms in order; the members without one go to the failures.

    Raises:
        BudgetExceeded: there is no form, for want of budget.
        QuotaExceeded: the panel is to be whole, and an empty account keeps members from answering.
        ModelError: there is no form.
    """
    errors = {index: result for index, result in sorted(results.items()) if isinstance(result, HakkenError)}
    forms = tuple(result for _, result in sorted(results.items()) if isinstance(result, ReviewForm))
    shut_out = [error for error in errors.values() if is_shut_out(error)]
    if forms and whole and shut_out:
        raise QuotaExceeded(
            f"{len(shut_out)} of the {len(results)} reviewers could not review the paper: {shut_out[0].message}",
            shut_out[0].mend,
        )
    if forms:
        failures += [f"member {index + 1}: {error.message}" for index, error in errors.items()]
        return forms
    first = next(iter(errors.values()))
    if isinstance(first, BudgetExceeded):
        raise first
    raise type(first)(
        f"None of the {len(errors)} reviewers could review the paper: {first.message}",
        first.mend or "Another model may: -c models.review=NAME.",
    )


def _merged_by_model(
    ledger: Ledger, title: str, members: Sequence[ReviewForm], failures: list[str], whole: bool
) -> Words | None:
    """The meta-review's texts, or None where code has to merge them."""
    forms = [canonical_json(form) for form in members]
    asked = prompt(
        "review/merge",
        title=title,
        forms=forms,
        overall=mean_scores(members)["overall"],
        decision=majority(members),
    )
    known = "\n".join(forms)

    def check(words: Words) -> str | None:
        texts = (
            words.thought,
            words.summary,
            *words.strengths,
            *words.weaknesses,
            *words.questions,
            *words.limitations,
        )
        return next((problem for text in texts if (problem := unsupported(text, known))), None)

    try:
        return ledger.ask(asked, Words, check=check).value
    except (ModelError, BudgetExceeded) as error:
        if whole and is_shut_out(error):
            raise
        failures.append(f"meta-review merged by code: {error.message}")
        return None

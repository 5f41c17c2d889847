"""Members' reviews by a strong model: the whole form in one reply, then bounded reflection on one's own form.

Reflection comes before averaging, so that a mean is a mean of what members finally think. The members' calls of one
round are made side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hakken.core.errors import BudgetExceeded, ModelError, is_shut_out
from hakken.core.prompts import Prompt, prompt
from hakken.core.types import ReviewForm, canonical_json
from hakken.models.conversation import Question, Reply
from hakken.models.ledger import Ledger
from hakken.research.review.form import ACCEPT_FROM, ITEM_FIELDS, Draft, Emphasis, Reflection, fill, guide
from hakken.research.review.guard import check_scores, sift, unsupported
from hakken.research.review.material import Material

T = TypeVar("T")

_NEEDED = ("strengths", "weaknesses")


def whole_forms(
    ledger: Ledger,
    material: Material,
    emphases: Sequence[Emphasis],
    reflections: int,
    temperature: float,
    *,
    whole: bool,
) -> dict[int, ReviewForm | ModelError | BudgetExceeded]:
    """One form, or the reason why there is none, for each member.

    Raises:
        QuotaExceeded: the panel is to be ``whole``, and an empty account keeps members from reflecting.
    """
    readers = _Readers(ledger, material, emphases, reflections, temperature, whole)
    return readers.read()


class _Readers:
    """All members, round by round."""

    def __init__(
        self,
        ledger: Ledger,
        material: Material,
        emphases: Sequence[Emphasis],
        reflections: int,
        temperature: float,
        whole: bool,
    ) -> None:
        self._ledger, self._material, self._emphases = ledger, material, emphases
        self._reflections, self._temperature, self._whole = reflections, temperature, whole

    def read(self) -> dict[int, ReviewForm | ModelError | BudgetExceeded]:
        members = range(len(self._emphases))
        first = self._ask_each({member: self._question(member, Draft, self._check) for member in members})
        drafts = {member: reply.value for member, reply in first.items() if isinstance(reply, Reply)}
        lost = {member: reply for member, reply in first.items() if not isinstance(reply, Reply)}
        # A panel that cannot be whole now is not taken further: nobody else would be answered.
        thinking = set() if self._whole and any(map(is_shut_out, lost.values())) else set(drafts)
        for turn in range(1, self._reflections + 1):
            thinking = self._reflect(drafts, thinking, turn)
        return lost | {member: self._form(draft) for member, draft in drafts.items()}

    def _reflect(self, drafts: dict[int, Draft], thinking: set[int], turn: int) -> set[int]:
        """One round: revise the drafts in place; the members who changed something and go on."""
        questions = {
            member: self._question(member, Reflection, self._check_reflection, drafts[member], turn)
            for member in sorted(thinking)
        }
        changed = set()
        for member, reply in self._ask_each(questions).items():
            if self._whole and isinstance(reply, ModelError) and is_shut_out(reply):
                raise reply
            # Any other reflection that fails costs no review: the form as it was stands.
            if isinstance(reply, Reply) and not reply.value.nothing_to_change and reply.value.form:
                drafts[member] = reply.value.form
                changed.add(member)
        return changed

    def _question(
        self, member: int, output: type[T], check: Any, draft: Draft | None = None, turn: int = 0
    ) -> Question[T]:
        return Question(self._prompt(member, draft, turn), output, member, check=check, temperature=self._temperature)

    def _prompt(self, member: int, draft: Draft | None, turn: int) -> Prompt:
        asked = prompt(
            "review/form",
            paper=self._material.text,
            signs=str(self._material.signs),
            scales=guide().scales,
            accept_from=ACCEPT_FROM,
            emphasis=self._emphases[member].text,
            form=None if draft is None else canonical_json(draft),
            round=turn,
            rounds=self._reflections,
        )
        return asked if draft is None else asked.model_copy(update={"name": "review/reflect"})

    def _ask_each(self, questions: dict[int, Question[T]]) -> dict[int, Reply[T] | ModelError | BudgetExceeded]:
        """Ask side by side; where one call fails, again one by one, which finds the answered ones in the record."""
        try:
            return dict(zip(questions, self._ledger.ask_many(list(questions.values())), strict=True))
        except (ModelError, BudgetExceeded):
            return {member: self._ask(question) for member, question in questions.items()}

    def _ask(self, question: Question[T]) -> Reply[T] | ModelError | BudgetExceeded:
        try:
            return self._ledger.ask_many([question])[0]
        except (ModelError, BudgetExceeded) as error:
            return error

    def _check(self, draft: Draft) -> str | None:
        said = (unsupported(text, self._material.text) for text in (draft.thought, draft.summary))
        if problem := next(filter(None, said), None) or check_scores(draft):
            return problem
        for name in _NEEDED:
            kept, problem = sift(getattr(draft, name), self._material.text)
            if not kept:
                return f"{name}: {problem}"
        return None

    def _check_reflection(self, reflection: Reflection) -> str | None:
        if reflection.nothing_to_change:
            return None
        if reflection.form is None:
            return "nothing_to_change is false, but form is null. Give the whole revised form."
        return self._check(reflection.form)

    def _form(self, draft: Draft) -> ReviewForm:
        """The form without points that cannot stand."""
        kept = {name: sift(getattr(draft, name), self._material.text)[0] for name in ITEM_FIELDS}
        return fill(draft.model_copy(update=kept), draft)

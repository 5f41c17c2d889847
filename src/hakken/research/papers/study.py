"""What a paper is about: the record, its facts and figures, and the outcome in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from hakken.core.types import Claim, ClaimStatus, Comparison, Fact, FigureFile, Idea, Node, Snapshot, Split
from hakken.research.papers.deciding import undecidable
from hakken.research.papers.facts import FactBook
from hakken.research.papers.listings import code_of, original_of
from hakken.research.papers.quotes import quotable
from hakken.research.papers.vocabulary import own_words


@dataclass(frozen=True)
class Study:
    """Everything that the writing of one paper reads."""

    snapshot: Snapshot
    facts: tuple[Fact, ...]
    figures: tuple[FigureFile, ...]
    bib: Path
    options: dict[str, str] = field(default_factory=dict)

    @cached_property
    def places(self) -> dict[str, int]:
        """Decimals of each metric in this paper."""
        return FactBook(self.snapshot).decimals

    @cached_property
    def claim(self) -> Claim | None:
        """The primary claim."""
        return next((claim for claim in self.snapshot.claims if claim.primary), None)

    @cached_property
    def selected(self) -> Node | None:
        """The version that the selection rule picked."""
        return self.snapshot.node(self.claim.variant_id) if self.claim and self.claim.variant_id else None

    @cached_property
    def tested(self) -> Comparison | None:
        """The comparison that decided the primary claim."""
        if self.claim is None:
            return None
        about = (self.claim.variant_id, self.claim.predicate.metric)
        rows = (c for split, c in self.snapshot.comparisons if split is Split.REPORT)
        return next((c for c in rows if (c.variant_id, c.metric) == about), None)

    @cached_property
    def idea(self) -> Idea | None:
        """The idea behind the selected version, or the first one."""
        if self.selected and self.selected.idea_id:
            return self.snapshot.idea(self.selected.idea_id)
        return self.snapshot.ideas[0] if self.snapshot.ideas else None

    @cached_property
    def code(self) -> str:
        """The changed functions of the selected version."""
        return code_of(self.snapshot, self.selected.id) if self.selected else ""

    @cached_property
    def original(self) -> str:
        """The same functions as the template has them."""
        return original_of(self.snapshot, self.selected.id) if self.selected else ""

    @cached_property
    def quotes(self) -> tuple[str, ...]:
        """Expressions of the change and of the original that prose may quote."""
        return quotable(self.code, self.original)

    @cached_property
    def words(self) -> frozenset[str]:
        """Words that this record uses itself."""
        template = self.snapshot.template
        texts = [template.title, template.task, *template.setup, *template.assumptions, self.code, self.original]
        texts += [text for idea in self.snapshot.ideas for text in (idea.title, idea.hypothesis)]
        return own_words(*texts, *self.snapshot.pristine.values())

    @property
    def outcome(self) -> str:
        """The finding without numbers, for a model to write around."""
        status = self.claim.status if self.claim else ClaimStatus.UNTESTED
        if status is ClaimStatus.NOT_SUPPORTED and self.tested is not None:
            if undecidable(self.snapshot)(self.tested):
                return "the planned test has too few seeds to decide whether the change matters for this measure."
            if self.tested.apart:
                side = "in favour of" if self.tested.gain > 0 else "against"
                return (
                    f"the planned test finds a difference {side} the change on this measure, but within what sets of "
                    "seeds of the unchanged baseline differ by, so that the claim is not supported."
                )
        return {
            ClaimStatus.SUPPORTED: "the planned test supports the claim that the change helps on this measure.",
            ClaimStatus.REFUTED: "the planned test shows that the change does harm on this measure.",
            ClaimStatus.NOT_SUPPORTED: "the planned test finds no clear effect of the change on this measure.",
            ClaimStatus.UNTESTED: "no version of the code could be tested as planned.",
        }[status]

    def of(self, kind: str, about: str = "") -> list[Fact]:
        """Facts of a kind whose subject contains ``about``."""
        return [fact for fact in self.facts if fact.kind == kind and about in fact.subject]

    def figure(self, label: str) -> FigureFile | None:
        """The figure with this label, where there was something to draw."""
        return next((figure for figure in self.figures if figure.label == label), None)

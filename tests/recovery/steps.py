"""Every step that asks a model, one at a time, with what comes after its answer: as the pipeline calls it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hakken.core.config import ReviewSettings
from hakken.core.errors import ModelError
from hakken.core.source import SourceError
from hakken.core.types import Completion, Idea, Manuscript, PassageSource, Request, Role, Target, Template
from hakken.models import Ledger
from hakken.models.scripted import FunctionModel
from hakken.research.experiments import load_template, tree_hash
from hakken.research.experiments.protection import check_changes
from hakken.research.ideas import Ideation, propose
from hakken.research.papers.manuscript import to_markdown
from hakken.research.papers.study import Study
from hakken.research.papers.writer import write
from hakken.research.review.panel import review
from hakken.research.review.render import to_json
from hakken.research.review.render import to_markdown as review_markdown
from hakken.research.search.ablation import ablations
from hakken.research.search.author import Author, Trouble
from hakken.research.search.edits import Change
from hakken.research.search.tuning import options, tune
from hakken.store import Store
from tests.recovery.hostile import Hostility
from tests.recovery.pipeline import TEMPLATE

_IDEA = {
    "thought": "Spoilt readings pull the mean far away.",
    "title": "Trimmed mean of the readings",
    "hypothesis": "Leaving out extreme readings keeps spoilt ones from pulling.",
    "plan": "Sort the readings and leave out both ends.",
    "interestingness": 5,
    "feasibility": 9,
    "novelty": 3,
}
_CODE = "def combine(readings):\n    kept = sorted(readings)[1:-1]\n    return sum(kept) / (0.99 * len(kept))"
_POINTS = {
    "points": [{"section": "Method", "point": "The idea of trimming is old, and no other estimator is compared."}]
}
_SCORES = {
    "thought": "Small and planned in advance.", "originality": 2, "quality": 3, "clarity": 3, "significance": 2,
    "soundness": 3, "presentation": 3, "contribution": 2, "overall": 5,
    "confidence": 3,
}  # fmt: skip
_FORM = {
    **_SCORES,
    "ethical_concerns": False,
    "summary": "The authors trim readings before they take a mean, and measure what it changes.",
    "strengths": ["The claim was fixed before anything was measured."],
    "weaknesses": ["No other robust estimator stands beside the proposed one."],
    "questions": ["Why were both ends cut and not only one of them?"],
    "limitations": ["A single kind of sensor was looked at in simulation."],
}
_PROSE = (
    "Sensors deliver readings that scatter around a true level. Some of them are spoilt by faults that come along.",
    "The studied function turns a handful of readings into a value. Its choice decides how far it can be pulled.",
)
_REWRITE = f"Thought: Drop both ends.\n```python\n{_CODE}\n```"
_EDIT = {"thought": "Drop both ends.", "edits": [{"file": "experiment.py", "function": "combine", "code": _CODE}]}


@dataclass
class Bench:
    """A step under fire: what it was answered, and what became of the answers."""

    store: Store
    hostility: Hostility
    study: Study
    paper: Path
    only: str = ""
    """Purposes that begin so are answered with hostility; others with ``calm``."""
    calm: str = ""
    seed: int = 0
    """Of the newest use."""
    served: int = 0
    accepted: int = 0
    """Uses of the step that ended with something usable."""
    refused: int = 0
    printed: list[tuple[str, str]] = field(default_factory=list)
    """Abstracts and bodies in Markdown, for the renderer."""
    template: Template = field(default_factory=lambda: load_template(TEMPLATE))

    def ledger(self, seed: int, *, strong: bool) -> Ledger:
        """A ledger whose model is hostile; with another seed, so that nothing is answered from the record."""
        model = FunctionModel(self._answer, "hostile", strong=strong, parallel=1)
        return Ledger(dict.fromkeys(Role, model), self.store, seed=seed)

    def _answer(self, request: Request) -> str | Completion:
        self.served += 1
        return self.hostility.reply() if request.purpose.startswith(self.only) else self.calm

    @property
    def pristine(self) -> dict[str, str]:
        """The editable file."""
        return {"experiment.py": (TEMPLATE / "experiment.py").read_text()}

    def count(self, good: bool) -> None:
        """Note how one use of the step ended."""
        self.accepted += good
        self.refused += not good


def ideas(bench: Bench, seed: int, *, strong: bool = False, reflections: int = 0) -> None:
    """Propose ideas."""
    brief = Ideation(template=bench.template, pristine=bench.pristine, count=2, reflections=reflections, seed=seed)
    found = list(propose(brief, bench.ledger(seed, strong=strong), on_rejected=lambda _: bench.count(False)))
    for idea in found:
        assert str(idea.target) in {str(target) for target in bench.template.editable}
        bench.count(True)


def rewriting(bench: Bench, seed: int) -> None:
    """Rewrite a function."""
    for change in _author(bench, seed, strong=False).write(bench.pristine, [], "", None, 3):
        _take(bench, change)


def debugging(bench: Bench, seed: int) -> None:
    """Mend a function, shown output that an experiment wrote."""
    trouble = Trouble("NameError", bench.hostility.reply()[-700:].encode("utf-8", "replace").decode())
    _take(bench, _author(bench, seed, strong=False).mend(bench.pristine, bench.pristine, trouble, 1))


def editing(bench: Bench, seed: int) -> None:
    """Edit files, as strong models do."""
    for change in _author(bench, seed, strong=True).write(bench.pristine, [], "", None, 2):
        _take(bench, change)


def tuning(bench: Bench, seed: int) -> None:
    """Choose a constant."""
    text = bench.pristine["experiment.py"].replace(
        "sum(readings) / len(readings)", "sum(readings) / (0.99 * len(readings))"
    )
    try:
        _, change = tune(
            bench.template, {"experiment.py": text}, bench.pristine, bench.ledger(seed, strong=False), [], set()
        )
    except SourceError:
        bench.count(False)
        return
    _take(bench, change)


def writing(bench: Bench, seed: int, *, strong: bool = False) -> None:
    """Write every paragraph of a paper."""
    manuscript = write(bench.study, bench.ledger(seed, strong=strong), 1)
    for passage in (*manuscript.abstract, *manuscript.passages):
        if passage.source in (PassageSource.MODEL, PassageSource.CODE):
            bench.count(passage.source is PassageSource.MODEL)
    if seed % 20 == 0:
        bench.printed.append(markdown(bench.study, manuscript))


def markdown(study: Study, manuscript: Manuscript) -> tuple[str, str]:
    """What the renderer is given."""
    return to_markdown(manuscript, study)


def reviewing(bench: Bench, seed: int, *, strong: bool = False) -> None:
    """Review a paper."""
    settings = ReviewSettings(members=2 if strong else 1, reflections=1)
    try:
        verdict = review(bench.paper, bench.ledger(seed, strong=strong), settings)
    except ModelError:
        bench.count(False)
        return
    assert 1 <= verdict.meta.overall <= 10
    json.loads(to_json(verdict, None))
    assert review_markdown(verdict, None)
    bench.count(True)


def _author(bench: Bench, seed: int, *, strong: bool) -> Author:
    target = Target(file="experiment.py", function="combine")
    idea = Idea(id="i1", name="trim", target=target, lever="free", origin="model", **_IDEA)
    return Author(bench.template, idea, bench.ledger(seed, strong=strong))


def _take(bench: Bench, change: Change | SourceError) -> None:
    """What the search does with a change before it runs: nothing may be touched but what is editable."""
    if isinstance(change, SourceError):
        bench.count(False)
        return
    assert set(change.sources) == {"experiment.py"}
    pristine = {path: text.encode() for path, text in bench.pristine.items()}
    tree_hash(bench.template, change.sources)
    allowed = check_changes(bench.template, pristine, change.sources) is None
    if allowed:
        list(ablations(change.sources, bench.pristine))
        options(change.sources, bench.pristine)
    bench.count(allowed)


@dataclass(frozen=True)
class Step:
    """One step, and replies that it would take."""

    run: Callable[[Bench, int], None]
    good: tuple[str, ...]
    only: str = ""
    calm: str = ""


def steps() -> dict[str, Step]:
    """Every step that asks a model."""
    idea, free = json.dumps(_IDEA), json.dumps({**_IDEA, "target": "experiment.py:combine"})
    second = json.dumps({**_IDEA, "done": False})
    choice = json.dumps(
        {"thought": "It shrinks.", "choice": "return sum(readings) / (0.99 * len(readings)): 0.99 to 0.997"}
    )
    small = (
        json.dumps(_POINTS),
        json.dumps({**_SCORES, "harm": "nobody"}),
        "The paper tests a trimmed mean. It was planned in advance.",
    )
    return {
        "ideas, small model": Step(ideas, (idea,)),
        "ideas, strong model": Step(lambda b, s: ideas(b, s, strong=True), (free,)),
        "reflection": Step(lambda b, s: ideas(b, s, reflections=2), (second,), "ideas/reflect", idea),
        "rewriting a function": Step(rewriting, (_REWRITE,)),
        "debugging": Step(debugging, (_REWRITE,)),
        "editing files": Step(editing, (json.dumps(_EDIT),)),
        "tuning": Step(tuning, (choice,)),
        "paragraphs, small model": Step(writing, _PROSE),
        "paragraphs, strong model": Step(lambda b, s: writing(b, s, strong=True), _PROSE),
        "review, small jobs": Step(reviewing, small),
        "review, whole forms": Step(lambda b, s: reviewing(b, s, strong=True), (json.dumps(_FORM),)),
    }


def fire(step: Step, bench: Bench, replies: int) -> Iterator[int]:
    """Use a step again and again until it was answered so often; yields the seed of each use."""
    bench.only, bench.calm = step.only, step.calm
    while bench.served < replies:
        bench.seed += 1
        step.run(bench, bench.seed)
        yield bench.seed

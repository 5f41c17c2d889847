"""What calls of models will cost, said before they are made.

A table of a run's jobs with their usual sizes; settings say how many of each there are. Other commands know their
questions and have them counted. The figures are for telling minutes from hours and cents from dollars, not for
invoices.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, takewhile

from hakken.core.config import Settings
from hakken.core.prompts import Prompt
from hakken.core.types import Model, Record, Role, Usage
from hakken.models.usage import estimate_tokens

LOCAL_PROMPT_SPEED = 73.0
"""Tokens a second of the embedded model on two cores."""
LOCAL_SPEED = {1: 24.0, 2: 33.0}
"""Generated tokens a second by slots in use."""
REMOTE_SPEED = 60.0
"""Generated tokens a second that remote models usually reach."""
REMOTE_DELAY = 1.0
"""Seconds until a remote model begins."""


@dataclass(frozen=True)
class _Job:
    stage: str
    role: Role
    calls: Callable[[Settings], float]
    prompt: int
    fresh: float
    """Share of the prompt that the local model has not just read: the rest is a shared prefix and nearly free."""
    completion: int


_SEARCHING = ("changes", "repairs")
_PARAGRAPHS = 11
"""Passages of a paper that a model writes."""

_SMALL = (
    _Job("ideas", Role.IDEAS, lambda s: s.search.ideas * (1 + s.search.idea_reflections), 850, 0.5, 200),
    _Job("changes", Role.CODE, lambda s: most_versions(s, False) * min(s.search.draws(False), 4), 600, 0.3, 45),
    _Job("repairs", Role.CODE, lambda s: most_versions(s, False) * min(1, s.search.mends(False)) * 0.5, 600, 0.9, 90),
    _Job("paper", Role.WRITING, lambda s: _PARAGRAPHS * 1.8, 600, 0.4, 90),
    _Job("review", Role.REVIEW, lambda s: s.review.members * 10, 4100, 0.12, 50),
)
"""The embedded model: many small jobs; sizes as seen on the digits template."""
_LARGE = (
    _Job("ideas", Role.IDEAS, lambda s: s.search.ideas * (1 + s.search.idea_reflections), 3000, 1.0, 300),
    _Job("changes", Role.CODE, lambda s: most_versions(s, True) * min(s.search.draws(True), 2), 4000, 1.0, 900),
    _Job("repairs", Role.CODE, lambda s: most_versions(s, True) * min(1, s.search.mends(True)) * 0.3, 5000, 1.0, 900),
    _Job("paper", Role.WRITING, lambda s: _PARAGRAPHS * 1.3, 2500, 1.0, 150),
    _Job("review", Role.REVIEW, lambda s: s.review.members * (1 + s.review.reflections) + 1, 14000, 1.0, 900),
)
"""Models that see whole files and write whole forms; estimates."""


def most_versions(settings: Settings, strong: bool) -> int:
    """Versions at most. An idea that led to nothing is replaced, by a small model after one round, else after two."""
    search, limit = settings.search, settings.budget.nodes
    most = search.ideas * search.nodes_per_idea + search.spare_ideas * min(2 if strong else 1, search.nodes_per_idea)
    return most if limit is None else min(most, limit)


class StageForecast(Record):
    """One stage's share."""

    stage: str
    model: str
    usage: Usage
    priced: bool
    """Whether ``usage.usd`` is known; the local model is free, which is known."""


class Forecast(Record):
    """What model calls will use; of a run, whose trials take their time beside it, or of questions that are known."""

    stages: tuple[StageForecast, ...]
    versions: int
    """Versions of the code at most."""

    def of(self, stages: Collection[str]) -> Forecast:
        """The share of some stages of a run; changes and repairs are the search's."""
        listed = tuple(s for s in self.stages if s.stage in stages or (s.stage in _SEARCHING and "search" in stages))
        return self.model_copy(update={"stages": listed})

    @property
    def total(self) -> Usage:
        """All stages together."""
        return sum((stage.usage for stage in self.stages), Usage())

    @property
    def priced(self) -> bool:
        """Whether every stage's price is known."""
        return not self.unpriced

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Models whose price is not known: what they cost meets no limit."""
        return tuple(dict.fromkeys(stage.model for stage in self.stages if not stage.priced))

    @property
    def local_seconds(self) -> float:
        """Time of the embedded model, which answers all runs of a machine from one process."""
        return sum(stage.usage.seconds for stage in self.stages if stage.model == "local")


def forecast(settings: Settings, models: Mapping[Role, Model]) -> Forecast:
    """Estimate calls, tokens, seconds and US$ of a whole run, or of what these roles do in it."""
    pairs = [pair for pair in zip(_SMALL, _LARGE, strict=True) if pair[0].role in models]
    jobs = [large if models[large.role].strong else small for small, large in pairs]
    stages = tuple(_stage(job, settings, models[job.role]) for job in jobs)
    versions = most_versions(settings, models[Role.CODE].strong) if Role.CODE in models else 0
    return Forecast(stages=stages, versions=versions)


def forecast_questions(stage: str, model: Model, prompts: Sequence[Prompt], completion: int) -> Forecast:
    """Estimate questions that are known and asked one after the other.

    Args:
        stage: What they are asked for.
        model: Who is asked.
        prompts: All of them.
        completion: Tokens of a usual reply.
    """
    texts = ["\n".join(message.content for message in prompt.messages) for prompt in prompts]
    shared = sum(_shared(*pair) for pair in pairwise(texts))
    fresh = 1 - shared / max(1, sum(map(len, texts)))
    tokens = sum(map(estimate_tokens, texts))
    share = _share(stage, model, (len(prompts), tokens, len(prompts) * completion), fresh, parallel=1)
    return Forecast(stages=(share,), versions=0)


def _shared(one: str, other: str) -> int:
    """Characters that both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _stage(job: _Job, settings: Settings, model: Model) -> StageForecast:
    calls = round(job.calls(settings))
    sizes = calls, calls * job.prompt, calls * job.completion
    return _share(job.stage, model, sizes, job.fresh, model.parallel)


def _share(stage: str, model: Model, sizes: tuple[int, int, int], fresh: float, parallel: int) -> StageForecast:
    """What so many calls, prompt tokens and generated tokens take, with as many calls at once."""
    calls, prompt, completion = sizes
    if model.name == "local":
        seconds = prompt * fresh / LOCAL_PROMPT_SPEED + completion / LOCAL_SPEED[min(2, parallel)]
    else:
        seconds = (calls * REMOTE_DELAY + completion / REMOTE_SPEED) / max(1, min(parallel, 4))
    usd = price(model.name, prompt, completion)
    usage = Usage(calls=calls, prompt_tokens=prompt, completion_tokens=completion, seconds=seconds, usd=usd or 0.0)
    return StageForecast(stage=stage, model=model.name, usage=usage, priced=usd is not None)


def is_priced(model: str, usage: Usage) -> bool:
    """Whether what calls of a model cost is known: they were charged for, used nothing, or its price is known."""
    return usage.usd > 0 or not usage.tokens or _has_price(model)


@cache
def _has_price(model: str) -> bool:
    return price(model, 1, 1) is not None


def price(name: str, prompt_tokens: int, completion_tokens: int) -> float | None:
    """US$ for so many tokens of a model; None where no price is known."""
    provider, _, model = name.partition(":")
    if provider in ("local", "scripted"):
        return 0.0
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    tokens = Tokens(input_tokens=prompt_tokens, output_tokens=completion_tokens)
    try:
        return float(calc_price(tokens, model_ref=model, provider_id=provider).total_price)
    except LookupError:
        return None

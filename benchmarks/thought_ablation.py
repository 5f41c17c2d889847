"""Does a thought before the answer help, and does a reflection on the idea? The embedded model, on one template.

    python benchmarks/thought_ablation.py --ideas 6 --draws 2 --out hakken-runs/thought

Each idea is proposed once and kept as it is ("plain") and after one reflection ("reflected"). From the reflected idea
code is drawn with a thought before it (as Hakken does) and without one; from the plain idea with a thought. Everything
else is equal: prompts, grammars, seeds, number of draws. A version is *usable* where it parses, keeps its signature
and differs; it *ran* where its smoke run ended well; its *gain* is the mean difference of the primary metric from the
baseline over four explore seeds, signed so that more is better. Calls are recorded: the same command goes on.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from scipy import stats

from hakken.core.config import load_settings
from hakken.core.errors import MalformedReply
from hakken.core.prompts import Prompt, prompt
from hakken.core.source import SourceError, function_source
from hakken.core.types import Budget, Direction, Idea, Split, Template, Trial
from hakken.models import Ledger, Question, open_models
from hakken.research.experiments import TrialJob, run_trials
from hakken.research.experiments.template import load_template
from hakken.research.ideas.propose import Ideation, propose
from hakken.research.search.author import uses
from hakken.research.search.edits import read_rewrite, rewrite_grammar
from hakken.store import Store

SEEDS = 4
_THOUGHT = "First a thought in one or two sentences on what to write and why, then the function."


@dataclass
class Arm:
    """One way to ask, and what came of it."""

    name: str
    draws: int = 0
    usable: int = 0
    ran: int = 0
    gains: list[float] = field(default_factory=list)
    tokens: int = 0

    def row(self) -> str:
        """A line of the table, with 95 % Wilson intervals."""
        better = sum(gain > 0 for gain in self.gains)
        mean = f"{statistics.fmean(self.gains):+.2f}" if self.gains else "–"
        shares = " | ".join(_share(part, self.draws) for part in (self.usable, self.ran, better))
        return f"| {self.name} | {self.draws} | {shares} | {mean} | {self.tokens / max(1, self.draws):.0f} |"


def _share(part: int, whole: int) -> str:
    if not whole:
        return "–"
    low, high = stats.binomtest(part, whole).proportion_ci(method="wilson")
    return f"{part / whole:.0%} [{low:.0%}, {high:.0%}]"


def ask_code(
    template: Template, idea: Idea, text: str, ledger: Ledger, draws: int, thought: bool
) -> Iterator[tuple[str | None, int]]:
    """Draw versions of the idea's function: the file's new text, or None, and the tokens that it took."""
    assert idea.target is not None
    assert idea.target.function is not None
    name = idea.target.function
    asked = prompt(
        "search/rewrite",
        title=template.title,
        task=template.task.strip(),
        code=function_source(text, name),
        others=uses(text, name),
        available=f"Besides the standard library, only these packages can be imported: {', '.join(template.packages)}.",
        idea=idea,
        history=(),
        best="",
        wish="",
    )
    grammar = rewrite_grammar(text, name)
    if not thought:
        asked, grammar = _without(asked), grammar.replace('"Thought: " thought "\\n```', '"```')
    questions = [Question(asked, str, sample=sample, grammar=grammar) for sample in range(draws)]
    for reply in ledger.ask_many(questions):
        if isinstance(reply, MalformedReply):
            yield None, 0
            continue
        try:
            changed = read_rewrite(reply.value, {idea.target.file: text}, idea.target).sources[idea.target.file]
        except SourceError:
            yield None, reply.usage.completion_tokens
        else:
            yield changed, reply.usage.completion_tokens


def _without(asked: Prompt) -> Prompt:
    """The prompt without its wish for a thought."""
    *first, last = asked.messages
    assert _THOUGHT in last.content
    plain = last.model_copy(update={"content": last.content.replace(_THOUGHT, "Write the function.")})
    return asked.model_copy(update={"messages": (*first, plain)})


class Bench:
    """Runs versions, smoke run first."""

    def __init__(self, template: Template, folder: Path, workers: int) -> None:
        self.template, self._folder, self._pool = template, folder, ThreadPoolExecutor(workers)
        self._count = 0
        self._base = self._values({}, Split.EXPLORE)

    def gain(self, files: dict[str, str]) -> float | None:
        """Mean gain over the baseline on the first explore seeds; None where a run fails."""
        smoke = self._run(files, Split.SMOKE, self.template.seeds.explore[:1])[0]
        if smoke.failure is not None:
            return None
        values = self._values(files, Split.EXPLORE)
        if len(values) < len(self._base):
            return None
        sign = -1 if self.template.primary.direction is Direction.MIN else 1
        return sign * statistics.fmean(values[seed] - self._base[seed] for seed in self._base)

    def _values(self, files: dict[str, str], split: Split) -> dict[int, float]:
        trials = self._run(files, split, self.template.seeds.explore[:SEEDS])
        key = self.template.primary.key
        return {t.seed: m.value for t in trials if t.failure is None for m in t.metrics if m.key == key}

    def _run(self, files: dict[str, str], split: Split, seeds: tuple[int, ...]) -> list[Trial]:
        self._count += 1
        jobs = [
            TrialJob(
                id=f"v{self._count}-{split.value}-{seed}",
                template=self.template,
                node_id=f"v{self._count}",
                files=files,
                split=split,
                seed=seed,
                run_folder=self._folder,
                keep=self._folder / f"v{self._count}-{split.value}-{seed}",
            )
            for seed in seeds
        ]
        return run_trials(jobs, self._pool)


def main() -> None:
    """Ask, run, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--template", default="digits")
    parser.add_argument("--ideas", type=int, default=6)
    parser.add_argument("--draws", type=int, default=2, help="versions of each idea in each arm")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("hakken-runs/thought"))
    args = parser.parse_args()
    template = load_template(args.template)
    pristine = {t.file: (Path(template.root) / t.file).read_text(encoding="utf-8") for t in template.editable}
    args.out.mkdir(parents=True, exist_ok=True)
    settings = load_settings(files=[]).settings
    arms = [Arm("reflected idea, thought first"), Arm("reflected idea, no thought"), Arm("plain idea, thought first")]
    with Store(args.out / "calls.db") as store:
        ledger = Ledger(open_models(settings.models), store, Budget(), settings.models, seed=args.seed)
        brief = Ideation(template=template, pristine=pristine, count=args.ideas, reflections=1, seed=args.seed)
        reflected = list(propose(brief, ledger))
        plain = list(propose(brief.model_copy(update={"reflections": 0}), ledger))
        same = sum(a.plan == b.plan for a, b in zip(reflected, plain, strict=False))
        bench = Bench(template, (args.out / "trials").absolute(), args.workers)
        for arm, ideas, thought in zip(arms, (reflected, reflected, plain), (True, False, True), strict=True):
            for idea in ideas:
                assert idea.target is not None
                text = pristine[idea.target.file]
                for changed, tokens in ask_code(template, idea, text, ledger, args.draws, thought):
                    arm.draws, arm.tokens = arm.draws + 1, arm.tokens + tokens
                    if changed is None:
                        continue
                    arm.usable += 1
                    if (gain := bench.gain({idea.target.file: changed})) is not None:
                        arm.ran += 1
                        arm.gains.append(gain)
    print(f"{len(reflected)} ideas, {same} of which the reflection left as they were\n")
    print("| arm | versions | usable | ran | better than the baseline | mean gain of those | tokens each |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for arm in arms:
        print(arm.row())


if __name__ == "__main__":
    main()

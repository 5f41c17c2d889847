"""The agent for small models: each function is drawn several times, run, compared and mended.

Every call is one small job with a short context: the function's own file in outline, its callers, and the values that
it is called with, seen by running the experiments up to it. Execution chooses: what runs, what other versions agree
with, and no expected value, since none is in reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from hakken.agents.spending import since
from hakken.bench.agents.agreement import Trial, settled
from hakken.bench.agents.breaking import accounted
from hakken.bench.agents.capture import captured
from hakken.bench.agents.context import Retrieval, close_context, context_of, fill_prompt
from hakken.bench.agents.hole import hole_of
from hakken.bench.agents.names import unknown, with_modules
from hakken.bench.agents.repairing import Failing, past_the_error
from hakken.bench.agents.simple import report
from hakken.bench.agents.trials import LEAST, Trials
from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.agents.versions import Part, Version, Work, chosen_of, shape_of, voices
from hakken.bench.agents.writing import code_of, function_grammar, problem_with, put
from hakken.bench.experiments.lab import Lab
from hakken.bench.masking.bodies import MaskError
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.types import FunctionRef
from hakken.core.errors import BudgetExceeded, MalformedReply
from hakken.core.holes import Hole
from hakken.core.prompts import Prompt, prompt
from hakken.core.types import Budget
from hakken.core.undefined import avoidable, told_undefined
from hakken.models import Ledger

_OUTPUT = 1_000
_COOL, _WARM, _WARMER = 0.2, 0.7, 0.2
"""Temperature of the first version of each form and of the others, and what each repetition adds: it tells nothing."""
PARTS = ("draft", "examples", "vote", "fill", "contract", "repair", "alone")
"""What can be switched off, to see what it is worth."""
_ROUND = 6
"""One version in so many is asked for in a chat at the end, where no hole has run."""
_LATE = 2 / 3
"""Share of a function's time after which chats begin, where no hole has run."""
_VIEW = 4
"""Holes in a row with the file around them, and then as many without: two prompts seldom lead to one mistake, and a
server that keeps one of them only reads the other anew at each change."""
_LONGEST_HOLE = 256
"""Tokens: a hole that takes more has run away, and half a minute with it."""
VERSIONS, HOLES = 18, 48
"""Versions of a function, unless it is said otherwise: by a model that answers in chats, by one that fills holes."""
_WHOLE = 2
"""Edits of a version with which all experiments are run."""
AGREE = 3
"""Votes that agree and end the search. Two holes are easily wrong in the same way, so it takes three of them; a draft,
which is asked for in another way, and one hole are enough."""


@dataclass(frozen=True)
class Mending:
    """Writes each missing function from its surroundings, with versions, votes and mends.

    Args:
        open_ledger: Opens the account of one attempt, by its seed.
        lab: Where experiments run.
        candidates: Versions of each function, unless enough agree before or the tokens are used up.
        mends: How often a failing version goes back with its traceback and its variables: in the place of a fresh one
            while there are versions left, and after them.
        budget: Of an attempt; each function gets an equal share of what is left.
        model: Name of the model, for the record.
        draft: Whether the first version is asked for as the fixed agent does: in a chat that shows the nearest
            functions of the repository, the callers and passages of the paper.
        examples: Whether the values of a real call are shown.
        vote: Whether versions that run are compared; without it the first one is taken.
        fill: Whether versions are asked for as a hole in the file, at a tenth of the time, and in a chat only where no
            hole has run in most of it; models that fill no holes answer as in a chat.
        contract: Whether what a version returns is held against its signature and docstring.
        repair: Whether small edits of a failing version are run, without a model.
        alone: Whether every other few holes are shown without the file around them.
        agree: Votes for the same that end the search; a draft has two.
        steps: Calls of an attempt; each function gets an equal share of what is left.
    """

    open_ledger: Callable[[int], Ledger]
    lab: Lab
    candidates: int = VERSIONS
    mends: int = 3
    budget: Budget = field(default_factory=Budget)
    model: str = ""
    draft: bool = True
    examples: bool = True
    vote: bool = True
    fill: bool = True
    contract: bool = True
    repair: bool = True
    alone: bool = True
    agree: int = AGREE
    steps: int = 50

    @property
    def name(self) -> str:
        """Such as ``mending-c4-m3 (local)``, with what is switched off."""
        off = "".join(f"-no-{what}" for what in PARTS if not getattr(self, what))
        return f"mending-c{self.candidates}-m{self.mends}{off}{f' ({self.model})' if self.model else ''}"

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        """Write, run, compare, mend, report."""
        # The answer is reported from runs within the time of the attempt.
        reporting = sum(experiment.seconds for experiment in task.task.experiments)
        end = (self.budget.seconds or 1800.0) - reporting
        work = Work(self.open_ledger(seed), task, workspace, end)
        return accounted(work.ledger, lambda: self._worked(work))

    def _worked(self, work: Work) -> AgentRun:
        ending = Ending.FINISHED
        functions = work.task.task.functions
        try:
            for index, function in enumerate(functions):
                self._write(work, function, len(functions) - index)
        except BudgetExceeded as error:
            ending = Ending.of_limit(error)
            work.lines.append(error.reason)
        reported = report(work.task, work.workspace, self.lab)
        work.lines.append("all experiments ran" if reported else "an experiment fails and is left out of the answer")
        return AgentRun(
            ending=ending,
            words=work.lines[-1],
            steps=work.steps,
            prompt_tokens=work.usage.prompt_tokens,
            completion_tokens=work.usage.completion_tokens,
            usd=work.usage.usd,
            transcript=tuple(work.lines),
        )

    def _write(self, work: Work, function: FunctionRef, left: int) -> None:
        """Write one function; the best version stays in the workspace, also where the budget ends it.

        Raises:
            BudgetExceeded: a limit is met.
        """
        if work.steps >= self.steps:
            raise BudgetExceeded("calls", work.steps, self.steps)
        path = work.workspace / function.file
        masked = path.read_bytes()
        found: tuple[dict[str, str], ...] = ()
        if self.examples:
            seconds = max(LEAST, work.end - work.now)
            found = captured(work.workspace, function, work.task.task.experiments, self.lab, seconds=seconds)
        context = close_context(work.workspace, function, found)
        trials = Trials(
            work.task, work.workspace, function, context.stub, self.lab, self.contract, work.end, lambda: work.now
        )
        tokens = self.budget.tokens
        share = None if tokens is None else work.usage.tokens + (tokens - work.usage.tokens) // left
        begun = work.now
        share_of_time = max(0.0, work.end - begun) / left
        until = begun + share_of_time
        part = Part(function, context, masked, trials, begun + _LATE * share_of_time, until)
        calls = max(1, (self.steps - work.steps) // left)
        try:
            if self.draft and begun < until:
                self._draft(work, part)
            for turn in range(min(self.candidates + self.mends, calls - part.asked)):
                if self._enough(part.versions, turn) or work.now > until:
                    break
                if share is not None and part.asked and work.usage.tokens + work.last > share:
                    break
                self._step(work, part, turn)
        finally:
            chosen = chosen_of(part.versions)
            path.write_bytes(masked if chosen is None else chosen.content)

    def _enough(self, versions: Sequence[Version], turn: int) -> bool:
        if not self.vote:
            return any(version.trial.complete for version in versions)
        own = [version for version in versions if not version.edited]
        trials = [version.trial for version in own]
        if not any(trial.complete for trial in trials):
            return False
        # Where holes have run, chats, which cost ten of them, are not begun.
        return (
            turn >= self.candidates or (self.fill and turn == self._holes) or settled(trials, self.agree, voices(own))
        )

    def _step(self, work: Work, part: Part, turn: int) -> None:
        """One more version: a fresh one, or the most promising failing one mended."""
        fills = self._fills(work, part, turn)
        old = None if fills else self._to_mend(part.versions)
        reply = self._ask(work, part, turn, old, fills)
        if old is not None:
            old.mended += 1
        if reply is not None:
            self._take(work, part, reply, "mended" if old else "filled" if fills else "fresh")

    def _draft(self, work: Work, part: Part) -> None:
        """A first version as the fixed agent asks for it: it is shown more than a hole, and costs several."""
        context = context_of(work.workspace, part.function, Retrieval.BOTH)
        reply = self._reply(
            work,
            part,
            fill_prompt(context),
            check=lambda text: problem_with(text, part.name),
            grammar=function_grammar(context.stub),
        )
        if reply is not None:
            self._take(work, part, reply, "draft")

    def _take(self, work: Work, part: Part, reply: str, kind: str) -> None:
        """Run what a reply holds, as one more version."""
        said = f"{part.name}: version {part.asked}"
        try:
            content, code = with_modules(put(part.masked, part.name, reply), part.masked, code_of(reply))
        except (MaskError, SyntaxError) as error:
            work.lines.append(f"{said} refused: {error}")
            return
        key = shape_of(code)
        same = next((version for version in part.versions if version.key == key), None)
        # Holes are many, and half of those that fail name what is not there: these need no run.
        missing = unknown(content, part.masked) if kind == "filled" else ()
        part.undefined.update(missing)
        if same is not None:
            trial, part.repeated = same.trial, part.repeated + 1
        elif missing:
            trial = Trial(ran=0, of=len(work.task.task.experiments), numbers="", trouble=told_undefined(missing))
        else:
            trial = part.trials.of_all(content)
        part.versions.append(Version(code, content, key, trial, draft=kind == "draft"))
        work.lines.append(f"{said} ({'same as an earlier one' if same else kind}): {trial.trouble or 'runs'}")
        if self.repair and same is None and not trial.complete and self._edit(part, missing):
            work.lines.append(f"{said}, edited by code: runs")

    def _edit(self, part: Part, missing: Sequence[str]) -> bool:
        """Look for a small edit with which the newest version runs; one that does is a version of its own."""
        newest = part.versions[-1]
        failing = Failing(newest.code, newest.trial, missing)
        if (trouble := failing.trouble) in part.hopeless:
            return False
        for content, code in islice(past_the_error(failing, part.trials, part.masked, part.until), _WHOLE):
            found = part.trials.of_all(content)
            if found.complete:
                part.versions.append(Version(code, content, shape_of(code), found, origin=newest.key))
                return True
        part.hopeless.add(trouble)
        return False

    @property
    def _holes(self) -> int:
        """Versions that are asked for as a hole, before those that are asked for in a chat and cost ten of them."""
        return self.candidates - max(1, self.candidates // _ROUND) if self.fill else 0

    def _fills(self, work: Work, part: Part, turn: int) -> bool:
        """Whether a version is asked for as a hole."""
        return turn < self._holes and (part.runs or work.now < part.late)

    def _to_mend(self, versions: Sequence[Version]) -> Version | None:
        """The failing version that got farthest, of those that were mended least; None when nothing is to be mended."""
        if sum(version.mended for version in versions) >= self.mends:
            return None
        failing = [version for version in versions if not version.trial.complete]
        return max(failing, key=lambda v: (-v.mended, v.trial.ran), default=None)

    def _ask(self, work: Work, part: Part, turn: int, old: Version | None, fills: bool) -> str | None:
        """A reply that holds the function, or None."""
        context = part.context
        asked = prompt(
            "agents/write",
            **context.model_dump(),
            failing=old.code if old else "",
            failure=old.trial.trouble if old else "",
            output=old.trial.detail[-_OUTPUT:] if old else "",
        )
        alone = fills and self.alone and turn // _VIEW % 2 == 1
        hole = _hole(work, part, alone) if fills else None
        first = (fills, alone) not in part.forms
        part.forms.add((fills, alone))

        def read(text: str) -> str:
            """The whole function, where the model was one that fills no holes; else what it put into the hole."""
            if hole is None or problem_with(text, part.name) is None:
                return text
            return hole.filled(text)

        found = self._reply(
            work,
            part,
            asked,
            sample=turn,
            check=lambda text: problem_with(read(text), part.name),
            temperature=_COOL if first else min(1.3, _WARM + _WARMER * part.repeated),
            max_tokens=_LONGEST_HOLE if hole is not None else None,
            grammar=None if hole is not None else function_grammar(context.stub, mending=old is not None),
            infill=hole.infill if hole is not None else None,
            avoid=avoidable(part.undefined) if hole is not None else (),
        )
        return None if found is None else read(found)

    @staticmethod
    def _reply(work: Work, part: Part, asked: Prompt, **how: Any) -> str | None:
        """What the model replies, or None where no reply could be used; paid for either way."""
        work.steps += 1
        part.asked += 1
        before = work.ledger.used
        try:
            reply = work.ledger.ask(asked, str, **how)
        except MalformedReply as error:
            work.lines.append(f"{part.name}: no usable reply: {error.message}")
            work.usage += since(before, work.ledger.used)
            return None
        except BudgetExceeded:
            work.usage += since(before, work.ledger.used)
            raise
        work.usage += reply.usage
        work.last = reply.usage.tokens
        return reply.value


def _hole(work: Work, part: Part, alone: bool) -> Hole | None:
    """The hole; None, for a chat, where the file cannot be read as Python's own parser does."""
    try:
        return hole_of(work.workspace, part.function, part.context, alone)
    except (MaskError, SyntaxError):
        return None

"""Asking a model for code: one function at a time for small models, edits across files for strong ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hakken.core.errors import MalformedReply
from hakken.core.holes import Hole
from hakken.core.prompts import Prompt, prompt
from hakken.core.source import SourceError, function_names, function_source
from hakken.core.types import Idea, Role, Target, Template
from hakken.core.undefined import avoidable
from hakken.models import Ledger, Question
from hakken.research.search.edits import Change, EditList, apply_edits, looked_over, read_rewrite, rewrite_grammar
from hakken.research.search.hole import hole_of
from hakken.research.search.laboratory import Sources

_USES = 6
"""Lines around a call that a small model is shown."""
_FILLING = 160
"""Tokens of a function's body at most: three times as many as the bodies that run have on average."""
_COOL, _WARMER, _HOT = 0.5, 0.12, 1.2
"""Temperature of the first filling of a hole, and what each further one adds: a small model would repeat itself."""


@dataclass(frozen=True)
class Trouble:
    """Why the newest version fails: the reason, and the end of its output."""

    failure: str
    output: str = ""


@dataclass(frozen=True)
class Author:
    """Writes candidates for one idea on one template."""

    template: Template
    idea: Idea
    ledger: Ledger

    @property
    def strong(self) -> bool:
        """Whether edits may span functions and files."""
        return self.ledger.model(Role.CODE).strong

    @property
    def target(self) -> Target:
        """The function that a small model rewrites."""
        assert self.idea.target is not None
        return self.idea.target

    def write(
        self, texts: Sources, history: Sequence[str], wish: str, best: Sources | None, count: int, turn: int = 0
    ) -> Iterator[Change | SourceError]:
        """Yield up to ``count`` versions drawn from one prompt, as many at a time as the model answers together.

        A model that fills holes is given the idea as one first: a small one writes more code so that runs, in a
        third of the tokens, and is kept from names that its earlier versions used and nobody defines. The last third
        is asked for in a conversation, which fails for other reasons.

        Args:
            texts: All editable files of the parent.
            history: What was measured, in words.
            wish: What this version should do beyond the idea.
            best: Files of the best version so far, where the new one should build upon it.
            count: Versions to draw at most.
            turn: How often this idea was written before, so that no hole is filled in the same way twice.
        """
        fills = 0
        if self.strong:
            asked = self._edit_prompt(best or texts, history, wish, None)
        else:
            current = function_source(best[self.target.file], self.target.function or "") if best else ""
            asked = prompt(
                "search/rewrite", **self._about(texts), idea=self.idea, history=history, best=current, wish=wish
            )
            hole = hole_of(texts[self.target.file], self.target.function or "", self.idea) if best is None else None
            if hole is not None:
                fills = count - count // 3
                yield from self._draw(asked, texts, range(turn * fills, (turn + 1) * fills), hole)
        yield from self._draw(asked, best or texts, range(fills, count))

    def mend(self, texts: Sources, original: Sources, trouble: Trouble, turn: int) -> Change | SourceError:
        """Mend a version that fails; ``turn`` counts the debug rounds from 1."""
        if self.strong:
            asked = self._edit_prompt(texts, [], "Mend it.", trouble)
        else:
            asked = prompt(
                "search/debug",
                **self._about(original),
                idea=self.idea,
                failing=function_source(texts[self.target.file], self.target.function or ""),
                failure=trouble.failure,
                output=trouble.output[-700:],
            )
        return next(self._draw(asked, texts, range(turn, turn + 1), working=original))

    def _draw(
        self,
        asked: Prompt,
        texts: Sources,
        numbers: range,
        hole: Hole | None = None,
        working: Sources | None = None,
    ) -> Iterator[Change | SourceError]:
        options: dict[str, Any] = {}
        output: type[Any] = EditList
        if not self.strong:
            output = str
            options["grammar"] = rewrite_grammar(texts[self.target.file], self.target.function or "")
        if hole is not None:
            options |= {"infill": hole.infill, "max_tokens": _FILLING}
        # Draws of one prompt: a model on this machine reads it once for all when they come one after the other.
        at_once = self.ledger.model(Role.CODE).parallel if self.strong else 1
        samples = list(numbers)
        undefined: set[str] = set()
        while samples:
            batch, samples = samples[:at_once], samples[at_once:]
            if hole is not None:
                options["temperature"] = min(_HOT, _COOL + _WARMER * (batch[0] - numbers.start))
                options["avoid"] = avoidable(undefined)
            for reply in self._ask(asked, output, batch, options):
                if isinstance(reply, MalformedReply):
                    yield SourceError(reply.message)
                    continue
                try:
                    change = self._read(reply.value, texts, hole)
                    change = looked_over(change, working or texts, {*self.template.packages, *self._files()})
                except SourceError as error:
                    yield error
                    continue
                undefined.update(change.undefined)
                yield change

    def _ask(self, asked: Prompt, output: type[Any], samples: list[int], options: dict[str, Any]) -> list[Any]:
        return self.ledger.ask_many([Question(asked, output, sample=sample, **options) for sample in samples])

    def _read(self, value: EditList | str, texts: Sources, hole: Hole | None) -> Change:
        if isinstance(value, EditList):
            return apply_edits(value, texts, self.template)
        if hole is not None and "```" not in value:
            value = f"```python\n{hole.filled(value)}```"
        return read_rewrite(value, texts, self.target)

    def _files(self) -> Iterator[str]:
        return (path.stem for path in Path(self.template.root).glob("*.py"))

    def _edit_prompt(self, texts: Sources, history: Sequence[str], wish: str, trouble: Trouble | None) -> Prompt:
        spec = self.template.primary
        return prompt(
            "search/edit",
            title=self.template.title,
            task=self.template.task.strip(),
            metric=f"{spec.label} on {spec.dataset}",
            direction="lower" if spec.direction.value == "min" else "higher",
            files=[{"path": path, "text": text} for path, text in sorted(texts.items())],
            targets=[str(target) for target in self.template.editable],
            available=self._available(),
            idea=self.idea,
            history=history,
            failure=trouble.failure if trouble else "",
            output=trouble.output[-3000:] if trouble else "",
            wish=wish,
        )

    def _about(self, texts: Sources) -> dict[str, Any]:
        text, name = texts[self.target.file], self.target.function or ""
        return {
            "title": self.template.title,
            "task": self.template.task.strip(),
            "code": function_source(text, name),
            "others": uses(text, name),
            "available": self._available(),
        }

    def _available(self) -> str:
        if not self.template.packages:
            return "Only the standard library and what the file imports already can be used."
        return (
            f"Besides the standard library, only these packages can be imported: {', '.join(self.template.packages)}."
        )


def uses(text: str, name: str) -> str:
    """The lines around the first place where a function is called, as context for who rewrites it."""
    pattern = re.compile(rf"\b{re.escape(name)}\(")
    for other in function_names(text):
        if other == name:
            continue
        lines = function_source(text, other).splitlines()
        for index, line in enumerate(lines):
            if pattern.search(line):
                start = max(0, index - _USES // 2)
                around = lines[start : index + _USES // 2]
                return "\n".join([lines[0], *(["    ..."] if start > 1 else []), *around[start == 0 :]])
    return ""

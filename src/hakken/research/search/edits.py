"""Edits: what a model returns, made into files. A wrong edit is refused with a reason that its author can act on."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from pydantic import BaseModel, Field

from hakken.core.source import (
    SourceError,
    function_source,
    parse,
    replace_function,
    signature,
    with_docstring,
)
from hakken.core.types import Target, Template
from hakken.core.undefined import newly_undefined, qualified, strange_imports, told_undefined, undefined_names
from hakken.research.search.laboratory import Sources


class Edit(BaseModel):
    """The new text of a top-level function, or of a whole file."""

    file: str
    function: str | None = None
    code: str


class EditList(BaseModel):
    """A reply of a strong model."""

    thought: str
    edits: list[Edit] = Field(min_length=1, max_length=12)


@dataclass(frozen=True)
class Change:
    """A change ready to run: why, and the files that now differ from the template."""

    thought: str
    sources: Sources
    problem: str = ""
    """Why it cannot run, where that is plain without a run."""
    undefined: tuple[str, ...] = ()
    """Names that it uses and nobody defines."""


def rewrite_grammar(text: str, name: str) -> str:
    """GBNF for a thought and one function whose signature is fixed, so that only the body can vary."""
    head = signature(text, name).replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'root ::= "Thought: " thought "\\n```python\\n{head}\\n" line+ "```"\n'
        # Plain letters: when it runs long, a small model goes on in another script.
        'thought ::= [ -_a-~]{20,200} "."\n'
        # No docstring (the template's is kept) and no comments: both cost tokens and change nothing.
        'line ::= "    " [^\\n`"#] [^\\n`]{0,109} "\\n" | "\\n"\n'
    )


def read_rewrite(reply: str, sources: Sources, target: Target) -> Change:
    """Take the function out of a reply and put it into its file.

    The docstring of the template is kept, since it is the contract that the rest of the program relies on.

    Raises:
        SourceError: there is no such function in the reply, or it does not fit.
    """
    if target.function is None:
        raise SourceError(f"{target} is a whole file, not a function.")
    block = re.search(r"```(?:python)?\s*\n(.*?)(?:```|\Z)", reply, re.DOTALL)
    code = block.group(1) if block else reply
    thought = re.sub(r"^\s*thought:\s*", "", reply.split("```", 1)[0], flags=re.IGNORECASE).strip()
    before = sources[target.file]
    parse(code)
    code = with_docstring(code, target.function, before)
    after = replace_function(before, target.function, code)
    if _same(function_source(before, target.function), function_source(after, target.function)):
        raise SourceError("The function is the same as before; it must carry out the idea.")
    after, put = qualified(after, undefined_names(before))
    if put:
        thought = f"{thought} The program wrote {', '.join(put)} where the module was missing.".strip()
    return Change(thought, {**sources, target.file: after})


def apply_edits(edits: EditList, sources: Sources, template: Template) -> Change:
    """Apply a strong model's edits, in order.

    Raises:
        SourceError: an edit is outside of what may be changed, or does not fit.
    """
    allowed = {str(target) for target in template.editable}
    texts = dict(sources)
    for edit in edits.edits:
        name = f"{edit.file}:{edit.function}" if edit.function else edit.file
        if name not in allowed and edit.file not in allowed:
            raise SourceError(f"{name} may not be changed; these may: {', '.join(sorted(allowed))}.")
        if edit.function is None:
            if edit.file.endswith(".py"):
                parse(edit.code)
            texts[edit.file] = edit.code.rstrip("\n") + "\n"
        else:
            texts[edit.file] = replace_function(texts[edit.file], edit.function, edit.code)
    if texts == dict(sources):
        raise SourceError("The edits change nothing.")
    return Change(edits.thought, texts)


def looked_over(change: Change, before: Sources, packages: Collection[str]) -> Change:
    """Say where code uses what is not there: no run is needed to find that out.

    Args:
        change: What is to be looked at.
        before: The files as they were when they worked, whose own oddities do not count.
        packages: What may be imported besides the standard library and what the files import already.
    """
    for name, text in change.sources.items():
        old = before.get(name, "")
        if text == old or not name.endswith(".py"):
            continue
        if strange := strange_imports(text, {*packages, *strange_imports(old, ())}):
            return replace(change, problem=f"No module named {strange[0]!r} is there to be imported.")
        if missing := newly_undefined(text, old):
            return replace(change, problem=told_undefined(missing), undefined=missing)
    return change


def _same(one: str, other: str) -> bool:
    return ast.dump(parse(one)) == ast.dump(parse(other))

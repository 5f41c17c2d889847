"""An idea as a hole in the experiment: its function without a body, and the idea in the docstring.

Small models fill a hole in a file in a third of the tokens that they need in a conversation, and more often with code
that runs, since a file is what they have read most of.
"""

from __future__ import annotations

import textwrap

from hakken.core.holes import Hole, near_after, near_before
from hakken.core.source import docstring, function_source, signature
from hakken.core.types import Idea, Infill

_BEFORE, _AFTER, _WIDTH = 1_500, 900, 100
"""Characters of the file around the hole, and of a line of the idea."""


def hole_of(text: str, name: str, idea: Idea) -> Hole | None:
    """The hole for an idea, or None where the function cannot be told apart from the rest of the file."""
    source = function_source(text, name)
    before, found, after = text.partition(source)
    if not found:
        return None
    asked = textwrap.wrap(f"{idea.title.rstrip('.')}. {idea.plan}", _WIDTH - 4)
    said = "\n".join([docstring(text, name), "", *asked]).strip()
    quoted = textwrap.indent(said.replace('"""', "'").replace("\\", " "), "    ").strip()
    decorators = source.partition("def ")[0]
    head = f'{decorators}{signature(text, name)}\n    """{quoted}\n    """'
    prefix = near_before(before.rstrip("\n") + "\n\n", _BEFORE)
    return Hole(infill=Infill(prefix=f"{prefix}{head}\n", suffix=near_after(after, _AFTER)), head=head)

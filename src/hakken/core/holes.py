"""A function's body as a hole in its file, and what a model put into it."""

from __future__ import annotations

import re
import textwrap

from hakken.core.types import Infill, Record

_FOUR_SPACES = re.compile(r"^(?: {4})+", re.MULTILINE)


class Hole(Record):
    """A function without its body, and the file around it."""

    infill: Infill
    head: str
    """Signature and docstring, as they stand in the file."""
    indent: int = 0
    """Columns before ``def``."""

    def filled(self, reply: str) -> str:
        """The function, with what stands in the hole up to where the function has ended."""
        tabs = any(line.startswith("\t") for line in self.head.split("\n"))
        reply = _FOUR_SPACES.sub(_as_tabs, reply) if tabs else reply.replace("\t", "    ")
        lines: list[str] = []
        for line in reply.split("\n"):
            if lines and line.strip() and len(line) - len(line.lstrip()) <= self.indent:
                break  # the model went on with the rest of the file
            lines.append(line)
        body = "\n".join(lines).rstrip()
        if body.strip() and not body[0].isspace():
            body = ("\t" * (self.indent + 1) if tabs else " " * (self.indent + 4)) + body
        return textwrap.dedent(f"{self.head}\n{body}\n")


def _as_tabs(spaces: re.Match[str]) -> str:
    return "\t" * (len(spaces[0]) // 4)


def near_before(text: str, limit: int) -> str:
    """What a model should see of the text before a hole: the imports, and the definitions nearest to it."""
    if len(text) <= limit:
        return f"{text}\n" if text else ""
    head = text[: limit // 3].rpartition("\n")[0]
    tail = text[-(limit - len(head)) :]
    # From the beginning of a definition on, so that no body stands without its head.
    starts = [at for mark in ("\ndef ", "\nclass ", "\n@") if (at := tail.find(mark)) >= 0]
    return f"{head}\n\n# …\n{tail[min(starts) :] if starts else tail}\n"


def near_after(text: str, limit: int) -> str:
    """What a model should see of the text after a hole, in whole lines."""
    return text if len(text) <= limit else text[:limit].rpartition("\n")[0] + "\n"

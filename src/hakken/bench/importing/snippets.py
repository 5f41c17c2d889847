"""Snippets between tags in a file: the annotation of ResearchCodeBench.

A tag stands alone on a line, behind the comment mark. The paper writes ``# <ResearchCodeBench hint="...">`` and
``# </ResearchCodeBench hint="...">``, the repository ``# <paper2code name="...">``; both are read. Snippets nest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hakken.core.errors import UsageError
from hakken.core.types import Record

_TAG = re.compile(
    r'^\s*#\s*<(?P<close>/?)(?:ResearchCodeBench\s+hint|paper2code\s+name)="(?P<hint>[^"]+)"\s*>\s*$', re.IGNORECASE
)


class TagError(UsageError):
    """Tags of a file do not fit together."""


class Snippet(Record):
    """The lines between a pair of tags."""

    hint: str
    start: int
    """Line of the opening tag, from 0."""
    end: int
    """Line of the closing tag."""
    lines: int
    """Lines of code, tags, comments and blank lines aside: its weight."""


def has_tags(text: str) -> bool:
    """Whether there is any."""
    return any(_TAG.match(line) for line in text.splitlines())


def snippets_of(text: str, where: str) -> list[Snippet]:
    """All snippets of a file, in the order of their opening tags.

    Raises:
        TagError: a tag is not closed, or closes what is not open.
    """
    lines = text.splitlines()
    open_: list[tuple[str, int]] = []
    found: list[Snippet] = []
    for number, line in enumerate(lines):
        tag = _TAG.match(line)
        if tag is None:
            continue
        hint = tag["hint"]
        if not tag["close"]:
            open_.append((hint, number))
        elif not open_ or open_[-1][0] != hint:
            wanted = f", and {open_[-1][0]!r} is open" if open_ else ", and nothing is open"
            raise TagError(f"{where}, line {number + 1}: the tag closes {hint!r}{wanted}.", "Mend the tags.")
        else:
            start = open_.pop()[1]
            inside = lines[start + 1 : number]
            found.append(Snippet(hint=hint, start=start, end=number, lines=code_lines(inside)))
    if open_:
        raise TagError(f"{where}, line {open_[-1][1] + 1}: {open_[-1][0]!r} is never closed.", "Mend the tags.")
    return sorted(found, key=lambda snippet: snippet.start)


def code_lines(lines: Sequence[str]) -> int:
    """Lines that are neither blank nor comments, counted as the benchmark counts them."""
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in lines)


def without_tags(text: str) -> str:
    """The file without its tags; every other line stays."""
    return "".join(line for line in text.splitlines(keepends=True) if not _TAG.match(line.rstrip("\r\n")))


def masked(text: str, snippet: Snippet) -> str:
    """The file with a comment and a ``raise`` in the place of a snippet, and without tags."""
    lines = text.splitlines(keepends=True)
    inside = [line for line in lines[snippet.start + 1 : snippet.end] if line.strip()]
    indent = min((line[: len(line) - len(line.lstrip())] for line in inside), key=len, default="")
    note = [
        f'{indent}# TODO: Implement block "{snippet.hint}"\n',
        f"{indent}# Approximately {snippet.lines} line(s) of code.\n",
        f"{indent}raise NotImplementedError()\n",
    ]
    return without_tags("".join([*lines[: snippet.start], *note, *lines[snippet.end + 1 :]]))

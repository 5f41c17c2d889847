"""LaTeX that does not close what it opens, closed, so that one slip does not cost the whole paper."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([^{}]*)\}")
_PARAGRAPH = re.compile(r"(\n[ \t]*\n)")
_VERBATIM = re.compile(r"\\begin\{(verbatim\*?|lstlisting|minted)\}.*?\\end\{\1\}", re.DOTALL)


def mended(body: str) -> tuple[str, list[str]]:
    """The source with every group and environment closed, and what had to be left out for that."""
    literal = [m.span() for m in _VERBATIM.finditer(body)]
    cut = _unmatched_environments(body, literal)
    said = [body[a:b] for a, b in cut]
    body = _without(body, cut)
    literal = [m.span() for m in _VERBATIM.finditer(body)]
    if _unmatched_braces(body, literal):
        loose: list[int] = []
        at = 0
        for piece in _PARAGRAPH.split(body):
            loose += [at + k for k in _unmatched_braces(piece, [(a - at, b - at) for a, b in literal])]
            at += len(piece)
        said += [_line(body, k) for k in loose]
        body = _without(body, [(k, k + 1) for k in loose])
    return body, list(dict.fromkeys(said))


def _unmatched_environments(body: str, literal: list[tuple[int, int]]) -> list[tuple[int, int]]:
    open_: list[tuple[str, tuple[int, int]]] = []
    cut: list[tuple[int, int]] = []
    for match in _ENVIRONMENT.finditer(body):
        kind, name = match.groups()
        if name == "document" or any(a <= match.start() < b for a, b in literal):
            continue
        if kind == "begin":
            open_.append((name, match.span()))
        elif any(name == other for other, _ in open_):
            while open_[-1][0] != name:
                cut.append(open_.pop()[1])
            open_.pop()
        else:
            cut.append(match.span())
    return sorted(cut + [span for _, span in open_])


def _unmatched_braces(text: str, literal: Iterable[tuple[int, int]]) -> list[int]:
    spans = [(a, b) for a, b in literal if b > 0]
    open_: list[int] = []
    loose: list[int] = []
    at = 0
    while at < len(text):
        inside = next((b for a, b in spans if a <= at < b), None)
        if inside is not None:
            at = inside
        elif text[at] == "\\":
            at += 2
        else:
            if text[at] == "{":
                open_.append(at)
            elif text[at] == "}" and open_:
                open_.pop()
            elif text[at] == "}":
                loose.append(at)
            at += 1
    return sorted(loose + open_)


def _line(body: str, at: int) -> str:
    start = body.rfind("\n", 0, at) + 1
    end = body.find("\n", at)
    return body[start : end if end >= 0 else len(body)].strip()


def _without(body: str, spans: list[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in spans:
        parts.append(body[at:start])
        at = end
    return "".join((*parts, body[at:]))

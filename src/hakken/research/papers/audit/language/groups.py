"""Names that belong together: lists of them, and the numbers of a list that are theirs in turn."""

from __future__ import annotations

import re
from itertools import pairwise

from hakken.research.papers.audit.language.mentions import Mention
from hakken.research.papers.audit.language.numbers import Number, find_numbers

_JOINED = re.compile(
    r"^\s*(?:(?!beats?\b|outperform|surpass|exceed|than\b|over\b|vs\b|versus|against|reach|is\b|was\b|with\b)[a-z]+s?\b)?"
    r"\s*(?:,|/|&|\band\b|\bor\b|\bas well as\b|\s|\bthe\b|\()*\s*$"
)
RESPECTIVE = re.compile(r"\brespectively\b|\d\s?/\s?\d")


def grouped(mentions: list[Mention], text: str) -> list[list[Mention]]:
    """Names that a list joins: "addition, subtraction, and division"."""
    groups: list[list[Mention]] = []
    for mention in mentions:
        if groups and _JOINED.match(text[groups[-1][-1].end : mention.start]):
            groups[-1].append(mention)
        else:
            groups.append([mention])
    return groups


def respective(number: Number, text: str, groups: list[list[Mention]]) -> tuple[str, ...]:
    """``0.35 and 0.98 for circle and dino, respectively``: the first number is about the first name."""
    for group in groups:
        numbers = [n for n in find_numbers(text) if not any(m.start <= n.start < m.end for m in group)]
        rows = [k for k in range(len(numbers) - len(group) + 1) if _is_list(numbers[k : k + len(group)], text)]
        for k in rows if len(group) > 1 else ():
            row = numbers[k : k + len(group)]
            if number.start in [n.start for n in row]:
                return group[[n.start for n in row].index(number.start)].ids
    return ()


def _is_list(numbers: list[Number], text: str) -> bool:
    return all(
        re.fullmatch(r"\s?(?:%|s|seconds|steps)?\s?(?:,|,? and|/|or|;)\s?", text[a.end : b.start])
        for a, b in pairwise(numbers)
    )


def ids_of(group: list[Mention]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for m in group for i in m.ids))


def all_of(mentions: list[Mention], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for m in mentions if m.kind == kind for i in m.ids))

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


def in_turn(number: Number, text: str, mentions: list[Mention]) -> tuple[str, ...]:
    """The n-th of as many names as there are numbers in a plain list: "on A, B and C, …: by 1 %, 2 % and 3 %"."""
    numbers = [n for n in find_numbers(text) if not any(m.start <= n.start < m.end for m in mentions)]
    at = next((k for k, n in enumerate(numbers) if n.start == number.start), None)
    if at is None:
        return ()
    first, last = at, at
    while first > 0 and _is_list(numbers[first - 1 : first + 1], text):
        first -= 1
    while last + 1 < len(numbers) and _is_list(numbers[last : last + 2], text):
        last += 1
    told = list(dict.fromkeys(m.ids for m in mentions if m.end <= numbers[first].start))
    return told[at - first] if 1 < last - first + 1 == len(told) else ()


def _is_list(numbers: list[Number], text: str) -> bool:
    return all(
        re.fullmatch(r"\s?(?:%|s|seconds|steps)?\s?(?:,|,? and|/|or|;)\s?", text[a.end : b.start])
        for a, b in pairwise(numbers)
    )


def ids_of(group: list[Mention]) -> tuple[str, ...]:
    # "Our best configuration, dynamic weighting": what is told in general is the one that is told by name.
    named = [m for m in group if not any(set(o.ids) < set(m.ids) for o in group)]
    return tuple(dict.fromkeys(i for m in named for i in m.ids))


def all_of(mentions: list[Mention], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for m in mentions if m.kind == kind for i in m.ids))

"""What a sentence tells of the absence of a variant: "without label smoothing, the error rises"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hakken.research.papers.audit.language.mentions import Mention

_TAKEN_AWAY = re.compile(
    r"\b(?:without(?: (?:using|applying|any|the use of))?|remov(?:es|ed|ing|al of)|(?:in )?(?:the )?absence of"
    r"|drops?|(?:omit|dropp|undo|replac|disabl|ablat|exclud)\w*|instead of|tak\w+ (?:back|out|away)|leav\w+ out"
    r"|left out|(?:turn|switch)\w* off|lack(?:s|ing)?(?: of)?)\s+(?:the |our |this )?$",
    re.I,
)
"""What stands before a name and takes away what it names."""
_IS_TAKEN = re.compile(
    r"\s+(?:(?:is|was|are|were|has been|had been|being)\s+)?(?:removed|omitted|undone|replaced|disabled|ablated|absent"
    r"|left out|taken (?:back|out|away)|(?:turned|switched) off)\b",
    re.I,
)
"""What stands behind it and does the same."""
_COMPARED = re.compile(
    r"\b(?:than|against|compared|comparison|relative to|versus|vs\.?|as opposed to|in contrast to|unlike|from)\b"
    r"(?:[^,;:.]|\.(?=\d)){0,60}$",
    re.I,
)
"""What opens the other side of a comparison: "than training without label smoothing"."""
_ELSEWHERE = re.compile(r"[,;:]|\b(?:and|but|while|whereas)\b", re.I)
"""Ends the part of a sentence that an effect is told in."""
_BACK = re.compile(r"\b(?:with|adding|add(?:s|ed)?|using|us(?:es|ed)|applying|applied) (?:it|them|the change)\b", re.I)
"""What was taken away is there again."""
_GONE = re.compile(r"\bwithout (?:it|them|the change)\b", re.I)
"""It is taken away by a word that stands for its name."""


def lacks(mention: Mention, text: str) -> bool:
    """Whether a text takes away what is named: "without label smoothing", "label smoothing is removed"."""
    before, behind = text[: mention.start], text[mention.end :]
    return _TAKEN_AWAY.search(before) is not None or _IS_TAKEN.match(behind) is not None


def is_taken_away(variant: str, mentions: Sequence[Mention], text: str, at: int) -> bool | None:
    """Whether a word tells what the absence of a variant does: "without label smoothing, it rises".

    What the variant is compared with is no absence: in "it rises, compared with training without it" the variant acts.

    Args:
        variant: The variant.
        mentions: What the text names.
        text: A sentence.
        at: Where the word, or the number, stands that tells the effect.

    Returns:
        None where the variant is named only as what something is compared with, so that nobody knows what acts.
    """
    named = [m for m in mentions if m.kind == "variant" and m.ids == (variant,)]
    told = [m for m in named if not (lacks(m, text) and _COMPARED.search(text[: m.start]))]
    before, behind = [m for m in told if m.end <= at], [m for m in told if m.end > at]
    if before:
        near = [m for m in behind[:1] if not _ELSEWHERE.search(text[at : m.start])]
        return any(lacks(m, text) for m in (before[-1], *near))
    if behind:
        return lacks(behind[0], text)
    return None if named else False


def as_parents(
    mentions: Sequence[Mention], text: str, span: tuple[int, int], parents: Mapping[str, str | None]
) -> list[Mention]:
    """Mentions as a number means them: what is run without a version is the version that it was made from.

    Args:
        mentions: What the text names.
        text: A sentence.
        span: Where the number stands; "with it" between name and number, or right behind the number, gives the
            version back: "without label smoothing it is 10.0 %, and 9.1 % with it"; "without it" takes it away.
        parents: Version -> what it was made from, where a record tells.
    """
    start, end = span
    behind = re.match(r"[^,;:.\d]*", text[end:])
    told = behind.group() if behind else ""
    found = []
    for mention in mentions:
        parent = parents.get(mention.ids[0]) if mention.kind == "variant" and len(mention.ids) == 1 else None
        between = text[mention.end : start] if mention.end <= start else ""
        back = _BACK.search(told) or _BACK.search(between)
        gone = _GONE.search(told) or (lacks(mention, text) and not back)
        found.append(mention if parent is None or not gone else replace(mention, ids=(parent,)))
    return found

"""The paragraph of a paper that is nearest to a function, by the words that they share."""

from __future__ import annotations

import math
import re
from collections import Counter

from hakken.bench.texts.papers import GONE

_WORD = re.compile(r"[A-Za-z]{3,}")
_ELSEWHERE = re.compile(
    r"\b(abstract|introduction|background|related|experimental|experiments?|set-?up|results?|discussion|limitations?"
    r"|conclusions?|references)\b",
    re.I,
)
_LEAST = 40
"""Characters of a paragraph that can describe something."""


def paragraphs(text: str) -> list[str]:
    """Paragraphs of prose, headings and tables aside.

    A list or a formula belongs to the words that announce it, and a sentence that goes on to its beginning.
    """
    return [part for part, _ in _parts(text)]


def best_passages(text: str, query: str, count: int = 1) -> list[str]:
    """The paragraphs with the largest cosine of weighted words, best first.

    A paragraph that results were taken out of, or in a section about something else than the method, is taken only
    where there is no other.
    """
    found = _parts(text)
    clean = [part for part, about in found if GONE not in part and about]
    return nearest(clean or [part for part, _ in found if GONE not in part] or [p for p, _ in found], query, count)


def _parts(text: str) -> list[tuple[str, bool]]:
    """Paragraphs, and whether each stands in a section that may describe the method."""
    joined: list[tuple[str, bool]] = []
    about = True
    for block in re.split(r"\n\s*\n", text):
        part = " ".join(block.split())
        if heading := re.match(r"#+\s+(.*)", part):
            about = not _ELSEWHERE.search(heading.group(1))
        elif part and not part.startswith("|"):
            follows = joined and (joined[-1][0].endswith(":") or part.startswith("$$") or part[0].islower())
            if follows:
                joined[-1] = (f"{joined[-1][0]} {part}", about)
            else:
                joined.append((part, about))
    return [(part, about) for part, about in joined if len(part) >= _LEAST]


def nearest(texts: list[str], query: str, count: int) -> list[str]:
    """The texts nearest to a query, nearest first."""
    bags = [Counter(words(text)) for text in texts]
    rarity = Counter(word for bag in bags for word in bag)
    weights = {word: math.log(1 + len(texts) / seen) for word, seen in rarity.items()}
    wanted = Counter(words(query))

    def score(bag: Counter[str]) -> float:
        shared = sum(weights[w] ** 2 * bag[w] * wanted[w] for w in bag if w in wanted)
        length = math.sqrt(sum((weights[w] * bag[w]) ** 2 for w in bag))
        return shared / length if length else 0.0

    ranked = sorted(range(len(texts)), key=lambda index: (-score(bags[index]), index))
    return [texts[index] for index in ranked[:count]]


def words(text: str) -> list[str]:
    """Words in small letters; names of code fall into their parts."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("_", " ")
    return [word.lower() for word in _WORD.findall(spaced)]

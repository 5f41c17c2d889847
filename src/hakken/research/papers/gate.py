"""The gate of bound statements: a model's prose states no quantity, comparison or effect."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hakken.research.papers.quotes import unquoted

REFERENCE = re.compile(r"\{F\d+\.[a-z]+\}|\{(?:fig|tab|lst):[^}\s]+\}|\[(?:-?@[\w:.-]+(?:;\s*)?)+\]")
"""What may carry a quantity: a fact, a figure or table, a citation."""

_CATEGORIES = ("numbers", "comparatives", "effects", "significance", "named", "praise")
_WORDS = {
    "numbers": "a number",
    "comparatives": "a comparison",
    "effects": "an effect",
    "significance": "a strength of evidence",
    "named": "hardware, software or data by name",
    "praise": "praise instead of a reason",
    "verdicts": "whether a claim holds",
}


@dataclass(frozen=True)
class Offence:
    """A word that the gate refuses, and why."""

    word: str
    category: str

    def __str__(self) -> str:
        """For the model's eyes: what to leave out."""
        return f"the word {self.word!r} states {_WORDS.get(self.category, self.category)}"


@cache
def gate_words() -> dict[str, frozenset[str]]:
    """Refused words by category, in every form, and the allowed phrases."""
    text = (Path(__file__).parent / "gate_words.toml").read_text(encoding="utf-8")
    return {
        key: frozenset(form for word in words for form in _forms(word.lower()))
        for key, words in tomllib.loads(text).items()
    }


def _forms(word: str) -> tuple[str, ...]:
    """The forms of a regular verb that is marked by a star; any other word is itself."""
    verb = word.removesuffix("*")
    if verb == word:
        return (word,)
    stem = verb.removesuffix("e")
    return verb, verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s"), stem + "ed", stem + "ing"


@cache
def avoided() -> tuple[str, ...]:
    """Every refused word, for models that can be kept from writing them in the first place."""
    return tuple(sorted(word for category in _CATEGORIES for word in gate_words()[category] if " " not in word))


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns of what takes several words, each with its category."""
    words = gate_words()
    found = [
        (re.compile(rf"\b{re.escape(phrase)}\b", re.IGNORECASE), category)
        for category in _CATEGORIES
        for phrase in sorted(words[category])
        if " " in phrase
    ]
    tested, verdicts, judged = ("|".join(sorted(words[key])) for key in ("tested", "verdicts", "judgements"))
    subject = rf"\b(?:{tested})\b(?:\s[\w'’-]+){{0,5}}?"
    end = r"(?=\s*(?:[.,;:!?)]|$)|\s(?:here|there|for|in|on|at|when|where|under|and|or|but|only|as|because|since)\b)"
    held = rf"{subject}\s(?:{verdicts})(?![\w-])|{subject}\s(?:{judged})\b{end}"
    return (*found, (re.compile(held, re.IGNORECASE), "verdicts"))


def offences(text: str, quotes: frozenset[str] = frozenset()) -> list[Offence]:
    """What is wrong with a passage, in order; empty when it may be printed.

    Args:
        text: A model's prose.
        quotes: Expressions of the code that may stand between backticks.
    """
    bare = unquoted(REFERENCE.sub(" ", text), quotes)
    for phrase in gate_words()["allowed"]:
        bare = re.sub(rf"\b{re.escape(phrase)}\b", " ", bare, flags=re.IGNORECASE)
    found = [Offence(match.group(), "numbers") for match in re.finditer(r"[+\-\N{MINUS SIGN}]?\d[\d.,]*\s?%?", bare)]
    for match in re.finditer(r"[^\W\d_]+(?:-[^\W\d_]+)*", bare):
        word = match.group().lower()
        for part in {word, *word.split("-")}:
            category = next((c for c in _CATEGORIES if part in gate_words()[c]), None)
            if category:
                found.append(Offence(match.group(), category))
                break
    found += [Offence(match.group(), category) for pattern, category in _phrases() for match in pattern.finditer(bare)]
    found += [
        Offence(match.group(), "numbers") for match in re.finditer(r"[\u2150-\u218b\u2460-\u24ff\u00bc-\u00be]", bare)
    ]
    return found


def sentences(text: str) -> list[str]:
    """Split prose at sentence ends; references and common abbreviations do not end one."""
    text = re.sub(r"\s+", " ", text).strip()
    parts = re.split(r"(?<=[.!?])\s+(?=[A-Z{\[*])", text)
    joined: list[str] = []
    for part in parts:
        if joined and re.search(r"\b(?:e\.g|i\.e|et al|cf|vs|Fig|Eq)\.$", joined[-1]):
            joined[-1] += f" {part}"
        else:
            joined.append(part)
    return [part for part in joined if part]


def clean_sentences(text: str) -> list[str]:
    """The complete sentences of a passage that the gate lets through."""
    return [s for s in sentences(text) if s[-1] in ".!?" and not offences(s)]


def safe_label(title: str, fallback: str) -> str:
    """A title without what the gate refuses, for use as a name in tables; the fallback when too little is left."""
    if not offences(title):
        return title.strip().rstrip(".")
    refused = {offence.word.strip() for offence in offences(title)}
    kept = [word for word in title.split() if not any(part in word for part in refused)]
    while kept and kept[-1].lower() in _LOOSE_ENDS:
        kept.pop()
    while kept and kept[0].lower() in _LOOSE_ENDS:
        kept.pop(0)
    label = " ".join(kept).strip(" ,.:;")
    return label[:1].upper() + label[1:] if len(kept) >= 2 and not offences(label) else fallback


_LOOSE_ENDS = frozenset(
    {"a", "an", "the", "of", "for", "by", "with", "and", "or", "in", "on", "to", "through", "via", "using"}
)

"""A synthetic collection with topics, word endings and graded relevance, as plain text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ranking.types import Array

ONSETS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "st", "tr", "pl")
VOWELS = ("a", "e", "i", "o", "u", "ai", "ou")
ENDINGS = ("", "", "s", "ed", "ing", "ings")


@dataclass(frozen=True)
class Collection:
    """Texts of the documents and queries, and the relevance of each document to each query.

    `relevance` has shape (queries, documents) with grades 0, 1, 2.
    """

    documents: list[str]
    queries: list[str]
    relevance: Array


def invent_words(count: int, rng: np.random.Generator) -> list[str]:
    """Draw distinct pronounceable stems of two or three syllables that end in a consonant."""
    words: dict[str, None] = {}
    while len(words) < count:
        syllables = rng.integers(2, 4)
        stem = (
            "".join(ONSETS[rng.integers(18)] + VOWELS[rng.integers(7)] for _ in range(syllables))
            + "kmnprt"[rng.integers(6)]
        )
        words[stem] = None
    return list(words)


def make_collection(
    documents: int,
    topics: int,
    vocabulary: int,
    topic_words: int,
    length: float,
    mixing: float,
    rng: np.random.Generator,
) -> Collection:
    """Draw a collection.

    Background words follow a Zipf law. Each topic has a set of words of its own, and sets overlap; a document is about
    a main topic (grade 2 for the query of the topic) and a second topic (grade 1), from which words come with shares
    that `mixing` sets. A query holds three of the words of its topic. Words take random endings; document lengths are
    log-normal.
    """
    words = invent_words(vocabulary, rng)
    zipf = 1.0 / np.arange(1, vocabulary + 1)
    background = zipf / zipf.sum()
    rare = np.arange(vocabulary // 10, vocabulary)
    subjects = [rng.choice(rare, topic_words, replace=False) for _ in range(topics)]
    decay = 1.0 / np.arange(1, topic_words + 1) ** 0.7
    decay /= decay.sum()
    texts = []
    relevance = np.zeros((topics, documents))
    for document in range(documents):
        main, second = rng.choice(topics, 2, replace=False)
        relevance[main, document], relevance[second, document] = 2, 1
        size = max(8, int(length * np.exp(rng.standard_normal())))
        share = mixing * rng.uniform(0.3, 1.0)
        source = rng.choice(3, size, p=[1.0 - share, 0.7 * share, 0.3 * share])
        chosen = rng.choice(vocabulary, size, p=background)
        for part, topic in ((1, main), (2, second)):
            chosen[source == part] = rng.choice(subjects[topic], int((source == part).sum()), p=decay)
        texts.append(" ".join(words[w] + ENDINGS[rng.integers(6)] for w in chosen).capitalize() + ".")
    queries = [
        " ".join(words[w] + ENDINGS[rng.integers(6)] for w in rng.choice(subject[: topic_words // 2], 3, replace=False))
        for subject in subjects
    ]
    return Collection(texts, queries, relevance)

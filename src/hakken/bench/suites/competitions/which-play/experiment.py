"""Say from which play a passage is, by naive Bayes on its words.

    python experiment.py --out_dir run_0 --seed 0

The seed draws the training passages. Left in ``--out_dir``: ``submission.csv``.

Arrays: N passages, D different tokens, K plays.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import table_io

# --- The method: each function below is one place where an idea can be tried. ---


def tokens(text):
    """Cut a passage, a string of small letters, spaces, apostrophes and ``*`` for names, into a list of tokens."""
    return text.split()


def vocabulary(counts):
    """Return the tokens that count, a list, from a dictionary that has for each token the passages that hold it."""
    return [token for token in counts if counts[token] >= 2]


def weigh(counts):
    """Return what is learned from, an array (N, D) of values of at least 0, from counts of tokens (N, D)."""
    return counts


def smooth(totals):
    """Turn sums over the passages of each play (K, D) into positive numbers that rows are then divided by their sum."""
    return totals + 1.0


def prior(shares):
    """Return what is added to the logits of each play, an array (K,), from its share of the training passages (K,)."""
    return np.log(shares + 1e-9)


# --- Training. ---


def expect(name, array, shape):
    """Refuse an array of another shape, which NumPy might silently stretch."""
    if np.shape(array) != tuple(shape):
        raise ValueError(f"{name} returned shape {np.shape(array)}, but {tuple(shape)} was expected")


def counts_of(texts, places):
    """Counts (N, D) of the tokens that have a place."""
    found = np.zeros((len(texts), len(places)))
    for row, text in enumerate(texts):
        for token in tokens(text):
            if token in places:
                found[row, places[token]] += 1
    return found


def main():
    """Train once and leave the predictions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    table, test = table_io.load_train(args.seed), table_io.load_test()
    classes = table_io.form()["classes"]
    held = Counter(token for text in table["text"] for token in set(tokens(text)))
    places = {token: place for place, token in enumerate(sorted(set(vocabulary(dict(held)))))}
    known, asked = counts_of(table["text"], places), counts_of(test["text"], places)
    values = weigh(known)
    expect("weigh", values, known.shape)
    belongs = np.array([[float(play == name) for name in classes] for play in table["play"]])
    totals = smooth(belongs.T @ values)
    expect("smooth", totals, (len(classes), len(places)))
    added = prior(belongs.mean(axis=0))
    expect("prior", added, (len(classes),))
    logits = weigh(asked) @ np.log(totals / totals.sum(axis=1, keepdims=True)).T + added
    table_io.write_submission(args.out_dir, [classes[place] for place in logits.argmax(axis=1)])


if __name__ == "__main__":
    main()

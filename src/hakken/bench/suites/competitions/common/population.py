"""Train the baselines that the leaderboards are made of.

    python population.py --competition digits-few --data PUBLIC --out OUT [--only TEAM ...]

Reads the public files of a competition alone, and leaves a submission of each baseline in OUT, with ``index.json``:
the name of each, its file and the seconds that it took. Needs scikit-learn. Everything is seeded and uses one thread.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
from sklearn import dummy, ensemble, linear_model, naive_bayes, neighbors, svm, tree
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from models import classifiers, regressors, scaled

Rows = dict[str, list[str]]
Baseline = tuple[str, Callable]


def read(path: Path) -> Rows:
    """A table by its columns."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return {name: [row[i] for row in rows] for i, name in enumerate(header)}


class Data:
    """The public files of a competition, and the numbers in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.train, self.test = read(folder / "train.csv"), read(folder / "test.csv")
        sample = read(folder / "sample_submission.csv")
        self.id, *self.columns = sample
        self.target = next(name for name in reversed(self.train) if name not in self.test)

    def numbers(self) -> tuple[np.ndarray, np.ndarray]:
        """Features of training and test rows."""
        names = [name for name in self.test if name != self.id]
        return tuple(np.array([t[n] for n in names], dtype=float).T for t in (self.train, self.test))

    def values(self) -> np.ndarray:
        """Targets as numbers."""
        return np.array(self.train[self.target], dtype=float)


# --- competitions ---


def shifted(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The images and four copies, moved by a pixel."""
    square = images.reshape(-1, 28, 28)
    moved = [square, *(np.roll(square, step, axis) for axis in (1, 2) for step in (-1, 1))]
    return np.concatenate(moved).reshape(-1, 784), np.concatenate([labels] * len(moved))


def coarse(images: np.ndarray) -> np.ndarray:
    """Sums of squares of four by four pixels."""
    return images.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(-1, 49)


def gradients(images: np.ndarray) -> np.ndarray:
    """Histograms of the directions of edges in cells of four by four pixels."""
    down, across = np.gradient(images.reshape(-1, 28, 28), axis=(1, 2))
    size, angle = np.hypot(down, across), np.mod(np.arctan2(down, across), np.pi)
    bins = np.minimum((angle / np.pi * 8).astype(int), 7)
    cells = np.stack([np.where(bins == b, size, 0).reshape(-1, 7, 4, 7, 4).sum(axis=(2, 4)) for b in range(8)], axis=3)
    return cells.reshape(len(images), -1)


def digits_few(data: Data) -> list[Baseline]:
    """Classifiers on pixels and on what can be made of them."""
    (train, test), labels = data.numbers(), np.array(data.train["digit"])
    train, test = train / 255, test / 255

    def on(model, look=lambda images: images, more=False):
        known, said = shifted(train, labels) if more else (train, labels)
        return list(model.fit(look(known), said).predict(look(test)))

    left_out = ("AdaBoost", "bagged trees, 50", "logistic regression, C 100", "logistic regression, C 0.0001")
    left_out += ("random forest, 300 trees, leaves of 5",)
    found = {name: (model, {}) for name, model in classifiers(quick=True).items() if name not in left_out}
    for c in (1, 10):
        found[f"support vectors, C {c}"] = (svm.SVC(C=c, gamma=0.02), {})
    found["support vectors, linear"] = (svm.SVC(kernel="linear"), {})
    found["support vectors on moved copies"] = (svm.SVC(C=10, gamma=0.02), {"more": True})
    found["support vectors on directions of edges"] = (svm.SVC(C=10, gamma="scale"), {"look": gradients})
    found["support vectors on directions of edges, moved copies"] = (
        svm.SVC(C=10, gamma="scale"),
        {"look": gradients, "more": True},
    )
    found["extra trees on moved copies"] = (ensemble.ExtraTreesClassifier(100, random_state=0), {"more": True})
    for parts in (2, 5, 15, 40):
        found[f"3 nearest neighbours on {parts} principal components"] = (
            make_pipeline(PCA(parts, random_state=0), neighbors.KNeighborsClassifier(3)),
            {},
        )
    found["logistic regression on coarse pixels"] = (scaled(linear_model.LogisticRegression()), {"look": coarse})
    found["Gaussian naive Bayes on coarse pixels"] = (naive_bayes.GaussianNB(), {"look": coarse})
    found["1 nearest neighbour, no scaling"] = (neighbors.KNeighborsClassifier(1), {})
    return [(name, lambda m=model, k=keys: on(m, **k)) for name, (model, keys) in found.items()]


def tumour_odds(data: Data) -> list[Baseline]:
    """Probabilities, kept away from zero and one."""
    (train, test), labels = data.numbers(), data.values()

    def on(model):
        probabilities = model.fit(train, labels).predict_proba(test)[:, 1]
        return list(np.clip(probabilities, 0.001, 0.999))

    return [(name, lambda m=model: on(m)) for name, model in classifiers().items()]


def diabetes_year(data: Data) -> list[Baseline]:
    """Regressors as they are."""
    (train, test), values = data.numbers(), data.values()
    return [
        (name, lambda m=model: list(np.ravel(m.fit(train, values).predict(test))))
        for name, model in regressors().items()
    ]


def clinic_visits(data: Data) -> list[Baseline]:
    """Regressors of the visits, and some of their logarithm, which the metric is about."""
    (train, test), values = data.numbers(), data.values()

    def on(model, log: bool):
        learned = np.log1p(values) if log else values
        said = np.ravel(model.fit(train, learned).predict(test))
        return list(np.maximum(np.expm1(np.minimum(said, 10)) if log else said, 0))

    logs = ("mean", "least squares", "ridge 1000", "decision tree, depth 3", "decision tree, depth 6")
    logs += ("random forest, 200 trees, leaves of 10", "gradient boosting, rate 0.02", "gradient boosting, rate 0.1")
    logs += ("40 nearest neighbours", "histogram boosting", "neural network, 16 units")
    found = [(name, lambda m=model: on(m, False)) for name, model in regressors().items()]
    found += [(f"{name}, of the logarithm", lambda n=name: on(regressors()[n], True)) for name in logs]
    found.append(
        (
            "Poisson regression",
            lambda: on(scaled(linear_model.PoissonRegressor(alpha=0.01, max_iter=300)), False),
        )
    )
    return found


def party_scale(data: Data) -> list[Baseline]:
    """Classifiers, and regressors that are rounded."""
    (train, test), values = data.numbers(), data.values()

    def chosen(model):
        return [int(v) for v in model.fit(train, values.astype(int)).predict(test)]

    def rounded(model):
        return [int(v) for v in np.clip(np.rint(np.ravel(model.fit(train, values).predict(test))), 0, 6)]

    some = ("mean", "least squares", "ridge 100", "Bayesian ridge", "random forest, 200 trees, leaves of 10")
    some += ("gradient boosting, rate 0.02", "40 nearest neighbours", "support vector regression, C 1")
    some += ("decision tree, depth 3", "extra trees, 200, leaves of 10", "decision tree, depth unlimited")
    found = [(name, lambda m=model: chosen(m)) for name, model in classifiers(quick=True).items()]
    return found + [(f"{name}, rounded", lambda n=name: rounded(regressors()[n])) for name in some]


def carbon_weekly(data: Data) -> list[Baseline]:
    """Curves through all weeks or the last ones, with and without seasons."""

    def years(days: list[str]) -> np.ndarray:
        return np.array([(date.fromisoformat(day) - date(1980, 1, 1)).days / 365.2425 for day in days])

    known, asked, values = years(data.train["date"]), years(data.test["date"]), data.values()

    def curve(degree: int, waves: int, window: float | None):
        keep = known > known.max() - (window or 1000)

        def design(t):
            parts = [t**p for p in range(degree + 1)]
            parts += [f(2 * np.pi * w * t) for w in range(1, waves + 1) for f in (np.sin, np.cos)]
            return np.stack(parts, axis=1)

        solved = np.linalg.lstsq(design(known[keep]), values[keep], rcond=None)[0]
        return list(design(asked) @ solved)

    def a_year_ago():
        last = known > known.max() - 1.02
        return [values[last][np.argmin(np.abs((known[last] - t + 0.5) % 1 - 0.5))] for t in asked]

    def drift(weeks: int):
        slope = (values[-1] - values[-weeks]) / (known[-1] - known[-weeks])
        return list(values[-1] + slope * (asked - known[-1]))

    found: list[Baseline] = [
        ("mean of all weeks", lambda: [values.mean()] * len(asked)),
        ("the last value", lambda: [values[-1]] * len(asked)),
        ("mean of the last year", lambda: [values[-52:].mean()] * len(asked)),
        ("the same week of the last year", a_year_ago),
        ("random forest on time", lambda: forest(known, values, asked)),
        ("10 nearest neighbours on time", lambda: near(known, values, asked)),
    ]
    found += [(f"drift of {weeks} weeks", lambda w=weeks: drift(w)) for weeks in (27, 53, 521)]
    for degree, name in ((1, "straight line"), (2, "parabola"), (3, "cubic")):
        for waves in (0, 1, 2, 4):
            for window in (None, 20, 10, 5):
                if (degree, window) in ((3, 5), (3, 10), (2, 5)) and waves in (1, 4):
                    continue
                span = "all weeks" if window is None else f"the last {window} years"
                seasons = f", {waves} waves" if waves else ""
                found.append((f"{name}{seasons}, {span}", lambda d=degree, w=waves, s=window: curve(d, w, s)))
    return found


def forest(known, values, asked):
    """A random forest, which cannot go beyond what it has seen."""
    return list(ensemble.RandomForestRegressor(100, random_state=0).fit(known[:, None], values).predict(asked[:, None]))


def near(known, values, asked):
    """The mean of the nearest weeks."""
    return list(neighbors.KNeighborsRegressor(10).fit(known[:, None], values).predict(asked[:, None]))


def which_play(data: Data) -> list[Baseline]:
    """Counts of words and of letters."""
    texts, asked, labels = data.train["text"], data.test["text"], np.array(data.train["play"])

    def on(model, look):
        return list(make_pipeline(look, model).fit(texts, labels).predict(asked))

    words = {"token_pattern": r"[a-z'*]+"}
    looks = {
        "words": lambda: CountVectorizer(**words),
        "words in two passages": lambda: CountVectorizer(min_df=2, **words),
        "weighted words": lambda: TfidfVectorizer(sublinear_tf=True, **words),
        "weighted words and pairs": lambda: TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), **words),
        "weighted letters, 2 to 4": lambda: TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 4)),
        "letters, 1 to 2": lambda: CountVectorizer(analyzer="char", ngram_range=(1, 2)),
    }
    found: list[Baseline] = [
        ("random classes", lambda: on(dummy.DummyClassifier(strategy="stratified", random_state=0), looks["words"]())),
        ("most frequent class", lambda: on(dummy.DummyClassifier(strategy="most_frequent"), looks["words"]())),
    ]
    for alpha in (0.01, 0.1, 1.0, 3.0):
        for look in ("words", "weighted words", "weighted words and pairs", "weighted letters, 2 to 4"):
            found.append(
                (
                    f"naive Bayes {alpha:g} on {look}",
                    lambda a=alpha, n=look: on(naive_bayes.MultinomialNB(alpha=a), looks[n]()),
                )
            )
    for c in (0.1, 1, 10, 100):
        for look in ("words in two passages", "weighted words", "weighted letters, 2 to 4"):
            if c == 100 and look == "words in two passages":
                continue
            found.append(
                (
                    f"logistic regression, C {c:g}, on {look}",
                    lambda k=c, n=look: on(linear_model.LogisticRegression(C=k, max_iter=200), looks[n]()),
                )
            )
    for name, model in {
        "complement naive Bayes on words": naive_bayes.ComplementNB(alpha=1.0),
        "Bernoulli naive Bayes on words": naive_bayes.BernoulliNB(alpha=0.3),
        "random forest, 100 trees, on words": ensemble.RandomForestClassifier(100, random_state=0),
        "30 nearest neighbours on words": neighbors.KNeighborsClassifier(30),
        "decision tree, depth 6, on words": tree.DecisionTreeClassifier(max_depth=6, random_state=0),
    }.items():
        found.append((name, lambda m=model: on(m, looks["words in two passages"]())))
    found.append(("logistic regression on letters, 1 to 2", lambda: on(scaled_counts(), looks["letters, 1 to 2"]())))
    return found


def scaled_counts():
    """Logistic regression on roots of counts."""
    return make_pipeline(FunctionTransformer(np.sqrt), linear_model.LogisticRegression(C=0.1, max_iter=200))


def shared_stage(data: Data) -> list[Baseline]:
    """Measures of link prediction, and learners on them."""
    links, cast = read(data.folder / "graph.csv"), read(data.folder / "characters.csv")
    place = {name: i for i, name in enumerate(cast["character"])}
    matrix = np.zeros((len(place), len(place)))
    for a, b in zip(links["a"], links["b"], strict=True):
        matrix[place[a], place[b]] = matrix[place[b], place[a]] = 1
    degree = matrix.sum(axis=1)
    two = matrix @ matrix
    halves = matrix / np.log(np.maximum(degree, 2))[None, :]
    shares = matrix / np.maximum(degree, 1)[None, :]
    play = np.unique(cast["play"], return_inverse=True)[1]
    size, inside = np.bincount(play), np.bincount(play, degree)
    low = np.linalg.svd(matrix)
    near = [(low[0][:, :k] * low[1][:k]) @ low[2][:k] for k in (40, 100, 200)]
    walk = np.linalg.inv(np.eye(len(place)) - 0.85 * shares.T)
    measures = {
        "common neighbours": two,
        "Adamic and Adar": halves @ matrix,
        "resource allocation": shares @ matrix,
        "Jaccard": two / np.maximum(degree[:, None] + degree[None, :] - two, 1),
        "Salton": two / np.sqrt(np.maximum(degree[:, None] * degree[None, :], 1)),
        "hub promoted": two / np.maximum(np.minimum(degree[:, None], degree[None, :]), 1),
        "hub depressed": two / np.maximum(np.maximum(degree[:, None], degree[None, :]), 1),
        "product of degrees": degree[:, None] * degree[None, :],
        "sum of degrees": degree[:, None] + degree[None, :],
        "smaller degree": np.minimum(degree[:, None], degree[None, :]),
        "larger degree": np.maximum(degree[:, None], degree[None, :]),
        "paths of three": two @ matrix,
        "random walks": walk + walk.T,
        "Katz 0.005": np.linalg.inv(np.eye(len(place)) - 0.005 * matrix),
        "Katz 0.02": np.linalg.inv(np.eye(len(place)) - 0.02 * matrix),
        "links of the play": np.broadcast_to((inside / size)[play][:, None], matrix.shape),
        **{f"{k} singular values": m for k, m in zip((40, 100, 200), near, strict=True)},
    }

    def of(table: Rows, names) -> np.ndarray:
        a, b = ([place[name] for name in table[column]] for column in ("a", "b"))
        return np.stack([measures[name][a, b] for name in names], axis=1)

    def on(model, names):
        # Links of the graph say nothing of the pairs that are asked for, since those were taken out of it.
        return list(model.fit(of(data.train, names), data.values()).predict_proba(of(data.test, names))[:, 1])

    found: list[Baseline] = [(name, lambda n=name: list(of(data.test, [n])[:, 0])) for name in measures]
    found += [
        ("the same number for all", lambda: [0.5] * len(data.test["a"])),
        ("random numbers", lambda: list(np.random.default_rng(0).random(len(data.test["a"])))),
        (
            "hash of the names",
            lambda: [sum(map(ord, a + b)) % 97 for a, b in zip(data.test["a"], data.test["b"], strict=True)],
        ),
    ]
    few = ["common neighbours", "sum of degrees"]
    for title, names in (("two measures", few), ("all measures", list(measures))):
        for name, model in {
            "logistic regression": scaled(linear_model.LogisticRegression(max_iter=400)),
            "random forest": ensemble.RandomForestClassifier(200, min_samples_leaf=5, random_state=0),
            "gradient boosting": ensemble.GradientBoostingClassifier(random_state=0),
            "20 nearest neighbours": scaled(neighbors.KNeighborsClassifier(20)),
            "decision tree, depth 3": tree.DecisionTreeClassifier(max_depth=3, random_state=0),
            "naive Bayes": naive_bayes.GaussianNB(),
        }.items():
            found.append((f"{name} on {title}", lambda m=model, n=names: on(m, n)))
    return found


POPULATIONS = {
    "digits-few": digits_few,
    "tumour-odds": tumour_odds,
    "diabetes-year": diabetes_year,
    "clinic-visits": clinic_visits,
    "party-scale": party_scale,
    "carbon-weekly": carbon_weekly,
    "which-play": which_play,
    "shared-stage": shared_stage,
}


def shown(cell) -> str:
    """An answer as text."""
    return f"{cell:.8g}" if isinstance(cell, (float, np.floating)) else str(cell)


def main() -> None:
    """Train them and leave their submissions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--competition", required=True, choices=POPULATIONS)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", help="these baselines, by name")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    data = Data(args.data)
    ids, index = data.test[data.id], []
    for number, (name, predict) in enumerate(POPULATIONS[args.competition](data)):
        if args.only is not None and name not in args.only:
            continue
        start = time.process_time()
        rows = [row if isinstance(row, (list, np.ndarray)) else [row] for row in predict()]
        seconds = round(time.process_time() - start, 3)
        file = args.out / f"{number:02}.csv"
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([data.id, *data.columns])
            writer.writerows([i, *map(shown, row)] for i, row in zip(ids, rows, strict=True))
        index.append({"team": name, "file": file.name, "seconds": seconds})
    (args.out / "index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

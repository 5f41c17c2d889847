"""Clean papers about other people's results: a JSON file, a long CSV table, and run folders of The AI Scientist.

Their records are made by code from drawn numbers, and their sentences follow from the record. Hakken's own papers are
made in ``own_papers.py``, those in the styles of people in ``natural_papers.py``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev

import numpy as np

from hakken.research.papers.audit.records import read_record
from hakken.research.papers.audit.records.evidence import Evidence

BIB = """@article{first2015, title = {On Learning}, author = {First, Ann}, year = {2015}, journal = {J}}
@article{second2018, title = {On Testing}, author = {Second, Bob}, year = {2018}, journal = {J}}
"""


@dataclass(frozen=True)
class Paper:
    """A clean paper with its record, and the names that mutations exchange."""

    name: str
    path: Path
    evidence: Evidence
    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    datasets: tuple[str, ...] = ()
    hardware: tuple[str, ...] = ()
    levels: dict[tuple[str, str, str], float] = field(default_factory=dict)
    """(method, metric, data set) -> mean."""


@dataclass(frozen=True)
class Results:
    """Drawn results: methods on data sets over seeds, one quality and one cost."""

    methods: tuple[str, ...]
    datasets: tuple[str, ...]
    metric: str
    """As the files spell it."""
    said: str
    """As a paper says it."""
    higher: bool
    places: int
    values: dict[tuple[str, str], list[float]]
    seconds: dict[tuple[str, str], list[float]]
    config: dict[str, float]

    def mean(self, method: str, dataset: str) -> float:
        """The mean over the seeds."""
        return fmean(self.values[method, dataset])

    def spread(self, method: str, dataset: str) -> float:
        """The standard deviation over the seeds."""
        return stdev(self.values[method, dataset])

    def better(self, one: float, other: float) -> bool:
        """Whether the first is the better one."""
        return one > other if self.higher else one < other

    def best(self, dataset: str) -> str:
        """The method with the best mean."""
        return (max if self.higher else min)(self.methods, key=lambda m: self.mean(m, dataset))

    @property
    def count(self) -> int:
        """Seeds of each."""
        return len(next(iter(self.values.values())))


def draw(
    seed: int, methods: Sequence[str], datasets: Sequence[str], metric: str, said: str, *, higher: bool, level: float,
    seeds: int, places: int,
) -> Results:  # fmt: skip
    """Results of methods that differ by much more than their seeds do; the baseline is the first."""
    rng = np.random.default_rng(seed)
    values, seconds = {}, {}
    for d, dataset in enumerate(datasets):
        base = level * (1 - 0.13 * d)
        for k, method in enumerate(methods):
            step = (
                (0.05 + 0.04 * ((k + d) % 3))
                * (1 if k else 0)
                * (1 if higher else -1)
                * (-1 if (k, d) == (2, 1) else 1)
            )
            values[method, dataset] = [
                round(float(base * (1 + step) + rng.normal(0, 0.008 * base)), places + 1) for _ in range(seeds)
            ]
            seconds[method, dataset] = [
                round(float(20 + 7 * d + 1.3 * k + rng.normal(0, 0.3)), 2) for _ in range(seeds)
            ]
    config = {"learning_rate": 0.003, "batch_size": 48, "epochs": 35, "hidden_units": 96, "dropout": 0.15}
    return Results(tuple(methods), tuple(datasets), metric, said, higher, places, values, seconds, config)


def foreign_papers(folder: Path) -> Iterator[Paper]:
    """Papers about a JSON file, a CSV table and run folders of The AI Scientist."""
    first = draw(
        1, ("Baseline", "GraphMix", "DualGate", "SlowDecay"), ("citeseer", "pubmed", "reddit"), "accuracy", "accuracy",
        higher=True, level=81.23, seeds=5, places=2,
    )  # fmt: skip
    yield _json_paper(folder / "json", first)
    second = draw(
        2, ("Baseline", "Cosine Heads", "Token Router"), ("plays", "wiki", "code"), "val_loss", "validation loss",
        higher=False, level=1.742, seeds=4, places=4,
    )  # fmt: skip
    yield _csv_paper(folder / "csv", second)
    third = draw(
        4, ("Baseline", "Two Branches", "Gated Branches", "Deeper Gate"), ("ring", "spiral", "blobs"), "mmd", "MMD",
        higher=False, level=0.912, seeds=3, places=4,
    )  # fmt: skip
    yield _scientist_paper(folder / "scientist", third)


def _paper(name: str, path: Path, record: Path, study: Results) -> Paper:
    path.with_name("refs.bib").write_text(BIB, encoding="utf-8")
    levels = {(m, study.said, d): study.mean(m, d) for m in study.methods for d in study.datasets}
    return Paper(name, path, read_record(record), study.methods[1:], (study.said, "training time"), study.datasets, (),
                 levels)  # fmt: skip


def _json_paper(folder: Path, study: Results) -> Paper:
    record = folder / "results"
    record.mkdir(parents=True)
    nested = {
        method: {
            dataset: {
                study.metric: {f"seed_{s}": v for s, v in enumerate(study.values[method, dataset], 1)},
                "train_time": {f"seed_{s}": v for s, v in enumerate(study.seconds[method, dataset], 1)},
            }
            for dataset in study.datasets
        }
        for method in study.methods
    }
    (record / "results.json").write_text(json.dumps(nested, indent=1), encoding="utf-8")
    (record / "config.json").write_text(json.dumps(study.config), encoding="utf-8")
    path = folder / "paper.md"
    parts = {heading: " ".join(sentences) for heading, sentences in prose(study, "[@{}]").items()}
    text = f'---\ntitle: "Learning on graphs"\nabstract: |\n  {parts.pop("Abstract")}\nbibliography: refs.bib\n---\n\n'
    text += "\n\n".join(f"# {heading}\n\n{body}" for heading, body in parts.items())
    path.write_text(text.replace("TABLE", _markdown_table(study)), encoding="utf-8")
    return _paper("JSON file", path, record, study)


def _csv_paper(folder: Path, study: Results) -> Paper:
    record = folder / "results"
    record.mkdir(parents=True)
    with (record / "results.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["method", "dataset", "seed", study.metric, "train_time"])
        for (method, dataset), values in study.values.items():
            for s, value in enumerate(values):
                writer.writerow([method, dataset, s, value, study.seconds[method, dataset][s]])
    (record / "config.json").write_text(json.dumps(study.config), encoding="utf-8")
    return _paper("CSV table", _tex(folder, "Heads and routers", study), record, study)


def _scientist_paper(folder: Path, study: Results) -> Paper:
    notes = ["# Title: Branches"]
    for k, method in enumerate(study.methods):
        run = folder / f"run_{k}"
        run.mkdir(parents=True)
        info = {
            d: {
                "means": {
                    f"{study.metric}_mean": study.mean(method, d),
                    "train_time_mean": fmean(study.seconds[method, d]),
                },
                "stderrs": {
                    f"{study.metric}_stderr": study.spread(method, d) / study.count**0.5,
                    "train_time_stderr": stdev(study.seconds[method, d]) / study.count**0.5,
                },
                "final_info_dict": {study.metric: study.values[method, d], "train_time": study.seconds[method, d]},
            }
            for d in study.datasets
        }
        (run / "final_info.json").write_text(json.dumps(info), encoding="utf-8")
        notes.append(f"## Run {k}: {method}\nDescription: {method}.\n")
    (folder / "notes.txt").write_text("\n".join(notes), encoding="utf-8")
    code = "\n".join(f"parser.add_argument('--{k}', default={v})" for k, v in study.config.items())
    (folder / "experiment.py").write_text(
        f"import argparse\nparser = argparse.ArgumentParser()\n{code}\n", encoding="utf-8"
    )
    (folder / "latex").mkdir()
    return _paper("AI Scientist runs", _tex(folder / "latex", "Branches for points", study), folder, study)


def _tex(folder: Path, title: str, study: Results) -> Path:
    parts = prose(study, "\\citep{{{}}}")
    abstract = " ".join(parts.pop("Abstract")).replace("%", "\\%")
    body = "\n\n".join(
        f"\\section{{{heading}}}\n" + " ".join(sentences).replace("%", "\\%").replace(" ± ", " $\\pm$ ")
        for heading, sentences in parts.items()
    )
    body = body.replace("Table 1", "Table~\\ref{tab:main}").replace("TABLE", _tex_table(study))
    path = folder / "template.tex"
    path.write_text(
        f"\\documentclass{{article}}\n\\usepackage{{booktabs,multirow}}\n\\title{{{title}}}\n\\begin{{document}}\n"
        f"\\maketitle\n\\begin{{abstract}}\n{abstract}\n\\end{{abstract}}\n\n{body}\n\n\\bibliography{{refs}}\n"
        "\\end{document}\n",
        encoding="utf-8",
    )
    return path


def _cell(study: Results, method: str, dataset: str) -> str:
    return f"{study.mean(method, dataset):.{study.places}f} ± {study.spread(method, dataset):.{study.places}f}"


def _caption(study: Results) -> str:
    return (
        f"Mean {study.said} and standard deviation over {study.count} seeds, and mean training time; "
        f"{'higher' if study.higher else 'lower'} {study.said} is better, the best in bold."
    )


def _markdown_table(study: Results) -> str:
    head = f"| Method | Data set | {study.said.capitalize()} | Training time (s) |\n|:--|:--|--:|--:|\n"
    rows = []
    for method in study.methods:
        for dataset in study.datasets:
            cell = _cell(study, method, dataset)
            cell = f"**{cell}**" if study.best(dataset) == method else cell
            rows.append(f"| {method} | {dataset} | {cell} | {fmean(study.seconds[method, dataset]):.1f} |")
    return "\n\n" + head + "\n".join(rows) + f"\n\n: {_caption(study)}\n\n"


def _tex_table(study: Results) -> str:
    rows = []
    for method in study.methods:
        for k, dataset in enumerate(study.datasets):
            cell = _cell(study, method, dataset).replace("±", "\\pm")
            cell = f"$\\mathbf{{{cell}}}$" if study.best(dataset) == method else f"${cell}$"
            name = f"\\multirow{{{len(study.datasets)}}}{{*}}{{{method}}}" if k == 0 else ""
            rows.append(f"{name} & {dataset} & {cell} & {fmean(study.seconds[method, dataset]):.1f} \\\\")
        rows.append("\\midrule")
    return (
        "\n\\begin{table}[h]\n\\centering\n\\begin{tabular}{llcc}\n\\toprule\n"
        f"Method & Data set & {study.said.capitalize()} & Training time (s) \\\\\n\\midrule\n"
        + "\n".join(rows[:-1])
        + f"\n\\bottomrule\n\\end{{tabular}}\n\\caption{{{_caption(study)}}}\n\\label{{tab:main}}\n\\end{{table}}\n"
    )


def prose(study: Results, cite: str) -> dict[str, list[str]]:
    """Sentences by section; every number and every comparison is computed from the study."""
    first, last = study.datasets[0], study.datasets[-1]
    best = study.best(first)
    sections = {
        "Abstract": [
            f"We compare {len(study.methods)} methods on {len(study.datasets)} data sets over {study.count} seeds.",
            _against(study, best, first),
        ],
        "Introduction": [
            f"Careful comparisons are rare {cite.format('first2015')}.",
            f"We follow the advice of earlier work {cite.format('second2018')} and report every seed.",
        ],
        "Experimental setup": [
            f"Every method is trained for {study.config['epochs']} epochs with a batch size of "
            f"{study.config['batch_size']} and a learning rate of {study.config['learning_rate']}.",
            f"The network has {study.config['hidden_units']} hidden units and a dropout of {study.config['dropout']}.",
            f"We report the mean over {study.count} seeds; "
            f"{'higher' if study.higher else 'lower'} {study.said} is better.",
        ],
        "Results": [f"Table 1 lists all results.TABLE{_against(study, best, first)}"],
        "Cost": [],
        "Conclusion": [_against(study, study.best(last), last)],
    }
    for dataset in study.datasets:
        for method in study.methods[1:]:
            sections["Results"].append(_versus(study, method, dataset))
        sections["Results"].append(_ranked(study, dataset))
    for dataset in study.datasets:
        sections["Cost"] += [_timed(study, m, dataset) for m in study.methods[1:]]
    return sections


def _against(study: Results, method: str, dataset: str) -> str:
    mine, base = study.mean(method, dataset), study.mean(study.methods[0], dataset)
    change = abs(mine - base) / base
    verb = "raises" if mine > base else "lowers"
    return (
        f"On {dataset}, {method} {verb} the {study.said} from {base:.{study.places}f} for the baseline to "
        f"{mine:.{study.places}f}, a relative change of {100 * change:.1f} %."
    )


def _versus(study: Results, method: str, dataset: str) -> str:
    mine, base = study.mean(method, dataset), study.mean(study.methods[0], dataset)
    word = "outperforms" if study.better(mine, base) else "is worse than"
    return (
        f"On {dataset}, {method} {word} the baseline, with a mean {study.said} of {_cell(study, method, dataset)} "
        f"against {_cell(study, study.methods[0], dataset)}, a difference of {abs(mine - base):.{study.places}f}."
    )


def _ranked(study: Results, dataset: str) -> str:
    return (
        f"The best {study.said} on {dataset} is that of {study.best(dataset)}, "
        f"{study.mean(study.best(dataset), dataset):.{study.places}f}."
    )


def _timed(study: Results, method: str, dataset: str) -> str:
    mine, base = fmean(study.seconds[method, dataset]), fmean(study.seconds[study.methods[0], dataset])
    return (
        f"On {dataset}, the training time of {method} is {mine:.1f} s against {base:.1f} s for the baseline, "
        f"{mine / base:.2f} times as long."
    )

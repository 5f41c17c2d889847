"""Small records in the layout of The AI Scientist, and papers about them, for the checks of statements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, pstdev

from hakken.research.papers.audit.document.document import Document, Float, Unit, UnitKind

Values = Mapping[str, Mapping[str, Sequence[float]]]
"""data set -> metric -> values of the seeds"""

POINTS: dict[str, Values] = {
    "run_0": {
        "ring": {"mmd": [0.412], "train_time": [30.1]},
        "spiral": {"mmd": [0.953], "train_time": [30.4]},
        "blobs": {"mmd": [0.158], "train_time": [29.8]},
    },
    "run_1": {
        "ring": {"mmd": [0.437], "train_time": [61.2]},
        "spiral": {"mmd": [0.871], "train_time": [60.7]},
        "blobs": {"mmd": [0.171], "train_time": [62.5]},
    },
    "run_2": {
        "ring": {"mmd": [0.401], "train_time": [66.9]},
        "spiral": {"mmd": [0.824], "train_time": [68.3]},
        "blobs": {"mmd": [0.166], "train_time": [67.0]},
    },
    "run_3": {
        "ring": {"mmd": [0.395], "train_time": [91.6]},
        "spiral": {"mmd": [0.902], "train_time": [93.1]},
        "blobs": {"mmd": [0.163], "train_time": [90.2]},
    },
}
"""Every run measured once; the error on blobs rises in every variant, and all cost twice the time or more."""
POINT_TITLES = ("Baseline", "Two Branches", "Gated Branches", "Deeper Gate")
LETTERS: dict[str, Values] = {
    "run_0": {
        "plays": {
            "best_val_loss": [1.4712, 1.4689, 1.4655],
            "total_train_time": [310.2, 312.8, 309.5],
            "avg_inference_tokens_per_second": [660.1, 655.3, 662.7],
        },
        "wiki": {
            "best_val_loss": [1.0034],
            "total_train_time": [2410.0],
            "avg_inference_tokens_per_second": [671.2],
        },
    },
    "run_1": {
        "plays": {
            "best_val_loss": [1.4690, 1.4721, 1.4640],
            "total_train_time": [318.4, 322.1, 317.9],
            "avg_inference_tokens_per_second": [641.5, 644.2, 639.0],
        },
        "wiki": {
            "best_val_loss": [0.9981],
            "total_train_time": [2476.0],
            "avg_inference_tokens_per_second": [655.0],
        },
    },
    "run_2": {
        "plays": {
            "best_val_loss": [1.4301, 1.4322, 1.4287],
            "total_train_time": [402.7, 405.9, 401.2],
            "avg_inference_tokens_per_second": [402.4, 410.8, 398.6],
        },
        "wiki": {
            "best_val_loss": [1.0101],
            "total_train_time": [3105.0],
            "avg_inference_tokens_per_second": [421.7],
        },
    },
}
"""Three seeds on one data set, one on the other; the second variant is better on the first and worse on the second."""
LETTER_TITLES = ("Baseline", "Cosine Heads", "Style Router")


def write_record(folder: Path, runs: Mapping[str, Values], titles: Sequence[str], code: str = "") -> Path:
    """``run_*/final_info.json`` and ``notes.txt``, with standard errors as that system computes them."""
    folder.mkdir(parents=True, exist_ok=True)
    notes = ["# Title: A record for tests"]
    for (name, data), title in zip(runs.items(), titles, strict=True):
        notes.append(f"## Run {name[4:]}: {title}\nDescription: {title}.\n")
        info = {
            dataset: {
                "means": {f"{m}_mean": fmean(v) for m, v in metrics.items()},
                "stderrs": {f"{m}_stderr": pstdev(v) / len(v) for m, v in metrics.items()},
                "final_info_dict": {m: list(v) for m, v in metrics.items()},
            }
            for dataset, metrics in data.items()
        }
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "final_info.json").write_text(json.dumps(info))
    (folder / "notes.txt").write_text("\n".join(notes))
    if code:
        (folder / "experiment.py").write_text(code)
    return folder


def paper_of(*sentences: str, section: str = "Results", name: str = "paper.tex") -> Document:
    """A paper of these sentences in one section, each in a paragraph of its own."""
    units = [
        Unit(text, UnitKind.SENTENCE, section, f"{section}, paragraph {n}", paragraph=n)
        for n, text in enumerate(sentences, start=1)
    ]
    return Document(name=name, title="Branches for Points", units=units)


def add_table(
    document: Document, headers: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "Results."
) -> Document:
    """The same paper with one more table; a cell in ``**`` is bold."""
    index = 1 + max((u.table or 0 for u in document.units), default=0)
    document.floats.append(Float("table", f"tab:{index}", caption))
    document.links.append(f"tab:{index}")
    for line, row in enumerate(rows, start=1):
        pairs = tuple(zip(headers, (text.strip("*") for text in row), strict=True))
        for at, text in enumerate(row):
            document.units.append(
                Unit(
                    text.strip("*"),
                    UnitKind.HEADER if at == 0 else UnitKind.CELL,
                    "Results",
                    f"Table {index}, row “{pairs[0][1]}”, column “{headers[at]}”",
                    column=headers[at],
                    row=pairs,
                    caption=caption,
                    table=index,
                    bold=text.startswith("**"),
                    line=line,
                    at=at,
                )
            )
    return document

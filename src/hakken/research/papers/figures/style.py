"""One look for all figures: column width, small sans text, colours that colour-blind readers can tell apart."""

from __future__ import annotations

import csv
import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hakken.analysis import drawing
from hakken.core.files import draft

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 3.3
"""Inches: one column of the paper."""
DPI = 200
BLUE, ORANGE = drawing.COLOURS[:2]
GREY, BAND = drawing.GREY, drawing.BAND

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 4,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.2,
    "axes.unicode_minus": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "hakken",
    "pdf.fonttype": 42,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "text.usetex": False,
}


def new_figure(height: float) -> Figure:
    """An empty figure of column width; drawn without pyplot, so that no global state is touched."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(figsize=(WIDTH, height), layout=ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.03))
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, out: Path, name: str) -> None:
    """Write ``.pdf``, ``.svg`` and ``.png``, without dates, so that equal data give equal files."""
    figure.draw_without_rendering()
    figure.set_layout_engine(None)  # laid out once; with any engine each savefig draws twice
    dateless: dict[str, dict[str, None]] = {
        ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
        ".svg": {"Date": None, "Creator": None},
        ".png": {"Software": None},
    }
    for ending, metadata in dateless.items():
        with draft(out / f"{name}{ending}") as rough:
            figure.savefig(rough, metadata=metadata)


def save_data(out: Path, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write the data that a figure shows."""
    with draft(out / f"{name}.csv") as rough, rough.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def shorten(label: str, limit: int = 26) -> str:
    """The label, cut at a word where it is too long; a letter in brackets at its end tells versions apart and stays."""
    if len(label) <= limit:
        return label
    letter = match[0] if (match := re.search(r" \(\w{1,2}\)$", label)) else ""
    cut = label[: limit - 1 - len(letter)]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut).rstrip(" ,;:-") + "…" + letter


def fold(label: str, width: int = 21, lines: int = 3) -> str:
    """The label on a few lines, the last one shortened if need be."""
    folded = textwrap.wrap(label, width, break_long_words=False)
    if len(folded) > lines:
        folded = [*folded[: lines - 1], " ".join(folded[lines - 1 :])]
    return "\n".join(shorten(line, width) for line in folded)


def pointed(label: str, smaller_is_better: bool) -> str:
    """An axis label that says which way is better."""
    return f"← better      {label}" if smaller_is_better else f"{label}      better →"

"""Figures for pages: one look, no global state of matplotlib, and files that hold all they need."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hakken.core.text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 6.4
"""Inches: a column of a page."""
#: Okabe and Ito's palette, which colour-blind readers can tell apart, in the order in which it is used.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6E6E6E", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
GREY, BAND = "#6E6E6E", "#DFE3E8"

_LOOK: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.labelsize": 8.5,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "svg.fonttype": "path",
    "svg.hashsalt": "hakken",
    "text.parse_math": False,
    "lines.linewidth": 1.4,
}


def colour(index: int) -> str:
    """The colour of the series with this number."""
    return COLOURS[index % len(COLOURS)]


def marker(index: int) -> str:
    """The marker of the series with this number: series are told apart without colour too."""
    return MARKERS[index % len(MARKERS)]


def new_figure(height: float, columns: int = 1, *, width: float = WIDTH) -> tuple[Figure, list[Axes]]:
    """An empty figure with its axes side by side."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_LOOK):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(1, columns, squeeze=False)
    return figure, list(axes[0])


def svg(figure: Figure) -> str:
    """The figure as an SVG document, without dates: equal data give equal bytes.

    Names stand as they are: dollar signs make no formula of what somebody called an item or an agent.
    """
    import matplotlib as mpl
    from matplotlib.text import Text

    stream = io.StringIO()
    with mpl.rc_context(_LOOK):
        for text in figure.findobj(Text):  # those that were made outside of this look
            text.set_parse_math(False)
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()


def data_uri(document: str) -> str:
    """An SVG document as the source of an image, so that a page needs no other file."""
    return "data:image/svg+xml;base64," + base64.b64encode(document.encode()).decode()


def whisker(axes: Axes, at: float, value: float, low: float, high: float, index: int, **options: Any) -> None:
    """A horizontal interval with its value."""
    axes.plot([low, high], [at, at], color=colour(index), linewidth=1.4, solid_capstyle="butt")
    axes.plot([value], [at], marker=marker(index), color=colour(index), markersize=5, linestyle="none", **options)


def named_rows(axes: Axes, names: Sequence[str]) -> None:
    """Names on the vertical axis, the first one on top."""
    axes.set_yticks(range(len(names)), [shorten(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", color="#E6E6E6", linewidth=0.6)
    axes.set_axisbelow(True)


def shorten(name: str, limit: int = 34) -> str:
    """The name, cut where it is too long."""
    return shortened(name, limit)

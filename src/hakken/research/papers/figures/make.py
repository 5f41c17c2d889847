"""``make_figures``: every figure that the record has data for."""

from __future__ import annotations

from pathlib import Path

from hakken.core.types import FigureFile, Snapshot
from hakken.research.papers.figures.curves import draw_curves
from hakken.research.papers.figures.differences import draw_ablation, draw_variants
from hakken.research.papers.figures.search import draw_search
from hakken.research.papers.figures.style import RC

_DRAW = (draw_variants, draw_curves, draw_ablation, draw_search)


def make_figures(snapshot: Snapshot, out: Path) -> list[FigureFile]:
    """Draw the figures into ``out`` as ``.pdf``, ``.svg``, ``.png`` and ``.csv`` (exactly the data shown).

    Equal records give equal files. Figures without data are left out. ``fact_ids`` stay empty: captions hold only
    what the record says of the drawing itself.
    """
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()  # the user's own matplotlibrc must not change a paper
        mpl.rcParams.update(RC)  # type: ignore[arg-type]
        return [figure for draw in _DRAW if (figure := draw(snapshot, out)) is not None]

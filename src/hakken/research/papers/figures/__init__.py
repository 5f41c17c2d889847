"""Figures by code from the record, each saved with exactly the data that it shows.

``make_figures`` draws what there is to draw; the labels are ``report`` (differences from the baseline seed by seed,
on the explore and on the report seeds; ``explore`` where nothing ran on report seeds), ``curves`` (learning curves),
``ablation``, and ``search`` (everything that was tried, in order). A figure that would be empty is not made.
"""

from hakken.research.papers.figures.make import make_figures

__all__ = ["make_figures"]

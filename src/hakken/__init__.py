"""Hakken: an open laboratory for autonomous machine-learning research whose papers can be trusted."""

from hakken._version import __version__

__all__ = ["__version__"]

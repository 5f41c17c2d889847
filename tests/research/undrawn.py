"""Papers without figures, for tests that look at none: drawing takes longer than all else of a short run's paper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def undrawn() -> Iterator[None]:
    """Every paper that is written in this process has no figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hakken.research.publishing.make_figures", lambda *_: [])
        yield

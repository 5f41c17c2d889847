"""Nothing of the user's takes part in a test: no settings, no keys of providers, and no cache of earlier sessions.

What older code measured would otherwise be taken for measured now, and tests would fill the user's folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hakken.cli.doctor import KEYS
from hakken.core.config import user_cache_dir

CACHE, SETTINGS = "HAKKEN_CACHE", "XDG_CONFIG_HOME"
USERS_CACHE = "HAKKEN_TESTS_USERS_CACHE"
"""Where the user's own cache is; a worker has it from the process that started it."""


def leave_the_user_alone(home: Path) -> None:
    """Give this process, and whatever it starts, an empty cache below ``home``, no settings and no keys.

    Raises:
        UsageError: there are settings in the working folder, which everything that is run here would read.
    """
    if Path("hakken.toml").is_file():
        raise pytest.UsageError(
            f"{Path.cwd()}/hakken.toml would take part in the tests. Move it, or run them elsewhere."
        )
    os.environ.setdefault(USERS_CACHE, str(user_cache_dir().absolute()))
    os.environ.update({CACHE: str(home / "cache"), SETTINGS: str(home / "config")})
    for name in (*KEYS, "HAKKEN_DEBUG"):
        os.environ.pop(name, None)


@contextmanager
def users_cache() -> Iterator[Path]:
    """The user's own cache, on purpose: what is pulled once a machine lies there, the weights and external agents."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE, os.environ[USERS_CACHE])
        yield user_cache_dir()

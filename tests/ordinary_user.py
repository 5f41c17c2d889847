"""An ordinary user with a folder of their own: the one who runs the tests or, where that is root, somebody else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import hakken

ROOT = Path(__file__).parents[1]
_ID = 1001


class User:
    """How this user starts Python, and with which variables; ``folder`` is their own, ``home`` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "home"
        self.home.mkdir()
        self.prefix = [sys.executable]
        packages = [path for path in sys.path if path.endswith("site-packages")]
        self.variables = {
            **{"HOME": str(self.home), "TMPDIR": str(folder), "PATH": "/usr/bin:/bin"},
            **{"PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"},
            "PYTHONPATH": ":".join([str(Path(hakken.__file__).parents[1]), *packages]),
        }
        if sys.pycache_prefix:
            self.variables["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
        if os.geteuid() == 0:
            self._become_somebody()

    def _become_somebody(self) -> None:
        python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
        if python is None or not shutil.which("setpriv"):
            pytest.skip("no Python that other users may run")
        for folder in (self.folder, self.home):
            os.chown(folder, _ID, _ID)
        self.prefix = ["setpriv", "--reuid", str(_ID), "--regid", str(_ID), "--clear-groups", "--", python]
        version = "import sys; assert sys.version_info[:2] == " + repr(tuple(sys.version_info[:2]))
        able = subprocess.run(
            [*self.prefix, "-c", f"{version}; import hakken, typer, numpy"],
            **{"env": self.variables, "cwd": self.folder, "capture_output": True, "check": False},
        )
        if able.returncode != 0:
            pytest.skip("other users may not read the installed packages")

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a Python program in the user's folder."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*self.prefix, *words], cwd=self.folder, env=self.variables, stdout=pipe, stderr=pipe, text=True
        )


@contextmanager
def ordinary_user() -> Iterator[User]:
    """Somebody who is not root; their folder goes with them."""
    # Not below pytest's folders: no other user may look into those.
    folder = Path(tempfile.mkdtemp(prefix="hakken-user-", dir="/var/tmp"))
    try:
        yield User(folder)
    finally:
        shutil.rmtree(folder)

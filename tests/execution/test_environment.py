"""Where Python and its links are found, however it was installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hakken.execution.environment import child_environment, python_paths


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """A base under the home folder as uv makes it: a named link to the true folder, and a link to that from a venv."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = tmp_path / "home" / "uv" / "cpython-3.x.7"
    (base / "bin").mkdir(parents=True)
    (base / "lib" / version).mkdir(parents=True)
    (base / "bin" / version).touch()
    (base.parent / "cpython-3.x").symlink_to(base.name)
    scripts = tmp_path / "project" / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "python3").symlink_to(base.parent / "cpython-3.x" / "bin" / version)
    (scripts / "python").symlink_to("python3")
    return tmp_path


def test_each_hop_of_the_links_is_shown(installation: Path) -> None:
    executable = installation / "project" / ".venv" / "bin" / "python"
    found = python_paths(str(executable))
    assert installation / "home" / "uv" / "cpython-3.x" in found
    assert executable in found
    assert not any(path in (installation, installation / "home", installation / "project") for path in found)


def test_home_is_never_shown_as_a_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib").mkdir()
    for name in ("prefix", "base_prefix", "exec_prefix", "base_exec_prefix"):
        monkeypatch.setattr(sys, name, str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    found = python_paths(str(tmp_path / "bin" / "python"))
    assert tmp_path not in found
    assert tmp_path / "lib" in found


def test_given_variables_win() -> None:
    made = child_environment({"OMP_NUM_THREADS": "2"}, "/scratch")
    assert (made["OMP_NUM_THREADS"], made["TMPDIR"]) == ("2", "/scratch")

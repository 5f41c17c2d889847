"""What the Makefile leaves behind when it cannot do its work."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[1] / "Makefile"
HALF = """#!/bin/sh
# Debian's Python without the package python3-venv: an environment is begun, and no pip comes into it.
[ "$1" = -c ] && exit 0
mkdir -p "$3/bin" && touch "$3/bin/python" "$3/bin/python3" "$3/bin/keep" && exit 1
"""


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_half_an_environment_does_not_pass_for_one_the_next_time(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text(HALF)
    python.chmod(0o755)
    environment = tmp_path / "venv"
    words = ["make", "-f", str(MAKEFILE), f"PYTHON={python}", f"VENV={environment}", f"{environment}/bin/python"]
    for _ in range(2):
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "apt-get install python3-venv" in done.stdout
        assert [path.name for path in (environment / "bin").iterdir()] == ["keep"]

"""Every benchmark starts by the command that its text gives, from the root of the project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# One process for all, since most of the time goes into imports. ``sys.path`` is made as ``python FILE`` makes it.
SAY_HELP = """
import runpy, sys
path, bare = sys.argv[1], [each for each in sys.path if each]
for script in sys.argv[2:]:
    sys.argv, sys.path = [script, "--help"], [path, *bare]
    for name in [each for each in sys.modules if each.split(".")[0] == "tests"]:
        del sys.modules[name]
    print("BEGIN", script)
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as stop:
        print("END", script, stop.code or 0)
"""


def test_every_benchmark_says_its_help() -> None:
    scripts = [
        str(path)
        for path in sorted((ROOT / "benchmarks").glob("*.py"))
        if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
    ]
    assert len(scripts) >= 15

    said = subprocess.run(
        [sys.executable, "-P", "-c", SAY_HELP, str(ROOT / "benchmarks"), *scripts],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )

    assert said.returncode == 0, said.stderr[-2000:]
    for script in scripts:
        start, end = f"BEGIN {script}\n", f"END {script} 0\n"
        assert start in said.stdout
        assert end in said.stdout, f"{script} has no help"
        assert "usage:" in said.stdout.split(start)[1].split(end)[0], script

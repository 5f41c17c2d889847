"""What is asked of a container engine; that it does it is tested where an engine runs (``test_rungs``)."""

from __future__ import annotations

import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from hakken.core.types import Limits, Mount
from hakken.execution.container import Container, bounded
from hakken.execution.environment import python_paths


def test_options_close_what_the_other_rungs_close(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    mounts = [Mount(path=tmp_path, writable=True), Mount(path=tmp_path / "data")]
    with closing(Container("docker", mounts, {"GIVEN": "yes"}, tmp_path, python_paths())) as container:
        options = container.options("name", Limits(processes=8, file_mb=3))
    text = " ".join(options)
    for wanted in (
        "--network none",
        "--read-only",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--pids-limit 10",
        f"fsize={3 << 20}",
        "--env GIVEN=yes",
        f"source={tmp_path},target={tmp_path} ",
        f"source={tmp_path}/data,target={tmp_path}/data,readonly",
    ):
        assert wanted in text
    assert "--user 0:" not in text
    assert text.index(f"target={tmp_path} ") < text.index(f"target={tmp_path}/data,")


@pytest.mark.parametrize(
    ("ending", "code"),
    [("exit 0", 0), ("exit 3", 3), ("exit 124", 124), ("exit 125", 1), ("exit 127", 127), ("kill -9 $$", 128 + 9)],
)
def test_no_ending_of_an_experiment_is_taken_for_a_failure_of_the_engine(ending: str, code: int) -> None:
    command = bounded(["/bin/sh", "-c", f"echo out; echo err >&2; {ending}"], Limits(wall_seconds=30))
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"out\n", b"err\n")

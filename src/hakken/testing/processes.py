"""What every rung owes to the machine: no process stays behind."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hakken.core.types import Rung, ViolationKind
from hakken.testing.lab import Lab, RungTests, alive, kinds, until


def _marker(name: str) -> str:
    """An argument that tells the processes of one test from those of tests that run beside it."""
    return f"hakken-test-{name}-{os.getpid()}"


class ProcessesContract(RungTests):
    """All that a command started ends with it."""

    def test_fork_bomb(self, lab: Lab) -> None:
        """Processes are bounded, and none is left."""
        program = """
import os, time
refused = None
while refused is None or time.monotonic() - refused < 0.4:
    try: os.fork()
    except OSError:
        refused = refused or time.monotonic()
        time.sleep(0.01)
"""
        result, _, _ = lab.run(program, _marker("bomb"), processes=20, wall_seconds=20)
        assert ViolationKind.PROCESSES in kinds(result)
        assert max(v.observed for v in result.violations if v.kind is ViolationKind.PROCESSES) <= 21
        assert alive(_marker("bomb")) == []

    @pytest.mark.parametrize(("ending", "seconds"), [("pass", 20.0), ("time.sleep(60)", 1.0)])
    def test_daemons_die(self, lab: Lab, ending: str, seconds: float) -> None:
        """Two forks, a new session, and the output still held: gone with the command, however that ends."""
        program = f"""
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open('made', 'w').close()
        os.execv(sys.executable, [sys.executable, '-S', '-c', 'import time; time.sleep(60)', sys.argv[1]])
    os._exit(0)
os.wait()
while not os.path.exists('made'): time.sleep(0.01)
{ending}
"""
        result, _, _ = lab.run(program, _marker("daemon"), wall_seconds=seconds)
        assert (lab.work / "made").exists(), "it was ended before there was a daemon"
        assert result.wall_seconds < 10
        assert alive(_marker("daemon")) == []

    def test_a_daemon_does_not_hold_the_box(self, lab: Lab) -> None:
        """The command's end is the end, and its exit code is told, whatever it leaves behind."""
        program = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    os.execv(sys.executable, [sys.executable, '-S', '-c', 'import time; time.sleep(60)', sys.argv[1]])
time.sleep(0.3)
sys.exit(3)
"""
        result, _, _ = lab.run(program, _marker("lasting"))
        assert (result.exit_code, result.violations) == (3, ())
        assert alive(_marker("lasting")) == []

    def test_processes_that_ended_and_nobody_waited_for_are_no_offence(self, lab: Lab) -> None:
        """They cannot be looked into, and hide nothing."""
        program = """
import os, time
for _ in range(3):
    if os.fork() == 0: os._exit(0)
time.sleep(0.6)
"""
        result, _, _ = lab.run(program)
        assert (result.exit_code, result.violations) == (0, ())

    def test_the_parents_death_is_the_boxes_death(self, lab: Lab) -> None:
        """No command outlives a parent that was killed."""
        code = f"""
import sys
from pathlib import Path
from hakken.core.types import Limits, Mount, Rung
from hakken.execution import open_sandbox
work = Path({str(lab.work)!r})
mounts = [Mount(path=work, writable=True)]
rung = Rung({self.rung.value!r})
with open_sandbox(mounts=mounts, limits=Limits(), workdir=work, rung=rung, allow_weak=True) as box:
    program = "import os, time; open('begun', 'w').close(); time.sleep(60)"
    argv = [sys.executable, '-S', '-c', program, {_marker("orphan")!r}]
    box.exec(argv, stdout=work.parent / 'out', stderr=work.parent / 'err')
"""
        parent = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(lab.folder)})
        until(lambda: (lab.work / "begun").exists())
        parent.kill()
        parent.wait()
        until(lambda: alive(_marker("orphan")) == [])

    def test_killing_everything_reaches_nobody_outside(self, lab: Lab) -> None:
        """A command that kills all it can is in the box alone."""
        if self.rung is Rung.RLIMITS and os.geteuid() != 0:
            pytest.skip("bare limits leave the user as it is, and this would end the user's session")
        lab.run("import os\nos.kill(-1, 9)")
        assert lab.run("print('here')")[1] == "here\n"

"""What every rung holds a command to: time, memory, disk and output."""

from __future__ import annotations

import signal
from pathlib import Path

from hakken.core.types import ViolationKind
from hakken.testing.lab import Lab, RungTests, killed, kinds


class LimitsContract(RungTests):
    """Limits hold for the whole tree of processes, and crossing one is reported."""

    def test_wall_clock_ends_one_that_ignores_signals(self, lab: Lab) -> None:
        """Signals that can be refused do not help."""
        program = "import signal, time\nfor n in (2, 15, 1): signal.signal(n, signal.SIG_IGN)\ntime.sleep(60)"
        result, _, _ = lab.run(program, wall_seconds=0.5)
        assert killed(result) == {ViolationKind.WALL}
        assert (result.exit_code, result.signal) == (None, signal.SIGKILL)
        assert 0.5 <= result.wall_seconds < 5

    def test_cpu_time_of_all_children_counts(self, lab: Lab) -> None:
        """Work that is spread over processes is one sum."""
        program = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
        result, _, _ = lab.run(program, cpu_seconds=0.3)
        assert killed(result) == {ViolationKind.CPU}

    def test_cpu_time_of_forgotten_children_counts(self, lab: Lab) -> None:
        """A parent that never waits for its children does not hide their time."""
        program = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if os.fork() == 0:
        until = time.process_time() + 0.2
        while time.process_time() < until: pass
        os._exit(0)
    time.sleep(0.1)
"""
        result, _, _ = lab.run(program, cpu_seconds=0.3, wall_seconds=15)
        assert ViolationKind.CPU in killed(result)

    def test_cpu_time_is_exact(self, lab: Lab) -> None:
        """To the tick of the kernel's clock, children included, also of what happened since the last look."""
        program = """
import os, time
def work(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until: pass
work(0.1)
if os.fork() == 0:
    work(0.1); os._exit(0)
os.wait()
print(sum(os.times()[:4]))
"""
        result, out, _ = lab.run(program)
        assert float(out) - 0.015 <= result.cpu_seconds < float(out) + 0.25

    def test_memory(self, lab: Lab) -> None:
        """More than allowed ends the command."""
        program = "import time; x = bytearray(200 << 20); time.sleep(20)"
        result, _, _ = lab.run(program, memory_mb=100)
        assert killed(result) == {ViolationKind.MEMORY}
        assert result.peak_memory_mb > 100

    def test_memory_of_all_children_counts(self, lab: Lab) -> None:
        """Six processes of 40 MB are 240 MB."""
        program = """
import os, time
for _ in range(5):
    if os.fork() == 0: break
x = bytearray(b'x') * (40 << 20)
time.sleep(20)
"""
        result, _, _ = lab.run(program, memory_mb=150)
        assert killed(result) == {ViolationKind.MEMORY}

    def test_memory_that_children_share_counts_once(self, lab: Lab) -> None:
        """Copies that were never made cost nothing."""
        program = """
import os, time
x = bytearray(b'x') * (60 << 20)
pids = []
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        time.sleep(0.3); os._exit(0)
    pids.append(pid)
for pid in pids: os.waitpid(pid, 0)
print('done')
"""
        result, out, _ = lab.run(program, memory_mb=150)
        assert result.ok
        assert out == "done\n"

    def test_huge_allocation_is_refused(self, lab: Lab) -> None:
        """Faster than any watchdog: the kernel says no."""
        result, out, _ = lab.run("try: bytearray(8 << 30)\nexcept MemoryError: print('refused')", memory_mb=300)
        assert out == "refused\n"
        assert result.ok

    def test_large_file_is_cut(self, lab: Lab) -> None:
        """No file grows beyond its limit, and it is reported."""
        program = """
try:
    with open('large', 'wb') as f:
        for _ in range(8): f.write(bytes(1 << 20)); f.flush()
except OSError: pass
"""
        result, _, _ = lab.run(program, file_mb=2)
        assert kinds(result) == {ViolationKind.FILE}
        assert (lab.work / "large").stat().st_size <= 2 << 20

    def test_full_disk(self, lab: Lab) -> None:
        """Many small files end the command."""
        program = """
import os, time
os.mkdir('deep')
for i in range(30):
    with open(f'deep/{i}', 'wb') as f: f.write(bytes(1 << 20))
time.sleep(20)
"""
        result, _, _ = lab.run(program, disk_mb=10)
        assert killed(result) == {ViolationKind.DISK}

    def test_temporary_files_count(self, lab: Lab) -> None:
        """The private temporary folder is bounded too, and gone afterwards."""
        program = """
import os, tempfile, time
print(tempfile.gettempdir(), flush=True)
try:
    for i in range(30):
        with open(f'{tempfile.gettempdir()}/{i}', 'wb') as f: f.write(bytes(1 << 20))
    time.sleep(20)
except OSError as e: print(e.strerror)
"""
        result, out, _ = lab.run(program, disk_mb=10)
        assert killed(result) == {ViolationKind.DISK} or "No space left" in out
        assert not Path(out.split()[0], "0").exists()

    def test_deleted_files_count(self, lab: Lab) -> None:
        """Files without a name still fill the disk."""
        program = """
import os, time
held = []
for i in range(30):
    f = open(f'{i}', 'wb', buffering=0); f.write(bytes(1 << 20)); os.unlink(f'{i}'); held.append(f)
time.sleep(20)
"""
        result, _, _ = lab.run(program, disk_mb=10)
        assert killed(result) == {ViolationKind.DISK}

    def test_endless_output(self, lab: Lab) -> None:
        """The file stays small, what was dropped is counted, and the clock still ends it."""
        result, out, _ = lab.run("while True: print('x' * 1000)", output_kb=8, wall_seconds=1.0)
        assert len(out) == 8 << 10
        assert result.stdout_bytes > 8 << 10
        assert kinds(result) >= {ViolationKind.OUTPUT, ViolationKind.WALL}

    def test_one_endless_line(self, lab: Lab) -> None:
        """Nothing is held until a line ends; cut off output is no reason to fail."""
        program = "import os\nfor _ in range(64): os.write(2, b'x' * (1 << 20))"
        result, _, err = lab.run(program, output_kb=8)
        assert len(err) == 8 << 10
        assert result.stderr_bytes == 64 << 20
        assert kinds(result) == {ViolationKind.OUTPUT}
        assert result.ok

"""Contract tests for authors of plug-ins: subclass, say what is tested, and pytest does the rest.

``SandboxContract`` holds for every rung of the isolation ladder, ``IsolationContract`` for those that close the network
and the files. Each test is a small hostile program that runs in a real box.
"""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest

from hakken.core.types import ExecResult, Limits, Mount, Rung, ViolationKind
from hakken.execution import open_sandbox
from hakken.execution.probe import status_of

_QUICK: Mapping[str, Any] = {"wall_seconds": 20, "cpu_seconds": 20, "memory_mb": 512}


@dataclass
class Lab:
    """A writable folder ``work``, read-only ``data`` linked from it, and a file ``secret`` that is not mounted."""

    folder: Path
    rung: Rung
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in (self.work, self.data):
            path.mkdir(mode=0o700)
        (self.data / "inputs.txt").write_text("inputs")
        (self.data / "inputs.txt").chmod(0o600)
        (self.work / "data").symlink_to(self.data)
        self.secret.write_text("secret")

    @property
    def work(self) -> Path:
        """Working folder of the command."""
        return self.folder / "work"

    @property
    def data(self) -> Path:
        """Read-only inputs."""
        return self.folder / "data"

    @property
    def secret(self) -> Path:
        """A file that the command must not see."""
        return self.folder / "secret"

    def run(self, program: str, *arguments: str, stdin: bytes = b"", **limits: Any) -> tuple[ExecResult, str, str]:
        """Run a Python program in a fresh box: the result, what it printed, what it complained."""
        mounts = [Mount(path=self.work, writable=True), Mount(path=self.data)]
        out, err = self.folder / "out", self.folder / "err"
        with open_sandbox(
            mounts=mounts,
            limits=Limits(**{**_QUICK, **limits}),
            env=self.env,
            workdir=self.work,
            rung=self.rung,
            allow_weak=True,
        ) as box:
            argv = [sys.executable, "-S", "-c", program, *arguments]
            result = box.exec(argv, stdout=out, stderr=err, stdin=stdin)
        return result, out.read_text(errors="replace"), err.read_text(errors="replace")


def _kinds(result: ExecResult) -> set[ViolationKind]:
    return {violation.kind for violation in result.violations}


def _killed(result: ExecResult) -> set[ViolationKind]:
    return {violation.kind for violation in result.violations if violation.killed}


def _alive(marker: str) -> list[int]:
    """Processes of this machine whose command line holds ``marker``."""
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
        except psutil.Error:
            continue
        if marker in line and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process.pid)
    return found


def _until(happened: Callable[[], bool], seconds: float = 20.0) -> None:
    """Ask again and again, since the end of somebody else's child sends no message."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


class SandboxContract:
    """What every rung must do: limits hold, nothing is left behind, and all of it is reported."""

    rung: ClassVar[Rung]

    @pytest.fixture
    def lab(self, tmp_path: Path) -> Lab:
        """A laboratory on this rung."""
        status = status_of(self.rung)
        if not status.available:
            pytest.skip(f"{self.rung.value} does not work here: {status.why}")
        return Lab(tmp_path, self.rung)

    def test_reports_what_happened(self, lab: Lab) -> None:
        """Exit code, output, times and memory are measured from outside."""
        program = """
import sys, time
x = bytearray(50 << 20)
print(len(x)); print('no', file=sys.stderr)
time.sleep(0.2)  # memory is looked at from time to time
sys.exit(3)
"""
        result, out, err = lab.run(program)
        assert (result.exit_code, result.signal, result.rung) == (3, None, self.rung)
        assert (out, err) == (f"{50 << 20}\n", "no\n")
        assert (result.stdout_bytes, result.stderr_bytes) == (len(out), len(err))
        assert result.violations == ()
        assert not result.ok
        assert 0 < result.cpu_seconds < 10
        assert 50 < result.peak_memory_mb < 300

    def test_signal(self, lab: Lab) -> None:
        """The end by a signal is no exit code."""
        result, _, _ = lab.run("import os; os.kill(os.getpid(), 11)")
        assert (result.exit_code, result.signal) == (None, signal.SIGSEGV)

    def test_missing_program_is_a_failed_command(self, lab: Lab) -> None:
        """What the command does wrong is data, no exception."""
        mounts = [Mount(path=lab.work, writable=True)]
        out, err = lab.folder / "out", lab.folder / "err"
        opened = open_sandbox(mounts=mounts, limits=Limits(), workdir=lab.work, rung=self.rung, allow_weak=True)
        with opened as box:
            result = box.exec(["no-such-program"], stdout=out, stderr=err)
        assert not result.ok
        assert "no-such-program" in err.read_text()

    def test_wall_clock_ends_one_that_ignores_signals(self, lab: Lab) -> None:
        """Signals that can be refused do not help."""
        program = "import signal, time\nfor n in (2, 15, 1): signal.signal(n, signal.SIG_IGN)\ntime.sleep(60)"
        result, _, _ = lab.run(program, wall_seconds=0.5)
        assert _killed(result) == {ViolationKind.WALL}
        assert (result.exit_code, result.signal) == (None, signal.SIGKILL)
        assert 0.5 <= result.wall_seconds < 5

    def test_cpu_time_of_all_children_counts(self, lab: Lab) -> None:
        """Work that is spread over processes is one sum."""
        program = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
        result, _, _ = lab.run(program, cpu_seconds=0.3)
        assert _killed(result) == {ViolationKind.CPU}

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
        assert ViolationKind.CPU in _killed(result)

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
        assert _killed(result) == {ViolationKind.MEMORY}
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
        assert _killed(result) == {ViolationKind.MEMORY}

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

    def test_fork_bomb(self, lab: Lab) -> None:
        """Processes are bounded, and none is left."""
        program = """
import os, time
while True:
    try: os.fork()
    except OSError: time.sleep(0.01)
"""
        result, _, _ = lab.run(program, "hakken-test-bomb", processes=20, wall_seconds=0.7)
        assert ViolationKind.PROCESSES in _kinds(result)
        assert max(v.observed for v in result.violations if v.kind is ViolationKind.PROCESSES) <= 21
        assert _alive("hakken-test-bomb") == []

    @pytest.mark.parametrize("ending", ["pass", "time.sleep(60)"])
    def test_daemons_die(self, lab: Lab, ending: str) -> None:
        """Two forks, a new session, and the output still held: gone with the command, however that ends."""
        program = f"""
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, '-S', '-c', 'import time; time.sleep(60)', 'hakken-test-daemon'])
    os._exit(0)
os.wait()
{ending}
"""
        result, _, _ = lab.run(program, wall_seconds=0.5)
        assert result.wall_seconds < 10
        assert _alive("hakken-test-daemon") == []

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
    argv = [sys.executable, '-S', '-c', program, 'hakken-test-orphan']
    box.exec(argv, stdout=work.parent / 'out', stderr=work.parent / 'err')
"""
        parent = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(lab.folder)})
        _until(lambda: (lab.work / "begun").exists())
        parent.kill()
        parent.wait()
        _until(lambda: _alive("hakken-test-orphan") == [])

    def test_killing_everything_reaches_nobody_outside(self, lab: Lab) -> None:
        """A command that kills all it can is in the box alone."""
        if self.rung is Rung.RLIMITS and os.geteuid() != 0:
            pytest.skip("bare limits leave the user as it is, and this would end the user's session")
        lab.run("import os\nos.kill(-1, 9)")
        assert lab.run("print('here')")[1] == "here\n"

    def test_large_file_is_cut(self, lab: Lab) -> None:
        """No file grows beyond its limit, and it is reported."""
        program = """
try:
    with open('large', 'wb') as f:
        for _ in range(8): f.write(bytes(1 << 20)); f.flush()
except OSError: pass
"""
        result, _, _ = lab.run(program, file_mb=2)
        assert _kinds(result) == {ViolationKind.FILE}
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
        assert _killed(result) == {ViolationKind.DISK}

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
        assert _killed(result) == {ViolationKind.DISK} or "No space left" in out
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
        assert _killed(result) == {ViolationKind.DISK}

    def test_endless_output(self, lab: Lab) -> None:
        """The file stays small, what was dropped is counted, and the clock still ends it."""
        result, out, _ = lab.run("while True: print('x' * 1000)", output_kb=8, wall_seconds=0.5)
        assert len(out) == 8 << 10
        assert result.stdout_bytes > 8 << 10
        assert _kinds(result) >= {ViolationKind.OUTPUT, ViolationKind.WALL}

    def test_one_endless_line(self, lab: Lab) -> None:
        """Nothing is held until a line ends; cut off output is no reason to fail."""
        program = "import os\nfor _ in range(64): os.write(2, b'x' * (1 << 20))"
        result, _, err = lab.run(program, output_kb=8)
        assert len(err) == 8 << 10
        assert result.stderr_bytes == 64 << 20
        assert _kinds(result) == {ViolationKind.OUTPUT}
        assert result.ok

    def test_closed_output(self, lab: Lab) -> None:
        """A command that closes its output is still waited for."""
        result, _, _ = lab.run("import os, time; os.close(1); os.close(2); time.sleep(0.2); os._exit(4)")
        assert result.exit_code == 4
        assert result.wall_seconds >= 0.2

    def test_standard_input(self, lab: Lab) -> None:
        """Empty unless given."""
        program = "import sys; print(len(sys.stdin.buffer.read()))"
        assert lab.run(program)[1] == "0\n"
        assert lab.run(program, stdin=b"x" * 200_000)[1] == "200000\n"

    def test_environment_is_an_allow_list(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keys of the parent stay with the parent."""
        monkeypatch.setenv("HAKKEN_TEST_KEY", "secret")
        lab.env["GIVEN"] = "yes"
        _, out, _ = lab.run("import os; print('\\n'.join(f'{k}={v}' for k, v in os.environ.items()))")
        assert "secret" not in out
        found = dict(line.split("=", 1) for line in out.splitlines())
        assert found["GIVEN"] == "yes"
        assert (found["PYTHONHASHSEED"], found["OMP_NUM_THREADS"]) == ("0", "1")
        assert found["HOME"] != str(Path.home())

    def test_own_session(self, lab: Lab) -> None:
        """No terminal to type into, and no group to signal the parent by."""
        result, out, _ = lab.run("import os; print(os.getsid(0), os.getpgrp()); open('/dev/tty')")
        assert not result.ok
        assert str(os.getsid(0)) not in out.split()

    def test_no_new_privileges(self, lab: Lab) -> None:
        """No set-user-id program gives rights, and root's box is not root."""
        _, out, _ = lab.run("import os; print(os.getuid(), open('/proc/self/status').read())")
        assert "NoNewPrivs:\t1" in out
        assert not out.startswith("0 ")

    def test_results_can_be_read_and_deleted(self, lab: Lab) -> None:
        """Closed folders are opened, files are ours again, and pipes that would block a reader are gone."""
        program = """
import os
os.mkdir('closed'); open('closed/result', 'w').write('42'); os.chmod('closed/result', 0); os.chmod('closed', 0)
os.mkfifo('pipe'); os.symlink('/etc/hostname', 'link')
"""
        result, _, err = lab.run(program)
        assert result.ok, err
        assert (lab.work / "closed" / "result").read_text() == "42"
        assert (lab.work / "closed" / "result").stat().st_uid == os.geteuid()
        assert not (lab.work / "pipe").exists()
        assert (lab.work / "link").is_symlink()
        second, _, err = lab.run("import shutil; shutil.rmtree('closed')")
        assert second.ok, err

    def test_output_path_is_no_trap(self, lab: Lab) -> None:
        """A link that a command left where output goes is not followed."""
        lab.run(f"import os; os.symlink({str(lab.secret)!r}, 'log')")
        opened = open_sandbox(
            mounts=[Mount(path=lab.work, writable=True)],
            limits=Limits(),
            workdir=lab.work,
            rung=self.rung,
            allow_weak=True,
        )
        with opened as box, pytest.raises(OSError, match="symbolic"):
            box.exec(["true"], stdout=lab.work / "log", stderr=lab.folder / "err")
        assert lab.secret.read_text() == "secret"

    def test_inputs_are_read_through_links(self, lab: Lab) -> None:
        """The same path inside and outside, and a link from the working folder."""
        _, out, err = lab.run(
            "import os, sys; print(open('data/inputs.txt').read(), open(sys.argv[1]).read(), os.getcwd())",
            str(lab.data / "inputs.txt"),
        )
        assert out == f"inputs inputs {lab.work}\n", err


class IsolationContract(SandboxContract):
    """What the rungs must do beside that close the network and the files."""

    def test_inputs_and_system_are_read_only(self, lab: Lab) -> None:
        """Nothing but the working folder changes."""
        program = """
import os
for attempt in (
    lambda: open('data/inputs.txt', 'a'),
    lambda: os.unlink('data/inputs.txt'),
    lambda: os.rename('data/inputs.txt', 'mine'),
    lambda: os.link('data/inputs.txt', 'mine'),
    lambda: os.truncate('data/inputs.txt', 0),
    lambda: open('data/new', 'w'),
    lambda: open(os.path.join(os.path.dirname(os.__file__), 'new.py'), 'w'),
    lambda: open('/usr/new', 'w'),
    lambda: open('/new', 'w'),
    lambda: open('../new', 'w'),
):
    try: attempt(); print('done')
    except OSError: print('refused')
"""
        assert lab.run(program)[1] == "refused\n" * 10
        assert (lab.data / "inputs.txt").read_text() == "inputs"
        assert [path.name for path in lab.data.iterdir()] == ["inputs.txt"]

    def test_what_is_not_mounted_is_hidden(self, lab: Lab) -> None:
        """Neighbours, the home folder and the parent's files are not there."""
        program = f"""
import os
for attempt in (
    lambda: open({str(lab.secret)!r}).read(),
    lambda: os.listdir({str(Path(__file__).parent)!r}),
    lambda: os.listdir('/var/log'),
    lambda: open('/etc/shadow').read(),
    lambda: open('/etc/hostname').read(),
    lambda: [n for n in os.listdir({str(Path.home())!r}) if n not in ('.pyenv', '.local', '.cache')] or 1 / 0,
):
    try: print('seen', attempt())
    except (OSError, ZeroDivisionError): print('hidden')
"""
        _, out, err = lab.run(program)
        assert out == "hidden\n" * 6, err

    def test_parent_is_closed(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither the environment nor the memory nor the files of the parent can be read, whatever its number."""
        monkeypatch.setenv("HAKKEN_TEST_KEY", "secret")
        program = """
import os
for pid in os.listdir('/proc'):
    for name in ('environ', 'mem', 'fd/0', 'root/etc/shadow', 'cwd/secret'):
        try: found = pid.isdigit() and int(pid) != os.getpid() and open(f'/proc/{pid}/{name}', 'rb').read(1 << 20)
        except OSError: continue
        if found and name != 'environ' or found and b'HAKKEN' in found: print(pid, name)
"""
        result, out, err = lab.run(program)
        assert result.ok, err
        assert out == ""

    def test_no_network(self, lab: Lab) -> None:
        """No TCP to the parent, no UDP, no raw packets, no names."""
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            datagrams.bind(("127.0.0.1", 0))
            datagrams.setblocking(False)
            server.setblocking(False)
            program = f"""
import socket
def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(b'leak', ('127.0.0.1', {datagrams.getsockname()[1]}))
for attempt in (
    lambda: socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 1),
    lambda: socket.create_connection(('192.0.2.1', 80), 1),
    lambda: socket.getaddrinfo('example.org', 80),
    lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
):
    try: print('open', attempt())
    except OSError: print('closed')
try: udp()
except OSError: pass
"""
            _, out, err = lab.run(program)
            assert out == "closed\n" * 5, err
            with pytest.raises(BlockingIOError):
                datagrams.recv(16)
            with pytest.raises(BlockingIOError):
                server.accept()

    def test_services_of_the_user_are_closed(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """Unix sockets lead out of many sandboxes: by path and by abstract name."""
        abstract = f"\0hakken-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as unnamed:
            monkeypatch.chdir(lab.folder)  # paths of sockets are short
            named.bind("s")
            (lab.folder / "s").chmod(0o777)
            unnamed.bind(abstract)
            named.listen()
            unnamed.listen()
            program = f"""
import os, socket
for name in ('../s', {abstract!r}):
    try: socket.socket(socket.AF_UNIX).connect(name); print('open')
    except OSError: print('closed')
"""
            assert lab.run(program)[1] == "closed\n" * 2

    def test_kernel_doors_are_closed(self, lab: Lab) -> None:
        """No namespaces, no mounts, no io_uring, no other process's memory."""
        program = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.unshare(0x10000000), libc.mount(b'none', b'.', b'tmpfs', 0, None), libc.ptrace(0, 0, 0, 0))
print(libc.syscall(425, 8, ctypes.create_string_buffer(256)), libc.setns(0, 0))
"""
        result, out, err = lab.run(program)
        assert out.split() == ["-1"] * 5, err
        assert result.ok

    def test_devices_are_the_harmless_ones(self, lab: Lab) -> None:
        """No disks, no memory, no terminals of others."""
        program = """
import os, stat
for folder, _, names in os.walk('/dev'):
    for name in names:
        path = os.path.join(folder, name)
        if os.path.islink(path): continue
        try: mode = os.stat(path).st_mode; os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        except OSError: continue
        if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and name not in
            ('null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx', 'console')): print(path)
open('/dev/null', 'w').write('x'); open('/dev/urandom', 'rb').read(1)
"""
        result, out, err = lab.run(program)
        assert out == "", out
        assert result.ok, err

    def test_links_left_behind_are_seen_as_links(self, lab: Lab) -> None:
        """A result that points elsewhere can be told from a file by who reads it."""
        lab.run(f"import os; os.symlink({str(lab.secret)!r}, 'metrics.json')")
        assert stat.S_ISLNK((lab.work / "metrics.json").lstat().st_mode)

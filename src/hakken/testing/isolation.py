"""What the rungs must do beside that close the network and the files."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from hakken.testing.lab import Lab, RungTests


class ClosedContract(RungTests):
    """Nothing outside of the mounts is read, written or reached."""

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
        if found and name != 'environ' or found and b'HAKKEN_TEST_KEY' in found: print(pid, name)
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

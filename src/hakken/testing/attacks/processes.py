"""Attacks by processes: many of them, those that stay, and what they do to the parent's."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from hakken.execution.trees import walk
from hakken.testing.attacks.attack import Attack, Ran
from hakken.testing.attacks.scene import Scene

_GROUP = "processes"
_GONE = "No process is left when the command has ended, and nothing is written any more."
_MANY = 12
"""Processes and threads allowed in the attacks that make too many; they try for five times as many."""
_SLACK = 6
"""Where the kernel counts by user, processes that end elsewhere meanwhile make room."""


def _victim(scene: Scene) -> None:
    scene.bring_victim()


def _too_many(scene: Scene, _: Ran) -> Iterator[str]:
    made = sum(1 for entry in walk(scene.work) if stat.S_ISREG(entry.info.st_mode))
    if made > _MANY + _SLACK:
        yield f"{made} lived at once where {_MANY} were allowed"


PROCESSES = (
    Attack(
        name="fork_bomb",
        group=_GROUP,
        tries="forks without end",
        contained="No more live at once than allowed, none is left, and the record says so.",
        program=f"""
import time
end = time.monotonic() + 1.2
for i in range({5 * _MANY}):
    try: pid = os.fork()
    except OSError: time.sleep(0.02); continue
    if pid == 0:
        open(f'p{{os.getpid()}}', 'w').close()
        while time.monotonic() < end: time.sleep(0.05)
        os._exit(0)
while time.monotonic() < end: time.sleep(0.05)
""",
        limits={"processes": _MANY},
        harm=_too_many,
        wants_record=True,
    ),
    Attack(
        name="thread_bomb",
        group=_GROUP,
        tries="uses up the numbers that the kernel has for processes with threads",
        contained="No more live at once than allowed, and the record says so.",
        program=f"""
import threading, time
end = time.monotonic() + 1.0
def live():
    open(f't{{threading.get_native_id()}}', 'w').close()
    while time.monotonic() < end: time.sleep(0.05)
for i in range({5 * _MANY}):
    try: threading.Thread(target=live, daemon=True).start()
    except RuntimeError: time.sleep(0.01)
while time.monotonic() < end: time.sleep(0.05)
""",
        limits={"processes": _MANY},
        harm=_too_many,
        wants_record=True,
    ),
    Attack(
        name="daemon_child",
        group=_GROUP,
        tries="leaves a child that forked twice and has a session of its own, and ends well",
        contained=_GONE,
        program="""
import time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(5)
        open('late', 'w').close()
    os._exit(0)
os.wait()
""",
    ),
    Attack(
        name="relaunch_after_time_out",
        group=_GROUP,
        tries="starts itself anew, with more time, from a child that outlives its end",
        contained=_GONE,
        program="""
import time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 64)
        time.sleep(0.5)
        os.execv(sys.executable, [sys.executable, '-S', '-c', 'import time; time.sleep(5)', at['marker']])
    os._exit(0)
time.sleep(5)
""",
        limits={"wall_seconds": 1.0},
        wants_record=True,
    ),
    Attack(
        name="catch_every_signal",
        group=_GROUP,
        tries="catches and blocks every signal, so as to go on after its time",
        contained="It ends with its time, and the record says so.",
        program="""
import signal, time
for number in signal.valid_signals():
    try: signal.signal(number, lambda *_: None)
    except (OSError, ValueError): pass
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
end = time.monotonic() + 5
while time.monotonic() < end: time.sleep(0.05)
""",
        limits={"wall_seconds": 1.0},
        wants_record=True,
    ),
    Attack(
        name="end_the_guard",
        group=_GROUP,
        tries="ends the process that holds it, or overwrites its program, and lives on without it",
        contained=_GONE,
        program="""
import ctypes, signal, time
guard = os.getppid()
def overwrite():
    for line in open(f'/proc/{guard}/maps').read().splitlines():
        place, rights = line.split()[:2]
        if 'x' in rights and '[v' not in line:
            first, last = (int(x, 16) for x in place.split('-'))
            with open(f'/proc/{guard}/mem', 'r+b', 0) as f: f.seek(first); f.write(b'\\xcc' * (last - first))
if os.fork() == 0:
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
    os.setsid()
    if os.fork() == 0:
        # Never the one that runs the attack without a sandbox.
        if guard != at['parent']: each(overwrite, lambda: os.kill(guard, signal.SIGKILL) if guard != 1 else None)
        time.sleep(5)
    os._exit(0)
time.sleep(0.2)
""",
    ),
    Attack(
        name="kill_parent",
        group=_GROUP,
        tries="ends the parent",
        contained="The process that stands for the parent lives.",
        program="import signal\neach(lambda: os.kill(at['victim'], signal.SIGKILL))",
        prepare=_victim,
    ),
    Attack(
        name="write_parent_memory",
        group=_GROUP,
        tries="writes into the memory of the parent, where its verdicts are",
        contained="The memory of the process that stands for the parent is as it was.",
        program="""
import ctypes
def by_file():
    with open(f"/proc/{at['victim']}/mem", 'r+b', 0) as f: f.seek(at['address']); f.write(b'mine')
class Part(ctypes.Structure): _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]
def by_call():
    buffer = ctypes.create_string_buffer(b'mine', 4)
    here, there = Part(ctypes.addressof(buffer), 4), Part(at['address'], 4)
    return ctypes.CDLL(None).process_vm_writev(at['victim'], ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
each(by_file, by_call)
""",
        prepare=_victim,
    ),
    Attack(
        name="change_parent_limits",
        group=_GROUP,
        tries="lowers the limits of the parent, which any process of one user may do to another",
        contained="The limits of the process that stands for the parent are as they were.",
        program="import resource\neach(lambda: resource.prlimit(at['victim'], resource.RLIMIT_NOFILE, (9, 9)))",
        prepare=_victim,
    ),
    Attack(
        name="slow_down_parent",
        group=_GROUP,
        tries="lowers the priority of the parent and binds it to one core",
        contained="Priority and cores of the process that stands for the parent are as they were.",
        program="""
each(lambda: os.setpriority(os.PRIO_PROCESS, at['victim'], 19),
     lambda: os.sched_setaffinity(at['victim'], {min(os.sched_getaffinity(0))}))
""",
        prepare=_victim,
    ),
)

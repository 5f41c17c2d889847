"""Attacks on the harness: a trial is run that lies, and the question is whether its number is believed.

A tiny template asks for the guess of a hidden number. Its honest guess misses by 59; every attack goes for another
number, or for the process that runs the trial. To show that an attack is real, the same template is run by a naive
harness: experiment and evaluator one after the other in one folder, with hidden data beside them, nothing between.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from hakken.core.errors import HakkenError
from hakken.core.types import Rung, Split, Trial
from hakken.execution import remove
from hakken.research.experiments import TrialJob, load_template, run_trial
from hakken.testing.attacks import tiny
from hakken.testing.attacks.attack import doubts
from hakken.testing.attacks.running import Outcome

HONEST = 59.0
_PATIENCE = 6.0
"""What the naive harness waits for an evaluator that never ends."""


@dataclass(frozen=True)
class Naive:
    """What the naive harness saw."""

    folder: Path
    value: float | None
    hung: bool = False
    failed: str = ""
    """What went wrong in its own code while it read the results."""
    peak_mb: float = 0.0
    """Memory that reading them took."""
    stderr: str = ""

    @property
    def out(self) -> Path:
        """The outputs."""
        return self.folder / "out"


def fooled(naive: Naive) -> Iterator[str]:
    """The usual proof: another number than the honest one was believed."""
    if naive.value is not None and naive.value != HONEST:
        yield f"the value {naive.value:g} was believed"


def no_other(_: Trial) -> Iterator[str]:
    """No harm beside what is looked for after every trial."""
    yield from ()


@dataclass(frozen=True)
class TrialAttack:
    """A hostile version of the tiny experiment.

    After every trial the parent looks whether another number than the honest one was believed, whether a process
    stayed, whether the harness itself failed or took memory without measure, and whether the template changed.
    """

    name: str
    group: str
    tries: str
    contained: str
    body: str = ""
    """Statements of the function that guesses; ``HIDDEN`` and ``SITE`` are paths, ``FORGE`` a program that forges."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files that the version changes, instead of the function."""
    evaluate: str = tiny.EVALUATE
    careless_evaluate: str = ""
    """The evaluator of the naive harness, where that is another one."""
    command: str = ""
    """The evaluator's command, where it is not the usual one."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What careless users have in the environment of the parent."""
    trusts_times: bool = False
    """The naive harness evaluates only what is newer than its evaluation, as ``make`` does."""
    reads: bool = False
    """The naive harness reads every JSON file and name in the outputs, as many do."""
    real: Callable[[Naive], Iterator[str]] = fooled
    harm: Callable[[Trial], Iterator[str]] = no_other
    must_fail: bool = False
    """An honest number is not enough: the trial has to be a recorded failure."""
    unavailable: Callable[[], str] = lambda: ""


def attack_harness(attack: TrialAttack, rung: Rung) -> Outcome:
    """Run the hostile trial through the real harness, on a rung of the ladder."""
    if why := attack.unavailable():
        return Outcome(attack.name, unavailable=why)
    with _place(attack) as place, _environment(attack.environment):
        template = tiny.write(place / "template", attack.evaluate, attack.command)
        before = tiny.digest(place / "template")
        files = _files(attack, place, template / "hidden" / "number.txt")
        other = tiny.digest(place / "environment")
        started, memory = time.monotonic(), _reset_peak()
        job = TrialJob(
            id="t1",
            template=load_template(template),
            node_id="n1",
            files=files,
            split=Split.EXPLORE,
            seed=1,
            rung=rung,
            allow_weak=True,
            run_folder=place / "run",
            keep=place / "run" / "t1",
        )
        try:
            trial = run_trial(job)
        except (HakkenError, OSError, ValueError, RecursionError) as error:
            harm = [f"the harness failed: {type(error).__name__}: {error}"]
            return Outcome(attack.name, tuple(harm), seconds=time.monotonic() - started)
        harm = [*_believed(attack, trial), *attack.harm(trial)]
        harm += [f"{len(left)} processes stayed" for left in [_alive(place)] if left]
        if tiny.digest(place / "template") != before:
            harm.append("the template was changed")
        if tiny.digest(place / "environment") != other:
            harm.append("another Python was changed")
        if (taken := _peak() - memory) > 64:
            harm.append(f"the harness took {taken:.0f} MB")
        if not harm and not attack.files:  # a version that changes what is not its to change is refused before it runs
            harm += doubts(_said(place / "run" / "t1"))
        recorded = (trial.failure.cause.value,) if trial.failure else ("noted",) if trial.notes else ()
        return Outcome(attack.name, tuple(harm), recorded, seconds=time.monotonic() - started)


def _said(folder: Path) -> bytes:
    """What the experiment printed."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("run.std*.txt")))


def _believed(attack: TrialAttack, trial: Trial) -> Iterator[str]:
    value = trial.value("toy/miss")
    if value is not None and value != HONEST:
        yield f"the value {value:g} was believed"
    elif attack.must_fail and trial.failure is None:
        yield "it was taken for an honest trial"
    if trial.failure is not None and trial.metrics:
        yield "a failure has metrics"


def attack_naive_harness(attack: TrialAttack) -> Outcome:
    """Run the hostile trial through the naive harness: harm shows that the attack is real."""
    if why := attack.unavailable():
        return Outcome(attack.name, unavailable=why)
    with _place(attack) as place:
        evaluate = attack.careless_evaluate or attack.evaluate
        folder = tiny.write(place / "template", evaluate, attack.command)
        for name, text in _files(attack, place, folder / "hidden" / "number.txt").items():
            (folder / name).write_text(text)
        (folder / "out").mkdir()
        started = time.monotonic()
        naive = _naive(attack, place, folder)
        return Outcome(attack.name, tuple(attack.real(naive)), seconds=time.monotonic() - started)


def _naive(attack: TrialAttack, place: Path, folder: Path) -> Naive:
    environment = {**os.environ, **attack.environment, "PYTHONDONTWRITEBYTECODE": "1"}
    python = str(tiny.small_environment(place))
    arguments = ["--out_dir", "out", "--seed", "1"]
    options: dict[str, Any] = {"cwd": folder, "env": environment, "stdin": subprocess.DEVNULL, "timeout": _PATIENCE}
    said = ""
    done = subprocess.run(
        [python, "experiment.py", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options
    )
    said = done.stderr.decode(errors="replace")
    metrics, guess = folder / "out" / "metrics.json", folder / "out" / "guess.txt"
    hung = False
    fresh = attack.trusts_times and metrics.exists() and metrics.stat().st_mtime >= guess.stat().st_mtime
    if not fresh:
        command = (attack.command or "{python} evaluate.py").replace("{python}", python).split()
        try:
            subprocess.run([*command, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        except subprocess.TimeoutExpired:
            hung = True
    end = time.monotonic() + 3
    while (left := _alive(place)) and time.monotonic() < end:
        psutil.wait_procs(left, timeout=0.2)  # it reads the number after a while, as people do
    failed, peak = _read_all(folder / "out") if attack.reads else ("", 0.0)
    return Naive(folder, _value(metrics), hung, failed, peak, said)


def _value(metrics: Path) -> float | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return float(json.loads(metrics.read_text())["toy/miss"])
    return None


_READER = """
import json, os, pickle, resource, sys
names = []
for folder, _, files in os.walk(sys.argv[1]):
    for name in files:
        names.append(name)
        if name.endswith('.pkl'): pickle.load(open(os.path.join(folder, name), 'rb'))
        if name.endswith('.json'): json.loads(open(os.path.join(folder, name)).read())
json.dumps(names, ensure_ascii=False).encode()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def _read_all(out: Path) -> tuple[str, float]:
    done = subprocess.run([sys.executable, "-S", "-c", _READER, str(out)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return done.stderr.strip().splitlines()[-1], 0.0
    return "", int(done.stdout) / 1024


def _files(attack: TrialAttack, place: Path, hidden: Path) -> dict[str, str]:
    """The files of the hostile version, with what it is told of this machine."""
    site = tiny.small_environment(place).parent.parent / tiny.PACKAGES
    known = f"HIDDEN, SITE, FORGE, MARKER = {str(hidden)!r}, {str(site)!r}, {tiny.FORGE!r}, {place.name!r}\n"
    if attack.files:
        return dict(attack.files)
    body = f"    print('begun', flush=True)\n{attack.body}"
    return {"experiment.py": known + tiny.EXPERIMENT.replace("    return start + seed", body)}


def _alive(place: Path) -> list[psutil.Process]:
    """Processes that the trial left: they run in its folders, or name them."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # a working folder of another attack may have no path
            words = process.cmdline()
            inside = any(place.name in word for word in (*words, process.cwd() if words else ""))
            if inside and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@contextmanager
def _place(attack: TrialAttack) -> Iterator[Path]:
    """A folder of its own; whatever is left in it at the end is ended."""
    place = Path(tempfile.mkdtemp(prefix=f"hakken-{attack.name}-"))
    try:
        yield place
    finally:
        while left := _alive(place):
            for process in left:
                with suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(left, timeout=5)
        remove(place)


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Variables of this process for a while."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _reset_peak() -> float:
    """Forget the largest memory of this process so far, and say what it has now."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> float:
    """The largest memory of this process in MB."""
    with suppress(OSError, IndexError):
        return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return 0.0

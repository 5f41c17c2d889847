"""From what the parent saw of a command to a failure: its cause, one sentence, and the tail of the output."""

from __future__ import annotations

import re
import signal
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from hakken.core.errors import SandboxError
from hakken.core.text import without_controls
from hakken.core.types import ExecResult, Failure, FailureCause, Trial, Violation, ViolationKind

_TAIL_BYTES = 16_384
_DETAIL = 1_500
_CAUSES = {
    ViolationKind.WALL: FailureCause.TIMEOUT,
    ViolationKind.CPU: FailureCause.TIMEOUT,
    ViolationKind.MEMORY: FailureCause.MEMORY,
    ViolationKind.STARVED: FailureCause.MEMORY,
    ViolationKind.PROCESSES: FailureCause.PROCESSES,
    ViolationKind.FILE: FailureCause.DISK,
    ViolationKind.DISK: FailureCause.DISK,
    ViolationKind.UNSAFE: FailureCause.PROTECTED,
}
_LIMIT_ERRORS = (
    (re.compile(r"No space left on device|File too large"), FailureCause.DISK),
    (
        re.compile(r"^(\w+\.)*_?(ArrayMemoryError|MemoryError)\b|Cannot allocate memory", re.MULTILINE),
        FailureCause.MEMORY,
    ),
    (re.compile(r"Resource temporarily unavailable|can't start new thread"), FailureCause.PROCESSES),
)
"""How a limit shows that made a call fail inside and so ended the program by an error of its own."""


def failure_of(
    result: ExecResult, who: str, folders: Iterable[Path], cause: FailureCause | None = None
) -> Failure | None:
    """The failure of a command, or None where it ended well.

    Args:
        result: What the parent measured.
        who: Subject of the sentence, such as ``The experiment``.
        folders: Folders whose paths are shortened in the output.
        cause: The cause whatever happened; None tells it from the result.
    """
    # What was written in the moments before the end is counted after it: nobody was killed, and the limit was crossed.
    over = next((v for v in result.violations if v.kind is ViolationKind.DISK and not v.killed), None)
    if result.ok:
        return Failure(cause=cause or FailureCause.DISK, message=f"{who} {_crossed(over)}.") if over else None
    detail = tail(result.stderr, folders) or tail(result.stdout, folders)
    found, message = _describe(result, who, detail)
    return Failure(cause=cause or found, message=message, detail=detail)


def is_starved(result: ExecResult) -> bool:
    """Whether this machine's want of memory ended a command, which may have kept all of its limits."""
    return any(v.kind is ViolationKind.STARVED and v.killed for v in result.violations)


def goes_again(trial: Trial, *, alone: bool, proven: bool) -> bool:
    """Whether a trial is run again, alone: this machine's want of memory ended it, and it may have kept its limits.

    A fresh version that is ended alone as well wants more than there is, and has failed by itself.

    Args:
        trial: As it ended.
        alone: Whether no other trial ran beside it.
        proven: Whether its code has run before, or is the user's: the baseline, or what was selected.

    Raises:
        SandboxError: code that is proven was ended though it was alone. That says nothing about it.
    """
    if not any(step is not None and is_starved(step) for step in (trial.run, trial.evaluation)):
        return False
    if alone and proven:
        raise SandboxError(
            f"The memory of this machine was used up: {trial.id} was ended for want of it, though no other trial ran.",
            "Free some; the same command continues.",
        )
    return not alone


def printed(trial: Trial, root: Path) -> str:
    """What the experiment of a trial printed; its paths are relative to ``root``."""
    files = [root / path for path in (trial.run.stdout, trial.run.stderr)] if trial.run else []
    texts = [file.read_text(encoding="utf-8", errors="replace").strip() for file in files if file.is_file()]
    return "\n".join(text for text in texts if text)


def _describe(result: ExecResult, who: str, detail: str) -> tuple[FailureCause, str]:
    killed = [v for v in result.violations if v.killed and v.kind in _CAUSES]
    if killed:
        return _CAUSES[killed[0].kind], f"{who} {_crossed(killed[0])} and was ended."
    last = next((line for line in reversed(detail.splitlines()) if line.strip()), "")
    # A limit may make a call of the program fail, which then ends by itself: its last words tell the cause.
    met = {_CAUSES[v.kind]: v for v in result.violations if v.kind in _CAUSES}
    for pattern, cause in _LIMIT_ERRORS:
        if pattern.search(detail):
            how = _crossed(met[cause]) if cause in met else f"met its limit ({cause.value})"
            return cause, f"{who} {how}: {_clip(last)}"
    if result.exit_code is None:
        return FailureCause.CRASHED, f"{who} was ended by {_signal(result.signal)}."
    reason = f": {_clip(last)}" if last else ", without a word."
    return FailureCause.CRASHED, f"{who} ended with exit code {result.exit_code}{reason}"


def _crossed(violation: Violation) -> str:
    """What the command did, as the predicate of a sentence."""
    limit, seen = f"{violation.limit:g}", f"{violation.observed:.4g}"
    return {
        ViolationKind.WALL: f"ran longer than its limit of {limit} s",
        ViolationKind.CPU: f"used more than its limit of {limit} s of CPU time",
        ViolationKind.MEMORY: f"used {seen} MB of memory (limit {limit} MB)",
        ViolationKind.PROCESSES: f"had {seen} processes (limit {limit})",
        ViolationKind.FILE: f"wrote a file larger than its limit of {limit} MB",
        ViolationKind.DISK: f"wrote {seen} MB to disk (limit {limit} MB)",
        ViolationKind.STARVED: "ran while the memory of this machine was used up",
        ViolationKind.UNSAFE: "hid from the watchdog, or nested folders until no path led there",
    }[violation.kind]


def _signal(number: int | None) -> str:
    try:
        return signal.Signals(number or 0).name
    except ValueError:
        return f"signal {number}"


def _clip(line: str) -> str:
    line = line.strip()
    return line if len(line) <= 300 else line[:299] + "…"


def tail(file: Path, folders: Iterable[Path] = (), length: int = _DETAIL) -> str:
    """The end of an output, whole lines, with the paths of this machine shortened."""
    if not file.is_file():
        return ""
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - _TAIL_BYTES))
        text = stream.read().decode(errors="replace").replace("\r\n", "\n").replace("\0", "")
    # A progress bar overwrites its line: only what stood there last is read by people.
    text = without_controls("\n".join(line.rsplit("\r", 1)[-1] for line in text.split("\n"))).rstrip()
    libraries = [sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")]
    for folder in sorted({*map(str, folders), *(p for p in libraries if p)}, key=len, reverse=True):
        text = text.replace(folder + "/", "").replace(folder, ".")
    if len(text) <= length:
        return text
    return "…\n" + text[-length:].partition("\n")[2] if "\n" in text[-length:] else "…" + text[-length:]

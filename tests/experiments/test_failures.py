"""The sentence for each way in which a command can end."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from hakken.core.types import ExecResult, FailureCause, Rung, Violation, ViolationKind
from hakken.research.experiments.failures import failure_of, tail


def result(folder: Path, stderr: str = "", code: int | None = 0, kind: str = "", killed: bool = True) -> ExecResult:
    for name, text in (("out", ""), ("err", stderr)):
        (folder / name).write_text(text)
    crossed = Violation(kind=ViolationKind(kind), limit=8, observed=9.25, killed=killed) if kind else None
    return ExecResult(
        argv=("x",),
        exit_code=code,
        signal=None if code is not None else 9,
        wall_seconds=1,
        cpu_seconds=1,
        peak_memory_mb=1,
        stdout=folder / "out",
        stderr=folder / "err",
        violations=(crossed,) if crossed else (),
        rung=Rung.BUBBLEWRAP,
    )


@pytest.mark.parametrize(
    ("kind", "cause", "message"),
    [
        ("wall", "timeout", "It ran longer than its limit of 8 s and was ended."),
        ("cpu", "timeout", "It used more than its limit of 8 s of CPU time and was ended."),
        ("memory", "memory", "It used 9.25 MB of memory (limit 8 MB) and was ended."),
        ("processes", "processes", "It had 9.25 processes (limit 8) and was ended."),
        ("file", "disk", "It wrote a file larger than its limit of 8 MB and was ended."),
        ("disk", "disk", "It wrote 9.25 MB to disk (limit 8 MB) and was ended."),
        ("starved", "memory", "It ran while the memory of this machine was used up and was ended."),
        ("unsafe", "protected", "It hid from the watchdog, or nested folders until no path led there and was ended."),
    ],
)
def test_limits(tmp_path: Path, kind: str, cause: str, message: str) -> None:
    failure = failure_of(result(tmp_path, code=None, kind=kind), "It", ())
    assert failure is not None
    assert (failure.cause, failure.message) == (cause, message)


@pytest.mark.parametrize(
    ("stderr", "cause", "message"),
    [
        ("", "crashed", "It ended with exit code 2, without a word."),
        ("KeyError: 'x'\n", "crashed", "It ended with exit code 2: KeyError: 'x'"),
        ("MemoryError\n", "memory", "It met its limit (memory): MemoryError"),
        (
            "OSError: [Errno 28] No space left on device",
            "disk",
            "It met its limit (disk): OSError: [Errno 28] No space le",
        ),
        (
            "RuntimeError: can't start new thread",
            "processes",
            "It met its limit (processes): RuntimeError: can't start",
        ),
    ],
)
def test_errors(tmp_path: Path, stderr: str, cause: str, message: str) -> None:
    failure = failure_of(result(tmp_path, stderr, 2), "It", ())
    assert failure is not None
    assert failure.cause == cause
    assert failure.message.startswith(message)


def test_an_output_commands_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "err").write_text("\x1b]0;mine\x07\x1b[2Jplain \x9b31m\u202ewords\n")
    assert tail(tmp_path / "err") == "]0;mine[2Jplain 31mwords"


def test_what_ends_well_and_what_only_seems_to(tmp_path: Path) -> None:
    assert failure_of(result(tmp_path), "It", ()) is None
    assert failure_of(result(tmp_path, kind="output", killed=False), "It", ()) is None
    late = failure_of(result(tmp_path, kind="disk", killed=False), "It", ())
    assert late is not None
    assert (late.cause, late.message) == (FailureCause.DISK, "It wrote 9.25 MB to disk (limit 8 MB).")


def test_the_given_cause_wins(tmp_path: Path) -> None:
    failure = failure_of(result(tmp_path, "MemoryError", 1), "It", (), FailureCause.EVALUATOR)
    assert failure is not None
    assert failure.cause is FailureCause.EVALUATOR


def test_an_unknown_signal(tmp_path: Path) -> None:
    killed = result(tmp_path, code=None).model_copy(update={"signal": 63})
    failure = failure_of(killed, "It", ())
    assert failure is not None
    assert failure.message.startswith("It was ended by ")


def test_tail(tmp_path: Path) -> None:
    file = tmp_path / "err"
    assert tail(file) == ""
    library = sysconfig.get_path("purelib")
    file.write_bytes(f"{tmp_path}/a.py\n{library}/numpy/x.py\n 1%\r 50%\rdone\0 \xe9\n\n".encode("latin-1"))
    assert tail(file, [tmp_path]) == "a.py\nnumpy/x.py\ndone \ufffd"
    file.write_text("".join(f"line {i}\n" for i in range(100_000)))
    text = tail(file)
    assert text.startswith("…\nline ")
    assert text.endswith("line 99999")
    assert len(text) <= 1_502
    file.write_text("x" * 50_000)
    assert tail(file) == "…" + "x" * 1_500

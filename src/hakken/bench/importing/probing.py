"""Whether somebody else's repository fits into a task, and its experiments run on this machine, and why not."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path

from hakken.bench.experiments.bands import wrong
from hakken.bench.experiments.running import Outcome
from hakken.bench.trees import MAX_BYTES, MAX_FILES, walk
from hakken.bench.types import Band, Value
from hakken.core.text import several, shortened
from hakken.execution.machine import describe_machine

_CUDA = re.compile(r"\bCUDA\b|\bcuda(?:rt|nn)?\b|\bGPUs?\b|\bNVIDIA\b|\bnvidia\b|\bNVML\b|\bHIP\b")
_ASKS = re.compile(r"""\.cuda\(|\bdevice\s*=\s*["']cuda|torch\.device\(\s*["']cuda""")
_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_FILE = re.compile(r"FileNotFoundError: .*?'([^']+)'|No such file or directory: '?([^'\n]+)")
_MAX = 1 << 20


def too_large(root: Path) -> str:
    """Why a task cannot hold a copy of a repository; empty where it can.

    Writing a task would find it, too, but only after every experiment was tried.
    """
    try:
        sizes = [info.st_size for _, info in walk(root) if stat.S_ISREG(info.st_mode)]
    except OSError as error:
        return f"its repository cannot be read: {error.strerror}"
    if len(sizes) <= MAX_FILES and sum(sizes) <= MAX_BYTES:
        return ""
    return f"its repository has more than {MAX_FILES:,} files or {MAX_BYTES >> 20} MB"


def has_gpu() -> bool:
    """Whether this machine has one."""
    return describe_machine(()).gpu is not None


def gpu_sign(root: Path) -> str:
    """The first place where the code asks for a GPU without asking whether there is one; empty without."""
    for name, info in walk(root):
        if name.suffix != ".py" or info.st_size > _MAX:
            continue
        text = (root / name).read_text(encoding="utf-8", errors="replace")
        if "is_available" not in text and (found := _ASKS.search(text)):
            return f"{name}:{text.count(chr(10), 0, found.start()) + 1}"
    return ""


def why_not(outcome: Outcome, published: Mapping[str, Band], sign: str) -> str:
    """Why an experiment cannot be used here, from one run of the unmasked repository; empty where it can.

    Args:
        outcome: The run.
        published: The numbers that the data set gives, with the tolerance that tasks are graded by.
        sign: Where the code asks for a GPU that this machine does not have.
    """
    if not outcome.failure:
        return _other_numbers(outcome.numbers.values, published)
    said = f"{outcome.failure}\n{outcome.detail}"
    also = f"; {sign} asks for a GPU, which this machine does not have" if sign else ""
    if missing := _MODULE.search(said):
        return f"needs the package {missing.group(1).partition('.')[0]}, which is not installed{also}"
    if _CUDA.search(said):
        return f"needs a GPU: {_short(outcome.failure)}"
    if absent := _FILE.search(said):
        return f"needs a file that is not in the repository: {_short(absent.group(1) or absent.group(2))}{also}"
    return f"does not run here: {_short(outcome.failure)}{also}"


def _other_numbers(found: Mapping[str, Value], published: Mapping[str, Band]) -> str:
    """Every number counts, as when a submission is graded: a mean over them would hide one that no solution reaches."""
    others = [name for name, expected in published.items() if wrong(name, found.get(name), expected)]
    return f"gives other numbers here than the published ones ({several(others)})" if others else ""


def _short(text: str) -> str:
    return shortened(" ".join(text.split()), 160)

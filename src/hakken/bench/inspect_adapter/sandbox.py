"""Hakken's sandbox as one of inspect-ai's: each command isolated, without network or the caller's environment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import anyio.to_thread
from inspect_ai.util import (
    ExecResult,
    OutputLimitExceededError,
    SandboxEnvironment,
    SandboxUnavailableError,
    SandboxUserUnsupportedError,
    concurrency,
    sandboxenv,
)

from hakken.bench.competitions.definition import load_competition
from hakken.bench.experiments.reading import Unreadable, read_bytes
from hakken.bench.tasks.folder import load_task
from hakken.bench.trees import executables
from hakken.core.cores import cores
from hakken.core.errors import SandboxError
from hakken.core.types import Limits, Mount, ViolationKind
from hakken.execution import open_sandbox, package_paths

TASK = "folder"
"""In the metadata of a sample: the folder of its task."""
COMPETITION = "competition"
"""In the metadata of a sample: the competition whose data commands must not find in installed packages."""
_LATE = {ViolationKind.WALL: "ran longer than", ViolationKind.CPU: "used more CPU time than"}
"""Limits on time, in words."""
_SECONDS = 300.0
"""Limit of a command for which none is asked."""
_MOST = 100 << 20
"""Bytes of a file that is read."""


@sandboxenv(name="hakken")
class HakkenSandbox(SandboxEnvironment):
    """A folder that commands run in, each in a box of its own on the strongest rung of this machine."""

    def __init__(self, masked: Sequence[Path] = (), executable: Collection[PurePosixPath] = ()) -> None:
        super().__init__()
        self._masked, self._executable = tuple(masked), frozenset(executable)
        self._folder = tempfile.TemporaryDirectory(prefix="hakken-inspect-", ignore_cleanup_errors=True)
        self.workspace = Path(self._folder.name).resolve() / "workspace"
        self.workspace.mkdir()

    @classmethod
    async def sample_init(cls, task_name: str, config: Any, metadata: dict[str, str]) -> dict[str, SandboxEnvironment]:
        """A fresh folder for each sample."""
        name, task = metadata.get(COMPETITION), metadata.get(TASK)
        masked = package_paths(load_competition(name).masked) if name else ()
        return {"default": cls(masked, executables(load_task(Path(task)).visible_repo) if task else ())}

    @classmethod
    async def sample_cleanup(
        cls, task_name: str, config: Any, environments: dict[str, SandboxEnvironment], interrupted: bool
    ) -> None:
        """Remove the folders; no process outlives its command."""
        for environment in environments.values():
            environment.as_type(HakkenSandbox)._folder.cleanup()

    async def exec(
        self,
        cmd: list[str],
        input: str | bytes | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        user: str | None = None,
        timeout: int | None = None,
        timeout_retry: bool = True,
        concurrency: bool = True,
    ) -> ExecResult[str]:
        """Run one command to its end; nothing that it started is left afterwards."""
        if user is not None:
            raise SandboxUserUnsupportedError("Commands run as one user, who owns nothing but the workspace.")
        stdin = input.encode() if isinstance(input, str) else input or b""
        run = partial(self._run, cmd, stdin, self._inside(cwd or "."), env or {}, float(timeout or _SECONDS))
        async with _turn():
            return await anyio.to_thread.run_sync(run)

    async def write_file(self, file: str, contents: str | bytes) -> None:
        """Write below the workspace, through no link that a command may have left; inspect-ai carries no rights.

        What can be executed in the repository of a task can be executed here.
        """
        path = self._inside(file)
        runs = PurePosixPath(path.relative_to(self.workspace)) in self._executable
        for parent in [*reversed(path.relative_to(self.workspace).parents[:-1])]:
            if (self.workspace / parent).is_symlink():
                raise PermissionError(f"{file} lies behind a link.")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o755 if runs else 0o644)
        with os.fdopen(handle, "wb") as stream:
            stream.write(contents.encode() if isinstance(contents, str) else contents)

    async def read_file(self, file: str, text: bool = True) -> Any:  # the base class overloads str and bytes
        """Read a regular file of the workspace, through no link."""
        path = self._inside(file)
        if path.is_dir() and not path.is_symlink():
            raise IsADirectoryError(file)
        try:
            data = read_bytes(self.workspace, str(path.relative_to(self.workspace)), _MOST)
        except Unreadable as error:
            if "larger" in str(error):
                raise OutputLimitExceededError(f"{_MOST >> 20} MiB", None) from None
            missing = not path.exists() and not path.is_symlink()
            raise (FileNotFoundError(file) if missing else PermissionError(f"{file} {error}")) from None
        return data.decode() if text else data

    def _run(self, cmd: list[str], stdin: bytes, cwd: Path, env: dict[str, str], seconds: float) -> ExecResult[str]:
        # A login shell would put the system's PATH in the place of ours, and there the Python may be another one.
        argv = [word for place, word in enumerate(cmd) if not (place == 1 and cmd[0] == "bash" and word == "--login")]
        # A limit of a command is one on its wall time: as many processes as there are cores may use all of it.
        limits = Limits(wall_seconds=seconds, cpu_seconds=seconds * cores())
        mounts = [Mount(path=self.workspace, writable=True)]
        with tempfile.TemporaryDirectory(prefix="hakken-output-") as name:
            out, err = Path(name) / "stdout", Path(name) / "stderr"
            try:
                with open_sandbox(mounts=mounts, limits=limits, env=env, workdir=cwd, masked=self._masked) as box:
                    result = box.exec(argv, stdout=out, stderr=err, stdin=stdin)
            except SandboxError as error:
                raise SandboxUnavailableError(str(error)) from error
            for violation in result.violations:
                if violation.killed and violation.kind in _LATE:
                    raise TimeoutError(f"The command {_LATE[violation.kind]} {violation.limit:g} s.")
            code = result.exit_code if result.exit_code is not None else -(result.signal or 9)
            said = [path.read_text("utf-8", "replace") for path in (out, err)]
        return ExecResult(result.ok, code if result.ok or code else 1, *said)

    def _inside(self, file: str) -> Path:
        """A path of the workspace; paths are the same inside and outside."""
        path = Path(os.path.normpath(self.workspace / file))
        if not path.is_relative_to(self.workspace):
            raise PermissionError(f"{file} is not in the workspace.")
        return path


def _turn() -> Any:
    """As many commands at once as there are cores: the machine's other half is the model's."""
    return concurrency("hakken-sandbox", cores())

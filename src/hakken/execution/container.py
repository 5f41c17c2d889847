"""The second rung: a container engine that is there already, Docker or Podman.

The image is empty and made on the spot, so nothing is downloaded: the system and the Python of this machine are
mounted into it, as on the other rungs. Written from the engines' documentation; it has not been run against a live
engine yet, so it counts only where the probe really ran a command.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from hakken.core.types import Limits, Mount, Rung
from hakken.execution.environment import child_environment, system_paths
from hakken.execution.hiding import holes, in_mounts, unshown
from hakken.execution.identity import BoxUser
from hakken.execution.mounts import writable_folders
from hakken.execution.process import MB, Running, SetupFailed, Streams

_IMAGE = "hakken-empty:1"
_ENGINE_FAILED = 125
"""Exit code of the engine itself; the shell in the box passes on every other code, and says 1 for this one."""
_SHELL = (
    # What the shell itself says of a signal is no output of the box.
    'exec 3>&2 2>/dev/null; (exec 2>&3 3>&-; exec "$@"); code=$?; '
    f'[ "$code" -eq {_ENGINE_FAILED} ] && exit 1; exit "$code"'
)
_PATIENCE = 15.0


def engines() -> Iterator[str]:
    """Engines on this machine, whether their service runs or not."""
    for name in ("docker", "podman"):
        if path := shutil.which(name):
            yield path


class Container:
    """Starts commands in containers; one object a box."""

    rung = Rung.CONTAINER

    def __init__(
        self,
        engine: str,
        mounts: Sequence[Mount],
        env: Mapping[str, str],
        workdir: Path,
        python: Sequence[Path],
        hidden: Sequence[Path] = (),
    ) -> None:
        self.engine, self.mounts, self.workdir, self.python, self.hidden = engine, mounts, workdir, python, hidden
        self.env = child_environment(env, "/tmp")
        self.writable = writable_folders(mounts)
        self._identity = BoxUser()
        self.user = self._identity.uid

    def close(self) -> None:
        """Give the box's user back."""
        self._identity.close()

    def start(self, argv: Sequence[str], limits: Limits, streams: Streams) -> Running:
        """Start a command in a fresh container; see ``Starter``."""
        _make_image(self.engine)
        name = f"hakken-{uuid.uuid4().hex[:12]}"
        popen = subprocess.Popen(
            [self.engine, "run", *self.options(name, limits), _IMAGE, *bounded(argv, limits)],
            stdin=streams.stdin,
            stdout=streams.stdout,
            stderr=streams.stderr,
            start_new_session=True,
        )
        return Running(
            popen,
            kill=partial(_quietly, self.engine, "kill", name),
            scratch_bytes=lambda: 0,  # its file system in memory has a size
            tree_root=partial(_first_process, self.engine, name),
            own_tasks=2,  # the shell and the clock
            exit_code=_exit_code,
            close=partial(_quietly, self.engine, "rm", "--force", name),
        )

    def options(self, name: str, limits: Limits) -> list[str]:
        """Options of ``run`` for a box; the mounts come last."""
        user = self.user if self.user is not None else os.getuid()
        group = self.user if self.user is not None else os.getgid()
        space = f"rw,nosuid,nodev,mode=1777,size={limits.disk_mb * MB}"
        options = ["--rm", "--interactive", "--name", name, "--network", "none", "--read-only", "--pull", "never"]
        options += ["--user", f"{user}:{group}", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        options += ["--pids-limit", str(limits.processes + 2), "--memory", f"{2 * limits.memory_mb}m"]
        options += ["--ulimit", f"cpu={int(limits.cpu_seconds) + 1}", "--ulimit", f"fsize={limits.file_mb * MB}"]
        options += ["--ulimit", "core=0", "--ulimit", "nofile=1024"]
        options += ["--tmpfs", f"/tmp:{space}", "--shm-size", f"{limits.disk_mb}m"]
        options += ["--workdir", str(self.workdir.absolute())]
        if "podman" in Path(self.engine).name and os.geteuid() != 0:
            options += ["--userns", "keep-id"]
        for variable, value in self.env.items():
            options += ["--env", f"{variable}={value}"]
        return [*options, *self._mount_options()]

    def _mount_options(self) -> list[str]:
        """The system, Python and mounts, and something empty over what must not be seen, outer ones first.

        An inner mount lies over an outer one. A folder of the system that is a link is shown under both names.
        """
        shown = dict.fromkeys((*system_paths(), *self.python), False)
        shown |= {mount.path: mount.writable for mount in self.mounts}
        empty = {*holes(system_paths(), unshown(self.hidden)), *in_mounts([m.path for m in self.mounts], self.hidden)}
        empty -= shown.keys()
        options: list[str] = []
        for path in sorted({*shown, *empty}, key=lambda path: (len(path.parts), path)):
            if path.is_relative_to("/sys"):  # engines mount that themselves
                continue
            if path in shown:
                how = "" if shown[path] else ",readonly"
                options += ["--mount", f"type=bind,source={path.resolve()},target={path}{how}"]
            elif path.is_dir():
                options += ["--tmpfs", f"{path}:ro,nosuid,nodev,noexec,mode=0555,size={MB}"]
            else:
                options += ["--mount", f"type=bind,source={os.devnull},target={path},readonly"]
        return options


def bounded(argv: Sequence[str], limits: Limits) -> list[str]:
    """The command under a clock of its own: a container outlives a parent that was killed, but not for long.

    No code that it ends with is taken for a failure of the engine: an experiment could end a whole run by that.
    """
    clock = ["/usr/bin/timeout", "--signal=KILL", str(limits.wall_seconds + 5)]
    return ["/bin/sh", "-c", _SHELL, "sh", *clock, *argv]


@cache
def _make_image(engine: str) -> None:
    """An image with nothing in it.

    Raises:
        SetupFailed: the engine's service does not answer.
    """
    if _ask(engine, "image", "inspect", _IMAGE).returncode == 0:
        return
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    made = _ask(engine, "import", "-", _IMAGE, content=empty.getvalue())
    if made.returncode != 0:
        raise SetupFailed(made.stderr.decode(errors="replace").strip())


def _ask(engine: str, *arguments: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run([engine, *arguments], input=content, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired as problem:
        raise SetupFailed(f"{engine} does not answer") from problem


def _quietly(engine: str, *arguments: str) -> None:
    """An order whose failure means that the container is gone already."""
    _ask(engine, *arguments)


def _first_process(engine: str, name: str) -> int | None:
    said = _ask(engine, "inspect", "--format", "{{.State.Pid}}", name).stdout.strip()
    return int(said) or None if said.isdigit() else None


def _exit_code(status: int) -> int:
    """Engines report the end by a signal as a shell does."""
    if status == _ENGINE_FAILED:
        raise SetupFailed
    return 128 - status if 128 < status <= 128 + 64 else status

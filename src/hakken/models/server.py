"""The process that holds the local model: ``python -m hakken.models.server``.

One per machine and size, shared by every run, so that a crash of native code costs a retry and not the run. Whoever
needs it starts it; it leaves its address and a random key in a state file that only the user can read, answers on
127.0.0.1 alone, and ends by itself when nobody has asked for a while.
"""

from __future__ import annotations

import argparse
import atexit
import os
import platform
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import psutil
from pydantic import ValidationError

from hakken.core.config import ModelSettings, user_cache_dir
from hakken.core.cores import cores
from hakken.core.errors import ModelUnavailable
from hakken.core.types import Record
from hakken.models.locks import file_lock
from hakken.models.weights import require

_START_SECONDS = 120.0
_POLL_SECONDS = 0.1
_PATIENCE = 10.0
"""Seconds for a server to say that it is there."""
_X86 = {"x86_64", "AMD64", "i686"}
"""Where weights stay as the file has them: rearranged ones, which the library prefers, read prompts 1.4 times slower
with the vector units that its x86 build uses, and take 600 MB more."""
_started: list[subprocess.Popen[bytes]] = []
"""Servers that this process started, kept so that dead ones are reaped."""


class ServerState(Record):
    """Where a running server is reached."""

    pid: int
    url: str
    key: str
    alias: str
    """Name that the server gives its model: recognises it against another program on the same port."""

    def healthy(self) -> bool:
        """Whether this very server answers."""
        try:
            response = self.get("/v1/models")
            return response.status_code == 200 and self.alias in response.text
        except httpx2.TimeoutException:
            # Slow on a machine with much to do; a second server would make it slower, and take this one's place.
            return bool(psutil.pid_exists(self.pid))
        except httpx2.HTTPError:
            return False

    def get(self, path: str) -> httpx2.Response:
        """Ask it, and no proxy of the environment, which cannot reach it and would read its key."""
        return httpx2.get(f"{self.url}{path}", headers=self.headers, timeout=_PATIENCE, trust_env=False)

    @property
    def headers(self) -> dict[str, str]:
        """Headers that every request needs."""
        return {"Authorization": f"Bearer {self.key}"}


def ensure_server(settings: ModelSettings) -> ServerState:
    """The running server of this size, started if there is none.

    Raises:
        PrerequisiteError: the weights have not been pulled.
        ModelUnavailable: it did not come up.
    """
    weights = require()
    path = state_path(settings)
    with file_lock(path.with_suffix(".lock")):
        if (state := read_state(path)) and state.healthy():
            return state
        path.unlink(missing_ok=True)
        return _start(weights, path, settings)


def state_path(settings: ModelSettings) -> Path:
    """State file of the server for these settings."""
    return user_cache_dir() / "server" / f"{settings.slots}x{settings.context_tokens}.json"


def read_state(path: Path) -> ServerState | None:
    """The state that a server left, whether it still runs or not."""
    try:
        return ServerState.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def touch(path: Path) -> None:
    """Tell the server that it is being used."""
    path.with_suffix(".used").touch()


def threads() -> int:
    """Physical cores that this process may use: more threads make generation slower."""
    return min(psutil.cpu_count(logical=False) or 1, cores())


def _start(weights: Path, path: Path, settings: ModelSettings) -> ServerState:
    _started[:] = [process for process in _started if process.poll() is None]
    log = path.with_suffix(".log")
    options = {
        "weights": weights,
        "state": path,
        "slots": settings.slots,
        "context": settings.context_tokens,
        "threads": threads(),
        "idle": settings.idle_minutes * 60,
    }
    command = [sys.executable, "-m", "hakken.models.server"]
    command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
    with log.open("wb") as out:
        # A session of its own: Ctrl-C in one run must not stop the server that another run uses.
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    _started.append(process)
    atexit.register(_let_go, process)
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if (state := read_state(path)) and state.healthy():
            return state
        time.sleep(_POLL_SECONDS)
    process.kill()
    process.wait()
    last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
    raise ModelUnavailable(f"The local model did not start: {last[0]}", f"Its log: {log}.")


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """The server outlives us on purpose; Python would warn of a child that nobody has waited for."""
    if process.poll() is None:
        process.returncode = 0


def main() -> None:
    """Serve until idle."""
    parser = argparse.ArgumentParser(description="Serve the local model until nobody has asked for a while.")
    for name, kind in (("weights", Path), ("state", Path), ("slots", int), ("context", int), ("threads", int)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    parser.add_argument("--idle", type=float, required=True, help="seconds without a request after which to end")
    args = parser.parse_args()
    # Threads that wait must not burn the cores that experiments need, but sleeping at each of a token's hundreds of
    # barriers costs a third of the speed, so they spin for some microseconds first. Read when the library is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    import xllamacpp  # Here, since only this process may load it.

    key = secrets.token_urlsafe(24)
    alias = f"hakken-local-{os.getpid()}"
    params = xllamacpp.CommonParams()
    params.model.path = str(args.weights)
    params.model_alias = {alias}
    params.api_keys = [key]
    params.hostnames = ["127.0.0.1"]
    params.n_parallel = args.slots
    params.n_ctx = args.slots * args.context
    params.cpuparams.n_threads = args.threads
    params.cpuparams_batch.n_threads = args.threads
    params.no_extra_bufts = platform.machine() in _X86
    params.cache_ram_mib = 512
    # Two prompts that share a beginning keep a slot each, where one would make the other be read again; a conversation
    # that grows stays in its own.
    params.slot_prompt_similarity = 0.65
    params.ui = False
    params.verbosity = 1
    server = xllamacpp.Server(params)
    state = ServerState(pid=os.getpid(), url=server.listening_address, key=key, alias=alias)
    _publish(state, args.state)
    touch(args.state)
    wait_until_idle(args.state, args.idle, lambda: _busy(state), os.getpid())
    os._exit(0)  # Native threads may keep an ordinary exit waiting.


def wait_until_idle(path: Path, idle: float, busy: Callable[[], bool], pid: int) -> None:
    """Return when no request was made for ``idle`` seconds, or when another server took over the state file.

    The lock that starters take is held for the last look, so that nobody is sent to a server that is about to end.
    """
    used = path.with_suffix(".used")
    while True:
        time.sleep(min(5.0, idle / 4))
        state = read_state(path)
        if state is None or state.pid != pid:
            return
        with file_lock(path.with_suffix(".lock")):
            if time.time() - used.stat().st_mtime > idle and not busy():
                path.unlink(missing_ok=True)
                return


def _publish(state: ServerState, path: Path) -> None:
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(state.model_dump_json())
    draft.replace(path)


def _busy(state: ServerState) -> bool:
    try:
        slots = state.get("/slots").json()
        return any(slot["is_processing"] for slot in slots)
    except httpx2.TimeoutException:
        return True
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):
        return False


if __name__ == "__main__":
    main()
